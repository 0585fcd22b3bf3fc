"""Predictions for one molecule, and where they stand among approved drugs."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from biobridge_core.admet.network import Ensembles
from biobridge_core.encoders.base import package_file
from biobridge_core.errors import InputError, WeightsError

LEAST = 20  #: drugs that a class must have to be compared with
MAX_CHARACTERS = 2_000  #: of a SMILES
_KEPT = 256


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One thing that is predicted."""

    key: str  #: as the package calls it
    name: str
    category: str  #: Absorption, Distribution, Metabolism, Excretion or Toxicity
    unit: str  #: empty for a probability
    probability: bool
    measured: str  #: how good its predictions are on held-out molecules, e.g. ``AUROC 0.84``


@dataclass(frozen=True, slots=True)
class Prediction:
    """One endpoint of one molecule."""

    endpoint: Endpoint
    value: float
    percentile: float  #: share of the approved drugs compared with that have a lower value, 0..100
    usual: tuple[float, float]  #: between these lies the middle half of those drugs


@dataclass(frozen=True, slots=True)
class Report:
    """All endpoints of one molecule."""

    predictions: tuple[Prediction, ...]
    group: str  #: ATC class that it is compared with; empty for all approved drugs
    n_drugs: int


class Admet:
    """Opened from the installed package when first needed. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opened: tuple[Ensembles, _Drugs] | None = None
        self._kept: dict[str, NDArray[np.float64]] = {}

    def report(self, smiles: str, group: str = "") -> Report:
        """Predict all endpoints of a molecule.

        Parameters
        ----------
        group
            Name of an ATC class from `groups`; all approved drugs where empty.

        Raises
        ------
        InputError, WeightsError
            If the SMILES cannot be read, there is no such class, or the package is not installed.
        """
        if len(smiles) > MAX_CHARACTERS:
            raise InputError("The molecule is too large for these predictions.", "Draw a smaller one.")
        ensembles, drugs = self._open()
        with self._lock:
            if smiles not in self._kept:
                self._kept[smiles] = ensembles.predict(smiles)
                while len(self._kept) > _KEPT:
                    self._kept.pop(next(iter(self._kept)))
            values = dict(zip(ensembles.tasks, self._kept[smiles].tolist(), strict=True))
        rows = drugs.rows(group)
        found = []
        for endpoint in drugs.endpoints:
            among = np.sort(drugs.values[endpoint.key][rows])
            low, high = np.percentile(among, [25, 75])
            value = values[endpoint.key]
            found.append(Prediction(endpoint, value, percentile(among, value), (float(low), float(high))))
        return Report(tuple(found), group, len(rows))

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Everything that is predicted.

        Raises
        ------
        WeightsError
            If the package is not installed.
        """
        return self._open()[1].endpoints

    def groups(self) -> Mapping[str, int]:
        """ATC classes of at least 20 approved drugs, with how many, widest level first.

        Raises
        ------
        WeightsError
            If the package is not installed.
        """
        _, drugs = self._open()
        return {name: len(rows) for name, rows in drugs.groups.items()}

    def _open(self) -> tuple[Ensembles, _Drugs]:
        with self._lock:
            if self._opened is None:
                ensembles = Ensembles.of_package()
                table = package_file("admet_ai", "admet-ai", "resources", "data", "drugbank_approved.csv")
                about = package_file("admet_ai", "admet-ai", "resources", "data", "admet.csv")
                self._opened = ensembles, _Drugs(table, about, ensembles.tasks)
            return self._opened


def percentile(among: NDArray[np.float64], value: float) -> float:
    """Share of sorted values below one, 0..100; of values equal to it, half."""
    below, up_to = np.searchsorted(among, [value, value], side="left")[0], np.searchsorted(among, value, side="right")
    return 100.0 * float(below + up_to) / 2 / max(len(among), 1)


class _Drugs:
    """What the package predicts for approved drugs, and their ATC classes."""

    def __init__(self, table: Path, about: Path, tasks: tuple[str, ...]) -> None:
        try:
            drugs, known = pd.read_csv(table), pd.read_csv(about)
            self.values = {task: drugs[task].to_numpy(dtype=np.float64) for task in tasks}
            self.endpoints = tuple(_endpoint(row) for row in known.to_dict("records") if str(row["id"]) in self.values)
            levels = [drugs[f"atc_name_{level}"] for level in range(1, 5)]
        except (OSError, KeyError, ValueError) as error:
            raise WeightsError(
                f"The tables of admet-ai cannot be read: {error}.",
                "Run `pip install --force-reinstall --no-deps -r requirements-weights.txt`.",
            ) from error
        self._all = np.arange(len(drugs))
        self.groups = _groups(levels)

    def rows(self, group: str) -> NDArray[np.int64]:
        if not group:
            return self._all
        if group not in self.groups:
            raise InputError(f"There is no ATC class called {group[:60]!r} here.", "Choose one from the list.")
        return self.groups[group]


def _groups(levels: list[pd.Series[str]]) -> dict[str, NDArray[np.int64]]:
    groups: dict[str, NDArray[np.int64]] = {}
    for level in levels:
        found: dict[str, set[int]] = {}
        for row, names in enumerate(level.fillna("").tolist()):
            for name in filter(None, (part.strip() for part in str(names).split(";"))):
                found.setdefault(name.capitalize(), set()).add(row)
        for name in sorted(found):
            if len(found[name]) >= LEAST and name not in groups:
                groups[name] = np.array(sorted(found[name]), dtype=np.int64)
    return groups


def _endpoint(row: Mapping[object, object]) -> Endpoint:
    probability = row["task_type"] == "classification"
    measure = "AUROC" if probability else "R^2"
    score = float(str(row[measure]))
    return Endpoint(
        key=str(row["id"]),
        name=str(row["name"]),
        category=str(row["category"]),
        unit="" if probability else _UNITS.get(str(row["units"]), str(row["units"])),
        probability=probability,
        measured=f"{measure.replace('^2', '²')} {score:.2f}",
    )


#: Units as the package writes them -> as they are read.
_UNITS = {
    "log(mol/L)": "log mol/L",
    "log-ratio": "log ratio",
    "log(10^-6 cm/s)": "log 10⁻⁶ cm/s",
    "log(1/(mol/kg))": "−log mol/kg",
    "hr": "h",
    "uL/min/10^6 cells": "µL/min/10⁶ cells",
    "uL/min/mg": "µL/min/mg",
    "-": "",
}
