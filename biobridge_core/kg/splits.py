"""Held-out links that cannot fool us: no test pair stands in training, neither reversed nor under another name.

The released BioBridge split keeps the reverse of each test edge in training; this one cannot be built that way. The
unit that is held out is an unordered pair of synonym groups: all actions of a drug on a protein, both directions, and
the same link through an entity with the same encoder input go to one side together. Hierarchies (is-a) always stay in
training.
"""

from __future__ import annotations

import logging
import zlib
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.errors import GraphError
from biobridge_core.kg.cold_splits import cold_branch, cold_cluster, cold_entity, cold_scaffold
from biobridge_core.kg.hierarchy import Links, Sparse, ancestor_matrix, implied_links, link_matrix
from biobridge_core.kg.split import KNOWN, TEST_COLD, VALID_COLD, Split, TrainingView, pair_keys
from biobridge_core.kg.synonyms import synonym_groups

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph
    from biobridge_core.types import Relation

__all__ = [
    "KNOWN", "TEST_COLD", "VALID_COLD", "Links", "Sparse", "Split", "TrainingView", "ancestor_matrix", "cold_branch",
    "cold_cluster", "cold_entity", "cold_scaffold", "implied_links", "link_matrix", "synonym_groups", "transductive",
]  # fmt: skip

_LOG = logging.getLogger(__name__)
_TRAIN, _VALID, _TEST = 0, 1, 2


def transductive(
    graph: KnowledgeGraph,
    *,
    seed: int = 0,
    valid: float = 0.1,
    test: float = 0.1,
    groups: NDArray[np.integer] | None = None,
) -> Split:
    """Hold out a share of the pairs of every relation between modalities.

    Pairs are drawn at random within each relation, a pair with several relations (drug actions) within the rarest of
    them, and moved with all of these relations, both directions and all synonyms. An entity may lose all its links:
    it still has its content, and leaving it in would favour well-linked entities. A held-out link that follows from a
    training link through the hierarchy (its tail is an ancestor of a training tail of the same head and relation, or
    the same with the roles exchanged) goes back to training, where it adds nothing that is not there already.

    Parameters
    ----------
    valid, test
        Share of the pairs of each relation.
    groups
        See `Split`; by default `synonym_groups`.

    Raises
    ------
    GraphError
        If no relation between modalities has a link.
    """
    relations = [r for r in graph.relations.values() if r.forward and not r.hierarchical]
    group_of = synonym_groups(graph) if groups is None else np.asarray(groups)
    edges = [graph.edges(relation.name) for relation in relations]
    if not sum(len(links) for links in edges):
        raise GraphError("The graph has no link between two modalities.", "Build the graph with at least one relation.")
    links = np.concatenate(edges)
    relation_of = np.repeat(np.arange(len(relations)), [len(e) for e in edges])
    units, unit_of = np.unique(pair_keys(links, group_of), return_inverse=True)
    state = _draw(relations, relation_of, unit_of, len(units), seed=seed, valid=valid, test=test)
    _return_implied(graph, relations, links, relation_of, unit_of, state)
    parts: list[dict[str, Links]] = [{}, {}, {}]
    for index, relation in enumerate(relations):
        mine, part_of = links[relation_of == index], state[unit_of[relation_of == index]]
        for part, table in enumerate(parts):
            table[relation.name] = mine[part_of == part]
            table[relation.inverse] = table[relation.name][:, ::-1]
    for relation in graph.relations.values():
        if relation.hierarchical:
            parts[_TRAIN][relation.name] = graph.edges(relation.name)
    return Split(graph, *parts, groups=group_of, seed=seed)


def _draw(
    relations: list[Relation],
    relation_of: NDArray[np.integer],
    unit_of: NDArray[np.integer],
    n_units: int,
    *,
    seed: int,
    valid: float,
    test: float,
) -> NDArray[np.int8]:
    """Part of each unit, drawn within the rarest relation that it has; int8 (n_units,)."""
    sizes = np.bincount(relation_of, minlength=len(relations))
    rank = np.argsort(np.argsort(sizes, kind="stable"))  # 0 is the rarest
    best = np.full(n_units, len(relations))
    np.minimum.at(best, unit_of, rank[relation_of])
    state = np.zeros(n_units, dtype=np.int8)
    for index, relation in enumerate(relations):
        mine = np.flatnonzero(best == rank[index])
        # a stream of its own for each relation, so that adding one to the graph leaves the others' draw alone
        order = np.random.default_rng([seed, zlib.crc32(relation.name.encode())]).permutation(mine)
        n_test, n_valid = round(test * len(mine)), round(valid * len(mine))
        state[order[:n_test]] = _TEST
        state[order[n_test : n_test + n_valid]] = _VALID
    return state


def _return_implied(
    graph: KnowledgeGraph,
    relations: list[Relation],
    links: Links,
    relation_of: NDArray[np.integer],
    unit_of: NDArray[np.integer],
    state: NDArray[np.int8],
) -> None:
    """Set the state of units that follow from training back to training, until nothing follows any more."""
    ancestors = ancestor_matrix(graph)
    returned = 0
    while True:
        before = int((state == _TRAIN).sum())
        for index in range(len(relations)):
            mine = np.flatnonzero(relation_of == index)
            part = state[unit_of[mine]]
            held = mine[part != _TRAIN]
            implied = implied_links(links[held], links[mine[part == _TRAIN]], ancestors)
            state[unit_of[held[implied]]] = _TRAIN
        returned += int((state == _TRAIN).sum()) - before
        if int((state == _TRAIN).sum()) == before:
            break
    _LOG.info("%d held-out pairs followed from training through the hierarchy and went back to it.", returned)
