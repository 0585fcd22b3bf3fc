"""The default writer: sentences from facts, each with the numbers of the facts that it rests on. No language model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from biobridge_core.answer.chains import chain, chance, clause_of_count, key_of, plural_verb, sentence, spoken
from biobridge_core.answer.types import WEAK, Fact, Sentence, Shape, Understanding, Voice
from biobridge_core.answer.words import counted, number, percent, plain_words, several
from biobridge_core.types import HitStatus

if TYPE_CHECKING:
    from biobridge_core.answer.gather import Gathered
    from biobridge_core.kg.graph import KnowledgeGraph

NAMED = 10  #: answers that are named in sentences; the others are counted and stand in the list of facts
_IN_SUMMARY = 3
_LONG_DEFINITION = 400
#: What Ask does not say of its own accord; a sentence of a source that does is left out of a definition.
FORBIDDEN = re.compile(r"\b(treat(s|ed|ing|ment)?|diagnos\w*|safe(ly|ty)?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Written:
    """The words of an answer."""

    summary: Sentence
    sentences: tuple[Sentence, ...]


def write(graph: KnowledgeGraph, understood: Understanding, found: Gathered) -> Written:
    """Put what was gathered into words; ``found`` must have no refusal."""
    return Writer(graph, understood, found).written()


class Writer:
    """Writes one answer."""

    def __init__(self, graph: KnowledgeGraph, understood: Understanding, found: Gathered) -> None:
        self.graph, self.understood, self.found = graph, understood, found
        self.known = [fact for fact in found.facts if fact.status is HitStatus.KNOWN]
        self.predicted = [fact for fact in found.facts if fact.status is HitStatus.PREDICTED]
        self.names = several([spoken(start.entity) for start in found.starts])

    def written(self) -> Written:
        """All sentences of the answer."""
        shape = self.understood.shape
        if shape is Shape.VERIFY and self.found.verdict:
            return self._verified()
        if shape is Shape.DESCRIBE and self.known:
            return self._described()
        if shape is Shape.SHARED and len(self.found.starts) > 1:
            return Written(self._shared_summary(), (*self._shared(), *self._rest()))
        summary = self._count_summary() if shape is Shape.COUNT else self._summary()
        return Written(summary, (*_told(self.known[:NAMED]), *_told(self._likely()), *self._rest()))

    def _likely(self) -> list[Fact]:
        """Suggestions that sentences name: none that is weak beside what is known, else the best few all the same."""
        least = 0 if self.known else _IN_SUMMARY
        return [fact for place, fact in enumerate(self.predicted[:NAMED]) if place < least or not fact.weak]

    # ------------------------------------------------------------------ lists

    def _summary(self) -> Sentence:
        if not self.known:
            return self._only_predicted()
        few = self.known[:_IN_SUMMARY]
        words = f"{self._counted(self.found.n_known)} in the graph{self._among(few)}{self._more()}"
        words = f"{self.found.lead}: {words}" if self.found.lead else words
        return Sentence(f"{words}.", cites_of(few), Voice.KNOWN)

    def _only_predicted(self) -> Sentence:
        few = self.predicted[:_IN_SUMMARY]
        kind = self._kind(len(self.predicted))
        raw = all(start.entity.id.startswith("input:") for start in self.found.starts)
        lack = "" if raw else f"The graph holds no such {self._kind(2)} for {self.names}; "
        names = several([f"{spoken(fact.answer)}{chance(fact)}" for fact in few])
        first = "first " if len(self.predicted) > len(few) else ""
        only = "only weak guesses, " if all(fact.weak for fact in self.predicted) else ""
        for_whom = f" for {self.names}" if raw else ""
        guesses = all(fact.probability is None for fact in self.predicted)
        kind += " (guesses without a calibrated chance)" if guesses else ""
        words = f"{lack}the bridge suggests {number(len(self.predicted))} {kind}{for_whom}, {only}{first}{names}"
        return Sentence(f"{words[0].upper()}{words[1:]}.", cites_of(few), Voice.PREDICTED)

    def _count_summary(self) -> Sentence:
        count = self.found.count or 0
        few = self.known[:_IN_SUMMARY]
        through = self.found.n_narrower
        more = f"; {number(through)} more only through narrower kinds" if through else ""
        if not self.known or not count:
            if through:
                words = f"{self._counted(through)} in the graph, only through narrower kinds{self._among(few)}"
                return Sentence(f"{words}.", cites_of(few), Voice.KNOWN)
            return Sentence(f"The graph holds none of that for {self.names} itself.", (), Voice.TOLD)
        return Sentence(f"{self._counted(count)} in the graph{self._among(few)}{more}.", cites_of(few), Voice.KNOWN)

    def _counted(self, count: int) -> str:
        """``EGFR is inhibited by 38 drugs``, or where a plan has more to it, what it leads to."""
        what = f"{number(count)} {self._kind(count)}"
        edges = self.known[0].edges if self.known else ()
        relations = {fact.edges[-1].relation for fact in self.known}
        if len(self.understood.steps) == 1 and len(relations) == 1 and edges:
            return clause_of_count(self.names, edges[-1], what, count == 1)
        over = sorted({edge.tail.modality for fact in self.known[:50] for edge in fact.edges[:-1]})
        way = (
            f" over {several([self.graph.modalities[m].plural for m in over])}"
            if len(self.understood.steps) > 1
            else ""
        )
        verb = "are" if len(self.found.starts) > 1 else "is"
        return f"{self.names} {verb} linked{way} to {what}"

    def _among(self, few: Sequence[Fact]) -> str:
        names = several([spoken(fact.answer) for fact in few])
        return f": {names}" if len(self.known) <= len(few) else f", among them {names}"

    def _more(self) -> str:
        worth = [fact for fact in self.predicted if not fact.weak]
        if not worth:
            return ""
        sure = sum(bool(fact.confident) for fact in worth)
        told = f", {'all' if sure == len(worth) else sure} with a chance above one half" if sure else ""
        if not sure:
            best = max(fact.probability or 0.0 for fact in worth)
            told = f", none confidently (best chance {percent(best)})"
        return f"; the bridge suggests {number(len(worth))} more{told}"

    def _kind(self, count: int) -> str:
        kinds = dict.fromkeys(fact.answer.modality for fact in (*self.known, *self.predicted))
        if not kinds:
            kinds = dict.fromkeys(self._asked())
        words = [self.graph.modalities[k] for k in kinds]
        if len(words) > 2 or not words:
            return "thing" if count == 1 else "things"
        return " or ".join(word.label if count == 1 else word.plural for word in words)

    def _asked(self) -> list[str]:
        steps = self.understood.steps
        return [self.graph.relations[name].tail for name in steps[-1].relations] if steps else []

    def _rest(self) -> list[Sentence]:
        told = []
        listed, named = len(self.known), min(len(self.known), NAMED)
        if listed > named:
            told.append(f"{number(listed - named)} more that the graph holds stand in the list of facts.")
        weak = sum(fact.weak for fact in self.predicted) if self.known else 0
        if len(self.predicted) - weak > (likely := len(self._likely())):
            rest = number(len(self.predicted) - weak - likely)
            told.append(f"{rest} weaker suggestion{'s stand' if rest != '1' else ' stands'} in the list of facts.")
        if weak:
            guesses = "weak guess of the bridge is" if weak == 1 else "weak guesses of the bridge are"
            told.append(f"{number(weak)} {guesses} folded away: the chance is below {percent(WEAK)} or not measured.")
        if self.found.n_known > listed:
            told.append(f"{number(self.found.n_known - listed)} are counted and not listed.")
        if self.found.n_narrower and self.understood.shape is not Shape.COUNT:
            few, every = number(self.found.n_narrower), number(self.found.n_known)
            some = "All" if self.found.n_narrower == self.found.n_known else f"{few} of all {every}"
            some = "It" if self.found.n_known == 1 else some
            verb = "is" if self.found.n_known == 1 else "are"
            told.append(f"{some} {verb} linked only through narrower or wider kinds.")
        if self.understood.shape is Shape.COUNT:
            told.append("This counts what the graph holds, which need not be all there is.")
        return [Sentence(words, (), Voice.TOLD) for words in told]

    # ------------------------------------------------------------------ shared

    def _shared_summary(self) -> Sentence:
        if not self.known:
            few = self.predicted[:_IN_SUMMARY]
            names = several([f"{spoken(fact.answer)}{chance(fact)}" for fact in few])
            words = f"The graph holds no {self._kind(2)} that {self.names} share; the bridge suggests {names}."
            return Sentence(words, cites_of(few), Voice.PREDICTED)
        few = self.known[:_IN_SUMMARY]
        what = f"{number(self.found.n_known)} {self._kind(self.found.n_known)}"
        words = f"{self.names} share {what} in the graph{self._among(few)}{self._more()}."
        return Sentence(words, cites_of(few), Voice.KNOWN)

    def _shared(self) -> list[Sentence]:
        groups: dict[tuple[object, ...], list[Fact]] = {}
        for fact in self.known[:NAMED]:
            groups.setdefault(tuple((edge.head.id, edge.relation) for edge in fact.edges), []).append(fact)
        made = []
        every = "both" if len(self.found.starts) == 2 else "all"
        for facts in groups.values():
            edges = facts[0].edges
            if over := self._over_one(facts[0]):
                ends = several([spoken(fact.answer) for fact in facts])
                first, second = edges[0], edges[1]
                words = f"{self.names} {plural_verb(first.label, every)} {over}, which {second.label} {ends}."
                made.append(Sentence(words, cites_of(facts), Voice.KNOWN))
            elif len({edge.relation for edge in edges}) == 1 and len(edges) == len(self.found.starts):
                ends = several([spoken(fact.answer) for fact in facts])
                words = f"{self.names} {plural_verb(edges[0].label, every)} {ends}."
                made.append(Sentence(words, cites_of(facts), Voice.KNOWN))
            else:
                made += [Sentence(_links(fact), (fact.number,), Voice.KNOWN) for fact in facts]
        return made + self._same_of_others()

    def _over_one(self, fact: Fact) -> str:
        """What all starts lead to an answer over, where that is the same one thing."""
        edges, n = fact.edges, len(self.found.starts)
        if len(edges) != 2 * n or len({edge.tail.id for edge in edges[::2]}) != 1:
            return ""
        same = all(len({edge.relation for edge in edges[place::2]}) == 1 for place in range(2))
        return spoken(edges[0].tail) if same and {edge.head.id for edge in edges[1::2]} == {edges[0].tail.id} else ""

    def _same_of_others(self) -> list[Sentence]:
        """What is known of some starts and suggested for the others, in one sentence for each set of others."""
        groups: dict[tuple[object, ...], list[Fact]] = {}
        for fact in self._likely():
            groups.setdefault((key_of(fact), len({edge.relation for edge in fact.edges})), []).append(fact)
        made = []
        for facts in groups.values():
            edges, flags = facts[0].edges, facts[0].predicted
            plain = len({edge.relation for edge in edges}) == 1 and len(edges) == len(self.found.starts)
            if not plain or all(flags):
                made += [Sentence(_links(fact), (fact.number,), Voice.PREDICTED) for fact in facts]
                continue
            have = [spoken(edge.head) for edge, flag in zip(edges, flags, strict=True) if not flag]
            lack = [spoken(edge.head) for edge, flag in zip(edges, flags, strict=True) if flag]
            verb = edges[0].label if len(have) == 1 else plural_verb(edges[0].label)
            ends = several([spoken(fact.answer) for fact in facts])
            words = (
                f"{several(have)} {verb} {ends}, and the bridge suggests the same of {several(lack)}{_chances(facts)}."
            )
            made.append(Sentence(words, cites_of(facts), Voice.PREDICTED))
        return made

    # ------------------------------------------------------------------ yes or not known

    def _verified(self) -> Written:
        if self.found.verdict == "yes":
            facts = self.known
            first = Sentence(f"Yes: {chain([facts[0]])}.", (facts[0].number,), Voice.KNOWN)
            return Written(first, (*_told(facts[1:]), *_told(self.predicted)))
        if self.found.another:
            known, *rest = self.known
            words = f"Known: {chain([known])}. The link asked for is not known, which is no evidence against it."
            lines = (*_told(rest), *_told(self.predicted))
            return Written(Sentence(words, (known.number,), Voice.KNOWN), lines)
        told = [*_told(self.known), *_told(self.predicted)]
        if not self.predicted:
            told.append(Sentence("The bridge ranks such a link too low to suggest it.", (), Voice.TOLD))
        words = f"Not known: the graph holds no such link between {self.names}, which is no evidence against one."
        return Written(Sentence(words, (), Voice.TOLD), tuple(told))

    # ------------------------------------------------------------------ what it is

    def _described(self) -> Written:
        entry, *links = self.known
        entity = entry.answer
        full = f" ({entity.full_name})" if entity.full_name and entity.full_name != entity.name else ""
        label = self.graph.modalities[entity.modality].label
        article = "an" if label[0] in "aeiou" else "a"
        summary = Sentence(f"{entity.name}{full} is {article} {label}.", (entry.number,), Voice.KNOWN)
        made = []
        if quoted := quotable(entity.definition):
            words = f"{entity.name} is described as “{quoted}”."
            made.append(Sentence(words, (entry.number, *_named_in(quoted, links)), Voice.KNOWN))
        kinds = [fact for fact in links if self.graph.relations[fact.edges[-1].relation].hierarchical]
        made += _told(kinds)
        for modality, count in self.found.counts:
            facts = [fact for fact in links if fact.answer.modality == modality and fact not in kinds]
            names = several([spoken(fact.answer) for fact in facts])
            some = f", among them {names}" if count > len(facts) else f": {names}"
            words = f"The graph links {spoken(entity)} to {counted(self.graph, modality, count)}{some}."
            made.append(Sentence(words, cites_of(facts), Voice.KNOWN))
        return Written(summary, tuple(made))


def quotable(definition: str) -> str:
    """The beginning of a definition, without sentences that advise or promise."""
    sentences = re.split(r"(?<=[.;])\s+", " ".join(definition.split()))
    kept = " ".join(each for each in sentences if not FORBIDDEN.search(each))
    kept = kept.replace("“", "'").replace("”", "'")
    if len(kept) > _LONG_DEFINITION:
        kept = kept[:_LONG_DEFINITION].rsplit(" ", 1)[0] + " …"
    return kept.rstrip(".")


def _told(facts: Sequence[Fact]) -> list[Sentence]:
    """One sentence for facts with the same path but its end."""
    groups: dict[tuple[object, ...], list[Fact]] = {}
    for fact in facts:
        groups.setdefault((key_of(fact), fact.answer.id if len(fact.edges) == 0 else ""), []).append(fact)
    made = []
    for members in groups.values():
        voice = Voice.PREDICTED if any(members[0].predicted) else Voice.KNOWN
        made.append(Sentence(sentence(chain(members)), cites_of(members), voice))
    return made


def _named_in(text: str, facts: Sequence[Fact]) -> tuple[int, ...]:
    """Numbers of the facts whose answers a quoted text names."""
    plain = plain_words(text)
    return tuple(fact.number for fact in facts if plain_words(fact.answer.name) in plain)


def _chances(facts: Sequence[Fact]) -> str:
    """The chances of suggestions that are named before, in their order; nothing where one has none."""
    told = [percent(fact.probability) for fact in facts if fact.probability is not None]
    if len(told) < len(facts):
        return ""
    return f" with a chance of {told[0]}" if len(told) == 1 else f" (chances {several(told)}, in this order)"


def _links(fact: Fact) -> str:
    """All paths of a fact with several starts, one after the other."""
    known: list[str] = []
    suggested: list[str] = []
    for edge, predicted in zip(fact.edges, fact.predicted, strict=True):
        (suggested if predicted else known).append(f"{spoken(edge.head)} {edge.label} {spoken(edge.tail)}")
    words = several(known)
    if suggested:
        guess = f"the bridge suggests that {several(suggested)}{chance(fact)}"
        words = f"{words}, and {guess}" if words else guess
    return sentence(words)


def cites_of(facts: Sequence[Fact]) -> tuple[int, ...]:
    """Numbers of facts."""
    return tuple(fact.number for fact in facts)
