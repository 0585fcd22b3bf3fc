"""What is asked of a design, checked before anything runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from biobridge_core.chem.patterns import pattern
from biobridge_core.chem.standardise import standardise
from biobridge_core.chem.traits import PROPERTIES
from biobridge_core.errors import InputError

MAX_N, MAX_SECONDS, MAX_ENTRIES = 1_000, 3_600.0, 12
MAX_CHARACTERS = 40_000  #: of one entry; a sequence is the longest


@dataclass(frozen=True, slots=True)
class Window:
    """A property that has to lie between two bounds, both included; an open side is None."""

    name: str  #: key of `PROPERTIES`
    low: float | None = None
    high: float | None = None

    def missed_by(self, value: float) -> float:
        """How far outside a value lies, in the property's own unit; 0 inside."""
        low = self.low - value if self.low is not None else 0.0
        high = value - self.high if self.high is not None else 0.0
        return max(low, high, 0.0)

    @property
    def words(self) -> str:
        """For people, e.g. ``molecular weight (g/mol) from 250 to 500``."""
        sides = (("from", self.low), ("to", self.high))
        return " ".join(
            [PROPERTIES.get(self.name, self.name), *(f"{word} {bound:g}" for word, bound in sides if bound is not None)]
        )


@dataclass(frozen=True, slots=True)
class Goal:
    """A request for new molecules. The command line, a saved file and a page carry exactly this."""

    targets: tuple[str, ...] = ()  #: wanted: gene, accession or raw sequence
    diseases: tuple[str, ...] = ()  #: wanted: disease or phenotype, named or described
    avoid: tuple[str, ...] = ()  #: unwanted targets, such as KCNH2 (hERG)
    windows: tuple[Window, ...] = ()
    keep: str = ""  #: SMARTS that every candidate has
    without: str = ""  #: SMARTS that none has
    start: str = ""  #: SMILES of a molecule to set out from
    admet: tuple[Window, ...] = ()  #: bounds on predicted ADMET endpoints, by the key of the endpoint
    n: int = 100  #: candidates
    seconds: float = 60.0  #: most time that the run may take
    seed: int = 1

    def as_dict(self) -> dict[str, Any]:
        """For JSON; `from_dict` reads it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Goal:
        """Read what `as_dict` wrote.

        Raises
        ------
        InputError
            If it has other fields, or values of another type.
        """
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(raw) - known):
            raise InputError(f"A goal has no field {', '.join(unknown)}.", f"It has: {', '.join(sorted(known))}.")
        try:
            values: dict[str, Any] = dict(raw)
            for name in ("targets", "diseases", "avoid"):
                values[name] = tuple(str(entry) for entry in raw.get(name, ()))
            for name in ("windows", "admet"):
                values[name] = tuple(Window(**window) for window in raw.get(name, ()))
            return cls(**values)
        except TypeError as error:
            raise InputError(f"The goal cannot be read: {error}.", "Write it as `Goal.as_dict` does.") from error


def check(goal: Goal) -> Goal:
    """Refuse a goal that cannot be met, and return it with its words trimmed.

    Raises
    ------
    InputError
        Naming what is wrong: nothing wanted, the same thing wanted and unwanted, windows that contradict each other, a
        substructure or a starting molecule that cannot be read, or a number out of range.
    """
    texts = [tuple(entry.strip() for entry in entries) for entries in (goal.targets, goal.diseases, goal.avoid)]
    if any(len(entry) > MAX_CHARACTERS for entries in texts for entry in entries):
        raise InputError("An entry of the goal is too long.", f"Give up to {MAX_CHARACTERS:,} characters.")
    targets, diseases, avoid = (tuple(dict.fromkeys(filter(None, entries))) for entries in texts)
    if not targets and not diseases and not goal.start.strip():
        raise InputError(
            "The goal holds nothing that is wanted.", "Name a target such as EGFR, a disease, or a starting molecule."
        )
    if len(targets) + len(diseases) + len(avoid) > MAX_ENTRIES:
        raise InputError("The goal has too many parts.", f"Give up to {MAX_ENTRIES} targets and diseases in all.")
    both = {entry.lower() for entry in targets} & {entry.lower() for entry in avoid}
    if both:
        raise InputError(f"{sorted(both)[0].upper()} is both wanted and unwanted.", "Take it out of one of the two.")
    _numbers(goal)
    _structures(goal)
    return Goal(
        targets, diseases, avoid, merged(goal.windows), goal.keep.strip(), goal.without.strip(), goal.start.strip(),
        merged(goal.admet, {bound.name: bound.name for bound in goal.admet}), int(goal.n), float(goal.seconds),
        int(goal.seed),
    )  # fmt: skip


def merged(windows: Sequence[Window], words: Mapping[str, str] = PROPERTIES) -> tuple[Window, ...]:
    """One window a property: the common part of all that are given for it.

    Raises
    ------
    InputError
        If a property is not known, a bound is no number, or two bounds leave nothing.
    """
    found: dict[str, Window] = {}
    for window in windows:
        if window.name not in words:
            raise InputError(f"There is no property {window.name!r}.", f"Choose from: {', '.join(words)}.")
        if any(bound is not None and not math.isfinite(bound) for bound in (window.low, window.high)):
            raise InputError(f"A bound of {words[window.name]} is no number.", "Give numbers, or leave it open.")
        old = found.get(window.name, Window(window.name))
        lows = [bound for bound in (old.low, window.low) if bound is not None]
        highs = [bound for bound in (old.high, window.high) if bound is not None]
        low, high = max(lows, default=None), min(highs, default=None)
        if low is not None and high is not None and low > high:
            raise InputError(
                f"No molecule has {words[window.name]} of at least {low:g} and at most {high:g}.",
                "Make the lower bound the smaller one.",
            )
        found[window.name] = Window(window.name, low, high)
    return tuple(found.values())


def parse_window(text: str) -> Window:
    """Read ``weight=250:500``, ``log_p=:4`` or ``tpsa=60:``.

    Raises
    ------
    InputError
        If it is not written so.
    """
    name, equals, bounds = text.partition("=")
    low, colon, high = bounds.partition(":")
    try:
        if not equals or not colon:
            raise ValueError
        return Window(name.strip(), float(low) if low.strip() else None, float(high) if high.strip() else None)
    except ValueError:
        raise InputError(f"{text!r} is no window.", "Write it as weight=250:500, log_p=:4 or tpsa=60:.") from None


def _numbers(goal: Goal) -> None:
    if not 1 <= goal.n <= MAX_N:
        raise InputError(f"The number of candidates is {goal.n}.", f"Ask for 1 to {MAX_N:,}.")
    if not 0 < goal.seconds <= MAX_SECONDS:
        raise InputError(
            f"The time budget is {goal.seconds:g} s.", f"Give more than 0 and at most {MAX_SECONDS:,.0f} seconds."
        )
    if not 0 <= goal.seed < 1 << 63:
        raise InputError(f"The seed is {goal.seed}.", "Give a whole number from 0.")


def _structures(goal: Goal) -> None:
    for smarts in filter(None, (goal.keep.strip(), goal.without.strip())):
        pattern(smarts)
    if goal.keep.strip() and goal.keep.strip() == goal.without.strip():
        raise InputError("The same substructure is to be kept and avoided.", "Take it out of one of the two.")
    if goal.start.strip():
        standardise(goal.start)
