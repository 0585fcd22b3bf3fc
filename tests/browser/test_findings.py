"""A sentence about a patient in a real browser, on the trained bundle."""

from __future__ import annotations


def test_what_is_denied_goes_down_and_the_one_description_is_folded(visit) -> None:  # type: ignore[no-untyped-def]
    here = visit("/explore")
    here.ask("patient with seizures and flumoxia but no microcephaly")
    here.wait_for_hits("disease")
    panel = here.page.locator(".st-key-findings")
    panel.get_by_text("is left out, since the sentence says that it is absent").wait_for()
    assert "flumoxia" in panel.inner_text().split("Not understood")[1]
    assert not any("microcephaly" in card.casefold() for card in here.cards("disease"))
    here.page.get_by_text("Set back:").wait_for()
    assert here.page.locator(".st-key-answer").count() == 0
    here.page.get_by_text("The sentence read as one description").click()
    here.page.locator(".st-key-answer h5").wait_for()
    here.page.get_by_text("Asked without what is denied: “patient with seizures and flumoxia”").wait_for()
    here.wait_until_idle()
    assert here.page.get_by_test_id("stException").count() == 0
    here.page.locator(".st-key-answer").scroll_into_view_if_needed()
    here.screenshot("findings-denied-1440")
    here.page.set_viewport_size({"width": 390, "height": 844})
    here.page.locator(".st-key-joint_cards .bb-card").first.wait_for(state="visible")
    assert here.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not here.foreign
