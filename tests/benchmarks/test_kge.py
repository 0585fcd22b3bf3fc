"""The driver keeps the best of its runs, writes what a table needs, and does nothing twice."""

from __future__ import annotations

import argparse
import importlib
import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from bridge.conftest import Toy, make_toy

from biobridge_core.evaluate.kge import KGEScorer, load_model
from biobridge_core.kg.splits import TrainingView, transductive

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
kge = importlib.import_module("kge")
sys.path.remove(str(BENCHMARKS))  # its encoders.py would stand in for the tests' folder of that name


@pytest.fixture(scope="module")
def toy() -> Toy:
    return make_toy(n=40)


@pytest.fixture(scope="module")
def view(toy: Toy) -> TrainingView:
    return transductive(toy.graph, seed=0).training


def _bench(toy: Toy, view: TrainingView, folder: Path, **asked: object) -> kge.Bench:
    plain = {"split": "transductive", "seed": 0, "minutes": math.inf, "search": 0.0, "steps": 12, "device": "cpu"}
    plain |= {"forward_only": False, "shared": 0, "options": None}
    return kge.Bench(toy.graph, view, folder, argparse.Namespace(**{**plain, **asked}))


def test_a_tuned_search_keeps_the_best_and_can_be_repeated_for_nothing(
    toy: Toy, view: TrainingView, tmp_path: Path
) -> None:
    _bench(toy, view, tmp_path, form="tuned", search=1.0).train("DistMult")
    result = json.loads((tmp_path / "model.json").read_text())
    tried = [run["validation_mrr"] for run in result["runs"]]
    assert len(tried) > 5
    assert result["validation_mrr"] == pytest.approx(max(tried), abs=1e-5)
    assert result["finished"]
    assert result["view"] == view.digest
    assert result["options"]["learning_rate"] in {0.01, 0.03, 0.003}
    model = load_model(tmp_path / "model.safetensors")
    heads = toy.graph.rows("drug")[:3]
    assert np.isfinite(KGEScorer(toy.graph, model).scores(heads, "drug_inhibits_protein")).all()
    written = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("checkpoint.safetensors")}
    _bench(toy, view, tmp_path, form="tuned", search=1.0).train("DistMult")
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("checkpoint.safetensors")} == written
    assert json.loads((tmp_path / "model.json").read_text())["runs"] == result["runs"]


def test_the_best_that_was_tried_is_what_a_seed_gets_and_a_worse_try_changes_nothing(
    toy: Toy, view: TrainingView, tmp_path: Path
) -> None:
    first, other = tmp_path / "transductive-0" / "DistMult", tmp_path / "transductive-1" / "DistMult"
    _bench(toy, view, first, form="tuned", options='{"dropout": 0.1}').train("DistMult")
    before = json.loads((first / "model.json").read_text())
    _bench(toy, view, first, form="tuned", options='{"learning_rate": 1e-9}').train("DistMult")
    assert json.loads((first / "model.json").read_text()) == before
    _bench(toy, view, other, form="tuned", seed=1).train("DistMult")
    after = json.loads((other / "model.json").read_text())
    assert after["options"] == {**before["options"], "seed": 1}


def test_the_papers_form_tries_six_and_goes_on_with_the_best(toy: Toy, view: TrainingView, tmp_path: Path) -> None:
    _bench(toy, view, tmp_path, form="paper", search=1e-9, minutes=0.1).train("TransE")
    result = json.loads((tmp_path / "model.json").read_text())
    tried = {(run["options"]["loss"], run["options"]["learning_rate"]): run for run in result["runs"]}
    assert len(tried) == 6
    chosen = tried[result["options"]["loss"], result["options"]["learning_rate"]]
    others = [run for run in result["runs"] if run is not chosen]
    assert all(run["steps"] == 1 for run in others)
    assert chosen["steps"] >= 2
    assert chosen["curve"][0]["validation_mrr"] == max(run["curve"][0]["validation_mrr"] for run in result["runs"])
