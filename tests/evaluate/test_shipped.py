"""The bridge that ships, on the links that it was trained without."""

from __future__ import annotations

import json

import pytest

from biobridge_core.artifacts import read_manifest
from biobridge_core.bridge.data import Content
from biobridge_core.bridge.model import WEIGHTS, Bridge
from biobridge_core.catalogue import Catalogue
from biobridge_core.config import ROOT, Settings
from biobridge_core.evaluate.protocols import Transductive
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.kg.splits import Split, transductive

BUNDLE = Settings().bundle
RESULT = ROOT / "benchmarks" / "results" / "first_bridge.json"
TASKS = ("drug_agonist_of_protein", "drug_inhibits_protein_inverse", "protein_associated_with_disease_inverse")

pytestmark = [
    pytest.mark.bundle,
    pytest.mark.skipif(not (BUNDLE / "bridge" / WEIGHTS).is_file(), reason="the starter bundle is not built"),
]


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    return KnowledgeGraph.load(BUNDLE / "kg")


@pytest.fixture(scope="module")
def split(graph: KnowledgeGraph) -> Split:
    return transductive(graph)


def test_it_was_trained_on_this_split(split: Split) -> None:
    assert read_manifest(BUNDLE / "bridge", "bridge").inputs["split"] == split.training.digest


def test_it_beats_popularity_on_held_out_links_as_the_result_file_says(graph: KnowledgeGraph, split: Split) -> None:
    bridge = Bridge.load(BUNDLE / "bridge")
    protocol = Transductive(graph, Content.from_catalogue(graph, Catalogue.load(BUNDLE / "catalogue")), split)
    stated = json.loads(RESULT.read_text(encoding="utf-8"))
    rows = {row["task"]: row for row in stated["rows"] if row["evidence"] == "all" and not row["merged"]}
    for name in TASKS:
        result = protocol.evaluate(bridge, (name,))
        assert result is not None
        row = result.row()
        assert float(str(row["mrr_difference_low"])) > 0, name
        assert row["bridge_mrr"] == pytest.approx(rows[name]["bridge_mrr"], abs=0.005)
        assert row["popularity_mrr"] == pytest.approx(rows[name]["popularity_mrr"], abs=1e-4)


def test_the_result_file_is_of_the_shipped_bridge_and_ahead_on_every_counted_task() -> None:
    stated = json.loads(RESULT.read_text(encoding="utf-8"))
    assert stated["manifest"]["bridge"] == read_manifest(BUNDLE / "bridge").digest
    counted = [row for row in stated["rows"] if row["counts"]]
    assert all(row["bridge_mrr"] > row["popularity_mrr"] for row in counted)
    assert all(row["n_test_links"] >= 200 for row in counted)


def test_it_fits_its_share_of_the_bundle() -> None:
    assert (BUNDLE / "bridge" / WEIGHTS).stat().st_size <= 6_000_000
