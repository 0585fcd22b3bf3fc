"""The bridge as a scorer: trained once and kept, read with and without the memory."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from memories import links_of, tiny_graph

from biobridge_core.bridge.data import Content, scores
from biobridge_core.bridge.model import Bridge, BridgeConfig
from biobridge_core.bridge.reading import READING
from biobridge_core.bridge.train import TrainOptions
from biobridge_core.errors import ArtifactError
from biobridge_core.evaluate.bridges import ContentScorer, memory_scorer, trained_bridge
from biobridge_core.evaluate.protocols import evaluate
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.kg.split import Split
from biobridge_core.kg.splits import transductive
from biobridge_core.types import InputKind

OPTIONS = TrainOptions(width=16, layers=1, heads=2, steps=6, batch=20, validate_every=3, checkpoint_every=3)
N = 40


@pytest.fixture(scope="module")
def parts() -> tuple[KnowledgeGraph, Content, Split]:
    """Genes in clusters of four, with traits and words of the cluster in common."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    has = sorted({(i, (i // 4) * 4 + int(j)) for i in range(N) for j in rng.choice(4, 3, replace=False)})
    texts = {m: [f"{m} c{i // 4} number{i}" for i in range(N)] for m in ("gene", "trait")}
    graph = tiny_graph(texts, {"has": has}, ("has",))
    rows = np.arange(graph.n_entities, dtype=np.int32)
    centres = rng.normal(size=(N // 4, 8))
    vectors = np.concatenate([np.repeat(centres, 4, axis=0)] * 2) + 0.1 * rng.normal(size=(2 * N, 8))
    content = Content(graph, {InputKind.TEXT: vectors.astype(np.float32)}, {InputKind.TEXT: rows})
    return graph, content, transductive(graph, groups=np.arange(graph.n_entities))


def test_a_bridge_is_trained_once_and_again_only_for_other_data_or_options(
    parts: tuple[KnowledgeGraph, Content, Split], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    graph, content, split = parts

    def train(options: TrainOptions = OPTIONS, data: str = "a") -> torch.Tensor:
        bridge = trained_bridge(graph, content, split.training, options, tmp_path, data=data)
        return bridge.relation_tokens.weight

    with caplog.at_level(logging.INFO, logger="biobridge_core.evaluate.bridges"):
        first = train()
        assert torch.equal(first, train())
        assert caplog.text.count("Training the bridge") == 1
        assert not list(tmp_path.glob("*-work"))
        assert not torch.equal(first, train(replace(OPTIONS, seed=1)))
        train(data="b")
        assert caplog.text.count("Training the bridge") == 3
        assert len(list(tmp_path.iterdir())) == 3


def test_the_memory_helps_an_untrained_bridge_and_is_fitted_once(
    parts: tuple[KnowledgeGraph, Content, Split], tmp_path: Path
) -> None:
    graph, content, split = parts
    bridge = trained_bridge(graph, content, split.training, replace(OPTIONS, steps=1), tmp_path / "b", data="a")
    plain = ContentScorer(bridge, content)
    heads = graph.rows("gene")[:5]
    np.testing.assert_array_equal(plain.scores(heads, "has"), scores(bridge, content, heads, "has"))
    kept = tmp_path / "reading"
    remembering = memory_scorer(graph, content, split.training, bridge, kept=kept)
    before = (kept / READING).read_bytes()
    again = memory_scorer(graph, content, split.training, bridge, kept=kept)
    assert (kept / READING).read_bytes() == before
    np.testing.assert_allclose(again.scores(heads, "has"), remembering.scores(heads, "has"), atol=1e-5)
    results = evaluate(graph, split, [plain, remembering], merged=False)
    assert results
    for result in results:
        assert result.values(remembering.name).mean() > 1.3 * result.values(plain.name).mean(), result.name
    (kept / READING).write_text("{}")
    with pytest.raises(ArtifactError, match=r"reading\.json"):
        memory_scorer(graph, content, split.training, bridge, kept=kept)


def test_the_memory_of_a_split_holds_no_held_out_link(parts: tuple[KnowledgeGraph, Content, Split]) -> None:
    graph, content, split = parts
    bridge = _untrained(graph, content)
    reader = memory_scorer(graph, content, split.training, bridge)._reader
    held = np.concatenate([split.open_for_evaluation()["has"], split.training.valid["has"]])
    places = held - [graph.rows("gene")[0], graph.rows("trait")[0]]
    adjacent = reader.memory.adjacent("has").toarray()
    assert not adjacent[places[:, 0], places[:, 1]].any()
    assert adjacent.sum() + len(held) == len(links_of(graph)["has"])


def _untrained(graph: KnowledgeGraph, content: Content) -> Bridge:
    relations = {name: (r.head, r.tail) for name, r in graph.relations.items()}
    return Bridge(BridgeConfig(content.slots(), relations, width=16, layers=1, heads=2)).eval()
