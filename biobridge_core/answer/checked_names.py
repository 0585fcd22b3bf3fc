"""The names in a checked sentence: those of the entities of the facts that it cites, found word by word."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from biobridge_core.answer.checked_words import vocabulary

_TOKEN = re.compile(r"\d+(?:[.,\u2009\u202f]\d+)*|[^\W\d_]+|\d+|[^\w\s]")
_DASHES = re.compile("[-_\u2010-\u2015]")
_LONGEST = 60  #: words of a name
_QUOTES = frozenset("\"'*`\u2018\u2019\u201c\u201d")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a sentence speaks of."""

    ids: frozenset[str] = frozenset()  #: entities that are called so; empty for a count or a kind
    modality: str = ""
    count: int | None = None  #: "12 drugs"; 0 for "several drugs"
    words: str = ""


def tokens_of(text: str) -> list[str]:
    """Words, numbers and marks; dashes inside words part them, as in names."""
    return [token for token in _TOKEN.findall(_DASHES.sub(" ", text)) if token not in _QUOTES]


def folded(text: str) -> tuple[str, ...]:
    """The tokens of a name, case apart."""
    return tuple(token.casefold() for token in tokens_of(text))


class NamesOfFacts:
    """What the entities of the cited facts are called.

    Parameters
    ----------
    words
        By the words of a name: entity ids, modality and whether upper and lower case count, as in a symbol that is an
        English word too.
    """

    def __init__(self, words: Mapping[str, tuple[frozenset[str], str]]) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], Item, tuple[str, ...] | None]]] = {}
        known = vocabulary()
        for name, (ids, modality) in words.items():
            tokens = tuple(tokens_of(name))
            key = tuple(token.casefold() for token in tokens)
            if not key:
                continue
            exact = tokens if all(word in known for word in key) else None
            self._by_first.setdefault(key[0], []).append((key, Item(ids, modality, words=name), exact))
        for entries in self._by_first.values():
            entries.sort(key=lambda entry: -len(entry[0]))

    def at(self, tokens: Sequence[str], place: int) -> tuple[int, Item] | None:
        """The longest name that begins at a token, and how many tokens it has."""
        for key, item, exact in self._by_first.get(tokens[place].casefold(), ()):
            here = tuple(tokens[place : place + len(key)])
            if tuple(token.casefold() for token in here) == key and exact in (None, here):
                return len(key), item
        return None

    def before(self, text: str) -> Item | None:
        """The longest name that a text ends with."""
        tokens = tokens_of(text)
        for place in range(max(0, len(tokens) - _LONGEST), len(tokens)):
            found = self.at(tokens, place)
            if found is not None and place + found[0] == len(tokens):
                return found[1]
        return None
