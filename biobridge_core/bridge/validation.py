"""Filtered MRR on a fixed sample of validation links: what early stopping looks at."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.bridge.data import Content, scores
from biobridge_core.bridge.model import Bridge
from biobridge_core.kg.splits import Links, Sparse, TrainingView, link_matrix
from biobridge_core.metrics import link_ranks

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph


@dataclass(frozen=True, slots=True)
class Task:
    """Queries of one relation with the links to rank and the tails that do not compete."""

    relation: str
    heads: NDArray[np.int32]  #: (n_queries,) rows
    queries: NDArray[np.integer]  #: (n_links,) into heads
    targets: NDArray[np.integer]  #: (n_links,) place within the tail modality
    filtered: Sparse  #: bool csr (n_queries, n_tails)


def make_task(
    graph: KnowledgeGraph, relation: str, links: Links, true: Links, ancestors: Sparse | None, heads: NDArray[np.int32]
) -> Task:
    """Collect the links of some heads and filter all their true tails, with ``ancestors`` those above them too."""
    tails = graph.rows(graph.relations[relation].tail)
    first, last = int(tails[0]), int(tails[-1]) + 1
    links = links[np.isin(links[:, 0], heads)]
    known = link_matrix(true, graph.n_entities)[heads]  # (n_queries, n_entities)
    if ancestors is not None:
        known = (known + known @ ancestors).astype(bool).tocsr()
    return Task(relation, heads, np.searchsorted(heads, links[:, 0]), links[:, 1] - first, known[:, first:last])


def validation_tasks(
    graph: KnowledgeGraph, view: TrainingView, ancestors: Sparse, *, sample: int, seed: int
) -> list[Task]:
    """A fixed sample of at most ``sample`` queries of every relation that has validation links."""
    tasks = []
    for relation, links in sorted(view.valid.items()):
        heads = np.unique(links[:, 0])
        if len(heads) > sample:
            rng = np.random.default_rng([seed, zlib.crc32(relation.encode())])
            heads = np.sort(rng.choice(heads, sample, replace=False))
        if len(heads):
            true = np.concatenate([view.train[relation], links])
            tasks.append(make_task(graph, relation, links, true, ancestors, heads))
    return tasks


def validate(bridge: Bridge, content: Content, tasks: list[Task]) -> Mapping[str, float]:
    """Filtered MRR of each task, mean per query."""
    result = {}
    for task in tasks:
        ranks = link_ranks(
            scores(bridge, content, task.heads, task.relation), task.queries, task.targets, task.filtered
        )
        counts = np.bincount(task.queries)
        result[task.relation] = float((np.bincount(task.queries, weights=1 / ranks) / counts).mean())
    return result
