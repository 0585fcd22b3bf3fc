"""The words of an entity: the text its encoder reads, and titles that people can read and programs compare."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

MAX_DEFINITION_WORDS = 80
MAX_TEXT_SYNONYMS = 8

_NUMBER = re.compile(r"[^\W\d_]*\d[^\W_]*")
_WORD = re.compile(r"[^\W_]+")
_ROMAN = re.compile(r"(?=[ivx])(x{0,2})(ix|iv|v?i{0,3})$", re.IGNORECASE)
_FILLERS = frozenset({"type", "the", "of", "and"})


def words(title: str) -> frozenset[str]:
    """Return the words of a title, lower case, without accents, order, punctuation and fillers such as "type".

    >>> sorted(words("Epileptic encephalopathy, early infantile, type 6"))
    ['6', 'early', 'encephalopathy', 'epileptic', 'infantile']
    """
    plain = title.casefold()
    if not plain.isascii():
        letters = unicodedata.normalize("NFKD", plain)
        plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    found = _WORD.findall(plain)
    return frozenset(found) - _FILLERS or frozenset(found)


def key(title: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return what two titles of one thing have in common: their words, and their numbers in order.

    >>> key("type 1 diabetes mellitus 2") == key("diabetes mellitus type 2, 1")
    False
    """
    return words(title), tuple(_NUMBER.findall(title.casefold()))


def similarity(a: str, b: str) -> float:
    """Return the share of words that two titles have in common (Jaccard), 0..1."""
    left, right = words(a), words(b)
    return len(left & right) / len(left | right) if left and right else 0.0


def readable(title: str) -> str:
    """Return a title that is all in capitals in sentence case; leave any other as it is.

    Roman numerals, words with a digit and single letters keep their capitals.

    >>> readable("EPILEPTIC ENCEPHALOPATHY, EARLY INFANTILE, TYPE IV")
    'Epileptic encephalopathy, early infantile, type IV'
    """
    title = " ".join(title.split())
    if not title.isupper() or len(title) < 6:
        return title
    parts = [
        part if any(c.isdigit() for c in part) or len(part.strip(",;()")) == 1 or _ROMAN.match(part.strip(",;()"))
        else part.lower()
        for part in title.split(" ")
    ]  # fmt: skip
    text = " ".join(parts)
    return text[0].upper() + text[1:]


def distinct(titles: Iterable[str], name: str = "") -> list[str]:
    """Return titles in their order, each once whatever its case, without ``name`` itself and empty ones."""
    seen = {name.casefold(), ""}
    kept = []
    for title in (" ".join(raw.split()) for raw in titles):
        if title.casefold() not in seen:
            seen.add(title.casefold())
            kept.append(title)
    return kept


def encoder_text(name: str, definition: str, synonyms: Iterable[str]) -> str:
    """Return "name. definition. synonyms" for a text encoder.

    The definition is cut after 80 words. Of the synonyms, the first eight that bring a new word are named: the other
    orders and spellings of the same words would only use up the encoder's window.
    """
    cut = definition.split()
    text = " ".join(cut[:MAX_DEFINITION_WORDS]) + (" …" if len(cut) > MAX_DEFINITION_WORDS else "")
    seen = set(words(name))
    told: list[str] = []
    for synonym in synonyms:
        new = words(synonym) - seen
        if new and len(told) < MAX_TEXT_SYNONYMS:
            told.append(synonym)
            seen |= new
    parts = [name, text, ("Also called " + "; ".join(told)) if told else ""]
    return " ".join(part if part.endswith((".", "…", "?", "!")) else part + "." for part in parts if part)
