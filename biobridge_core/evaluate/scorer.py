"""What is compared: anything that scores every entity of a modality as the tail of a head and a relation."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


@runtime_checkable
class Scorer(Protocol):
    """A bridge, a graph embedding, a neighbour vote, popularity, text alone, a look-up: all are ranked alike."""

    name: str  #: what tables call it; unique among those that are compared

    def scores(self, heads: NDArray[np.int32], relation: str) -> NDArray[np.float32]:
        """Score all tails of a relation.

        Parameters
        ----------
        heads
            (n,) rows of the graph, all of the relation's head modality.
        relation
            A relation or inverse between two modalities.

        Returns
        -------
        scores
            (n, n_tails) over ``graph.rows(relation.tail)``, finite, higher is better. Scores of one head must be
            comparable over the relations between the same two modalities: a pair that has several counts with its best.
        """
        ...
