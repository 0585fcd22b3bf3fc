"""The words of answers: cited, kept apart, and nothing in them that their facts do not hold."""

from __future__ import annotations

import random
import re

import pytest
from answer.plans import ACTED_ON, ACTIONS, APOPTOSIS, EGFR, ERBB2, MARFAN, PROCESS, asker, called, known, plan, told
from opened import real_service

from biobridge_core.answer.audit import fault_of_sentence, struck
from biobridge_core.answer.types import Answer, Sentence, Shape, Voice
from biobridge_core.answer.write import FORBIDDEN, NAMED, quotable
from biobridge_core.types import HitStatus

ASKED = (PROCESS, f"{PROCESS}_inverse", *ACTIONS, *ACTED_ON)


def all_sentences(answer: Answer) -> list[Sentence]:
    return [*((answer.summary,) if answer.summary else ()), *answer.sentences, *answer.lay]


def random_plans(n: int):
    """Plans of every shape from links of every relation; the bridge is asked along those that other tests ask, too."""
    graph, rng = real_service().graph, random.Random(7)
    relations = list(graph.relations.values())
    for number in range(n):
        relation = relations[number % len(relations)]
        edges = graph.edges(relation.name)
        head, tail = edges[rng.randrange(len(edges))].tolist()
        start, end = graph.ids[head], graph.ids[tail]
        yield plan(Shape.COUNT, [start], [relation.name])
        yield plan(Shape.VERIFY, [start], [relation.name], target=end)
        yield plan(Shape.DESCRIBE, [start])
        if relation.name in ASKED or relation.hierarchical:
            yield plan(Shape.LIST, [start], [relation.name])
            yield plan(Shape.VERIFY, [start], [relation.name], target=graph.ids[rng.choice(graph.rows(relation.tail))])
            others = edges[edges[:, 1] == tail, 0]
            if len(others) > 1:
                yield plan(Shape.SHARED, [graph.ids[row] for row in rng.sample(others.tolist(), 2)], [relation.name])
        if relation.name in ACTIONS:
            yield plan(Shape.LIST, [start], [relation.name], [PROCESS])
            yield plan(Shape.LIST, [start], [relation.name], ACTED_ON)


def test_every_citation_of_many_answers_holds() -> None:
    """Known links are in the graph with these sources, predicted ones are flagged, names are those of cited facts."""
    service, cited = real_service(), 0
    graph = service.graph
    for understood in random_plans(len(graph.relations)):
        answer = asker().answer(understood)
        if answer.refusal is not None:
            continue
        assert asker().faults(answer) == ()
        facts = {fact.number: fact for fact in answer.facts}
        for sentence in all_sentences(answer):
            assert sentence.struck == ""
            assert not FORBIDDEN.search(re.sub("“[^”]*”", "", _without_names(sentence, answer)))
            if sentence.voice is not Voice.TOLD:
                assert sentence.cites
            for number in sentence.cites:
                fact, cited = facts[number], cited + 1
                for edge, guess in zip(fact.edges, fact.predicted, strict=True):
                    known_links = [] if edge.head.id not in graph else _links(edge.head.id, edge.relation, edge.tail.id)
                    assert bool(known_links) is not guess
                    assert set(edge.sources) == set(known_links)
    assert cited > 500


def _links(head: str, relation: str, tail: str) -> list[str]:
    """Sources of a link, read from the table itself."""
    graph = real_service().graph
    told_, a, b = graph.relations[relation], graph.row(head), graph.row(tail)
    if not told_.forward:
        a, b = b, a
    forward = relation if told_.forward else told_.inverse
    code = graph.forward_names.index(forward)
    places = ((graph.heads == a) & (graph.tails == b) & (graph.relation_of_triple == code)).nonzero()[0]
    triples = [graph.triple(int(place)) for place in places]
    return [" · ".join(part for part in (t.source, t.evidence, t.value) if part) for t in triples]


def _without_names(sentence: Sentence, answer: Answer) -> str:
    text = sentence.text
    asked = (*answer.understanding.mentions, answer.understanding.target)
    for name in (mention.entity.name for mention in asked if mention is not None):
        text = text.replace(name, "")
    for fact in answer.facts:
        for name in (fact.answer.name, *(end.name for edge in fact.edges for end in (edge.head, edge.tail))):
            text = text.replace(name, "")
    return text


def test_the_summary_answers_in_one_line() -> None:
    answer = told(Shape.LIST, [EGFR], ["drug_inhibits_protein_inverse"])
    assert re.match(
        r"EGFR is inhibited by \d+ drugs in the graph, among them .+; the bridge suggests \d+ more", answer.summary.text
    )
    assert answer.summary.voice is Voice.KNOWN
    assert answer.summary.text.count("\n") == 0


def test_known_and_suggested_stand_in_sentences_of_their_own() -> None:
    answer = told(Shape.LIST, [EGFR], ACTED_ON)
    for sentence in answer.sentences:
        suggests = "the bridge suggests" in sentence.text.lower()
        assert suggests == (sentence.voice is Voice.PREDICTED)


def test_a_long_list_is_counted_not_recited() -> None:
    answer = told(Shape.COUNT, [MARFAN], ["disease_has_phenotype"])
    assert answer.n_known > 100
    named = {number for s in answer.sentences if s.voice is Voice.KNOWN for number in s.cites}
    assert len(named) == NAMED
    assert any(f"{answer.n_known - NAMED} more" in s.text and s.voice is Voice.TOLD for s in answer.sentences)


def test_what_is_counted_and_not_listed_is_said() -> None:
    answer = told(Shape.LIST, [APOPTOSIS], [f"{PROCESS}_inverse"])
    listed = sum(fact.status is HitStatus.KNOWN for fact in answer.facts)
    assert listed == 200 < answer.n_known
    assert any(str(answer.n_known - listed) in s.text for s in answer.sentences)


def test_a_path_is_told_with_its_middle() -> None:
    answer = told(Shape.LIST, [called("imatinib").entity.id], ACTIONS, [PROCESS])
    assert any(re.search(r"imatinib inhibits \w+, which takes part in ", s.text) for s in answer.sentences)


def test_two_share_in_the_plural() -> None:
    answer = told(Shape.SHARED, [EGFR, ERBB2], [PROCESS])
    assert any(s.text.startswith("EGFR and ERBB2 both take part in ") for s in answer.sentences)
    assert any("the bridge suggests the same of" in s.text for s in answer.sentences)


def test_a_count_says_what_it_counts() -> None:
    answer = told(Shape.COUNT, [EGFR], ["drug_inhibits_protein_inverse"])
    assert str(answer.count) in answer.summary.text
    assert all(fact.status is HitStatus.KNOWN for fact in answer.facts)
    assert any("what the graph holds" in s.text for s in answer.sentences)


def test_everyday_words_explain_and_cite_the_same_facts() -> None:
    answer = told(Shape.LIST, [EGFR], ["drug_inhibits_protein_inverse"])
    words = " ".join(s.text for s in answer.lay)
    assert "EGFR, a protein, is slowed down by" in words
    assert {n for s in answer.lay for n in s.cites} <= {fact.number for fact in answer.facts}
    assert all(s.cites for s in answer.lay if s.voice is not Voice.TOLD)
    assert len(answer.lay) <= 8


def test_a_sentence_beside_its_facts_is_struck() -> None:
    answer = told(Shape.LIST, [EGFR], ["drug_inhibits_protein_inverse"])
    facts = {fact.number: fact for fact in answer.facts}
    first, last = answer.facts[0], answer.facts[-1]
    bad = [
        Sentence(f"EGFR is inhibited by {first.answer.name}.", (10_000,), Voice.KNOWN),
        Sentence(f"EGFR is inhibited by {first.answer.name}.", (), Voice.KNOWN),
        Sentence(f"EGFR is inhibited by {last.answer.name}.", (last.number,), Voice.KNOWN),
        Sentence(f"The bridge suggests {first.answer.name}.", (first.number,), Voice.PREDICTED),
        Sentence(f"EGFR is inhibited by {last.answer.name}.", (first.number,), Voice.KNOWN),
        Sentence(f"{first.answer.name} and {facts[2].answer.name} inhibit EGFR.", (1,), Voice.KNOWN),
    ]
    assert all(fault_of_sentence(sentence, facts) for sentence in bad)


def test_a_fact_that_the_graph_does_not_hold_is_noticed() -> None:
    from dataclasses import replace

    answer = told(Shape.LIST, [EGFR], ["drug_inhibits_protein_inverse"])
    fact = answer.facts[0]
    wrong = replace(fact, edges=(replace(fact.edges[0], relation="drug_blocks_protein_inverse"),))
    invented = replace(fact, edges=(replace(fact.edges[0], sources=("a paper",)),))
    guessed = replace(fact, predicted=(True,), status=HitStatus.PREDICTED)
    walker = asker()._gatherer.known
    for one in (wrong, invented, guessed):
        told_ = replace(answer, facts=(one, *answer.facts[1:]))
        assert asker().faults(told_)
        assert struck(told_, walker).summary.struck


def test_a_definition_is_quoted_without_advice() -> None:
    assert quotable("A disease of bones. It is treated with rest. It is rare.") == "A disease of bones. It is rare"
    assert len(quotable("word " * 200)) < 420


@pytest.mark.parametrize("shape", [Shape.LIST, Shape.COUNT])
def test_names_of_one_spelling_are_told_apart(shape: Shape) -> None:
    answer = told(shape, [called("norethisterone").entity.id], ["drug_in_therapeutic_class"])
    for sentence in answer.sentences:
        names = re.findall(r"“[^”]*”(?: \[[^\]]*\])?", sentence.text)
        assert len(names) == len(set(names))
    assert known(EGFR).entity is not None
