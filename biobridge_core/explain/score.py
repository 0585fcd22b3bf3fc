"""The bridge's own part of a score as a function of the frozen model's raw output."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from biobridge_core.types import InputKind

if TYPE_CHECKING:
    from biobridge_core.bundle import Bundle

_Floats = NDArray[np.float32]


class ContentScore:
    """Cosine between a query moved along a relation and one tail, given raw encoder output.

    Parameters
    ----------
    modality, kind
        Of the query.
    relation
        A direct relation; empty for the cosine in the foundation model's own space.
    tail
        Row of the hit.
    """

    def __init__(self, bundle: Bundle, modality: str, kind: InputKind, relation: str, tail: int) -> None:
        self._bridge, self._modality, self._kind, self._relation = bundle.bridge, modality, kind, relation
        self._device = bundle.bridge.log_temperature.device
        space = bundle.catalogue.space(kind)
        self._mean, self._spread, self._components = (
            torch.tensor(np.asarray(array, dtype=np.float32), device=self._device)
            for array in (space.mean, space.spread, space.components)
        )
        self._target = self._place(bundle, tail)

    @torch.no_grad()
    def _place(self, bundle: Bundle, tail: int) -> Tensor:
        """Where the hit lies, unit length (w,)."""
        graph, catalogue = bundle.graph, bundle.catalogue
        kind = graph.input_kind(tail)
        position = int(np.searchsorted(catalogue.rows(kind), tail))
        vector = torch.tensor(catalogue.vectors(kind)[[position]], device=self._device)  # (1, d)
        if not self._relation:
            return functional.normalize(vector, dim=-1)[0]
        return bundle.bridge.project(vector, graph.modality(tail), kind)[0]

    def of(self, raw: Tensor) -> Tensor:
        """Cosines (n,) of raw vectors (n, D), differentiable."""
        projected = ((raw.to(self._device) - self._mean) / self._spread) @ self._components.T  # (n, d)
        if not self._relation:
            moved = functional.normalize(projected, dim=-1)
        else:
            moved = self._bridge.transform(projected, self._modality, self._kind, self._relation)  # (n, w)
        return moved @ self._target

    @torch.no_grad()
    def cosines(self, raw: _Floats) -> _Floats:
        """Cosines (n,) of raw vectors (n, D)."""
        return np.asarray(self.of(torch.from_numpy(raw)).cpu().numpy(), dtype=np.float32)

    def gradient(self, raw: _Floats) -> _Floats:
        """Gradient (D,) of the cosine at one raw vector (D,)."""
        with torch.enable_grad():
            vector = torch.tensor(raw[None], dtype=torch.float32, requires_grad=True)
            (found,) = torch.autograd.grad(self.of(vector).sum(), vector)
        return np.asarray(found[0].numpy(), dtype=np.float32)
