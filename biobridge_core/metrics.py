"""Ranking metrics with filters and realistic ties, averaged per query, then per task, then over tasks.

The rank of a true tail is filtered: other true tails of the query (and, where asked, their ancestors) do not compete
with it (Bordes et al. 2013). Ties get the mean of the optimistic and the pessimistic rank, so a model that gives
every entity the same score ranks in the middle (Berrendorf et al. 2020, arXiv:2002.06914).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biobridge_core.errors import BioBridgeError

Sparse = Any  #: scipy.sparse.csr_array, which carries no types

_CELLS = 400_000  # compared at once: what fits the cache of a core is ranked twice as fast


@dataclass(frozen=True, slots=True)
class QueryMetrics:
    """One value for each query that has a true tail; all arrays float64 (n_queries,)."""

    mrr: NDArray[np.float64]
    hits_at_1: NDArray[np.float64]
    hits_at_3: NDArray[np.float64]
    hits_at_10: NDArray[np.float64]
    recall_at_10: NDArray[np.float64]
    recall_at_100: NDArray[np.float64]
    ndcg_at_10: NDArray[np.float64]

    def means(self) -> dict[str, float]:
        """Mean over the queries: the figures of one task."""
        return {name: float(getattr(self, name).mean()) for name in self.__slots__}


def link_ranks(
    scores: NDArray[np.floating], queries: NDArray[np.integer], targets: NDArray[np.integer], known: Sparse
) -> NDArray[np.float64]:
    """Rank each link's target among the candidates that are not known for its query.

    Parameters
    ----------
    scores
        (n_queries, n_candidates), higher is better.
    queries, targets
        (n_links,) row and column of each link in ``scores``.
    known
        Boolean csr (n_queries, n_candidates): candidates that do not compete. A link's own target always counts.

    Returns
    -------
    ranks
        float64 (n_links,), 1 is best; ties get the mean of their optimistic and pessimistic rank.

    Raises
    ------
    BioBridgeError
        If a score is not finite, or the shapes disagree: a NaN would win every comparison.
    """
    scores = np.asarray(scores)
    if known.shape != scores.shape or queries.shape != targets.shape:
        raise BioBridgeError(
            f"Scores have shape {scores.shape}, the filter {known.shape}, "
            f"queries {queries.shape}, targets {targets.shape}.",
            "The filter must have the shape of the scores, and each link one query and one target.",
        )
    if not np.isfinite(scores).all():
        raise BioBridgeError("A score is not finite, so nothing can be ranked by it.", "Check the model's vectors.")
    own = scores[queries, targets]  # (n_links,)
    open_scores = scores.astype(np.result_type(scores, np.float32), copy=True)
    mask = known.tocoo()
    filtered = np.asarray(mask.data, dtype=bool)
    open_scores[mask.row[filtered], mask.col[filtered]] = -np.inf
    competes_with_itself = np.isfinite(open_scores[queries, targets])
    ranks = np.empty(len(queries), dtype=np.float64)
    step = max(1, _CELLS // max(1, scores.shape[1]))
    for start in range(0, len(queries), step):
        part = slice(start, start + step)
        rows = open_scores[queries[part]]  # (links, n_candidates)
        better = (rows > own[part, None]).sum(axis=1)
        equal = (rows == own[part, None]).sum(axis=1) - competes_with_itself[part]
        ranks[part] = 1 + better + equal / 2
    return ranks


def query_metrics(
    ranks: NDArray[np.float64], joint_ranks: NDArray[np.float64], queries: NDArray[np.integer], n_queries: int
) -> QueryMetrics:
    """Average the links of each query.

    Parameters
    ----------
    ranks
        (n_links,) with every other true tail filtered: for MRR and Hits@k.
    joint_ranks
        (n_links,) with only the tails known before the test filtered, so that a query's test tails share the list: for
        recall@k and nDCG@k (Järvelin & Kekäläinen 2002, doi:10.1145/582415.582418, binary gains).
    queries
        (n_links,) query of each link, 0..n_queries-1, each at least once.
    """
    counts = np.bincount(queries, minlength=n_queries).astype(np.float64)
    if (counts == 0).any():
        raise BioBridgeError("A query without a true tail has no metric.", "Leave such queries out.")

    def mean(values: NDArray[Any]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(queries, weights=values, minlength=n_queries) / counts, dtype=np.float64)

    ideal = np.concatenate([[0.0], np.cumsum(1 / np.log2(1 + np.arange(1, 11)))])
    gains = np.where(joint_ranks <= 10, 1 / np.log2(1 + joint_ranks), 0.0)
    dcg = np.bincount(queries, weights=gains, minlength=n_queries)
    return QueryMetrics(
        mrr=mean(1 / ranks),
        hits_at_1=mean(ranks <= 1),
        hits_at_3=mean(ranks <= 3),
        hits_at_10=mean(ranks <= 10),
        recall_at_10=mean(joint_ranks <= 10),
        recall_at_100=mean(joint_ranks <= 100),
        ndcg_at_10=np.asarray(dcg / ideal[np.minimum(counts, 10).astype(int)], dtype=np.float64),
    )


def evaluate_scores(
    scores: NDArray[np.floating],
    queries: NDArray[np.integer],
    targets: NDArray[np.integer],
    filtered: Sparse,
    seen: Sparse,
) -> QueryMetrics:
    """Metrics of one block of queries against all candidates.

    Parameters
    ----------
    scores
        (n_queries, n_candidates).
    queries, targets
        (n_links,) the test links; each query has at least one.
    filtered
        Boolean csr like ``scores``: every true tail and whatever else must not compete (ancestors of true tails).
    seen
        Boolean csr like ``scores``: the same for what was known before the test.
    """
    ranks = link_ranks(scores, queries, targets, filtered)
    joint = link_ranks(scores, queries, targets, seen)
    return query_metrics(ranks, joint, queries, scores.shape[0])


def concatenate(parts: Sequence[QueryMetrics]) -> QueryMetrics:
    """Put the queries of several blocks of one task together."""
    return QueryMetrics(*(np.concatenate([getattr(part, name) for part in parts]) for name in QueryMetrics.__slots__))


def mean_over_tasks(tasks: Sequence[dict[str, float]]) -> dict[str, float]:
    """Mean of each figure over tasks, every task with the same weight."""
    if not tasks:
        raise BioBridgeError("There is no task to average over.", "Use a split with more held-out links.")
    return {name: float(np.mean([task[name] for task in tasks])) for name in tasks[0]}


def paired_bootstrap(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    *,
    seed: int = 0,
    resamples: int = 2000,
    level: float = 0.95,
) -> tuple[float, float]:
    """Percentile interval of ``mean(first - second)`` over resampled queries.

    Parameters
    ----------
    first, second
        (n_queries,) the same metric of two models for the same queries.
    """
    difference = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    rng = np.random.default_rng(seed)
    step = max(1, _CELLS // max(1, len(difference)))
    means = [
        difference[rng.integers(0, len(difference), size=(min(step, resamples - start), len(difference)))].mean(axis=1)
        for start in range(0, resamples, step)
    ]
    low, high = np.quantile(np.concatenate(means), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
