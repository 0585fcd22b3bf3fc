"""What follows from is-a: the ancestors of every entity, and links that hold for an entity because they hold for
a child of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph

Links = NDArray[np.int32]  #: (n, 2) head row, tail row
Sparse = Any  #: scipy.sparse.csr_array, which carries no types


def ancestor_matrix(graph: KnowledgeGraph) -> Sparse:
    """Boolean csr (n_entities, n_entities): [child, ancestor] over all is-a relations, an entity not its own
    ancestor."""
    edges = [graph.edges(r.name) for r in graph.relations.values() if r.hierarchical and r.forward]
    return ancestors_by(np.concatenate([*edges, np.empty((0, 2), np.int32)]), graph.n_entities)


def ancestors_by(links: Links, n: int) -> Sparse:
    """The same for given is-a links, int32 (n_links, 2) child and parent, among ``n`` entities."""
    closure = link_matrix(links, n)
    while True:  # each round doubles the length of the paths that are covered
        longer = (closure + closure @ closure).astype(bool)
        if longer.nnz == closure.nnz:
            break
        closure = longer
    pairs = closure.tocoo()
    strict = pairs.row != pairs.col  # a cycle in a damaged hierarchy would make an entity its own ancestor
    return link_matrix(np.stack([pairs.row[strict], pairs.col[strict]], axis=1).astype(np.int32), n)


def link_matrix(links: Links, n_entities: int) -> Sparse:
    """Boolean csr (n_entities, n_entities) with one entry a link."""
    ones = np.ones(len(links), dtype=bool)
    return sparse.csr_array((ones, (links[:, 0], links[:, 1])), shape=(n_entities, n_entities), dtype=bool)


def implied_links(links: Links, train: Links, ancestors: Sparse) -> NDArray[np.bool_]:
    """Which links follow from a training link of the same relation through the hierarchy; bool (n,).

    A link follows if its tail is an ancestor of a training tail of its head, or its head one of a training head of its
    tail.
    """
    n = ancestors.shape[0]
    if not len(links) or not len(train):
        return np.zeros(len(links), dtype=bool)
    known = link_matrix(train, n)
    heads, tails = np.unique(links[:, 0], return_inverse=True), np.unique(links[:, 1], return_inverse=True)
    upward = (known[heads[0]] @ ancestors).tocsr()  # (heads, n): ancestors of each head's training tails
    by_head = (known.T.tocsr()[tails[0]] @ ancestors).tocsr()  # (tails, n): ancestors of each tail's training heads
    found = np.asarray(upward[heads[1], links[:, 1]]).ravel() | np.asarray(by_head[tails[1], links[:, 0]]).ravel()
    return np.asarray(found, dtype=np.bool_)
