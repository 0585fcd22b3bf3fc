"""The main path of every page, and its deep link on a cold server."""

from __future__ import annotations

import pytest
from browser.serving import ROUTES, started

from ui import nav
from ui.evidence import STUDIES


@pytest.mark.parametrize("name", ROUTES)
def test_a_cold_deep_link_has_frame_menu_and_title(name, chromium, tmp_path):
    """A server that has shown no page yet; the models need not be there for the frame to stand."""
    path, _ = ROUTES[name]
    with started(tmp_path / "log.txt") as cold:
        page = chromium.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(120_000)
        page.goto(cold.address + path)
        page.locator(".st-key-frame").get_by_text(nav.PURPOSE).wait_for()
        page.wait_for_function("title => document.title.startsWith(title)", arg=dict(nav.PAGES)[name])
        menu = page.locator("[data-testid=stTopNavLink]").all_inner_texts()
        assert [entry.strip() for entry in menu] == [title for key, title in nav.PAGES if nav.exists(key)]
        assert "Page not found" not in page.locator("body").inner_text()
        page.close()


def test_the_menu_leads_from_page_to_page(visit):
    here = visit("/about")
    for key, title in nav.PAGES:
        if not nav.exists(key):
            continue
        here.page.locator("[data-testid=stTopNavLink]").get_by_text(title, exact=True).click()
        here.page.locator(".st-key-frame").get_by_text(f"{nav.NAME} · {title}").wait_for()


def test_explore_asks_filters_and_says_why(visit):
    here = visit("/explore", width=390, height=844)
    here.ask("TP53")
    here.wait_for_hits()
    here.wait_until_idle()
    assert any("● known" in card for card in here.cards())
    here.page.get_by_role("radio", name="○ Predicted").click()
    here.page.wait_for_function(
        "() => ![...document.querySelectorAll('.bb-card')].some(card => card.textContent.includes('● known'))"
    )
    here.choose(here.page.locator(".st-key-hits_cards").get_by_role("combobox"), 0)
    here.page.locator(".st-key-why").get_by_text("Paths through the graph").first.wait_for()
    here.page.locator(".st-key-why").get_by_text("Explained in").wait_for()


@pytest.mark.skipif("entity" not in ROUTES, reason="the page is not in this checkout")
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("MONDO:0100135", "Dravet"),
        ("GO:0006915", "apopto"),
    ],
)
def test_entity_shows_what_a_thing_is(visit, asked, said):
    here = visit(f"/entity?q={asked}")
    here.page.locator(".st-key-entity_head").wait_for()
    here.wait_until_idle()
    assert said.casefold() in here.page.locator("[data-testid=stMain]").inner_text().casefold()
    assert here.page.get_by_test_id("stAlert").filter(has_text="went wrong").count() == 0


@pytest.mark.skipif("batch" not in ROUTES, reason="the page is not in this checkout")
def test_batch_answers_good_rows_names_bad_ones_and_gives_a_file(visit):
    here = visit("/batch")
    rows = "smiles,name\nCC(=O)Oc1ccccc1C(=O)O,aspirin\nC1CC(,broken\nCN1C=NC2=C1C(=O)N(C(=O)N2C)C,<script>alert(1)</script>\n"
    here.page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    here.page.locator("[data-testid=stFileUploader] input[type=file]").set_input_files(
        files=[{"name": "three.csv", "mimeType": "text/csv", "buffer": rows.encode("latin-1")}]
    )
    here.page.get_by_role("button", name="Ask about every row").click()
    here.page.get_by_text("2 of 3 rows answered").wait_for()
    here.wait_until_idle()
    with here.page.expect_download() as waiting:
        here.page.get_by_role("button", name="CSV", exact=True).click()
    text = waiting.value.path().read_text(encoding="utf-8-sig")
    assert "aspirin" in text
    assert "broken" in text


def test_evidence_shows_every_study(visit):
    here = visit("/evidence")
    for study in STUDIES:
        choice = here.page.locator("[data-testid=stMain]").get_by_role("radio", name=study.title, exact=True)
        choice.click()
        here.page.locator(".st-key-study_body h3").get_by_text(study.title, exact=True).wait_for()
        here.wait_until_idle()
        assert here.page.get_by_test_id("stAlert").filter(has_text="went wrong").count() == 0, study.title


def test_about_says_what_made_it_and_what_it_is_not(visit):
    here = visit("/about")
    for said in ("Sources and licences", "Model card", "Limits", "no medical device"):
        here.page.locator("[data-testid=stMain]").get_by_text(said).first.wait_for()


@pytest.mark.parametrize(
    "path",
    [
        "/entity?q=UniProtKB:Q00000",
        "/entity?q=%3Cscript%3Ealert(1)%3C/script%3E",
        "/entity?q=zzz:1&as=%3Cb%3E&k=1000000000",
        "/compare?a=zzz:1&b=MONDO:0100135",
        "/compare?a=UniProtKB:P35498&b=%3Cimg%20src=x%20onerror=alert(1)%3E",
        "/batch?k=1000000000&to=%3Cscript%3E",
        "/?q=%3Cscript%3Ealert(1)%3C/script%3E",
    ],
)
def test_made_up_addresses_get_a_message_and_run_nothing(visit, path):
    if path[1:].partition("?")[0] not in {"", *ROUTES}:
        pytest.skip("the page is not in this checkout")
    here = visit("/_stcore/health")
    here.page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    here.open(path)
    here.page.locator(".st-key-frame").wait_for()
    here.wait_until_idle()
    said = here.page.get_by_test_id("stAlert")
    if not path.startswith("/batch") and "q=%3C" not in path:  # a tag leaves words, which are asked
        said.first.wait_for()
    assert said.filter(has_text="went wrong").count() == 0
    assert here.page.locator("[onerror], [data-testid=stMain] script").count() == 0
    assert "Traceback" not in here.page.locator("body").inner_text()
