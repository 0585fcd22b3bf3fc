"""Where bridge, neighbours and graph embedding put one hit among all entities of its kind."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from biobridge_core.types import Agreement, Voice

BRIDGE, NEIGHBOURS, EMBEDDING = "bridge", "neighbours", "embedding"
HIGH, LOW = 99.0, 90.0  #: percentiles above which a way of scoring speaks for a hit, and below which it does not

_WHO = {BRIDGE: "the bridge's reading of the input", NEIGHBOURS: "its neighbours", EMBEDDING: "the graph embedding"}


def percentile(scores: NDArray[np.floating], place: int) -> float:
    """Share of the other entities that score lower than the one at ``place``, 0 to 100, as hits are given it."""
    return 100.0 * float((scores < scores[place]).sum()) / max(len(scores) - 1, 1)


def agreement(voices: Sequence[Voice]) -> Agreement:
    """Say in one sentence whether the voices agree on the hit."""
    spoken = [(voice.name, voice.percentile) for voice in voices if voice.percentile is not None]
    if not spoken:
        return Agreement(tuple(voices), "None of the three has anything to say of this hit.")
    high = [name for name, value in spoken if value >= HIGH]
    low = [(name, value) for name, value in spoken if value < LOW]
    middle = [(name, value) for name, value in spoken if LOW <= value < HIGH]
    return Agreement(tuple(voices), _sentence(len(spoken), high, middle, low))


def _sentence(
    n: int, high: Sequence[str], middle: Sequence[tuple[str, float]], low: Sequence[tuple[str, float]]
) -> str:
    if n == 1:
        name, value = (high[0], HIGH) if high else (middle or low)[0]
        where = "in the top 1 %" if high else f"above {value:.2g} % of its kind"
        return f"Only {_WHO[name]} can be asked, and puts it {where}."
    all_of_them = "All three" if n == 3 else "Both"
    if len(high) == n:
        return f"{all_of_them} put it in the top 1 % of its kind."
    if not low:
        return f"{all_of_them} put it in the top 10 % of its kind."
    against = _listed([f"{_WHO[name]} ({_place(value)})" for name, value in low])
    does = "do" if _plural([name for name, _ in low]) else "does"
    if len(low) == n:
        return f"None of the ways asked speaks for it on its own: {against}."
    for_it = [*high, *(name for name, _ in middle)]
    behind = _listed([_WHO[name] for name in for_it])
    ranks = "rank" if _plural(for_it) else "ranks"
    where = "the top 1 %" if not middle else "the top 10 %"
    return f"They disagree: {behind} {ranks} it in {where}, while {against} {does} not."


def _plural(names: Sequence[str]) -> bool:
    return len(names) > 1 or NEIGHBOURS in names


def _place(value: float) -> str:
    return "in the lower half" if value < 50 else f"above {value:.0f} % only"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
