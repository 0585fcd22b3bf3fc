"""The rival that never looks at the query."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.kg.splits import TrainingView

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph


class Popularity:
    """Score every tail by how many training heads it has under the relation, whatever is asked."""

    name = "popularity"

    def __init__(self, graph: KnowledgeGraph, view: TrainingView) -> None:
        self._graph, self._train = graph, view.train

    def degrees(self, relation: str) -> NDArray[np.float32]:
        """Training heads of every tail of the relation: (n_tails,)."""
        tails = self._graph.rows(self._graph.relations[relation].tail)
        links = self._train.get(relation, np.empty((0, 2), np.int32))
        first = int(tails[0]) if len(tails) else 0
        return np.bincount(links[:, 1] - first, minlength=len(tails)).astype(np.float32)

    def scores(self, heads: NDArray[np.int32], relation: str) -> NDArray[np.float32]:
        """The same training degrees for every head: (n, n_tails)."""
        degrees = self.degrees(relation)
        return np.broadcast_to(degrees, (len(heads), len(degrees)))

    def ties(self, relation: str, most: float = 1e-6) -> NDArray[np.float32]:
        """Degrees scaled into [0, most], to order what another scorer calls equal: (n_tails,)."""
        degrees = self.degrees(relation)
        return np.asarray(degrees * (most / max(1.0, float(degrees.max(initial=0.0)))), dtype=np.float32)
