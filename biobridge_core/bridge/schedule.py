"""The order of the batches: a function of the seed and the step alone, so that a run can go on anywhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class Schedule:
    """Which relation and which of its heads each step sees.

    Relations are drawn at random by their share; each walks through its own heads in a new random order every turn.

    Parameters
    ----------
    sizes
        Number of heads of each relation.
    shares
        float64 (n_relations,), summing to 1.
    steps, batch
        Length of the run; most heads at once.
    seed
        Two schedules with the same arguments are the same.
    """

    def __init__(self, sizes: Sequence[int], shares: NDArray[np.float64], *, steps: int, batch: int, seed: int) -> None:
        self._sizes, self._batch, self._seed = sizes, batch, seed
        self._relations = np.random.default_rng(seed).choice(len(sizes), size=steps, p=shares)  # (steps,)
        self._visits = np.zeros(steps, dtype=np.int64)  # how often the step's relation came before
        for index in range(len(sizes)):
            mine = self._relations == index
            self._visits[mine] = np.arange(mine.sum())

    def __getitem__(self, step: int) -> tuple[int, NDArray[np.int64]]:
        """Relation number and places among its heads (n,), n at most the batch size."""
        relation = int(self._relations[step])
        n = self._sizes[relation]
        batches = -(-n // self._batch)
        turn, batch = divmod(int(self._visits[step]), batches)
        order = np.random.default_rng([self._seed, relation, turn]).permutation(n)
        return relation, np.sort(np.array_split(order, batches)[batch])
