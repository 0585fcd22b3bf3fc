"""Small pieces of language that every writer of answers shares."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph

THIN = " "  #: narrow no-break space between thousands


_WORD = re.compile(r"\w+")


def plain_words(text: str) -> str:
    """The words of a text in small letters with one space around each, to look for whole names in it."""
    return f" {' '.join(_WORD.findall(text.casefold()))} "


def number(value: int) -> str:
    """With a thin space between thousands: ``12 345``."""
    return f"{value:,}".replace(",", THIN)


def percent(share: float) -> str:
    """Two significant digits: ``23 %``."""
    if share < 0.001:
        return "less than 0.1 %"
    return f"{100 * min(share, 0.99):.2g} %"


def in_ten(share: float) -> str:
    """A chance in everyday words."""
    if share < 0.05:
        return "a small chance"
    if share < 0.95:
        tenths = max(1, min(9, round(10 * share)))
        return f"about {tenths} in 10"
    return "more than 9 in 10"


def several(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def counted(graph: KnowledgeGraph, modality: str, count: int) -> str:
    """``1 drug``, ``38 drugs``."""
    kind = graph.modalities[modality]
    return f"{number(count)} {kind.label if count == 1 else kind.plural}"
