"""Train PyKEEN's models as papers do: sampled negatives, plain Adam, many epochs, early stopping."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from biobridge_core.errors import TrainingError
from biobridge_core.evaluate.kge import KGE, KGEScorer
from biobridge_core.evaluate.kge_loop import Loop, LoopState, Pace
from biobridge_core.evaluate.kge_train import CPU
from biobridge_core.evaluate.pykeen_models import (
    Loss,
    from_pykeen,
    negative_sampler,
    new_pykeen_model,
    slcwa_loss,
    training_triples,
)
from biobridge_core.evaluate.shared_negatives import shared_loss
from biobridge_core.evaluate.validation import Validation
from biobridge_core.kg.splits import TrainingView, ancestor_matrix

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph

#: triples at once where the default does not fit: PyKEEN gives TransR a matrix of its own for every triple
SMALL_BATCHES = {"TransR": 8}


@dataclass(frozen=True)
class PaperOptions:
    """How a published comparison trains an embedding."""

    model: str = "TransE"
    loss: Loss = "margin"
    learning_rate: float = 1e-3
    width: int = 256  #: PyKEEN's embedding_dim
    negatives: int = 128
    shared: int = 0  #: triples that share a draw of negatives (`shared_negatives`); 0: PyKEEN's own sampler
    batch: int = 1024  #: triples at once
    inverses: bool = True  #: see `training_triples`; without, an epoch takes half as long
    epochs: int = 200
    patience: int = 10  #: epochs without a better validation MRR
    validation_sample: int = 150  #: queries a relation
    checkpoint_every: int = 200  #: steps
    seed: int = 0


def train_paper(
    graph: KnowledgeGraph,
    view: TrainingView,
    options: PaperOptions,
    *,
    work: Path,
    minutes: float = math.inf,
    device: torch.device = CPU,
) -> tuple[KGE, LoopState]:
    """Train one of PyKEEN's models and return it as one of ours; arguments and errors as for `train_kge`."""
    loop = PaperLoop(graph, view, options, work, device)
    loop.go(minutes)
    return loop.kge(), loop.state


class PaperLoop(Loop):
    """Every training triple once an epoch, each against corrupted heads and tails."""

    def __init__(
        self,
        graph: KnowledgeGraph,
        view: TrainingView,
        options: PaperOptions,
        work: Path,
        device: torch.device = CPU,
    ) -> None:
        if options.shared and not options.inverses:
            raise TrainingError("Shared negatives corrupt tails alone.", "Train the inverse relations as well.")
        self._graph, self._options, self._device = graph, options, device
        self._triples = training_triples(graph, view, inverses=options.inverses)
        self._sampler = negative_sampler(self._triples, options.negatives)
        model = new_pykeen_model(
            options.model, self._triples, width=options.width, loss=options.loss, seed=options.seed
        ).to(device)
        self.steps_per_epoch = math.ceil(len(self._triples.mapped) / options.batch)
        self._order: tuple[int, Tensor] = (-1, torch.empty(0))
        identity = json.dumps([asdict(options), view.digest, graph.digest], sort_keys=True)
        super().__init__(
            f"{options.model} ({options.loss}, {options.learning_rate:g})",
            model,
            torch.optim.Adam(model.parameters(), lr=options.learning_rate, fused=True),
            Validation(graph, view, ancestor_matrix(graph), sample=options.validation_sample, seed=options.seed),
            Pace(
                steps=options.epochs * self.steps_per_epoch,
                validate_every=self.steps_per_epoch,
                checkpoint_every=options.checkpoint_every,
                patience=options.patience,
                learning_rate=options.learning_rate,
                seed=options.seed,
            ),
            work=work,
            identity=hashlib.sha256(identity.encode()).hexdigest(),
        )

    def loss(self, step: int) -> Tensor:
        """Loss of the step's triples."""
        epoch, place = divmod(step, self.steps_per_epoch)
        if self._order[0] != epoch:
            order = np.random.default_rng([self._options.seed, epoch]).permutation(len(self._triples.mapped))
            self._order = epoch, torch.from_numpy(order)
        chosen = self._order[1][place * self._options.batch : (place + 1) * self._options.batch]
        positive, options = self._triples.mapped[chosen].to(self._device), self._options
        if options.shared:
            n_entities = self._triples.n_entities
            return shared_loss(options.model, self.model, positive, options.negatives, n_entities, options.shared)
        return slcwa_loss(self.model, positive, options.negatives, self._sampler)

    def after_step(self) -> None:
        """Constrain the weights as the model was published."""
        self.model.post_parameter_update()  # type: ignore[operator]

    def kge(self) -> KGE:
        """The model as one of ours."""
        return from_pykeen(self._options.model, self.model, self._graph, self._triples)

    def scorer(self) -> KGEScorer:
        """The model as it stands."""
        return KGEScorer(self._graph, self.kge(), probabilities=False)
