"""What an input is made of, for attribution: residues, atoms or words, and the input with some of them hidden."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biobridge_core.types import InputKind

#: Atoms of a SMILES in their order, which is RDKit's too; an explicit hydrogen is one of them.
_ATOM = re.compile(r"\[[^\]]+\]|Br|Cl|[BCNOPSFI]|[bcnops]")
_TOKEN = re.compile(r"Cl|Br|Si|.")
_WORD = re.compile(r"\S+")
_UNKNOWN_MARK = "/"  #: ChemNet has no token for it and reads it as unknown
_NAMES = {InputKind.SEQUENCE: "residue", InputKind.SMILES: "atom", InputKind.TEXT: "word"}

Window = tuple[int, int]  #: first unit and the one after the last


@dataclass(frozen=True)
class Units:
    """Units of one input: ``spans`` are their places in ``text``, in order."""

    kind: InputKind
    text: str
    spans: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, kind: InputKind, text: str) -> Units:
        """Cut an input into what is attributed to."""
        if kind is InputKind.SEQUENCE:
            return cls(kind, text, tuple((i, i + 1) for i in range(len(text))))
        pattern = _ATOM if kind is InputKind.SMILES else _WORD
        return cls(kind, text, tuple(found.span() for found in pattern.finditer(text)))

    def __len__(self) -> int:
        return len(self.spans)

    @property
    def name(self) -> str:
        """What one of them is called."""
        return _NAMES[self.kind]

    @property
    def words(self) -> tuple[str, ...]:
        """Each unit as it stands in the text."""
        return tuple(self.text[first:last] for first, last in self.spans)

    def without(self, window: Window) -> str:
        """The input with the units of a window left out; atoms become marks that ChemNet reads as unknown.

        A molecule keeps its length: ChemNet reads four characters at a time, and all that follows would shift.
        """
        hidden = self.spans[window[0] : window[1]]
        if self.kind is InputKind.SMILES:
            parts, done = [], 0
            for first, last in hidden:
                parts += [self.text[done:first], _UNKNOWN_MARK * len(_TOKEN.findall(self.text[first:last]))]
                done = last
            return "".join([*parts, self.text[done:]])
        left = self.text[: hidden[0][0]] + self.text[hidden[-1][1] :]
        return " ".join(left.split()) if self.kind is InputKind.TEXT else left


def windows(n: int, width: int, stride: int) -> list[Window]:
    """Windows that cover n units: of one width, ``stride`` apart, the last one at the end."""
    width = min(width, n)
    starts = list(range(0, n - width + 1, stride))
    if starts[-1] != n - width:
        starts.append(n - width)
    return [(start, start + width) for start in starts]


def spread(n: int, over: Sequence[Window], falls: NDArray[np.floating]) -> NDArray[np.float64]:
    """Mean fall of the windows that each of n units lies in, (n,)."""
    total, count = np.zeros(n), np.zeros(n)
    for (first, last), fall in zip(over, falls, strict=True):
        total[first:last] += fall
        count[first:last] += 1
    return np.asarray(total / np.maximum(count, 1))
