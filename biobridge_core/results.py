"""Results of the benchmarks, read from ``benchmarks/results/NAME.json``. Nothing is computed here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from biobridge_core.config import ROOT
from biobridge_core.errors import ArtifactError

RESULTS = ROOT / "benchmarks" / "results"
_PRELIMINARY = ("preliminary", "preview")


@dataclass(frozen=True, slots=True)
class Result:
    """One result file."""

    name: str
    created: datetime
    command: str  #: what repeats the run
    machine: str  #: in words
    manifest: Mapping[str, str]  #: digests of what was measured
    seeds: tuple[int, ...]
    headline: Mapping[str, float]
    rows: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...]

    @property
    def preliminary(self) -> bool:
        """Whether the file itself says that it will be measured again."""
        said = (self.name.replace("_", " "), *self.notes)
        return any(word in text.lower() for text in said for word in _PRELIMINARY)

    def where(self, **wanted: object) -> tuple[Mapping[str, Any], ...]:
        """Rows whose cells are all as ``wanted``, in the order of the file."""
        return tuple(row for row in self.rows if all(row.get(key) == value for key, value in wanted.items()))


def read(name: str, folder: Path = RESULTS) -> Result | None:
    """Read one result; None where it was not measured.

    Raises
    ------
    ArtifactError
        If the file is there but is no result: not JSON, or without a headline of numbers and rows.
    """
    path = folder / f"{name}.json"
    if not path.is_file():
        return None
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return _result(name, raw)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ArtifactError(
            f"{path.name} in benchmarks/results cannot be read as a result ({type(error).__name__}).",
            f"Restore it, or write it again with benchmarks/{name}.py.",
        ) from error


def first(names: Sequence[str], folder: Path = RESULTS) -> Result | None:
    """The first of these results that was measured; None where none was.

    Raises
    ------
    ArtifactError
        As `read`.
    """
    return next((found for name in names if (found := read(name, folder)) is not None), None)


def available(folder: Path = RESULTS) -> tuple[str, ...]:
    """Names of all results that were measured, sorted."""
    return tuple(sorted(path.stem for path in folder.glob("*.json")))


def _result(name: str, raw: Mapping[str, Any]) -> Result:
    manifest, notes = raw.get("manifest", ""), raw.get("notes", "")
    return Result(
        name=name,
        created=datetime.fromisoformat(raw["created"]),
        command=str(raw.get("command", "")),
        machine=_machine(raw.get("machine") or {}),
        manifest={"data": manifest} if isinstance(manifest, str) else {str(k): str(v) for k, v in manifest.items()},
        seeds=tuple(int(seed) for seed in raw.get("seeds", ())),
        headline={str(key): float(value) for key, value in raw["headline"].items()},
        rows=tuple(dict(row) for row in raw["rows"]),
        notes=((notes,) if notes else ()) if isinstance(notes, str) else tuple(str(note) for note in notes),
    )


def _machine(raw: Mapping[str, Any]) -> str:
    gpus = ", ".join(str(gpu) for gpu in raw.get("gpus") or ())
    parts = (
        f"{raw['cores']} cores of {raw.get('cpu', 'a CPU')}" if "cores" in raw else "",
        f"{raw['memory_gb']:.0f} GB of memory" if "memory_gb" in raw else "",
        gpus or ("no GPU" if raw else ""),
    )
    return ", ".join(part for part in parts if part)
