"""Training on a small graph: it learns, it resumes to the same result, it names what is wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from biobridge_core.artifacts import verify_folder
from biobridge_core.bridge.data import Content, group_links, scores
from biobridge_core.bridge.memory_files import load_memory
from biobridge_core.bridge.model import Bridge
from biobridge_core.bridge.reading import Reading
from biobridge_core.bridge.schedule import Schedule
from biobridge_core.bridge.train import TrainOptions, fit, train_bridge
from biobridge_core.config import Settings
from biobridge_core.errors import ArtifactError, TrainingError
from biobridge_core.evaluate.popularity import Popularity
from biobridge_core.evaluate.protocols import evaluate
from biobridge_core.kg.shipped_split import shipped
from biobridge_core.kg.splits import TrainingView, ancestor_matrix, transductive
from biobridge_core.types import InputKind

TINY = TrainOptions(
    width=32, layers=1, heads=2, steps=120, batch=50, learning_rate=3e-3, balance=1.0, validate_every=40,
    checkpoint_every=20, patience=10,
)  # fmt: skip
HERE = Path(__file__).resolve().parent


class _Plain:
    name = "bridge"

    def __init__(self, bridge: Bridge, content: Content) -> None:
        self.bridge, self.content = bridge, content

    def scores(self, heads: np.ndarray, relation: str) -> np.ndarray:
        return scores(self.bridge, self.content, heads, relation)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.parametrize("objective", ["full", "in_batch", "paired"])
def test_a_tiny_bridge_beats_popularity_on_every_task(toy: Any, tmp_path: Path, objective: Any) -> None:
    split = transductive(toy.graph)
    bridge, state = fit(toy.graph, toy.content, split.training, replace(TINY, objective=objective), work=tmp_path)
    assert state.curve[-1]["loss"] < state.curve[0]["loss"]
    scorers = [_Plain(bridge, toy.content), Popularity(toy.graph, split.training)]
    for result in evaluate(toy.graph, split, scorers, merged=False):
        assert result.values("bridge").mean() > 2 * result.values("popularity").mean(), result.name


@pytest.mark.parametrize("transform", ["mlp", "linear"])
def test_the_other_transforms_learn_too(toy: Any, tmp_path: Path, transform: Any) -> None:
    split = transductive(toy.graph)
    _, state = fit(toy.graph, toy.content, split.training, replace(TINY, transform=transform), work=tmp_path)
    assert state.best_mrr > 0.3


def test_both_forms_of_the_full_objective_learn(toy: Any, tmp_path: Path) -> None:
    split = transductive(toy.graph)
    options = replace(TINY, competition="shared", spare_ancestors=False)
    assert fit(toy.graph, toy.content, split.training, options, work=tmp_path)[1].best_mrr > 0.3


_KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {here!r})
import torch
torch.set_num_threads(1)
from conftest import make_toy
from biobridge_core.bridge.train import TrainOptions, fit
from biobridge_core.kg.splits import transductive
toy = make_toy()
def progress(done, total):
    if done == 70:
        os.kill(os.getpid(), signal.SIGKILL)
fit(toy.graph, toy.content, transductive(toy.graph).training, TrainOptions(**{options!r}), work=Path({work!r}),
    progress=progress)
"""


def test_a_killed_run_resumes_to_the_same_result(toy: Any, tmp_path: Path) -> None:
    from dataclasses import asdict

    script = _KILLED.format(here=str(HERE), options=asdict(TINY), work=str(tmp_path / "killed"))
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent.parent), "OMP_NUM_THREADS": "1"}
    killed = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    view = transductive(toy.graph).training
    steps: list[int] = []
    resumed, state = fit(
        toy.graph, toy.content, view, TINY, work=tmp_path / "killed", progress=lambda done, _: steps.append(done)
    )
    assert steps[0] == 61  # the last checkpoint was at 60
    whole, whole_state = fit(toy.graph, toy.content, view, TINY, work=tmp_path / "whole")
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name]), name
    assert state.best_mrr == whole_state.best_mrr
    logged = [json.loads(line)["step"] for line in (tmp_path / "killed" / "metrics.jsonl").read_text().splitlines()]
    assert logged == [40, 80, 120]


def test_a_checkpoint_of_another_width_is_not_taken_up(
    toy: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    view = transductive(toy.graph).training
    short = replace(TINY, steps=20)
    fit(toy.graph, toy.content, view, short, work=tmp_path)
    steps: list[int] = []
    fit(
        toy.graph,
        toy.content,
        view,
        replace(short, width=16),
        work=tmp_path,
        progress=lambda done, _: steps.append(done),
    )
    assert steps[0] == 1
    assert "training starts anew" in caplog.text


def test_a_damaged_checkpoint_is_not_taken_up(toy: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    view, short = transductive(toy.graph).training, replace(TINY, steps=20)
    fit(toy.graph, toy.content, view, short, work=tmp_path)
    (tmp_path / "checkpoint.safetensors").write_bytes(b"no tensors")
    _, state = fit(toy.graph, toy.content, view, short, work=tmp_path)
    assert state.step == 20
    assert "cannot be read" in caplog.text


def test_early_stopping_keeps_the_best_weights(toy: Any, tmp_path: Path) -> None:
    view = transductive(toy.graph).training
    options = replace(TINY, steps=2000, validate_every=20, patience=2, learning_rate=0.05)
    _, state = fit(toy.graph, toy.content, view, options, work=tmp_path)
    assert state.step < 2000
    assert state.best_mrr == max(point["validation_mrr"] for point in state.curve) or state.best_mrr == pytest.approx(
        max(point["validation_mrr"] for point in state.curve), abs=1e-5
    )


def test_ancestors_of_true_tails_are_ignored_not_punished(toy: Any) -> None:
    links = transductive(toy.graph).training.train["protein_in_process"]
    groups = group_links(toy.graph, "protein_in_process", links, ancestor_matrix(toy.graph))
    assert not groups.true.multiply(groups.ignored).nnz
    ancestors, first = ancestor_matrix(toy.graph), int(toy.graph.rows("process")[0])
    head = 3
    tails = groups.true[[head]].indices + first
    above = set(ancestors[tails].tocoo().col.tolist()) - set(tails.tolist())
    assert set((groups.ignored[[head]].indices + first).tolist()) == above


def test_schedule_covers_every_head_once_a_turn_and_follows_the_shares() -> None:
    sizes, shares = [7, 120, 55], np.array([0.2, 0.5, 0.3])

    def make(seed: int) -> list[tuple[int, list[int]]]:
        schedule = Schedule(sizes, shares, steps=600, batch=50, seed=seed)
        return [(relation, heads.tolist()) for relation, heads in (schedule[step] for step in range(600))]

    drawn = make(0)
    assert drawn == make(0) != make(1)
    for relation, size in enumerate(sizes):
        batches = [heads for index, heads in drawn if index == relation]
        assert len(batches) / 600 == pytest.approx(shares[relation], abs=0.07)
        assert max(map(len, batches)) <= 50
        counts = np.bincount(np.concatenate(batches), minlength=size)
        assert counts.max() - counts.min() <= 1
        turn = -(-size // 50)
        assert sorted(np.concatenate(batches[:turn]).tolist()) == list(range(size))


def test_a_vector_that_is_not_finite_is_named(toy: Any) -> None:
    vectors = {kind: v.copy() for kind, v in toy.vectors.items()}
    vectors[InputKind.SMILES][2, 0] = np.nan
    with pytest.raises(TrainingError, match=r"smiles vector of drug:003 is not finite"):
        Content(toy.graph, vectors, toy.rows)


def test_an_entity_without_a_vector_is_named(toy: Any) -> None:
    rows = toy.rows | {InputKind.SEQUENCE: toy.rows[InputKind.SEQUENCE][:-1]}
    vectors = toy.vectors | {InputKind.SEQUENCE: toy.vectors[InputKind.SEQUENCE][:-1]}
    with pytest.raises(TrainingError, match=r"protein:099 has no frozen vector \(1 of 300"):
        Content(toy.graph, vectors, rows)


def test_an_empty_relation_is_left_out_and_said(toy: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    view = transductive(toy.graph).training
    train = dict(view.train) | {"drug_blocks_protein": view.train["drug_blocks_protein"][:0]}
    bridge, _ = fit(toy.graph, toy.content, TrainingView(train, {}, "x"), replace(TINY, steps=3), work=tmp_path)
    assert "drug_blocks_protein" not in bridge.config.relations
    assert "drug_blocks_protein has no training link" in caplog.text


def test_nothing_to_learn_from_is_an_error(toy: Any, tmp_path: Path) -> None:
    empty = {name: links[:0] for name, links in transductive(toy.graph).training.train.items()}
    with pytest.raises(TrainingError, match="no link to learn from"):
        fit(toy.graph, toy.content, TrainingView(empty, {}, "x"), TINY, work=tmp_path)


def test_a_loss_that_is_not_finite_stops_the_run(toy: Any, tmp_path: Path) -> None:
    view = transductive(toy.graph).training
    with pytest.raises(TrainingError, match="at step"):
        fit(toy.graph, toy.content, view, replace(TINY, learning_rate=float("inf")), work=tmp_path)


def test_a_full_disk_is_a_clear_error(toy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("biobridge_core.bridge.checkpoint.save_file", no_space)
    view = transductive(toy.graph).training
    with pytest.raises(ArtifactError, match="No space left"):
        fit(toy.graph, toy.content, view, replace(TINY, steps=20), work=tmp_path)


def _build(toy: Any, tmp_path: Path) -> Settings:
    from biobridge_core.catalogue import Catalogue, Space

    spaces = {
        kind: Space.fit(kind, f"toy-{kind}", toy.graph.digest, toy.rows[kind], toy.vectors[kind])
        for kind in toy.vectors
    }
    settings = Settings(build=tmp_path / "build", device="cpu", threads=1)
    toy.graph.save(settings.build / "kg")
    Catalogue(spaces).save(settings.build / "catalogue")
    return settings


def test_the_stage_writes_a_whole_folder(toy: Any, tmp_path: Path) -> None:
    settings = _build(toy, tmp_path)
    folder = train_bridge(settings, options=replace(TINY, steps=40, validate_every=20))
    manifest = verify_folder(folder, "bridge")
    assert manifest.inputs["graph"] == toy.graph.digest
    assert set(manifest.files) == {
        "bridge.safetensors", "config.json", "metrics.json", "reading.json", "memory.safetensors", "calibration.json",
    }  # fmt: skip
    metrics = json.loads((folder / "metrics.json").read_text())
    assert [point["step"] for point in metrics["curve"]] == [20, 40]
    assert metrics["validation_mrr"] > 0
    bridge = Bridge.load(folder)
    assert bridge.config.encoders["text"] == "toy-text"
    split = shipped(toy.graph, seed=TINY.seed)
    assert manifest.inputs["split"] == split.training.digest
    memory = load_memory(folder, toy.graph, toy.content)
    for name, links in split.training.train.items():
        if not toy.graph.relations[name].hierarchical:
            assert memory.adjacent(name).nnz == len(links), name  # no link that was held out is remembered
    assert {"*", "drug_inhibits_protein"} <= Reading.load(folder).known.keys()
    assert not (settings.build / "bridge-work").exists()


def test_a_missing_catalogue_is_named(toy: Any, tmp_path: Path) -> None:
    settings = Settings(build=tmp_path, device="cpu")
    toy.graph.save(tmp_path / "kg")
    with pytest.raises(TrainingError, match="no usable catalogue"):
        train_bridge(settings)
