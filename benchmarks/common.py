"""What every benchmark shares: one shape of result file, and fair timing of rivals in one run."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
sys.path.insert(0, str(ROOT))

from biobridge_core.artifacts import machine  # noqa: E402  (the path above must be set first)


def write_result(
    name: str,
    *,
    headline: Mapping[str, float],
    rows: Sequence[Mapping[str, object]],
    notes: str | Sequence[str] = "",
    seeds: Sequence[int] = (),
    manifest: str | Mapping[str, str] = "",
    command: str = "",
    folder: Path = RESULTS,
) -> Path:
    """Write ``benchmarks/results/<name>.json`` and return its path.

    Parameters
    ----------
    name
        Stem of the file.
    headline
        Flat names to numbers: the figures that the README and the pages quote.
    rows
        The detail behind them.
    notes, seeds, manifest
        Words on how it was measured; seeds of every random choice; digest(s) of the data and models measured.
    command
        What repeats the run; the script and its arguments where it is empty.
    """
    result = {
        "name": name,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command or _command(),
        "machine": machine(),
        "manifest": manifest if isinstance(manifest, str) else dict(manifest),
        "seeds": list(seeds),
        "headline": dict(headline),
        "rows": [dict(row) for row in rows],
        "notes": notes if isinstance(notes, str) else list(notes),
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"{path.name}: {json.dumps(result['headline'])}")
    return path


def interleaved(rivals: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, list[float]]:
    """Seconds of each rival, run in turn ``repeats`` times so that drift of the machine hits all alike.

    The order is reversed on every second round. Warm every rival up before calling this.
    """
    seconds: dict[str, list[float]] = {name: [] for name in rivals}
    for round_number in range(repeats):
        order = list(rivals) if round_number % 2 == 0 else list(rivals)[::-1]
        for name in order:
            start = time.perf_counter()
            rivals[name]()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def median_ratio(slow: Sequence[float], fast: Sequence[float]) -> float:
    """Median over rounds of slow / fast, paired by round."""
    return statistics.median(a / b for a, b in zip(slow, fast, strict=True))


def _command() -> str:
    script = Path(sys.argv[0])
    shown = script.resolve()
    if shown.is_relative_to(ROOT):
        shown = shown.relative_to(ROOT)
    return " ".join(["python", shown.as_posix(), *sys.argv[1:]])
