"""The loop that trains every graph embedding: validation decides, minutes can run out, a kill loses little."""

from __future__ import annotations

import json
import logging
import math
import time
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from biobridge_core.bridge.checkpoint import load_checkpoint, read_tensors, save_checkpoint, write_tensors
from biobridge_core.errors import TrainingError

if TYPE_CHECKING:
    from biobridge_core.evaluate.scorer import Scorer
    from biobridge_core.evaluate.validation import Validation

_LOG = logging.getLogger(__name__)


@dataclass
class LoopState:
    """Where a run stands."""

    step: int = 0
    cpu_seconds: float = 0.0
    best_mrr: float = -1.0
    best_step: int = 0
    best_tasks: dict[str, float] = field(default_factory=dict)
    waited: int = 0  #: validations since the best
    curve: list[dict[str, float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Pace:
    """When a loop validates, saves and stops."""

    steps: int
    validate_every: int
    checkpoint_every: int
    patience: int  #: validations without a better MRR before stopping
    learning_rate: float
    seed: int


class Loop(ABC):
    """Train a model step by step.

    Parameters
    ----------
    work
        Folder for ``checkpoint.safetensors``, ``best.safetensors`` and ``metrics.jsonl``, made when missing.
    identity
        Names options and data: a checkpoint of another identity is not taken up.
    """

    def __init__(
        self,
        name: str,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        validation: Validation,
        pace: Pace,
        *,
        work: Path,
        identity: str,
    ) -> None:
        self.name, self.model, self.optimizer, self.validation, self.pace = name, model, optimizer, validation, pace
        self._work, self._identity = work, identity
        work.mkdir(parents=True, exist_ok=True)
        raw = load_checkpoint(work / "checkpoint.safetensors", model, optimizer, identity)
        self.state = LoopState(**raw["loop"]) if raw else LoopState()  # type: ignore[arg-type]
        if self.state.step:
            _LOG.info("%s goes on from step %d of %d.", name, self.state.step, pace.steps)

    @abstractmethod
    def loss(self, step: int) -> Tensor:
        """Loss of the step's batch; scalar."""

    @abstractmethod
    def scorer(self) -> Scorer:
        """The model as it stands, for validation."""

    def rate(self, step: int) -> float:
        """Factor on the learning rate."""
        return 1.0

    def after_step(self) -> None:  # noqa: B027  (most models need nothing)
        """Anything to be done to the weights after an update."""

    @property
    def done(self) -> bool:
        """Whether the steps or the patience are used up."""
        waited = bool(self.validation.tasks) and self.state.waited >= self.pace.patience
        return self.state.step >= self.pace.steps or waited

    def go(self, minutes: float = math.inf) -> None:
        """Train until it is done or the CPU-minutes, those of earlier starts included, are used up.

        The model ends with the weights of the best validation.

        Raises
        ------
        TrainingError
            If the loss is no longer finite.
        """
        pace, state = self.pace, self.state
        losses: list[float] = []
        start = time.process_time() - state.cpu_seconds
        over = state.cpu_seconds >= 60 * minutes
        while not (self.done or over):
            losses.append(self._step())
            state.step += 1
            state.cpu_seconds = time.process_time() - start
            over = state.cpu_seconds >= 60 * minutes
            last = over or state.step == pace.steps
            if last or state.step % pace.validate_every == 0:
                self._validate(float(np.mean(losses)))
                losses.clear()
            if last or state.step % pace.validate_every == 0 or state.step % pace.checkpoint_every == 0:
                state.cpu_seconds = time.process_time() - start
                kept: dict[str, object] = {"identity": self._identity, "loop": asdict(state)}
                save_checkpoint(self._work / "checkpoint.safetensors", self.model, self.optimizer, kept)
        if over:
            _LOG.info("%s: the limit of %.1f CPU-minutes is reached.", self.name, minutes)
        if state.best_step:
            self.model.load_state_dict(read_tensors(self._work / "best.safetensors")[0])
        self.model.eval()

    def time_steps(self, n: int) -> float:
        """Take n steps, keep nothing, and return the CPU-seconds that they took."""
        start = time.process_time()
        for _ in range(n):
            self._step()
        return time.process_time() - start

    def _step(self) -> float:
        step = self.state.step
        torch.manual_seed((self.pace.seed << 32) + step)  # a resumed run draws the same dropout and negatives
        for group in self.optimizer.param_groups:
            group["lr"] = self.pace.learning_rate * self.rate(step)
        self.model.train()
        loss = self.loss(step)
        if not torch.isfinite(loss):
            raise TrainingError(f"{self.name}: the loss is {loss.item()} at step {step}.", "Lower the learning rate.")
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.after_step()
        return loss.item()

    def _validate(self, loss: float) -> None:
        state = self.state
        self.model.eval()
        by_task = self.validation.by_relation(self.scorer())
        mrr = self.validation.mean(by_task)
        state.waited += 1
        if mrr > state.best_mrr:
            state.best_mrr, state.best_step, state.best_tasks, state.waited = mrr, state.step, by_task, 0
            write_tensors(self._work / "best.safetensors", self.model.state_dict())
        point = {
            "step": state.step,
            "loss": round(loss, 4),
            "validation_mrr": round(mrr, 5),
            "validation_mrr_relations": round(float(np.mean(list(by_task.values()) or [0.0])), 5),
            "cpu_minutes": round(state.cpu_seconds / 60, 2),
        }
        state.curve.append(point)
        with (self._work / "metrics.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps({**point, "tasks": by_task}) + "\n")
        told = "step %(step)d: loss %(loss).3f, validation MRR %(validation_mrr).4f over pairs of modalities, "
        told += "%(validation_mrr_relations).4f over relations, %(cpu_minutes).1f CPU-minutes"
        _LOG.info("%s %s", self.name, told % point)
