"""A graph without some of its links and entities, with the frozen vectors that belong to the rest."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from biobridge_core.catalogue import Catalogue
from biobridge_core.kg.graph import Columns, KnowledgeGraph
from biobridge_core.kg.hierarchy import Links


@dataclass(frozen=True)
class Reduced:
    """A graph without something, and where the rows of the whole graph are in it.

    ``row_of`` int32 (n_entities of the whole graph,), -1 for an entity that was taken out.
    """

    graph: KnowledgeGraph
    row_of: NDArray[np.int32]

    def links(self, table: Mapping[str, Links]) -> dict[str, Links]:
        """The same links in the rows of the reduced graph; what an entity taken out had is gone."""
        moved = {name: self.row_of[links] for name, links in table.items()}
        return {name: links[(links >= 0).all(axis=1)].astype(np.int32) for name, links in moved.items()}

    def catalogue(self, whole: Catalogue) -> Catalogue:
        """The frozen vectors of the entities that are left, in the space of the whole catalogue."""
        spaces = {}
        for kind, space in whole.spaces.items():
            rows = self.row_of[space.rows]
            left = rows >= 0
            spaces[kind] = replace(
                space, graph_digest=self.graph.digest, rows=rows[left].astype(np.int32), codes=space.codes[left]
            )
        return Catalogue(spaces)


def without(graph: KnowledgeGraph, links: Mapping[str, Links], ids: Collection[str] = ()) -> Reduced:
    """Take links and whole entities out of a graph.

    Parameters
    ----------
    links
        Relation or inverse -> (n, 2) rows; every stored link between such a pair under the relation goes.
    ids
        Entities that go with all their links.
    """
    keep = np.ones(graph.n_triples, dtype=bool)
    ends = graph.heads.astype(np.int64) * graph.n_entities + graph.tails
    for name, pairs in links.items():
        relation = graph.relations[name]
        forward = name if relation.forward else relation.inverse
        heads, tails = (pairs if relation.forward else pairs[:, ::-1]).astype(np.int64).T
        mine = graph.relation_of_triple == graph.forward_names.index(forward)
        gone = heads * graph.n_entities + tails
        keep &= ~(mine & np.isin(ends, gone))
    stays = np.ones(graph.n_entities, dtype=bool)
    stays[[graph.row(id_) for id_ in ids]] = False
    keep &= stays[graph.heads] & stays[graph.tails]
    row_of = np.where(stays, np.cumsum(stays) - 1, -1).astype(np.int32)
    return Reduced(_cut(graph, stays, row_of).with_triples(keep[stays[graph.heads] & stays[graph.tails]]), row_of)


def _cut(graph: KnowledgeGraph, stays: NDArray[np.bool_], row_of: NDArray[np.int32]) -> KnowledgeGraph:
    """The graph without some entities; equal to what its tables without them would give."""
    old = graph.columns
    mask, triples = pa.array(stays), old.triples
    triples = triples.filter(pa.array(stays[graph.heads] & stays[graph.tails]))
    for end in ("head", "tail"):
        rows = pa.array(row_of[triples[end].to_numpy()], pa.int32())
        triples = triples.set_column(triples.schema.get_field_index(end), end, rows)
    stored = old.sequences()["row"].to_numpy()
    sequences = old.sequences().filter(pa.array(stays[stored]))
    sequences = sequences.set_column(0, "row", pa.array(row_of[stored[stays[stored]]], pa.int32()))
    details = old.details().filter(mask)
    columns = Columns(old.entities.filter(mask), triples.combine_chunks(), lambda: details, lambda: sequences)
    return KnowledgeGraph(columns, graph.modalities, graph.relations, graph.sources, digest="")


def leaks(graph: KnowledgeGraph, whole: KnowledgeGraph, links: Mapping[str, Links]) -> int:
    """How many of the held-out links (rows of ``whole``) a graph still holds, in whichever direction."""
    found = 0
    for name, pairs in links.items():
        edges = graph.edges(name)
        there = set(zip((graph.ids[row] for row in edges[:, 0]), (graph.ids[row] for row in edges[:, 1]), strict=True))
        found += sum((whole.ids[head], whole.ids[tail]) in there for head, tail in pairs.tolist())
    return found
