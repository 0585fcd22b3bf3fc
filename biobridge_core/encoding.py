"""The frozen models of a profile: loaded once, asked one after another, their vectors in the catalogue's space."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from biobridge_core.config import Settings
from biobridge_core.encoders import create
from biobridge_core.errors import BioBridgeError
from biobridge_core.queueing import Line, Progress
from biobridge_core.types import InputKind

if TYPE_CHECKING:
    from biobridge_core.catalogue import Catalogue
    from biobridge_core.encoders.base import Encoder, Note

_LOG = logging.getLogger(__name__)


class Encoders:
    """The frozen models of a profile, each loaded once, when it is first needed. Shared between threads."""

    def __init__(self, settings: Settings, device: torch.device, catalogue: Catalogue) -> None:
        self._settings, self._device, self._catalogue = settings, device, catalogue
        self._loaded: dict[InputKind, Encoder] = {}
        self._locks = {kind: threading.Lock() for kind in settings.encoders}
        self.missing: dict[InputKind, BioBridgeError] = {}  #: why it cannot be used, for those that were tried
        self.line = Line()  #: in front of all models: they share the processor

    def waiting(self) -> list[InputKind]:
        """Kinds of input whose model was not needed yet."""
        return [kind for kind in self._locks if kind not in self._loaded and kind not in self.missing]

    def get(self, kind: InputKind, say: Progress) -> Encoder:
        """Return the model that reads ``kind``; ``say`` is told where it has to be loaded or waited for.

        Raises
        ------
        WeightsError, ArtifactError
            If its weights are missing, or are not those that the catalogue was made with.
        """
        if kind not in self._loaded and kind not in self.missing:
            say(f"Loading the {kind.value} model, once for everyone", 0.0)
            with self._locks[kind]:
                self._load(kind)
        if kind in self.missing:
            raise self.missing[kind]
        return self._loaded[kind]

    def load(self, say: Progress) -> None:
        """Load every encoder now; one that cannot be used is logged, and stands among the missing."""
        for kind in self._settings.encoders:
            try:
                self.get(kind, say)
            except BioBridgeError as error:
                _LOG.warning("the %s encoder cannot be used: %s", kind.value, error)

    def vectors(
        self, kind: InputKind, values: Sequence[str], say: Progress, *, background: bool = False
    ) -> tuple[NDArray[np.float32], tuple[Note, ...]]:
        """Encode raw inputs, in turn with everybody else.

        Parameters
        ----------
        background
            Whether this is a chunk of a file, which lets those who ask by hand go first.

        Returns
        -------
        vectors
            float32 (n, d) in the catalogue's space, in the order of ``values``.
        notes
            What the encoder has to say about them.

        Raises
        ------
        InputError, WeightsError, BusyError
            An input is refused, the model cannot be used, or too many wait for it.
        """
        encoder = self.get(kind, say)

        def told(done: int, total: int) -> None:
            if total > 1 or done < total:
                say("Reading the input", done / max(total, 1))

        with self.turn(kind, sum(map(len, values)), say, background=background):
            encoded = encoder.encode(values, progress=told)
        return self._catalogue.project(kind, encoded.vectors), encoded.notes

    @contextmanager
    def turn(self, kind: InputKind, amount: float, say: Progress, *, background: bool = False) -> Iterator[None]:
        """Hold the models for a while; see `Line.turn`. ``amount`` counts characters of input."""
        with self.line.turn(kind.value, amount, say, background=background):
            yield

    def _load(self, kind: InputKind) -> None:
        if kind in self._loaded or kind in self.missing:
            return  # another thread was faster
        try:
            encoder = create(self._settings.encoders[kind], self._settings).to(self._device)
            self._catalogue.check_encoder(kind, encoder.identity.id)
            self._loaded[kind] = encoder
        except BioBridgeError as error:
            self.missing[kind] = error
