"""Pieces of an answer that are hard to reach on the bundle: struck sentences, hostile names, spreadsheets."""

from __future__ import annotations

from datetime import UTC, datetime

from biobridge_core.answer.types import (
    Answer,
    Attachment,
    Fact,
    Mention,
    Sentence,
    Shape,
    Understanding,
    Voice,
)
from biobridge_core.types import Edge, Entity, HitStatus, Query, QueryKind
from ui import ask_facts, ask_parts, ask_thread
from ui.ask_thread import Request, Turn

ODD = '<img src=x onerror=alert(1)> "quoted" **b**'
GENE = Entity("TEST:1", "protein", ODD)
DRUG = Entity("TEST:2", "drug", "=1+1")
MIDDLE = Entity("TEST:3", "disease", "middle")


def fact(number: int = 1, *, guessed: bool = False, edges: tuple[Edge, ...] | None = None) -> Fact:
    edges = (
        (Edge(GENE, DRUG, "r", "is inhibited by", () if guessed else ("gtopdb · <b>x</b>",)),)
        if edges is None
        else edges
    )
    return Fact(
        number, DRUG, edges, (guessed,) * len(edges), HitStatus.PREDICTED if guessed else HitStatus.KNOWN,
        0.314 if guessed else None, False if guessed else None,
    )  # fmt: skip


def test_known_and_predicted_differ_in_marker_word_and_chance() -> None:
    facts = {1: fact(), 2: fact(2, guessed=True)}
    told = (Sentence("A is.", (1,), Voice.KNOWN), Sentence("B may be.", (2,), Voice.PREDICTED))
    shown = ask_parts.sentences(told, facts, "t")
    assert "● known" in shown
    assert "○ predicted · 31 %" in shown
    assert "bb-is-known" in shown
    assert "bb-is-predicted" in shown


def test_a_struck_sentence_is_struck_through_with_its_reason_and_cites_nothing() -> None:
    shown = ask_parts.sentences([Sentence(f"{ODD} cures.", (1,), Voice.KNOWN, "the fact says less")], {1: fact()}, "t")
    assert "<s>" in shown
    assert "removed" in shown
    assert "the fact says less" in shown
    assert "popovertarget" not in shown
    assert "<img" not in shown


def test_a_citation_opens_source_evidence_and_pages_and_nothing_foreign_acts() -> None:
    shown = ask_parts.sources([fact(), fact(2, guessed=True)], {"gtopdb": "Guide <i>"}, "t")
    assert "Guide &lt;i&gt; · &lt;b&gt;x&lt;/b&gt;" in shown
    assert "/entity?q=TEST%3A2" in shown
    assert "/explore?q=TEST%3A1&amp;to=drug" in shown
    assert "chance 31 %, not confident" in shown
    assert "<img" not in shown
    assert "<img" not in ask_parts.cards([fact()], [""], {})


def test_a_citation_of_no_fact_is_left_out() -> None:
    assert "popovertarget" not in ask_parts.summary(Sentence("A.", (7,), Voice.KNOWN), {1: fact()}, "t")


def test_a_path_is_told_as_a_chain_and_several_starts_apart() -> None:
    chain = (Edge(GENE, MIDDLE, "r", "is linked to"), Edge(MIDDLE, DRUG, "s", "has"))
    assert ask_parts.path(fact(edges=chain)) == f"{ODD} is linked to middle, which has =1+1"
    both = (Edge(GENE, DRUG, "r", "binds"), Edge(MIDDLE, DRUG, "s", "has"))
    assert ask_parts.path(fact(edges=both)) == f"{ODD} binds =1+1; middle has =1+1"
    assert ask_parts.starts(fact(edges=both)) == (GENE, MIDDLE)


def test_a_spreadsheet_runs_nothing_and_has_a_row_for_each_link() -> None:
    answer = Answer(Understanding("q", Shape.LIST), facts=(fact(), fact(2, edges=())))
    table = ask_facts.to_csv(Turn(Request("q"), answer, datetime.now(UTC), "1")).decode("utf-8-sig").splitlines()
    assert len(table) == 3
    assert "'=1+1" in table[1]


def test_a_choice_takes_the_place_of_the_words_or_comes_along() -> None:
    query = Query("SMN", QueryKind.ENTITY, "protein", "TEST:1")
    read = Understanding("Is SMN it?", Shape.LIST, (Mention("SMN", query, None, "name", 3, 6, (GENE, DRUG)),))
    asked = Request("Is SMN it?", (Attachment("a", b"b"),))
    assert ask_thread.unclear(read, (DRUG,)) == 0
    again = ask_thread.with_entity(asked, read, 0, DRUG)
    assert (again.question, again.shown, again.instead) == ("Is TEST:2 it?", "Is SMN it?", True)
    beside = ask_thread.with_entity(asked, read, None, DRUG)
    assert beside.question == "Is SMN it?"
    assert [a.data for a in beside.attached] == [b"b", b"TEST:2"]
