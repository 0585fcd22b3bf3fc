"""Findings of a patient picked out of a sentence: names and synonyms of phenotypes, and what is said in other words.

Names are matched by the longest run of words (as in NCBO's annotator); what is left between them is compared with all
phenotypes by the text encoder. What is denied ("no seizures") is marked so, after NegEx (doi:10.1006/jbin.2001.1029).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.errors import InputError
from biobridge_core.everyday import EVERYDAY
from biobridge_core.names import normalise
from biobridge_core.types import Entity

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph

MODALITY = "phenotype"
LEAST_COSINE = 0.6  #: of 24 stretches that describe no finding, none came so near (the nearest 0.58)
MAX_TEXT = 5_000
_LONGEST = 10  #: words of a name
_MAX_PARTS = 30  #: stretches of other words that are compared
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_BREAK = re.compile(
    r"[,;.:()\n!?]|\b(?:and|or|but|with|who|which|that|has|have|had|shows?|since|because|also|as well as)\b"
)
_NOT = re.compile(r"\b(?:no|not|without|denies|denied|never|absence of|negative for|free of|lacks?)\b[^,;.:()]{0,40}$")
_OF_NO_MEANING = frozenset(
    re.findall(
        r"\w+",
        "a an the my our his her their its your this these is are was were be been he she it they patient patients "
        "child boy girl man woman son daughter baby infant year years old month months of in on at by for from to "
        "some very mild severe moderate presented presents presenting known history with and or since age aged",
    )
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A phenotype that a sentence speaks of."""

    words: str  #: of the sentence
    start: int
    entity: Entity
    cosine: float | None  #: None where it is called by a name; else how near the words are to the phenotype
    denied: bool = False  #: whether the sentence says that it is absent


@dataclass(frozen=True, slots=True)
class Rest:
    """Words between the names."""

    words: str
    start: int


class FindingFinder:
    """Knows every name of every phenotype of a graph. Read-only after construction; safe to share between threads."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self.graph = graph
        self._rows: dict[str, int] = {}
        if MODALITY not in graph.modalities or not len(rows := graph.rows(MODALITY)):
            return
        first, texts = int(rows[0]), graph.text_columns()
        synonyms = texts["synonyms"].slice(first, len(rows)).to_pylist()
        names = [graph.names[row] for row in rows]
        for called in (names, *zip_longest(*synonyms, fillvalue="")):  # a main name wins over a synonym
            for row, name in zip(rows.tolist(), called, strict=True):
                if len(word := normalise(name or "")) > 2:
                    self._rows.setdefault(word, row)
        for phrase, curie in EVERYDAY.items():
            if curie in graph:
                self._rows.setdefault(phrase, graph.row(curie))

    def named(self, text: str) -> tuple[list[Finding], list[Rest]]:
        """Phenotypes that are called by a name, and the stretches in between that may describe others.

        Raises
        ------
        InputError
            If the text is longer than 5,000 characters.
        """
        if len(text) > MAX_TEXT:
            raise InputError(
                f"The text has {len(text):,} characters; at most {MAX_TEXT:,} are read.", "Keep what matters."
            )
        words = list(_WORD.finditer(text))
        found: list[Finding] = []
        taken = np.zeros(len(text), dtype=bool)
        at = 0
        while at < len(words):
            match = self._longest(text, words, at)
            if match is None:
                at += 1
                continue
            row, n = match
            start, end = words[at].start(), words[at + n - 1].end()
            denied = bool(_NOT.search(text[:start].casefold()))
            found.append(Finding(text[start:end], start, self.graph.entity(row), None, denied))
            taken[start:end] = True
            at += n
        return found, _rests(text, taken)

    def _longest(self, text: str, words: Sequence[re.Match[str]], at: int) -> tuple[int, int] | None:
        for n in range(min(_LONGEST, len(words) - at), 0, -1):
            span = normalise(text[words[at].start() : words[at + n - 1].end()])
            for form in (span, span.removesuffix("s"), span.removesuffix("es")):
                if form in self._rows and not (n == 1 and form in _OF_NO_MEANING):
                    return self._rows[form], n
        return None

    def near(
        self, text: str, rests: Sequence[Rest], cosines: NDArray[np.float32], rows: NDArray[np.int32]
    ) -> list[Finding]:
        """Phenotypes that other words come near to.

        Parameters
        ----------
        cosines
            (n_rests, n_phenotypes) of the text encoder.
        rows
            (n_phenotypes,) of the graph.
        """
        found = []
        for rest, line in zip(rests, cosines, strict=True):
            best = int(line.argmax())
            if line[best] >= LEAST_COSINE:
                denied = bool(_NOT.search(text[: rest.start].casefold() + " " + rest.words.casefold().split()[0] + " "))
                found.append(
                    Finding(rest.words, rest.start, self.graph.entity(int(rows[best])), float(line[best]), denied)
                )
        return found


def _rests(text: str, taken: NDArray[np.bool_]) -> list[Rest]:
    """Stretches without a name, cut at punctuation and joining words, of two to twelve words that mean something."""
    open_text = "".join("," if used else c for c, used in zip(text, taken, strict=True))
    parts, start = [], 0
    for match in [*_BREAK.finditer(open_text), None]:
        end = match.start() if match else len(open_text)
        parts.append((start, open_text[start:end]))
        start = match.end() if match else end
    rests = []
    for begin, part in parts:
        words = list(_WORD.finditer(part))
        while words and words[0].group().casefold() in _OF_NO_MEANING:
            words.pop(0)
        while words and words[-1].group().casefold() in _OF_NO_MEANING:
            words.pop()
        if 2 <= len(words) <= 12 and sum(len(w.group()) for w in words) >= 6:
            first, last = words[0].start(), words[-1].end()
            rests.append(Rest(part[first:last], begin + first))
    return rests[:_MAX_PARTS]
