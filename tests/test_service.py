"""The service on the shipped bundle: the real graph, the real frozen models, the trained bridge."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from biobridge_core.config import Settings
from biobridge_core.errors import ArtifactError, InputError, UnknownEntityError, WeightsError
from biobridge_core.service import BridgeService
from biobridge_core.types import HitStatus, QueryKind

pytestmark = pytest.mark.bundle

TP53 = (
    "MEEPQSDPSVEPPLSQETFSDLWKLLPENNVLSPLPSQAMDDLMLSPDDIEQWFTEDPGPDEAPRMPEAAPPVAPAPAAPTPAAPAPAPSWPLSSSVPSQKTYQGSYGFRLG"
    "FLHSGTAKSVTCTYSPALNKMFCQLAKTCPVQLWVDSTPPPGTRVRAMAIYKQSQHMTEVVRRCPHHERCSDSDGLAPPQHLIRVEGNLRVEYLDDRNTFRHSVVVPYEPP"
    "EVGSDCTTIHYNYMCNSSCMGGMNRRPILTIITLEDSSGNLLGRNSFEVRVCACPGRDRRTEEENLRKKGEPHHELPPGSTKRALPNNTSSSPQPKKKPLDGEYFTLQIRG"
    "RERFEMFRELNEALELKDAQAGKEPGGSRAHSSHLKSKKGQSTSRHKKLMFKTEGPDSD"
)
ASPIRIN = "CC(=O)OC1=CC=CC=C1C(=O)O"
SENTENCE = "autosomal recessive disease with early-onset seizures"
MODALITIES = {
    "protein", "drug", "disease", "biological_process", "molecular_function", "cellular_component", "phenotype",
    "therapeutic_class",
}  # fmt: skip


@pytest.fixture(scope="module")
def service(bundle_folder: Path) -> BridgeService:
    told: list[tuple[str, float]] = []
    service = BridgeService.open(Settings.from_env(), lambda message, done: told.append((message, done)))
    assert told[-1] == ("Ready", 1.0)
    assert [done for _, done in told] == sorted(done for _, done in told)
    return service


@pytest.mark.parametrize(
    ("text", "kind", "modality"),
    [
        ("TP53", QueryKind.ENTITY, "protein"),
        (TP53, QueryKind.SEQUENCE, "protein"),
        (ASPIRIN, QueryKind.SMILES, "drug"),
        (SENTENCE, QueryKind.TEXT, None),
        ("epilepsy", QueryKind.ENTITY, None),
    ],
)
def test_every_kind_of_input_reaches_every_other_modality(
    service: BridgeService, text: str, kind: QueryKind, modality: str | None
) -> None:
    result = service.ask(text)
    assert result.query.kind is kind
    assert modality in (None, result.query.modality)
    assert {found.modality for found in result.lists} == MODALITIES - {result.query.modality}
    for found in result.lists:
        assert len(found.hits) >= 20
        scores = [hit.score for hit in found.hits[:20]]
        assert scores == sorted(scores, reverse=True)


def test_tp53_is_known_in_li_fraumeni_and_apoptosis(service: BridgeService) -> None:
    lists = {found.modality: found for found in service.ask("TP53", k=20).lists}
    known = {hit.entity.name.casefold() for hit in lists["disease"].hits if hit.status is HitStatus.KNOWN}
    assert any("li-fraumeni" in name for name in known)
    assert lists["disease"].n_known == len(known)
    assert all(hit.sources for found in lists.values() for hit in found.hits if hit.status is HitStatus.KNOWN)


def test_a_raw_sequence_gives_the_same_hits_as_its_entity(service: BridgeService) -> None:
    by_name, by_sequence = service.ask("TP53", to=["disease"]), service.ask(TP53, to=["disease"])
    assert by_sequence.entity is not None
    assert by_sequence.entity.id == "UniProtKB:P04637"
    assert "Identical to TP53" in by_sequence.warnings[0]
    assert by_name.lists == by_sequence.lists


def test_aspirin_by_structure_is_aspirin(service: BridgeService) -> None:
    result = service.ask(ASPIRIN, to=["protein"])
    assert result.entity is not None
    assert result.entity.name.casefold() in {"aspirin", "acetylsalicylic acid"}
    assert {"PTGS1", "PTGS2"} & {hit.entity.name for hit in result.lists[0].hits if hit.status is HitStatus.KNOWN}


def test_a_changed_sequence_says_which_known_protein_is_nearest(service: BridgeService) -> None:
    result = service.ask(TP53[:120] + "W" + TP53[121:], to=["disease"])
    assert result.entity is None
    assert result.nearest_known[0][0].name == "TP53"


def test_a_metal_outside_the_molecule_model_is_refused_with_a_way_out(service: BridgeService) -> None:
    with pytest.raises(InputError) as caught:
        service.ask("CCCCCC[Pt](Cl)(Cl)[NH2]CC")
    assert "Pt" in str(caught.value)
    assert caught.value.hint


def test_a_known_drug_with_such_a_metal_is_asked_by_its_entry(service: BridgeService) -> None:
    result = service.ask("[NH3][Pt](Cl)(Cl)[NH3]", to=["therapeutic_class"])
    assert result.entity is not None
    assert result.entity.name == "cisplatin"
    assert any("entry in the graph" in warning for warning in result.warnings)


def test_cisplatin_by_name_works(service: BridgeService) -> None:
    result = service.ask("cisplatin")
    assert result.query.kind is QueryKind.ENTITY
    assert result.lists[0].hits


def test_switching_the_reading_changes_the_question(service: BridgeService) -> None:
    as_process = service.ask(SENTENCE, modality="biological_process", to=["protein"])
    assert as_process.query.modality == "biological_process"


def test_requests_that_make_no_sense(service: BridgeService) -> None:
    with pytest.raises(UnknownEntityError):
        service.ask("UniProtKB:X00000")
    with pytest.raises(InputError):
        service.ask("TP53", k=10**9)
    with pytest.raises(InputError):
        service.ask("TP53", to=["weather"])


def test_status_names_what_is_loaded(service: BridgeService) -> None:
    status = service.status()
    assert set(status.counts) == MODALITIES
    assert status.missing_encoders == {}
    assert status.engine in {"faiss-cpu", "faiss-gpu", "torch-cuda"}


def test_a_model_is_loaded_when_it_is_first_needed_once_and_said(bundle_folder: Path) -> None:
    service = BridgeService.open()
    assert service.status().waiting_encoders == ("sequence", "smiles", "text")
    service.ask("TP53", to=["disease"])
    service.ask(TP53, to=["disease"])  # identical to a known protein: its stored vector is enough
    assert service.status().waiting_encoders == ("sequence", "smiles", "text")
    told: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda text: service.find(text, lambda m, _: told.append(m)), [SENTENCE, SENTENCE]))
    assert found[0] == found[1]
    assert 1 <= len(told) <= 2
    assert "text model" in told[0]
    assert service.status().waiting_encoders == ("sequence", "smiles")
    service.find(SENTENCE, lambda message, _: pytest.fail(message))
    service.load_encoders()
    assert service.status().waiting_encoders == ()
    assert service.status().missing_encoders == {}


def test_missing_weights_leave_named_entities_working(
    bundle_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    settings = Settings.from_env()
    absent = {**settings.encoders, next(iter(settings.encoders)): "esm2_t6_8M_UR50D"}
    service = BridgeService.open(dataclasses.replace(settings, encoders=absent, models=tmp_path))
    assert service.ask("TP53", to=["disease"]).lists[0].hits
    for _ in range(2):
        with pytest.raises(WeightsError, match=r"not on this machine"):
            service.ask(TP53[:120] + "W" + TP53[121:])
    assert "not on this machine" in service.status().missing_encoders["sequence"]
    assert "sequence" not in service.status().encoders


def test_a_missing_bundle_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"missing"):
        BridgeService.open(dataclasses.replace(Settings.from_env(), bundle=tmp_path / "nothing"))
