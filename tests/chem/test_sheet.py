"""Alerts, rules and differences of drawn molecules."""

from __future__ import annotations

import pytest

from biobridge_core.chem.alerts import alerts
from biobridge_core.chem.difference import difference
from biobridge_core.chem.graph import graph
from biobridge_core.chem.sheet import sheet
from biobridge_core.errors import InputError

RHODANINE = "O=C1C(=Cc2ccc(O)c(O)c2)SC(=S)N1CC(=O)O"
GEFITINIB = "COc1cc2ncnc(Nc3ccc(F)c(Cl)c3)c2cc1OCCCN1CCOCC1"
ERLOTINIB = "COCCOc1cc2ncnc(Nc3cccc(C#C)c3)c2cc1OCCOC"


def test_a_rhodanine_raises_pains_and_brenk_at_its_own_atoms() -> None:
    found = {(a.catalogue, a.name) for a in alerts(RHODANINE)}
    assert ("PAINS", "ene rhod A") in found
    assert ("BRENK", "Thiocarbonyl group") in found
    marks = sheet(RHODANINE).marks
    assert len(marks) == 20
    assert sum(marks) == 16
    assert marks[-4:] == (0.0, 0.0, 0.0, 0.0)  # the acetic acid on the nitrogen raises nothing


def test_a_clean_molecule_has_no_alert_and_keeps_the_rules() -> None:
    found = sheet("CC(C)NCC(O)COc1ccccc1")
    assert found.alerts == ()
    assert found.veber == ()
    assert set(found.marks) == {0.0}
    assert 1 <= found.accessibility < 4


def test_vebers_rules_are_named_when_broken() -> None:
    assert sheet("CCCCCCCCCCCCCCCC").veber == ("more than 10 rotatable bonds",)
    assert sheet("OCC1OC(OC2C(O)C(O)C(O)OC2CO)C(O)C(O)C1O").veber == ("TPSA over 140 Å²",)


def test_what_differs_is_outside_the_common_part() -> None:
    found = difference(GEFITINIB, GEFITINIB.replace("Cl", "Br"))
    assert (found.common, found.sizes) == (30, (31, 31))
    assert len(found.own[0]) == len(found.own[1]) == 1
    assert not found.same
    other = difference(GEFITINIB, ERLOTINIB)
    assert 15 <= other.common < 25
    assert other.complete
    assert all(drawing.startswith("<svg") for drawing in other.drawings)
    assert len(other.own[0]) == 31 - other.common


def test_the_same_molecule_differs_in_nothing() -> None:
    found = difference(GEFITINIB, GEFITINIB)
    assert found.same
    assert found.own == ((), ())
    assert found.tanimoto == 1.0


@pytest.mark.parametrize("smiles", ["", "C1CC", "C" * 130, "x"])
def test_what_cannot_be_compared_is_refused_in_words(smiles: str) -> None:
    with pytest.raises(InputError) as caught:
        difference(smiles, GEFITINIB)
    assert caught.value.hint


def test_the_graph_has_each_bond_in_both_directions() -> None:
    made = graph("CC=O")
    assert made.atoms.shape == (3, 72)
    assert made.bonds.shape == (4, 14)
    assert list(zip(made.sources.tolist(), made.targets.tolist(), strict=True)) == [(0, 1), (1, 0), (1, 2), (2, 1)]
    assert (made.bonds[0] == made.bonds[1]).all()
    assert graph("C").bonds.shape == (0, 14)
