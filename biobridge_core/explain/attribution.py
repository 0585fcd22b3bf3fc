"""Which residues, atoms or words carry the bridge's part of a score: windowed occlusion.

A window of the input is hidden, the rest goes through the frozen model and the bridge as always, and what the cosine
between query and hit falls by is the window's; a unit gets the mean over the windows that it lies in (Zeiler and
Fergus 2014, doi:10.1007/978-3-319-10590-1_53). The first-order alternative, the gradient of the cosine through the mean
over positions, was measured beside it and agrees too little to be shown (`first_order`; benchmarks/attribution.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from biobridge_core.errors import InputError
from biobridge_core.explain.score import ContentScore
from biobridge_core.explain.units import Units, Window, spread, windows
from biobridge_core.types import Attribution, InputKind

if TYPE_CHECKING:
    from biobridge_core.bundle import Bundle
    from biobridge_core.encoders.base import Encoder

MAX_RESIDUES = 5_000
_Floats = NDArray[np.float32]
Say = Callable[[str, float], None]


@dataclass(frozen=True)
class Plan:
    """How an input is hidden, window by window."""

    width: int
    stride: int

    @classmethod
    def of(cls, units: Units) -> Plan:
        """What is shown for an input: words one by one, atoms in threes, residues in nines a few apart."""
        if units.kind is InputKind.TEXT:
            return cls(1, 1)
        if units.kind is InputKind.SMILES:
            return cls(min(3, len(units) - 1), 1)
        stride = max(_STRIDE, -(-len(units) // _MOST_WINDOWS))
        return cls(min(max(_WIDTH, 2 * stride), len(units) - 1), stride)


_WIDTH, _STRIDE, _MOST_WINDOWS = 9, 3, 170
_HOW = {
    InputKind.SEQUENCE: "Stretches of {width} residues, {stride} apart, were left out one after the other",
    InputKind.SMILES: "Atoms were hidden {width} at a time, in the order of the SMILES, behind marks that say nothing",
    InputKind.TEXT: "Words were left out one after the other",
}


@runtime_checkable
class Sharing(Protocol):
    """An encoder that reads an input with windows left out faster than one by one."""

    def without(
        self, sequence: str, windows: Sequence[Window], progress: Callable[[int, int], None] | None = None
    ) -> _Floats:
        """Raw vectors (n, D), one a window."""


def attribute(
    encoder: Encoder,
    score: ContentScore,
    units: Units,
    *,
    relation: str,
    plan: Plan | None = None,
    say: Say | None = None,
) -> Attribution:
    """Hide window after window and see what the cosine falls by.

    Parameters
    ----------
    plan
        Windows; what is shown where None.
    say
        Told how far it is.

    Raises
    ------
    InputError
        If there is nothing to compare (fewer than two units), or too much.
    """
    started = time.perf_counter()
    check(units)
    plan, told = plan or Plan.of(units), say or _quiet
    over = windows(len(units), plan.width, plan.stride)
    told(f"Reading the input without each of {len(over)} parts", 0.0)
    whole = float(score.cosines(encoder.encode([units.text]).vectors)[0])
    label = f"Reading the input without each of {len(over)} parts"
    vectors = hidden(encoder, units, over, lambda done, total: told(_left(label, done, total, started), done / total))
    falls = whole - score.cosines(vectors)
    values = spread(len(units), over, falls)
    return Attribution(
        kind=units.kind,
        relation=relation,
        text=units.text,
        units=units.words,
        spans=units.spans,
        values=tuple(float(value) for value in values),
        cosine=whole,
        method=_HOW[units.kind].format(width=plan.width, stride=plan.stride)
        + "; the value is what the cosine fell by.",
        agreement=None,
        seconds=time.perf_counter() - started,
    )


def hidden(
    encoder: Encoder,
    units: Units,
    over: Sequence[Window],
    progress: Callable[[int, int], None] | None = None,
) -> _Floats:
    """Raw vectors (n, D) of the input with each window hidden."""
    if units.kind is InputKind.SEQUENCE and isinstance(encoder, Sharing):
        return encoder.without(units.text, over, progress)
    return encoder.encode([units.without(window) for window in over], progress=progress).vectors


def check(units: Units) -> None:
    """Refuse what cannot be attributed to.

    Raises
    ------
    InputError
        With what is wrong and the way out.
    """
    if len(units) < 2:
        raise InputError(f"The input has only one {units.name}: there is nothing to compare.", "Ask with a longer one.")
    if units.kind is InputKind.SEQUENCE and len(units) > MAX_RESIDUES:
        raise InputError(
            f"The sequence has {len(units):,} residues; they can be measured up to {MAX_RESIDUES:,}.",
            "Ask with one domain of it.",
        )


def first_order(states: _Floats, mean: _Floats, gradient: _Floats) -> NDArray[np.float64]:
    """What the cosine falls by, to first order, when a position leaves the mean over positions.

    Parameters
    ----------
    states
        Hidden states (n, D).
    mean
        Their mean with any other positions (D,).
    gradient
        Of the cosine at the mean (D,).

    Returns
    -------
    values
        float64 (n,).
    """
    return np.asarray((states.astype(np.float64) - mean) @ gradient / max(len(states), 1))


def of_entity(bundle: Bundle, row: int) -> Units:
    """Units of what the encoder reads of an entity of the graph."""
    return Units.of(bundle.graph.input_kind(row), bundle.graph.inputs([row])[0])


def _left(label: str, done: int, total: int, started: float) -> str:
    if not done:
        return label
    seconds = (time.perf_counter() - started) / done * (total - done)
    return f"{label}, about {max(1, round(seconds))} s left"


def _quiet(_message: str, _done: float) -> None:
    """Progress that nobody listens to."""
