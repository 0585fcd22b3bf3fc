"""Train the graph embeddings that the bridge is compared with; every run goes on where it was stopped.

    python benchmarks/kge.py --form tuned --models TransE ComplEx --search 20 --minutes 10
    python benchmarks/kge.py --form tuned --models RotatE --options '{"dropout": 0.5, "steps": 5000}'
    python benchmarks/kge.py --form tuned --models RotatE --seed 1
    python benchmarks/kge.py --form paper --minutes 30
    python benchmarks/kge.py --form paper --measure 20

``tuned``: all tails compete, options searched on validation one change after the other (``--search``: CPU-minutes for
a model); without ``--search`` the best options that were tried on seed 0 are trained, or those of ``--options``, which
count as tried from then on. ``paper``: PyKEEN's models, losses and constraints as papers run them, 128 negatives a
triple; 64 triples share their negatives (``--shared 0``: PyKEEN's own sampler, which takes 20 times as long);
``--search`` is for each of the six combinations of learning rate and loss, and the best of them goes on to
``--minutes``. Under build/<profile>/kge/<form>/<split>-<seed>/<model> lie ``model.json`` (the chosen options,
validation MRR, CPU-minutes, all runs) and ``model.safetensors``, which ``evaluate.kge.load_model`` reads.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import common  # noqa: F401  (puts the checkout on the path)
import torch

from biobridge_core.artifacts import machine
from biobridge_core.config import Settings
from biobridge_core.encoders.device import pick_device
from biobridge_core.evaluate.kge import KGE, MODELS, save_model
from biobridge_core.evaluate.kge_loop import LoopState
from biobridge_core.evaluate.kge_train import KGEOptions, train_kge
from biobridge_core.evaluate.pykeen_train import SMALL_BATCHES, PaperLoop, PaperOptions, train_paper
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.kg.splits import Split, TrainingView, cold_entity, transductive

SPLITS: Mapping[str, Callable[..., Split]] = {"transductive": transductive, "cold_entity": cold_entity}
RATES, LOSSES = (1e-2, 1e-3, 1e-4), ("margin", "nssa")

#: where the search of a tuned model starts, and the changes that it tries in turn on the best so far
_DISTANCE = KGEOptions(scale=10.0, learning_rate=1e-2)
_PRODUCT = KGEOptions(scale=1.0, spread=4.0, learning_rate=1e-2)
_CHANGES: tuple[dict[str, object], ...] = (
    {"learning_rate": 3e-2}, {"learning_rate": 3e-3}, {"dropout": 0.2}, {"weight_decay": 0.03},
    {"competition": "shared"}, {"balance": 0.5}, {"scale": 3.0}, {"dropout": 0.4}, {"weight_decay": 0.1},
)  # fmt: skip
_OF_PRODUCTS: tuple[dict[str, object], ...] = ({"cubes": 1e-3}, {"cubes": 1e-2}, {"spread": 1.0})

Options = KGEOptions | PaperOptions
_LOG = logging.getLogger("kge")


def main() -> None:
    """Search, train and write each model."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    settings = Settings.from_env()
    folder = settings.build / "kge" / arguments.form / f"{arguments.split}-{arguments.seed}"
    folder.mkdir(parents=True, exist_ok=True)
    _log_to(folder / "log.txt")
    graph = KnowledgeGraph.load(settings.build / "kg")
    view = SPLITS[arguments.split](graph, seed=arguments.seed).training
    for name in arguments.models:
        if arguments.measure:
            _measure(graph, view, _paper(name, arguments), arguments, folder)
        else:
            Bench(graph, view, folder / name, arguments).train(name)


class Bench:
    """All runs of one model, and which of them is the best on validation."""

    def __init__(self, graph: KnowledgeGraph, view: TrainingView, folder: Path, arguments: argparse.Namespace) -> None:
        self._graph, self._view, self._folder, self._arguments = graph, view, folder, arguments
        self._runs: list[dict[str, Any]] = _tried(folder)

    def train(self, name: str) -> None:
        """Search, go on with the best, write it."""
        tuned = self._arguments.form == "tuned"
        options = self._search_tuned(name) if tuned else self._search_paper(name)
        model, state = self._run(options, self._arguments.minutes)
        if any(run["validation_mrr"] > round(state.best_mrr, 5) for run in self._runs):
            _LOG.info("%s: %.4f with %s, not the best", name, state.best_mrr, _told(options))
            return
        save_model(model, self._folder / "model.safetensors")
        result = {
            "model": name,
            "form": self._arguments.form,
            "split": self._arguments.split,
            "seed": self._arguments.seed,
            "view": self._view.digest,
            "graph": self._graph.digest,
            "options": asdict(options),
            "validation_mrr": state.best_mrr,
            "validation_mrr_by_relation": state.best_tasks,
            "best_step": state.best_step,
            "steps": state.step,
            "cpu_minutes": round(state.cpu_seconds / 60, 2),
            "search_cpu_minutes": round(sum(run["cpu_minutes"] for run in self._runs[:-1]), 2),
            "finished": state.cpu_seconds < 60 * self._arguments.minutes,
            "runs": self._runs,
            "machine": machine(),
        }
        (self._folder / "model.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        _LOG.info("%s: validation MRR %.4f with %s", name, state.best_mrr, _told(options))

    def _search_tuned(self, name: str) -> KGEOptions:
        arguments = self._arguments
        best = replace(_DISTANCE if MODELS[name].distance else _PRODUCT, model=name, seed=arguments.seed)
        best = replace(best, steps=arguments.steps, validate_every=max(1, arguments.steps // 6))
        if arguments.options:
            return replace(best, **json.loads(arguments.options))
        if not arguments.search:
            first = self._folder.parents[1] / f"{arguments.split}-0" / name
            found = max(_tried(first), key=lambda run: float(run["validation_mrr"]), default=None)
            return KGEOptions(**{**found["options"], "seed": arguments.seed}) if found else best
        spent, top = 0.0, -1.0
        changes = [{}, *_CHANGES, *(() if MODELS[name].distance else _OF_PRODUCTS)]
        for change in changes:
            if spent >= arguments.search:
                break
            candidate = replace(best, **change)  # type: ignore[arg-type]
            if change and candidate == best:
                continue
            _, state = self._run(candidate, arguments.minutes)
            spent += state.cpu_seconds / 60
            if state.best_mrr > top:
                best, top = candidate, state.best_mrr
        return best

    def _search_paper(self, name: str) -> PaperOptions:
        asked = _paper(name, self._arguments)
        choices = [replace(asked, learning_rate=rate, loss=loss) for loss in LOSSES for rate in RATES]  # type: ignore[arg-type]
        tried = [(self._run(each, self._arguments.search)[1].best_mrr, each) for each in choices]
        return max(tried, key=lambda one: one[0])[1]

    def _run(self, options: Options, minutes: float) -> tuple[KGE, LoopState]:
        """Train or go on, and note what came of it."""
        key = hashlib.sha256(json.dumps(asdict(options), sort_keys=True).encode()).hexdigest()[:12]
        work = self._folder / key
        _LOG.info("%s: %s", key, _told(options))
        device = pick_device(self._arguments.device).device
        if isinstance(options, KGEOptions):
            model, state = train_kge(self._graph, self._view, options, work=work, minutes=minutes, device=device)
        else:
            model, state = train_paper(self._graph, self._view, options, work=work, minutes=minutes, device=device)
        note: dict[str, Any] = {
            "run": key,
            "options": asdict(options),
            "validation_mrr": round(state.best_mrr, 5),
            "best_step": state.best_step,
            "steps": state.step,
            "cpu_minutes": round(state.cpu_seconds / 60, 2),
            "curve": state.curve,
        }
        self._runs = [*(run for run in self._runs if run["run"] != key), note]
        (work / "run.json").write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")
        return model, state


def _tried(folder: Path) -> list[dict[str, Any]]:
    """Notes of the runs that lie in the folder of a model."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*/run.json"))]


def _measure(
    graph: KnowledgeGraph, view: TrainingView, options: PaperOptions, arguments: argparse.Namespace, folder: Path
) -> None:
    """Time some batches and say what the whole would take."""
    batches, device = arguments.measure, pick_device(arguments.device).device
    loop = PaperLoop(graph, view, options, folder / options.model / "measure", device)
    loop.time_steps(1)  # the first allocates
    seconds = loop.time_steps(batches) / batches
    epoch = seconds * loop.steps_per_epoch
    result = {
        "model": options.model,
        "batch": options.batch,
        "batches_timed": batches,
        "cpu_seconds_per_batch": round(seconds, 4),
        "batches_per_epoch": loop.steps_per_epoch,
        "cpu_minutes_per_epoch": round(epoch / 60, 2),
        "cpu_hours_for_all_epochs": round(epoch * options.epochs / 3600, 1),
        "machine": machine(),
    }
    (folder / f"measure-{options.model}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result))


def _paper(name: str, arguments: argparse.Namespace) -> PaperOptions:
    inverses = not arguments.forward_only
    if arguments.shared and inverses:
        return PaperOptions(model=name, seed=arguments.seed, shared=arguments.shared, batch=4096)
    options = PaperOptions(model=name, seed=arguments.seed, inverses=inverses)
    return replace(options, batch=SMALL_BATCHES.get(name, options.batch))


def _told(options: Options) -> str:
    """What differs from the defaults."""
    plain = asdict(type(options)())
    return ", ".join(f"{name}={value}" for name, value in asdict(options).items() if value != plain[name]) or "defaults"


def _log_to(path: Path) -> None:
    handlers: list[logging.Handler] = [logging.StreamHandler(), logging.FileHandler(path, encoding="utf-8")]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", handlers=handlers)
    logging.getLogger("pykeen").setLevel(logging.WARNING)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--form", choices=("tuned", "paper"), default="tuned")
    parser.add_argument("--models", nargs="+", choices=list(MODELS), default=list(MODELS))
    parser.add_argument("--split", choices=list(SPLITS), default="transductive")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=math.inf, help="CPU-minutes of one run at most")
    parser.add_argument("--search", type=float, default=0.0, help="CPU-minutes of searching, see above")
    parser.add_argument("--steps", type=int, default=2400, help="steps of a tuned run")
    parser.add_argument("--options", help="options of a tuned run that differ from where the search starts, as JSON")
    parser.add_argument("--measure", type=int, default=0, metavar="BATCHES", help="only time this many batches")
    parser.add_argument(
        "--shared", type=int, default=64, metavar="TRIPLES",
        help="paper: triples that share a draw of negatives; 0: PyKEEN's sampler, many times slower",
    )  # fmt: skip
    parser.add_argument("--forward-only", action="store_true", help="paper: train no inverse relations")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or auto; minutes are the processor's alone")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
