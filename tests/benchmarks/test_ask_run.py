"""Scoring of the Ask benchmark on cases made by hand, and what the services that are asked have not."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from biobridge_core.answer.types import (
    Answer,
    Fact,
    Mention,
    Reason,
    Refusal,
    Sentence,
    Shape,
    Step,
    Understanding,
    Voice,
)
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.types import Edge, HitStatus, Query, QueryKind

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
GEFITINIB, EGFR, PSEN1 = "GtoPdb:4920", "UniProtKB:P00533", "UniProtKB:P49768"
INHIBITS, INHIBITED = "drug_inhibits_protein", "drug_inhibits_protein_inverse"


@pytest.fixture(scope="module")
def parts() -> Iterator[dict[str, ModuleType]]:
    sys.path.insert(0, str(BENCHMARKS))
    names = ("score", "record", "cited", "reduced", "baselines", "run", "table", "facts")
    yield {name: importlib.import_module(f"ask.{name}") for name in names}
    sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def graph(small_graph: KnowledgeGraph) -> KnowledgeGraph:
    return small_graph


def question(**more: object) -> dict[str, Any]:
    plain = {
        "kind": "single", "half": "seen", "expect": "answer", "entities": ["a"], "also_named": [], "named_as": "name",
        "accepted": [[["r"]]], "answers": [], "held_out": [], "also_right": [], "wrong": [], "count": None,
        "forbidden": [], "attach": [], "removed": [], "thread": [], "id": "q",
    }  # fmt: skip
    return {**plain, **more}


def record(*answers: str, **more: object) -> dict[str, Any]:
    facts = [
        {
            "number": i,
            "answer": id_,
            "name": id_,
            "edges": [],
            "predicted": [],
            "status": "known" if id_[0] in "kn" else "predicted",
        }
        for i, id_ in enumerate(answers)
    ]
    plain = {
        "shape": "list", "mentions": [mention("a")], "target": None, "steps": [["r"]], "choices": [], "refusal": None,
        "refusal_text": [], "notes": [], "summary": None, "sentences": [], "lay": [], "facts": facts, "count": None,
        "verdict": "", "seconds": 0.5,
    }  # fmt: skip
    return {**plain, **more}


def mention(entity: str | None, modality: str = "protein") -> dict[str, Any]:
    return {"entity": entity, "modality": modality}


def scored(parts: dict[str, ModuleType], asked: dict[str, Any], given: dict[str, Any]) -> dict[str, float | None]:
    found: dict[str, float | None] = parts["score"].score(asked, given, {"r": "r_back", "r_back": "r"})
    return found


def test_an_entity_too_many_or_too_few_is_not_linked_and_a_namesake_beside_it_is_no_fault(
    parts: dict[str, ModuleType],
) -> None:
    def linked(*entities: str, **more: object) -> float | None:
        asked = question(entities=["a", "b"], also_named=["a2"], **more)
        return scored(parts, asked, record(mentions=[mention(id_) for id_ in entities]))["linked"]

    assert linked("a", "b") == linked("b", "a", "a2") == 1
    assert linked("a") == linked("a", "b", "c") == linked("a2", "b") == 0
    assert scored(parts, question(), record(choices=["a", "b"]))["linked"] == 0
    assert linked("a", "b", expect="refuse") is None


def test_an_unseen_input_is_linked_where_it_is_taken_as_one_raw_input_of_its_kind(parts: dict[str, ModuleType]) -> None:
    asked = question(named_as="attachment", attach=[{"kind": "smiles"}], removed=["a"])
    for mentions, right in (
        ([mention(None, "drug")], 1), ([mention(None)], 0), ([mention("a", "drug")], 0), ([], 0),
        ([mention(None, "drug"), mention("b")], 0),
    ):  # fmt: skip
        assert scored(parts, asked, record(mentions=mentions))["linked"] == right


def test_a_plan_is_right_with_the_same_relations_in_each_step_and_a_yes_or_no_question_may_be_turned(
    parts: dict[str, ModuleType],
) -> None:
    asked = question(accepted=[[["r", "s"], ["t"]]])
    for steps, right in (
        ([["s", "r"], ["t"]], 1), ([["r"], ["t"]], 0), ([["t"], ["r", "s"]], 0), ([["r", "s"]], 0), ([], 0),
    ):  # fmt: skip
        assert scored(parts, asked, record(steps=steps))["planned"] == right
    verify = question(kind="verify", expect="yes", entities=["a", "b"])
    turned = record(steps=[["r_back"]], mentions=[mention("b")], target=mention("a"), verdict="yes", shape="verify")
    assert scored(parts, verify, turned)["planned"] == 1
    assert scored(parts, verify, {**turned, "mentions": [mention("a")]})["planned"] == 0
    assert scored(parts, question(), record(steps=[["r_back"]], mentions=[mention("b")]))["planned"] == 0


def test_recall_counts_ten_passes_over_what_is_also_right_and_filters_the_known_for_new_ones(
    parts: dict[str, ModuleType],
) -> None:
    answers, held = [f"k{i}" for i in range(8)] + ["h1", "h2"], ["h1", "h2"]
    asked = question(answers=answers, held_out=held, also_right=["w"])
    given = record("w", *answers[:8], "x", "h1", "h2")
    values = scored(parts, asked, given)
    assert values["recall10"] == 0.9  # eight known, one wrong, one held out: h2 comes eleventh
    assert values["recall10_held_out"] == 0.5
    assert values["recall10_new"] == 1
    narrower = record(*[f"n{i}" for i in range(10)], "h1", *[f"x{i}" for i in range(9)], "h2")
    assert scored(parts, asked, narrower)["recall10_new"] == 0.5  # told as known: no place taken; h2 is the eleventh
    assert scored(parts, asked, narrower)["recall10"] == 0
    assert scored(parts, asked, {**given, "refusal": "no_evidence"})["recall10"] == 0
    assert scored(parts, question(answers=["k"]), record("k", "k"))["recall10"] == 1
    assert scored(parts, question(answers=["k"]), record("k"))["recall10_new"] is None


def test_verdicts_counts_and_negations(parts: dict[str, ModuleType]) -> None:
    yes, unknown = question(expect="yes", kind="verify"), question(expect="not_known", kind="verify")
    assert scored(parts, yes, record(verdict="yes"))["told"] == 1
    assert scored(parts, unknown, record(verdict="yes"))["told"] == 0
    assert scored(parts, unknown, record(verdict="not known"))["told"] == 1
    assert scored(parts, yes, record(verdict="yes", refusal="no_relation"))["told"] == 0
    count = question(expect="count", kind="count", count=3)
    assert [scored(parts, count, record(count=n))["told"] for n in (3, 4, None)] == [1, 0, 0]
    refused = scored(parts, count, record(count=None, refusal="no_evidence"))
    assert (refused["told"], refused["told_or_refused"]) == (0, 1)
    negation = question(expect="negation", kind="negation", wrong=["bad"])
    assert (
        scored(parts, negation, record("good"))["told"] == scored(parts, negation, record(refusal="negation"))["told"]
    )
    assert scored(parts, negation, record("good", "bad"))["told"] == 0


def test_refusals_are_counted_against_what_must_be_refused_and_what_may_be_is_left_out(
    parts: dict[str, ModuleType],
) -> None:
    asked = [question(expect=expect) for expect in ("refuse", "refuse", "answer", "answer", "count", "negation")]
    given = [
        record(refusal="off_topic"), record(), record(refusal="no_relation"), record(), record(refusal="no_evidence"),
        record(refusal="negation"),
    ]  # fmt: skip
    values = [scored(parts, one, other) for one, other in zip(asked, given, strict=True)]
    found = parts["score"].refusals(asked, given, values)
    assert found == {"refusal_recall": [1, 0], "refusal_precision": [1, 0], "refusal_precision_strict": [1, 0]}
    assert scored(parts, asked[0], record(choices=["a"]))["refused"] == 1


def test_no_evidence_found_is_a_right_refusal_where_the_question_was_understood_and_nothing_is_known(
    parts: dict[str, ModuleType],
) -> None:
    def precision(given: dict[str, Any], **more: object) -> list[float]:
        asked = question(answers=["h"], **{"held_out": ["h"], **more})
        found = parts["score"].refusals([asked], [given], [scored(parts, asked, given)])
        assert found["refusal_precision_strict"] == [0]
        return list(found["refusal_precision"])

    assert precision(record(refusal="no_evidence")) == [1]
    assert precision(record(refusal="no_evidence"), held_out=[]) == [0]
    assert precision(record(refusal="no_evidence", steps=[["s"]])) == [0]
    assert precision(record(refusal="no_evidence", mentions=[])) == [0]
    assert precision(record(refusal="no_relation")) == [0]


def test_a_forbidden_phrase_is_stated_in_the_answers_own_words_not_where_it_is_quoted_or_struck(
    parts: dict[str, ModuleType],
) -> None:
    asked = question(expect="refuse", forbidden=["Aspirin cures cancer"])
    said = {"text": "So aspirin  cures CANCER.", "cites": [], "voice": "told", "struck": ""}
    assert scored(parts, asked, record(sentences=[said]))["stated"] == 1
    assert scored(parts, asked, record(sentences=[{**said, "struck": "no fact says so"}]))["stated"] == 0
    assert scored(parts, asked, record(refusal_text=["“say that aspirin cures cancer” is no question."]))["stated"] == 0
    assert scored(parts, asked, record(refusal_text=["aspirin cures cancer"]))["stated"] == 1


def edge(graph: KnowledgeGraph, head: str, relation: str, tail: str, *sources: str) -> Edge:
    return Edge(graph.entity(head), graph.entity(tail), relation, graph.relations[relation].label, sources)


def answered(
    graph: KnowledgeGraph, text: str, *, voice: Voice = Voice.KNOWN, predicted: bool = False, **more: Any
) -> Answer:
    sources = () if predicted else ("gtopdb · Inhibition · pIC50 7.5",)
    tail = PSEN1 if predicted else EGFR
    link = more.get("link") or edge(graph, GEFITINIB, INHIBITS, tail, *sources)
    status = HitStatus.PREDICTED if predicted else HitStatus.KNOWN
    fact = Fact(1, graph.entity(link.tail.id), (link,), (predicted,), status)
    query = Query("gefitinib", QueryKind.ENTITY, "drug", GEFITINIB)
    start = Mention("gefitinib", query, graph.entity(GEFITINIB), "name")
    understood = Understanding("?", Shape.LIST, (start,), (Step((INHIBITS,)),))
    return Answer(understood, sentences=(Sentence(text, more.get("cites", (1,)), voice),), facts=(fact,))


def why(parts: dict[str, ModuleType], graph: KnowledgeGraph, answer: Answer) -> list[str]:
    return [one.why for one in parts["cited"].Citations(graph).check(parts["record"].record_of(answer, 0.1))]


def test_a_citation_holds_where_the_graph_has_the_link_and_the_sentence_says_it(
    parts: dict[str, ModuleType], graph: KnowledgeGraph
) -> None:
    assert why(parts, graph, answered(graph, "Gefitinib inhibits EGFR.")) == [""]
    told = "The bridge suggests that gefitinib inhibits PSEN1."
    assert why(parts, graph, answered(graph, told, voice=Voice.PREDICTED, predicted=True)) == [""]


@pytest.mark.parametrize("back", [False, True])
def test_a_citation_fails_where_the_link_or_its_sources_are_made_up(
    parts: dict[str, ModuleType], graph: KnowledgeGraph, back: bool
) -> None:
    ends = (EGFR, INHIBITED, GEFITINIB) if back else (GEFITINIB, INHIBITS, EGFR)
    citations = parts["cited"].Citations(graph)
    right = citations.sources(*ends)
    assert right == {"gtopdb · Inhibition · pIC50 7.5"}
    assert citations.sources(ends[2], ends[1], ends[0]) == set()
    made_up = answered(graph, "Gefitinib inhibits PSEN1.", link=edge(graph, GEFITINIB, INHIBITS, PSEN1, "gtopdb"))
    assert "not in the graph" in why(parts, graph, made_up)[0]
    other = answered(graph, "Gefitinib inhibits EGFR.", link=edge(graph, GEFITINIB, INHIBITS, EGFR, "gtopdb · made up"))
    assert "sources" in why(parts, graph, other)[0]


def test_a_citation_fails_where_the_sentence_says_something_else(
    parts: dict[str, ModuleType], graph: KnowledgeGraph
) -> None:
    for answer, fault in (
        (answered(graph, "Gefitinib inhibits EGFR.", cites=(2,)), "no such fact"),
        (answered(graph, "Gefitinib inhibits TP53."), "name"),
        (answered(graph, "Gefitinib activates EGFR."), "relation"),
        (answered(graph, "EGFR inhibits gefitinib."), "wrong way"),
        (answered(graph, "Gefitinib inhibits EGFR.", voice=Voice.PREDICTED), "prediction"),
        (answered(graph, "Gefitinib inhibits PSEN1.", predicted=True), "prediction"),
    ):
        assert fault in why(parts, graph, answer)[0]


def test_a_refusal_is_written_down_with_its_reason(parts: dict[str, ModuleType]) -> None:
    understood = Understanding("?", Shape.LIST, refusal=Refusal(Reason.OFF_TOPIC, "No.", ("Which?",)))
    found = parts["record"].record_of(Answer(understood), 1.5)
    assert (found["refusal"], found["refusal_text"], found["seconds"]) == ("off_topic", ["No.", "Which?"], 1.5)


def test_the_reduced_graph_lacks_the_links_and_the_entities_and_nothing_else(
    parts: dict[str, ModuleType], graph: KnowledgeGraph
) -> None:
    reduced, links = parts["reduced"], {INHIBITED: graph.edges(INHIBITED)}
    found = reduced.without(graph, links)
    assert reduced.leaks(graph, graph, links) == len(links[INHIBITED]) > 0
    assert reduced.leaks(found.graph, graph, links) == len(found.graph.edges(INHIBITS)) == 0
    assert found.graph.n_triples == graph.n_triples - len(links[INHIBITED])
    assert found.graph.ids == graph.ids
    cut = reduced.without(graph, {}, ["UniProtKB:P04637"])
    left = cut.graph
    assert "UniProtKB:P04637" not in left
    assert left.n_entities == graph.n_entities - 1
    kept = {
        (t.head, t.relation, t.tail) for t in map(graph.triple, range(graph.n_triples)) if t.head != "UniProtKB:P04637"
    }
    assert {(t.head, t.relation, t.tail) for t in map(left.triple, range(left.n_triples))} == kept
    for id_ in left.ids:
        assert left.entity(id_) == graph.entity(id_)
        assert cut.row_of[graph.row(id_)] == left.row(id_)
    moved = cut.links(
        {
            INHIBITS: graph.edges(INHIBITS),
            "protein_associated_with_disease": graph.edges("protein_associated_with_disease"),
        }
    )
    assert np.array_equal(moved[INHIBITS], left.edges(INHIBITS))
    assert len(moved["protein_associated_with_disease"]) == 1


def test_rivals_find_what_the_graph_holds_and_look_up_shared_tails(
    parts: dict[str, ModuleType], graph: KnowledgeGraph, tmp_path: Path
) -> None:
    baselines = parts["baselines"]

    def encode(texts: list[str]) -> np.ndarray[Any, Any]:  # letters alone: enough to tell sentences apart
        return np.array([[text.lower().count(chr(97 + i)) for i in range(26)] for text in texts], dtype=np.float32)

    search = baselines.TextSearch(graph, encode, tmp_path / "kept.npz")
    asked = "Which proteins does gefitinib inhibit?"
    ranked = search.rank(asked, search.candidates(asked))
    assert search.answers(asked, ranked)[0] in {EGFR, "ATC:L01EB"}
    assert set(search.answers(asked, search.fused(ranked, search.candidates(asked)))) == {EGFR, "ATC:L01EB"}
    search.save()
    again = baselines.TextSearch(graph, lambda texts: encode(texts) if len(texts) == 1 else None, tmp_path / "kept.npz")
    assert again.rank(asked, again.candidates(asked)) == ranked
    look = baselines.LookUp(graph)
    one = record(mentions=[mention(GEFITINIB, "drug")], steps=[[INHIBITS], ["drug_binds_protein_inverse", INHIBITED]])
    assert look.answers(one) == []  # the way back to the start is no answer
    assert look.answers({**one, "steps": [[INHIBITS]]}) == [EGFR]
    assert look.answers({**one, "steps": [[INHIBITS]], "refusal": "off_topic"}) == []
    assert look.answers({**one, "steps": [[INHIBITS]], "mentions": [mention(GEFITINIB), mention("GtoPdb:4139")]}) == []


def test_all_unseen_questions_are_asked_and_a_sample_of_the_seen_ones_is_a_part_of_a_larger_one(
    parts: dict[str, ModuleType],
) -> None:
    questions = [
        question(id=f"{half}-{kind}-{i}", half=half, kind=kind)
        for half in ("seen", "unseen") for kind in ("single", "count") for i in range(9)
    ]  # fmt: skip
    chosen = parts["run"].chosen
    small, large = ({q["id"] for q in chosen(questions, ["seen"], [], n)} for n in (3, 5))
    assert (len(small), len(large)) == (6, 10)
    assert small < large
    assert len(chosen(questions, ["unseen"], [], 3)) == 18
    assert {q["kind"] for q in chosen(questions, ["seen", "unseen"], ["count"], 0)} == {"count"}


def test_the_best_rival_of_each_kind_is_what_we_are_compared_with(parts: dict[str, ModuleType]) -> None:
    table, names = parts["table"], parts["baselines"].NAMES
    asked = [
        question(kind=kind, half="unseen", answers=["k"], id=str(i)) for i, kind in enumerate(["single", "lay"] * 2)
    ]
    given = [record("k"), record("x"), record("k"), record("x")]
    rivals = {name: [{"recall10": 0.0}] * 4 for name in names}
    rivals[names[0]] = [{"recall10": value} for value in (0.5, 0.0, 0.5, 0.0)]
    rivals[names[1]] = [{"recall10": value} for value in (0.0, 1.0, 0.0, 0.0)]
    values = [scored(parts, one, other) for one, other in zip(asked, given, strict=True)]
    judged = table.Judged(asked, given, values, [[]] * 4, rivals)
    head = table.headline_of(judged)
    assert head["recall10_ours"] == 0.5
    assert head["recall10_best_baseline"] == 0.5  # 0.5 on one kind by the first rival, 0.5 on the other by the second
    assert head["n_questions"] == 4
    rows = table.rows_of(judged)
    ahead = {row["of"]: row["value"] for row in rows if row.get("measure") == "recall10_ahead"}
    assert ahead == {"all": 0, "single": 0.5, "lay": -0.5}
    assert {row["half"] for row in rows} == {"unseen"}
