"""How alike entities are, and how likeness becomes weights: what the memory is read with."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch.nn import functional

from biobridge_core.kg.hierarchy import Sparse

_Floats = NDArray[np.float32]


class Space:
    """The frozen vectors of one modality and kind, evened out and of unit length, to be compared by cosine."""

    def __init__(self, vectors: torch.Tensor, places: NDArray[np.integer], whiten: float) -> None:
        self.places = places  # ascending, within the modality
        self.centre = vectors.mean(dim=0)
        spread = (vectors - self.centre).square().mean(dim=0).sqrt()
        self.scale = spread.clamp_min(max(1e-3 * float(spread.max()), 1e-12)) ** -whiten
        self.vectors = self.unit(vectors)  # (n, d)

    def unit(self, vectors: torch.Tensor) -> torch.Tensor:
        """Frozen vectors (n, d) -> (n, d) of unit length in this space."""
        return functional.normalize((vectors - self.centre) * self.scale, dim=-1)


def none_to_minus_inf(likeness: _Floats) -> _Floats:
    """Nothing in common is no likeness at all."""
    likeness[likeness <= 0] = -np.inf
    return likeness


def softmax_of_best(likeness: _Floats, usable: NDArray[np.integer], k: int, scale: float) -> Sparse:
    """softmax(scale × likeness) over the k best usable heads: (n, n_heads) -> csr (n, n_heads)."""
    if not len(usable):
        return sparse.csr_array(likeness.shape, dtype=np.float32)
    offered = likeness[:, usable]
    k, n = min(k, len(usable)), len(likeness)
    best = np.argpartition(offered, len(usable) - k, axis=1)[:, len(usable) - k :]
    values = np.take_along_axis(offered, best, 1)
    top = values.max(axis=1, keepdims=True)
    weights = np.exp(scale * (values - np.where(np.isfinite(top), top, 0.0)))
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
    starts = np.arange(0, n * k + 1, k)
    found = sparse.csr_array((weights.ravel().astype(np.float32), usable[best].ravel(), starts), shape=likeness.shape)
    if not np.isfinite(values).all():
        found.eliminate_zeros()
    return found


def unit_rows(matrix: Sparse) -> Sparse:
    """Rows of unit length, in place; an empty row stays empty."""
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    matrix.data *= np.repeat(1 / np.maximum(length, 1e-12), np.diff(matrix.indptr)).astype(np.float32)
    return matrix
