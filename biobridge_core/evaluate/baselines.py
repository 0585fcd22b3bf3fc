"""Rivals that a bridge must beat to be worth anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.kg.splits import Links

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph


class Popularity:
    """Score every tail by how many training heads it has under the relation, whatever is asked.

    With several relations (drug actions merged), a pair counts once.
    """

    def __init__(self, graph: KnowledgeGraph, train: Sequence[Links]) -> None:
        pairs = np.unique(np.concatenate(train), axis=0)
        self._degree = np.bincount(pairs[:, 1], minlength=graph.n_entities).astype(np.float32)

    def scores(self, n_queries: int, tails: NDArray[np.integer]) -> NDArray[np.float32]:
        """The same training degrees for every query: (n_queries, n_tails)."""
        return np.broadcast_to(self._degree[tails], (n_queries, len(tails)))
