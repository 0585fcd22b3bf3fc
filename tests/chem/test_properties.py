"""Calculated properties against published ones, and shapes in space against chemistry."""

from __future__ import annotations

import math

import pytest

from biobridge_core.chem.conformer import shape
from biobridge_core.chem.properties import properties
from biobridge_core.errors import InputError

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
CYCLOSPORIN = (
    "CCC1NC(=O)C(C(O)C(C)CC=CC)N(C)C(=O)C(C(C)C)N(C)C(=O)C(CC(C)C)N(C)C(=O)C(CC(C)C)N(C)C(=O)C(C)NC(=O)C(C)NC(=O)"
    "C(CC(C)C)N(C)C(=O)C(C(C)C)NC(=O)C(CC(C)C)N(C)C(=O)CN(C)C1=O"
)


def test_aspirin_is_what_pubchem_says():
    found = properties(ASPIRIN)
    assert (found.formula, found.donors, found.acceptors, found.rings) == ("C9H8O4", 1, 4, 1)
    assert found.weight == pytest.approx(180.16, abs=0.01)
    assert found.tpsa == pytest.approx(63.6, abs=0.1)
    assert found.inchikey == "BSYNRYMUTXBXSQ-UHFFFAOYSA-N"
    assert found.log_p == pytest.approx(1.31, abs=0.01)
    assert found.qed == pytest.approx(0.55, abs=0.01)
    assert (found.violations, found.stereo_centres) == ((), 0)


def test_ciclosporin_breaks_rules_and_has_open_centres():
    found = properties(CYCLOSPORIN)
    assert "weight over 500 g/mol" in found.violations
    assert "more than 10 hydrogen-bond acceptors" in found.violations
    assert found.undefined_centres == found.stereo_centres >= 11
    assert properties("C[C@H](N)C(=O)O").undefined_centres == 0


@pytest.mark.parametrize("smiles", ["", "   ", "not a molecule", "C1CC", "C" * 20_000])
def test_what_is_no_molecule_is_refused(smiles):
    with pytest.raises(InputError):
        properties(smiles)
    with pytest.raises(InputError):
        shape(smiles)


def _places(molblock: str) -> list[tuple[str, tuple[float, float, float]]]:
    lines = molblock.splitlines()
    n = int(lines[3][:3])
    return [
        (line[31:34].strip(), (float(line[:10]), float(line[10:20]), float(line[20:30]))) for line in lines[4 : 4 + n]
    ]


def test_a_shape_has_all_atoms_at_bonding_distance_and_is_not_flat():
    found = shape(ASPIRIN)
    atoms = _places(found.molblock)
    assert len(atoms) == found.atoms == 21
    assert found.relaxed
    nearest = [min(math.dist(a, b) for j, (_, b) in enumerate(atoms) if j != i) for i, (_, a) in enumerate(atoms)]
    assert min(nearest) > 0.9
    assert max(nearest) < 1.6
    spread = [max(p[axis] for _, p in atoms) - min(p[axis] for _, p in atoms) for axis in range(3)]
    assert min(spread) > 1.0
    shape.cache_clear()
    assert shape(ASPIRIN) == found, "the same every time"


def test_an_atom_that_the_force_field_does_not_know_is_said():
    found = shape("C[Se]C[B](O)O")
    assert not found.relaxed
    assert "force field" in found.note


@pytest.mark.parametrize(("smiles", "said"), [("CCO.CCN", "more than one"), ("C" * 100, "302 atoms")])
def test_too_much_for_space_is_refused(smiles, said):
    with pytest.raises(InputError, match=said):
        shape(smiles)
