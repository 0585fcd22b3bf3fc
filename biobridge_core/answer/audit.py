"""The last look at an answer: whether every citation is in the graph as told, and every sentence within its facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from biobridge_core.answer.types import Answer, Fact, Sentence, Voice
from biobridge_core.answer.words import plain_words
from biobridge_core.types import HitStatus

if TYPE_CHECKING:
    from biobridge_core.answer.known import Known
    from biobridge_core.types import Edge


def faults(answer: Answer, known: Known) -> tuple[str, ...]:
    """Everything in an answer that does not hold, in words; empty for a sound one."""
    wrong = [f"fact {fact.number}: {why}" for fact in answer.facts if (why := fault_of_fact(fact, known))]
    facts = {fact.number: fact for fact in answer.facts}
    return (*wrong, *(f"“{s.text}”: {why}" for s in sentences(answer) if (why := fault_of_sentence(s, facts))))


def struck(answer: Answer, known: Known) -> Answer:
    """The same answer, what does not hold struck out."""
    bad = {fact.number for fact in answer.facts if fault_of_fact(fact, known)}
    facts = {fact.number: fact for fact in answer.facts}

    def judged(sentence: Sentence) -> Sentence:
        why = fault_of_sentence(sentence, facts)
        if not why and bad & set(sentence.cites):
            why = "it cites a link that the graph does not hold as told"
        return replace(sentence, struck=f"Removed: {why}.") if why and not sentence.struck else sentence

    return replace(
        answer,
        summary=judged(answer.summary) if answer.summary else None,
        sentences=tuple(map(judged, answer.sentences)),
        lay=tuple(map(judged, answer.lay)),
    )


def sentences(answer: Answer) -> Iterator[Sentence]:
    """All sentences of an answer that stand."""
    for sentence in (*((answer.summary,) if answer.summary else ()), *answer.sentences, *answer.lay):
        if not sentence.struck:
            yield sentence


def fault_of_fact(fact: Fact, known: Known) -> str:
    """Why a fact is not what it says; empty where it is."""
    graph = known.graph
    if len(fact.edges) != len(fact.predicted):
        return "links and flags do not go together"
    if (fact.status is HitStatus.PREDICTED) != any(fact.predicted):
        return "its status is not that of its links"
    if not fact.edges:
        return "" if fact.answer.id in graph else "the graph does not hold it"
    pairs = zip(fact.edges, fact.predicted, strict=True)
    return next((why for edge, predicted in pairs if (why := _fault_of_edge(edge, predicted, known))), "")


def _fault_of_edge(edge: Edge, predicted: bool, known: Known) -> str:
    graph = known.graph
    ends = edge.head.id in graph and edge.tail.id in graph
    held = ends and known.holds(graph.row(edge.head.id), edge.relation, graph.row(edge.tail.id))
    if predicted:
        return "a link that is told as predicted is in the graph" if held or edge.sources else ""
    if not held:
        return "a link that is told as known is not in the graph"
    stored = known.edge(graph.row(edge.head.id), edge.relation, graph.row(edge.tail.id))
    return "" if set(stored.sources) == set(edge.sources) else "the sources are not those of the link"


def fault_of_sentence(sentence: Sentence, facts: dict[int, Fact]) -> str:
    """Why a sentence says something else than the facts that it cites; empty where it does not."""
    missing = [number for number in sentence.cites if number not in facts]
    if missing:
        return f"it cites fact {missing[0]}, which there is not"
    if sentence.voice is not Voice.TOLD and not sentence.cites:
        return "it cites no fact"
    cited = [facts[number] for number in sentence.cites]
    if sentence.voice is Voice.KNOWN and any(any(fact.predicted) for fact in cited):
        return "it tells a prediction as known"
    if sentence.voice is Voice.PREDICTED and not any(any(fact.predicted) for fact in cited):
        return "it tells what is known as a prediction"
    text, own = plain_words(sentence.text), _names(cited)
    for fact in cited:
        if plain_words(fact.answer.name) not in text:
            return f"it does not name {fact.answer.name}, which it cites"
    rest = text
    for name in sorted(map(plain_words, own), key=len, reverse=True):
        while name in rest:  # what stands twice in a row shares the space between
            rest = rest.replace(name, " | ")
    strangers = {fact.answer.name for fact in facts.values()} - own if sentence.cites else set()
    named = next((name for name in sorted(strangers) if plain_words(name) in rest), "")
    return f"it names {named}, which it does not cite" if named else ""


def _names(facts: Iterable[Fact]) -> set[str]:
    found = set()
    for fact in facts:
        found |= {fact.answer.name, fact.answer.full_name}
        found |= {end.name for edge in fact.edges for end in (edge.head, edge.tail)}
    return {name for name in found if plain_words(name).strip()}
