"""Maps: every entity of a modality as a point in the plane, near the ones whose foundation-model vectors are alike.

UMAP (McInnes, Healy & Melville 2018, arXiv:1802.03426) over the cosine of the catalogue's vectors. Only building needs
``umap-learn``; opening reads one file.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.artifacts import read_manifest, verify_folder, write_folder
from biobridge_core.errors import ArtifactError
from biobridge_core.types import InputKind

if TYPE_CHECKING:
    from biobridge_core.catalogue import Catalogue
    from biobridge_core.kg.graph import KnowledgeGraph

STAGE = "map"
FILE = "map.safetensors"
NEAREST = 15  #: entities that decide where a raw query is placed, and neighbours that UMAP looks at
_MIN_DIST = 0.15
_SEED = 0
_GAP = 0.12  #: between the islands of a modality that is read from several kinds of input
_KINDS = list(InputKind)

_LOG = logging.getLogger(__name__)

Progress = Callable[[str, float], None]
Points = NDArray[np.float32]  #: (n, 2), within -1 .. 1


@dataclass(frozen=True)
class Maps:
    """Where the entities of each modality lie. Points of a modality stand in the order of ``graph.rows(modality)``."""

    points: dict[str, Points]

    @classmethod
    def load(cls, folder: Path, graph_digest: str, catalogue_digest: str) -> Maps:
        """Open a folder that :func:`build_map` wrote.

        Raises
        ------
        ArtifactError
            If it is missing or damaged, or was drawn from another graph or catalogue.
        """
        from safetensors.numpy import load_file

        manifest = verify_folder(folder, STAGE)
        if manifest.inputs != {"graph": graph_digest, "catalogue": catalogue_digest}:
            raise ArtifactError(
                f"{folder} was drawn from another graph or catalogue than those that are open.",
                "Run `biobridge build map` again.",
            )
        return cls({name: stored.astype(np.float32) for name, stored in load_file(folder / FILE).items()})


def place(points: Points, cosines: Sequence[float]) -> tuple[float, float]:
    """Where a raw query lies: the weighted mean of its nearest entities.

    Parameters
    ----------
    points
        (n, 2), of the entities nearest to the query, at most `NEAREST` of which count.
    cosines
        (n,), of the query with each, descending.

    Notes
    -----
    Weights fall off exponentially with the distance beyond the nearest one, by the mean of those distances: the form
    of UMAP's own local kernel (McInnes et al. 2018, arXiv:1802.03426, definition 9).
    """
    distances = 1.0 - np.asarray(cosines[:NEAREST], dtype=np.float64)  # (n,)
    beyond = np.maximum(distances - distances.min(), 0.0)
    weights = np.exp(-beyond / max(float(beyond.mean()), 1e-9))
    x, y = (weights[:, None] * points[: len(weights)]).sum(axis=0) / weights.sum()
    return float(x), float(y)


def build_map(graph: KnowledgeGraph, catalogue: Catalogue, folder: Path, progress: Progress | None = None) -> Path:
    """Draw the map of every modality and write the stage folder; 10 minutes on one busy core for 80,000 entities.

    Raises
    ------
    ArtifactError
        If ``umap-learn`` is not installed or the folder cannot be written.
    """
    from safetensors.numpy import save_file

    say = progress or _quiet
    start = time.perf_counter()
    stored: dict[str, NDArray[np.float16]] = {}
    meta: dict[str, object] = {"neighbours": NEAREST, "min_dist": _MIN_DIST, "seed": _SEED}
    inputs = {"graph": graph.digest, "catalogue": catalogue.digest}
    with write_folder(folder, STAGE, inputs=inputs, meta=meta) as new:
        for done, modality in enumerate(graph.modalities):
            rows = graph.rows(modality)
            if len(rows):
                say(f"Drawing the map of {len(rows):,} of kind {modality}", done / len(graph.modalities))
                stored[modality] = _draw(graph, catalogue, rows).astype(np.float16)
        save_file(stored, new / FILE)
        meta["seconds"] = round(time.perf_counter() - start, 1)
    say("Maps drawn", 1.0)
    return folder


def is_current(folder: Path, graph_digest: str, catalogue_digest: str) -> bool:
    """Whether a map lies in ``folder`` and was drawn from this graph and catalogue."""
    try:
        return dict(read_manifest(folder, STAGE).inputs) == {"graph": graph_digest, "catalogue": catalogue_digest}
    except ArtifactError:
        return False


def _draw(graph: KnowledgeGraph, catalogue: Catalogue, rows: NDArray[np.int32]) -> Points:
    """Points (n, 2) of the rows of one modality; what is read from different inputs gets islands of its own."""
    kinds = graph.kind_of_row[rows]
    codes, counts = np.unique(kinds, return_counts=True)
    points = np.zeros((len(rows), 2), dtype=np.float32)
    left = 0.0
    for code in codes[np.argsort(-counts, kind="stable")]:
        here = np.flatnonzero(kinds == code)
        kind = _KINDS[code]
        vectors = catalogue.vectors(kind)[np.searchsorted(catalogue.rows(kind), rows[here])]
        island = _squared(_umap(vectors)) * np.sqrt(len(here) / counts.max())  # area by number
        island[:, 0] += left - island[:, 0].min()
        points[here] = island
        left = float(island[:, 0].max()) + _GAP
    return _squared(points)


def _umap(vectors: NDArray[np.float32]) -> Points:
    """(n, 2) of (n, d)."""
    if len(vectors) <= NEAREST:
        return np.asarray(vectors[:, :2], dtype=np.float32).copy()
    try:
        from umap import UMAP
    except ImportError:
        raise ArtifactError("umap-learn is not installed.", "Run `pip install -r requirements-dev.txt`.") from None
    model = UMAP(
        n_neighbors=NEAREST,
        min_dist=_MIN_DIST,
        metric="cosine",
        init="pca",
        random_state=_SEED,
        n_jobs=1,
        low_memory=True,
    )
    drawn: Points = np.asarray(model.fit_transform(vectors), dtype=np.float32)
    return drawn


def _squared(points: Points) -> Points:
    """The same, centred and scaled by one number into -1 .. 1; strays beyond the 0.1 % tails are pulled to the edge."""
    low, high = np.percentile(points, [0.1, 99.9], axis=0)
    centred = (points - (low + high) / 2) / max(float((high - low).max()) / 2, 1e-9)
    return np.asarray(np.clip(centred, -1.0, 1.0), dtype=np.float32)


def _quiet(_message: str, _share: float) -> None:
    """Progress that nobody asked for."""
