"""How people write an entity: by name, synonym, brand or id, in their own case, with a slip of the finger."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from difflib import SequenceMatcher

from biobridge_core.kg.graph import KnowledgeGraph

_UNTYPED = re.compile(r"[\[\]<>{}|\n?]|^compound ", re.IGNORECASE)  # nobody asks for "compound 12 [PMID: 123]"
_BRAND = re.compile(r"[A-Z][a-z]{4,}")
_LONGEST_NAME = 70
_WORD = re.compile(r"[A-Za-z][a-z]{4,}")
_TRIES = 20
_SECOND_SLIP_FROM, _SECOND_SLIP = 14, 0.3
_SHARED_WITH_NAME = 4  #: a brand has no longer stretch in common with the drug's name
_NEAR = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
    "k": "jl", "l": "ko", "m": "n", "n": "mb", "o": "ip", "p": "o", "q": "wa", "r": "et", "s": "ad", "t": "ry",
    "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip


class Names:
    """Every name of every entity, and which of them stand for one entity of its modality alone."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self._graph = graph
        columns = graph.text_columns()
        self.synonyms: list[list[str]] = columns["synonyms"].to_pylist()
        self.full_names: list[str] = columns["full_name"].to_pylist()
        self._rows: dict[str, set[int]] = defaultdict(set)
        for row, (name, full, others) in enumerate(zip(graph.names, self.full_names, self.synonyms, strict=True)):
            for text in (name, full, *others):
                if text:
                    self._rows[text.lower()].add(row)

    def known(self, text: str) -> bool:
        """Whether any entity has this name, case apart."""
        return text.lower() in self._rows

    def namesakes(self, text: str, row: int) -> list[int]:
        """Other entities with this name, ascending."""
        return sorted(self._rows.get(text.lower(), set()) - {row})

    def usable(self, text: str, row: int) -> bool:
        """Whether people would type this name and it means one entity of the row's modality."""
        modality = self._graph.modality_of_row
        return (
            bool(text)
            and len(text) <= _LONGEST_NAME
            and not _UNTYPED.search(text)
            and all(modality[other] != modality[row] for other in self.namesakes(text, row))
        )

    def write(self, row: int, rng: random.Random) -> str:
        """The name as it is typed: classes, phenotypes and drugs often without a capital."""
        name = self._graph.names[row]
        modality = self._graph.modality(row)
        lowers = modality in {"phenotype", "therapeutic_class", "drug"} and name[:1].isupper() and name[1:2].islower()
        return name[0].lower() + name[1:] if lowers and rng.random() < 0.5 else name

    def others(self, row: int) -> list[str]:
        """Synonyms and the full name that mean this entity alone, brands of drugs left out."""
        brands = set(self.brands(row))
        texts = (self.full_names[row], *self.synonyms[row])
        return [text for text in dict.fromkeys(texts) if self.usable(text, row) and text not in brands]

    def brands(self, row: int) -> list[str]:
        """Brand names: capitalised one-word synonyms of an approved drug that are not a form of its name."""
        if self._graph.modality(row) != "drug" or "approved" not in self._graph.entity(row).flags:
            return []
        name = self._graph.names[row].lower()
        return [
            text
            for text in self.synonyms[row]
            if _BRAND.fullmatch(text) and self.usable(text, row) and _common(name, text.lower()) <= _SHARED_WITH_NAME
        ]

    def misspelt(self, row: int, rng: random.Random) -> str | None:
        """The name with one slip, in long ones sometimes two; None where no slip leaves it nearest to what was meant.

        Slips fall into words, never into symbols, numbers or the first letter of a word.
        """
        name = self._graph.names[row]
        for _ in range(_TRIES):
            text = _slip(name, rng)
            if text and len(name) >= _SECOND_SLIP_FROM and rng.random() < _SECOND_SLIP:
                text = _slip(text, rng)
            if text and not self.known(text) and not self._rivals(text, row):
                return text
        return None

    def _rivals(self, text: str, row: int) -> bool:
        """Whether one more slip turns the text into another entity's name."""
        return any(self.namesakes(other, row) for other in _one_edit(text.lower()) if other in self._rows)


def _common(first: str, second: str) -> int:
    return SequenceMatcher(None, first, second, autojunk=False).find_longest_match().size


def _slip(text: str, rng: random.Random) -> str:
    """Two letters exchanged, one left out, one doubled, or the key beside it; empty where there is no word for it."""
    places = [place for word in _WORD.finditer(text) for place in range(word.start() + 1, word.end() - 1)]
    if not places:
        return ""
    place = rng.choice(places)
    before, letter, after, rest = text[:place], text[place], text[place + 1], text[place + 2 :]
    kinds = (after + letter, after, letter + letter + after, rng.choice(_NEAR[letter]) + after)
    return before + rng.choice(kinds) + rest


def _one_edit(text: str) -> set[str]:
    parts = [(text[:place], text[place:]) for place in range(len(text) + 1)]
    found = {first + second[1:] for first, second in parts if second}
    found |= {first + second[1] + second[0] + second[2:] for first, second in parts if len(second) > 1}
    found |= {first + letter + second[1:] for first, second in parts if second for letter in _NEAR}
    return found | {first + letter + second for first, second in parts for letter in _NEAR}
