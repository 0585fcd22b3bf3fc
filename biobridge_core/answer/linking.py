"""Names of entities in running text: exact by the longest match, else a slip of the finger away."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from biobridge_core.answer.lay_names import IN_LISTS, LayNames
from biobridge_core.answer.links import Link, Linked, Reading, is_symbol, listed, overlap, overlap_at, stretch
from biobridge_core.answer.relations import cues, kind_in_words
from biobridge_core.answer.spans import POSSESSIVE, around, forms, inflected, is_shouted, is_words, spans_of, stems
from biobridge_core.answer.vocabulary import (
    ALWAYS_NAMES,
    BEFORE_NAMES,
    CUE_WORDS,
    FUNCTION_WORDS,
    HARDLY_NAMES,
    NEVER_ALONE,
    QUALIFIERS,
    SAYS_KIND,
    STRESSED,
)
from biobridge_core.names import FULL_NAME, ID, NAME, SYNONYM, XREF, misspelt, normalise

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph
    from biobridge_core.names import Names

_FAR_AHEAD = 5  #: of two entities that share a synonym, one with so many times the links is taken without asking
_CURIE = re.compile(r"\b([A-Za-z][A-Za-z0-9_.]*)[:_]([A-Za-z]*\d(?:[\w.-]*\w)?)")
_BY_ACTION = re.compile(
    r"[ -](?:inhibitors?|antagonists?|agonists?|activators?|blockers?|modulators?|ligands?|proteins|genes|drugs"
    r"|targets?)$",
    re.I,
)
_LONG = 9  #: letters from which a word in small letters may be a misspelt gene where another thing is named
_TYPO_LEAST = 5  #: letters of a word that may be misspelt
_LETTERS_PER_SLIP = 7
_MOST_RARE = 12  #: unknown words that are looked at
_MOST_TRIED = 24  #: stretches that are compared with all names
_LEARNED_FROM, _LEARNED_LEAST = 16_000, 7  #: rank and letters from which a word of the language is one of medicine
_BY_HAND = 9  #: how much farther than a name of the graph an everyday name is from what is written
_SLIPPED_LEAST = 9  #: letters and blanks of a name of common words that may be misspelt
_EVERYDAY = 1_500  #: rank up to which a word is no part of a name that nobody knows
_RARE_FROM = 4_000  #: rank from which a common word in small letters may still be an abbreviation


class Linker:
    """Finds names in text. Read-only after construction; safe to share between threads."""

    def __init__(self, graph: KnowledgeGraph, names: Names) -> None:
        self.graph, self._names = graph, names
        self.carriers: frozenset[str] = frozenset()  #: words of questions, beside those of the lists
        self._degrees = np.bincount(graph.heads, minlength=graph.n_entities) + np.bincount(
            graph.tails, minlength=graph.n_entities
        )
        self._lay = LayNames(graph, names, self._degrees.tolist())

    @cached_property
    def ranks(self) -> dict[str, int]:
        """Everyday English word -> its rank by frequency."""
        held = json.loads(files("biobridge_core.answer").joinpath("english.json").read_text(encoding="utf-8"))
        return {word: rank for rank, word in enumerate(held["words"].split())}

    def link(self, text: str) -> Linked:
        """All names in a text, the longest first, none over another."""
        shouted = is_shouted(text)
        exact = self._chosen([link for link in self._exact(text, shouted) if link is not None])
        exact = sorted([*exact, *self._in_lists(text, exact)], key=lambda link: link.start)
        ids = self._missing_ids(text, exact)
        if ids:
            return Linked(tuple(exact), ids, ((),) * len(ids))
        rare = self._rare(text, exact, shouted)[:_MOST_RARE]
        named = any(not link.weak for link in exact)
        guessed = self._completed(text, rare if named else [*rare, *self._words(text, exact)], rare)
        rare = [part for part in rare if not any(g.start <= part[0] and part[1] <= g.end for g in guessed)]
        typos = self._misspelt(text, rare, named or bool(guessed))
        guessed = [*(g for g in guessed if not any(overlap(g, typo) for typo in typos)), *typos]
        if not named and not guessed and not rare:
            guessed = self._slipped(text, exact)
        kept = [link for link in exact if not any(overlap(link, other) for other in guessed)]
        links = sorted([*kept, *guessed], key=lambda link: link.start)
        left = [part for part in rare if not any(g.start <= part[0] and part[1] <= g.end for g in guessed)]
        if any(not link.weak for link in links):
            left = [part for part in left if not inflected(text[slice(*part)])]
        unknown = dict.fromkeys(stretch(text, part, kept) for part in left)
        unknown |= dict.fromkeys(name for link in links if (name := self._longer(text, link, links)))
        return Linked(tuple(links), tuple(unknown), tuple(self._similar(name) for name in unknown))

    def _longer(self, text: str, link: Link, links: Sequence[Link]) -> str:
        """The longer name that a name is only the end of: "purple cough" of "for purple cough"; empty where none."""
        if link.how == "typo" or {r.modality for r in link.readings} & {"protein", "drug", "therapeutic_class"}:
            return ""
        before = text[
            max([0, *(other.end for other in links if other.end <= link.start), link.start - 100]) : link.start
        ]
        words = re.findall(r"[^\s,;:.?!()\"“”]+|[,;:.?!()\"“”]", before)
        run: list[str] = []
        while words and words[-1][:1].isalpha() and not self._is_of_questions(words[-1]):
            run.insert(0, words.pop())
        after = words[-1].casefold() if words else ""
        if not words and run:
            run.pop(0)  # what begins a question is hardly a name: Break, Seeing, Whatever
        if (
            not run
            or len(run) > 4
            or after == "to"
            or (after and after not in BEFORE_NAMES and not after.endswith("ing"))
        ):
            return ""
        if " " in link.text and all(self.common(word) for word in run):
            return ""
        return f"{' '.join(run)} {link.text}"

    def _is_of_questions(self, word: str) -> bool:
        folded = POSSESSIVE.sub("", word.casefold())
        folded = folded.removeprefix("non-").rstrip("/") or folded
        if folded in self.carriers or self.ranks.get(folded, _EVERYDAY) < _EVERYDAY or folded.endswith("ing"):
            return True
        return folded in FUNCTION_WORDS or folded in CUE_WORDS or folded in QUALIFIERS or bool(cues(folded))

    def common(self, word: str) -> bool:
        """Whether it is a word of the language."""
        if word.casefold() in self.carriers:
            return True
        return any(f in self.ranks or f in CUE_WORDS or f in FUNCTION_WORDS for f in stems(word.casefold()))

    # ------------------------------------------------------------------ exact names

    def _exact(self, text: str, shouted: bool) -> Iterator[Link | None]:
        spans = list(spans_of(text))
        keys: dict[str, list[tuple[int, int, int]]] = {}
        for start, end in spans:
            for loss, key in forms(text[start:end]):
                keys.setdefault(key, []).append((start, end, loss))
        best: dict[tuple[int, int], tuple[int, Link | None]] = {}
        held = {key: self._names.members(place) for place, key in self._names.many(list(keys))}
        for key in {**held, **dict.fromkeys(self._lay.known(keys))}:
            members = [*held.get(key, ()), *self._lay.members(key, held.get(key, ()))]
            for start, end, lost in keys[key]:
                loss = lost if key in held else lost + _BY_HAND
                if (start, end) not in best or best[start, end][0] > loss:
                    best[start, end] = loss, self._linked(text, start, end, members, shouted)
        plain = {key[0] for key, (_, link) in best.items() if link is not None and not link.weak}
        for span, (_, link) in best.items():
            if link is not None and _BY_ACTION.search(link.text):
                inner = best.get((span[0], span[0] + len(_BY_ACTION.sub("", link.text))))
                if span[0] in plain and inner is not None and inner[1] is not None and not inner[1].weak:
                    continue
            yield link

    def _linked(
        self, text: str, start: int, end: int, members: Sequence[tuple[int, int]], shouted: bool, how: str = ""
    ) -> Link | None:
        written = text[start:end]
        kept = [(tier, row) for tier, row in members if self._may_be(written, tier, row, start == 0, shouted)]
        weak = not kept
        if weak:
            kept = [(tier, row) for tier, row in members if self._might_be(written, tier, row)]
        if not kept:
            return None
        tiers = {tier for tier, _ in kept}
        how = how or ("id" if tiers <= {ID, XREF} else "name")
        return Link(start, end, written, self._readings(written, kept), how, weak)

    def _readings(self, written: str, members: Sequence[tuple[int, int]]) -> tuple[Reading, ...]:
        found: dict[str, list[tuple[int, int]]] = {}
        for tier, row in members:
            found.setdefault(self.graph.modality(row), []).append((tier, row))
        readings = []
        for modality, group in found.items():
            tier = min(tier for tier, _ in group)
            rows = [row for t, row in group if t == tier]
            exact = [row for row in rows if self._is_exact(written, row)]
            rows = sorted(exact or rows, key=lambda row: -int(self._degrees[row]))
            clear = len(rows) == 1 or self._degrees[rows[0]] >= _FAR_AHEAD * max(1, self._degrees[rows[1]])
            readings.append(Reading(modality, tuple(rows[:12]), tier, bool(exact), bool(clear)))
        return tuple(sorted(readings, key=self._order))

    def _order(self, reading: Reading) -> tuple[object, ...]:
        tier = NAME if reading.tier == ID else reading.tier
        findings = reading.modality == "phenotype"  # Schizophrenia: the disease
        return tier, findings, not reading.exact, -int(self._degrees[reading.rows[0]])

    def _is_exact(self, written: str, row: int) -> bool:
        if self.graph.names[row] == written:
            return True
        entity = self.graph.entity(row)
        return written in entity.synonyms or written == entity.full_name

    def _may_be(self, written: str, tier: int, row: int, first: bool, shouted: bool) -> bool:
        """Whether a stretch is likely meant as a name, and not as words of the language."""
        parts = normalise(written).split()
        if kind_in_words(" ".join(parts)) or (len(parts) == 1 and parts[0] in SAYS_KIND):
            return False
        capital = self._capital(written, first, shouted)
        if all(part in FUNCTION_WORDS or part in NEVER_ALONE for part in parts):
            return len(parts) == 1 and capital and parts[0] not in STRESSED and self._is_exact(written, row)
        if len(parts) > 1:
            return not set(parts) <= (FUNCTION_WORDS | SAYS_KIND)
        word = parts[0]
        if (
            word in ALWAYS_NAMES
            or word in self._lay.always
            or (capital and word not in CUE_WORDS and self._is_exact(written, row))
        ):
            return True
        if word not in self.ranks and word not in CUE_WORDS:
            return len(word) > 1
        main = tier == NAME and self.graph.modality(row) != "protein" and len(word) > 3
        learned = tier <= SYNONYM and self.ranks.get(word, 0) >= _LEARNED_FROM and len(word) >= _LEARNED_LEAST
        main = main or (learned and self.graph.modality(row) not in ("protein", "drug") and word not in self.carriers)
        return main and word not in HARDLY_NAMES and word not in CUE_WORDS

    def _might_be(self, written: str, tier: int, row: int) -> bool:
        word = normalise(written)
        if kind_in_words(word) or word in SAYS_KIND:
            return False
        if " " in word or len(word) < 3 or word in CUE_WORDS or word in FUNCTION_WORDS or word in NEVER_ALONE:
            return False
        if tier == NAME and self.graph.modality(row) != "protein":
            return True
        return self.ranks.get(word, 0) >= _RARE_FROM and written.islower() and len(word) < 5

    def _capital(self, written: str, first: bool, shouted: bool) -> bool:
        """Whether the capitals of a stretch say that it is a name."""
        if shouted:
            return False
        upper = sum(c.isupper() for c in written)
        return upper > 1 or any(c.isdigit() for c in written) or (upper == 1 and not first)

    def _chosen(self, links: Sequence[Link]) -> list[Link]:
        """Links that together cover most, long ones before several short ones."""
        ordered = sorted(links, key=lambda link: link.end)
        best: list[tuple[float, list[Link]]] = [(0.0, [])]
        ends: list[int] = [0]
        for link in ordered:
            place = int(np.searchsorted(ends, link.start, side="right")) - 1
            value = (link.end - link.start) ** 1.3 * (0.05 if link.weak else 1.0)
            score, chosen = best[place][0] + value, [*best[place][1], link]
            if score > best[-1][0]:
                best.append((score, chosen))
                ends.append(link.end)
        chosen = best[-1][1]
        strong = [link for link in chosen if not link.weak]
        return strong or chosen[:1]

    def _in_lists(self, text: str, links: Sequence[Link]) -> list[Link]:
        """Everyday words for findings that are common in other senses, beside other findings alone: "fits and X"."""
        found: list[Link] = []
        for match in re.finditer(r"[^\W\d_]+", text):
            if match[0].casefold() not in IN_LISTS or any(overlap_at(link, match.span()) for link in links):
                continue
            beside = [link for link in (*links, *found) if link.of("phenotype") and listed(text, link, match.span())]
            members = self._lay.members(normalise(match[0])) if beside else []
            if members:
                found.append(Link(*match.span(), match[0], self._readings(match[0], members)))
        return found

    # ------------------------------------------------------------------ what is no name

    def _missing_ids(self, text: str, links: Sequence[Link]) -> tuple[str, ...]:
        found = []
        for match in _CURIE.finditer(text):
            inside = any(link.start <= match.start() and match.end() <= link.end for link in links)
            if not inside and match[1].casefold() in self._names.prefixes:
                found.append(match[0])
        return tuple(found)

    def _rare(self, text: str, links: Sequence[Link], shouted: bool) -> list[tuple[int, int]]:
        """Places of words that are neither named nor of the language."""
        found = []
        for match in re.finditer(r"[^\s/,;:?!()\"“”«»<>\[\]{}|]+", text):
            word = POSSESSIVE.sub("", match[0].strip("'’.‘-"))
            start = match.start() + match[0].find(word) if word else match.start()
            end = start + len(word)
            if len(word) < 2 or any(link.start < end and start < link.end for link in links):
                continue
            if not re.search(r"[^\W\d_]", word):
                continue
            symbol = bool(re.search(r"\d", word)) or (not shouted and sum(c.isupper() for c in word) > 1)
            pieces = [piece for piece in re.split(r"[-'’‐-―]", word) if piece]
            known = all(self.common(piece) or not piece.isalpha() for piece in pieces)
            kinds = [piece.casefold() in SAYS_KIND for piece in pieces]
            known = known or all(kinds)
            plain = is_words(word, known) or (known and kinds[:1] == [True] and not re.search(r"\d", word))
            if not known or (symbol and word.casefold() not in CUE_WORDS and not plain):
                found.append((start, end))
        return found

    def _words(self, text: str, links: Sequence[Link]) -> list[tuple[int, int]]:
        """Places of longer words that are neither named nor those of questions."""
        spans = [match.span() for match in re.finditer(r"[^\W\d_]{5,}", text)]
        free = [span for span in spans if not any(overlap_at(link, span) for link in links if not link.weak)]
        return [span for span in free if not self._is_of_questions(text[slice(*span)])][:_MOST_RARE]

    def _completed(self, text: str, places: Sequence[tuple[int, int]], rare: Sequence[tuple[int, int]]) -> list[Link]:
        """Names whose last word was left out, and receptors by their number."""
        if not places:
            return []
        tried = {span: normalise(text[slice(*span)]) for place in places for span in around(text, place)[:_MOST_TRIED]}
        whole = dict(self._lay.completed([key for key in dict.fromkeys(tried.values()) if key]))
        for place in rare:
            key = normalise(text[slice(*place)])
            if key not in whole and (members := self._lay.only_one(key)):
                tried[place], whole[key] = key, members
        found: list[Link] = []
        for (start, end), key in sorted(tried.items(), key=lambda item: item[0][0] - item[0][1]):
            if key in whole and not any(overlap_at(link, (start, end)) for link in found):
                link = self._linked(text, start, end, whole[key], False, "short")
                if link is not None and not link.weak:
                    found.append(link)
        return found

    def _slipped(self, text: str, links: Sequence[Link]) -> list[Link]:
        """Names of two words and more in which a slip made another word of the language: hart attack."""
        words = [match.span() for match in re.finditer(r"[^\W\d_]{3,}", text)]
        for one, other in pairwise(words):
            key = normalise(text[one[0] : other[1]])
            parts = {text[slice(*one)].casefold(), text[slice(*other)].casefold()}
            if len(key) < _SLIPPED_LEAST or parts & (FUNCTION_WORDS | CUE_WORDS | SAYS_KIND):
                continue
            members = self._lay.misspelt(key) or self._nearest(key)
            link = self._linked(text, one[0], other[1], members, False, "typo") if members else None
            if link is not None and not link.weak:
                return [link]
        return []

    def _misspelt(self, text: str, rare: Sequence[tuple[int, int]], named: bool) -> list[Link]:
        found: list[Link] = []
        tried = 0
        for place in rare:
            if any(link.start <= place[0] < link.end for link in found):
                continue
            for start, end in around(text, place):
                key = normalise(text[start:end])
                if tried >= _MOST_TRIED or len(key.replace(" ", "")) < _TYPO_LEAST:
                    continue
                tried += 1
                members = self._nearest(key) or self._lay.misspelt(key)
                if members:
                    link = self._linked(text, start, end, members, False, "typo")
                    if link is not None and not any(overlap(link, other) for other in found):
                        if not (named and link.text.islower() and len(link.text) < _LONG and is_symbol(link)):
                            found.append(link)
                        break
        return found

    def _nearest(self, key: str) -> list[tuple[int, int]]:
        """(tier, row) of the names that are fewest slips away; none where that is too far."""
        if any(c.isdigit() for c in key) and " " not in key and len(key) < 8:
            return []  # one digit more is another gene
        slips = max(1, min(3, len(key) // _LETTERS_PER_SLIP))
        near = self._names.near(key, slips)
        digits = re.findall(r"\d+", key)
        near = [(place, word) for place, word in near if word[:1] == key[:1] and re.findall(r"\d+", word) == digits]
        judged = misspelt(key, [word for _, word in near], slips)
        if not judged:
            return []
        least = min(distance for _, distance in judged)
        places = [near[position][0] for position, distance in judged if distance == least]
        members = [m for place in places for m in self._names.members(place) if m[0] in (NAME, FULL_NAME, SYNONYM)]
        best = min((tier for tier, _ in members), default=NAME)
        return [(tier, row) for tier, row in members if tier == best or tier <= FULL_NAME]

    def _similar(self, name: str) -> tuple[int, ...]:
        key = normalise(name)
        if not 3 <= len(key) <= 60:
            return ()
        slips = max(1, len(key) // 4)
        near = self._names.near(key, slips)
        judged = misspelt(key, [word for _, word in near], slips, limit=6)
        rows = list(self._lay.going_on(key))
        rows += [row for at, _ in judged for tier, row in self._names.members(near[at][0]) if tier <= SYNONYM]
        return tuple(dict.fromkeys(rows))[:3]
