"""Draw, predict, edit, predict: the canvas in a real browser, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from browser.conftest import Visit
from playwright.sync_api import FrameLocator, expect

FACT = ".bb-facts dd"


def canvas(seen: Visit) -> FrameLocator:
    """The editor inside its two frames, once it can be drawn on."""
    outer = seen.page.frame_locator("iframe[src*=sketch]")
    outer.locator("body[data-ready=yes]").wait_for(state="attached")
    return outer.frame_locator("#inner")


def middle(seen: Visit) -> tuple[float, float]:
    box = seen.page.locator("iframe[src*=sketch]").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + 200


def test_draw_predict_edit_predict(visit: Callable[..., Visit]) -> None:
    seen = visit("/draw")
    editor = canvas(seen)
    editor.locator("[data-testid='template-0'], button[title*='Benzene']").first.click()
    x, y = middle(seen)
    seen.page.mouse.click(x, y)
    expect(seen.page.locator(FACT).first).to_have_text("C6H6")
    seen.wait_for_hits("protein")
    seen.wait_until_idle()
    before = seen.cards("protein")
    editor.get_by_role("button", name="N", exact=True).first.click()
    seen.page.mouse.click(x, y - 40)  # the upper corner of the ring
    expect(seen.page.locator(FACT).first).to_have_text("C5H5N")
    seen.wait_until_idle()
    assert seen.cards("protein") != before
    expect(seen.page.locator(".bb-admet")).to_contain_text("Human Intestinal Absorption")
    assert "smiles" in seen.page.url
    assert seen.foreign == []


def test_a_known_drug_is_on_the_canvas_and_fits_a_phone(visit: Callable[..., Visit]) -> None:
    seen = visit("/draw?q=GtoPdb:4941", width=390, height=844, dark=True)
    seen.wait_for_hits("protein")
    expect(canvas(seen).locator("svg text").filter(has_text="Cl").first).to_be_attached()
    seen.wait_until_idle()
    assert "q=GtoPdb" in seen.page.url  # what was loaded is no edit
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert seen.foreign == []
