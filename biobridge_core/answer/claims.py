"""A sentence taken apart into what it claims: who is linked to whom, how, and how surely; or refused.

Words are those of `checked_words`, names are those of the cited facts. The grammar is small and every word has to fit
into it, so that a claim is either read in the one way that it can be meant, or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from biobridge_core.answer.checked_names import Item, NamesOfFacts, tokens_of
from biobridge_core.answer.checked_words import (
    ADVICE,
    NEGATIONS,
    NUMBERS,
    QUALIFIERS,
    SEVERAL,
    Phrase,
    Sign,
    is_article,
    longest,
    phrases,
)
from biobridge_core.answer.types import Voice

_THINGS = ("E", "C", "T")


class UnreadableError(Exception):
    """Why a sentence is struck."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One link that a sentence tells."""

    head: Item
    phrase: Phrase
    tail: Item
    voices: frozenset[Voice]  #: how sure the words are; empty where they do not say
    through: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a sentence that means one thing."""

    sign: Sign
    item: Item | None = None
    phrase: Phrase | None = None
    voices: frozenset[Voice] = frozenset()
    number: int = 0
    words: str = ""


def claims_of(text: str, names: NamesOfFacts) -> list[Claim]:
    """What a sentence without citations claims; nothing for words that only lead to the next sentence.

    Raises
    ------
    UnreadableError
        With the reason, if a word or the way that the words are joined cannot be compared with facts.
    """
    pieces, outer = _pieces(text, names)
    clauses: list[list[Piece]] = [[]]
    for piece in pieces:
        if piece.sign is Sign.BREAK:
            clauses.append([])
        else:
            clauses[-1].append(piece)
    claims: list[Claim] = []
    for clause, lead in zip(clauses, outer, strict=True):
        if clause:
            claims += _Reader(_merged(clause), lead).read()
    return claims


def _pieces(text: str, names: NamesOfFacts) -> tuple[list[Piece], list[frozenset[Voice]]]:
    """The pieces of a sentence, and of each clause how sure its words are that stand at no verb."""
    tokens = tokens_of(text.rstrip(" .!"))
    pieces: list[Piece] = []
    pending: set[Voice] = set()
    outer: list[set[Voice]] = [set()]
    seen_item = False
    place = 0
    while place < len(tokens):
        if (found := names.at(tokens, place)) is not None:
            length, item = found
            outer[-1] |= pending  # words of sureness that stood before no verb
            pending, seen_item = set(), True
            pieces.append(Piece(Sign.ENTITY, item, words=item.words))
            place += length
            continue
        if is_article(tokens[place].casefold()) and (place == 0 or tokens[place].islower()):
            place += 1
            continue
        length, phrase = _phrase_at(tokens, place)
        words = " ".join(tokens[place : place + length])
        place += length
        if phrase.sign is Sign.BREAK:
            outer[-1] |= pending
            outer.append(set())
            pending, seen_item = set(), False
        if phrase.voice is not None:
            (pending if seen_item else outer[-1]).add(phrase.voice)
        if phrase.sign is None:
            continue
        voices: frozenset[Voice] = frozenset()
        if phrase.sign in {Sign.VERB, Sign.PART, Sign.GERUND, Sign.ROLE, Sign.NOUN}:
            voices, pending = frozenset(pending), set()
        number = _number(words) if phrase.sign is Sign.NUMBER else 0
        pieces.append(Piece(phrase.sign, None, phrase, voices, number, words))
    outer[-1] |= pending
    return pieces, [frozenset(each) for each in outer]


def _phrase_at(tokens: Sequence[str], place: int) -> tuple[int, Phrase]:
    """The longest phrase at a token, articles inside it left out, and how many tokens it has."""
    table = phrases()
    best: tuple[int, Phrase] | None = None
    words: list[str] = []
    for end in range(place, min(len(tokens), place + 2 * longest())):
        word = tokens[end]
        if not (word.islower() or not word.isalpha() or (place == 0 and end == place and word[1:].islower())):
            break
        if not is_article(word.casefold()):
            words.append(word.casefold())
            if tuple(words) in table:
                best = end + 1 - place, table[tuple(words)]
        if len(words) >= longest():
            break
    if best is not None:
        return best
    word = tokens[place]
    if word[0].isdigit() or word.casefold() in NUMBERS or word.casefold() == SEVERAL:
        return 1, Phrase(Sign.NUMBER)
    raise UnreadableError(_why_not(tokens, place))


def _number(words: str) -> int:
    if words.casefold() == SEVERAL:
        return 0
    digits = re.sub(r"[,\u2009\u202f]", "", words)
    if "." in digits:
        raise UnreadableError(f"the number {words} is in none of the cited facts")
    return NUMBERS.get(words.casefold(), int(digits) if digits.isdigit() else -1)


def _why_not(tokens: Sequence[str], place: int) -> str:
    """Why a word cannot stand; a promise or a denial further on says more of the sentence than the word itself."""
    for word in tokens[place:]:
        if word.casefold() in ADVICE:
            return f"“{word}” promises or advises something, which no fact does"
    for word in tokens[place:]:
        if word.casefold() in NEGATIONS:
            return f"“{word}” denies something, and the graph holds no denials"
    if tokens[place].casefold() in QUALIFIERS:
        return f"“{tokens[place]}” is in none of the cited facts"
    if tokens[place] in {".", "?", "!"}:
        return "it is no single statement"
    return f"“{tokens[place]}” is neither a name of the cited facts nor a word that can be compared with them"


def _merged(pieces: Sequence[Piece]) -> list[Piece]:
    """Names with what stands beside them, and "is" with its verb, as one piece each."""
    found = list(pieces)
    for pattern, merge in _MERGES:
        place = 0
        while place <= len(found) - len(pattern):
            here = found[place : place + len(pattern)]
            if all(piece.sign.value in allowed for piece, allowed in zip(here, pattern, strict=True)):
                found[place : place + len(pattern)] = merge(here)
                place += len(pattern) == 1
            else:
                place += 1
    return found


def _same(here: Sequence[Piece]) -> list[Piece]:
    one, other = (piece.item or Item() for piece in (here[0], here[2]))
    if not one.ids & other.ids:
        raise UnreadableError(f"“{here[0].words}” is not “{here[2].words}”")
    return [replace(here[0], item=replace(one, ids=one.ids & other.ids))]


def _of_kind(here: Sequence[Piece]) -> list[Piece]:
    kind = here[0] if here[0].sign is Sign.KIND else here[1]
    thing = here[1] if kind is here[0] else here[0]
    modality = kind.phrase.modality if kind.phrase else ""
    if thing.item is None or thing.item.modality != modality:
        raise UnreadableError(f"“{thing.words}” is no {modality.replace('_', ' ')}")
    return [thing]


def _counted(here: Sequence[Piece]) -> list[Piece]:
    modality = here[1].phrase.modality if here[1].phrase else ""
    words = f"{here[0].words} {here[1].words}"
    return [Piece(Sign.COUNT, Item(modality=modality, count=here[0].number, words=words), words=words)]


def _kind(here: Sequence[Piece]) -> list[Piece]:
    modality = here[0].phrase.modality if here[0].phrase else ""
    return [replace(here[0], item=Item(modality=modality, words=here[0].words))]


def _turned(here: Sequence[Piece]) -> list[Piece]:
    return [replace(here[1], sign=Sign.ROLE), here[0]]


def _verb(here: Sequence[Piece]) -> list[Piece]:
    """The last of some pieces as the verb of its clause; all that is said of how sure it is goes with it."""
    voices = frozenset().union(*(piece.voices for piece in here))
    return [replace(here[-1], sign=Sign.VERB, voices=voices)]


def _relative(here: Sequence[Piece]) -> list[Piece]:
    voices = frozenset().union(*(piece.voices for piece in here))
    return [replace(here[-1], sign=Sign.GERUND, voices=voices)]


def _only_last(here: Sequence[Piece]) -> list[Piece]:
    return [here[-1]]


_MERGES = (
    (("E", "(", "E", ")"), _same),
    (("#", "T"), _counted),
    (("T", "E"), _of_kind),
    (("E", "T"), _of_kind),
    (("E", "n"), _turned),
    (("T",), _kind),
    (("=", "h", "="), _only_last),
    (("=", "h", "V"), _verb),
    (("h", "=", "PN"), _relative),
    (("h", "V"), _relative),
    (("=", "PN"), _verb),
    (("w", "V"), _relative),
    (("P",), _relative),
)


class _Reader:
    """Reads one clause: names, verb, names, and what may follow."""

    def __init__(self, pieces: Sequence[Piece], lead: frozenset[Voice]) -> None:
        self._pieces, self._place, self._lead = list(pieces), 0, lead
        self._claims: list[Claim] = []

    def read(self) -> list[Claim]:
        if self._next() == "N":
            self._roles()
        else:
            self._told()
        if self._place < len(self._pieces):
            rest = " ".join(piece.words for piece in self._pieces[self._place :])
            raise UnreadableError(f"what “{rest}” adds cannot be read")
        return self._claims

    def _next(self, ahead: int = 0) -> str:
        place = self._place + ahead
        return self._pieces[place].sign.value if place < len(self._pieces) else ""

    def _take(self) -> Piece:
        if self._place >= len(self._pieces):
            raise UnreadableError("the sentence does not end")
        self._place += 1
        return self._pieces[self._place - 1]

    def _list(self) -> list[Item]:
        """Names joined by commas and "and"."""
        items: list[Item] = []
        while self._next() in _THINGS and self._next():
            item = self._take().item
            if item is not None:
                items.append(item)
            comma = 0
            while self._next(comma) == "a":
                comma += 1
            if not comma or self._next(comma) not in _THINGS or not self._next(comma):
                break
            self._place += comma
        if not items:
            raise UnreadableError("it cannot be read who is linked to whom")
        if self._next() == "i":
            self._take()
            if len(items) != 1 or items[0].ids:
                raise UnreadableError("it cannot be read what the examples are examples of")
            items = [*_totals(items), *self._of(items[0], self._list())]
            if self._next() == "a" and self._next(1) in {"V", "G"}:
                self._take()
        return items

    def _roles(self) -> None:
        """ "Inhibitors of EGFR include …"."""
        role = self._take()
        of = self._list()
        if self._next() not in {"u", "=", "c"}:
            raise UnreadableError("it cannot be read who is linked to whom")
        self._take()
        self._add(self._list(), role, of)

    def _told(self) -> None:
        subject = self._list()
        if self._next() == "G":
            verb, other = self._take(), self._list()
            if self._next() in {"u", "=", "c"} and len(subject) == 1 and not subject[0].ids:
                self._take()
                self._add([*_totals(subject), *self._of(subject[0], self._list())], verb, other)
                return
            self._add(subject, verb, other)
            if subject[0].count is not None and not self._next():
                return
            if any(not item.ids for item in subject) or not self._next():
                raise UnreadableError("it cannot be read who is linked to whom")
            if self._next() == "a":
                self._take()
        if self._next() == "=" and self._next(1) == "T" and self._next(2) == "G":
            self._take()
            self._of(self._take().item or Item(), subject)
            subject = self._predicate(subject, "G")
        else:
            subject = self._predicate(subject, "V")
        while self._next():
            subject = self._predicate(subject, "VG")

    def _predicate(self, subject: list[Item], signs: str) -> list[Item]:
        """One verb with its object and what follows; who the next verb is about."""
        if not self._next() or self._next() not in signs:
            raise UnreadableError("it cannot be read who is linked to whom")
        verb, others = self._take(), self._list()
        if self._next() == "V":  # the last name begins a clause of its own; those between must fit both
            if len(others) < 2:
                raise UnreadableError("it cannot be read who is linked to whom")
            self._add(subject, verb, others[:-1])
            return others[1:]
        if self._next() == "c":
            subject, others = self._listed(subject, others)
        self._add(subject, verb, others, self._through())
        if self._next() == "G":
            relative = self._take()
            self._add(others, relative, last := self._list())
            if self._next() in {"a", "V"}:
                raise UnreadableError("it can be read in two ways")
            return last
        if self._next() == "a":
            self._take()
            if self._next() != "V":
                raise UnreadableError("it can be read in two ways")
        return subject

    def _listed(self, subject: list[Item], others: list[Item]) -> tuple[list[Item], list[Item]]:
        self._take()
        members = self._list()
        if len(others) == 1 and not others[0].ids:
            return subject, [*_totals(others), *self._of(others[0], members)]
        if len(subject) == 1 and not subject[0].ids:
            return [*_totals(subject), *self._of(subject[0], members)], others
        raise UnreadableError("it cannot be read what is listed")

    def _through(self) -> tuple[Item, ...]:
        if self._next() != "t":
            return ()
        self._take()
        return tuple(self._list())

    def _of(self, kind: Item, members: list[Item]) -> list[Item]:
        for member in members:
            if not member.ids or member.modality != kind.modality:
                raise UnreadableError(f"“{member.words}” is no {kind.modality.replace('_', ' ')}")
        return members

    def _add(self, heads: list[Item], verb: Piece, tails: list[Item], through: tuple[Item, ...] = ()) -> None:
        if verb.phrase is None:
            raise UnreadableError("it cannot be read who is linked to whom")
        voices = verb.voices | self._lead
        self._claims += [Claim(head, verb.phrase, tail, voices, through) for head in heads for tail in tails]


def _totals(items: list[Item]) -> list[Item]:
    return [item for item in items if item.count is not None]
