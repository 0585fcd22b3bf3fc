"""What "it" and "and which drugs?" mean after earlier questions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from biobridge_core.answer.relations import MARK
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


_BARE_COUNT = re.compile(
    r"\W*(?:and |so |but |ok )*how many(?: (?:are (?:there|they)|is (?:that|it)|of (?:them|those|these)"
    r"|in (?:all|total)|altogether|exactly))*\W*",
    re.IGNORECASE,
)
#: What may stand beside the names in a question that asks the one before again.
_AGAIN = re.compile(
    rf"{MARK}|\b(?:and|or|both|also|then|what|how|about|for|the|same|question|please|with|of|in|now|but|so"
    rf"|too|as|well|again|ditto|likewise|do|it|a|an|thing|ask|is|to|on|case|regarding|concerning|next"
    rf"|instead|if|we|look|at|gene|protein|drug|disease|phenotype|process|class|i|mean|repeat|that|this"
    rf"|me|tell|try|you|could|can|would|give|show|similarly|further|additionally|finally|lastly|just"
    rf"|only|try|ok|okay|kindly|had|asked|should|like|right|alright|s|answer|would|be|hold|holds|goes|go|case|apply|applies|true|case)\b"
)
_ORDINAL = re.compile(
    r"\b(?:the|that) (?:very )?(?:first|second|third|fourth|fifth|last|previous|former|latter|other)"
    r"(?: (?:one|two|ones))?(?=\W*$)",
    re.IGNORECASE,
)


def only_counts(question: str) -> bool:
    """Whether nothing but a number is asked for: "how many?"."""
    return bool(_BARE_COUNT.fullmatch(question))


def only_names(masked: str) -> bool:
    """Whether a masked question has nothing but names beside "and what about": "and X?"."""
    return not _AGAIN.sub(" ", re.sub(r"[^\w§ ]", " ", masked)).strip()


def ordinal(question: str) -> str:
    """What is pointed to by its place alone, at the end of a question: "the first"; empty where nothing is."""
    found = _ORDINAL.search(question)
    return found[0] if found else ""


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
