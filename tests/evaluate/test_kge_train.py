"""Both ways to train an embedding learn a toy graph, stop when told and go on after a kill as if nothing had been."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from bridge.conftest import Toy, make_toy

from biobridge_core.bridge.checkpoint import read_tensors
from biobridge_core.errors import TrainingError
from biobridge_core.evaluate.kge import MODELS, KGEScorer
from biobridge_core.evaluate.kge_train import KGEOptions, batch_loss, kge_config, kge_groups, train_kge
from biobridge_core.evaluate.popularity import Popularity
from biobridge_core.evaluate.pykeen_train import PaperLoop, PaperOptions, train_paper
from biobridge_core.evaluate.validation import Validation
from biobridge_core.kg.splits import TrainingView, ancestor_matrix, transductive

OPTIONS = KGEOptions(width=16, steps=160, batch=64, validate_every=40, patience=100, learning_rate=0.05)
PAPER = PaperOptions(width=16, epochs=4, batch=256, negatives=8, learning_rate=0.05)


@pytest.fixture(scope="module")
def toy() -> Toy:
    return make_toy()


@pytest.fixture(scope="module")
def view(toy: Toy) -> TrainingView:
    return transductive(toy.graph, seed=0).training


@pytest.fixture(scope="module")
def popularity_mrr(toy: Toy, view: TrainingView) -> float:
    return Validation(toy.graph, view, ancestor_matrix(toy.graph)).mrr(Popularity(toy.graph, view))


@pytest.mark.parametrize("name", MODELS)
def test_every_model_learns(toy: Toy, view: TrainingView, popularity_mrr: float, name: str, tmp_path: Path) -> None:
    options = replace(OPTIONS, model=name, scale=5.0 if MODELS[name].distance else 1.0, dropout=0.1, weight_decay=0.01)
    model, state = train_kge(toy.graph, view, options, work=tmp_path)
    assert state.best_mrr > 1.5 * popularity_mrr
    validation = Validation(toy.graph, view, ancestor_matrix(toy.graph))
    assert validation.mrr(KGEScorer(toy.graph, model)) == pytest.approx(state.best_mrr, abs=1e-6)
    assert state.curve[0]["loss"] > state.curve[-1]["loss"]


def test_a_killed_run_is_the_same_run(toy: Toy, view: TrainingView, tmp_path: Path) -> None:
    options = replace(OPTIONS, model="ComplEx", steps=80, dropout=0.2)
    whole, state = train_kge(toy.graph, view, options, work=tmp_path / "whole")
    _, first = train_kge(toy.graph, view, options, work=tmp_path / "parts", minutes=1e-9)
    assert first.step == 1
    parts, resumed = train_kge(toy.graph, view, options, work=tmp_path / "parts")
    assert resumed.step == state.step == 80
    assert resumed.best_step == state.best_step
    for name, tensor in whole.state_dict().items():
        torch.testing.assert_close(parts.state_dict()[name], tensor, msg=name)
    log = [json.loads(line) for line in (tmp_path / "parts" / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in log] == [1, 40, 80]
    assert not list(tmp_path.rglob("*.p*t"))


def test_a_checkpoint_of_other_options_is_not_taken_up(toy: Toy, view: TrainingView, tmp_path: Path) -> None:
    train_kge(toy.graph, view, replace(OPTIONS, steps=5), work=tmp_path)
    _, state = train_kge(toy.graph, view, replace(OPTIONS, steps=6), work=tmp_path)
    assert state.curve[-1]["step"] == 6
    assert len(state.curve) == 1


def test_patience_ends_a_run(toy: Toy, view: TrainingView, tmp_path: Path) -> None:
    options = replace(OPTIONS, learning_rate=0.0, validate_every=2, patience=3)
    _, state = train_kge(toy.graph, view, options, work=tmp_path)
    assert state.best_step == 2
    assert state.step == 8


def test_the_loss_is_the_grouped_softmax_by_hand(toy: Toy, view: TrainingView) -> None:
    ancestors = ancestor_matrix(toy.graph)
    groups = next(
        g for g in kge_groups(toy.graph, view, ancestors) if g.ignored.nnz and g.relation.startswith("protein")
    )
    options = replace(OPTIONS, competition="shared", bfloat16=False, cubes=0.01)
    torch.manual_seed(0)
    model = MODELS["TransE"](kge_config(toy.graph, [groups], options)).eval()
    chosen = np.array([0, 3])
    heads = torch.from_numpy(groups.heads[chosen].astype(np.int64)) - int(toy.graph.rows("protein")[0])
    with torch.no_grad():
        found = batch_loss(model, groups, chosen, options, int(toy.graph.rows("protein")[0])).item()
        scores = model.log_scale[groups.relation].exp() * model.scores_all_tails(heads, groups.relation)
    expected = 0.0
    for row, place in enumerate(chosen):
        true = set(groups.true[[place]].indices)
        spared = set(groups.ignored[[place]].indices)
        total = sum(math.exp(scores[row, t]) for t in range(scores.shape[1]) if t not in spared)
        expected -= np.mean([math.log(math.exp(scores[row, t]) / total) for t in true]) / len(chosen)
    part = model.part("translation", groups.relation).detach()
    cubes = model.heads(groups.relation)[heads].detach().abs().pow(3).sum(1).mean() + part.abs().pow(3).sum()
    assert found == pytest.approx(expected + 0.01 * cubes.item(), rel=1e-4)


@pytest.mark.parametrize("loss", ["margin", "nssa"])
def test_the_papers_way_learns(toy: Toy, view: TrainingView, popularity_mrr: float, loss: str, tmp_path: Path) -> None:
    options = replace(PAPER, loss=loss, epochs=12, model="DistMult")  # type: ignore[arg-type]
    model, state = train_paper(toy.graph, view, options, work=tmp_path)
    assert state.best_mrr > 1.2 * popularity_mrr
    validation = Validation(toy.graph, view, ancestor_matrix(toy.graph))
    again = validation.mrr(KGEScorer(toy.graph, model, probabilities=False))
    assert again == pytest.approx(state.best_mrr, abs=1e-6)


def test_the_papers_way_learns_with_shared_negatives(
    toy: Toy, view: TrainingView, popularity_mrr: float, tmp_path: Path
) -> None:
    options = replace(PAPER, model="DistMult", epochs=10, batch=1024, shared=64, loss="margin")
    _, state = train_paper(toy.graph, view, options, work=tmp_path)
    assert state.best_mrr > 1.2 * popularity_mrr
    with pytest.raises(TrainingError, match="inverse"):
        train_paper(toy.graph, view, replace(options, inverses=False), work=tmp_path)


@pytest.mark.parametrize("name", MODELS)
def test_every_model_of_the_papers_way_resumes(toy: Toy, view: TrainingView, name: str, tmp_path: Path) -> None:
    options = replace(PAPER, model=name, epochs=2, checkpoint_every=3)
    _, state = train_paper(toy.graph, view, options, work=tmp_path / "whole")
    loop = PaperLoop(toy.graph, view, options, tmp_path / "parts")
    loop.go(minutes=1e-9)
    assert loop.state.step == 1
    _, resumed = train_paper(toy.graph, view, options, work=tmp_path / "parts")
    assert resumed.step == state.step == 2 * loop.steps_per_epoch
    whole, parts = (read_tensors(tmp_path / run / "checkpoint.safetensors")[0] for run in ("whole", "parts"))
    assert any(key.startswith("exp_avg.") for key in whole)
    for key, tensor in whole.items():
        torch.testing.assert_close(parts[key], tensor, msg=key)


def test_an_epoch_sees_every_triple_once(toy: Toy, view: TrainingView, tmp_path: Path, monkeypatch) -> None:
    seen: list[torch.Tensor] = []

    def note(model, positive, n_negatives, sampler):
        seen.append(positive)
        return next(iter(model.parameters())).sum() * 0

    monkeypatch.setattr("biobridge_core.evaluate.pykeen_train.slcwa_loss", note)
    train_paper(toy.graph, view, replace(PAPER, epochs=1), work=tmp_path)
    triples = torch.cat(seen)
    assert len(triples) == sum(len(links) for links in view.train.values())
    assert len(triples.unique(dim=0)) == len(triples)


def test_nothing_to_learn_from_is_said(toy: Toy, tmp_path: Path) -> None:
    empty = TrainingView({"protein_in_process": np.empty((0, 2), np.int32)}, {}, "")
    with pytest.raises(TrainingError, match="no link"):
        train_kge(toy.graph, empty, OPTIONS, work=tmp_path)
    with pytest.raises(TrainingError, match="no link"):
        train_paper(toy.graph, empty, PAPER, work=tmp_path)
