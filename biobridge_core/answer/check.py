"""Whether a sentence says no more, no less surely and nothing else than the facts that it cites.

A sentence stands where every name in it is one of its facts', every link that it tells is a link of theirs, told in
its direction and by a word for its relation, predicted where it is predicted and known where it is known, every number
is one of theirs or a right count, every fact that it cites is told in it, and its meaning lies near theirs. Everything
else is struck, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biobridge_core.answer.checked_names import Item, NamesOfFacts, folded, tokens_of
from biobridge_core.answer.checked_words import CONNECTIVES, Phrase, enough, is_article
from biobridge_core.answer.claims import Claim, UnreadableError, claims_of
from biobridge_core.answer.types import Answer, Fact, Sentence, Voice
from biobridge_core.types import Edge, Entity

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
#: Ids of the entities whose own name, not a synonym, is a word; empty for an unknown one.
Named = Callable[[str], Iterable[str]]

LEAST_ALIKE = 0.55  #: cosine of a sentence and its facts in MiniLM's space; see `benchmarks/ask/lying.py`
MAX_CHARACTERS = 1_500  #: of one sentence
INVERSE = "_inverse"
_CHANCE = re.compile(
    r"[,(]?\s*\(?(?:\b(?:with|at)\s+)?(?:\b(?:an?|the)\s+)?\b(?:estimated\s+)?(?:probability|chance)\s*(?:of|:|=|is)?\s*"
    r"(\d{1,3}(?:\.\d+)?)\s*(%|per\s?cent|percent)?\)?",
    re.IGNORECASE,
)
_YES = re.compile(r"\s*yes\s*[,:.\u2013\u2014-]\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Borne:
    """What bears a claim out."""

    facts: frozenset[int]
    voice: Voice
    hedged: bool = False  #: a known link of a chain that is predicted elsewhere, told with the whole chain


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks sentences against the facts of one answer.

    Parameters
    ----------
    encode
        Texts to vectors of length 1, (n, dim); None leaves likeness out.
    named
        Tells whether a synonym in a sentence is another entity's own name, which would be read as that one.
    """

    answer: Answer
    encode: Encode | None = None
    named: Named | None = None

    def check(self, text: str, cites: Sequence[int]) -> Sentence:
        """A sentence without its citations, struck where it does not stand."""
        numbers = tuple(dict.fromkeys(cites))
        try:
            return Sentence(text, numbers, self._voice(text, numbers))
        except UnreadableError as why:
            return Sentence(text, numbers, Voice.TOLD, f"Removed: {why}.")

    def _voice(self, text: str, cites: tuple[int, ...]) -> Voice:
        if len(text) > MAX_CHARACTERS:
            raise UnreadableError("it is too long to be one checkable sentence")
        if not cites:
            words = " ".join(
                token for token in map(str.casefold, tokens_of(text.rstrip(" .:"))) if not is_article(token)
            )
            if words in CONNECTIVES:
                return Voice.TOLD
            raise UnreadableError("it cites no fact")
        facts = self._cited(cites)
        names = NamesOfFacts(_names(facts))
        body = _without_chances(self._without_yes(text), facts, names)
        claims = claims_of(body, names)
        if not claims:
            raise UnreadableError("it tells no link")
        if self.named is not None:
            _no_other(claims, self.named)
        borne = [self._borne_out(claim, facts) for claim in claims]
        told = {number for one in borne for number in one.facts}
        suggested = {number for one in borne if one.voice is Voice.PREDICTED and not one.hedged for number in one.facts}
        if any(one.hedged and not one.facts <= suggested for one in borne):
            raise UnreadableError("it tells a known link as if it were predicted")
        if untold := [fact.number for fact in facts if fact.number not in told]:
            raise UnreadableError(f"it cites fact {untold[0]}, of which it tells nothing")
        self._alike(body, facts)
        return Voice.PREDICTED if any(one.voice is Voice.PREDICTED for one in borne) else Voice.KNOWN

    def _cited(self, cites: Sequence[int]) -> list[Fact]:
        by_number = {fact.number: fact for fact in self.answer.facts}
        if missing := [number for number in cites if number not in by_number]:
            raise UnreadableError(f"it cites fact {missing[0]}, which there is not")
        return [by_number[number] for number in cites]

    def _without_yes(self, text: str) -> str:
        rest = _YES.sub("", text, count=1) if _YES.match(text) else text
        if rest != text and self.answer.verdict != "yes":
            raise UnreadableError("it says yes, which the facts do not")
        return rest

    def _borne_out(self, claim: Claim, facts: Sequence[Fact]) -> _Borne:
        if claim.head.count is not None or claim.tail.count is not None:
            return self._counted(claim, facts)
        found = _through(claim, facts) if claim.through else _direct(claim, facts)
        if not found:
            raise UnreadableError(_not_told(claim, facts))
        for voice in (Voice.KNOWN, Voice.PREDICTED):
            used = frozenset(number for number, predicted in found if predicted is (voice is Voice.PREDICTED))
            if used and _fits(claim.voices, voice):
                return _Borne(used, voice)
        if all(predicted for _, predicted in found):
            raise UnreadableError("it tells a prediction as if it were known")
        chains = {fact.number for fact in facts if any(fact.predicted)}
        hedged = frozenset(number for number, _ in found if number in chains)
        if claim.voices == {Voice.PREDICTED} and hedged:
            return _Borne(hedged, Voice.PREDICTED, hedged=True)
        raise UnreadableError("it tells a known link as if it were predicted")

    def _counted(self, claim: Claim, facts: Sequence[Fact]) -> _Borne:
        """A count is right where the whole answer is counted, by the relation and the start that were asked for."""
        item, other = (claim.head, claim.tail) if claim.head.count is not None else (claim.tail, claim.head)
        answer = self.answer
        total = answer.count if answer.count is not None else answer.n_known
        plan = [{name.removesuffix(INVERSE) for name in step.relations} for step in answer.understanding.steps]
        known = [fact for fact in answer.facts if not any(fact.predicted)]
        whole = (
            other.ids
            and len(plan) == 1
            and plan[0] <= claim.phrase.relations
            and known
            and all(len(fact.edges) == 1 and fact.edges[0].head.id in other.ids for fact in known)
            and all(fact.answer.modality == item.modality for fact in known)
            and len({mention.entity.id for mention in answer.understanding.mentions if mention.entity}) == 1
        )
        right = item.count == total if item.count else enough(total)
        if not whole or not right or Voice.PREDICTED in claim.voices:
            raise UnreadableError(f"“{item.words}” is no count that the facts give")
        for fact in known:  # the direction too
            answered = Item(frozenset({fact.answer.id}), fact.answer.modality)
            head, tail = (answered, other) if item is claim.head else (other, answered)
            if not _direct(Claim(head, claim.phrase, tail, claim.voices), [fact]):
                raise UnreadableError(f"“{item.words}” is no count that the facts give")
        return _Borne(frozenset(fact.number for fact in facts if fact in known), Voice.KNOWN)

    def _alike(self, text: str, facts: Sequence[Fact]) -> None:
        if self.encode is not None and likeness(text, facts, self.encode) < LEAST_ALIKE:
            raise UnreadableError("its meaning is far from what the cited facts say")


def _without_chances(text: str, facts: Sequence[Fact], names: NamesOfFacts) -> str:
    """The text without its chances, each of which must be that of the name before it, or of every cited fact."""
    for match in _CHANCE.finditer(text):
        item = names.before(text[: match.start()])
        meant = [fact for fact in facts if item is not None and _ends_predicted(fact) & item.ids] or facts
        for fact in meant:
            if fact.probability is None or not _rounds_to(fact.probability, match.group(1), bool(match.group(2))):
                raise UnreadableError(f"the number {match.group(1)} is not the chance of what it is told of")
    return _CHANCE.sub(" ", text)


def _ends_predicted(fact: Fact) -> set[str]:
    """What a chance may be told of: the ends of the predicted links of a fact."""
    edges = [edge for edge, predicted in zip(fact.edges, fact.predicted, strict=True) if predicted]
    return {end.id for edge in edges for end in (edge.head, edge.tail)}


def statement(edge: Edge, predicted: bool) -> str:
    """A link as a sentence of its own."""
    told = f"{edge.head.name} {edge.label} {edge.tail.name}"
    return f"The bridge suggests that {told}." if predicted else f"{told}."


def statements(fact: Fact) -> str:
    """A fact as sentences."""
    return " ".join(statement(edge, predicted) for edge, predicted in zip(fact.edges, fact.predicted, strict=True))


def likeness(text: str, facts: Sequence[Fact], encode: Encode) -> float:
    """Cosine of a sentence with its facts: with all of them as one text, or with the nearest one."""
    own = [statements(fact) for fact in facts]
    vectors = encode([text, " ".join(own)[:2_000], *own[:12]])  # (2 + n, dim)
    return float((vectors[1:] @ vectors[0]).max())


def _names(facts: Iterable[Fact]) -> Mapping[str, tuple[frozenset[str], str]]:
    """Every name of the entities of some facts: ids of those that have it, and their kind where they agree.

    Where one entity's own name is another's synonym, it stands for the first alone.
    """
    found: dict[tuple[str, ...], list[tuple[bool, str, Entity]]] = {}
    for entity in {entity.id: entity for entity in _entities(facts)}.values():
        for name in {entity.name, entity.full_name, *entity.synonyms, entity.id}:
            if key := folded(name):
                found.setdefault(key, []).append((name != entity.name, name, entity))
    names = {}
    for meant in found.values():
        meant.sort(key=lambda one: one[:2])
        best = [entity for synonym, _, entity in meant if synonym == meant[0][0]]
        kinds = {entity.modality for entity in best}
        names[meant[0][1]] = frozenset(entity.id for entity in best), kinds.pop() if len(kinds) == 1 else ""
    return names


def _entities(facts: Iterable[Fact]) -> Iterable[Entity]:
    for fact in facts:
        yield fact.answer
        for edge in fact.edges:
            yield from (edge.head, edge.tail)


def _no_other(claims: Iterable[Claim], named: Named) -> None:
    for claim in claims:
        for item in (claim.head, claim.tail, *claim.through):
            others = set(named(item.words)) if item.ids else set()
            if others and not others & item.ids:
                raise UnreadableError(f"“{item.words}” is the name of something else as well")


def _direct(claim: Claim, facts: Sequence[Fact]) -> set[tuple[int, bool]]:
    """Facts with an edge that is what a claim says, and whether that edge is predicted."""
    return {
        (fact.number, predicted)
        for fact in facts
        for edge, predicted in zip(fact.edges, fact.predicted, strict=True)
        if _is(edge, claim.head, claim.phrase, claim.tail)
    }


def _is(edge: Edge, head: Item, phrase: Phrase, tail: Item) -> bool:
    turned = edge.relation.endswith(INVERSE)
    if edge.relation.removesuffix(INVERSE) not in phrase.relations:
        return False
    ends = (edge.tail.id, edge.head.id) if turned else (edge.head.id, edge.tail.id)
    told = (tail.ids, head.ids) if phrase.backward else (head.ids, tail.ids)
    ways = (told, told[::-1]) if phrase.either or _symmetric(edge, phrase) else (told,)
    return any(ends[0] in one and ends[1] in other for one, other in ways)


def _symmetric(edge: Edge, phrase: Phrase) -> bool:
    """An association has no direction."""
    return "associated_with" in edge.relation and phrase.either


def _through(claim: Claim, facts: Sequence[Fact]) -> set[tuple[int, bool]]:
    """Facts whose whole path leads from one end of a claim to the other, over what it says lies between."""
    if not claim.phrase.either:
        raise UnreadableError("only a link can lead over something")
    found = set()
    for fact in facts:
        nodes = [fact.edges[0].head.id, *(edge.tail.id for edge in fact.edges)] if fact.edges else []
        if len(nodes) != len(claim.through) + 2:
            continue
        for told in ((claim.head, *claim.through, claim.tail), (claim.tail, *claim.through[::-1], claim.head)):
            if all(node in item.ids for node, item in zip(nodes, told, strict=True)):
                found.add((fact.number, any(fact.predicted)))
    return found


def _fits(voices: frozenset[Voice], voice: Voice) -> bool:
    return voices == {Voice.PREDICTED} if voice is Voice.PREDICTED else Voice.PREDICTED not in voices


def _not_told(claim: Claim, facts: Sequence[Fact]) -> str:
    if not claim.head.ids or not claim.tail.ids:
        return "it cannot be read of whom it speaks"
    ends = [(edge.head.id, edge.tail.id) for fact in facts for edge in fact.edges]
    if not any({a, b} & claim.head.ids and {a, b} & claim.tail.ids for a, b in ends):
        return f"the cited facts do not link {claim.head.words} and {claim.tail.words}"
    back = Claim(claim.tail, claim.phrase, claim.head, claim.voices)
    if _direct(back, facts):
        return f"the cited facts say it the other way round, of {claim.tail.words} and {claim.head.words}"
    return f"the cited facts link {claim.head.words} and {claim.tail.words} in another way"


def _rounds_to(probability: float, digits: str, percent: bool) -> bool:
    value = 100 * probability if percent else probability
    places = len(digits.partition(".")[2])
    return abs(value - float(digits)) <= 0.5 * 10.0**-places + 1e-9
