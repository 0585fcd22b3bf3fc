"""Cosines with every entity of a kind, from the eight bits a number that the catalogue keeps.

What a query is compared with, the bridge's tails as well as the memory's neighbours, are images A x + b of frozen
vectors x = codes × step. Since q · (A x + b) = (A^T q) · x + q · b, no image has to be kept: the query goes back
through A, and meets the codes themselves. Written with 24 bits a number it meets them in whole numbers, a quarter of
the bytes of float32 to read; the cosine is as exact as one in float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from biobridge_core.bridge.model import Projection, slot
from biobridge_core.types import InputKind

if TYPE_CHECKING:
    from biobridge_core.bridge.data import Content
    from biobridge_core.bridge.likeness import Space
    from biobridge_core.bridge.model import Bridge

_KINDS = list(InputKind)
_Floats = NDArray[np.float32]
_MOST = 127 << 16  #: of 24 bits; each of the three bytes is kept between -128 and 127
_LONGEST = 2**31 // (128 * 129 * 256)  #: vectors of more numbers could leave 32 bits


class Frozen:
    """Frozen vectors of one modality and kind, as codes (n, d) and step (d,) where they are kept so."""

    def __init__(self, content: Content, modality: str, kind: InputKind) -> None:
        rows = content.graph.rows(modality)
        self.places = np.flatnonzero(content.graph.kind_of_row[rows] == _KINDS.index(kind))  # within the modality
        self._rows = content.place[torch.from_numpy(rows[self.places].astype(np.int64))]
        self._all = content.vectors[kind]
        self._codes: Tensor | None = None
        if kind in content.codes and 1 < self._all.shape[1] <= _LONGEST:  # torch._int_mm errs where there is but one
            codes, step = content.codes[kind]
            self._codes, self._step = torch.from_numpy(codes[self._rows.numpy()]), step

    def parts(self) -> Iterator[Tensor]:
        """The vectors themselves, float32 (some, d)."""
        for start in range(0, len(self._rows), 4096):
            yield self._all[self._rows[start : start + 4096]].cpu()

    def products(self, queries: Tensor) -> Tensor:
        """Inner products of float32 (m, d) with all: (m, n)."""
        if self._codes is None:
            return torch.cat([queries @ part.T for part in self.parts()], dim=1)
        scaled = queries.numpy() * self._step
        unit = np.maximum(np.abs(scaled).max(axis=1, keepdims=True), np.float32(1e-30)) / np.float32(_MOST)
        whole = np.rint(scaled / unit).astype(np.int32)
        low = ((whole + 128) & 255) - 128  # whole = 65536 high + 256 middle + low
        rest = (whole - low) >> 8
        middle = ((rest + 128) & 255) - 128
        parts = np.zeros((4, *whole.shape), dtype=np.int8)  # four, as this is what is multiplied fastest
        parts[0], parts[1], parts[2] = (rest - middle) >> 8, middle, low
        found = torch._int_mm(torch.from_numpy(parts).flatten(0, 1), self._codes.T).view(4, len(queries), -1)
        whole_products = found[0].bitwise_left_shift_(8).add_(found[1]).add_(found[2].bitwise_right_shift_(8))
        return whole_products.float().mul_(torch.from_numpy(unit * np.float32(256)))


class Images:
    """Where vectors lie after x -> A x + b, compared by cosine: A (w, d), or (d,) for its diagonal."""

    def __init__(self, frozen: Frozen, matrix: Tensor, shift: Tensor) -> None:
        self._frozen, self._matrix, self._shift = frozen, matrix, shift
        lengths = [
            (part @ matrix.T if matrix.ndim == 2 else part * matrix).add_(shift).norm(dim=1) for part in frozen.parts()
        ]
        self._inverse = torch.cat(lengths).clamp_min_(1e-12).reciprocal_()

    @property
    def places(self) -> NDArray[np.integer]:
        """Which entities of the modality these are."""
        return self._frozen.places

    @classmethod
    def of_bridge(cls, bridge: Bridge, frozen: Frozen, modality: str, kind: InputKind) -> Images:
        """Where the bridge projects entities as tails."""
        projection = bridge.projections[slot(modality, kind)]
        assert isinstance(projection, Projection)
        matrix = projection.linear.weight.detach() * projection.scale
        return cls(frozen, matrix, projection.linear.bias.detach() - matrix @ projection.centre)

    @classmethod
    def of_space(cls, space: Space, frozen: Frozen) -> Images:
        """Where the memory compares entities."""
        return cls(frozen, space.scale, -space.scale * space.centre)

    @torch.inference_mode()
    def cosines(self, queries: Tensor) -> _Floats:
        """Unit vectors (m, w) -> (m, n)."""
        back = queries @ self._matrix if self._matrix.ndim == 2 else queries * self._matrix
        found = self._frozen.products(back).add_((queries @ self._shift)[:, None]).mul_(self._inverse)
        return found.numpy()
