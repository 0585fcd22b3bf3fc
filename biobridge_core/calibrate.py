"""From a score to a chance: isotonic or beta calibration, measured on queries that it was not fitted on.

A fitted curve is a table of scores and chances whatever it was fitted with, so that it is stored and read as numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

N_BINS = 15
_LEAST = 20  # hits that an isotonic curve takes together, about
_KNOTS = 64  # points of the table of a beta curve
_RIDGE = 1e-3  # pull of the beta fit towards even weights, in hits

_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """A chance for every score: straight lines between ``scores`` (ascending, float64 (n,)), level beyond them."""

    scores: _Floats
    chances: _Floats
    method: str = "isotonic"

    def __call__(self, scores: NDArray[np.floating]) -> _Floats:
        """Chances of scores of any shape."""
        return np.asarray(np.interp(scores, self.scores, self.chances), dtype=np.float64)


@dataclass(frozen=True)
class Bins:
    """A reliability curve: mean predicted chance, observed share and number of hits of each bin; arrays (n_bins,)."""

    predicted: _Floats
    observed: _Floats
    counts: NDArray[np.int64]

    @property
    def ece(self) -> float:
        """Expected calibration error: mean gap between predicted and observed, weighted by hits (Naeini et al. 2015,
        doi:10.1609/aaai.v29i1.9602)."""
        return float(np.sum(self.counts * np.abs(self.predicted - self.observed)) / max(1, self.counts.sum()))


@dataclass(frozen=True)
class Measured:
    """How well a calibration holds on queries that it did not see; means over all ways the queries were halved."""

    ece: float
    brier: float
    base_brier: float  #: of a constant chance, the share of true links among these very hits
    base_rate: float
    n_hits: int
    bins: Bins  #: over all halvings together, each hit counted once

    @property
    def skill(self) -> float:
        """Share of the base rate's Brier score that is taken away; 0 is no better than it."""
        return 1 - self.brier / self.base_brier if self.base_brier > 0 else 0.0


def isotonic(scores: NDArray[np.floating], labels: NDArray[np.bool_]) -> Curve:
    """Fit a chance that never falls with the score (Zadrozny & Elkan 2002, doi:10.1145/775047.775151).

    Neighbouring hits are taken together by twenty, so that no lucky few at an end make a level; each level reaches from
    its lowest to its highest hit, with half a hit and half a miss added (Jeffreys), so that no chance is 0 or 1; from
    one level to the next the chance goes straight.

    Parameters
    ----------
    scores, labels
        (n,) of at least one hit.
    """
    from scipy.optimize import isotonic_regression

    order = np.argsort(scores, kind="stable")
    at, hit = np.asarray(scores, dtype=np.float64)[order], labels[order].astype(np.float64)
    starts = _together(at)
    counts = np.diff(np.append(starts, len(at))).astype(np.float64)
    found = np.add.reduceat(hit, starts)
    edges = isotonic_regression(found / counts, weights=counts).blocks
    n, k = np.add.reduceat(counts, edges[:-1]), np.add.reduceat(found, edges[:-1])
    levels = np.append(starts[edges[:-1]], len(at))
    ends = np.stack([at[levels[:-1]], at[levels[1:] - 1]], axis=1)  # (n_levels, 2)
    chances = np.repeat(np.maximum.accumulate((k + 0.5) / (n + 1)), 2)
    knots, first = np.unique(ends.ravel(), return_index=True)
    return Curve(knots, chances[first], "isotonic")


def _together(ascending: _Floats) -> NDArray[np.int64]:
    """Where groups of about twenty hits begin; equal scores are never parted, and what is left joins the last."""
    starts = np.flatnonzero(np.diff(ascending, prepend=-np.inf) > 0)  # of each distinct score
    group = np.minimum(starts // _LEAST, max(len(ascending) // _LEAST - 1, 0))
    return np.asarray(starts[np.diff(group, prepend=-1) > 0], dtype=np.int64)


def beta(scores: NDArray[np.floating], labels: NDArray[np.bool_]) -> Curve:
    """Beta calibration of log-probabilities: logit = a ln p − b ln(1 − p) + c with a, b ≥ 0 (Kull et al. 2017,
    https://proceedings.mlr.press/v54/kull17a.html), as a table.

    Parameters
    ----------
    scores, labels
        (n,) natural logs of a probability, and whether the link is there.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    features = _beta_features(scores)
    hit = np.asarray(labels, dtype=np.float64)

    def loss(weights: _Floats) -> tuple[float, _Floats]:
        logits = features @ weights
        slope = features.T @ (expit(logits) - hit)
        pull = _RIDGE * weights
        return float(np.logaddexp(0, logits).sum() - hit @ logits + 0.5 * pull @ weights), slope + pull

    start = np.array([1.0, 0.0, 0.0])
    bounds = [(0, None), (0, None), (None, None)]
    weights = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    knots = np.unique(np.quantile(np.asarray(scores, dtype=np.float64), np.linspace(0, 1, _KNOTS)))
    return Curve(knots, np.asarray(expit(_beta_features(knots) @ weights)), "beta")


METHODS: dict[str, Callable[[NDArray[np.floating], NDArray[np.bool_]], Curve]] = {"isotonic": isotonic, "beta": beta}


def fit(
    scores: NDArray[np.floating], labels: NDArray[np.bool_], queries: NDArray[np.integer], *, seed: int = 0
) -> Curve:
    """Fit with the method that has the lower Brier score on the other half of the queries, on all of them.

    Parameters
    ----------
    scores, labels, queries
        (n,) of every hit: its score, whether the graph holds the link, and which query it answers.
    """
    if not labels.any() or len(np.unique(queries)) < 2:
        return beta(scores, labels)
    errors = {}
    for name, method in METHODS.items():
        chances = _across(scores, labels, queries, method, seed=seed)
        errors[name] = float(np.mean((chances - labels) ** 2))
    return METHODS[min(errors, key=lambda name: errors[name])](scores, labels)


def measure(
    scores: NDArray[np.floating],
    labels: NDArray[np.bool_],
    queries: NDArray[np.integer],
    counted: NDArray[np.bool_] | None = None,
    *,
    repeats: int = 5,
    seed: int = 0,
) -> Measured:
    """Fit on each half of the queries and measure on the other; the method, too, is chosen without the other half.

    Parameters
    ----------
    scores, labels, queries
        See `fit`; at least two queries.
    counted
        Which hits (n,) are measured; all by default.
    repeats
        How often the queries are halved anew: one halving of few queries says little.
    """
    shown = np.ones(len(scores), dtype=bool) if counted is None else counted

    def choosing(s: NDArray[np.floating], y: NDArray[np.bool_], q: NDArray[np.integer]) -> Curve:
        return fit(s, y, q, seed=seed + 1)

    ways = [_across(scores, labels, queries, choosing, seed=seed + i, with_queries=True)[shown] for i in range(repeats)]
    return assess(ways, labels[shown], seed=seed)


def assess(ways: Sequence[_Floats], labels: NDArray[np.bool_], *, seed: int = 0) -> Measured:
    """Compare chances (n,) that were predicted in one or several ways with what is there (n,)."""
    rate = float(labels.mean())
    together = reliability(np.concatenate(ways), np.tile(labels, len(ways)), seed=seed)
    return Measured(
        ece=float(np.mean([reliability(chances, labels, seed=seed).ece for chances in ways])),
        brier=float(np.mean([np.mean((chances - labels) ** 2) for chances in ways])),
        base_brier=rate * (1 - rate),
        base_rate=rate,
        n_hits=len(labels),
        bins=Bins(together.predicted, together.observed, np.round(together.counts / len(ways)).astype(np.int64)),
    )


def reliability(chances: _Floats, labels: NDArray[np.bool_], n_bins: int = N_BINS, *, seed: int = 0) -> Bins:
    """Bins of equal numbers of hits, from the lowest chance to the highest; equal chances fall at random."""
    order = np.lexsort((np.random.default_rng(seed).random(len(chances)), chances))
    parts = [part for part in np.array_split(order, n_bins) if len(part)]
    return Bins(
        np.array([chances[part].mean() for part in parts]),
        np.array([labels[part].mean() for part in parts]),
        np.array([len(part) for part in parts], dtype=np.int64),
    )


def halves(queries: NDArray[np.integer], *, seed: int = 0) -> NDArray[np.bool_]:
    """Which half each hit belongs to, (n,): all hits of a query in one, the queries drawn at random."""
    names, place = np.unique(queries, return_inverse=True)
    half = np.zeros(len(names), dtype=bool)
    half[np.random.default_rng(seed).permutation(len(names))[: len(names) // 2]] = True
    return np.asarray(half[place])


def _across(
    scores: NDArray[np.floating],
    labels: NDArray[np.bool_],
    queries: NDArray[np.integer],
    method: Callable[..., Curve],
    *,
    seed: int,
    with_queries: bool = False,
) -> _Floats:
    """Chance of each hit by the curve of the other half of the queries, (n,)."""
    first = halves(queries, seed=seed)
    chances = np.empty(len(scores), dtype=np.float64)
    for mine in (first, ~first):
        given: list[NDArray[Any]] = [scores[~mine], labels[~mine]] + ([queries[~mine]] if with_queries else [])
        chances[mine] = method(*given)(scores[mine])
    return chances


def _beta_features(scores: NDArray[np.floating]) -> _Floats:
    logs = np.minimum(np.asarray(scores, dtype=np.float64), -1e-6)
    return np.stack([logs, -np.log(-np.expm1(logs)), np.ones_like(logs)], axis=1)
