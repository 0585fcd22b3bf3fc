"""The bridge as a thing to be compared: trained on a split once, kept, and scored with and without the memory."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.artifacts import read_manifest, write_folder
from biobridge_core.bridge.data import Content, scores
from biobridge_core.bridge.memory import Memory
from biobridge_core.bridge.model import Bridge
from biobridge_core.bridge.reader import Reader, fit_reading
from biobridge_core.bridge.reading import READING, Reading
from biobridge_core.bridge.train import TrainOptions, fit
from biobridge_core.errors import ArtifactError

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph
    from biobridge_core.kg.splits import TrainingView

STAGE = "study"
_LOG = logging.getLogger(__name__)


class ContentScorer:
    """The bridge on frozen vectors alone (see `Scorer`)."""

    def __init__(self, bridge: Bridge, content: Content, name: str = "bridge, content") -> None:
        self.name, self._bridge, self._content = name, bridge, content

    def scores(self, heads: NDArray[np.int32], relation: str) -> NDArray[np.float32]:
        """(n,) rows -> (n, n_tails) cosines."""
        return scores(self._bridge, self._content, heads, relation)


class MemoryScorer:
    """The bridge with the memory of the graph (see `Scorer`)."""

    def __init__(self, reader: Reader, name: str = "bridge, memory") -> None:
        self.name, self._reader = name, reader

    def scores(self, heads: NDArray[np.int32], relation: str) -> NDArray[np.float32]:
        """(n,) rows -> (n, n_tails) log-probabilities."""
        return self._reader.scores(heads, relation)


def trained_bridge(
    graph: KnowledgeGraph, content: Content, view: TrainingView, options: TrainOptions, folder: Path, *, data: str
) -> Bridge:
    """Train a bridge on a view, or read the one that was trained on it with the same options before.

    A run that was killed goes on from its last checkpoint.

    Parameters
    ----------
    folder
        Where bridges are kept, each under the hash of all that decides it.
    data
        Identity of the frozen vectors.
    """
    identity = {"view": view.digest, "data": data, "options": asdict(options), "encoders": content.encoders}
    key = bridge_key(content, view, options, data=data)
    target = folder / key
    try:
        read_manifest(target, STAGE)
        return Bridge.load(target)
    except ArtifactError:
        _LOG.info("Training the bridge %s.", key)
    work = folder / f"{key}-work"
    bridge, state = fit(graph, content, view, options, work=work, data_digest=data)
    inputs = {"view": view.digest, "data": data}
    with write_folder(target, STAGE, inputs=inputs, meta={"seconds": round(state.seconds, 1), **identity}) as new:
        bridge.save(new)
        (new / "curve.json").write_text(json.dumps(state.curve), encoding="utf-8")
    shutil.rmtree(work, ignore_errors=True)
    return Bridge.load(target)


def bridge_key(content: Content, view: TrainingView, options: TrainOptions, *, data: str) -> str:
    """Name of the folder in which `trained_bridge` keeps a bridge."""
    identity = {"view": view.digest, "data": data, "options": asdict(options), "encoders": content.encoders}
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]


def memory_scorer(
    graph: KnowledgeGraph,
    content: Content,
    view: TrainingView,
    bridge: Bridge,
    *,
    seed: int = 0,
    inputs: Mapping[int, str] | None = None,
    kept: Path | None = None,
    name: str = "bridge, memory",
) -> MemoryScorer:
    """Put a memory beside a trained bridge, and fit how it is read on the validation links of the same view.

    Parameters
    ----------
    inputs
        Row -> what the memory compares in place of the graph's own input (see `Memory`).
    kept
        Folder in which the fitted reading is kept; it is fitted again if there is none.
    """
    memory = Memory(graph, content, view.train, inputs=inputs)
    if kept is not None and (kept / READING).exists():
        reading = Reading.load(kept)
    else:
        reading = fit_reading(graph, content, view, bridge, memory, seed=seed)
        if kept is not None:
            kept.mkdir(parents=True, exist_ok=True)
            reading.save(kept)
    return MemoryScorer(Reader(bridge, content, memory, reading), name)
