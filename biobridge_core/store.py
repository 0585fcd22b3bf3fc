"""Embedding store: what a frozen encoder made of each entity, once, on disk, resumable after a kill."""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from biobridge_core.artifacts import MANIFEST, Manifest, write_manifest
from biobridge_core.errors import ArtifactError

if TYPE_CHECKING:
    from biobridge_core.encoders.base import Encoder

_LOG = logging.getLogger(__name__)
_DIGEST_BYTES = 16
_CHARACTERS_PER_CHUNK = 400_000  # a kill loses at most one chunk: well under a minute of the slowest encoder
_FLOAT16_MAX = float(np.finfo(np.float16).max)


class EmbeddingStore:
    """Vectors of one encoder, keyed by entity id, in a memory-mapped float16 matrix.

    The folder holds ``store.json`` (encoder id, dimension, seconds spent), ``ids.json`` (row order), ``vectors.npy``
    float16 (n, dim), ``digests.npy`` uint8 (n, 16) with a hash of the input behind each row, and ``done.npy``
    bool (n,). A row is marked done only after its vector is flushed, so a killed build resumes where it stopped; a row
    whose input changed counts as missing. ``manifest.json`` exists only while the store is complete.

    Parameters
    ----------
    folder
        Where the store lies; made when it is missing.
    encoder_id
        Identity of the encoder, e.g. ``unirep-1a2b3c4d``.
    dim
        Length of its vectors.

    Raises
    ------
    ArtifactError
        If the folder holds vectors of another encoder (both are named), of another dimension, or damaged files.
    """

    def __init__(self, folder: Path, encoder_id: str, dim: int) -> None:
        self.folder = folder
        self.encoder_id = encoder_id
        self.dim = dim
        self._lock: IO[str] | None = None
        self._seconds = 0.0
        self._notes: dict[str, str] = {}
        if (folder / "store.json").exists():
            self._open()
        else:
            self._create()

    # ------------------------------------------------------------------ reading

    @property
    def ids(self) -> tuple[str, ...]:
        """Entity ids in row order, with or without a vector yet."""
        return tuple(self._row)

    @property
    def seconds(self) -> float:
        """Seconds spent encoding so far, over all resumed runs."""
        return self._seconds

    @property
    def notes(self) -> dict[str, str]:
        """What the encoder reported about single entities (windowed, cut, …), by entity id."""
        return dict(self._notes)

    def __len__(self) -> int:
        return int(self._done[: len(self._row)].sum())

    def __contains__(self, entity_id: str) -> bool:
        row = self._row.get(entity_id)
        return row is not None and bool(self._done[row])

    def missing(self, ids: Sequence[str], inputs: Sequence[str] | None = None) -> list[int]:
        """Positions in ``ids`` that have no vector yet, or one made from another input than ``inputs`` says."""
        positions = []
        for position, entity_id in enumerate(ids):
            fresh = entity_id in self
            if fresh and inputs is not None:
                fresh = np.array_equal(self._digests[self._row[entity_id]], _digest(inputs[position]))
            if not fresh:
                positions.append(position)
        return positions

    def get(self, ids: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of ``ids`` in their order, float32 (len(ids), dim).

        Raises
        ------
        ArtifactError
            If an id has no vector; the first is named.
        """
        missing = self.missing(ids)
        if missing:
            raise ArtifactError(
                f"{self.folder} has no vector for {ids[missing[0]]} ({len(missing)} of {len(ids)} are missing).",
                "Run `biobridge build vectors` to encode what is missing.",
            )
        rows = np.fromiter((self._row[entity_id] for entity_id in ids), dtype=np.int64, count=len(ids))
        return np.asarray(self._vectors[rows], dtype=np.float32)

    # ------------------------------------------------------------------ writing

    def reserve(self, ids: Sequence[str]) -> None:
        """Give every new id a row, in one copy of the files."""
        self._begin_writing()
        new = [entity_id for entity_id in dict.fromkeys(ids) if entity_id not in self._row]
        if not new:
            return
        size = len(self._row) + len(new)
        if size > len(self._done):
            self._grow(size)
        self._row.update({entity_id: len(self._row) + i for i, entity_id in enumerate(new)})
        _write_json(self.folder / "ids.json", list(self._row))

    def put(self, ids: Sequence[str], vectors: NDArray[np.floating], inputs: Sequence[str]) -> None:
        """Store vectors (len(ids), dim) with the inputs they were made from; flushed before they count as done.

        Raises
        ------
        ArtifactError
            If the shape is wrong, an id stands twice, or a row is not finite, all zero or too large for float16.
        """
        values = self._checked(ids, vectors, inputs)
        if not len(ids):
            return
        self.reserve(ids)
        rows = np.fromiter((self._row[entity_id] for entity_id in ids), dtype=np.int64, count=len(ids))
        if self._done[rows].any():
            self._done[rows] = False
            self._done.flush()
        self._vectors[rows] = values
        self._digests[rows] = np.stack([_digest(text) for text in inputs])
        self._vectors.flush()
        self._digests.flush()
        self._done[rows] = True
        self._done.flush()

    def fill(
        self,
        encoder: Encoder,
        ids: Sequence[str],
        inputs: Sequence[str],
        *,
        progress: Callable[[int, int], None] | None = None,
        chunk: int = 512,
    ) -> None:
        """Encode what is missing, in chunks of similar length, longest first; each chunk is safe once stored.

        Parameters
        ----------
        encoder
            Must have this store's identity.
        ids, inputs
            Entity ids and what the encoder reads for each.
        progress
            Called with (entities that have a vector, entities in all).
        chunk
            Entities stored at once, fewer when they are long.

        Raises
        ------
        ArtifactError
            If the encoder is another one; or, after everything else was stored, naming the entities whose input the
            encoder refused.
        """
        if encoder.identity.id != self.encoder_id:
            raise ArtifactError(
                f"{self.folder} holds vectors of {self.encoder_id}, but the encoder is {encoder.identity.id}.",
                "Use a folder of its own for each encoder.",
            )
        todo = self.missing(ids, inputs)
        if not todo:
            return
        self.reserve(ids)
        done = len(ids) - len(todo)
        refused: list[tuple[str, str]] = []
        for positions in _chunks(todo, inputs, chunk):
            start = time.perf_counter()
            refused += self._encode(encoder, [ids[p] for p in positions], [inputs[p] for p in positions])
            self._seconds += time.perf_counter() - start
            self._write_state()
            done += len(positions)
            if progress is not None:
                progress(done, len(ids))
        if refused:
            listed = "; ".join(f"{entity_id}: {message}" for entity_id, message in refused[:5])
            raise ArtifactError(
                f"{self.encoder_id} refused {len(refused)} of {len(ids)} entities: {listed}.",
                "Give these entities another input kind in the graph, or correct their input.",
            )

    def complete(self, ids: Sequence[str], *, graph_digest: str = "") -> Manifest:
        """Write the manifest once every entity of ``ids`` has its vector.

        Raises
        ------
        ArtifactError
            If a vector is missing.
        """
        missing = self.missing(ids)
        if missing:
            raise ArtifactError(
                f"{self.folder} is not complete: {len(missing)} of {len(ids)} vectors are missing.",
                "Run `biobridge build vectors` again; it goes on where it stopped.",
            )
        return write_manifest(
            self.folder,
            "vectors",
            inputs={"encoder": self.encoder_id, "graph": graph_digest},
            meta=self._state() | {"seconds": round(self._seconds, 1), "n": len(ids), "notes": len(self._notes)},
        )

    def close(self) -> None:
        """Let another process write."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def __enter__(self) -> EmbeddingStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------ inside

    def _create(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, array in self._empty(1).items():
            np.save(self.folder / name, array)
        _write_json(self.folder / "ids.json", [])
        self._write_state()  # last: its presence says that the folder is a store
        self._open()

    def _open(self) -> None:
        try:
            state = json.loads((self.folder / "store.json").read_text(encoding="utf-8"))
            ids = json.loads((self.folder / "ids.json").read_text(encoding="utf-8"))
            encoder_id, dim = str(state["encoder"]), int(state["dim"])
            self._seconds, self._notes = float(state["seconds"]), dict(state["notes"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _damaged(self.folder, error) from error
        if encoder_id != self.encoder_id:
            raise ArtifactError(
                f"{self.folder} holds vectors of {encoder_id}, but {self.encoder_id} was asked for.",
                "Use a folder of its own for each encoder.",
            )
        if dim != self.dim:
            raise ArtifactError(
                f"{self.folder} holds vectors of length {dim}, but {self.encoder_id} makes {self.dim}.",
                "Delete the folder and encode again.",
            )
        self._row: dict[str, int] = {entity_id: row for row, entity_id in enumerate(ids)}
        self._map()
        shapes = (self._vectors.shape[1:], self._digests.shape[1:], self._done.shape[1:])
        sizes = {len(self._vectors), len(self._digests), len(self._done)}
        if shapes != ((dim,), (_DIGEST_BYTES,), ()) or min(sizes) < len(self._row):
            raise _damaged(self.folder, "the files differ in their number of rows")

    def _map(self) -> None:
        mode: Literal["r", "r+"] = "r+" if os.access(self.folder / "vectors.npy", os.W_OK) else "r"
        try:
            self._vectors = _memmap(self.folder / "vectors.npy", mode, np.float16)
            self._digests = _memmap(self.folder / "digests.npy", mode, np.uint8)
            self._done = _memmap(self.folder / "done.npy", mode, np.bool_)
        except (OSError, ValueError) as error:
            raise _damaged(self.folder, error) from error

    def _empty(self, n: int) -> dict[str, NDArray[np.generic]]:
        return {
            "vectors.npy": np.zeros((n, self.dim), np.float16),
            "digests.npy": np.zeros((n, _DIGEST_BYTES), np.uint8),
            "done.npy": np.zeros(n, np.bool_),
        }

    def _grow(self, size: int) -> None:
        old = {"vectors.npy": self._vectors, "digests.npy": self._digests, "done.npy": self._done}
        for name, array in self._empty(size).items():
            array[: len(old[name])] = old[name]
            temporary = self.folder / f".{name}"
            with temporary.open("wb") as handle:
                np.save(handle, array)
            os.replace(temporary, self.folder / name)
        self._map()

    def _begin_writing(self) -> None:
        if self._lock is not None:
            return
        lock = (self.folder.parent / f".{self.folder.name}.lock").open("w", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.close()
            raise ArtifactError(
                f"Another process is writing to {self.folder}.", "Wait until it is done or stop it."
            ) from error
        self._lock = lock
        (self.folder / MANIFEST).unlink(missing_ok=True)
        self._open()  # the other process may have added rows since we looked

    def _write_state(self) -> None:
        _write_json(self.folder / "store.json", self._state())

    def _state(self) -> dict[str, object]:
        return {"encoder": self.encoder_id, "dim": self.dim, "seconds": self._seconds, "notes": self._notes}

    def _encode(self, encoder: Encoder, ids: list[str], inputs: list[str]) -> list[tuple[str, str]]:
        """Encode and store one chunk; return the ids that the encoder refuses, with its reason."""
        reasons = {entity_id: encoder.refusal(text) for entity_id, text in zip(ids, inputs, strict=True)}
        kept = [i for i, entity_id in enumerate(ids) if reasons[entity_id] is None]
        ids, inputs = [ids[i] for i in kept], [inputs[i] for i in kept]
        if ids:
            encoded = encoder.encode(inputs)
            self.put(ids, encoded.vectors, inputs)
            for entity_id in ids:
                self._notes.pop(entity_id, None)
            for note in encoded.notes:
                if note.index is None:
                    _LOG.info("%s: %s", self.encoder_id, note.message)
                else:
                    self._notes[ids[note.index]] = note.message
        return [(entity_id, error.message) for entity_id, error in reasons.items() if error is not None]

    def _checked(self, ids: Sequence[str], vectors: NDArray[np.floating], inputs: Sequence[str]) -> NDArray[np.float16]:
        if vectors.shape != (len(ids), self.dim) or len(inputs) != len(ids):
            raise ArtifactError(
                f"{self.encoder_id} vectors must have shape ({len(ids)}, {self.dim}) with {len(ids)} inputs, "
                f"got {vectors.shape} with {len(inputs)}.",
                "Give one vector and one input for each id.",
            )
        if len(set(ids)) != len(ids):
            raise ArtifactError("An entity id stands twice among the vectors to store.", "Give each id once.")
        for bad, what in (
            (~np.isfinite(vectors).all(axis=1), "is not finite"),
            ((np.abs(vectors) > _FLOAT16_MAX).any(axis=1), f"exceeds {_FLOAT16_MAX:.0f}, the largest float16"),
            (~vectors.astype(np.float32).clip(-_FLOAT16_MAX, _FLOAT16_MAX).astype(np.float16).any(axis=1), "is zero"),
        ):
            if bad.any():
                raise ArtifactError(
                    f"The {self.encoder_id} vector of {ids[int(bad.argmax())]} {what} ({int(bad.sum())} such rows).",
                    "Check the encoder and the entity's input.",
                )
        return vectors.astype(np.float16)


def _chunks(todo: Sequence[int], inputs: Sequence[str], chunk: int) -> Iterator[list[int]]:
    """Positions by falling input length, at most ``chunk`` or a bounded number of characters at once."""
    current: list[int] = []
    characters = 0
    for position in sorted(todo, key=lambda p: (-len(inputs[p]), p)):
        length = len(inputs[position])
        if current and (len(current) == chunk or characters + length > _CHARACTERS_PER_CHUNK):
            yield current
            current, characters = [], 0
        current.append(position)
        characters += length
    if current:
        yield current


def _digest(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(hashlib.sha256(text.encode("utf-8")).digest()[:_DIGEST_BYTES], dtype=np.uint8)


def _memmap(path: Path, mode: Literal["r", "r+"], dtype: type[np.generic]) -> np.memmap[Any, Any]:
    np.load(path, mmap_mode="r", allow_pickle=False)  # fails on a file cut short, which "r+" would stretch with zeros
    array: np.memmap[Any, Any] = np.lib.format.open_memmap(path, mode=mode)  # type: ignore[no-untyped-call]
    if array.dtype != dtype:
        raise ValueError(f"{path.name} has type {array.dtype}, {np.dtype(dtype)} expected")
    return array


def _write_json(path: Path, value: object) -> None:
    temporary = path.with_name(f".{path.name}")
    temporary.write_text(json.dumps(value), encoding="utf-8")
    os.replace(temporary, path)


def _damaged(folder: Path, why: object) -> ArtifactError:
    return ArtifactError(f"The embedding store {folder} is damaged: {why}.", "Delete the folder and encode again.")
