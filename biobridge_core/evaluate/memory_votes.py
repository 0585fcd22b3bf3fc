"""How far each space of the memory gets by itself: its vote alone, nothing learnt, ties by popularity.

The bridge reads these votes as terms of its score. A fair table shows what each of them does without the bridge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.bridge.memory import TERMS, Memory, Query, Votes
from biobridge_core.errors import BioBridgeError
from biobridge_core.evaluate.popularity import Popularity

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph
    from biobridge_core.kg.split import TrainingView

#: vote of the memory -> what tables call it when it stands alone
NAMES = {"profile": "vote by graph profile", "pieces": "vote by shared pieces"}


class SharedMemory(Memory):
    """A memory that keeps its last answers, for scorers that are asked the same queries one after the other."""

    def __init__(self, *arguments: object, **named: object) -> None:
        super().__init__(*arguments, **named)  # type: ignore[arg-type]
        self._asked: dict[tuple[bytes, bool], Query] = {}
        self._voted: dict[tuple[int, str], tuple[Query, Votes]] = {}

    def ask(self, rows: NDArray[np.integer], *, own: bool = True) -> Query:
        """As `Memory.ask`."""
        key = np.asarray(rows, dtype=np.int64).tobytes(), own
        if key not in self._asked:
            self._asked = dict(list(self._asked.items())[-1:])  # the other half of the block, known or unseen
            self._asked[key] = super().ask(rows, own=own)
        return self._asked[key]

    def votes(self, query: Query, relation: str) -> Votes:
        """As `Memory.votes`."""
        found = self._voted.get((id(query), relation))
        if found is None or found[0] is not query:
            self._voted = dict(list(self._voted.items())[-7:])  # relations between the same two modalities
            found = self._voted[id(query), relation] = query, super().votes(query, relation)
        return found[1]


class MemoryVote:
    """One vote of the memory (see `Scorer`).

    Parameters
    ----------
    term
        Which of `TERMS`; popularity has a scorer of its own.

    Raises
    ------
    BioBridgeError
        If there is no such vote.
    """

    def __init__(self, graph: KnowledgeGraph, view: TrainingView, memory: Memory, term: str, name: str = "") -> None:
        if term not in TERMS[1:]:
            raise BioBridgeError(f"The memory has no vote by {term!r}.", f"Use one of {', '.join(TERMS[1:])}.")
        self.name = name or NAMES.get(term, f"vote by {term}")
        self._graph, self._memory, self._place = graph, memory, TERMS.index(term) - 1
        self._popularity = Popularity(graph, view)

    def scores(self, heads: NDArray[np.int32], relation: str) -> NDArray[np.float32]:
        """(n,) rows -> (n, n_tails). An entity without a training link is read as unseen, as the bridge reads it."""
        ties = self._popularity.ties(relation)
        total = np.empty((len(heads), len(ties)), dtype=np.float32)
        for known in (True, False):
            mine = np.flatnonzero(self._memory.linked[heads] == known)
            if len(mine):
                votes = self._memory.votes(self._memory.ask(heads[mine], own=known), relation)
                total[mine] = votes.matrices[self._place].toarray()
        return total + ties
