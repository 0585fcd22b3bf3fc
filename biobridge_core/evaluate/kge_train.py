"""Train a knowledge-graph embedding as the bridge is trained.

All tails of the modality compete, ancestors of true tails are spared, validation decides when to stop, and a killed run
goes on. The objective is 1-vs-all (Lacroix et al. 2018, arXiv:1806.07297) in its grouped form: a (head, relation) with
several true tails is scored once.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from biobridge_core.bridge.data import Groups, cells, group_links
from biobridge_core.bridge.objective import Competition, grouped_softmax
from biobridge_core.bridge.schedule import Schedule
from biobridge_core.encoders.device import has_fast_bfloat16
from biobridge_core.errors import TrainingError
from biobridge_core.evaluate.kge import KGE, KGEConfig, KGEScorer, new_model
from biobridge_core.evaluate.kge_loop import Loop, LoopState, Pace
from biobridge_core.evaluate.validation import Validation
from biobridge_core.kg.splits import Sparse, TrainingView, ancestor_matrix

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph

CPU = torch.device("cpu")


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
    #: memory of squared gradients: those of an entity are large when it is a head, which is rare, and small as a tail
    beta2: float = 0.999
    weight_decay: float = 0.0  #: decoupled, on entity vectors
    cubes: float = 0.0  #: weight of the N3 penalty
    warmup: float = 0.02  #: share of the steps
    balance: float = 0.75  #: a relation is drawn by its number of heads to this power
    hierarchy_share: float = 0.3
    spare_ancestors: bool = True
    bfloat16: bool = True  #: multiply in bfloat16 where the processor is made for it
    validate_every: int = 500
    validation_sample: int = 150  #: queries a relation
    patience: int = 4  #: validations without a better MRR before stopping
    seed: int = 0


def train_kge(
    graph: KnowledgeGraph,
    view: TrainingView,
    options: KGEOptions,
    *,
    work: Path,
    minutes: float = math.inf,
    device: torch.device = CPU,
) -> tuple[KGE, LoopState]:
    """Train on a split and return the model of the best validation, with the curve.

    Parameters
    ----------
    view
        Training and validation links; test links cannot get here.
    work
        Folder for checkpoints and ``metrics.jsonl``, made when missing; a killed run goes on from there.
    minutes
        CPU-minutes, resumed ones included, after which the run ends where it stands.

    Raises
    ------
    TrainingError
        If there is no link to learn from, or the loss is no longer finite.
    """
    loop = _GroupedLoop(graph, view, options, work, device)
    loop.go(minutes)
    return loop.kge.cpu(), loop.state


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
    device = model.heads(groups.relation).device
    heads = torch.from_numpy(groups.heads[chosen].astype(np.int64) - first).to(device)
    with torch.autocast(device.type, torch.bfloat16, enabled=options.bfloat16 and has_fast_bfloat16(device)):
        logits = model.logits(heads, groups.relation)  # (n, n_tails)
    positive, ignored = cells(groups.true[chosen], device), cells(groups.ignored[chosen], device)
    loss = grouped_softmax(logits, positive, ignored, options.competition)
    if options.cubes:
        loss = loss + options.cubes * model.cubes(heads, groups.relation)
    return loss


class _GroupedLoop(Loop):
    """Batches of one relation, all tails at once."""

    def __init__(
        self, graph: KnowledgeGraph, view: TrainingView, options: KGEOptions, work: Path, device: torch.device
    ) -> None:
        self._graph, self._options = graph, options
        ancestors = ancestor_matrix(graph)
        self._groups = kge_groups(graph, view, ancestors if options.spare_ancestors else None)
        self._schedule = Schedule(
            [len(g) for g in self._groups],
            _shares(self._groups, options),
            steps=options.steps,
            batch=options.batch,
            seed=options.seed,
        )
        torch.manual_seed(options.seed)
        self.kge = new_model(kge_config(graph, self._groups, options)).to(device)
        identity = json.dumps([asdict(options), view.digest, graph.digest], sort_keys=True)
        super().__init__(
            options.model,
            self.kge,
            _optimizer(self.kge, options),
            Validation(graph, view, ancestors, sample=options.validation_sample, seed=options.seed),
            Pace(
                steps=options.steps,
                validate_every=options.validate_every,
                checkpoint_every=options.validate_every,
                patience=options.patience,
                learning_rate=options.learning_rate,
                seed=options.seed,
            ),
            work=work,
            identity=hashlib.sha256(identity.encode()).hexdigest(),
        )

    def loss(self, step: int) -> Tensor:
        """Grouped softmax over all tails."""
        relation, chosen = self._schedule[step]
        groups = self._groups[relation]
        return batch_loss(self.kge, groups, chosen, self._options, int(self._graph.rows(groups.head_modality)[0]))

    def rate(self, step: int) -> float:
        """Warm-up, then a cosine."""
        return _rate(step, self._options)

    def scorer(self) -> KGEScorer:
        """The model as it stands."""
        return KGEScorer(self._graph, self.kge)


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
        betas=(0.9, options.beta2),
        fused=True,
    )


def _rate(step: int, options: KGEOptions) -> float:
    """Linear warm-up, then a cosine down to 2 %."""
    warmup = max(1, round(options.warmup * options.steps))
    if step < warmup:
        return (step + 1) / warmup
    done = (step - warmup) / max(1, options.steps - warmup)
    return 0.02 + 0.98 * (1 + math.cos(math.pi * done)) / 2
