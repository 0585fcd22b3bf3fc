"""Tune the neighbour vote on validation links, each relation for itself: it is the rival to beat on the unseen."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from biobridge_core.bridge.validation import Task
from biobridge_core.evaluate.popularity import Popularity
from biobridge_core.evaluate.vote import Ballot, Near, Side, VoteSettings
from biobridge_core.kg.splits import Sparse, TrainingView
from biobridge_core.metrics import link_ranks

if TYPE_CHECKING:
    from biobridge_core.bridge.data import Content
    from biobridge_core.evaluate.validation import Validation
    from biobridge_core.kg.graph import KnowledgeGraph

KS = (5, 10, 25, 50, 100, 200)
SCALES = (2.5, 5.0, 10.0, 20.0, 40.0, 80.0)
WEIGHTS = (0.0, 0.1, 0.3, 1.0, 3.0)

_Choice = TypeVar("_Choice")
_LOG = logging.getLogger(__name__)


def tune_vote(
    graph: KnowledgeGraph,
    view: TrainingView,
    content: Content,
    validation: Validation,
    side: Side,
    *,
    fewest: int = 30,
) -> dict[str, VoteSettings]:
    """Settings with the best validation MRR of each relation.

    k and scale are searched together on each side, then, for ``both``, the two weights; relations with fewer than
    ``fewest`` validation queries keep the defaults.
    """
    popularity = Popularity(graph, view)
    result = {}
    for task in validation.tasks:
        if len(task.heads) < fewest:
            continue
        ballot = Ballot(graph, view, task.relation)
        search = _Search(task, ballot, content, popularity.ties(task.relation))
        result[task.relation] = search.run(side)
        _LOG.info("%s, %s: %s", task.relation, side, result[task.relation])
    return result


class _Search:
    """One relation's search; what does not change between settings is computed once."""

    def __init__(self, task: Task, ballot: Ballot, content: Content, ties: NDArray[np.float32]) -> None:
        self._task, self._ballot, self._content, self._ties = task, ballot, content, ties

    def run(self, side: Side) -> VoteSettings:
        ballot, heads = self._ballot, self._task.heads
        settings = VoteSettings()
        grid = list(itertools.product(KS, SCALES))
        own = ballot.own(heads)
        if side != "tail":
            near = ballot.near_heads(self._content, heads, max(KS))
            k, scale = self._best(grid, lambda at: self._voted(near, *at))
            settings = replace(settings, k=k, scale=scale)
            if side == "head":
                return settings
            voted = self._voted(near, k, scale)
        near = ballot.near_tails(self._content, max(KS))
        # the tails' side is tuned on what it will pass on: own links where heads have any, else the heads' vote
        given = own if side == "tail" or own.nnz else voted
        k, scale = self._best(grid, lambda at: given @ ballot.to_tails(near, *at))
        settings = replace(settings, tail_k=k, tail_scale=scale)
        if side == "tail":
            return settings
        to_tails = ballot.to_tails(near, k, scale)
        from_own, from_voted = own @ to_tails, voted @ to_tails
        weights = itertools.product(WEIGHTS if own.nnz else (1.0,), WEIGHTS)
        best = self._best(weights, lambda at: voted + at[0] * from_own + at[1] * from_voted)
        return replace(settings, own=best[0], spread=best[1])

    def _voted(self, near: Near, k: int, scale: float) -> Sparse:
        return near.weights(k, scale, len(self._ballot.heads)) @ self._ballot.links

    def _best(self, choices: Iterable[_Choice], votes: Callable[[_Choice], Sparse]) -> _Choice:
        return max(choices, key=lambda choice: self._mrr(votes(choice)))

    def _mrr(self, votes: Sparse) -> float:
        task = self._task
        scores = np.asarray(votes.toarray() + self._ties, dtype=np.float32)
        ranks = link_ranks(scores, task.queries, task.targets, task.filtered)
        counts = np.bincount(task.queries)
        return float((np.bincount(task.queries, weights=1 / ranks) / counts).mean())
