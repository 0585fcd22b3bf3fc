"""Signs of a training that went wrong: queries that fall together, and links that are known by heart alone."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from biobridge_core.bridge.data import Content
from biobridge_core.bridge.model import Bridge
from biobridge_core.bridge.validation import make_task, validate, validation_tasks
from biobridge_core.kg.hierarchy import ancestor_matrix

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph
    from biobridge_core.kg.split import TrainingView


def signs(
    graph: KnowledgeGraph, content: Content, view: TrainingView, bridge: Bridge, *, sample: int = 100, seed: int = 0
) -> dict[str, float]:
    """Mean pairwise cosine of queries, and MRR on training links beside that on validation links.

    Means over the relations that have validation links, each from at most ``sample`` heads. Near 1 the cosine says that
    all queries ask the same; a training MRR far above the other says that links were learnt by heart.
    """
    ancestors = ancestor_matrix(graph)
    valid = validation_tasks(graph, view, ancestors, sample=sample, seed=seed)
    valid = [task for task in valid if task.relation in bridge.config.relations]
    train, cosines = [], []
    for task in valid:
        links = view.train[task.relation]
        heads = np.unique(links[:, 0])
        if len(heads) > sample:
            rng = np.random.default_rng([seed, zlib.crc32(task.relation.encode())])
            heads = np.sort(rng.choice(heads, sample, replace=False))
        if not len(heads):
            continue
        true = np.concatenate([links, view.valid[task.relation]])
        train.append(make_task(graph, task.relation, links, true, ancestors, heads.astype(np.int32)))
        cosines.append(_pairwise(bridge, content, heads.astype(np.int32), task.relation))
    return {
        "mean_pairwise_cosine_of_queries": round(float(np.nanmean(cosines)), 4),
        "training_mrr": round(float(np.mean(list(validate(bridge, content, train).values()))), 4),
        "validation_mrr_same_measure": round(float(np.mean(list(validate(bridge, content, valid).values()))), 4),
    }


@torch.no_grad()
def _pairwise(bridge: Bridge, content: Content, heads: NDArray[np.int32], relation: str) -> float:
    """Mean cosine of two different queries."""
    modality = bridge.config.relations[relation][0]
    queries = torch.nn.functional.normalize(bridge.query(content.embed(bridge, heads, modality), relation), dim=-1)
    n = len(queries)
    return float((queries.sum(dim=0).square().sum() - n) / (n * (n - 1))) if n > 1 else float("nan")
