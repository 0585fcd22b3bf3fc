"""Findings of a patient picked out of a sentence: names and synonyms of phenotypes, and what is said in other words.

Names are matched by the longest run of words (as in NCBO's annotator); what is left between them is compared with all
phenotypes by the text encoder. What is denied ("no seizures") is marked so; words that nothing was made of are listed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core import denial
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
_OF_NO_MEANING = frozenset(
    re.findall(
        r"\w+",
        "a an the my our his her their its your this these is are was were be been he she it they patient patients "
        "child boy girl man woman son daughter baby infant year years old month months of in on at by for from to "
        "some very mild severe moderate presented presents presenting known history with and or since age aged",
    )
)
#: Words that tell of no finding: nothing is missed where they are not read.
_SAYS_NOTHING = _OF_NO_MEANING | frozenset(
    re.findall(
        r"\w+",
        "i we you me him them us one two three four five six seven eight nine ten first second last both all any other "
        "others another also as well but however although though because when while then than now later before after "
        "during until about around only just so too if not no nor neither never without denies denied denying absent "
        "there here has have had having who which that what whose do does did doing done can could cannot will would "
        "should may might must get gets getting got seems seem seen noted shows show showing shown being am still "
        "suffer suffers suffering suffered complain complains complaining complained reports reported describes feels "
        "feel feeling developed develops develop began begun begins started starts became becomes diagnosed diagnosis "
        "symptom symptoms sign signs finding findings problem problems issue issues case cases condition male female "
        "males females kid kids toddler teenager adult adults elderly newborn neonate boys girls men women mother "
        "father parents family brother sister day days week weeks hour hours ago early late onset recent recently "
        "birth born often sometimes always usually frequent frequently occasional occasionally quite rather more most "
        "less much many few several little bit into out over under up down mr mrs ms dr yo y m f clinic hospital "
        "doctor young find diseases disorder syndrome could fits points think please s t people person who something",
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


@dataclass(frozen=True, slots=True)
class Reading:
    """What a sentence was understood to say."""

    findings: tuple[Finding, ...]  #: in its order, each phenotype once
    unread: tuple[str, ...] = ()  #: words that no finding was made of
    affirmed: str = ""  #: the sentence without what it denies

    @property
    def present(self) -> tuple[Finding, ...]:
        """What the sentence says is there."""
        return tuple(finding for finding in self.findings if not finding.denied)

    @property
    def absent(self) -> tuple[Finding, ...]:
        """What it says is not there."""
        return tuple(finding for finding in self.findings if finding.denied)


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
            found.append(Finding(text[start:end], start, self.graph.entity(row), None))
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

    def near(self, rests: Sequence[Rest], cosines: NDArray[np.float32], rows: NDArray[np.int32]) -> list[Finding]:
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
                found.append(Finding(rest.words, rest.start, self.graph.entity(int(rows[best])), float(line[best])))
        return found


def reading(text: str, found: Sequence[Finding]) -> Reading:
    """Mark what a sentence denies of the findings in it, and list the words left over.

    Each phenotype is told once; one that the sentence both says and denies counts as said.
    """
    ordered = sorted(found, key=lambda finding: finding.start)
    spans = denial.denied(text, [_span(finding) for finding in ordered if finding.cosine is None])
    told: dict[str, Finding] = {}
    for finding in ordered:
        start, end = _span(finding)
        marked = replace(finding, denied=_within(start, spans) or _within(end - 1, spans))
        if marked.entity.id not in told or (told[marked.entity.id].denied and not marked.denied):
            told[marked.entity.id] = marked
    listed = tuple(sorted(told.values(), key=lambda finding: finding.start))
    return Reading(listed, _unread(text, ordered), denial.without(text, spans))


def _unread(text: str, found: Sequence[Finding]) -> tuple[str, ...]:
    """Runs of words that mean something and that no finding has, each once."""
    used = [_span(finding) for finding in found]
    runs: list[str] = []
    end = -1
    for word in _WORD.finditer(text):
        told = word.group()
        if _within(word.start(), used) or told.casefold() in _SAYS_NOTHING or any(c.isdigit() for c in told):
            continue
        if runs and not text[end : word.start()].strip(" -"):
            runs[-1] += text[end : word.end()]
        else:
            runs.append(told)
        end = word.end()
    by_word = {" ".join(run.split()).casefold(): " ".join(run.split()) for run in reversed(runs) if len(run) > 1}
    return tuple(reversed(by_word.values()))


def _span(finding: Finding) -> denial.Span:
    return finding.start, finding.start + len(finding.words)


def _within(place: int, spans: Sequence[denial.Span]) -> bool:
    return any(start <= place < end for start, end in spans)


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
