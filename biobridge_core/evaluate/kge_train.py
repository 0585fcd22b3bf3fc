"""Train a knowledge-graph embedding as the bridge is trained.

All tails of the modality compete, ancestors of true tails are spared, validation decides when to stop, and a killed run
goes on. The objective is 1-vs-all (Lacroix et al. 2018, arXiv:1806.07297) in its grouped form: a (head, relation) with
several true tails is scored once.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from biobridge_core.bridge.checkpoint import load_checkpoint, read_tensors, save_checkpoint, write_tensors
from biobridge_core.bridge.data import Groups, cells, group_links
from biobridge_core.bridge.objective import Competition, grouped_softmax
from biobridge_core.bridge.schedule import Schedule
from biobridge_core.errors import TrainingError
from biobridge_core.evaluate.kge import KGE, KGEConfig, KGEScorer, new_model
from biobridge_core.evaluate.validation import Validation
from biobridge_core.kg.splits import Sparse, TrainingView, ancestor_matrix

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph

_LOG = logging.getLogger(__name__)
_CPU = torch.device("cpu")


@dataclass(frozen=True)
class KGEOptions:
    """How an embedding is trained; what it is made of is described in `KGEConfig`."""

    model: str = "TransE"
    width: int = 256
    scale: float = 10.0
    spread: float = 1.0
    bound: bool = False
    dropout: float = 0.0
    competition: Competition = "alone"
    steps: int = 4000
    batch: int = 512  #: heads at once, all of one relation
    learning_rate: float = 1e-2
    weight_decay: float = 0.0  #: decoupled, on entity vectors
    cubes: float = 0.0  #: weight of the N3 penalty
    warmup: float = 0.02  #: share of the steps
    balance: float = 0.75  #: a relation is drawn by its number of heads to this power
    hierarchy_share: float = 0.3
    spare_ancestors: bool = True
    validate_every: int = 500
    validation_sample: int = 150  #: queries a relation
    patience: int = 4  #: validations without a better MRR before stopping
    seed: int = 0


@dataclass
class KGEState:
    """Where a run stands."""

    step: int = 0
    cpu_seconds: float = 0.0
    best_mrr: float = -1.0
    best_step: int = 0
    best_tasks: dict[str, float] = field(default_factory=dict)
    waited: int = 0
    curve: list[dict[str, float]] = field(default_factory=list)


def train_kge(
    graph: KnowledgeGraph, view: TrainingView, options: KGEOptions, *, work: Path, minutes: float = math.inf
) -> tuple[KGE, KGEState]:
    """Train on a split and return the model of the best validation, with the curve.

    Parameters
    ----------
    view
        Training and validation links; test links cannot get here.
    work
        Folder for the checkpoint and ``metrics.jsonl``, made when missing; a killed run goes on from there.
    minutes
        CPU-minutes, resumed ones included, after which the run ends where it stands.

    Raises
    ------
    TrainingError
        If there is no link to learn from, or the loss is no longer finite.
    """
    work.mkdir(parents=True, exist_ok=True)
    run = _Run(graph, view, options, work)
    run.go(minutes)
    if run.state.best_step:
        run.model.load_state_dict(read_tensors(work / "best.safetensors")[0])
    return run.model.eval(), run.state


def kge_groups(graph: KnowledgeGraph, view: TrainingView, ancestors: Sparse | None) -> list[Groups]:
    """Training links of every relation that has any, grouped by head.

    Raises
    ------
    TrainingError
        If none has any.
    """
    found = [group_links(graph, name, links, ancestors) for name, links in sorted(view.train.items()) if len(links)]
    if not found:
        raise TrainingError("The graph has no link to learn from.", "Build a graph with at least one relation.")
    return found


def kge_config(graph: KnowledgeGraph, groups: Sequence[Groups], options: KGEOptions) -> KGEConfig:
    """Model settings for the entities of a graph and the relations that have training links."""
    return KGEConfig(
        model=options.model,
        sizes={name: len(graph.rows(name)) for name in graph.modality_names},
        relations={g.relation: (g.head_modality, g.tail_modality) for g in groups},
        width=options.width,
        scale=options.scale,
        spread=options.spread,
        bound=options.bound,
        dropout=options.dropout,
    )


def batch_loss(model: KGE, groups: Groups, chosen: NDArray[np.integer], options: KGEOptions, first: int) -> Tensor:
    """Loss of one batch; scalar.

    Parameters
    ----------
    chosen
        (n,) places in ``groups``.
    first
        First row of the head modality.
    """
    heads = torch.from_numpy(groups.heads[chosen].astype(np.int64) - first)
    logits = model.logits(heads, groups.relation)  # (n, n_tails)
    positive, ignored = cells(groups.true[chosen], _CPU), cells(groups.ignored[chosen], _CPU)
    loss = grouped_softmax(logits, positive, ignored, options.competition)
    if options.cubes:
        loss = loss + options.cubes * model.cubes(heads, groups.relation)
    return loss


class _Run:
    """One run: model, optimizer, data and state; `go` trains until it is done."""

    def __init__(self, graph: KnowledgeGraph, view: TrainingView, options: KGEOptions, work: Path) -> None:
        self.graph, self.options, self.work = graph, options, work
        ancestors = ancestor_matrix(graph)
        self.groups = kge_groups(graph, view, ancestors if options.spare_ancestors else None)
        self.validation = Validation(graph, view, ancestors, sample=options.validation_sample, seed=options.seed)
        torch.manual_seed(options.seed)
        self.model = new_model(kge_config(graph, self.groups, options))
        self.optimizer = _optimizer(self.model, options)
        self.identity = hashlib.sha256(
            json.dumps([asdict(options), view.digest, graph.digest], sort_keys=True).encode()
        ).hexdigest()
        raw = load_checkpoint(work / "checkpoint.safetensors", self.model, self.optimizer, self.identity)
        self.state = KGEState(**raw["loop"]) if raw else KGEState()  # type: ignore[arg-type]
        if self.state.step:
            _LOG.info("Going on from step %d of %d.", self.state.step, options.steps)

    def go(self, minutes: float) -> None:
        """Train until the steps, the patience or the CPU-minutes are used up."""
        options, state = self.options, self.state
        schedule = Schedule(
            [len(g) for g in self.groups],
            _shares(self.groups, options),
            steps=options.steps,
            batch=options.batch,
            seed=options.seed,
        )
        losses: list[float] = []
        start = time.process_time() - state.cpu_seconds
        while state.step < options.steps and not (self.validation.tasks and state.waited >= options.patience):
            losses.append(self._step(*schedule[state.step]))
            state.step += 1
            state.cpu_seconds = time.process_time() - start
            over = state.cpu_seconds > 60 * minutes
            if state.step % options.validate_every == 0 or state.step == options.steps or over:
                self._validate(float(np.mean(losses)))
                losses.clear()
                state.cpu_seconds = time.process_time() - start
                kept: dict[str, object] = {"identity": self.identity, "loop": asdict(state)}
                save_checkpoint(self.work / "checkpoint.safetensors", self.model, self.optimizer, kept)
            if over:
                _LOG.info("The limit of %.1f CPU-minutes is reached.", minutes)
                return

    def _step(self, relation: int, chosen: NDArray[np.int64]) -> float:
        options, groups = self.options, self.groups[relation]
        torch.manual_seed((options.seed << 32) + self.state.step)  # a resumed run draws the same dropout
        for group in self.optimizer.param_groups:
            group["lr"] = options.learning_rate * _rate(self.state.step, options)
        self.model.train()
        loss = batch_loss(self.model, groups, chosen, options, int(self.graph.rows(groups.head_modality)[0]))
        if not torch.isfinite(loss):
            raise TrainingError(
                f"The loss is {loss.item()} at step {self.state.step} ({groups.relation}).", "Lower the learning rate."
            )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return loss.item()

    def _validate(self, loss: float) -> None:
        state = self.state
        by_task = self.validation.by_relation(KGEScorer(self.graph, self.model))
        mrr = self.validation.mean(by_task)
        state.waited += 1
        if mrr > state.best_mrr:
            state.best_mrr, state.best_step, state.best_tasks, state.waited = mrr, state.step, by_task, 0
            write_tensors(self.work / "best.safetensors", self.model.state_dict())
        point = {
            "step": state.step,
            "loss": round(loss, 4),
            "validation_mrr": round(mrr, 5),
            "validation_mrr_relations": round(float(np.mean(list(by_task.values()) or [0.0])), 5),
            "cpu_minutes": round(state.cpu_seconds / 60, 2),
        }
        state.curve.append(point)
        with (self.work / "metrics.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps({**point, "tasks": by_task}) + "\n")
        _LOG.info(
            "%s step %d: loss %.3f, validation MRR %.4f over pairs, %.4f over relations, %.1f CPU-minutes",
            self.options.model, *(point[name] for name in (
                "step", "loss", "validation_mrr", "validation_mrr_relations", "cpu_minutes")),
        )  # fmt: skip


def _shares(groups: Sequence[Groups], options: KGEOptions) -> NDArray[np.float64]:
    """How often each relation is drawn, float64 (n_relations,), summing to 1."""
    share = np.array([len(g) ** options.balance for g in groups], dtype=np.float64)
    hierarchical = np.array([g.head_modality == g.tail_modality for g in groups])
    if not hierarchical.all():
        share[hierarchical] *= options.hierarchy_share
    return np.asarray(share / share.sum(), dtype=np.float64)


def _optimizer(model: KGE, options: KGEOptions) -> torch.optim.AdamW:
    decayed = list(model.entities.values())
    others = [p for name, p in model.named_parameters() if not name.startswith("entities.")]
    return torch.optim.AdamW(
        [{"params": decayed, "weight_decay": options.weight_decay}, {"params": others, "weight_decay": 0.0}],
        lr=options.learning_rate,
        betas=(0.9, 0.98),
        fused=True,
    )


def _rate(step: int, options: KGEOptions) -> float:
    """Linear warm-up, then a cosine down to 2 %."""
    warmup = max(1, round(options.warmup * options.steps))
    if step < warmup:
        return (step + 1) / warmup
    done = (step - warmup) / max(1, options.steps - warmup)
    return 0.02 + 0.98 * (1 + math.cos(math.pi * done)) / 2
