from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from memories import write_memory

from biobridge_core import stages
from biobridge_core.artifacts import read_manifest, verify_folder, write_folder
from biobridge_core.bundle import Bundle
from biobridge_core.catalogue import Catalogue
from biobridge_core.config import Settings
from biobridge_core.encoders.base import Encoded, EncoderIdentity
from biobridge_core.errors import ArtifactError, InputError
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.types import InputKind

DIMS = {"unirep": 12, "chemnet": 10, "minilm": 8}


class HashEncoder:
    """A vector that depends on the input alone, and a list of what was asked."""

    def __init__(self, name: str, kind: InputKind, version: str = "1") -> None:
        self.identity = EncoderIdentity(name, "test", version, "0" * 64, DIMS[name], kind, "hash")
        self.seen: list[str] = []
        self.refused: set[str] = set()

    def refusal(self, text: str) -> InputError | None:
        return InputError("It is refused.", "") if text in self.refused else None

    def encode(self, inputs: list[str], **_: object) -> Encoded:
        self.seen += inputs
        seeds = [int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) for text in inputs]
        rows = [np.random.default_rng(seed).normal(size=self.identity.dim) for seed in seeds]
        return Encoded(np.array(rows, dtype=np.float32))


@pytest.fixture
def encoders(monkeypatch: pytest.MonkeyPatch) -> dict[str, HashEncoder]:
    made = {name: HashEncoder(name, kind) for kind, name in Settings().encoders.items()}
    monkeypatch.setattr(stages, "create", lambda name, _settings: made[name])
    return made


@pytest.fixture
def settings(tmp_path: Path, small_graph: KnowledgeGraph) -> Settings:
    made = replace(Settings(), build=tmp_path / "build", bundle=tmp_path / "bundle")
    small_graph.save(made.build / "kg", meta={"seconds": 1.0})
    return made


def fake_training(graph: KnowledgeGraph, calls: list[int]) -> Callable[..., Path]:
    """Stand in for training, which has tests of its own; writes a real, untrained bridge."""
    from biobridge_core.bridge.model import Bridge, BridgeConfig

    def train(settings: Settings, *, progress: Callable[[int, int], None] | None = None) -> Path:
        calls.append(1)
        assert progress is not None
        progress(1, 2)
        catalogue = Catalogue.load(settings.build / "catalogue")
        config = BridgeConfig(
            inputs={
                f"{graph.modality(row)}/{graph.input_kind(row)}": catalogue.dims[graph.input_kind(row)]
                for row in range(graph.n_entities)
            },
            relations={name: (r.head, r.tail) for name, r in graph.relations.items()},
            width=16,
            layers=1,
            heads=2,
        )
        inputs = {"graph": graph.digest, "catalogue": catalogue.digest}
        with write_folder(settings.build / "bridge", "bridge", inputs=inputs, meta={"seconds": 2.0}) as new:
            Bridge(config).save(new)
            write_memory(new, graph, catalogue)
        return settings.build / "bridge"

    return train


def test_every_entity_gets_the_vector_of_its_input(
    settings: Settings, encoders: dict[str, HashEncoder], small_graph: KnowledgeGraph
) -> None:
    folders = stages.build_vectors(settings)
    assert set(folders) == set(InputKind)
    assert sum(len(encoder.seen) for encoder in encoders.values()) == small_graph.n_entities
    for kind, folder in folders.items():
        assert verify_folder(folder, "vectors").inputs["graph"] == small_graph.digest
        assert folder.name == encoders[settings.encoders[kind]].identity.id
    rows = np.flatnonzero(small_graph.kind_of_row == list(InputKind).index(InputKind.SMILES))
    store = stages.EmbeddingStore(folders[InputKind.SMILES], encoders["chemnet"].identity.id, 10)
    expected = encoders["chemnet"].encode(small_graph.inputs(rows)).vectors
    np.testing.assert_allclose(store.get([small_graph.ids[row] for row in rows]), expected, atol=2e-3)


def test_a_second_run_encodes_nothing(settings: Settings, encoders: dict[str, HashEncoder]) -> None:
    stages.build_vectors(settings)
    for encoder in encoders.values():
        encoder.seen.clear()
    stages.build_vectors(settings)
    assert all(not encoder.seen for encoder in encoders.values())


def test_one_kind_at_a_time(settings: Settings, encoders: dict[str, HashEncoder]) -> None:
    assert set(stages.build_vectors(settings, kinds=[InputKind.TEXT])) == {InputKind.TEXT}
    assert not encoders["unirep"].seen
    with pytest.raises(ArtifactError, match="no sequence vectors"):
        stages.build_catalogue(settings)
    stages.build_vectors(settings, kinds=[InputKind.SMILES, InputKind.SEQUENCE])
    stages.build_catalogue(settings)


def test_a_new_graph_encodes_only_what_changed(
    settings: Settings, encoders: dict[str, HashEncoder], small_graph: KnowledgeGraph
) -> None:
    stages.build_vectors(settings)
    small_graph.with_triples(np.arange(small_graph.n_triples) > 0).save(settings.build / "kg")
    with pytest.raises(ArtifactError, match="made for another graph"):
        stages.build_catalogue(settings)
    for encoder in encoders.values():
        encoder.seen.clear()
    stages.build_vectors(settings)
    assert all(not encoder.seen for encoder in encoders.values())
    stages.build_catalogue(settings)


def test_a_refused_entity_is_named_and_costs_no_other(settings: Settings, encoders: dict[str, HashEncoder]) -> None:
    encoders["chemnet"].refused.add("CC(=O)Oc1ccccc1C(=O)O")
    with pytest.raises(ArtifactError, match=r"refused 1 of \d+ entities: \S+: It is refused"):
        stages.build_vectors(settings)
    stored = len(encoders["chemnet"].seen)
    assert stored > 0
    encoders["chemnet"].refused.clear()
    stages.build_vectors(settings)
    assert len(encoders["chemnet"].seen) == stored + 1


def test_another_encoder_version_makes_a_store_of_its_own(settings: Settings, encoders: dict[str, HashEncoder]) -> None:
    before = stages.build_vectors(settings)
    encoders["minilm"] = HashEncoder("minilm", InputKind.TEXT, version="2")
    after = stages.build_vectors(settings)
    assert after[InputKind.TEXT] != before[InputKind.TEXT]
    stages.build_catalogue(settings)
    catalogue = Catalogue.load(settings.build / "catalogue")
    assert catalogue.encoder_ids[InputKind.TEXT] == encoders["minilm"].identity.id


def test_the_catalogue_keeps_the_seconds_of_the_encoders(settings: Settings, encoders: dict[str, HashEncoder]) -> None:
    stages.build_vectors(settings)
    meta = read_manifest(stages.build_catalogue(settings), "catalogue").meta
    assert set(meta["vector_seconds"]) == {encoder.identity.id for encoder in encoders.values()}  # type: ignore[call-overload]
    assert meta["seconds"] > 0  # type: ignore[operator]


def test_build_all_runs_what_is_left_and_ends_in_a_bundle(
    settings: Settings,
    encoders: dict[str, HashEncoder],
    small_graph: KnowledgeGraph,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trainings: list[int] = []
    monkeypatch.setattr("biobridge_core.bridge.train.train_bridge", fake_training(small_graph, trainings))
    said: list[str] = []
    sizes = stages.build_all(settings, progress=lambda message, _share: said.append(message))
    assert Bundle.open(settings.bundle).graph.digest == small_graph.digest
    assert sum(sizes.values()) == sum(
        path.stat().st_size for part in sizes for path in (settings.bundle / part).rglob("*") if path.is_file()
    )
    assert any("Training the bridge: 1 of 2" in message for message in said)
    made = read_manifest(settings.build / "catalogue").created, len(trainings)
    stages.build_all(settings)
    assert (read_manifest(settings.build / "catalogue").created, len(trainings)) == made
    encoders["minilm"] = HashEncoder("minilm", InputKind.TEXT, version="2")
    stages.build_all(settings)
    assert len(trainings) == 2


def test_without_a_graph_the_error_says_how_to_build_it(tmp_path: Path, encoders: dict[str, HashEncoder]) -> None:
    empty = replace(Settings(), build=tmp_path)
    with pytest.raises(ArtifactError, match="biobridge build"):
        stages.build_vectors(empty)
    assert not encoders["unirep"].seen
