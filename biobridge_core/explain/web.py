"""The evidence of a whole list as one small network: the query, its hits, and what links them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from biobridge_core.explain.paths import PathFinder
from biobridge_core.types import Edge, Entity

_MIDDLES = 2  #: entities shown between a start and a hit
_RELEVANT = 400  #: links beyond which an entity in between links anything to anything


@dataclass(frozen=True, slots=True)
class Strand:
    """Two neighbours in the network."""

    head: Entity
    tail: Entity
    label: str  #: what the link says, read from head to tail
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Web:
    """What to draw."""

    starts: tuple[tuple[Entity, float | None], ...]  #: the query itself (None), or its nearest known entities, cosine
    hits: tuple[Entity, ...]
    between: tuple[Entity, ...]
    strands: tuple[Strand, ...]


def web(finder: PathFinder, starts: Sequence[tuple[int, float | None]], hits: Sequence[int]) -> Web:
    """Join each start with each hit: by direct links, by the most specific entities in between, or else by a chain.

    Parameters
    ----------
    starts
        Rows with their cosine to the query; None for the query's own row.
    hits
        Rows, in the order of the list.
    """
    graph = finder.graph
    pairs: dict[tuple[int, int], tuple[Edge, ...]] = {}
    ends = {row for row, _ in starts} | set(hits)
    near = {row: finder.neighbours(row) for row in ends}

    def join(one: int, other: int) -> None:
        if (one, other) not in pairs and (other, one) not in pairs:
            pairs[one, other] = finder.edges(one, other)

    for hit in hits:
        joined = False
        for start, _ in starts:
            if start == hit:
                continue
            if hit in near[start]:
                join(start, hit)
                joined = True
            common = np.intersect1d(near[start], near[hit], assume_unique=True)
            common = common[finder.degrees[common] <= _RELEVANT]
            for row in common[np.argsort(finder.degrees[common], kind="stable")][:_MIDDLES].tolist():
                join(start, row)
                join(row, hit)
                joined = True
        if not joined:
            for chain in _chain(finder, starts, hit):
                join(*chain)
    seen = dict.fromkeys(row for pair in pairs for row in pair if row not in ends)
    strands = tuple(
        Strand(edges[0].head, edges[0].tail, " / ".join(dict.fromkeys(e.label for e in edges)), _sources(edges))
        for edges in pairs.values()
        if edges
    )
    return Web(
        tuple((graph.entity(row), cosine) for row, cosine in starts),
        tuple(graph.entity(row) for row in hits),
        tuple(graph.entity(row) for row in seen),
        strands,
    )


def _chain(finder: PathFinder, starts: Sequence[tuple[int, float | None]], hit: int) -> list[tuple[int, int]]:
    """The links of the most specific chain of three between the first start that has one and the hit."""
    for start, _ in starts:
        chains = finder.chains(start, hit) if start != hit else []
        if chains:
            rows = min(chains, key=lambda chain: (len(chain.rows), chain.cost)).rows
            return list(pairwise(rows))
    return []


def _sources(edges: Sequence[Edge]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(source for edge in edges for source in edge.sources))
