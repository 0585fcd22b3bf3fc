"""Figures of the compared scorers, per query, per task and over tasks, each with how sure it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biobridge_core.errors import BioBridgeError
from biobridge_core.metrics import QueryMetrics

ENOUGH_LINKS = 200  #: test links from which a task counts in a mean over tasks
DEGREES = (0, 1, 3, 11, 31, 101)  #: lower ends of the bins of tail degree

_LEVEL = 0.95
_CELLS = 4_000_000


@dataclass(frozen=True, slots=True)
class Hubs:
    """Whether few tails crowd the lists (Radovanović et al. 2010, JMLR 11:2487)."""

    share: float  #: of the tail modality that is ever among a query's ten best
    skewness: float  #: of how often each tail is

    @classmethod
    def of(cls, in_top_10: NDArray[np.integer], n_asked: int) -> Hubs:
        """Count from the number of lists that each tail is in, (n_tails,), over ``n_asked`` queries."""
        if not n_asked or not len(in_top_10):
            return cls(0.0, 0.0)
        centred = in_top_10 - in_top_10.mean()
        spread = float(np.sqrt((centred**2).mean()))
        return cls(float((in_top_10 > 0).mean()), float((centred**3).mean() / spread**3) if spread else 0.0)


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean with its 95 % bootstrap interval over queries."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class TaskResult:
    """One task: the same queries, ranked by every scorer."""

    name: str  #: ``drug → protein``, or the relation's name where relations are apart
    head: str
    tail: str
    relations: tuple[str, ...]
    evidence: str  #: ``all`` or ``experimental``: which test links are counted
    heads: NDArray[np.int32]  #: (n_queries,) rows
    queries: NDArray[np.int64]  #: (n_links,) query of each counted link
    tail_degrees: NDArray[np.int64]  #: (n_links,) training heads of its tail
    metrics: Mapping[str, QueryMetrics]  #: by scorer; arrays (n_queries,)
    ranks: Mapping[str, NDArray[np.float64]]  #: by scorer; (n_links,)
    hubs: Mapping[str, Hubs]  #: by scorer

    @property
    def n_links(self) -> int:
        """Counted test links."""
        return len(self.queries)

    @property
    def n_queries(self) -> int:
        """Queries with at least one counted test link."""
        return len(self.heads)

    @property
    def counts(self) -> bool:
        """Whether it has enough links for a mean over tasks; the others are reported apart."""
        return self.n_links >= ENOUGH_LINKS

    def values(self, scorer: str, metric: str = "mrr") -> NDArray[np.float64]:
        """A metric of every query, (n_queries,)."""
        found: NDArray[np.float64] = getattr(self.metrics[scorer], metric)
        return found

    def figure(self, scorer: str, metric: str = "mrr", *, seed: int = 0) -> Figure:
        """Mean of a metric over the queries."""
        return mean_over([self], scorer, metric, seed=seed)

    def difference(self, first: str, second: str, metric: str = "mrr", *, seed: int = 0) -> Figure:
        """``first`` minus ``second`` on the same queries."""
        return difference_over([self], first, second, metric, seed=seed)

    def by_tail_degree(self, scorer: str) -> dict[str, tuple[int, float]]:
        """Mean reciprocal rank of the links in each bin of tail degree: bin -> (links, mean)."""
        bins = {}
        reciprocal = 1 / self.ranks[scorer]
        for low, high in zip(DEGREES, (*DEGREES[1:], None), strict=True):
            mine = (self.tail_degrees >= low) & (self.tail_degrees < (np.inf if high is None else high))
            name = f"{low}+" if high is None else f"{low}" if high == low + 1 else f"{low}–{high - 1}"
            if mine.any():
                bins[name] = (int(mine.sum()), float(reciprocal[mine].mean()))
        return bins

    def row(self, *, against: str | None = None, seed: int = 0) -> dict[str, object]:
        """Flat figures for a result file; with ``against``, the difference of every scorer from that one."""
        figures: dict[str, object] = {
            "task": self.name,
            "head": self.head,
            "tail": self.tail,
            "relations": list(self.relations),
            "evidence": self.evidence,
            "n_test_links": self.n_links,
            "n_queries": self.n_queries,
            "counts": self.counts,
        }
        for scorer, metrics in self.metrics.items():
            figures |= {f"{scorer}_{name}": round(value, 5) for name, value in metrics.means().items()}
            spread = self.figure(scorer, seed=seed)
            figures |= {f"{scorer}_mrr_low": round(spread.low, 5), f"{scorer}_mrr_high": round(spread.high, 5)}
            figures |= {f"{scorer}_hub_share": round(self.hubs[scorer].share, 5)}
            figures |= {f"{scorer}_hub_skewness": round(self.hubs[scorer].skewness, 3)}
            if against is not None and scorer != against:
                gap = self.difference(scorer, against, seed=seed)
                figures |= {f"{scorer}_minus_{against}_low": round(gap.low, 5)}
                figures |= {f"{scorer}_minus_{against}_high": round(gap.high, 5)}
        return figures


def headline(results: Sequence[TaskResult]) -> list[TaskResult]:
    """One result for each task that counts: with experimental evidence where it can be told, else with all."""
    told = {result.name for result in results if result.evidence == "experimental"}
    return [r for r in results if r.counts and (r.evidence == "experimental" or r.name not in told)]


@dataclass(frozen=True)
class Means:
    """Means over tasks of several scorers on the same draws, so that any two of them can be compared."""

    names: tuple[str, ...]
    exact: NDArray[np.float64]  #: (n_scorers,)
    drawn: NDArray[np.float64]  #: (n_scorers, resamples)

    def figure(self, scorer: str) -> Figure:
        """Mean of one scorer."""
        return _figure(self.exact[self._at(scorer)], self.drawn[self._at(scorer)])

    def difference(self, first: str, second: str) -> Figure:
        """``first`` minus ``second``, paired by query."""
        a, b = self._at(first), self._at(second)
        return _figure(self.exact[a] - self.exact[b], self.drawn[a] - self.drawn[b])

    def ratio(self, first: str, second: str) -> Figure:
        """``first`` divided by ``second``, paired by query."""
        a, b = self._at(first), self._at(second)
        return _figure(self.exact[a] / self.exact[b], self.drawn[a] / self.drawn[b])

    def _at(self, scorer: str) -> list[int]:
        return [self.names.index(scorer)]


def means_over(results: Sequence[TaskResult], scorers: Sequence[str], metric: str = "mrr", *, seed: int = 0) -> Means:
    """Means over tasks of the means over queries, every task with the same weight, all scorers resampled together.

    Raises
    ------
    BioBridgeError
        If there is no task.
    """
    names = tuple(scorers)
    return Means(names, _means(results, names, metric), _resampled(results, names, metric, seed))


def mean_over(results: Sequence[TaskResult], scorer: str, metric: str = "mrr", *, seed: int = 0) -> Figure:
    """Mean over tasks of the means over queries, every task with the same weight.

    Raises
    ------
    BioBridgeError
        If there is no task.
    """
    return _figure(_means(results, [scorer], metric), _resampled(results, [scorer], metric, seed))


def difference_over(
    results: Sequence[TaskResult], first: str, second: str, metric: str = "mrr", *, seed: int = 0
) -> Figure:
    """Mean over tasks of ``first`` minus ``second``, paired by query."""
    exact, drawn = (
        _means(results, [first, second], metric),
        _resampled(results, [first, second], metric, seed),
    )
    return _figure(exact[:1] - exact[1:], drawn[:1] - drawn[1:])


def ratio_over(results: Sequence[TaskResult], first: str, second: str, metric: str = "mrr", *, seed: int = 0) -> Figure:
    """Mean over tasks of ``first``, divided by that of ``second``, paired by query."""
    exact, drawn = _means(results, [first, second], metric), _resampled(results, [first, second], metric, seed)
    return _figure(exact[:1] / exact[1:], drawn[:1] / drawn[1:])


def _figure(exact: NDArray[np.float64], drawn: NDArray[np.float64]) -> Figure:
    low, high = np.quantile(drawn[0], [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return Figure(float(exact[0]), float(low), float(high))


def _means(results: Sequence[TaskResult], scorers: Sequence[str], metric: str) -> NDArray[np.float64]:
    """Mean over tasks by scorer; (n_scorers,)."""
    if not results:
        raise BioBridgeError("There is no task to average over.", "Use a split with more held-out links.")
    return np.array([np.mean([r.values(scorer, metric).mean() for r in results]) for scorer in scorers])


def _resampled(
    results: Sequence[TaskResult], scorers: Sequence[str], metric: str, seed: int, resamples: int = 1000
) -> NDArray[np.float64]:
    """The same with the queries of each task drawn again with replacement; (n_scorers, resamples).

    All scorers see the same draw, and a task the same one whatever it is compared with.
    """
    total = np.zeros((len(scorers), resamples))
    for result in results:
        values = np.stack([result.values(scorer, metric) for scorer in scorers])  # (n_scorers, n_queries)
        n = values.shape[1]
        rng = np.random.default_rng([seed, n])
        step = max(1, _CELLS // n)
        for start in range(0, resamples, step):
            drawn = rng.integers(0, n, size=(min(step, resamples - start), n))
            total[:, start : start + step] += values[:, drawn].mean(axis=2)
    return np.asarray(total / len(results))
