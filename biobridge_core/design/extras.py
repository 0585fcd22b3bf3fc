"""What makes a design better but takes long to make: fragments for CReM and a sample of MOSES, in the user's cache."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from biobridge_core.chem import crem
from biobridge_core.design import moses
from biobridge_core.design.moses import Moses
from biobridge_core.errors import WeightsError

if TYPE_CHECKING:
    from biobridge_core.design.background import Background
    from biobridge_core.queueing import Progress

_DRUGS, _FROM_MOSES = 3_000, 1_500  #: known drugs and molecules of MOSES whose fragments CReM gets
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Extra:
    """One of the two."""

    name: str
    ready: bool
    possible: bool  #: whether it is ready or can be made here
    note: str  #: in words, with size


class Extras:
    """Looks after both. Safe to share between threads."""

    def __init__(self, folder: Path, background: Callable[[], Background]) -> None:
        self._folder, self._background = folder, background
        self._lock = threading.Lock()
        self._moses: Moses | None = None

    @property
    def database(self) -> Path | None:
        """CReM's fragments; None where they were not made or the package is not there."""
        return self._path if crem.installed() and self._path.is_file() else None

    def moses(self) -> Moses | None:
        """The sample of MOSES; None where it was not made."""
        if self._moses is None:
            self._moses = Moses.open(self._folder)
        return self._moses

    def states(self) -> tuple[Extra, Extra]:
        """What is there of CReM's fragments and of MOSES, and what can be made."""
        database, sample = self.database, self.moses()
        size = f"{database.stat().st_size / 1e6:.0f} MB" if database else ""
        able = crem.installed()
        first = Extra(
            "CReM", database is not None, able,
            f"mutations by CReM are used ({size} of fragments)" if database
            else "mutations by CReM are off: their fragments were not made yet" if able
            else "mutations by CReM are off: the package crem is not installed",
        )  # fmt: skip
        there = sample is not None or _has_moses()
        second = Extra(
            "MOSES", sample is not None, there,
            f"compared with {len(sample.smiles):,} molecules of MOSES" if sample
            else "not compared with MOSES: its sample was not made yet" if there
            else "not compared with MOSES: the package molsets is not installed",
        )  # fmt: skip
        return first, second

    def build(self, say: Progress) -> str:
        """Make what is missing and can be made; gives in words what was made, how large and how long it took.

        Raises
        ------
        WeightsError, ArtifactError
            If a table cannot be read or the cache cannot be written.
        """
        with self._lock:
            told = []
            first, second = self.states()
            if not second.ready and second.possible:
                since = time.perf_counter()
                self._moses = Moses.make(self._folder, say)
                told.append(f"MOSES: {len(self._moses.smiles):,} molecules in {time.perf_counter() - since:.0f} s")
            if not first.ready and first.possible:
                since = time.perf_counter()
                n = crem.make(self._path, self._molecules(), say)
                size = self._path.stat().st_size / 1e6
                told.append(f"CReM: {n:,} fragments, {size:.0f} MB, in {time.perf_counter() - since:.0f} s")
            return "; ".join(told) or "Nothing was to be made"

    @property
    def _path(self) -> Path:
        return self._folder / f"crem-{_VERSION}.db"

    def _molecules(self) -> list[str]:
        known = [molecule.smiles for molecule in self._background().molecules]
        sample = self.moses()
        return _spread(known, _DRUGS) + _spread(sample.smiles if sample else (), _FROM_MOSES)


def _spread(molecules: Sequence[str], n: int) -> list[str]:
    """At most so many of them, evenly taken."""
    return [molecules[len(molecules) * place // n] for place in range(n)] if len(molecules) > n else list(molecules)


def _has_moses() -> bool:
    try:
        return moses.table().is_file()
    except WeightsError:
        return False
