"""Goal, evidence, one item struck out, search, lineage, SDF: in a real browser, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from browser.conftest import Visit
from playwright.sync_api import expect
from rdkit import Chem


def test_from_a_goal_to_an_sdf_that_is_read_back(visit: Callable[..., Visit], tmp_path: Path) -> None:
    seen = visit("/design?target=UniProtKB:P00533&avoid=UniProtKB:Q12809")
    pills = seen.page.locator("[class*=st-key-design_items] button")
    pills.filter(has_text="gefitinib").first.wait_for()
    seen.wait_until_idle()
    seen.page.get_by_text("Bounds, substructures").click()
    seconds = seen.page.get_by_role("spinbutton", name="Seconds")
    seconds.fill("5")
    seconds.press("Enter")
    seen.wait_until_idle()
    pills.filter(has_text="gefitinib").first.click()
    expect(seen.page.locator(".st-key-design_below").get_by_text("1 struck out")).to_be_visible()
    seen.wait_until_idle()
    seen.page.get_by_role("button", name="Design from this evidence").click()
    seen.page.locator(".bb-cand").first.wait_for()
    seen.wait_until_idle()
    seen.page.get_by_role("button", name="Lineage").first.click()
    tree = seen.page.locator("[role=dialog] .bb-tree")
    tree.wait_for()
    assert tree.locator("img").count() >= 2
    givers = seen.page.locator("[role=dialog] .bb-giver").all_inner_texts()
    assert givers
    assert not any("known · gefitinib" in words for words in givers)
    seen.screenshot("design-lineage")
    seen.page.keyboard.press("Escape")
    with seen.page.expect_download() as given:
        seen.page.get_by_role("button", name="SDF").first.click()
    path = tmp_path / "out.sdf"
    given.value.save_as(path)
    read = list(Chem.SDMolSupplier(str(path)))
    assert len(read) >= 5
    fields = {"score", "inchikey", "target_EGFR_score", "avoid_KCNH2_belief", "qed", "nearest_known_drug", "fragments"}
    for mol in read:
        assert fields <= set(mol.GetPropNames())
        assert Chem.MolToSmiles(mol) == Chem.CanonSmiles(mol.GetProp("smiles"))
        assert "GtoPdb:4941" not in mol.GetProp("fragments")
    assert "target=" in seen.page.url
    assert seen.foreign == []


def test_a_design_fits_a_phone(visit: Callable[..., Visit]) -> None:
    seen = visit("/design?target=UniProtKB:P00533", width=390, height=844, dark=True)
    seen.page.locator("[class*=st-key-design_items] button").first.wait_for()
    seen.wait_until_idle()
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390
    main = seen.page.locator("[data-testid=stMain]")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth + 1")
    assert seen.foreign == []
