"""Train a bridge: batches of one relation, all tails as negatives, early stopping, and nothing lost to a kill."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import os
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from biobridge_core.artifacts import write_folder
from biobridge_core.bridge.batch import batch_loss
from biobridge_core.bridge.calibrating import fit_calibration
from biobridge_core.bridge.calibration_stage import read_back
from biobridge_core.bridge.checkpoint import load_checkpoint, read_tensors, save_checkpoint, write_tensors
from biobridge_core.bridge.data import Content, Groups, group_links
from biobridge_core.bridge.memory import Memory
from biobridge_core.bridge.memory_files import save_memory
from biobridge_core.bridge.model import Bridge, BridgeConfig, Transform
from biobridge_core.bridge.objective import Competition, Objective
from biobridge_core.bridge.reader import fit_reading
from biobridge_core.bridge.schedule import Schedule
from biobridge_core.bridge.validation import Task, validate, validation_tasks
from biobridge_core.encoders.device import has_fast_bfloat16, pick_device
from biobridge_core.errors import ArtifactError, TrainingError
from biobridge_core.kg.shipped_split import shipped
from biobridge_core.kg.splits import TrainingView, ancestor_matrix

if TYPE_CHECKING:
    from biobridge_core.config import Settings
    from biobridge_core.kg.graph import KnowledgeGraph

Progress = Callable[[int, int], None]  #: (steps done, steps in all)

STAGE = "bridge"
METRICS = "metrics.json"
_ENOUGH = 1000
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainOptions:
    """Everything that decides a run. Two runs with equal options on equal data give equal bridges.

    A relation's share of the batches goes with its number of heads to the power ``balance`` (0: all relations alike,
    1: every head alike), times ``hierarchy_share`` for is-a.
    """

    width: int = 256
    layers: int = 2
    heads: int = 4
    dropout: float = 0.1
    transform: Transform = "transformer"
    objective: Objective = "full"
    competition: Competition = "alone"
    temperature: float = 0.07
    learn_temperature: bool = True
    whiten: float = 1.0  #: how far the dimensions of the frozen vectors are evened out; see `Projection.fit`
    steps: int = 4000
    batch: int = 512  #: queries (or triples, for ``paired`` and ``in_batch``) at once, all of one relation
    negatives: int = 128  #: sampled tails a triple, for ``paired``
    rivals: int = 2048  #: tails drawn to compete in ``full``, beside all true ones of the batch; 0 takes all tails
    learning_rate: float = 3e-3
    weight_decay: float = 0.01
    warmup: float = 0.05  #: share of the steps
    balance: float = 0.75
    hierarchy_share: float = 0.3
    spare_ancestors: bool = True  #: an ancestor of a true tail is no negative
    validate_every: int = 500
    validation_sample: int = 150  #: queries a relation
    patience: int = 5  #: validations without a better MRR before stopping
    checkpoint_every: int = 100
    held_out: float = 0.05  #: share of the links of each relation that the shipped bridge is trained without
    held_out_entities: float = 0.05  #: the same for the entities of each modality, with all their links
    seed: int = 0


@dataclass
class Progressing:
    """Where the loop stands: what a checkpoint keeps beside the tensors."""

    step: int = 0
    seconds: float = 0.0
    best_mrr: float = -1.0
    best_step: int = 0
    best_tasks: dict[str, float] = field(default_factory=dict)
    waited: int = 0
    curve: list[dict[str, float]] = field(default_factory=list)


def train_bridge(settings: Settings, *, options: TrainOptions | None = None, progress: Progress | None = None) -> Path:
    """Train on the profile's graph and catalogue and write ``build/<profile>/bridge``.

    The work folder beside it keeps checkpoints and ``metrics.jsonl``; a run that was killed goes on from there.

    Returns
    -------
    Path
        Folder with bridge.safetensors, config.json, metrics.json, calibration.json and the manifest.

    Raises
    ------
    TrainingError
        If the catalogue is missing or does not fit the graph, or the graph has nothing to learn from.
    ArtifactError
        If the graph is missing or damaged, or the disk is full.
    """
    from biobridge_core.catalogue import Catalogue
    from biobridge_core.kg.graph import KnowledgeGraph

    options = options or TrainOptions()
    graph = KnowledgeGraph.load(settings.build / "kg")
    folder = settings.build / "catalogue"
    try:
        catalogue = Catalogue.load(folder)
    except ArtifactError as error:
        raise TrainingError(
            f"There is no usable catalogue of frozen vectors: {error.message}", "Run `biobridge build catalogue` first."
        ) from error
    if catalogue.graph_digest != graph.digest:
        raise TrainingError("The catalogue was built from another graph.", "Run `biobridge build catalogue` again.")
    if settings.threads:
        torch.set_num_threads(settings.threads)
    content = Content.from_catalogue(graph, catalogue).to(pick_device(settings.device).device)
    split = shipped(graph, seed=options.seed, links=options.held_out, entities=options.held_out_entities)
    work = settings.build / "bridge-work"
    bridge, state = fit(
        graph, content, split.training, options, work=work, data_digest=catalogue.digest, progress=progress
    )
    begun = time.monotonic()
    memory = Memory(graph, content, split.training.train)
    reading = fit_reading(graph, content, split.training, bridge, memory, seed=options.seed)
    target = settings.build / "bridge"
    inputs = {"graph": graph.digest, "catalogue": catalogue.digest, "split": split.training.digest}
    meta: dict[str, object] = {"options": asdict(options), "training_seconds": round(state.seconds, 1)}
    with write_folder(target, STAGE, inputs=inputs, meta=meta) as new:
        bridge.save(new)
        reading.save(new)
        save_memory(new, memory, split.training.train)
        calibration = fit_calibration(read_back(new, graph, content), split.training, seed=options.seed)
        calibration.save(new)
        meta["seconds"] = round(state.seconds + time.monotonic() - begun, 1)  # with all that comes after the training
        (new / METRICS).write_text(json.dumps(_summary(bridge, options, state), indent=1), encoding="utf-8")
    shutil.rmtree(work, ignore_errors=True)
    return target


def fit(
    graph: KnowledgeGraph,
    content: Content,
    view: TrainingView,
    options: TrainOptions,
    *,
    work: Path,
    data_digest: str = "",
    progress: Progress | None = None,
) -> tuple[Bridge, Progressing]:
    """Train on a split and return the bridge of the best validation, with the curve.

    Parameters
    ----------
    content
        Frozen vectors, on the device to train on.
    view
        Training and validation links; test links cannot get here.
    work
        Folder for checkpoints and ``metrics.jsonl``, made when missing.
    data_digest
        Identity of the vectors: a checkpoint made from others is not taken up.

    Raises
    ------
    TrainingError
        If there is no link to learn from, or the loss is no longer finite.
    """
    work.mkdir(parents=True, exist_ok=True)
    ancestors = ancestor_matrix(graph)
    groups = _groups(graph, view, ancestors if options.spare_ancestors else None)
    tasks = validation_tasks(graph, view, ancestors, sample=options.validation_sample, seed=options.seed)
    torch.manual_seed(options.seed)
    bridge = _new_bridge(graph, content, groups, options)
    optimizer = _optimizer(bridge, options)
    identity = hashlib.sha256(
        json.dumps([asdict(options), view.digest, data_digest, graph.digest], sort_keys=True).encode()
    ).hexdigest()
    raw = load_checkpoint(work / "checkpoint.safetensors", bridge, optimizer, identity)
    state = Progressing(**raw["loop"]) if raw else Progressing()  # type: ignore[arg-type]
    _cut_log(work / "metrics.jsonl", state.step)
    if state.step:
        _LOG.info("Going on from step %d of %d.", state.step, options.steps)
    _loop(bridge, optimizer, content, groups, tasks, options, state, work=work, identity=identity, progress=progress)
    if state.best_step:
        bridge.load_state_dict(read_tensors(work / "best.safetensors")[0])
    return bridge.eval(), state


def _loop(
    bridge: Bridge,
    optimizer: torch.optim.Optimizer,
    content: Content,
    groups: list[Groups],
    tasks: list[Task],
    options: TrainOptions,
    state: Progressing,
    *,
    work: Path,
    identity: str,
    progress: Progress | None,
) -> None:
    schedule = Schedule(
        [len(g) for g in groups], _shares(groups, options), steps=options.steps, batch=options.batch, seed=options.seed
    )
    device = content.device
    losses: list[float] = []
    start = time.monotonic() - state.seconds
    first_step, first_seconds = state.step, state.seconds
    while state.step < options.steps and not (tasks and state.waited >= options.patience):
        step = state.step
        # dropout draws from the step's own seed, so that a resumed run is the same run
        torch.manual_seed((options.seed << 32) + step)
        for group in optimizer.param_groups:
            group["lr"] = options.learning_rate * _rate(step, options)
        bridge.train()
        relation, chosen = schedule[step]
        with torch.autocast(device.type, torch.bfloat16, enabled=has_fast_bfloat16(device)):
            loss = batch_loss(bridge, content, groups[relation], chosen, options, seed=step)
        if not torch.isfinite(loss):
            raise TrainingError(
                f"The loss is {loss.item()} at step {step} ({groups[relation].relation}).", "Lower the learning rate."
            )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(bridge.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
        state.step, state.seconds = step + 1, time.monotonic() - start
        is_last = state.step == options.steps
        if state.step % options.validate_every == 0 or is_last:
            left = (state.seconds - first_seconds) / (state.step - first_step) * (options.steps - state.step)
            _validate(bridge, content, tasks, state, float(np.mean(losses)), left, work)
            losses.clear()
        if state.step % options.checkpoint_every == 0 or state.step % options.validate_every == 0 or is_last:
            state.seconds = time.monotonic() - start
            save_checkpoint(
                work / "checkpoint.safetensors", bridge, optimizer, {"identity": identity, "loop": asdict(state)}
            )
        if progress is not None:
            progress(state.step, options.steps)


def _groups(graph: KnowledgeGraph, view: TrainingView, ancestors: object) -> list[Groups]:
    empty = [name for name, links in view.train.items() if not len(links)]
    for name in empty:
        _LOG.warning("Relation %s has no training link and is left out.", name)
    found = [group_links(graph, name, links, ancestors) for name, links in sorted(view.train.items()) if len(links)]
    if not found:
        raise TrainingError("The graph has no link to learn from.", "Build a graph with at least one relation.")
    return found


def _shares(groups: list[Groups], options: TrainOptions) -> NDArray[np.float64]:
    """How often each relation is drawn, float64 (n_relations,), summing to 1."""
    share = np.array([len(g) ** options.balance for g in groups], dtype=np.float64)
    hierarchical = np.array([g.head_modality == g.tail_modality for g in groups])
    if not hierarchical.all():
        share[hierarchical] *= options.hierarchy_share
    return np.asarray(share / share.sum(), dtype=np.float64)


def _new_bridge(graph: KnowledgeGraph, content: Content, groups: list[Groups], options: TrainOptions) -> Bridge:
    config = BridgeConfig(
        inputs=content.slots(),
        relations={g.relation: (g.head_modality, g.tail_modality) for g in groups},
        width=options.width,
        layers=options.layers,
        heads=options.heads,
        dropout=options.dropout,
        transform=options.transform,
        temperature=options.temperature,
        learn_temperature=options.learn_temperature,
        encoders=content.encoders,
    )
    bridge = Bridge(config).to(content.device)
    for modality in graph.modalities:
        for kind, _, vectors in content.take(graph.rows(modality), modality):
            # few vectors cannot tell the spread of each dimension: those of all modalities can
            enough = vectors if len(vectors) >= _ENOUGH else content.vectors[kind]
            bridge.fit_inputs(enough, modality, kind, options.whiten)
    return bridge


def _optimizer(bridge: Bridge, options: TrainOptions) -> torch.optim.AdamW:
    matrices = [p for name, p in bridge.named_parameters() if p.ndim > 1 and "tokens" not in name]
    others = [p for name, p in bridge.named_parameters() if p.ndim <= 1 or "tokens" in name]
    return torch.optim.AdamW(
        [{"params": matrices, "weight_decay": options.weight_decay}, {"params": others, "weight_decay": 0.0}],
        lr=options.learning_rate,
        betas=(0.9, 0.98),
        fused=True,
    )


def _rate(step: int, options: TrainOptions) -> float:
    """Linear warm-up, then a cosine down to 2 %."""
    warmup = max(1, round(options.warmup * options.steps))
    if step < warmup:
        return (step + 1) / warmup
    done = (step - warmup) / max(1, options.steps - warmup)
    return 0.02 + 0.98 * (1 + math.cos(math.pi * done)) / 2


def _validate(
    bridge: Bridge, content: Content, tasks: list[Task], state: Progressing, loss: float, left: float, work: Path
) -> None:
    bridge.eval()
    by_task = dict(validate(bridge, content, tasks))
    mrr = float(np.mean(list(by_task.values()))) if by_task else 0.0
    state.waited += 1
    if mrr > state.best_mrr:
        state.best_mrr, state.best_step, state.best_tasks, state.waited = mrr, state.step, by_task, 0
        write_tensors(work / "best.safetensors", bridge.state_dict())
    point = {
        "step": state.step,
        "loss": round(loss, 4),
        "validation_mrr": round(mrr, 5),
        "temperature": round(bridge.temperature, 4),
        "seconds": round(state.seconds, 1),
    }
    state.curve.append(point)
    with (work / "metrics.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps({**point, "seconds_left": round(left), "tasks": by_task}) + "\n")
    _LOG.info("step %d: loss %.3f, validation MRR %.4f, about %.1f min left", state.step, loss, mrr, left / 60)


def _cut_log(path: Path, step: int) -> None:
    """Drop what a killed run wrote after its last checkpoint."""
    if not path.is_file():
        return
    kept: Iterable[str] = (line for line in path.read_text(encoding="utf-8").splitlines() if _logged_step(line) <= step)
    temporary = path.with_name(f".{path.name}")
    temporary.write_text("".join(f"{line}\n" for line in kept if step), encoding="utf-8")
    os.replace(temporary, path)


def _logged_step(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):  # the kill cut the line short
        return math.inf


def _summary(bridge: Bridge, options: TrainOptions, state: Progressing) -> dict[str, object]:
    return {
        "options": asdict(options),
        "n_parameters": bridge.n_parameters(),
        "seconds": round(state.seconds, 1),
        "steps": state.step,
        "best_step": state.best_step,
        "validation_mrr": state.best_mrr,
        "validation_mrr_by_relation": state.best_tasks,
        "temperature": bridge.temperature,
        "curve": state.curve,
    }
