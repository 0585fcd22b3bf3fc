"""What a sentence says is not there: how far "no", "without" or "denies" reach.

After NegEx (doi:10.1006/jbin.2001.1029), with the reach told by the words that join: "no fever, cough or rash" denies
all three, "no seizures and a large head" the first alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

Span = tuple[int, int]

_REACH = 60  #: characters that one item of a list may be away from what denies it
_TRIGGER = re.compile(
    r"\b(?:(?P<wide>denies|denied|denying|negative\s+for|free\s+(?:of|from)|without|absence\s+of|lacks?|lacking)"
    r"|neither|never|not|no|\w+n['’]t)\b(?!\s+(?:only|just|doubt|longer)\b)"
    r"(?:\s+(?:yet|ever|been|have|has|had|having|shows?|shown|showed|developed|any|(?:history|signs?|evidence)\s+of)\b)*",
    re.IGNORECASE,
)
_STOP = re.compile(
    r"[.;:!?()\n,&]|\s[-–—]\s|\band\s*/\s*or\b|\bas\s+well\s+as\b"
    r"|\b(?:and|or|nor|but|with|who|which|that|has|have|had|shows?|presents?|presented|since|because|though|although"
    r"|however|except|yet|while|whereas|also|plus|then|later|now)\b",
    re.IGNORECASE,
)
_ALTERNATIVE = re.compile(r"or|nor|and\s*/\s*or", re.IGNORECASE)
_ADDED = re.compile(r"and|&|as\s+well\s+as|plus", re.IGNORECASE)
_JOINED = re.compile(r"\s*(?:and|or|nor|but|with|yet|who|has|have|had|shows?)\b", re.IGNORECASE)
_CLAUSE = re.compile(
    r"\s*(?:he|she|they|it|patient|has|have|had|shows?|is|are|was|were|presents?|presented|there)\b", re.IGNORECASE
)
_ARTICLE = re.compile(r"\s*(?:a|an|the|his|her|their|its)\b", re.IGNORECASE)
_SENTENCE_PART = re.compile(
    r"[.;:!?()\n]|\b(?:and(?!\s*/)|but|with|who|which|that|has|have|had|since|because|although|however)\b",
    re.IGNORECASE,
)
_AFTERWARDS = re.compile(
    r"\s*(?:(?:is|are|was|were|has\s+been|have\s+been)\s+"
    r"(?:absent|denied|ruled\s+out|excluded|not\s+(?:seen|present|found|observed|noted))"
    r"|:\s*(?:no|none|absent|negative))\b",
    re.IGNORECASE,
)
_LOOSE_END = re.compile(r"(?:[\s,;&]|\b(?:but|and|or|with|has|have|had|who)\b)+(?=[.!?\s]*$)", re.IGNORECASE)

_LOOSE_MIDDLE = re.compile(r"\s*\b(?:with|has|have|had|and|but|or)\s*(?=[,;.:])", re.IGNORECASE)
_LOOSE_PAIR = re.compile(r"\b(with|has|have|had|shows?|and|but|or)[\s,]+(?:and|but|or)\b", re.IGNORECASE)


def denied(text: str, names: Sequence[Span] = ()) -> list[Span]:
    """Stretches of a text that speak of what is not there, the denying word included.

    Parameters
    ----------
    names
        Where phenotypes are named; what denies inside a name ("no speech") does not count.
    """
    masked = _masked(text, names)
    spans = [(start, after.end()) for start, end in names if (after := _AFTERWARDS.match(text, end))]
    for match in _TRIGGER.finditer(masked):
        if not any(start <= match.start() < end for start, end in spans):
            spans.append((match.start(), _end(masked, match.end(), match["wide"] is not None)))
    return sorted(spans)


def without(text: str, spans: Sequence[Span]) -> str:
    """A text with stretches taken out, and the joining words that then join nothing."""
    kept, at = [], 0
    for start, end in spans:
        kept.append(text[at : max(start, at)])
        at = max(end, at)
    rest = _LOOSE_PAIR.sub(r"\1", " ".join(" ".join([*kept, text[at:]]).split()))
    rest = _LOOSE_MIDDLE.sub("", rest)
    return _LOOSE_END.sub("", re.sub(r"\s+([,.;])", r"\1", rest)).strip(" ,;")


def _masked(text: str, names: Sequence[Span]) -> str:
    letters = list(text)
    for start, end in names:
        letters[start:end] = "x" * (end - start)
    return "".join(letters)


def _end(text: str, start: int, wide: bool) -> int:
    item = start
    for stop in _STOP.finditer(text, start):
        if stop.start() - item > _REACH or not _goes_on(text, stop, wide):
            return min(stop.start(), item + _REACH)
        item = stop.end()
    return min(len(text), item + _REACH)


def _goes_on(text: str, stop: re.Match[str], wide: bool) -> bool:
    """Whether what comes after a joining word or comma is denied as well."""
    word, rest = stop.group().strip(), text[stop.end() :]
    if _ALTERNATIVE.fullmatch(word):
        return True
    if _CLAUSE.match(rest):
        return False
    if word == ",":
        if _JOINED.match(rest):
            return True  # the joining word decides
        part = _SENTENCE_PART.split(rest, maxsplit=1)[0]
        return bool(re.search(r"\bn?or\b", part, re.IGNORECASE)) or (wide and not _ARTICLE.match(rest))
    return bool(_ADDED.fullmatch(word)) and wide and not _ARTICLE.match(rest)
