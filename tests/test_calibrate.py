"""Calibration against cases worked out by hand and against samples whose chances are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from biobridge_core.calibrate import METHODS, Curve, assess, beta, fit, halves, isotonic, measure, reliability


def _sample(n_queries: int = 400, depth: int = 20, a: float = 1.5, c: float = 3.0, seed: int = 0):  # type: ignore[no-untyped-def]
    """Scores, labels drawn with the chance expit(a · score + c), and queries."""
    rng = np.random.default_rng(seed)
    scores = np.log(rng.beta(0.4, 3.0, size=(n_queries, depth))).ravel()
    labels = rng.random(len(scores)) < expit(a * scores + c)
    return scores, labels, np.repeat(np.arange(n_queries), depth)


def test_isotonic_pools_what_falls_and_adds_half_a_hit_and_half_a_miss() -> None:
    scores = np.repeat([3.0, 0.0, 1.0, 2.0], 20)
    labels = np.arange(80) % 20 < np.repeat([20, 0, 15, 5], 20)  # of twenty each: all, none, 15 and 5 true
    curve = isotonic(scores, labels)
    assert curve.scores.tolist() == [0.0, 1.0, 2.0, 3.0]
    assert curve.chances == pytest.approx([0.5 / 21, 0.5, 0.5, 20.5 / 21])
    assert curve(np.array([-9.0, 0.5, 1.7, 9.0])) == pytest.approx([0.5 / 21, (0.5 / 21 + 0.5) / 2, 0.5, 20.5 / 21])


def test_a_lucky_few_at_an_end_make_no_level() -> None:
    scores, labels = np.arange(200.0), np.arange(200) >= 198
    assert isotonic(scores, labels).chances[-1] == pytest.approx(2.5 / 21)
    few = isotonic(np.arange(30.0), np.arange(30) >= 25)  # too few to part
    assert few.chances == pytest.approx([5.5 / 31, 5.5 / 31])


def test_isotonic_has_the_levels_of_another_implementation() -> None:
    from sklearn.isotonic import IsotonicRegression

    scores, labels, _ = _sample(n_queries=2000)
    theirs = IsotonicRegression(out_of_bounds="clip").fit(scores, labels)
    curve = isotonic(scores, labels)
    apart = np.abs(curve(scores) - theirs.predict(scores))  # by half a hit and half a miss a level, and no more
    assert apart.mean() < 2e-3
    assert apart[(scores > np.quantile(scores, 0.02)) & (scores < np.quantile(scores, 0.98))].max() < 0.06


def test_hits_of_one_score_share_one_chance() -> None:
    curve = isotonic(np.zeros(8), np.array([True, False] * 4))
    assert curve(np.array([0.0])) == pytest.approx([0.5])


def test_beta_finds_the_chances_that_the_labels_were_drawn_with() -> None:
    scores, labels, _ = _sample(n_queries=3000)
    curve = beta(scores, labels)
    inside = scores[(scores > np.quantile(scores, 0.02)) & (scores < np.quantile(scores, 0.98))]
    assert np.abs(curve(inside) - expit(1.5 * inside + 3.0)).max() < 0.03


@pytest.mark.parametrize("name", METHODS)
def test_a_chance_never_falls_with_the_score_and_is_never_certain(name: str) -> None:
    scores, labels, _ = _sample(n_queries=60)
    curve = METHODS[name](scores, labels)
    assert (np.diff(curve.scores) > 0).all()
    assert (np.diff(curve.chances) >= 0).all()
    assert 0 < curve.chances[0] <= curve.chances[-1] < 1


def test_the_better_method_is_chosen_on_the_other_half() -> None:
    scores, labels, queries = _sample(n_queries=100)
    assert fit(scores, labels, queries).method == "beta"  # drawn from its own family
    step = np.where(scores > np.median(scores), 0.6, 0.05)
    steps = np.random.default_rng(1).random(len(scores)) < step
    assert fit(scores, steps, queries).method == "isotonic"


def test_all_hits_of_a_query_are_in_one_half() -> None:
    queries = np.random.default_rng(0).integers(0, 50, 700)
    half = halves(queries)
    assert all(len(set(half[queries == query].tolist())) == 1 for query in range(50))
    assert len(np.unique(queries[half])) == 25
    assert (halves(queries, seed=1) != half).any()


def test_bins_hold_equal_numbers_of_hits_and_the_error_is_the_mean_gap() -> None:
    chances = np.array([0.1] * 6 + [0.7] * 6)
    labels = np.array([False] * 6 + [True] * 3 + [False] * 3)
    bins = reliability(chances, labels, n_bins=2)
    assert bins.counts.tolist() == [6, 6]
    assert bins.predicted == pytest.approx([0.1, 0.7])
    assert bins.observed == pytest.approx([0.0, 0.5])
    assert bins.ece == pytest.approx((0.1 + 0.2) / 2)
    assert reliability(np.linspace(0, 1, 150), np.zeros(150, dtype=bool)).counts.tolist() == [10] * 15


def test_equal_chances_are_not_split_by_the_order_of_the_hits() -> None:
    labels = np.arange(3000) < 900  # all true links first
    assert reliability(np.full(3000, 0.3), labels).ece < 0.05


def test_brier_and_base_rate_by_hand() -> None:
    found = assess([np.array([0.9, 0.1, 0.2, 0.8])], np.array([True, False, False, False]))
    assert found.brier == pytest.approx((0.01 + 0.01 + 0.04 + 0.64) / 4)
    assert found.base_brier == pytest.approx(0.25 * 0.75)
    assert found.skill == pytest.approx(1 - 0.175 / 0.1875)


def test_what_is_drawn_with_its_score_is_found_calibrated() -> None:
    found = measure(*_sample())
    assert found.ece < 0.02
    assert found.skill > 0.1
    assert found.bins.counts.sum() == pytest.approx(found.n_hits, abs=15)


def test_chance_alone_has_no_skill_even_where_a_curve_could_learn_it_by_heart() -> None:
    scores, _, queries = _sample(n_queries=40)
    labels = np.random.default_rng(3).random(len(scores)) < 0.1
    by_heart = isotonic(scores, labels)
    assert assess([by_heart(scores)], labels).skill > 0
    assert measure(scores, labels, queries).skill <= 0


def test_a_query_does_not_teach_its_own_measure() -> None:
    """Labels that go with the query alone cannot be foretold for the other half."""
    rng = np.random.default_rng(5)
    queries = np.repeat(np.arange(60), 20)
    labels = np.repeat(rng.random(60) < 0.5, 20)
    scores = queries * 1.0  # the score names the query
    assert measure(scores - 60, labels, queries).skill < 0.1


def test_only_counted_hits_are_measured() -> None:
    scores, labels, queries = _sample()
    counted = np.arange(len(scores)) % 20 < 5
    assert measure(scores, labels, queries, counted).n_hits == counted.sum()


def test_a_curve_is_level_beyond_what_it_was_fitted_on() -> None:
    curve = Curve(np.array([-2.0, -1.0]), np.array([0.1, 0.4]))
    assert curve(np.array([-50.0, 0.0])).tolist() == [0.1, 0.4]
