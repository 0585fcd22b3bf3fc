"""The journeys of the page ``explore`` in a real browser, on the trained bundle, with nothing to reach but the app."""

from __future__ import annotations

import re
import time

import pytest

from ui.asking import EXAMPLES

KINDS = {
    "protein": "proteins",
    "drug": "drugs",
    "disease": "diseases",
    "biological_process": "biological processes",
    "molecular_function": "molecular functions",
    "cellular_component": "cellular components",
    "phenotype": "phenotypes",
    "therapeutic_class": "therapeutic classes",
}
TP53 = (
    "MEEPQSDPSVEPPLSQETFSDLWKLLPENNVLSPLPSQAMDDLMLSPDDIEQWFTEDPGPDEAPRMPEAAPPVAPAPAAPTPAAPAPAPSWPLSSSVPSQKTYQGSYGFRLGFLHSGTAK"
    "SVTCTYSPALNKMFCQLAKTCPVQLWVDSTPPPGTRVRAMAIYKQSQHMTEVVRRCPHHERCSDSDGLAPPQHLIRVEGNLRVEYLDDRNTFRHSVVVPYEPPEVGSDCTTIHYNYMCNS"
    "SCMGGMNRRPILTIITLEDSSGNLLGRNSFEVRVCACPGRDRRTEEENLRKKGEPHHELPPGSTKRALPNNTSSSPQPKKKPLDGEYFTLQIRGRERFEMFRELNEALELKDAQAGKEPG"
    "GSRAHSSHLKSKKGQSTSRHKKLMFKTEGPDSD"
)
ASPIRIN = EXAMPLES[2][1]
CLINICAL = EXAMPLES[3][1]
SENTENCE = "autosomal recessive disease with early-onset seizures"


@pytest.mark.parametrize(
    ("name", "text", "head", "read_as"),
    [
        ("tp53", "TP53", "protein", "TP53"),
        ("sequence", TP53, "protein", "sequence of 393 residues"),
        ("aspirin", ASPIRIN, "drug", "molecule C9H8O4"),
        ("sentence", SENTENCE, "", "in words"),
        ("clinical", CLINICAL, "phenotype", "in words"),
    ],
)
def test_each_input_gives_ranked_hits_in_every_other_kind(visit, name, text, head, read_as):
    here = visit()
    here.ask(text)
    here.wait_for_hits()
    assert read_as in here.page.locator(".st-key-understood").inner_text()
    here.page.get_by_role("radio", name=re.compile("cellular components")).wait_for()
    tabs = here.page.get_by_role("radio").all_inner_texts()
    own = [kind for kind in KINDS if any(tab.find(f"similar {KINDS[kind]}") >= 0 for tab in tabs)]
    assert own == [head] if head else len(own) == 1
    for kind, plural in KINDS.items():
        if kind in own:
            continue
        here.page.get_by_role("radio", name=re.compile(rf"(?<!similar ){plural}\b")).click()
        cards = here.cards(kind)
        assert len(cards) >= 20, (kind, len(cards))
        assert all(
            re.search(r"(● known|○ predicted)( · unspecific)?rank [\d\u2009]+ of [\d\u2009]+(chance|share)", card)
            for card in cards
        )
        ranks = [rank_of(card) for card in cards if "○ predicted" in card]
        assert ranks == sorted(ranks)
        here.screenshot(f"{name}-{kind}-1440")
    assert here.foreign == []


def rank_of(card: str) -> int:
    found = re.search(r"rank ([\d\u2009]+) of", card)
    assert found, card
    return int(found[1].replace("\u2009", ""))


def test_a_deep_link_on_a_cold_server_shows_known_links_first(app):
    assert "Page not found" not in app.first_text
    assert "Research use, not medical advice" in app.first_text
    assert "SCN1A is linked to" in app.first_text
    assert "● known" in app.first_cards[0]
    assert any("○ predicted" in card for card in app.first_cards)


def test_the_address_follows_the_page_and_going_back_returns(visit):
    here = visit()
    here.ask("TP53")
    here.page.wait_for_url(re.compile("q=UniProtKB"))
    here.wait_for_hits()
    here.wait_until_idle()
    here.page.get_by_role("radio", name=re.compile("drugs")).click()
    here.page.wait_for_url(re.compile("to=drug"))
    here.wait_until_idle()
    here.page.go_back()
    here.page.wait_for_function("() => !location.search.includes('to=drug')")
    here.wait_until_idle()
    here.page.get_by_role("radio", name=re.compile("diseases"), checked=True).wait_for()


def test_pasted_lines_are_one_fasta(visit):
    here = visit()
    here.ask(f">sp|P04637|P53_HUMAN\n{TP53[:120]}\n{TP53[120:]}")
    here.wait_for_hits()
    assert "P53_HUMAN" in here.page.locator(".st-key-understood").inner_text()
    assert "TP53" in here.page.locator("body").inner_text()


BAD = {
    "MEEPQSDPSVEPPLSQETFSDLWKLJPENN": "no residues",
    "CC(=O)Oc1ccccc1C(=O": "SMILES",
    "?": "no letter",
    "word " * 20_000: "at most",
    "UniProtKB:Q00000": "no entity",
}


def test_bad_input_gets_a_message_and_the_app_lives_on(visit, app):
    here = visit("/explore")
    for text, said in BAD.items():
        here.ask(text)
        here.page.get_by_test_id("stAlert").filter(has_text=said).first.wait_for()
        assert "Traceback" not in here.page.locator("body").inner_text()
    here.ask("TP53")
    assert here.cards()
    assert app.alive()


@pytest.mark.parametrize(
    "query",
    [
        "q=TP53&k=1000000000",
        "q=TP53&to=nonsense&show=%3Cscript%3E",
        "q=%00%00&as=%22",
        "k=-1",
        "q=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&to=%3Cb%3Ex%3C/b%3E",
        "q=UniProtKB:Q00000&to=disease",
        "q=" + "word%20" * 8_000,  # 56 kB; the server itself refuses addresses beyond 64 kB
        "q=%F0%9F%92%8A",
        "q=%FF%FE&as=smiles",
    ],
    ids=lambda query: query[:20],
)
def test_made_up_addresses_get_a_message(visit, query):
    here = visit(f"/explore?{query}")
    here.page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    here.page.get_by_test_id("stAlert").first.wait_for()
    assert here.page.locator("[onerror]").count() == 0
    assert "Traceback" not in here.page.locator("body").inner_text()
    assert here.foreign == []


def test_twenty_rows_on_a_laptop(visit):
    here = visit("/explore?q=TP53&to=disease")
    here.wait_for_hits()
    table = here.page.get_by_test_id("stDataFrame").first
    table.wait_for()
    here.wait_until_idle()
    box = table.bounding_box()
    assert box is not None
    assert box["height"] >= 20 * 27
    assert box["y"] + box["height"] <= 900


@pytest.mark.parametrize("text", ["TP53", TP53], ids=["gene", "sequence"])
def test_on_a_phone_the_answer_comes_first(visit, text):
    here = visit("/explore", width=390, height=844)
    here.ask(text)
    here.wait_for_hits()
    here.wait_until_idle()
    sentence = here.page.locator(".st-key-answer h5").bounding_box()
    first = here.page.locator(".bb-card").first.bounding_box()
    filters = here.page.locator(".st-key-filters").bounding_box()
    last = here.page.locator(".bb-card").last.bounding_box()
    assert sentence is not None
    assert first is not None
    assert filters is not None
    assert last is not None
    assert sentence["y"] < 260
    assert (
        sentence["y"] + sentence["height"] <= first["y"] < 520
    )  # of 844; a sequence brings two notes, and reasons have their menu
    assert filters["y"] > last["y"], "the controls stand below the answer"
    assert here.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_kind_beyond_the_edge_of_a_phone_is_in_view_when_chosen(visit):
    here = visit("/explore?q=TP53&to=therapeutic_class", width=390, height=844)
    here.wait_for_hits()
    chosen = here.page.locator(".st-key-set-to").get_by_role("radio", checked=True).bounding_box()
    assert chosen is not None
    assert chosen["x"] >= 0
    assert chosen["x"] + chosen["width"] <= 390


@pytest.mark.parametrize("width", [1440, 390])
def test_the_examples_are_reachable_after_a_question(visit, width):
    here = visit("/explore?q=TP53", width=width, height=844)
    here.wait_for_hits()
    here.page.locator(".st-key-question").get_by_test_id("stPopover").get_by_role("button").click()
    here.page.get_by_role("button", name="Aspirin as SMILES").click()
    here.page.locator(".st-key-understood").get_by_text("molecule C9H8O4").wait_for()
    here.wait_until_idle()
    assert not here.page.get_by_role("button", name="Aspirin as SMILES").is_visible(), "the list folds again"


def test_an_earlier_address_does_not_stand_over_an_unanswered_question(visit):
    here = visit("/explore?q=TP53")
    here.page.wait_for_url(re.compile("q=UniProtKB"))
    here.ask("CC(=O)Oc1ccccc1C(=O")
    here.page.get_by_test_id("stAlert").first.wait_for()
    here.page.wait_for_function("() => !location.search.includes('q=')")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_phone_shows_cards_and_nothing_wider_than_itself(visit, dark):
    here = visit("/explore?q=TP53&to=drug", width=390, height=844, dark=dark)
    here.wait_for_hits()
    here.page.locator(".bb-card").first.wait_for(state="visible")
    assert not here.page.get_by_test_id("stDataFrame").first.is_visible()
    assert here.page.evaluate("document.documentElement.scrollWidth") <= 390
    widest = here.page.locator(".bb-card").evaluate_all(
        "cards => Math.max(...cards.map(c => c.getBoundingClientRect().right))"
    )
    assert widest <= 390
    drawn = here.page.locator(".bb-card img").evaluate_all(
        "all => all.filter(i => i.complete && i.naturalWidth > 0).length"
    )
    assert drawn >= 5, "drawings of molecules are pictures"
    here.screenshot(f"tp53-drug-390-{'dark' if dark else 'light'}")


def test_typed_text_is_not_in_the_log(visit, app):
    here = visit()
    secret = "a very unusual sentence about zebras with xylophone shaped phalanges"
    here.ask(secret)
    here.wait_for_hits()
    time.sleep(0.5)
    assert "xylophone" not in app.log.read_text(errors="replace")
