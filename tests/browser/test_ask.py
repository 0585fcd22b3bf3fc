"""A thread on the page of questions in a real browser: attached, followed up, refused; nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from browser.conftest import Visit
from playwright.sync_api import expect

from ui.asking import SICKLE_HBB

SUMMARY = ".bb-summary"


def put(seen: Visit, question: str) -> None:
    """Ask, and wait until this question stands above its answer."""
    seen.ask(question)
    seen.page.locator("[class*=st-key-ask_above]").filter(has_text=question).first.wait_for()
    seen.wait_until_idle()


def test_three_turns_with_a_sequence_citations_plain_words_and_a_refusal(visit: Callable[..., Visit]) -> None:
    seen = visit("/ask", width=390, height=844)
    page = seen.page
    page.get_by_role("button", name="Attach").click()
    page.get_by_role("textbox", name="Paste a protein sequence").fill(SICKLE_HBB)
    page.get_by_role("textbox", name="Paste a protein sequence").press("Control+Enter")
    page.get_by_text("Goes with your next question").wait_for()
    page.keyboard.press("Escape")
    put(seen, "Which diseases is this protein linked to?")
    expect(page.locator(SUMMARY)).to_contain_text("○ predicted")
    expect(page.locator(SUMMARY)).to_contain_text("thalassemia")

    cite = page.locator(".bb-cite").first
    cite.click()
    source = page.locator(".bb-source:popover-open")
    expect(source).to_contain_text("the bridge suggests it, chance")
    assert source.get_by_role("link", name="Everything about").get_attribute("href", timeout=5000)
    source.get_by_role("button", name="Close").click()
    expect(source).to_have_count(0)

    put(seen, "and which processes does it take part in?")
    expect(page.locator(SUMMARY)).to_contain_text("oxygen transport")
    expect(page.get_by_text("Earlier in this thread", exact=True)).to_be_visible()

    put(seen, "What are the signs of Marfan syndrome?")
    expect(page.locator(SUMMARY)).not_to_contain_text("○ predicted")
    expect(page.locator(".bb-said.bb-is-known").first).to_contain_text("● known")
    page.locator(".bb-cite").first.click()
    expect(source).to_contain_text("Source: Human Phenotype Ontology")
    page.keyboard.press("Escape")
    page.locator("label").filter(has_text="Plain words").click()
    expect(page.locator(".bb-said").first).to_contain_text("symptoms are known here")
    page.get_by_text("How this was answered").first.click()
    expect(page.get_by_text("plan: Marfan syndrome")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    put(seen, "What should I take against migraine?")
    expect(page.get_by_text("No advice on a person is given here.")).to_be_visible()
    page.locator("[class*=st-key-ask_instead] button").first.click()
    page.locator(SUMMARY).wait_for()
    seen.wait_until_idle()
    assert "q=" not in page.url, "what was attached and asked before is in no address"
    assert seen.foreign == []
