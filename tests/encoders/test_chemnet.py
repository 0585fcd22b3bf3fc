"""ChemNet: the contract, and agreement with fcd at the same padding on real drugs."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from encoders.contract import EncoderContract, cosine
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


@pytest.fixture(scope="module")
def drugs(starter_graph: KnowledgeGraph) -> list[str]:
    """Drugs drawn from the starter graph, and the largest that the padding holds."""
    rows = starter_graph.rows("drug")
    rows = rows[starter_graph.kind_of_row[rows] == list(InputKind).index(InputKind.SMILES)]
    drawn = starter_graph.inputs(np.sort(np.random.default_rng(7).choice(rows, size=40, replace=False)))
    return drawn


@pytest.mark.bundle
@pytest.mark.parametrize(("dtype", "least"), [("float32", 0.9999), ("bfloat16", 0.999)])
def test_it_agrees_with_fcd_on_real_drugs(reference: Any, drugs: list[str], dtype: str, least: float) -> None:
    encoder = chemnet.load("chemnet", Settings(device="cpu"), dtype=dtype)
    kept = [smiles for smiles in drugs if encoder.refusal(smiles) is None]
    assert len(kept) >= 30
    found, expected = encoder.encode(kept).vectors, alone_through_fcd(reference, kept)
    assert cosine(found, expected).min() >= least
    centre = expected.mean(axis=0)
    assert cosine(found - centre, expected - centre).min() >= least


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
