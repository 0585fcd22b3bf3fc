"""The bridge that ships, on the links that it was trained without."""

from __future__ import annotations

import json

import numpy as np
import pytest

from biobridge_core.artifacts import read_manifest
from biobridge_core.bridge.data import Content, scores
from biobridge_core.bridge.model import WEIGHTS, Bridge
from biobridge_core.catalogue import Catalogue
from biobridge_core.config import ROOT, Settings
from biobridge_core.evaluate.popularity import Popularity
from biobridge_core.evaluate.protocols import answer, make_tasks, results_of
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.kg.splits import Split, transductive
from biobridge_core.kg.synonyms import same_input_groups, synonym_groups

BUNDLE = Settings().bundle
RESULT = ROOT / "benchmarks" / "results" / "first_bridge.json"
TASKS = ("drug_agonist_of_protein", "drug_inhibits_protein_inverse", "protein_associated_with_disease_inverse")

pytestmark = [
    pytest.mark.bundle,
    pytest.mark.skipif(not (BUNDLE / "bridge" / WEIGHTS).is_file(), reason="the starter bundle is not built"),
]


class _Plain:
    name = "bridge"

    def __init__(self, bridge: Bridge, content: Content) -> None:
        self.bridge, self.content = bridge, content

    def scores(self, heads: np.ndarray, relation: str) -> np.ndarray:
        return scores(self.bridge, self.content, heads, relation)


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    return KnowledgeGraph.load(BUNDLE / "kg")


@pytest.fixture(scope="module")
def split(graph: KnowledgeGraph) -> Split:
    for groups in (synonym_groups(graph), same_input_groups(graph)):  # the first bridge knew equal inputs alone
        split = transductive(graph, groups=groups)
        if split.training.digest == read_manifest(BUNDLE / "bridge", "bridge").inputs["split"]:
            break
    return split


def test_it_was_trained_on_this_split(split: Split) -> None:
    assert read_manifest(BUNDLE / "bridge", "bridge").inputs["split"] == split.training.digest


def test_it_beats_popularity_on_held_out_links_as_the_result_file_says(graph: KnowledgeGraph, split: Split) -> None:
    bridge = Bridge.load(BUNDLE / "bridge")
    content = Content.from_catalogue(graph, Catalogue.load(BUNDLE / "catalogue"))
    popularity = Popularity(graph, split.training)
    stated = json.loads(RESULT.read_text(encoding="utf-8"))
    rows = {row["task"]: row for row in stated["rows"] if row["evidence"] == "all" and not row["merged"]}
    tasks = [task for task in make_tasks(graph, split, merged=False) if task.name in TASKS]
    answers = {scorer.name: answer(tasks, scorer) for scorer in (_Plain(bridge, content), popularity)}
    results = {result.name: result for result in results_of(tasks, answers)}
    assert results.keys() == set(TASKS)
    for name, result in results.items():
        assert result.difference("bridge", "popularity").low > 0, name
        assert result.figure("bridge").mean == pytest.approx(rows[name]["bridge_mrr"], abs=0.005)
        assert result.figure("popularity").mean == pytest.approx(rows[name]["popularity_mrr"], abs=1e-4)


def test_the_result_file_is_of_the_shipped_bridge_and_ahead_on_every_counted_task() -> None:
    stated = json.loads(RESULT.read_text(encoding="utf-8"))
    assert stated["manifest"]["bridge"] == read_manifest(BUNDLE / "bridge").digest
    counted = [row for row in stated["rows"] if row["counts"]]
    assert all(row["bridge_mrr"] > row["popularity_mrr"] for row in counted)
    assert all(row["n_test_links"] >= 200 for row in counted)


def test_it_fits_its_share_of_the_bundle() -> None:
    assert (BUNDLE / "bridge" / WEIGHTS).stat().st_size <= 6_000_000
