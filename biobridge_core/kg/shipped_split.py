"""What the shipped bridge is trained without: some links of every relation, and some entities with all their links.

Calibration looks at both, for known and for unseen queries apart. There is no test part: figures come from bridges
that were trained on the evaluation splits.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

from biobridge_core.errors import GraphError
from biobridge_core.kg.hierarchy import Links
from biobridge_core.kg.split import VALID_COLD, Split
from biobridge_core.kg.splits import transductive
from biobridge_core.kg.synonyms import synonym_groups

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph


def shipped(graph: KnowledgeGraph, *, seed: int = 0, links: float = 0.05, entities: float = 0.05) -> Split:
    """Hold out a share of the links and a share of the entities of every modality.

    Parameters
    ----------
    links
        Share of the pairs of each relation.
    entities
        Share of the entities of each modality, synonyms together.

    Returns
    -------
    Split
        Its validation part has the held-out links and those of the held-out entities, which `Split.cold` marks.

    Raises
    ------
    GraphError
        If no relation between modalities has a link, or nothing is left to train on.
    """
    groups = synonym_groups(graph)
    drawn = transductive(graph, seed=seed, valid=links, test=0.0, groups=groups)
    cold = np.zeros(graph.n_entities, dtype=np.int8)
    for modality in graph.modalities:
        rows = graph.rows(modality)
        names = np.unique(groups[rows])
        rng = np.random.default_rng([seed, zlib.crc32(modality.encode()), 1])
        taken = rng.choice(names, round(entities * len(names)), replace=False)
        cold[rows[np.isin(groups[rows], taken)]] = VALID_COLD
    train: dict[str, Links] = {}
    valid: dict[str, Links] = {}
    for name, pairs in drawn.training.train.items():
        ends = (cold[pairs] > 0).any(axis=1)
        train[name] = pairs[~ends]
        if not graph.relations[name].hierarchical:
            valid[name] = np.concatenate([drawn.training.valid[name], pairs[ends]])
    if not any(len(pairs) for pairs in train.values()):
        raise GraphError("No link is left to train on.", "Hold out less.")
    return Split(graph, train, valid, {}, groups=groups, seed=seed, cold=cold)
