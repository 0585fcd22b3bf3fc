"""Names that are not in the graph as they are written: everyday words, short forms, receptors by their number."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING

from biobridge_core.everyday import EVERYDAY
from biobridge_core.names import SYNONYM, misspelt, normalise

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph
    from biobridge_core.names import Names

#: What people leave out behind the name of a person, a place or an organ.
_LEFT_OUT = ("syndrome", "disease", "disorder")
_NUMBERED = re.compile(r"(?=\w*\d)(?=\w*[a-z])\w{2,5}")
_LEAST_FIRST = 6  #: letters of a word that may stand for the one name that begins with it
_LEAST_TYPO = 7  #: letters of an everyday name that may be misspelt
_MOST_GOING_ON = 3

_HELD = json.loads(files("biobridge_core.answer").joinpath("lay_names.json").read_text(encoding="utf-8"))
#: Everyday words that are common in other senses: names only beside another finding.
IN_LISTS = frozenset((*_HELD["in_lists"].split(), *(phrase for phrase in EVERYDAY if " " not in phrase)))
#: All everyday names that are put together by hand, folded.
EVERYDAY_NAMES = frozenset((*EVERYDAY, *(p for phrases in _HELD["names"].values() for p in phrases.split("|"))))


@dataclass
class LayNames:
    """Looks names up. Read-only after construction; safe to share between threads."""

    graph: KnowledgeGraph
    names: Names
    degrees: Sequence[int] = field(repr=False)

    @cached_property
    def _rows(self) -> dict[str, int]:
        """Folded everyday name -> row, as far as the graph has what it means."""
        told = {phrase: curie for curie, phrases in _HELD["names"].items() for phrase in phrases.split("|")}
        return {phrase: self.graph.row(curie) for phrase, curie in {**EVERYDAY, **told}.items() if curie in self.graph}

    @cached_property
    def always(self) -> frozenset[str]:
        """Single words that are names wherever they stand."""
        return frozenset(p for phrases in _HELD["names"].values() for p in phrases.split("|") if " " not in p)

    def members(self, key: str, found: Iterable[tuple[int, int]] = ()) -> list[tuple[int, int]]:
        """(tier, row) of what people call so, unless something of that kind is found by the name already."""
        row = self._rows.get(key)
        if row is None or any(self.graph.modality(other) == self.graph.modality(row) for _, other in found):
            return []
        return [(SYNONYM, row)]

    def known(self, keys: Iterable[str]) -> list[str]:
        """Those of some folded names that people call something."""
        return [key for key in keys if key in self._rows]

    def misspelt(self, key: str) -> list[tuple[int, int]]:
        """(tier, row) of the everyday name that is one slip away; none where several are."""
        if len(key) < _LEAST_TYPO:
            return []
        words = [word for word in self._rows if abs(len(word) - len(key)) < 2 and word[0] == key[0]]
        rows = {self._rows[words[place]] for place, _ in misspelt(key, words, 1)}
        return [(SYNONYM, row) for row in rows] if len(rows) == 1 else []

    def completed(self, keys: Sequence[str]) -> Mapping[str, list[tuple[int, int]]]:
        """Folded short forms -> (tier, row) of their whole names: Marfan, Ehlers-Danlos, A2A."""
        whole = {f"{_bare(key)} {word}": key for key in keys for word in _LEFT_OUT}
        found: dict[str, list[tuple[int, int]]] = {}
        for place, word in self.names.many(list(whole)):
            members = [m for m in self.names.members(place) if m[0] <= SYNONYM]
            found.setdefault(whole[word], []).extend(members)
        for key in keys:
            if key not in found and _NUMBERED.fullmatch(key) and (members := self._receptors(key)):
                found[key] = members
        return found

    def _receptors(self, key: str) -> list[tuple[int, int]]:
        like = re.compile(rf"(?:[a-z]+ )?{key} receptor|[a-z]+ receptor {key}")
        words = [(place, word) for place, word in self.names.with_parts([key, "receptor"]) if like.fullmatch(word)]
        rows = {row for place, _ in words for _, row in self.names.members(place) if self._is_protein(row)}
        return [(SYNONYM, row) for row in rows] if len(rows) == 1 else []

    def _is_protein(self, row: int) -> bool:
        return self.graph.modality(row) == "protein"

    def only_one(self, key: str) -> list[tuple[int, int]]:
        """(tier, row) of the one disease whose name begins with a word: Duchenne; empty where there are several."""
        if len(key) < _LEAST_FIRST or not key.isalpha():
            return []
        members = [one for place, _ in self.names.going_on(key) for one in self.names.members(place)]
        rows = {row for tier, row in members if tier < SYNONYM}
        return [(SYNONYM, row) for row in rows] if len(rows) == 1 and self._is_disease(min(rows)) else []

    def _is_disease(self, row: int) -> bool:
        return self.graph.modality(row) == "disease"

    def going_on(self, key: str) -> tuple[int, ...]:
        """Rows of the most linked things whose name begins with a word."""
        members = [one for place, _ in self.names.going_on(key) for one in self.names.members(place)]
        rows = {row for tier, row in members if tier < SYNONYM}
        return tuple(sorted(rows, key=lambda row: -self.degrees[row])[:_MOST_GOING_ON])


def _bare(key: str) -> str:
    """Without the ending of a person whose disease it is."""
    return re.sub(r"(?:['’]s?)$", "", normalise(key))
