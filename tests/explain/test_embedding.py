from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from memories import tiny_graph
from scipy.stats import spearmanr

from biobridge_core.bundle import OPTIONAL
from biobridge_core.config import Settings
from biobridge_core.errors import ArtifactError
from biobridge_core.evaluate.embedding_stage import build_embedding
from biobridge_core.evaluate.kge_train import KGEOptions
from biobridge_core.explain.embedding import STAGE, GraphEmbedding
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.kg.shipped_split import shipped

TEXTS = {"gene": [f"gene {i}" for i in range(30)], "trait": [f"trait {i}" for i in range(20)]}
# ten groups of three genes, each with two traits of its own
HAS = [(gene, trait) for gene in range(30) for trait in (2 * (gene // 3), 2 * (gene // 3) + 1)]
OPTIONS = KGEOptions(model="TransE", width=8, steps=60, validate_every=30, validation_sample=20, bfloat16=False)


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    return tiny_graph(TEXTS, {"has": HAS})


@pytest.fixture(scope="module")
def built(graph: KnowledgeGraph, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(build=tmp_path_factory.mktemp("build"))
    graph.save(settings.build / "kg")
    build_embedding(settings, options=OPTIONS)
    return settings


def test_the_stage_writes_what_the_bundle_takes_along(built: Settings, graph: KnowledgeGraph) -> None:
    assert STAGE in OPTIONAL
    found = GraphEmbedding.of_bundle(built.build, graph)
    assert found is not None
    assert found.has("has")
    assert found.has("has_inverse")
    assert GraphEmbedding.of_bundle(built.build / "nowhere", graph) is None


def test_it_learned_the_links_it_was_trained_on_and_no_others(built: Settings, graph: KnowledgeGraph) -> None:
    found = GraphEmbedding.load(built.build / STAGE, graph)
    train = shipped(graph).training.train["has"]
    first = int(graph.rows("trait")[0])
    ranks = []
    for head, tail in train:
        scores = found.scores(int(head), "has")
        ranks.append(int((scores > scores[tail - first]).sum()))
    assert np.mean(ranks) < 4  # of 20; by chance 9.5
    seen = set(np.concatenate([links.ravel() for links in shipped(graph).training.train.values()]).tolist())
    assert {row for row in range(graph.n_entities) if found.knows(row)} == seen


def test_eight_bits_keep_the_order() -> None:
    graph = tiny_graph(TEXTS, {"has": HAS})
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(graph.n_entities, 64)).astype(np.float32)
    moved = {"has": rng.normal(size=64).astype(np.float32)}
    small = GraphEmbedding.compress(graph, vectors, moved, np.ones(graph.n_entities, dtype=bool))
    tails = vectors[graph.rows("trait")]
    exact = -np.square(vectors[3] + moved["has"] - tails).sum(axis=1)
    assert spearmanr(small.scores(3, "has"), exact).statistic > 0.99


def test_another_graph_and_a_damaged_file_are_refused(built: Settings, graph: KnowledgeGraph, tmp_path: Path) -> None:
    other = tiny_graph(TEXTS, {"has": HAS[:-1]})
    with pytest.raises(ArtifactError, match="another graph"):
        GraphEmbedding.load(built.build / STAGE, other)
    folder = tmp_path / STAGE
    GraphEmbedding.load(built.build / STAGE, graph).save(folder, meta={})
    path = folder / "embedding.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ArtifactError, match="damaged"):
        GraphEmbedding.load(folder, graph)
    with pytest.raises(ArtifactError, match="cannot be read"):
        GraphEmbedding.load(folder, graph, verify=False)


def test_torch_is_not_needed_to_score(built: Settings, graph: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("torch was asked")

    monkeypatch.setattr(torch, "tensor", refuse)
    monkeypatch.setattr(torch, "from_numpy", refuse)
    assert GraphEmbedding.load(built.build / STAGE, graph).scores(0, "has").shape == (20,)
