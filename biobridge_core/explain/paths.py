"""Chains of links between two entities of the graph, the shortest and the most specific.

A chain through something that is linked to everything says little. Each entity in between therefore costs the
logarithm of its degree, as in degree-weighted path counts (Himmelstein and Baranzini 2015,
doi:10.1371/journal.pcbi.1004259).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.types import Edge, Path

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph

_EACH_LENGTH = 40  #: candidates of one length that are looked at
_REPEATS = 2  #: paths that may pass through one and the same entity

_Rows = NDArray[np.int32]


@dataclass(frozen=True)
class Chain:
    """Rows of a path from start to end, and its cost: the sum of ln(1 + degree) of those in between."""

    rows: tuple[int, ...]
    cost: float


class PathFinder:
    """Finds paths of at most three links, is-a links among them. Safe to share between threads."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self.graph = graph

    @cached_property
    def _adjacency(self) -> tuple[NDArray[np.int64], _Rows, NDArray[np.int32], NDArray[np.bool_]]:
        """Start of each row's links (n_entities + 1,), then other end, triple and direction of each, by other end."""
        graph = self.graph
        index = np.arange(graph.n_triples, dtype=np.int32)
        near, far = np.concatenate([graph.heads, graph.tails]), np.concatenate([graph.tails, graph.heads])
        order = np.argsort(near.astype(np.int64) * graph.n_entities + far, kind="stable")
        starts = np.searchsorted(near[order], np.arange(graph.n_entities + 1))
        return starts, far[order], np.concatenate([index, index])[order], order >= len(index)

    @cached_property
    def degrees(self) -> NDArray[np.int32]:
        """How many entities each row is linked to, (n_entities,)."""
        starts, far, _, _ = self._adjacency
        new = np.ones(len(far), dtype=bool)
        new[1:] = far[1:] != far[:-1]
        first = starts[:-1][starts[:-1] < starts[1:]]
        new[first] = True
        counted = np.concatenate([[0], np.cumsum(new)])
        return np.asarray(counted[starts[1:]] - counted[starts[:-1]], dtype=np.int32)

    def prepare(self) -> None:
        """Sort the links now, so that no question waits for it."""
        self.degrees  # noqa: B018  (kept)

    def neighbours(self, row: int) -> _Rows:
        """Rows that a row is linked to in any way, ascending."""
        starts, far, _, _ = self._adjacency
        return np.unique(far[starts[row] : starts[row + 1]])

    def edges(self, head: int, tail: int) -> tuple[Edge, ...]:
        """The links between two rows, told from ``head``; one for each relation, with all its sources."""
        starts, far, triples, back = self._adjacency
        low, high = starts[head] + np.searchsorted(far[starts[head] : starts[head + 1]], [tail, tail + 1])
        found: dict[str, list[str]] = {}
        for place in range(low, high):
            triple = self.graph.triple(int(triples[place]), back=bool(back[place]))
            cited = " · ".join(part for part in (triple.source, triple.evidence, triple.value) if part)
            found.setdefault(triple.relation, []).append(cited)
        ends = self.graph.entity(head), self.graph.entity(tail)
        return tuple(
            Edge(*ends, name, self.graph.relations[name].label, tuple(dict.fromkeys(sources)))
            for name, sources in found.items()
        )

    def chains(self, start: int, end: int) -> list[Chain]:
        """Chains of two and three links, the cheapest of each length first; the direct link is no chain."""
        if start == end:
            return []
        near, far = self.neighbours(start), self.neighbours(end)
        near, far = near[(near != end) & (near != start)], far[(far != start) & (far != end)]
        cost = np.log1p(self.degrees)
        middle = np.intersect1d(near, far, assume_unique=True)
        best = middle[np.argsort(cost[middle], kind="stable")[:_EACH_LENGTH]]
        found = [Chain((start, int(row), end), float(cost[row])) for row in best]
        if len(near) and len(far):
            swap = self.degrees[near].sum() > self.degrees[far].sum()
            found += self._of_three(start, end, far, near, True) if swap else self._of_three(start, end, near, far)
        return found

    def _of_three(self, start: int, end: int, left: _Rows, right: _Rows, swapped: bool = False) -> list[Chain]:
        """Chains start, one of ``left``, one of ``right``, end (the two sides exchanged where ``swapped``)."""
        starts, other, _, _ = self._adjacency
        counts = starts[left + 1] - starts[left]
        owner = np.repeat(left, counts)
        places = np.arange(counts.sum()) + np.repeat(starts[left] - np.cumsum(counts) + counts, counts)
        reached = other[places]
        is_right = np.zeros(self.graph.n_entities, dtype=bool)
        is_right[right] = True
        keep = is_right[reached]
        a, b = owner[keep], reached[keep]
        total = np.log1p(self.degrees[a]) + np.log1p(self.degrees[b])
        if len(total) > 4 * _EACH_LENGTH:
            best = np.argpartition(total, 4 * _EACH_LENGTH)[: 4 * _EACH_LENGTH]
            a, b, total = a[best], b[best], total[best]
        found: dict[tuple[int, int], float] = {}
        for place in np.lexsort((b, a, total)):
            pair = (int(b[place]), int(a[place])) if swapped else (int(a[place]), int(b[place]))
            found.setdefault(pair, float(total[place]))  # one pair of entities may be linked more than once
        return [Chain((start, *pair, end), cost) for pair, cost in list(found.items())[:_EACH_LENGTH]]

    def between(self, starts: Sequence[tuple[int, float | None]], end: int, n: int = 5) -> list[Path]:
        """The paths to show: the most specific of the shortest first, then the most specific of any length.

        Parameters
        ----------
        starts
            Row, and how much of the query is read from it (None: it is the query itself).
        end
            Row of the hit.
        n
            At most so many; no entity in between is passed through more than twice.
        """
        found: list[tuple[float, int, float | None, Chain]] = []
        for start, share in starts:
            weight = 0.0 if share is None else -float(np.log(max(share, 1e-3)))
            chains = self.chains(start, end)
            if share is not None and end in self.neighbours(start):
                found.append((weight, 1, share, Chain((start, end), 0.0)))
            found += [(chain.cost + weight, len(chain.rows) - 1, share, chain) for chain in chains]
        if not found:
            return []
        by_cost = sorted(found, key=lambda item: (item[0], item[3].rows))
        shortest = min(item[1] for item in found)
        order = [next(item for item in by_cost if item[1] == shortest), *by_cost]
        used: dict[int, int] = {}
        chosen: list[Path] = []
        seen: set[tuple[int, ...]] = set()
        for _, _, share, chain in order:
            between = chain.rows[1:-1]
            if chain.rows in seen or any(used.get(row, 0) >= _REPEATS for row in between):
                continue
            seen.add(chain.rows)
            for row in between:
                used[row] = used.get(row, 0) + 1
            chosen.append(self._path(chain, share))
            if len(chosen) == n:
                break
        return chosen

    def _path(self, chain: Chain, share: float | None) -> Path:
        steps = [self.edges(a, b) for a, b in zip(chain.rows, chain.rows[1:], strict=False)]
        degrees = tuple(int(self.degrees[row]) for row in chain.rows[1:-1])
        most = float(np.log1p(self.degrees.max()))
        specificity = 1.0 - max((float(np.log1p(degree)) for degree in degrees), default=0.0) / most
        return Path(tuple(_best_told(step) for step in steps), degrees, specificity, share)


def _best_told(edges: tuple[Edge, ...]) -> Edge:
    """Of several relations between two entities, the one with most sources; the others' labels are joined."""
    if len(edges) == 1:
        return edges[0]
    labels = " / ".join(dict.fromkeys(edge.label for edge in edges))
    sources = tuple(dict.fromkeys(source for edge in edges for source in edge.sources))
    first = max(edges, key=lambda edge: len(edge.sources))
    return Edge(first.head, first.tail, first.relation, labels, sources)
