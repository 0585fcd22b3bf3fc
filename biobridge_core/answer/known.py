"""The links that the graph holds, as a plan walks them: fast to follow, weighed by what they rest on."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.describe import EVIDENCE, affinity, frequency
from biobridge_core.types import Edge

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph

_Rows = NDArray[np.int32]
_Weights = NDArray[np.float32]

_PLACES = {code: place for place, code in enumerate(EVIDENCE)}
_EXPERIMENTS = _PLACES["HEP"]  #: the last code of an experiment
_STATEMENTS = _PLACES["NAS"]  #: the last code of a statement that somebody signed
_REVIEWED = _PLACES["RCA"]  #: the last code of what was inferred and reviewed
_SECOND = 0.1  #: what a second source adds, relative to the best one
_UNSAID = 0.8  #: weight of a link whose source says nothing of strength or frequency
_CODE = re.compile(r"\b[A-Z]{2,3}\b")
#: Relations through which what holds for a narrower kind holds for the wider one: their head is the kind.
_NOT_UPWARD = frozenset({"disease_has_phenotype"})  #: a sign of one subtype is no sign of the whole group


@dataclass(frozen=True)
class _Table:
    """One relation or inverse, sorted by head, then tail; a pair with several sources stands there once.

    ``starts`` (n_entities + 1,) into ``tails`` and ``weights`` (n_pairs,); ``firsts`` (n_pairs + 1,) into ``triples``.
    """

    starts: NDArray[np.int64]
    tails: _Rows
    weights: _Weights
    firsts: NDArray[np.int64]
    triples: NDArray[np.int64]


class Known:
    """Follows the relations of one graph. Tables are made when first needed; safe to share between threads."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self.graph = graph
        self._lock = threading.Lock()
        self._tables: dict[str, _Table] = {}

    def tails(self, row: int, relation: str) -> tuple[_Rows, _Weights]:
        """Rows that a relation or inverse leads to (n,), ascending, and the weight of each link, 0 to 1.

        Best is an experiment over a statement over an inference over an electronic annotation, what is frequent or
        binds tightly over what does not.
        """
        table = self._table(relation)
        here = slice(int(table.starts[row]), int(table.starts[row + 1]))
        return table.tails[here], table.weights[here]

    def degree(self, row: int, relation: str) -> int:
        """How many rows a relation leads to."""
        table = self._table(relation)
        return int(table.starts[row + 1] - table.starts[row])

    def holds(self, row: int, relation: str, tail: int) -> bool:
        """Whether the graph has the link."""
        return self._place(row, relation, tail) >= 0

    def edge(self, row: int, relation: str, tail: int) -> Edge:
        """A link with its sources as they word it; without any where the graph does not have it."""
        graph, told = self.graph, self.graph.relations[relation]
        place = self._place(row, relation, tail)
        sources: tuple[str, ...] = ()
        if place >= 0:
            table = self._table(relation)
            triples = table.triples[table.firsts[place] : table.firsts[place + 1]].tolist()
            made = (graph.triple(index, back=not told.forward) for index in triples)
            cited = (" · ".join(part for part in (t.source, t.evidence, t.value) if part) for t in made)
            sources = tuple(dict.fromkeys(cited))
        return Edge(graph.entity(row), graph.entity(tail), relation, told.label, sources)

    def is_a(self, modality: str) -> tuple[str, str] | None:
        """Names of the relations to what is wider and to what is narrower; None where a modality has no hierarchy."""
        for relation in self.graph.relations.values():
            if relation.hierarchical and relation.forward and relation.head == modality:
                return relation.name, relation.inverse
        return None

    def below(self, row: int) -> dict[int, tuple[int, ...]]:
        """All narrower kinds -> the shortest way down to each, from below ``row`` to the kind itself."""
        return self._reached(row, 1)

    def above(self, row: int) -> dict[int, tuple[int, ...]]:
        """All wider kinds -> the shortest way up to each."""
        return self._reached(row, 0)

    def passes_down(self, relation: str) -> bool:
        """Whether what this relation says of a kind's narrower kinds says something of the kind."""
        return relation not in _NOT_UPWARD and not self.graph.relations[relation].hierarchical

    def _reached(self, row: int, direction: int) -> dict[int, tuple[int, ...]]:
        pair = self.is_a(self.graph.modality(row))
        if pair is None:
            return {}
        found: dict[int, tuple[int, ...]] = {row: ()}
        queue = [row]
        for here in queue:  # grows while it is walked
            for other in self.tails(here, pair[direction])[0].tolist():
                if other not in found:
                    found[other] = (*found[here], other)
                    queue.append(other)
        del found[row]
        return found

    def _place(self, row: int, relation: str, tail: int) -> int:
        table = self._table(relation)
        first, last = int(table.starts[row]), int(table.starts[row + 1])
        place = first + int(np.searchsorted(table.tails[first:last], tail))
        return place if place < last and int(table.tails[place]) == tail else -1

    def _table(self, name: str) -> _Table:
        if name not in self._tables:
            with self._lock:
                if name not in self._tables:
                    self._tables[name] = self._made(name)
        return self._tables[name]

    def _made(self, name: str) -> _Table:
        graph, relation = self.graph, self.graph.relations[name]
        forward = name if relation.forward else relation.inverse
        index = np.flatnonzero(graph.relation_of_triple == graph.forward_names.index(forward))
        heads, tails = graph.heads[index], graph.tails[index]
        if not relation.forward:
            heads, tails = tails, heads
        keys = heads.astype(np.int64) * graph.n_entities + tails
        order = np.argsort(keys, kind="stable")
        keys, index = keys[order], index[order]
        unique, firsts = np.unique(keys, return_index=True)
        best = np.maximum.reduceat(self._strengths[index], firsts) if len(unique) else np.empty(0, np.float32)
        best = np.minimum(best * (1 + _SECOND * (np.diff(np.append(firsts, len(index))) > 1)), 1.0)
        starts = np.searchsorted(unique // graph.n_entities, np.arange(graph.n_entities + 1))
        return _Table(
            starts,
            (unique % graph.n_entities).astype(np.int32),
            best.astype(np.float32),
            np.append(firsts, len(index)),
            index,
        )

    @cached_property
    def _strengths(self) -> _Weights:
        """Weight of every stored link, (n_triples,)."""
        said = self._by_word("evidence", evidence_weight)
        measured = self._by_word("value", _value_weight)
        return np.asarray(np.minimum(said * measured * self._by_word("evidence", _breadth), 1.0), dtype=np.float32)

    def _by_word(self, column: str, weigh: Callable[[str], float]) -> _Weights:
        column_ = self.graph.columns.triples[column].combine_chunks()
        words = column_.chunk(0) if hasattr(column_, "chunk") else column_
        by_code = np.array([weigh(word or "") for word in words.dictionary.to_pylist()], dtype=np.float32)
        return np.asarray(by_code[words.indices.to_numpy(zero_copy_only=False)], dtype=np.float32)


def evidence_weight(evidence: str) -> float:
    """How much what a link rests on counts, 0 to 1: experiment, signed statement, reviewed inference, electronic."""
    if evidence.startswith("PCS "):  # a published clinical study, as the Human Phenotype Ontology writes it
        return 1.0
    if "primary target" in evidence:
        return 1.0
    places = [_PLACES[code] for code in _CODE.findall(evidence) if code in _PLACES]
    if not places:
        return _UNSAID
    best = min(places)
    return 1.0 if best <= _EXPERIMENTS else 0.85 if best <= _STATEMENTS else 0.6 if best <= _REVIEWED else 0.35


def _breadth(evidence: str) -> float:
    """A little more for each further kind of evidence."""
    return 1.0 + 0.05 * min(max(len({code for code in _CODE.findall(evidence) if code in _PLACES}) - 1, 0), 3)


def _value_weight(value: str) -> float:
    if (share := frequency(value)) is not None:
        return 0.4 + 0.6 * share
    if (strength := affinity(value)) is not None:  # 10 is 0.1 nM, 4 is 100 µM
        return 0.5 + 0.5 * min(max((strength - 4) / 6, 0.0), 1.0)
    return _UNSAID


def fitting(graph: KnowledgeGraph, relations: Iterable[str], modality: str) -> list[str]:
    """Those of some relations that lead on from a modality."""
    return [name for name in relations if name in graph.relations and graph.relations[name].head == modality]


def specific(degrees: Sequence[int] | NDArray[np.integer]) -> NDArray[np.float64]:
    """How much a middle entity counts by how many it leads to, (n,): 1 for one, less and less for a hub."""
    return np.asarray(1.0 / (1.0 + np.log2(np.maximum(np.asarray(degrees, dtype=np.float64), 1.0))))
