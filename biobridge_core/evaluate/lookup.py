"""The rival that only reads the training graph: no vector, nothing learnt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.evaluate.popularity import Popularity
from biobridge_core.kg.splits import Sparse, TrainingView, link_matrix

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph


class LookUp:
    """Tails that someone finds who knows the head's page of the graph, nearest first.

    1. Tails linked to the head in training by any relation: they score 2 or more.
    2. Tails one is-a step away from such a tail, or linked to an entity one is-a step away from the head (parent or
       child): 1 and a little for each such route, less than 2.
    3. All others, and ties, by popularity.
    """

    name = "KG look-up"

    def __init__(self, graph: KnowledgeGraph, view: TrainingView) -> None:
        n = graph.n_entities
        none = np.empty((0, 2), np.int32)
        between = [links for name, links in view.train.items() if not graph.relations[name].hierarchical]
        # the view holds inverses as relations of their own, so both matrices have both directions
        is_a = [links for name, links in view.train.items() if graph.relations[name].hierarchical]
        self._known: Sparse = link_matrix(np.concatenate([*between, none]), n).astype(np.float32)
        self._step: Sparse = link_matrix(np.concatenate([*is_a, none]), n).astype(np.float32)
        self._graph, self._popularity = graph, Popularity(graph, view)

    def scores(self, heads: NDArray[np.int32], relation: str) -> NDArray[np.float32]:
        """(n,) rows -> (n, n_tails)."""
        tails = self._graph.rows(self._graph.relations[relation].tail)
        if not len(tails):
            return np.empty((len(heads), 0), dtype=np.float32)
        span = slice(int(tails[0]), int(tails[-1]) + 1)
        known = self._known[heads][:, span]  # (n, n_tails)
        routes = known @ self._step[span][:, span] + (self._step[heads] @ self._known)[:, span]
        routes.data = 1 + routes.data / (1 + routes.data) / 2  # one route 1.25, many at most 1.5
        found: NDArray[np.float32] = routes.toarray()
        return np.asarray(found + 2 * known.toarray() + self._popularity.ties(relation, 1e-2), dtype=np.float32)
