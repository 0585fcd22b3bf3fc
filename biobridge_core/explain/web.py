"""The evidence of a whole list as one small network: the query, its hits, and what links them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
    """Join each start with each hit by its direct links and its most specific entities in between.

    Parameters
    ----------
    starts
        Rows with their cosine to the query; None for the query's own row.
    hits
        Rows, in the order of the list.
    """
    graph = finder.graph
    pairs: dict[tuple[int, int], tuple[Edge, ...]] = {}
    between: list[int] = []
    ends = {row for row, _ in starts} | set(hits)
    near = {row: finder.neighbours(row) for row in ends}
    for start, _ in starts:
        for hit in hits:
            if start == hit:
                continue
            if hit in near[start]:
                pairs.setdefault((start, hit), finder.edges(start, hit))
            common = np.intersect1d(near[start], near[hit], assume_unique=True)
            common = common[(finder.degrees[common] <= _RELEVANT) & ~np.isin(common, list(ends))]
            for row in common[np.argsort(finder.degrees[common], kind="stable")][:_MIDDLES].tolist():
                between.append(row)
                pairs.setdefault((start, row), finder.edges(start, row))
                pairs.setdefault((row, hit), finder.edges(row, hit))
    strands = tuple(
        Strand(edges[0].head, edges[0].tail, " / ".join(dict.fromkeys(e.label for e in edges)), _sources(edges))
        for edges in pairs.values()
        if edges
    )
    return Web(
        tuple((graph.entity(row), cosine) for row, cosine in starts),
        tuple(graph.entity(row) for row in hits),
        tuple(graph.entity(row) for row in dict.fromkeys(between)),
        strands,
    )


def _sources(edges: Sequence[Edge]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(source for edge in edges for source in edge.sources))
