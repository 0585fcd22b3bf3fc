"""The pages of files and of comparisons in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SMILES = ["CCO" + "C" * i + "N" for i in range(120)]


def no_horizontal_scroll(page) -> bool:  # type: ignore[no-untyped-def]
    return bool(page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_pair_by_a_deep_link_at_both_widths(visit) -> None:  # type: ignore[no-untyped-def]
    for width in (1440, 390):
        seen = visit("/compare?a=UniProtKB:P35498&b=MONDO:0100135", width=width)
        seen.page.locator(".bb-pair").wait_for()
        text = seen.page.locator("body").inner_text()
        assert "The graph holds this link: SCN1A is associated with Dravet syndrome." in text
        assert "asked from Dravet syndrome" in text
        assert no_horizontal_scroll(seen.page)
        seen.screenshot(f"compare_pair_{width}")
        assert not seen.foreign


def test_a_clinical_sentence_and_taking_a_finding_away(visit) -> None:  # type: ignore[no-untyped-def]
    seen = visit("/compare")
    seen.page.get_by_text("Several at once").click()
    box = seen.page.get_by_placeholder("My patient has seizures and a small head")
    box.fill("my patient has seizures and a small head")
    seen.page.get_by_role("button", name="Add").click()
    seen.page.get_by_text("Together they point first at").wait_for()
    text = seen.page.locator("body").inner_text()
    assert "is read as Seizure" in text
    assert "is read as Microcephaly" in text
    assert "head" not in seen.page.url.replace("%", ""), "the sentence stays out of the address"
    seen.screenshot("compare_set")
    seen.page.get_by_role("button", name=re.compile("Remove|Delete|Clear", re.I)).first.click()
    seen.page.get_by_text("It points first at").wait_for()
    assert not seen.foreign


def test_a_variant_on_a_phone(visit) -> None:  # type: ignore[no-untyped-def]
    seen = visit("/compare?wild=UniProtKB:P68871&mutant=E7V", width=390)
    seen.page.get_by_text("moves the protein").wait_for()
    assert no_horizontal_scroll(seen.page)
    seen.page.locator(".bb-card").first.wait_for(state="visible")
    seen.screenshot("compare_variant_390")


@pytest.mark.parametrize("path", ["/compare?a=MONDO:9999999&b=HP:0001250", "/compare?set=HP:9999999"])
def test_made_up_ids_get_a_message(visit, path: str) -> None:  # type: ignore[no-untyped-def]
    seen = visit(path)
    seen.page.get_by_text("The graph has no entity").first.wait_for()


def test_a_file_is_asked_row_by_row(visit, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    seen = visit("/batch")
    file = tmp_path / "drugs.csv"
    file.write_bytes("name;smiles\nCafé;CN1C=NC2=C1C(=O)N(C(=O)N2C)C\nbroken;CC(=O\n".encode("latin-1"))
    seen.page.locator("input[type=file]").set_input_files(str(file))
    seen.page.get_by_text("drugs.csv has 2 rows").wait_for()
    assert "Latin-1" in seen.page.locator("body").inner_text()
    seen.page.get_by_role("button", name="Ask about every row").click()
    seen.page.get_by_text("1 of 2 rows answered with their proteins; 1 could not be read").wait_for()
    seen.screenshot("batch")
    with seen.page.expect_download() as caught:
        seen.page.locator("[data-testid=stDownloadButton] button").first.click()
    lines = Path(caught.value.path()).read_text(encoding="utf-8-sig")
    assert "Café" in lines
    assert "parenthesis" in lines
    seen.page.set_viewport_size({"width": 390, "height": 844})
    seen.page.locator(".bb-card").first.wait_for(state="visible")
    assert no_horizontal_scroll(seen.page)
    assert not seen.foreign


def test_a_file_can_be_cancelled_and_what_is_done_is_kept(visit, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    seen = visit("/batch")
    file = tmp_path / "many.smi"
    file.write_text("\n".join(SMILES))
    seen.page.locator("input[type=file]").set_input_files(str(file))
    seen.page.get_by_role("button", name="Ask about every row").click()
    seen.page.get_by_text(re.compile(r"[1-9]\d* of 120 rows")).first.wait_for()
    seen.page.get_by_role("button", name="Cancel").click()
    seen.page.get_by_role("button", name="Go on").wait_for()
    text = seen.page.locator("body").inner_text()
    done = int(re.search(r"(\d+) of 120 rows answered", text).group(1))  # type: ignore[union-attr]
    assert 0 < done < 120
    assert "not asked yet" in text


def test_a_file_that_is_too_large_is_refused(visit, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    seen = visit("/batch")
    file = tmp_path / "huge.csv"
    with file.open("wb") as out:
        out.truncate(50_000_000)
    seen.page.locator("input[type=file]").set_input_files(str(file))
    seen.page.get_by_text(re.compile("20.0MB or smaller")).first.wait_for()


def test_a_closed_tab_frees_its_place(visit, app, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """A long file is left alone in a closed tab; a raw question of somebody else is answered soon."""
    busy = visit("/batch")
    file = tmp_path / "many.smi"
    file.write_text("\n".join(SMILES * 10))
    busy.page.locator("input[type=file]").set_input_files(str(file))
    busy.page.get_by_role("button", name="Ask about every row").click()
    busy.page.get_by_text(re.compile(r"[1-9]\d* of 1.200 rows")).first.wait_for()
    busy.page.close()
    other = visit("/compare?a=CCOC(=O)c1ccccc1&b=UniProtKB:P23219")
    other.page.locator(".bb-pair").wait_for()
    assert app.alive()
