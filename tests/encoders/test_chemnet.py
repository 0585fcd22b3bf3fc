"""ChemNet: the contract, and agreement with fcd at the same padding on real drugs."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from encoder_contract import EncoderContract, cosine
from numpy.typing import NDArray

from biobridge_core.config import Settings
from biobridge_core.encoders import Encoder, chemnet
from biobridge_core.encoders.base import package_file
from biobridge_core.errors import InputError, WeightsError
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.types import InputKind


class TestChemNet(EncoderContract):
    module = "chemnet"
    good = ("CC(=O)Oc1ccccc1C(=O)O", "CN1C=NC2=C1C(=O)N(C(=O)N2C)C", "C", "C/C=C/Cl", "C" * 300, "C" * 400)
    bad: ClassVar[dict[str, str]] = {
        "": "empty",
        "N[Pt](N)(Cl)Cl": "the atom Pt in [Pt] at position 2",
        "CC[Se]C": "the atom Se",
        "c1cc[se]c1": "the atom se",
        "[Sc]": "the atom Sc",
        "C[*]": "wildcard",
        "CCO.Cl": "more than one molecule",
        "CC O": "' ' at position 3",
        "C" * 2001: "2,001 characters",
    }
    dtype: ClassVar[str] = "float32"

    @classmethod
    def make(cls, folder: Path) -> Encoder:
        return chemnet.load("chemnet", Settings(device="cpu"), dtype=cls.dtype)

    @classmethod
    def make_changed(cls, folder: Path) -> Encoder:
        path = package_file("fcd", "fcd", "ChemNet_v0.13_pretrained.pt")
        layers = torch.load(path, weights_only=True)
        layers[0][1][0]["weight"][0, 0, 0] += 1
        torch.save(layers, folder / "changed.pt")
        return chemnet.ChemNet(folder / "changed.pt", "1.2.2", dtype=cls.dtype)


class TestChemNetBfloat16(TestChemNet):
    dtype = "bfloat16"
    least_cosine = 0.9999


def alone_through_fcd(model: Any, smiles: list[str]) -> NDArray[np.float32]:
    """fcd pads to 350, or to the longest SMILES of a call where that is longer: each in a call of its own."""
    from fcd import get_predictions

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of a padding other than 350
        return np.concatenate([get_predictions(model, [text], n_jobs=0, device="cpu") for text in smiles])


@pytest.fixture(scope="module")
def reference() -> Any:
    from fcd import load_ref_model

    return load_ref_model()


#: Of all drugs of the starter graph, those that lost most when every product ran in bfloat16 (cosines from 0.976).
MOST_SENSITIVE = (
    "CC(=O)Nc1ccc(/C=C/C(=O)NCC(=O)N(C)c2ccc(Cl)c(COc3cccc4ccc(C)nc34)c2Cl)cn1",
    "C[N+](C)(CCCCCC[N+](C)(C)CCCN1C(=O)c2ccccc2C1=O)CCCN1C(=O)c2ccccc2C1=O",
    "CN(C)C/C=C/C(=O)Nc1ccc(C(=O)N[C@@]2(C)CCC[C@@H](Nc3ncc(Cl)c(-c4c[nH]c5ccccc45)n3)C2)nc1",
    "CNC(=O)c1ccc(/C=C/C(=O)NCC(=O)N(C)c2ccc(Cl)c(COc3cccc4c(OCc5ccccn5)cc(C)nc34)c2Cl)cc1",
    "CC(C)C[C@H](NC(=O)N1CCCCCC1)C(=O)N[C@H](Cc1cn(C)c2ccccc12)C(=O)N[C@H](Cc1ccccn1)C(=O)O",
    "CC(C)C(=O)O",
    "CCCCCOc1cc2c(cc1N(C)c1ncc(C(=O)O)cn1)C(C)(C)CCC2(C)C",
    "CC(=O)CCC(=O)O",
)


@pytest.fixture(scope="module")
def drugs(starter_graph: KnowledgeGraph) -> list[str]:
    """More than a thousand drugs of the starter graph that fcd pads to 350, the most sensitive ones among them."""
    rows = starter_graph.rows("drug")
    rows = rows[starter_graph.kind_of_row[rows] == list(InputKind).index(InputKind.SMILES)]
    drawn = starter_graph.inputs(np.sort(np.random.default_rng(7).choice(rows, size=1300, replace=False)))
    encoder = chemnet.load("chemnet", Settings(device="cpu"), dtype="float32")
    kept = [text for text in drawn if len(text) < chemnet.PAD_LENGTH and encoder.refusal(text) is None]
    return [*MOST_SENSITIVE, *kept]


@pytest.fixture(scope="module")
def expected(reference: Any, drugs: list[str]) -> NDArray[np.float32]:
    from fcd import get_predictions

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(get_predictions(reference, drugs, n_jobs=0, device="cpu"))


@pytest.mark.bundle
@pytest.mark.parametrize(("dtype", "least"), [("float32", 0.9999), ("bfloat16", 0.999)])
def test_it_agrees_with_fcd_on_every_one_of_a_thousand_drugs(
    drugs: list[str], expected: NDArray[np.float32], dtype: str, least: float
) -> None:
    assert len(drugs) >= 1000
    found = chemnet.load("chemnet", Settings(device="cpu"), dtype=dtype).encode(drugs).vectors
    assert cosine(found, expected).min() >= least
    centre = expected.mean(axis=0)
    assert np.median(cosine(found - centre, expected - centre)) >= least


def test_the_steps_in_full_precision_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    sensitive = list(MOST_SENSITIVE)
    exact = chemnet.load("chemnet", Settings(device="cpu"), dtype="float32").encode(sensitive).vectors
    monkeypatch.setattr(chemnet, "FULL_PRECISION", range(0))
    everywhere = chemnet.load("chemnet", Settings(device="cpu"), dtype="bfloat16").encode(sensitive).vectors
    assert cosine(everywhere, exact).min() < 0.999


def test_a_call_shared_out_between_cores_is_the_same(drugs: list[str]) -> None:
    before = torch.get_num_threads()
    encoder = chemnet.load("chemnet", Settings(device="cpu"), dtype="float32")
    torch.set_num_threads(1)
    try:
        on_one = encoder.encode(drugs[:200]).vectors
        torch.set_num_threads(3)
        on_three = encoder.encode(drugs[:200]).vectors
    finally:
        torch.set_num_threads(before)
    assert cosine(on_one, on_three).min() >= 0.999999


def test_it_agrees_with_fcd_at_the_edge_of_the_padding_and_beyond(reference: Any) -> None:
    encoder = chemnet.load("chemnet", Settings(device="cpu"), dtype="float32")
    smiles = ["C" * n for n in (1, 2, 3, 4, 5, 347, 348, 349, 350, 351, 352, 353, 354, 500)]
    smiles += ["Cl" * 60 + "C", "[Si]C[nH]", "C%10CC%10", "[C@@H](F)(Cl)Br", "C/C=C/C"]
    encoded = encoder.encode(smiles)
    np.testing.assert_allclose(encoded.vectors, alone_through_fcd(reference, smiles), atol=1e-5)


def test_a_vector_does_not_depend_on_a_long_neighbour_as_it_does_in_fcd(reference: Any) -> None:
    from fcd import get_predictions

    encoder = chemnet.load("chemnet", Settings(device="cpu"), dtype="float32")
    pair = ["CC(=O)Oc1ccccc1C(=O)O", "C" * 500]
    alone = encoder.encode(pair[:1]).vectors
    np.testing.assert_allclose(encoder.encode(pair).vectors[:1], alone, atol=1e-6)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = get_predictions(reference, pair, n_jobs=0, device="cpu")[:1]
    assert np.abs(theirs - alone).max() > 1e-3  # the reason for a padding of our own


def test_what_the_network_cannot_see_is_said() -> None:
    encoder = chemnet.load("chemnet", Settings(device="cpu"), dtype="float32")
    notes = encoder.encode(["CCO", "C/C=C/C", "C" * 400]).notes
    assert [note.index for note in notes] == [1, 2]
    assert "no token for /" in notes[0].message
    assert "own length" in notes[1].message


@pytest.mark.parametrize(
    "smiles", ["[NH4+]", "[13CH4]", "[2H]C", "c1cc[nH]c1", "C[S@@](=O)CC", "[C@@]1(F)CO1", "[O-][n+]1ccccc1"]
)
def test_bracket_atoms_of_the_vocabulary_are_read(smiles: str) -> None:
    tokens, note = chemnet.tokenise(smiles)
    assert tokens[-1] == chemnet.VOCABULARY.index(".")
    assert note == ""


@pytest.mark.parametrize(
    ("smiles", "atom"),
    [
        ("[Na]C", "Na"),
        ("[Cs]", "Cs"),
        ("[Co]", "Co"),
        ("[Sn](C)C", "Sn"),
        ("[As]C", "As"),
        ("p1ccccc1", "p"),
        ("b1ccccc1", "b"),
    ],
)
def test_an_atom_whose_letters_look_like_known_ones_is_refused(smiles: str, atom: str) -> None:
    with pytest.raises(InputError, match=rf"the atom {atom} in") as caught:
        chemnet.tokenise(smiles)
    assert "name" in caught.value.hint


def test_weights_that_would_run_code_or_are_others_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (Path("exploded"),))

    torch.save([("Conv1d", Bomb())], tmp_path / "bomb.pt")
    with pytest.raises(WeightsError, match="cannot be read"):
        chemnet.ChemNet(tmp_path / "bomb.pt", "1.2.2")
    assert not (tmp_path / "exploded").exists()
    layers = torch.load(package_file("fcd", "fcd", "ChemNet_v0.13_pretrained.pt"), weights_only=True)
    torch.save(layers[::-1], tmp_path / "other.pt")
    with pytest.raises(WeightsError, match="layers that are known"):
        chemnet.ChemNet(tmp_path / "other.pt", "1.2.2")
    (tmp_path / "text.pt").write_text("no checkpoint")
    with pytest.raises(WeightsError, match="cannot be read"):
        chemnet.ChemNet(tmp_path / "text.pt", "1.2.2")
