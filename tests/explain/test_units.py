from __future__ import annotations

import numpy as np
import pytest
from rdkit import Chem

from biobridge_core.encoders.chemnet import tokenise
from biobridge_core.explain.units import Units, spread, windows
from biobridge_core.types import InputKind

MOLECULES = [
    "COc1cc2ncnc(Nc3ccc(F)c(Cl)c3)c2cc1OCCCN1CCOCC1",
    "C[C@@H](N)C(=O)O",
    "O=C(O)c1ccc(Br)cc1[N+](=O)[O-]",
    "c1ccc2[nH]ccc2c1",
    "C[Si](C)(C)CCl",
    "CC(=O)Oc1ccccc1C(=O)O",
    r"C/C=C\C%10CCCCC%10",
    "[O-]S(=O)(=O)c1cc(I)ccc1P",
]


@pytest.mark.parametrize("smiles", MOLECULES)
def test_atoms_stand_in_the_order_of_rdkit(smiles: str) -> None:
    units = Units.of(InputKind.SMILES, smiles)
    atoms = Chem.MolFromSmiles(smiles).GetAtoms()
    assert len(units) == len(atoms)
    for word, atom in zip(units.words, atoms, strict=True):
        assert atom.GetSymbol().lower() in word.lower()


@pytest.mark.parametrize("smiles", MOLECULES)
def test_a_molecule_with_hidden_atoms_keeps_its_length_for_the_encoder(smiles: str) -> None:
    units = Units.of(InputKind.SMILES, smiles)
    before = len(tokenise(smiles)[0])
    for window in windows(len(units), 2, 1):
        hidden = units.without(window)
        assert len(tokenise(hidden)[0]) == before
        assert hidden != smiles


def test_residues_and_words_are_left_out() -> None:
    assert Units.of(InputKind.SEQUENCE, "MKTAYI").without((1, 3)) == "MAYI"
    text = Units.of(InputKind.TEXT, "a child  with seizures")
    assert text.words == ("a", "child", "with", "seizures")
    assert text.without((1, 2)) == "a with seizures"
    assert text.without((3, 4)) == "a child with"


@pytest.mark.parametrize(("n", "width", "stride"), [(10, 3, 1), (10, 3, 3), (11, 4, 3), (5, 5, 2), (5, 9, 2)])
def test_windows_cover_everything(n: int, width: int, stride: int) -> None:
    found = windows(n, width, stride)
    assert set().union(*(range(*window) for window in found)) == set(range(n))
    assert {last - first for first, last in found} == {min(width, n)}
    assert [last for _, last in found] == sorted({last for _, last in found})


def test_a_unit_gets_the_mean_of_its_windows() -> None:
    assert spread(4, [(0, 2), (1, 3), (2, 4)], np.array([1.0, 3.0, 5.0])).tolist() == [1, 2, 4, 5]
