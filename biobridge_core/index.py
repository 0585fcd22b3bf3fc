"""Exact nearest neighbours by inner product; the only home of faiss.

On a GPU, faiss-gpu serves when it is installed and has kernels for the card; otherwise torch does the same exact search
there.
"""

from __future__ import annotations

import logging
import subprocess
import sys
from functools import lru_cache
from typing import Protocol

import faiss
import numpy as np
import torch
from numpy.typing import NDArray

from biobridge_core.errors import ArtifactError

_LOG = logging.getLogger(__name__)
_UNIT_TOLERANCE = 1e-2

# faiss ends the process where a CUDA kernel is missing, so the first search on a card happens in a process of its own.
_PROBE = """
import faiss, numpy
index = faiss.index_cpu_to_gpu(faiss.StandardGpuResources(), 0, faiss.IndexFlatIP(8))
index.add(numpy.eye(8, dtype="float32"))
assert (index.search(numpy.eye(8, dtype="float32"), 1)[1][:, 0] == numpy.arange(8)).all()
"""


class Engine(Protocol):
    """Something that finds the k largest inner products."""

    name: str

    def top(self, queries: NDArray[np.float32], k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Scores and positions (m, k), best first."""

    def scores(self, queries: NDArray[np.float32]) -> NDArray[np.float32]:
        """All inner products (m, n)."""


class VectorIndex:
    """Exact maximum inner product over unit vectors, with the graph rows that they belong to.

    Parameters
    ----------
    vectors
        (n, d), L2-normalised, so that the inner product is the cosine.
    rows
        (n,) what a hit is reported as.
    device
        ``cpu``, ``cuda``, ``cuda:N``, or ``auto`` for a GPU where there is one.

    Raises
    ------
    ArtifactError
        If the shapes do not fit, or a vector is not finite or not of unit length.
    """

    def __init__(
        self, vectors: NDArray[np.float32], rows: NDArray[np.integer], device: torch.device | str = "auto"
    ) -> None:
        if vectors.ndim != 2 or rows.shape != (len(vectors),) or not len(vectors):
            raise ArtifactError(
                f"An index needs vectors (n, d) and rows (n,) with n > 0, got {vectors.shape} and {rows.shape}."
            )
        lengths = np.linalg.norm(vectors, axis=1)
        if not (np.abs(lengths - 1) < _UNIT_TOLERANCE).all():
            worst = int(np.nan_to_num(np.abs(lengths - 1), nan=np.inf).argmax())
            raise ArtifactError(
                f"The vector of row {rows[worst]} has length {lengths[worst]:.3g}; an index needs unit vectors.",
                "Normalise the vectors, or build the bridge again.",
            )
        self.rows = np.asarray(rows, dtype=np.int32)
        self._engine = make_engine(np.ascontiguousarray(vectors, dtype=np.float32), device)
        self.width = vectors.shape[1]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def engine(self) -> str:
        """What searches: ``faiss-cpu``, ``faiss-gpu`` or ``torch-cuda``."""
        return self._engine.name

    def search(self, queries: NDArray[np.float32], k: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """The k best of every query, best first; equal scores by ascending row.

        Parameters
        ----------
        queries
            (m, d) or (d,), L2-normalised.
        k
            At least 1; more than there are vectors gives all of them.

        Returns
        -------
        scores, rows
            Both (m, min(k, n)).

        Raises
        ------
        ValueError
            If ``k`` is below 1 or the queries have another width.
        """
        queries = self._checked(queries)
        n = len(self)
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k}")
        k = min(k, n)
        scores, found = self._engine.top(queries, min(k + 1, n))
        rows = self.rows[found]
        for i in np.flatnonzero(scores[:, k - 1] == scores[:, -1]) if k < n else ():
            # a tie across the cut: which of the equals an engine returns is its own affair, so take all of them
            everything = self._engine.scores(queries[i : i + 1])[0]
            equal = np.flatnonzero(everything >= scores[i, k - 1])
            best = equal[np.lexsort((self.rows[equal], -everything[equal]))][:k]
            scores[i, :k], rows[i, :k] = everything[best], self.rows[best]
        scores, rows = scores[:, :k], rows[:, :k]
        order = np.lexsort((rows, -scores), axis=1)
        return np.take_along_axis(scores, order, axis=1), np.take_along_axis(rows, order, axis=1)

    def scores(self, queries: NDArray[np.float32]) -> NDArray[np.float32]:
        """Inner product of every query with every vector, (m, n) in the order of ``rows``; (n,) for one query (d,)."""
        everything = self._engine.scores(self._checked(queries))
        return everything[0] if queries.ndim == 1 else everything

    def _checked(self, queries: NDArray[np.float32]) -> NDArray[np.float32]:
        matrix = np.ascontiguousarray(np.atleast_2d(queries), dtype=np.float32)
        if matrix.ndim != 2 or matrix.shape[1] != self.width:
            raise ValueError(f"queries must have shape (m, {self.width}), got {queries.shape}")
        return matrix


class FaissCpu:
    """IndexFlatIP in main memory."""

    name = "faiss-cpu"

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self._tensor = torch.from_numpy(vectors)
        self._index: faiss.Index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(vectors)

    def top(self, queries: NDArray[np.float32], k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Scores and positions (m, k), best first."""
        scores, found = self._index.search(queries, k)
        return scores, found

    def scores(self, queries: NDArray[np.float32]) -> NDArray[np.float32]:
        """All inner products (m, n); by torch, since a second pool of threads would wait for the first one's."""
        with torch.inference_mode():
            return (torch.from_numpy(queries) @ self._tensor.T).numpy()


class FaissGpu(FaissCpu):
    """IndexFlatIP on a GPU, in float32."""

    name = "faiss-gpu"

    def __init__(self, vectors: NDArray[np.float32], device: int = 0) -> None:
        super().__init__(vectors)
        self._resources = faiss.StandardGpuResources()
        self._index = faiss.index_cpu_to_gpu(self._resources, device, self._index)


class TorchTopK:
    """The same exact search with torch."""

    def __init__(self, vectors: NDArray[np.float32], device: torch.device) -> None:
        self.name = f"torch-{device.type}"
        self._vectors = torch.from_numpy(vectors).to(device)

    def top(self, queries: NDArray[np.float32], k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Scores and positions (m, k), best first."""
        scores, found = torch.topk(self._products(queries), k, dim=1)
        return scores.cpu().numpy(), found.cpu().numpy()

    def scores(self, queries: NDArray[np.float32]) -> NDArray[np.float32]:
        """All inner products (m, n)."""
        return np.asarray(self._products(queries).cpu().numpy(), dtype=np.float32)

    @torch.inference_mode()
    def _products(self, queries: NDArray[np.float32]) -> torch.Tensor:
        return torch.from_numpy(queries).to(self._vectors.device) @ self._vectors.T


def make_engine(vectors: NDArray[np.float32], device: torch.device | str = "auto") -> Engine:
    """Choose who searches: faiss on the CPU; on a GPU faiss if it works there, else torch."""
    if str(device) == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    device = torch.device(device)
    if device.type == "cpu":
        return FaissCpu(vectors)
    if device.type == "cuda" and faiss_gpu_works():
        try:
            return FaissGpu(vectors, device.index or 0)
        except RuntimeError as error:  # e.g. out of GPU memory
            _LOG.warning("faiss-gpu could not take the vectors (%s); torch searches instead.", error)
    return TorchTopK(vectors, device)


@lru_cache(maxsize=1)
def faiss_gpu_works(probe: str = _PROBE) -> bool:
    """Whether faiss was built for GPUs and a search on this card gives the right answer."""
    if not hasattr(faiss, "StandardGpuResources"):
        return False
    try:
        done = subprocess.run([sys.executable, "-c", probe], capture_output=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        _LOG.warning("faiss-gpu does not answer on this card; torch searches instead.")
        return False
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        reason = lines[-1] if lines else f"exit {done.returncode}"
        _LOG.warning("faiss-gpu does not work on this card (%s); torch searches instead.", reason)
    return done.returncode == 0
