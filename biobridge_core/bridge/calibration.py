"""What is known of the reader's scores: the chance behind each, how far queries lie, which tails are everywhere.

`calibrating` fits it on links and entities that the bridge and its memory were not trained with.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from biobridge_core.calibrate import Curve
from biobridge_core.errors import ArtifactError
from biobridge_core.types import CONFIDENT, InputKind

CALIBRATION = "calibration.json"
_FORMAT = 1
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """Calibration of one relation for known or for unseen queries."""

    curve: Curve | None  #: None where it missed the target, so that no chance is shown
    n_links: int  #: held-out links that it was fitted on
    ece: float  #: measured across halves of the queries
    skill: float  #: share of the base rate's Brier score that is taken away
    reason: str = ""  #: why there is no curve


@dataclass(frozen=True)
class Calibration:
    """Tables by relation, apart for known queries and unseen ones.

    Parameters
    ----------
    entries
        Known? -> relation -> its calibration.
    depth
        How many of the best hits the curves were fitted on; deeper hits have no chance.
    distances
        Modality and kind -> ascending cosines (n,) of unseen entities to the nearest entity with training links.
    hubs
        Known? -> relation -> places of tails that are among the ten best for most queries.
    """

    entries: Mapping[bool, Mapping[str, Entry]] = field(default_factory=lambda: {True: {}, False: {}})
    depth: int = 100
    distances: Mapping[tuple[str, InputKind], NDArray[np.float64]] = field(default_factory=dict)
    hubs: Mapping[bool, Mapping[str, frozenset[int]]] = field(default_factory=lambda: {True: {}, False: {}})

    def chances(self, relation: str, scores: NDArray[np.floating], *, known: bool) -> NDArray[np.float64] | None:
        """Chance that the graph holds each link, of scores (n,) less the log of what `believed` leaves; None where the
        relation has no curve."""
        entry = self.entries[known].get(relation)
        return None if entry is None or entry.curve is None else entry.curve(scores)

    def is_hub(self, relation: str, place: int, *, known: bool) -> bool:
        """Whether the tail at a place of its modality is among the ten best for most queries of the relation."""
        return place in self.hubs[known].get(relation, ())

    def distance_percentile(self, modality: str, kind: InputKind, cosine: float) -> float | None:
        """Share of unseen entities that lie nearer to the training entities than a query with this cosine, percent."""
        usual = self.distances.get((modality, kind))
        if usual is None or not len(usual):
            return None
        return float(100.0 * (len(usual) - np.searchsorted(usual, cosine, side="right")) / len(usual))

    def save(self, folder: Path) -> None:
        """Write ``calibration.json`` into a folder."""
        raw = {
            "format": _FORMAT,
            "depth": self.depth,
            "confident": CONFIDENT,
            "entries": {_key(k): {r: _entry_out(e) for r, e in table.items()} for k, table in self.entries.items()},
            "distances": {f"{m}/{kind.value}": np.round(c, 5).tolist() for (m, kind), c in self.distances.items()},
            "hubs": {_key(k): {r: sorted(places) for r, places in table.items()} for k, table in self.hubs.items()},
        }
        (folder / CALIBRATION).write_text(json.dumps(raw, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Calibration:
        """Read what `save` wrote; without the file, an empty one, so that hits have ranks and percentiles alone.

        Raises
        ------
        ArtifactError
            If the file is damaged.
        """
        path = folder / CALIBRATION
        if not path.is_file():
            _LOG.warning("%s is missing: hits have no chance. Run `biobridge build calibration`.", path)
            return cls()
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            if raw["format"] != _FORMAT:
                raise ValueError(f"its format is {raw['format']}, {_FORMAT} is read")
            entries = {known: {r: _entry_in(e) for r, e in raw["entries"][_key(known)].items()} for known in _BOTH}
            distances = {_slot(name): _ascending(cosines) for name, cosines in raw["distances"].items()}
            hubs = {known: {r: _places(p) for r, p in raw["hubs"][_key(known)].items()} for known in _BOTH}
            return cls(entries, int(raw["depth"]), distances, hubs)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ArtifactError(
                f"{path} cannot be read: {error}.", "Restore it, or run `biobridge build calibration`."
            ) from error


def believed(scores: NDArray[np.floating], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Share of the belief over all tails that goes to known ones: (n, n_tails) each -> (n,), at most 0.9999.

    A score less log(1 − this) is the log of the belief among what is not known yet: that many of a query's links are
    known must not make the rest look less likely.
    """
    whole = np.maximum(scores.sum(axis=1, dtype=np.float64), 1e-300)
    return np.asarray(np.minimum(np.where(known, scores, 0).sum(axis=1, dtype=np.float64) / whole, 0.9999))


_BOTH = (True, False)


def _key(known: bool) -> str:
    return "known" if known else "unseen"


def _entry_out(entry: Entry) -> dict[str, object]:
    raw: dict[str, object] = {"n_links": entry.n_links, "ece": round(entry.ece, 5), "skill": round(entry.skill, 5)}
    if entry.curve is None:
        return raw | {"reason": entry.reason}
    curve = {"scores": np.round(entry.curve.scores, 5).tolist(), "chances": np.round(entry.curve.chances, 6).tolist()}
    return raw | {"method": entry.curve.method} | curve


def _entry_in(raw: Mapping[str, object]) -> Entry:
    n_links, ece, skill = int(str(raw["n_links"])), float(str(raw["ece"])), float(str(raw["skill"]))
    if "scores" not in raw:
        return Entry(None, n_links, ece, skill, str(raw["reason"]))
    scores, chances = _ascending(raw["scores"]), _ascending(raw["chances"])
    if scores.shape != chances.shape or not len(scores) or chances[0] < 0 or chances[-1] > 1:
        raise ValueError("a curve needs as many chances as scores, between 0 and 1")
    return Entry(Curve(scores, chances, str(raw["method"])), n_links, ece, skill)


def _ascending(raw: object) -> NDArray[np.float64]:
    values = np.asarray(raw, dtype=np.float64)
    if values.ndim != 1 or not np.isfinite(values).all() or (np.diff(values) < 0).any():
        raise ValueError("a table is not a list of finite, ascending numbers")
    return values


def _places(raw: Iterable[object]) -> frozenset[int]:
    places = frozenset(int(str(place)) for place in raw)
    if min(places, default=0) < 0:
        raise ValueError("a place is negative")
    return places


def _slot(name: str) -> tuple[str, InputKind]:
    modality, kind = name.rsplit("/", 1)
    return modality, InputKind(kind)
