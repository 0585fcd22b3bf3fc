"""A sample of MOSES to judge novelty against: fingerprints in the user's cache, made once.

MOSES (Polykovskiy et al. 2020, doi:10.3389/fphar.2020.565644) holds 1.6 million lead-like molecules of ZINC. They come
with the package ``molsets``; every so many-th of its training set is kept.
"""

from __future__ import annotations

import csv
import gzip
import logging
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.chem.properties import properties
from biobridge_core.chem.traits import packed
from biobridge_core.encoders.base import package_file
from biobridge_core.errors import BioBridgeError, WeightsError

if TYPE_CHECKING:
    from biobridge_core.queueing import Progress

logger = logging.getLogger(__name__)
SIZE, STEP = 100_000, 15  #: molecules that are kept, and every how many-th
_VERSION = 1  #: of the files


@dataclass(frozen=True, slots=True)
class Nearest:
    """The molecule of the sample that is most like another one."""

    smiles: str
    similarity: float  #: ECFP4 Tanimoto, 0..1
    same: bool  #: the same skeleton and connections: the same first block of the InChIKey


@dataclass(frozen=True)
class Moses:
    """The sample. Read-only; safe to share between threads."""

    smiles: tuple[str, ...]
    bits: NDArray[np.uint64]  #: ECFP4, packed, (n, 32)

    def nearest(self, smiles: Sequence[str], bits: Sequence[bytes]) -> list[Nearest]:
        """Of each molecule, given with its packed fingerprint, the most similar one of the sample."""
        found = []
        sizes = np.bitwise_count(self.bits).sum(axis=1, dtype=np.int64)  # (n,)
        for text, own in zip(smiles, bits, strict=True):
            asked = np.frombuffer(own, dtype=np.uint64)  # (32,)
            both = np.bitwise_count(self.bits & asked).sum(axis=1, dtype=np.int64)
            likeness = both / np.maximum(sizes + int(np.bitwise_count(asked).sum()) - both, 1)
            best = int(np.argmax(likeness))
            alike = np.flatnonzero(likeness >= 1.0)
            same = any(_block(self.smiles[place]) == _block(text) for place in alike.tolist())
            found.append(Nearest(self.smiles[best], round(float(likeness[best]), 4), same))
        return found

    @classmethod
    def open(cls, folder: Path) -> Moses | None:
        """The sample from the cache; None where it was not made yet, or is damaged."""
        fingerprints, text = _files(folder)
        try:
            bits = np.load(fingerprints, allow_pickle=False)
            smiles = tuple(text.read_text(encoding="ascii").splitlines())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            logger.warning("the sample of MOSES cannot be read and has to be made again: %s", error)
            return None
        if bits.dtype != np.uint64 or bits.ndim != 2 or len(bits) != len(smiles) or not len(bits):
            logger.warning("the sample of MOSES is damaged and has to be made again")
            return None
        return cls(smiles, bits)

    @classmethod
    def make(cls, folder: Path, say: Progress, source: Path | None = None) -> Moses:
        """Make the sample and keep it in ``folder``; about half a minute and 30 MB.

        Raises
        ------
        WeightsError
            If the package ``molsets`` is not installed, or its table cannot be read.
        """
        smiles, rows = list[str](), list[NDArray[np.uint64]]()
        for text in _read(source or table()):
            if len(smiles) == SIZE:
                break
            if len(smiles) % 500 == 0:
                say(f"Sampling MOSES, once: {len(smiles):,} of {SIZE:,} molecules", len(smiles) / SIZE)
            try:
                rows.append(np.frombuffer(packed(text), dtype=np.uint64))
            except BioBridgeError:
                continue
            smiles.append(text)
        if not rows:
            raise WeightsError("The table of molsets holds no molecule.", "Install molsets again.")
        made = cls(tuple(smiles), np.stack(rows))
        _keep(folder, made)
        return made


def table() -> Path:
    """The table of MOSES in the installed package.

    Raises
    ------
    WeightsError
        If it is not installed.
    """
    return package_file("moses", "molsets", "dataset", "data", "train.csv.gz")


def _read(path: Path) -> list[str]:
    try:
        with gzip.open(path, "rt", encoding="ascii", newline="") as handle:
            rows = csv.reader(handle)
            next(rows)
            return [row[0] for place, row in enumerate(rows) if place % STEP == 0 and row]
    except (OSError, ValueError, StopIteration, EOFError) as error:
        raise WeightsError(f"The table of molsets cannot be read: {error}.", "Install molsets again.") from error


def _files(folder: Path) -> tuple[Path, Path]:
    return folder / f"moses-{SIZE}-{_VERSION}.npy", folder / f"moses-{SIZE}-{_VERSION}.smi"


def _keep(folder: Path, made: Moses) -> None:
    fingerprints, text = _files(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="ascii", dir=folder, delete=False) as words:
            words.write("\n".join(made.smiles))
        os.replace(words.name, text)
        with tempfile.NamedTemporaryFile("wb", dir=folder, delete=False) as handle:
            np.save(handle, made.bits, allow_pickle=False)
        os.replace(handle.name, fingerprints)
    except OSError as error:  # it works without, only not the next time
        logger.warning("the sample of MOSES cannot be kept in %s: %s", folder, error)


def _block(smiles: str) -> str:
    return properties(smiles).inchikey.split("-", maxsplit=1)[0]
