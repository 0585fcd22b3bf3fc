"""The page of an entity in a real browser: one selection in sequence and structure, shapes, reasons, bad files."""

from __future__ import annotations

import re

import pytest
from helix import pdb

HBB = (
    "MVHLTPEEKSAVTALWGKVNVDEVGGEALGRLLVVYPWTQRFFESFGDLSTPDAVMGNPKVKAHGKKVLGAFSDGLAHLDNLKGTFATLSELHCDKLHVDPENFRLLGNVLVCV"
    "LAHHFGKEFTPPVQAAYQKVVAGVANALAHKYH"
)


def frame(here):
    return here.page.frame_locator("iframe[title*=viewer]")


def bring(here, name: str, data: bytes) -> None:
    here.page.get_by_role("button", name=re.compile("3D structure|Another structure")).click()
    here.page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/plain", "buffer": data})


def test_a_selection_is_shared_between_sequence_and_structure(visit):
    here = visit("/entity?q=UniProtKB:P68871")
    bring(here, "helix.pdb", pdb(HBB[1:], first=1, head="TITLE     ALPHAFOLD").encode())
    stage = frame(here).locator("#stage")
    frame(here).locator("#stage[data-atoms='584']").wait_for(state="attached")
    here.page.keyboard.press("Escape")
    frame(here).locator("#range").fill("60-90")
    frame(here).locator("#range").press("Enter")
    assert "Residues 60–90 (31)" in frame(here).locator("#said").inner_text()
    assert stage.get_attribute("data-picked") == str(31 * 4), "the file counts from the second residue"
    assert frame(here).locator("#sequence b.on").count() == 31
    frame(here).locator("#sequence b[data-p='5']").click()
    assert stage.get_attribute("data-picked") == "4"
    frame(here).locator("#sequence b[data-p='1']").click()
    assert "not in the structure" in frame(here).locator("#said").inner_text()
    assert frame(here).get_by_role("button", name="Model confidence").get_attribute("aria-pressed") == "true"
    assert here.foreign == []
    here.screenshot("entity-structure-1440")


def test_letters_are_dragged_over(visit):
    here = visit("/entity?q=UniProtKB:P68871")
    frame(here).locator("#sequence b[data-p='20']").wait_for()
    frame(here).locator("#sequence").scroll_into_view_if_needed()
    first = frame(here).locator("#sequence b[data-p='3']").bounding_box()
    last = frame(here).locator("#sequence b[data-p='12']").bounding_box()
    mouse = here.page.mouse
    mouse.move(first["x"] + 3, first["y"] + 5)
    mouse.down()
    mouse.move(last["x"] + 3, last["y"] + 5, steps=8)
    mouse.up()
    assert "Residues 3–12 (10): HLTPEEKSAV" in frame(here).locator("#said").inner_text()


def test_a_molecule_stands_in_space(visit):
    here = visit("/entity?q=GtoPdb:4139")
    frame(here).locator("#stage[data-atoms='21']").wait_for(state="attached")
    assert frame(here).locator("#stage canvas").count() >= 1
    assert here.page.get_by_text("C9H8O4").first.is_visible()
    assert here.foreign == []
    here.screenshot("entity-molecule-1440")


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("broken.pdb", b"ATOM  broken\n" * 40, "40 of 40 atom lines cannot be read"),
        ("empty.pdb", b"\n", "The file is empty"),
        ("image.pdb", b"\x89PNG\x00\x00", "binary"),
        ("big.pdb", b"ATOM" * 12_500_000, r"must be 20(\.0)? ?MB or smaller"),
    ],
)
def test_a_file_that_is_no_structure_gets_words(visit, tmp_path, name, data, said):
    here = visit("/entity?q=UniProtKB:P68871")
    frame(here).locator("#sequence b[data-p='20']").wait_for()
    here.wait_until_idle()
    here.page.get_by_role("button", name=re.compile("3D structure")).click()
    path = tmp_path / name
    path.write_bytes(data)
    here.page.locator("input[type=file]").set_input_files(str(path))
    here.page.get_by_text(re.compile(said)).first.wait_for()
    here.page.keyboard.press("Escape")
    assert here.app.alive()
    here.ask("TP53")
    here.page.locator(".st-key-entity_head").get_by_text("TP53", exact=True).first.wait_for()


def test_a_row_opens_the_page_of_its_entity(visit):
    here = visit("/entity?q=GO:0006915")
    here.page.get_by_role("button", name="programmed cell death").click()
    here.page.locator(".st-key-entity_head h3").get_by_text("programmed cell death", exact=True).wait_for()
    here.page.wait_for_url(re.compile("GO:0012501|GO%3A0012501"))


@pytest.mark.parametrize("asked", ["UniProtKB:P35498", "imatinib", "MONDO:0100135", "GO:0006915"])
def test_a_phone_needs_no_sideways_scrolling(visit, asked):
    here = visit(f"/entity?q={asked}", width=390, dark=True)
    here.page.locator(".bb-card").first.wait_for()
    here.wait_until_idle()
    assert here.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert here.foreign == []
    here.screenshot(f"entity-{asked.replace(':', '-')}-390")


def test_a_predicted_hit_opens_its_reasons_on_a_phone(visit):
    here = visit("/entity?q=UniProtKB:P35498", width=390)
    here.page.locator(".bb-predicted").first.wait_for()
    here.choose(here.page.locator(".st-key-hits_cards input[role=combobox]"), 0)
    here.page.locator(".st-key-why").get_by_text(re.compile("^Why ")).first.wait_for()
