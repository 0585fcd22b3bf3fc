"""Stretches of a question that are names, and how they stand to each other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from biobridge_core.answer.spans import around
from biobridge_core.answer.vocabulary import CUE_WORDS, FUNCTION_WORDS, SAYS_KIND


@dataclass(frozen=True, slots=True)
class Reading:
    """What a stretch of text names within one modality."""

    modality: str
    rows: tuple[int, ...]  #: that fit equally well, those with most links first
    tier: int  #: see `biobridge_core.names`
    exact: bool  #: written with the capitals of the name
    clear: bool  #: one of them stands far ahead


@dataclass(frozen=True, slots=True)
class Link:
    """A stretch of text and everything that it may name."""

    start: int
    end: int
    text: str
    readings: tuple[Reading, ...]  #: best first
    how: str = "name"  #: ``name``, ``id``, ``typo``, ``short``
    weak: bool = False  #: rather a word of the language; taken where nothing else is named

    def of(self, modality: str) -> Reading | None:
        """Reading as one modality."""
        return next((reading for reading in self.readings if reading.modality == modality), None)


@dataclass(frozen=True, slots=True)
class Linked:
    """All names of a text, and what looks like one but is none."""

    links: tuple[Link, ...]
    unknown: tuple[str, ...] = ()
    near: tuple[tuple[int, ...], ...] = ()  #: of each unknown name, rows that are called similarly


def stretch(text: str, part: tuple[int, int], links: Sequence[Link]) -> str:
    """The words around a place up to the next words that only a question has."""
    found = around(text, part)
    for start, end in found:
        if not any(link.start < end and start < link.end for link in links) and end - start < 80:
            words = text[start:end].split()
            while words and words[0].casefold() in FUNCTION_WORDS | SAYS_KIND:
                words.pop(0)
            while words and words[-1].casefold() in FUNCTION_WORDS | SAYS_KIND | CUE_WORDS:
                words.pop()
            return " ".join(words) or text[slice(*part)]
    return text[slice(*part)]


def is_symbol(link: Link) -> bool:
    """Whether it is one word that names a gene."""
    return link.readings[0].modality == "protein" and " " not in link.text


def overlap(one: Link, other: Link) -> bool:
    """Whether two names share a letter of the text."""
    return one.start < other.end and other.start < one.end


def overlap_at(link: Link, span: tuple[int, int]) -> bool:
    """Whether a name shares a letter with a stretch of the text."""
    return link.start < span[1] and span[0] < link.end


def listed(text: str, link: Link, span: tuple[int, int]) -> bool:
    """Whether a word stands in a list with a name."""
    between = text[link.end : span[0]] if link.end <= span[0] else text[span[1] : link.start]
    return bool(re.fullmatch(r"\s*(?:,|and|or|&|/|with|plus)(?:\s*(?:and|or))?\s*", between, re.IGNORECASE))
