"""What a stretch of a question may stand for, and which unknown words of it are names of something."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from biobridge_core.answer.lay_names import EVERYDAY_NAMES
from biobridge_core.answer.links import Link, Linked, Reading
from biobridge_core.answer.masking import Start
from biobridge_core.answer.relations import MARK, PHENOTYPE, cues
from biobridge_core.answer.spans import forms, inflected
from biobridge_core.answer.types import Mention
from biobridge_core.answer.vocabulary import FUNCTION_WORDS
from biobridge_core.names import FULL_NAME, NAME, SYNONYM, normalise
from biobridge_core.types import Entity, Query, QueryKind

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph

AMBIGUOUS = "Several entities have this name."
_PRIOR = {NAME: 0.0, FULL_NAME: 0.05, SYNONYM: 0.12}
_LESS = 0.15  #: for a reading by a lesser name where another kind has the name as its own
_JOINS = re.compile(r"\s*(?:,|and|or|&|\+|/|with|between|versus|vs\.?|than)\s*(?:the\s+)?", re.IGNORECASE)
_SUBJECT = re.compile(r"(?:^\W*(?:is|are|does|do|can|did|could)|\b(?:of|by|against)) $", re.IGNORECASE)
_SYMBOL = re.compile(r"\d|[A-Z]{2,}|\w[A-Z]")


def start_of(graph: KnowledgeGraph, link: Link) -> Start:
    """A link as a start: everything that it may name, likeliest first."""
    readings = [(_prior(reading, n), _mention(graph, link, reading)) for n, reading in enumerate(link.readings)]
    return Start(link.text, link.start, link.end, tuple(sorted(readings, key=lambda item: item[0])))


def _prior(reading: Reading, place: int) -> float:
    less = _LESS if place and reading.tier >= SYNONYM else 0.0
    return _PRIOR.get(reading.tier, 0.05) + less + 0.02 * min(place, 5) + (0.0 if reading.exact else 0.03)


def _mention(graph: KnowledgeGraph, link: Link, reading: Reading) -> Mention:
    entity = graph.entity(reading.rows[0])
    query = Query(link.text, QueryKind.ENTITY, entity.modality, entity.id, entity.name)
    same = [graph.entity(row) for row in reading.rows[1:6]]
    others = [graph.entity(r.rows[0]) for r in link.readings if r is not reading][:5]
    note = ""
    if len(reading.rows) > 1 and not reading.clear:
        note = AMBIGUOUS
    elif link.how in ("typo", "short") or not _called(entity, link.text):
        note = f"“{link.text}” was read as {entity.name}."
    return Mention(link.text, query, entity, link.how, link.start, link.end, (*same, *others), note)


def _called(entity: Entity, text: str) -> bool:
    """Whether the graph has an entity by what was written, give or take an ending."""
    own = {normalise(name) for name in (entity.id, entity.name, entity.full_name, *entity.synonyms)}
    said = {key for _, key in forms(text)}
    return not said & EVERYDAY_NAMES or bool(said & own)


def starts_of(starts: Sequence[Start], modality: str) -> list[Start]:
    """Those starts that may be of one kind, as that kind alone."""
    picked = [replace(s, mentions=tuple(m for m in s.mentions if m[1].query.modality == modality)) for s in starts]
    return [start for start in picked if start.mentions]


def left_out(masked: str, starts: Sequence[Start]) -> str:
    """What stands in a list of findings and names none that is known; empty where all is read."""
    if not starts_of(starts, PHENOTYPE):
        return ""
    borders = rf"{MARK}|,|\b(?:has|have|having|with|and|of|shows?|for|in|cause[sd]?|like)\b"
    before = [
        re.split(borders, masked[: m.start()])[-1] for m in re.finditer(rf"(?:,|\band\b|\bplus\b) ?{MARK}", masked)
    ]
    after = re.findall(rf"{MARK}\s*(?:,|and\b|plus\b)([^,§?.]+)(?=$|[,?.]|and\b)", masked)
    return next((words for part in (*before, *after) if (words := _plain(part)) and not cues(part)), "")


def unread_object(masked: str) -> str:
    """What stands behind the verb of a yes-or-no question and names nothing that is known: "blood pressure"."""
    found = cues(masked)
    verbs = [cue.end for cue in found if cue.tag in ("action", "verb")]
    return (
        "" if not verbs or any(cue.tag == "kind" for cue in found) else _plain(re.sub(r"\W+", " ", masked[verbs[-1] :]))
    )


def _plain(part: str) -> str:
    """A stretch without words that only hold sentences together at its ends; empty where nothing else is in it."""
    words = part.strip().split()
    told = [word for word in words if word not in FUNCTION_WORDS and word.isalpha() and len(word) > 2]
    return " ".join(words) if told and len(words) <= 4 else ""


def missing(text: str, linked: Linked, named: bool, attached: bool) -> tuple[str, ...]:
    """Those unknown words that are names of something: a word of the language that no list holds is none.

    Where nothing is named or attached, every unknown word counts. Else a word in small letters is a name where it
    stands in a list with one, or holds one.
    """
    if not named and not attached:
        return linked.unknown
    kept = []
    for words in linked.unknown:
        at = text.find(words)
        start = at + len(words)
        plain = words.casefold() if at == 0 else words
        if _SYMBOL.search(plain) and not attached:
            kept.append(words)
            continue
        if attached and re.search(r"\d", plain):
            kept.append(words)
            continue
        beside = any(
            _JOINS.fullmatch(text[start : link.start]) or _JOINS.fullmatch(text[link.end : max(at, 0)])
            for link in linked.links
        )
        subject = words.isalpha() and len(words) > 6 and not re.search(r"[^aiou]s$", words) and not inflected(words)
        beside = beside or (subject and bool(_SUBJECT.search(text[: max(at, 0)])))
        holds = any(at <= link.start and link.end <= start for link in linked.links)
        if not attached and (at < 0 or beside or holds):
            kept.append(words)
    return tuple(kept)


def nested(graph: KnowledgeGraph, one: Entity, other: Entity) -> bool:
    """Whether one of two things of one kind is a narrower kind of the other: nobody has to choose between these."""
    name = f"{one.modality}_is_a"
    if name not in graph.relations or one.modality != other.modality:
        return False
    links, rows = graph.edges(name), (graph.row(one.id), graph.row(other.id))
    for row, wanted in (rows, rows[::-1]):
        above = {row}
        while above and wanted not in above:
            above = {int(tail) for tail in links[np.isin(links[:, 0], list(above)), 1]}
        if wanted in above:
            return True
    return False


def notes(mentions: Sequence[Mention]) -> tuple[str, ...]:
    """What was assumed of mentions."""
    return tuple(dict.fromkeys(m.note for m in mentions if m.note and m.note != AMBIGUOUS))
