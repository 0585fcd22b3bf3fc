"""The short table of `biobridge evaluate`, from built files to what is printed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from memories import tiny_graph

from biobridge_core.bridge.train import TrainOptions
from biobridge_core.catalogue import Catalogue, Space
from biobridge_core.config import Settings
from biobridge_core.errors import BioBridgeError, InputError
from biobridge_core.evaluate.report import as_text, evaluate_split
from biobridge_core.types import InputKind

OPTIONS = TrainOptions(width=16, layers=1, heads=2, steps=4, batch=20, validate_every=2, checkpoint_every=2)
N = 160


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Genes in clusters of four, with the traits of their cluster; vectors and words tell the cluster."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    has = sorted({(i, (i // 4) * 4 + int(j)) for i in range(N) for j in rng.choice(4, 3, replace=False)})
    texts = {m: [f"{m} c{i // 4} number{i}" for i in range(N)] for m in ("gene", "trait")}
    graph = tiny_graph(texts, {"has": has}, ("has",))
    centres = np.repeat(rng.normal(size=(N // 4, 8)), 4, axis=0)
    vectors = np.concatenate([centres, centres]) + 0.1 * rng.normal(size=(2 * N, 8))
    settings = Settings(build=tmp_path_factory.mktemp("build"), device="cpu", threads=1)
    graph.save(settings.build / "kg")
    rows = np.arange(graph.n_entities, dtype=np.int32)
    space = Space.fit(InputKind.TEXT, "words", graph.digest, rows, vectors.astype(np.float32))
    Catalogue({InputKind.TEXT: space}).save(settings.build / "catalogue")
    return settings


@pytest.mark.parametrize("split", ["transductive", "cold_entity"])
def test_the_bridge_with_its_memory_is_ahead_of_popularity(settings: Settings, split: str) -> None:
    said: list[str] = []
    results = evaluate_split(settings, split, options=OPTIONS, progress=lambda what, _share: said.append(what))
    assert any("Training bridge" in what for what in said)
    assert {(result.head, result.tail) for result in results} == {("gene", "trait"), ("trait", "gene")}
    for result in results:
        assert result.values("bridge").mean() > 2 * result.values("popularity").mean()
    shown = as_text(results).splitlines()
    assert [word in shown[0] for word in ("bridge", "content alone", "neighbour vote", "popularity")] == [True] * 4
    first = f"{results[0].values('bridge').mean():.3f}"
    assert results[0].name in shown[1]
    assert first in shown[1]
    assert ("(few)" in shown[1]) == (results[0].n_links < 200)


def test_a_kept_bridge_is_not_trained_again_and_fewer_heads_can_be_asked(settings: Settings) -> None:
    options = replace(OPTIONS, steps=2)
    whole = evaluate_split(settings, "transductive", options=options)
    said: list[str] = []
    part = evaluate_split(
        settings, "transductive", options=options, share=0.5, progress=lambda what, _share: said.append(what)
    )
    assert any("Reading bridge" in what for what in said)
    assert 0 < part[0].n_queries < whole[0].n_queries


@pytest.mark.parametrize(("split", "share"), [("warm", 1.0), ("transductive", 0.0), ("transductive", 1.5)])
def test_what_cannot_be_asked_is_named(settings: Settings, split: str, share: float) -> None:
    with pytest.raises(InputError, match=r"split|share"):
        evaluate_split(settings, split, share=share)


def test_without_a_graph_the_error_says_so(tmp_path: Path) -> None:
    with pytest.raises(BioBridgeError):
        evaluate_split(Settings(build=tmp_path, device="cpu"), "transductive")


def test_nothing_to_show_is_said() -> None:
    assert as_text([]) == "This split has no test link."
