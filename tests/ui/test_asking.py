"""What the box says of a notation, a list and a question, on a small service."""

from __future__ import annotations

import pytest

from biobridge_core.types import Link, Query, QueryKind, Resolution
from ui import nav

HOSTILE = "<img src=x onerror=alert(1)> **bold** [x](https://example.org)"
COMPARED = Link("compare", (("wild", "UniProtKB:P04637"), ("mutant", "R175H")), f"Compare {HOSTILE}")
MUTATED = Link("explore", (("q", "TP53 R175H"), ("as", "sequence")), "Ask with the mutant's sequence")
NOWHERE = Link("no_such_page", (), "Nowhere")


def texts(text):
    return tuple(Query(text, QueryKind.TEXT, name, text, text) for name in ("disease", "phenotype"))


@pytest.fixture
def answers(fake, monkeypatch):
    """Input -> how it is understood."""
    gene = Query("TP53", QueryKind.ENTITY, "protein", "UniProtKB:P04637", "TP53")
    mutant = Query("TP53 R175H", QueryKind.SEQUENCE, "protein", "MEEPQSDPSV", "TP53 R175H")
    links = (COMPARED, MUTATED, NOWHERE)
    known = {
        "TP53 R175H": Resolution("TP53 R175H", gene, (mutant, *texts("TP53 R175H")), (HOSTILE,), links=links),
        "TP53, EGFR": Resolution("TP53, EGFR", None, (gene,), ("These are 2 names.",), links=(COMPARED,)),
        "what treats it": Resolution("what treats it", gene, texts("what treats it"), ("A question.",), to="drug"),
    }
    usual = fake.find
    monkeypatch.setattr(type(fake), "find", lambda self, text, progress=None: known.get(text.strip()) or usual(text))
    return known


@pytest.fixture
def gone(monkeypatch):
    pages = []
    monkeypatch.setattr(nav, "go", lambda page, params=None: pages.append((page, params)))
    return pages


def ask(app, text):
    return app.chat_input[0].set_value(text).run()


def link(app, page):
    return [button for button in app.button if (button.key or "").startswith(f"link {page} ")]


def test_a_change_is_answered_as_its_gene_with_a_way_to_the_comparison(open_app, answers, gone, fake, words_of):
    app = ask(open_app("pages/explore.py"), "TP53 R175H")
    assert not app.exception
    assert fake.calls[0][0] == "UniProtKB:P04637"
    assert "also called" not in words_of(app), "the change is no other name of the gene"
    (button,) = link(app, "compare")
    assert "\\<img" in button.label
    assert "\\*\\*bold" in button.label
    assert any("\\<img" in element.value for element in app.markdown)
    assert not link(app, "no_such_page")
    button.click().run()
    assert gone == [("compare", {"wild": "UniProtKB:P04637", "mutant": "R175H"})]


def test_the_reading_in_use_is_not_offered_again(open_app, answers, fake):
    app = open_app("pages/explore.py", {"q": "TP53 R175H", "as": "sequence"})
    assert fake.calls[0][0] == "MEEPQSDPSV"
    assert link(app, "compare")
    assert not link(app, "explore")


def test_a_list_is_not_answered_but_offered_together(open_app, answers, gone, fake):
    app = ask(open_app("pages/explore.py"), "TP53, EGFR")
    assert fake.calls == []
    assert any("These are 2 names" in element.value for element in app.info)
    link(app, "compare")[0].click().run()
    assert [page for page, _ in gone] == ["compare"]


def test_a_question_opens_the_kind_that_it_asks_for_once(open_app, answers, words_of):
    app = ask(open_app("pages/explore.py"), "what treats it")
    assert "A question." in words_of(app)
    assert app.segmented_control(key="set to").value == "drug"
    app.segmented_control(key="set to").set_value("phenotype").run()
    assert app.segmented_control(key="set to").value == "phenotype"
    assert app.query_params["to"] == "phenotype"
