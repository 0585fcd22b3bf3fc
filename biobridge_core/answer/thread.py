"""What "it" and "and which drugs?" mean after earlier questions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from biobridge_core.answer.types import Mention, Understanding

_BACK = re.compile(
    r"\b(?:it|its|itself|they|them|their|theirs|those|these|this|that|the same|ditto|he|she)\b(?! (?:true"
    r"|correct|possible|known) )",
    re.IGNORECASE,
)
_MANY = re.compile(r"\b(?:those|these|them|they|their)\b", re.IGNORECASE)
_GOES_ON = re.compile(
    r"^\W*(?:and|also|then|what about|how about|or|but|now|plus|next|same|ditto|likewise|the same|again|so)\b"
    r"|\b(?:too|as well|also|likewise|instead|in addition|then)\b",
    re.IGNORECASE,
)


def last(before: Sequence[Understanding]) -> Understanding | None:
    """The last question that was understood."""
    return next((one for one in reversed(before) if one.mentions and not one.choices), None)


def points_back(question: str) -> bool:
    """Whether a question is about what was spoken of."""
    return bool(_BACK.search(question))


def points_to_many(question: str) -> bool:
    """Whether it may be about the answers of the question before."""
    return bool(_MANY.search(question))


def goes_on(question: str) -> bool:
    """Whether a question goes on from the one before."""
    return bool(_GOES_ON.search(question))


def resumed(mention: Mention, word: str = "") -> Mention:
    """The same start, taken from the thread."""
    return replace(mention, text=word or mention.text, how="thread", start=-1, end=-1)
