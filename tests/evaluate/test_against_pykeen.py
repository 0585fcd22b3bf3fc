"""Our filtered, tie-aware figures against PyKEEN's evaluators on the same scores and triples.

PyKEEN works its filter out from the triples itself, so the filter is checked with the ranks.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from pykeen.evaluation import MacroRankBasedEvaluator, RankBasedEvaluator

from biobridge_core.evaluate.popularity import Popularity
from biobridge_core.evaluate.protocols import answer, make_tasks, results_of
from biobridge_core.evaluate.scorer import Scorer
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.kg.splits import Split, transductive

RELATIONS = ("drug_in_therapeutic_class", "protein_associated_with_disease")


class Coarse:
    """Random scores on a grid of a few values, so that many are equal."""

    def __init__(self, graph: KnowledgeGraph, values: int) -> None:
        self.graph, self.values, self.name = graph, values, f"random on {values} values"

    def scores(self, heads: np.ndarray, relation: str) -> np.ndarray:
        n = len(self.graph.rows(self.graph.relations[relation].tail))
        return np.stack([np.random.default_rng(int(h)).integers(self.values, size=n) for h in heads]).astype(np.float32)


@pytest.fixture(scope="module")
def graph(bundle_folder: Path) -> KnowledgeGraph:
    return KnowledgeGraph.load(bundle_folder / "kg")


@pytest.fixture(scope="module")
def split(graph: KnowledgeGraph) -> Split:
    return transductive(graph)


def _by_pykeen(
    graph: KnowledgeGraph, split: Split, scorer: Scorer, relation: str, heads: np.ndarray, macro: bool
) -> dict[str, float]:
    """Follows pykeen.evaluation.evaluator._evaluate_batch, with scores in place of a model."""
    from pykeen.constants import TARGET_TO_INDEX
    from pykeen.evaluation.evaluator import create_sparse_positive_filter_, filter_scores_

    tails = graph.rows(graph.relations[relation].tail)
    first = int(tails[0])

    def triples(links: np.ndarray) -> torch.Tensor:
        mine = links[np.isin(links[:, 0], heads)].astype(np.int64)
        return torch.from_numpy(np.stack([mine[:, 0], np.zeros(len(mine), np.int64), mine[:, 1] - first], axis=1))

    view = split.training
    test = triples(split.open_for_evaluation()[relation])
    known = torch.cat([test, triples(view.train[relation]), triples(view.valid[relation])])
    kind = MacroRankBasedEvaluator if macro else RankBasedEvaluator
    evaluator = kind(filtered=True)
    column = TARGET_TO_INDEX["tail"]
    for batch in test.split(256):
        scores = torch.tensor(scorer.scores(batch[:, 0].numpy().astype(np.int32), relation))
        true = scores[torch.arange(len(batch)), batch[:, column]]
        positives, _ = create_sparse_positive_filter_(batch, known, filter_col=column)
        scores = filter_scores_(scores, positives)
        scores[torch.arange(len(batch)), batch[:, column]] = true
        evaluator.process_scores_(batch, "tail", scores, true[:, None])
    evaluator.num_entities = len(tails)
    found = evaluator.finalize()
    names = {
        "mrr": "inverse_harmonic_mean_rank",
        "hits_at_1": "hits_at_1",
        "hits_at_3": "hits_at_3",
        "hits_at_10": "hits_at_10",
    }
    return {ours: found.get_metric(f"tail.realistic.{theirs}") for ours, theirs in names.items()}


@pytest.mark.bundle
@pytest.mark.parametrize("relation", RELATIONS)
@pytest.mark.parametrize("kind", ["popularity", "coarse", "fine"])
def test_the_same_scores_give_the_same_figures(graph: KnowledgeGraph, split: Split, relation: str, kind: str) -> None:
    scorer = (
        Popularity(graph, split.training)
        if kind == "popularity"
        else Coarse(graph, 7 if kind == "coarse" else 1_000_000)
    )
    tasks = make_tasks(graph, split, merged=False, filter_ancestors=False, sample=0.25)
    tasks = [task for task in tasks if task.name == relation]
    (result,) = results_of(tasks, {"it": answer(tasks, scorer)})
    theirs = _by_pykeen(graph, split, scorer, relation, result.heads, macro=True)
    ours = result.metrics["it"].means()
    for name, value in theirs.items():
        assert ours[name] == pytest.approx(value, rel=1e-6), name
    per_link = _by_pykeen(graph, split, scorer, relation, result.heads, macro=False)
    ranks = result.ranks["it"]
    assert (1 / ranks).mean() == pytest.approx(per_link["mrr"], rel=1e-6)
    assert (ranks <= 10).mean() == pytest.approx(per_link["hits_at_10"], rel=1e-6)
    assert 0 < ours["mrr"] < 1
