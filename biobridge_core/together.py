"""What several queries point at together, and what speaks against it.

A disease that the graph links to a finding counts for it as fully as the best of the diseases: a fact is a fact,
however sure the bridge is of it. So does one that the graph links to a more specific finding (a disease with postnatal
microcephaly has microcephaly: the "true path" of an ontology, doi:10.1101/gr.180801). Where the graph has no link, the
bridge's own belief counts (tests/test_textbook.py has what that is worth). A finding said to be absent takes away as
much as the graph says how often it is there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.types import Entity, Query

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph

FUSE = 60  #: constant of reciprocal-rank fusion
UNTOLD = 0.5  #: how often a finding is there where the graph does not tell
_LEAST = 1e-12  #: probability below which ranks no longer mean anything
_SET_BACK = 3  #: hits that are told although they went down
_LEAST_LEFT = 0.02  #: of a score, where a finding that is always there is said to be absent
_RANGE = re.compile(r"\((\d+)(?:[–-](\d+))?\s*%\)")
_COUNT = re.compile(r"(\d+)/(\d+)")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")

Floats = NDArray[np.float32]


class Combine(StrEnum):
    """How the members of a signature are put together."""

    PROBABILITIES = "probabilities"  #: mean of the log-probabilities: what all of them support
    RANKS = "ranks"  #: reciprocal-rank fusion, doi:10.1145/1571941.1572114: one strong vote is enough


@dataclass(frozen=True, slots=True)
class Member:
    """How one member of a signature sees a combined hit."""

    rank: int
    known: bool  #: the graph links the hit to it, or to something more specific


@dataclass(frozen=True, slots=True)
class Against:
    """A finding that is said to be absent, and that the graph says is there."""

    finding: Entity
    often: str  #: how often, as the source words it; empty where it does not tell
    left: float = 1.0  #: of the score


@dataclass(frozen=True, slots=True)
class JointHit:
    """An entity that several queries point at together."""

    entity: Entity
    rank: int
    score: float  #: geometric mean of the probabilities, or the fused reciprocal ranks
    percentile: float
    members: tuple[Member, ...]  #: in the order of the queries
    share: float = 0.0  #: of the scores of all entities of the kind, 0 to 1
    against: tuple[Against, ...] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """Several queries asked together."""

    queries: tuple[Query, ...]
    to: str
    how: Combine
    hits: tuple[JointHit, ...]
    n_candidates: int
    notes: tuple[str, ...]
    absent: tuple[Query, ...] = ()  #: findings that are said not to be there
    set_back: tuple[JointHit, ...] = ()  #: those that would stand highest if nothing spoke against them


class Shown:
    """Which entities show a finding: linked to it, or to a more specific one. Read-only; safe to share."""

    def __init__(self, graph: KnowledgeGraph, modality: str) -> None:
        self._graph, self.modality = graph, modality
        self._children: dict[int, list[int]] = {}
        for relation in graph.relations.values():
            if relation.hierarchical and relation.forward and relation.head == relation.tail == modality:
                for child, parent in graph.edges(relation.name).tolist():
                    self._children.setdefault(parent, []).append(child)

    def below(self, row: int) -> list[int]:
        """A finding and all more specific ones."""
        seen, left = {row}, [row]
        while left:
            fresh = [child for child in self._children.get(left.pop(), ()) if child not in seen]
            seen.update(fresh)
            left += fresh
        return sorted(seen)

    def linked(self, row: int, to: str, exactly: bool = False) -> set[int]:
        """Rows of a modality that the graph links to an entity; to a finding, or (unless ``exactly``) to one below."""
        wide = self.is_finding(row) and to != self.modality and not exactly
        terms = self.below(row) if wide else [row]
        return {int(other) for term in terms for other in self._graph.known_rows(term, to)}

    def is_finding(self, row: int) -> bool:
        """Whether more specific entities stand for this one."""
        return self._graph.modality(row) == self.modality

    def entity(self, row: int) -> Entity:
        """Everything about an entity."""
        return self._graph.entity(row)

    def rows(self, modality: str) -> NDArray[np.int32]:
        """Rows of a modality."""
        return self._graph.rows(modality)

    def against(self, absent: Sequence[Query], to: str) -> dict[int, tuple[Against, ...]]:
        """Rows of a modality that show what is said to be absent."""
        found: dict[int, list[Against]] = {}
        for query in absent:
            if query.modality != self.modality or to == self.modality:
                continue
            for row, (share, words) in self._often(query.value, to).items():
                if share > 0:
                    left = max(1.0 - share, _LEAST_LEFT)
                    found.setdefault(row, []).append(Against(self._graph.entity(query.value), words, left))
        return {row: tuple(seen) for row, seen in found.items()}

    def _often(self, finding: str, to: str) -> dict[int, tuple[float, str]]:
        """Rows that show a finding, each with the greatest share of cases and its wording."""
        found: dict[int, tuple[float, str]] = {}
        for term in self.below(self._graph.row(finding)):
            for other, triples in self._graph.known(term, to).items():
                for triple in triples:
                    told = frequency(triple.value), triple.value
                    found[other] = max(found.get(other, (-1.0, "")), told)
        return found


def frequency(value: str) -> float:
    """Share of cases, 0 to 1, of a frequency as the HPO words it: a range's middle, ``3/7``, ``40%``; else one half."""
    if match := _RANGE.search(value):
        low = float(match[1])
        return (low + float(match[2] or low)) / 200
    if (match := _COUNT.search(value)) and int(match[2]):
        return min(int(match[1]) / int(match[2]), 1.0)
    if match := _PERCENT.search(value):
        return min(float(match[1]) / 100, 1.0)
    return UNTOLD


def lifted(scores: Floats, known: Sequence[set[int]], first: int) -> Floats:
    """Scores (n, rows) in which a known link counts as much as the best known one of the same query.

    Parameters
    ----------
    known
        For each query, graph rows that it is linked to; none for one that is to be left as it is.
    first
        Graph row of the first column.
    """
    raised = scores.copy()
    for line, rows in zip(raised, known, strict=True):
        if rows:
            places = np.fromiter(rows, dtype=np.int64) - first
            line[places] = line[places].max()
    return raised


def joint(scores: Floats, how: Combine) -> NDArray[np.float64]:
    """One score a column of (n, rows)."""
    if how is Combine.RANKS:
        return np.asarray((1.0 / (FUSE + np.stack([ranks(line) for line in scores]))).sum(axis=0), dtype=np.float64)
    return np.asarray(np.exp(np.log(np.maximum(scores, _LEAST).astype(np.float64)).mean(axis=0)), dtype=np.float64)


def said_absent(absent: Sequence[Query]) -> str:
    """What is done with findings that are said to be absent, in plain words."""
    names = ", ".join(query.label or query.value for query in absent)
    return (
        f"Said to be absent: {names}. What the graph says shows it is marked, and its score is multiplied by one minus "
        "how often it does (one half where the graph does not tell)."
    )


def ranked(
    shown: Shown,
    scores: Floats,
    asked: Sequence[int | None],
    to: str,
    how: Combine,
    k: int,
    absent: Sequence[Query] = (),
) -> tuple[tuple[JointHit, ...], tuple[JointHit, ...], int]:
    """The best of a modality for several queries together, the best that was set back, and how many were ranked.

    Parameters
    ----------
    scores
        (n, rows) of each query; -inf where it cannot be compared.
    asked
        Graph row of each query; None for one that is not in the graph. None of them is a hit.
    """
    rows = shown.rows(to)
    alone = len(asked) == 1 and not absent  # it is then the list of that query, as elsewhere
    known = [set() if row is None else shown.linked(row, to, exactly=alone) for row in asked]
    facts = [
        seen if row is not None and shown.is_finding(row) else set() for row, seen in zip(asked, known, strict=True)
    ]
    by_belief = joint(scores, how)
    score = by_belief if alone else joint(lifted(scores, facts, int(rows[0])), how)
    against = shown.against(absent, to)
    opposed = sorted((int(row - rows[0]) for row in against), key=lambda i: (-score[i], -by_belief[i]))[:_SET_BACK]
    for row, seen in against.items():
        score[row - rows[0]] *= np.prod([one.left for one in seen])
    order = np.lexsort((-by_belief, -score))  # among equals, what the bridge itself is surer of
    order = order[~np.isin(rows[order], [row for row in asked if row is not None])]
    make = _Maker(
        shown, rows, score, float(score[order].sum()), np.stack([ranks(line) for line in scores]), known, against
    )
    hits = tuple(make.hit(i, rank, len(order)) for rank, i in enumerate(order[:k].tolist(), start=1))
    set_back = tuple(make.hit(i, int(np.flatnonzero(order == i)[0]) + 1, len(order)) for i in opposed)
    return hits, set_back, len(order)


@dataclass(frozen=True)
class _Maker:
    """Makes hits of columns."""

    shown: Shown
    rows: NDArray[np.int32]
    score: NDArray[np.float64]
    total: float
    places: NDArray[np.int64]  #: (n, rows) rank for each query alone
    known: Sequence[set[int]]
    against: Mapping[int, tuple[Against, ...]]

    def hit(self, i: int, rank: int, among: int) -> JointHit:
        """The hit of column ``i``."""
        row = int(self.rows[i])
        return JointHit(
            entity=self.shown.entity(row),
            rank=rank,
            score=float(self.score[i]),
            percentile=100.0 * (among - rank) / max(among - 1, 1),
            members=tuple(
                Member(int(line[i]), row in seen) for line, seen in zip(self.places, self.known, strict=True)
            ),
            share=float(self.score[i]) / max(self.total, 1e-300),
            against=self.against.get(row, ()),
        )


def ranks(scores: Floats) -> NDArray[np.int64]:
    """Rank of each score, 1 for the highest, (n,)."""
    order = np.empty(len(scores), dtype=np.int64)
    order[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return order
