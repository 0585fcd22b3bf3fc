"""Filtered MRR on validation links: what rivals are tuned and stopped by. Test links cannot get here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from biobridge_core.bridge.validation import Task, validation_tasks
from biobridge_core.kg.splits import Sparse, TrainingView
from biobridge_core.metrics import link_ranks

if TYPE_CHECKING:
    from biobridge_core.evaluate.scorer import Scorer
    from biobridge_core.kg.graph import KnowledgeGraph

_ENOUGH = 100  #: validation links of an ordered pair of modalities that count for the mean


class Validation:
    """A fixed sample of validation queries of every relation between modalities.

    Parameters
    ----------
    ancestors
        See `ancestor_matrix`: ancestors of true tails do not compete.
    sample
        Most queries of a relation.
    """

    def __init__(
        self, graph: KnowledgeGraph, view: TrainingView, ancestors: Sparse, *, sample: int = 150, seed: int = 0
    ) -> None:
        self._graph = graph
        self._sizes = {name: len(links) for name, links in view.valid.items()}
        self.tasks: list[Task] = validation_tasks(graph, view, ancestors, sample=sample, seed=seed)

    def by_relation(self, scorer: Scorer) -> dict[str, float]:
        """Filtered MRR of each relation, mean per query."""
        result = {}
        for task in self.tasks:
            ranks = link_ranks(scorer.scores(task.heads, task.relation), task.queries, task.targets, task.filtered)
            counts = np.bincount(task.queries)
            result[task.relation] = float((np.bincount(task.queries, weights=1 / ranks) / counts).mean())
        return result

    def mean(self, by_relation: Mapping[str, float]) -> float:
        """Mean over ordered pairs of modalities, as the headline counts them.

        Relations of one pair weigh by their validation links. Pairs with fewer than 100 links are left out where others
        have more: their mean is chance.
        """
        pairs: dict[tuple[str, str], list[tuple[float, int]]] = {}
        for name, value in by_relation.items():
            relation = self._graph.relations[name]
            pairs.setdefault((relation.head, relation.tail), []).append((value, self._sizes[name]))
        sums = [(sum(v * n for v, n in members), sum(n for _, n in members)) for members in pairs.values()]
        enough = [total / n for total, n in sums if n >= _ENOUGH] or [total / n for total, n in sums]
        return float(np.mean(enough)) if enough else 0.0

    def mrr(self, scorer: Scorer) -> float:
        """`mean` of `by_relation`."""
        return self.mean(self.by_relation(scorer))
