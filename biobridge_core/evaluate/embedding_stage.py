"""The stage that trains the graph embedding of the bundle, on what the shipped bridge was trained on and no more."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.evaluate.kge_train import KGEOptions, train_kge
from biobridge_core.explain.embedding import STAGE, GraphEmbedding
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.kg.shipped_split import shipped

if TYPE_CHECKING:
    from biobridge_core.config import Settings
    from biobridge_core.evaluate.kge import KGE
    from biobridge_core.kg.splits import TrainingView

#: Small enough to ship: 64 bytes an entity.
OPTIONS = KGEOptions(model="TransE", width=64, steps=4000, validate_every=1000, validation_sample=100)
MINUTES = 8.0  #: CPU-minutes after which training ends where it stands
_LOG = logging.getLogger(__name__)


def build_embedding(
    settings: Settings, *, options: KGEOptions = OPTIONS, progress: Callable[[str, float], None] | None = None
) -> Path:
    """Train TransE on the shipped split's training links and write it in eight bits; a killed run goes on.

    Raises
    ------
    ArtifactError
        If the graph is missing or damaged, or the folder cannot be written.
    TrainingError
        If the graph has no link to learn from.
    """
    say = progress or _quiet
    started = time.perf_counter()
    graph = KnowledgeGraph.load(settings.build / "kg")
    view = shipped(graph).training
    say(f"Training {options.model} of width {options.width}, at most {MINUTES:.0f} CPU-minutes", 0.0)
    model, state = train_kge(graph, view, options, work=settings.build / f"{STAGE}-work", minutes=MINUTES)
    meta: dict[str, object] = {
        "model": options.model,
        "width": options.width,
        "steps": state.step,
        "best_step": state.best_step,
        "validation_mrr": round(state.best_mrr, 5),
        "cpu_minutes": round(state.cpu_seconds / 60, 2),
        "seconds": round(time.perf_counter() - started, 1),
    }
    folder = settings.build / STAGE
    compressed(graph, model, view).save(folder, meta=meta, inputs={"links": view.digest})
    _LOG.info("Graph embedding: validation MRR %.4f, in %s.", state.best_mrr, folder)
    say("Graph embedding built", 1.0)
    return folder


def compressed(graph: KnowledgeGraph, model: KGE, view: TrainingView) -> GraphEmbedding:
    """A trained TransE as it is shipped."""
    width = model.config.width
    vectors = np.zeros((graph.n_entities, width), dtype=np.float32)
    for modality, values in model.entities.items():
        vectors[graph.rows(modality)] = values.detach().cpu().numpy()
    moved = {name: model.part("translation", name).detach().cpu().numpy() for name in model.config.relations}
    trained: NDArray[np.bool_] = np.zeros(graph.n_entities, dtype=bool)
    for links in view.train.values():
        trained[links.ravel()] = True
    return GraphEmbedding.compress(graph, vectors, moved, trained)


def _quiet(_message: str, _share: float) -> None:
    """Progress that nobody listens to."""
