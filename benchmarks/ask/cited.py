"""Whether each citation holds: the link is in the opened graph or flagged, and says what its sentence says.

For every pair of a sentence and a fact that it cites:

exists
    Every link of the fact that is not flagged as predicted is in the opened graph, under this relation and in this
    direction, with exactly these sources; every one that is flagged has no source and is not in the graph.
    The links make chains that lead from what the question names to the answer, one from each thing whose shared links
    are asked for. A fact without links says what the answer itself is, which the graph must hold.
supports
    A sentence that is told as known cites no predicted link, one that is told as predicted cites one at least. The
    sentence names the answer of each fact that it cites, and no answer that it does not cite. Where words of relations
    stand in it, one of them is the fact's, and none is of a relation that no fact cited there has. Where the words of
    a link stand in it, the head stands before them and the tail behind; for the head, a wider kind of it may stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ask.record import Record
from ask.said import spoken
from biobridge_core.kg.graph import KnowledgeGraph

Fact = Mapping[str, Any]
Sentence = Mapping[str, Any]

_KNOWN, _PREDICTED = "known", "predicted"
_WORD = re.compile(r"\w+")
_SAME = " the same of"


@dataclass(frozen=True)
class Cited:
    """One sentence with one fact that it cites."""

    number: int
    exists: bool
    supports: bool
    why: str = ""  #: what does not hold

    @property
    def right(self) -> bool:
        """Whether both hold."""
        return self.exists and self.supports


class Citations:
    """Checks answers against the graph that they were given from."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self._graph = graph

    def check(self, record: Record) -> list[Cited]:
        """Every citation of every sentence that stands, a citation of a missing fact included."""
        facts = {fact["number"]: fact for fact in record["facts"]}
        starts = frozenset(str(one["entity"]) for one in record["mentions"] if one["entity"] is not None)
        starts = starts if len(starts) == len(record["mentions"]) else frozenset()  # a raw input has no id of the graph
        found = []
        for sentence in sentences(record):
            for number in sentence["cites"]:
                fact = facts.get(number)
                if fact is None:
                    found.append(Cited(number, exists=False, supports=False, why="there is no such fact"))
                    continue
                missing = self.missing(fact, starts)
                unsaid = self.unsaid(sentence, fact, facts)
                found.append(Cited(number, not missing, not unsaid, missing or unsaid))
        return found

    def missing(self, fact: Fact, starts: frozenset[str] = frozenset()) -> str:
        """Why a fact is not what it says; empty where it is. ``starts``: ids that its chains may begin at, if known."""
        edges, flags = fact["edges"], fact["predicted"]
        if len(edges) != len(flags):
            return "links and flags do not go together"
        if not edges:
            return "" if fact["answer"] in self._graph else "the graph does not hold the answer"
        fault = next(filter(None, map(self._fault, edges, flags)), "")
        if not fault and not _lead(edges, fact["answer"], starts):
            fault = "the links do not lead from the question to the answer"
        if not fault and fact["status"] != (_PREDICTED if any(flags) else _KNOWN):
            fault = "the status is not that of the links"
        return fault

    def _fault(self, edge: Fact, predicted: bool) -> str:
        stored = self.sources(edge["head"], edge["relation"], edge["tail"])
        if predicted:
            return "a link that is told as predicted is in the graph" if edge["sources"] or stored else ""
        if not stored:
            return "a link that is told as known is not in the graph"
        return "" if set(edge["sources"]) == stored else "the sources are not those of the link"

    def unsaid(self, sentence: Sentence, fact: Fact, facts: Mapping[int, Fact]) -> str:
        """Why a sentence is not what a fact says; empty where it is."""
        cited = [facts[number] for number in sentence["cites"] if number in facts]
        names = set().union(*map(_names, cited))
        text = _plain(sentence["text"])
        words, mine, theirs = spoken(sentence["text"], names), self._forward([fact]), self._forward(cited)
        strangers = {one["name"] for one in facts.values()} - names
        voice = sentence["voice"]
        faults = {
            "a prediction is told as known": voice == _KNOWN and any(fact["predicted"]),
            "what is known is told as a prediction": voice == _PREDICTED
            and not any(any(one["predicted"]) for one in cited),
            "the sentence does not name the answer of the fact": not _named(text, fact["name"]),
            "the sentence names an answer that it does not cite": any(
                _named(_without(text, names), name) for name in strangers
            ),
            "the sentence tells another relation than the fact": bool(words) and not any(mine & one for one in words),
            "the sentence tells a relation that no cited fact has": any(not one & theirs for one in words),
            "the sentence tells the link the wrong way round": self._turned(text, fact["edges"]),
        }
        return next((why for why, there in faults.items() if there), "")

    def _turned(self, text: str, edges: Sequence[Fact]) -> bool:
        """Whether a sentence has the words of a link, but nowhere its head before them and its tail behind.

        What holds for a narrower kind may be told of the wider one that the chain comes from.
        """
        heads: list[str] = []
        for edge in edges:
            heads = [*heads, edge["head_name"]]
            if not any(_told_right(text, head, edge) for head in heads):
                return True
            told = self._graph.relations.get(edge["relation"])
            heads = heads if told is not None and told.hierarchical else []
        return False

    def _forward(self, facts: Iterable[Fact]) -> frozenset[str]:
        """Forward names of all relations of facts."""
        relations = self._graph.relations
        told = {edge["relation"] for fact in facts for edge in fact["edges"]} & relations.keys()
        return frozenset(name if relations[name].forward else relations[name].inverse for name in told)

    def sources(self, head: str, relation: str, tail: str) -> set[str]:
        """Source, evidence and value of every stored link, as edges word them; empty where there is none."""
        graph = self._graph
        if head not in graph or tail not in graph or relation not in graph.relations:
            return set()
        told = graph.relations[relation]
        first, last = graph.row(head), graph.row(tail)
        if not told.forward:
            first, last, relation = last, first, told.inverse
        keys, order = self._keys
        key = (graph.forward_names.index(relation) * graph.n_entities + first) * graph.n_entities + last
        places = order[np.searchsorted(keys, key, "left") : np.searchsorted(keys, key, "right")]
        triples = [graph.triple(int(place)) for place in places]
        return {" · ".join(part for part in (t.source, t.evidence, t.value) if part) for t in triples}

    @cached_property
    def _keys(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        graph = self._graph
        keys = graph.relation_of_triple.astype(np.int64) * graph.n_entities + graph.heads
        keys = keys * graph.n_entities + graph.tails
        order = np.argsort(keys, kind="stable")
        return keys[order], order


def sentences(record: Record) -> Iterator[Sentence]:
    """All sentences that stand: the summary, those of the answer, and the lay ones."""
    for sentence in (record["summary"], *record["sentences"], *record["lay"]):
        if sentence and not sentence["struck"]:
            yield sentence


def _lead(edges: Sequence[Fact], answer: str, starts: frozenset[str]) -> bool:
    """Whether links, told one after the other, are chains from starts to the answer."""
    here = ""
    for edge in edges:
        if here in {"", answer}:  # a chain begins
            if starts and edge["head"] not in starts:
                return False
        elif edge["head"] != here:
            return False
        here = edge["tail"]
    return bool(here == answer)


def _names(fact: Fact) -> set[str]:
    return {fact["name"]} | {edge[end] for edge in fact["edges"] for end in ("head_name", "tail_name")}


def _told_right(text: str, head: str, edge: Fact) -> bool:
    label, start, end = _plain(edge["label"]).rstrip(), _plain(head), _plain(edge["tail_name"])
    parts = text.split(label)
    if len(parts) == 1 or not label:  # told in other words, or not at all
        return True
    if _SAME in text and start in text.partition(_SAME)[2]:  # "and the bridge suggests the same of" the head
        return True
    return any(start in f"{label.join(parts[:i])} " and end in label.join(parts[i:]) for i in range(1, len(parts)))


def _plain(text: str) -> str:
    return f" {' '.join(_WORD.findall(text.casefold()))} "


def _named(text: str, name: str) -> bool:
    return _plain(name) in text


def _without(text: str, names: Iterable[str]) -> str:
    """A text without some names, the longest first."""
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(_plain(name), " | ")
    return text
