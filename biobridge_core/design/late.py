"""What takes too long to be asked of every molecule: structural alerts, and ADMET where the goal bounds it.

A run asks it of its best molecules alone. One that was not asked yet counts as if nothing spoke against it, so that the
best are always among those that are asked next.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from biobridge_core.chem.alerts import alerts
from biobridge_core.design.goal import Window
from biobridge_core.errors import InputError

if TYPE_CHECKING:
    from biobridge_core.admet.predict import Admet


@dataclass(frozen=True, slots=True)
class Late:
    """What was found out about one molecule."""

    alerts: tuple[str, ...]  #: names of PAINS and BRENK patterns that match
    admet: Mapping[str, float] = field(default_factory=dict)  #: predicted values of the endpoints that have bounds
    within: float = 1.0  #: how well these keep to the bounds, 0..1, the worst of them


class Examiner:
    """Examines molecules for one goal."""

    def __init__(self, bounds: Sequence[Window], admet: Admet | None) -> None:
        self._bounds, self._admet = bounds, admet

    def examine(self, smiles: str) -> Late:
        """Find out about one molecule; a few milliseconds, some thirty with ADMET bounds.

        Raises
        ------
        WeightsError
            If the ADMET predictions are not installed.
        """
        raised = tuple(f"{alert.catalogue}: {alert.name}" for alert in alerts(smiles))
        if not self._bounds or self._admet is None:
            return Late(raised)
        report = {p.endpoint.key: p for p in self._admet.report(smiles).predictions}
        values, within = {}, 1.0
        for bound in self._bounds:
            found = report[bound.name]
            low, high = found.usual
            scale = 0.2 if found.endpoint.probability else max((high - low) / 2, 1e-3)
            values[bound.name] = round(found.value, 4)
            within = min(within, math.exp(-bound.missed_by(found.value) / scale))
        return Late(raised, values, round(within, 4))


def endpoints(admet: Admet) -> Mapping[str, str]:
    """ADMET endpoints that can be bounded: key -> words with unit.

    Raises
    ------
    WeightsError
        If the package is not installed.
    """
    return {p.key: f"{p.name} ({p.unit or 'chance, 0 to 1'})" for p in admet.endpoints()}


def check_bounds(bounds: Sequence[Window], admet: Admet) -> None:
    """Refuse bounds on what is not predicted.

    Raises
    ------
    InputError, WeightsError
        If there is no such endpoint, or the package is not installed.
    """
    known = endpoints(admet) if bounds else {}
    for bound in bounds:
        if bound.name not in known:
            raise InputError(f"No ADMET endpoint is called {bound.name!r}.", f"Choose from: {', '.join(known)}.")
