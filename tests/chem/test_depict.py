import xml.etree.ElementTree as ET

import pytest

from biobridge_core.chem.depict import svg
from biobridge_core.errors import InputError


def test_aspirin_is_drawn_on_nothing() -> None:
    drawn = svg("CC(=O)Oc1ccccc1C(=O)O", 220, 150)
    root = ET.fromstring(drawn)
    assert root.attrib["width"] == "220px"
    assert root.attrib["height"] == "150px"
    assert "<rect" not in drawn  # no background
    assert drawn.count("bond-") >= 13


def test_dark_page_gets_light_strokes() -> None:
    assert "#000000" in svg("CCO")
    assert "#000000" not in svg("CCO", dark=True)


def test_complex_with_a_metal_is_drawn() -> None:
    assert svg("N.N.Cl[Pt]Cl").startswith("<svg")


@pytest.mark.parametrize("smiles", ["", "not a molecule", "<script>alert(1)</script>", "CC(=O", "C" * 500, "C" * 5000])
def test_what_cannot_be_drawn_is_said(smiles: str) -> None:
    with pytest.raises(InputError) as caught:
        svg(smiles)
    assert caught.value.hint


def test_name_after_the_smiles_does_not_reach_the_page() -> None:
    try:
        drawn = svg("CCO <script>alert(1)</script>")
    except InputError:
        return
    assert "script" not in drawn
