"""The bridge that ships, on the links that it was trained without."""

from __future__ import annotations

import numpy as np
import pytest

from biobridge_core.artifacts import read_manifest
from biobridge_core.bridge.data import Content, scores
from biobridge_core.bridge.memory_files import load_memory
from biobridge_core.bridge.model import WEIGHTS, Bridge
from biobridge_core.bridge.reader import Reader
from biobridge_core.bridge.reading import Reading
from biobridge_core.bridge.validation import make_task
from biobridge_core.catalogue import Catalogue
from biobridge_core.config import Settings
from biobridge_core.evaluate.popularity import Popularity
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.kg.shipped_split import shipped
from biobridge_core.kg.splits import Split, ancestor_matrix
from biobridge_core.metrics import link_ranks

BUNDLE = Settings().bundle
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
    options = read_manifest(BUNDLE / "bridge", "bridge").meta["options"]
    assert isinstance(options, dict)
    return shipped(graph, seed=options["seed"], links=options["held_out"], entities=options["held_out_entities"])


def test_it_was_trained_on_this_split(split: Split) -> None:
    assert read_manifest(BUNDLE / "bridge", "bridge").inputs["split"] == split.training.digest


def test_memory_beside_the_bridge_beats_it_alone_and_popularity_on_held_out_links(
    graph: KnowledgeGraph, split: Split
) -> None:
    bridge, view = Bridge.load(BUNDLE / "bridge"), split.training
    content = Content.from_catalogue(graph, Catalogue.load(BUNDLE / "catalogue"))
    memory = load_memory(BUNDLE / "bridge", graph, content)
    reader, ancestors = Reader(bridge, content, memory, Reading.load(BUNDLE / "bridge")), ancestor_matrix(graph)
    popularity = Popularity(graph, view)
    for name in TASKS:
        assert memory.adjacent(name).nnz == len(view.train[name])  # the links that it is tested on are not in it
        links = view.valid[name]
        links = links[split.cold[links].max(axis=1) == 0]
        heads = np.unique(links[:, 0])[::3][:100]
        task = make_task(graph, name, links, np.concatenate([view.train[name], view.valid[name]]), ancestors, heads)
        found = []
        for given in (
            reader.scores(heads, name), scores(bridge, content, heads, name), popularity.scores(heads, name),
        ):  # fmt: skip
            found.append(float((1 / link_ranks(given, task.queries, task.targets, task.filtered)).mean()))
        assert found[0] > found[1] > found[2], (name, found)


def test_it_fits_its_share_of_the_bundle() -> None:
    assert (BUNDLE / "bridge" / WEIGHTS).stat().st_size <= 6_000_000
