"""Ranking metrics against cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from biobridge_core.errors import BioBridgeError
from biobridge_core.metrics import (
    concatenate,
    evaluate_scores,
    link_ranks,
    mean_over_tasks,
    paired_bootstrap,
    query_metrics,
)


def _csr(rows: list[list[int]]) -> sparse.csr_array:
    return sparse.csr_array(np.array(rows, dtype=bool))


def test_rank_counts_what_scores_higher() -> None:
    scores = np.array([[0.9, 0.1, 0.5, 0.7]], np.float32)
    ranks = link_ranks(scores, np.array([0, 0]), np.array([2, 0]), _csr([[0, 0, 0, 0]]))
    assert ranks.tolist() == [3.0, 1.0]


def test_other_true_tails_do_not_compete() -> None:
    scores = np.array([[0.9, 0.1, 0.5, 0.7]], np.float32)
    ranks = link_ranks(scores, np.array([0, 0]), np.array([2, 0]), _csr([[1, 0, 1, 0]]))
    assert ranks.tolist() == [2.0, 1.0]  # only 0.7 is before 0.5 now


def test_ties_get_the_mean_of_best_and_worst_rank() -> None:
    scores = np.zeros((1, 5), np.float32)
    assert link_ranks(scores, np.array([0]), np.array([3]), _csr([[0] * 5])).tolist() == [3.0]  # (1 + 5) / 2
    assert link_ranks(scores, np.array([0]), np.array([3]), _csr([[1, 0, 0, 1, 0]])).tolist() == [2.5]  # (1 + 4) / 2


def test_a_constant_model_is_no_better_than_chance() -> None:
    rng = np.random.default_rng(0)
    n = 99
    constant = link_ranks(
        np.zeros((50, n)), np.arange(50), rng.integers(0, n, 50), sparse.csr_array((50, n), dtype=bool)
    )
    assert constant.mean() == (1 + n) / 2


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_score_that_is_not_finite_is_refused(bad: float) -> None:
    with pytest.raises(BioBridgeError, match="not finite"):
        link_ranks(np.array([[0.0, bad]]), np.array([0]), np.array([0]), _csr([[0, 0]]))


def test_a_filter_of_another_shape_is_refused() -> None:
    with pytest.raises(BioBridgeError, match="shape"):
        link_ranks(np.zeros((1, 3)), np.array([0]), np.array([0]), _csr([[0, 0]]))


def test_metrics_are_means_per_query_first() -> None:
    ranks = np.array([1.0, 3.0, 20.0])  # query 0: 1 and 3; query 1: 20
    metrics = query_metrics(ranks, np.array([1.0, 4.0, 20.0]), np.array([0, 0, 1]), 2)
    assert metrics.mrr.tolist() == pytest.approx([(1 + 1 / 3) / 2, 1 / 20])
    assert metrics.hits_at_1.tolist() == [0.5, 0.0]
    assert metrics.hits_at_3.tolist() == [1.0, 0.0]
    assert metrics.recall_at_10.tolist() == [1.0, 0.0]
    assert metrics.recall_at_100.tolist() == [1.0, 1.0]
    dcg, ideal = 1 / np.log2(2) + 1 / np.log2(5), 1 / np.log2(2) + 1 / np.log2(3)
    assert metrics.ndcg_at_10.tolist() == pytest.approx([dcg / ideal, 0.0])
    assert metrics.means()["mrr"] == pytest.approx((2 / 3 + 1 / 20) / 2)


def test_a_perfect_list_has_ndcg_one() -> None:
    scores = np.array([[3.0, 2.0, 1.0, 0.0]])
    none, both = _csr([[0, 0, 0, 0]]), _csr([[1, 1, 0, 0]])
    metrics = evaluate_scores(scores, np.array([0, 0]), np.array([0, 1]), both, none)
    assert metrics.ndcg_at_10.tolist() == pytest.approx([1.0])
    assert metrics.mrr.tolist() == [1.0]


def test_a_query_without_a_true_tail_is_refused() -> None:
    with pytest.raises(BioBridgeError, match="without a true tail"):
        query_metrics(np.array([1.0]), np.array([1.0]), np.array([1]), 2)


def test_every_task_weighs_the_same() -> None:
    assert mean_over_tasks([{"mrr": 0.1}, {"mrr": 0.5}]) == {"mrr": pytest.approx(0.3)}
    with pytest.raises(BioBridgeError, match="no task"):
        mean_over_tasks([])


def test_many_links_are_ranked_in_chunks_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    scores, known = rng.normal(size=(20, 30)).astype(np.float32), sparse.csr_array(rng.random((20, 30)) < 0.2)
    queries, targets = np.arange(20).repeat(3), rng.integers(0, 30, 60)
    whole = link_ranks(scores, queries, targets, known)
    monkeypatch.setattr("biobridge_core.metrics._CELLS", 100)
    assert np.array_equal(whole, link_ranks(scores, queries, targets, known))
    for query, target, rank in zip(queries, targets, whole, strict=True):  # the definition, one link at a time
        rivals = [scores[query, j] for j in range(30) if j != target and not known.toarray()[query, j]]
        better, equal = sum(s > scores[query, target] for s in rivals), sum(s == scores[query, target] for s in rivals)
        assert rank == 1 + better + equal / 2


def test_bootstrap_interval_holds_the_difference() -> None:
    rng = np.random.default_rng(2)
    first = rng.random(400)
    low, high = paired_bootstrap(first + 0.1, first + 0.02 * rng.normal(size=400), seed=3)
    assert low < 0.1 < high
    assert high - low < 0.01
    low, high = paired_bootstrap(first, first)
    assert low == high == 0.0


def test_blocks_of_queries_are_put_together() -> None:
    one = query_metrics(np.array([1.0]), np.array([1.0]), np.array([0]), 1)
    two = query_metrics(np.array([2.0]), np.array([2.0]), np.array([0]), 1)
    assert concatenate([one, two]).mrr.tolist() == [1.0, 0.5]
