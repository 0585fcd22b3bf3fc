"""From what is known of a molecule to one number, a front of best trade-offs, and a diverse choice."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from biobridge_core.design.candidate import Found
from biobridge_core.design.evidence import Part, Role
from biobridge_core.design.goal import Window
from biobridge_core.design.late import Late
from biobridge_core.errors import InputError

_ALIKE = 0.65  #: ECFP4 Tanimoto from which two candidates are too alike to both be chosen first
_FAMILY = 8  #: molecules of one scaffold that may be chosen first


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each part of the score counts; 0 leaves it out."""

    wanted: float = 4.0  #: bridge scores of wanted targets and diseases, the mean of their mean and their least
    unwanted: float = 1.0  #: bridge scores of unwanted targets, the higher the worse
    qed: float = 1.0
    sa: float = 1.0  #: ease of making
    windows: float = 2.0  #: property windows
    novelty: float = 0.5  #: distance from the nearest known drug
    alerts: float = 0.5  #: few structural alerts
    admet: float = 2.0  #: bounds on predicted ADMET endpoints

    def check(self) -> Weights:
        """Return itself.

        Raises
        ------
        InputError
            If a weight is negative or no number, or all are 0.
        """
        values = [getattr(self, field.name) for field in fields(self)]
        if not all(math.isfinite(value) and value >= 0 for value in values) or not any(values):
            raise InputError("The weights of the score make no sense.", "Give numbers from 0, at least one above it.")
        return self


def components(
    found: Found, parts: Sequence[Part], windows: Sequence[Window], late: Late | None = None, *, admet: bool = False
) -> dict[str, float]:
    """What the score is made of, each 0 (bad) to 1 (good), by the names of `Weights`.

    Parameters
    ----------
    late
        What was found out late; None where it was not asked yet, which counts as nothing against the molecule.
    admet
        Whether the goal bounds ADMET endpoints.
    """
    wanted = [found.bridge[p.key].score for p in parts if p.role is not Role.AVOID and p.key in found.bridge]
    unwanted = [found.bridge[p.key].score for p in parts if p.role is Role.AVOID and p.key in found.bridge]
    traits = found.traits
    made = {
        "qed": traits.qed,
        "sa": min(max((10.0 - traits.sa) / 9.0, 0.0), 1.0),
        "novelty": min(max((1.0 - found.similarity) / 0.6, 0.0), 1.0),
        "alerts": 1.0 / (1.0 + len(late.alerts)) if late else 1.0,
    }
    if admet:
        made["admet"] = late.within if late else 1.0
    if wanted:
        made["wanted"] = 0.5 * (sum(wanted) / len(wanted) + min(wanted))
    if unwanted:
        made["unwanted"] = 1.0 - max(unwanted)
    if windows:
        values = traits.as_dict()
        made["windows"] = min(_closeness(window, values[window.name]) for window in windows)
    return {name: round(value, 4) for name, value in made.items()}


def weighted(made: Mapping[str, float], weights: Weights) -> float:
    """One number from the components, 0..1."""
    used = {name: getattr(weights, name) for name in made}
    whole = sum(used.values())
    return round(sum(used[name] * made[name] for name in made) / whole, 4) if whole else 0.0


def inside(found: Found, windows: Sequence[Window]) -> bool:
    """Whether a molecule keeps to all windows."""
    values = found.traits.as_dict()
    return all(window.missed_by(values[window.name]) == 0 for window in windows)


def pareto(rows: Sequence[Mapping[str, float]]) -> list[bool]:
    """Which rows no other is at least as good as in everything and better in something."""
    if not rows:
        return []
    names = sorted(set().union(*rows))
    table = np.array([[row.get(name, 0.0) for name in names] for row in rows])
    front = []
    for row in table:
        at_least = (table >= row).all(axis=1)
        front.append(not bool((at_least & (table > row).any(axis=1)).any()))
    return front


def unpack(bits: Sequence[bytes]) -> NDArray[np.float32]:
    """Packed fingerprints -> float32 (n, 2048)."""
    if not bits:
        return np.empty((0, 0), np.float32)
    packed = np.frombuffer(b"".join(bits), dtype=np.uint8).reshape(len(bits), -1)
    return np.unpackbits(packed, axis=1, bitorder="little").astype(np.float32)


def tanimoto(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of all pairs: (m, d), (n, d) -> (m, n)."""
    both = a @ b.T
    return np.asarray(both / np.maximum(a.sum(1)[:, None] + b.sum(1)[None] - both, 1.0), dtype=np.float32)


def around(
    likeness: NDArray[np.float32], shares: Sequence[float], bits: Sequence[bytes], scaffolds: Sequence[str], n: int
) -> list[int]:
    """Places of ``n`` molecules out of a list sorted best first: what lies around the molecules of the evidence.

    Each molecule of the evidence in turn takes the one that is likest to it, where likeness to those that it gave
    fragments to counts less: a molecule that comes near an active one without its fragments has what makes it active.
    What is too alike to a chosen one, or of a scaffold that had its share, waits.

    Parameters
    ----------
    likeness
        (m, k) of each with each molecule of the evidence, less where that gave fragments to it.
    shares
        k weights of the evidence; one with twice the weight takes twice as many.
    """
    matrix, chosen, waiting = unpack(bits), list[int](), list[int]()
    families: dict[str, int] = {}
    near: NDArray[np.float32] = np.zeros(len(bits), np.float32)
    orders = [iter(order) for order in np.argsort(-likeness, axis=0, kind="stable").T.tolist()]
    taken, left, open_ = [0.5] * len(shares), set(range(len(bits))), set(range(len(shares)))
    while len(chosen) < n and left and open_:
        item = min(open_, key=lambda j: (taken[j] / max(shares[j], 1e-6), j))
        place = next((place for place in orders[item] if place in left), None)
        if place is None:
            open_.discard(item)
            continue
        left.discard(place)
        if near[place] >= _ALIKE or families.get(scaffolds[place], 0) >= _FAMILY:
            waiting.append(place)
            continue
        chosen.append(place)
        taken[item] += 1
        families[scaffolds[place]] = families.get(scaffolds[place], 0) + 1
        near = np.asarray(np.maximum(near, tanimoto(matrix, matrix[[place]])[:, 0]), np.float32)
    return sorted(chosen + waiting[: n - len(chosen)])


def _closeness(window: Window, value: float) -> float:
    scale = {"weight": 100.0, "tpsa": 40.0, "heavy": 7.0, "log_p": 1.0, "qed": 0.3}.get(window.name, 2.0)
    return math.exp(-window.missed_by(value) / scale)
