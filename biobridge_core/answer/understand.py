"""A question becomes starts, steps and a shape, or a refusal that says what is missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.answer import refuse, thread
from biobridge_core.answer.decide import DOUBTED, DOUBTFUL, READ_BY_MEANING, TAKEN, Decider, settled
from biobridge_core.answer.inline import change_in
from biobridge_core.answer.learnt import ADVICE, NOT_HELD, ORDERS, Reader
from biobridge_core.answer.linking import Linker
from biobridge_core.answer.links import Linked
from biobridge_core.answer.masking import (
    BARE,
    DESCRIBE,
    WHAT_IS,
    Start,
    beside_attached,
    harmless,
    is_terse,
    joined,
    masked_with,
    once,
    pointed,
    with_attached,
)
from biobridge_core.answer.plan import Plan, Planner, named_kind
from biobridge_core.answer.refusing import Refusing
from biobridge_core.answer.relations import (
    MARK,
    PHENOTYPE,
    PROTEIN,
    asked_kind,
    asks_whether,
    counts,
    denies,
    never_held,
    not_held,
    plainer,
)
from biobridge_core.answer.say import instead_of, question_of, reading_of
from biobridge_core.answer.starts import AMBIGUOUS, left_out, missing, nested, notes, start_of, starts_of, unread_object
from biobridge_core.answer.types import Mention, Reason, Refusal, Shape, Understanding
from biobridge_core.answer.whether import Whether

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph
    from biobridge_core.lookup import Lookup

_FARFETCHED = 0.25  #: a reading that only words beside the name can bring up
_OF_PEOPLE = re.compile(r"\b(?:people|persons|patients|children|adults|men|women|cases|americans|europeans)\b")
_ASKS_WHICH = re.compile(r"\b(?:which|what|where|whose|who|list|name|show|give|find)\b")


class Understander(Refusing):
    """Reads questions. Read-only after construction; safe to share between threads."""

    def __init__(
        self, graph: KnowledgeGraph, lookup: Lookup, encode: Callable[[Sequence[str]], NDArray[np.float32]]
    ) -> None:
        self.graph, self.encode = graph, encode
        self.planner = Planner(graph)
        self._whether = Whether(graph)
        self.linker = Linker(graph, lookup.names)
        self.use(Reader.load(None, encode))

    def use(self, reader: Reader | None) -> None:
        """Read with these weights from now on; None for the rules alone."""
        self.decider = Decider(self.planner, reader)
        self.linker.carriers = reader.words if reader else frozenset()

    def understand(
        self, question: str, attached: Sequence[Mention] = (), before: Sequence[Understanding] = ()
    ) -> Understanding:
        """Read a question; what cannot be answered comes back with a refusal or with choices, never as an error.

        Parameters
        ----------
        attached
            What came with the question, in its order.
        before
            How the earlier questions of the thread were read, oldest first.
        """
        refused = refuse.unreadable(question)
        if refused is not None:
            return Understanding(question[:200], Shape.LIST, refusal=refused)
        text = " ".join(question.split())
        linked = self.linker.link(text)
        long = [link for link in linked.links if " " in link.text]  # an order may stand inside a long name
        ordered = refuse.orders(masked_with(text, linked.links)) or refuse.orders(masked_with(text, long))
        return self._read(text, linked, attached, before, ordered)

    def _read(
        self, text: str, linked: Linked, attached: Sequence[Mention], before: Sequence[Understanding], ordered: bool
    ) -> Understanding:
        masked = plainer(masked_with(text, linked.links))
        starts, masked = once([start_of(self.graph, link) for link in linked.links], masked)
        lost = missing(text, linked, bool(starts), bool(attached) or self._goes_on(masked, before))
        if left := [words for words in linked.unknown if words not in lost]:
            near = [rows for words, rows in zip(linked.unknown, linked.near, strict=True) if words in lost]
            made = self._read(text, replace(linked, unknown=lost, near=tuple(near)), attached, before, ordered)
            told = f"Not understood, and left out: “{'”, “'.join(left)}”."
            return made if made.refusal else replace(made, notes=(*made.notes, told))
        refused = self._refused_for_words(text, masked, linked, starts, ordered)
        if refused is not None:
            return refused
        last = None if attached else thread.last(before)
        if attached:
            starts, masked = beside_attached(starts, masked)
            starts, masked = with_attached(starts, masked, attached)
        if not starts:
            return self._nothing_named(text) if last is None else self._resumed(text, masked, last, before[-1])
        if last is not None:
            if (again := self._again(text, masked, starts, last)) is not None:
                return again
            if len(starts) == 1 and asks_whether(masked) and thread.points_back(masked):
                starts = [*starts, *(Start(m.text, -1, -1, ((0.0, thread.resumed(m)),)) for m in last.mentions[:1])]
                masked = re.sub(r"\b(?:it|its|they|them|this|that|these|those)\b", "§1§", masked, count=1)
        return self._planned(text, masked, starts)

    def _refused_for_words(
        self, text: str, masked: str, linked: Linked, starts: Sequence[Start], ordered: bool
    ) -> Understanding | None:
        words = re.sub(MARK, " ", masked)
        heard = self.decider.heard(masked, starts)
        chances = heard.refuse if heard else {}
        if settled(ordered, chances.get(ORDERS, 0.5)):
            return Understanding(text, Shape.LIST, refusal=refuse.told_orders())
        if refuse.foreign(words):
            said = "The question does not seem to be in English, the only language that is read here."
            return self._refused(text, Reason.LANGUAGE, said)
        if settled(refuse.advice(words) or refuse.advice(text), chances.get(ADVICE, 0.5)):
            said = (
                "What a person should take or do, or what a person has, cannot be answered from this graph: ask a "
                "doctor or a pharmacist. It can say what is known about a gene, a drug or a disease."
            )
            return self._refused(text, Reason.ADVICE, said, starts)
        if (change := change_in(" ".join(linked.unknown))) and (genes := starts_of(starts, PROTEIN)):
            return self._changed(text, change, genes)
        return self._unknown(text, linked) if linked.unknown else None

    # ------------------------------------------------------------------ with starts

    def _planned(self, text: str, masked: str, starts: Sequence[Start]) -> Understanding:
        heard = self.decider.heard(masked, starts)
        shapes, refusals = (heard.shape, heard.refuse) if heard else ({}, {})
        if settled(denies(masked), shapes.get("negated", 0.5), least=0.25):
            return self._negated(text, masked, starts)
        number = settled(counts(masked), shapes.get("count", 0.5))
        if len(starts) == 2 and not number and not never_held(masked, _kinds(starts)):
            whether = asks_whether(masked) or is_terse(masked, starts)
            if settled(whether, shapes.get("verify", 0.5), 2.0 if _ASKS_WHICH.search(masked) else TAKEN):
                verified = self._verified(text, masked, starts)
                if verified is not None:
                    return verified
                if asks_whether(masked) and (said := self._whether.no_way(masked, starts)):
                    return self._refused(text, Reason.NO_EVIDENCE, said, starts)
        if word := never_held(masked, _kinds(starts)):
            return self._no_relation(text, starts, word)
        word = not_held(masked)
        word = "" if word and (harmless(word, masked) or (number and not _OF_PEOPLE.search(word))) else word
        if settled(bool(word), refusals.get(NOT_HELD, 0.5)):
            return self._no_relation(text, starts, word)
        return self._listed(text, masked, starts, number)

    def _listed(self, text: str, masked: str, starts: Sequence[Start], number: bool) -> Understanding:
        shape = Shape.LIST
        if number:
            shape = Shape.COUNT
        elif len(starts) > 1 and not re.search(rf"{MARK},? or {MARK}", masked):
            shape = Shape.SHARED
        found = self._plan_of(masked, starts, shape)
        if (
            len(starts) == 1
            and shape is Shape.LIST
            and DESCRIBE.search(masked)
            and (found is None or found[0].learnt or WHAT_IS.fullmatch(masked))
        ):
            return self._described(text, starts[0])
        if found is None and _ASKS_WHICH.search(masked) is None and len(starts) == 2:
            verified = self._verified(text, masked, starts)
            if verified is not None:
                return verified
        if len(starts) == 1 and BARE.fullmatch(masked) and (found is None or found[0].learnt):
            return self._described(text, starts[0])
        if found is not None:
            return self._found(text, masked, starts, shape, *found)
        if len(starts) > 1 and (fewer := self._without_words(masked, starts)):
            dropped = "”, “".join(start.text for start in starts if start not in fewer[1])
            made = self._planned(text, *fewer)
            told = f"Not understood in this question, and left out: “{dropped}”."
            return made if made.refusal else replace(made, notes=(*made.notes, told))
        return self._no_relation(text, starts)

    def _found(
        self, text: str, masked: str, starts: Sequence[Start], shape: Shape, plan: Plan, mentions: tuple[Mention, ...]
    ) -> Understanding:
        if plan.learnt and self.planner.asks_own_kind(joined(masked), plan.kinds[0]):
            return self._own_kind(text, mentions[0])
        bare = shape is Shape.SHARED and plan.kinds[0] != PHENOTYPE and thread.only_names(masked)
        other = plan.learnt and (asked := asked_kind(masked)) and plan.kinds[-1] != asked
        if bare or other or self.decider.unsure(plan, masked):
            return self._unsure(text, masked, shape, mentions)
        whether = len(starts) == 1 and asks_whether(masked) and not _ASKS_WHICH.search(masked)
        if whether and (words := unread_object(masked)):
            return self._unread(text, words, mentions[0], plan)
        made = self._made(text, shape, mentions, plan)
        told = f"Not understood, and left out: “{words}”." if (words := left_out(masked, starts)) else ""
        return replace(made, notes=(*made.notes, told)) if told else made

    def _plan_of(self, masked: str, starts: Sequence[Start], shape: Shape) -> tuple[Plan, tuple[Mention, ...]] | None:
        """The best plan over all readings of the starts."""
        kinds = {m.query.modality for _, m in starts[0].mentions}
        for other in starts[1:]:
            kinds &= {m.query.modality for _, m in other.mentions}
        best: tuple[float, Plan, tuple[Mention, ...]] | None = None
        said = named_kind(masked, kinds)
        for kind in sorted(kinds):
            picked = [next((p, m) for p, m in start.mentions if m.query.modality == kind) for start in starts]
            far = kind != said and min(p for p, _ in picked) > _FARFETCHED
            plan = None
            if not far or kind != "molecular_function":
                plan = self.decider.plan(masked, kind, len(starts), shape is Shape.SHARED)
            if plan is None:
                continue
            far |= plan.learnt and self.planner.asks_own_kind(joined(masked), kind)
            value = plan.certainty - sum(p for p, _ in picked) / len(picked) + (0.3 if kind == said else -0.5 * far)
            if best is None or value > best[0]:
                best = value, plan, tuple(m for _, m in picked)
        return None if best is None else (best[1], best[2])

    def _without_words(self, masked: str, starts: Sequence[Start]) -> tuple[str, list[Start]] | None:
        """The question with those starts left as words that are rather words of the language."""
        kept = [
            s
            for s in starts
            if s.start < 0 or not (s.text.islower() and s.text.isalpha() and self.linker.common(s.text))
        ]
        if not kept or len(kept) == len(starts):
            return None
        for n, start in enumerate(starts):
            masked = masked.replace(f"§{n}§", f"§{kept.index(start)}\0§" if start in kept else start.text)
        return masked.replace("\0", ""), kept

    def _verified(self, text: str, masked: str, starts: Sequence[Start]) -> Understanding | None:
        best: tuple[float, Mention, Mention, Plan] | None = None
        for one, other in ((starts[0], starts[1]), (starts[1], starts[0])):
            for p, head in one.mentions:
                for q, tail in other.mentions:
                    plan = self.planner.between(masked, head.query.modality, tail.query.modality)
                    if plan is not None:
                        value = plan.certainty - p - q
                        if best is None or value > best[0] + 1e-9:
                            best = value, head, tail, plan
        if best is None:
            as_disease = self._whether.as_disease(starts)
            return None if as_disease is None else self._verified(text, masked, as_disease)
        _, head, tail, plan = best
        reading = reading_of(self.graph, Shape.VERIFY, (head,), plan.steps, tail)
        return Understanding(
            text, Shape.VERIFY, (head,), plan.steps, tail, reading, plan.certainty, notes((head, tail))
        )

    def _made(self, text: str, shape: Shape, mentions: tuple[Mention, ...], plan: Plan) -> Understanding:
        reading = reading_of(self.graph, shape, mentions, plan.steps)
        doubt = DOUBTED.format(int(100 * plan.certainty)) if plan.certainty < DOUBTFUL else READ_BY_MEANING
        told = (*notes(mentions), *((doubt,) if plan.learnt else ()))
        made = Understanding(text, shape, mentions, plan.steps, None, reading, plan.certainty, told)
        return self._asked_back(made)

    def _asked_back(self, made: Understanding) -> Understanding:
        """With choices where several entities of one kind fit a name equally well."""
        for mention in made.mentions:
            same = [e for e in mention.others if mention.entity is not None and e.modality == mention.entity.modality]
            if mention.note == AMBIGUOUS and mention.entity is not None:
                same = [entity for entity in same if not nested(self.graph, mention.entity, entity)]
            if mention.note == AMBIGUOUS and same and mention.entity is not None:
                said = f"“{mention.text}” can mean {len(same) + 1} different things. Choose one."
                refusal = Refusal(Reason.AMBIGUOUS, said)
                return replace(made, choices=(mention.entity, *same), refusal=refusal)
        return made

    def _described(self, text: str, start: Start) -> Understanding:
        mention = start.mentions[0][1]
        reading = reading_of(self.graph, Shape.DESCRIBE, (mention,), ())
        return self._asked_back(
            Understanding(text, Shape.DESCRIBE, (mention,), (), None, reading, 0.9, notes((mention,)))
        )

    def _negated(self, text: str, masked: str, starts: Sequence[Start]) -> Understanding:
        found = self._plan_of(masked, starts, Shape.LIST)
        mentions = found[1] if found else (starts[0].mentions[0][1],)
        steps = found[0].steps if found else ()
        said = (
            "The graph holds links that are known. That a link is missing does not mean that it is not there, so "
            "what is not linked cannot be listed."
        )
        instead = instead_of(self.graph, mentions[0], steps)
        refusal = Refusal(Reason.NEGATION, said, instead)
        reading = reading_of(self.graph, Shape.NEGATED, mentions, steps)
        return Understanding(text, Shape.NEGATED, mentions, steps, None, reading, 0.8, (), (), refusal)

    # ------------------------------------------------------------------ threads

    @staticmethod
    def _goes_on(masked: str, before: Sequence[Understanding]) -> bool:
        return thread.last(before) is not None and (thread.points_back(masked) or thread.goes_on(masked))

    def _back(self, text: str, masked: str, last: Understanding, newest: Understanding) -> Understanding | None:
        """A question that says nothing but "how many?" or "the first"; None for any other."""
        if word := thread.ordinal(masked):
            names = [mention.query.label for mention in last.mentions]
            said = f"It is not clear what “{word}” is. Name what you mean, such as {names[0]}."
            return self._refused(text, Reason.AMBIGUOUS, said, instead=(f"What is {names[0]}?",))
        if not thread.only_counts(masked) or not last.steps:
            return None
        read = last.reading.removeprefix("number of ")
        if newest is not last:
            said = "The question before was not answered, so it is not clear what is to be counted."
            return self._refused(text, Reason.AMBIGUOUS, said, instead=(f"What is the number of {read}?",))
        shape = last.shape if last.shape in (Shape.SHARED, Shape.VERIFY) else Shape.COUNT
        mentions = tuple(thread.resumed(mention) for mention in last.mentions)
        made = self._made(text, shape, mentions, Plan(last.steps, (), 0.9))
        return replace(made, target=last.target, notes=(*made.notes, f"Counted are the {read}."))

    def _resumed(self, text: str, masked: str, last: Understanding, newest: Understanding) -> Understanding:
        """A question without a name, about what was spoken of before."""
        if back := self._back(text, masked, last, newest):
            return back
        mentions = tuple(thread.resumed(mention) for mention in last.mentions)
        starts = [Start(m.text, -1, -1, ((0.0, m),)) for m in mentions]
        marks = " and ".join(f"§{n}§" for n in range(len(starts)))
        if thread.points_to_many(masked) and last.shape in (Shape.LIST, Shape.SHARED) and last.steps:
            chained = self._chained(text, masked, last, mentions)
            if chained is not None:
                return chained
        again = pointed(masked, marks)
        if refuse.foreign(masked):
            return self._refused(text, Reason.LANGUAGE, "The question does not seem to be in English.")
        return self._planned(text, again, starts)

    def _chained(
        self, text: str, masked: str, last: Understanding, mentions: tuple[Mention, ...]
    ) -> Understanding | None:
        """A question about the answers of the one before: "which drugs are used for those?"."""
        kinds = {self.graph.relations[name].tail for name in last.steps[-1].relations}
        if len(kinds) > 1 or len(last.steps) > 2:
            return None
        of_those = re.sub(r"\b(?:those|these|them|they|their)\b(?: \w+s\b)?", "§0§", masked, count=1)
        plan = self.planner.plan(of_those, kinds.pop())
        if plan is None or (len(plan.steps) > 1 and plan.kinds != ("disease", "therapeutic_class", "drug")):
            return None  # what is not linked to the answers is asked of the start itself
        whole = Plan((*last.steps, *plan.steps), plan.kinds, 0.9 * plan.certainty)
        made = self._made(text, Shape.COUNT if counts(masked) else Shape.LIST, mentions, whole)
        return replace(made, notes=(*made.notes, "Asked of the answers to the question before."))

    def _again(self, text: str, masked: str, starts: Sequence[Start], last: Understanding) -> Understanding | None:
        """The question before, asked of another start: "and X?"."""
        if not thread.only_names(masked) or not last.steps or DESCRIBE.search(masked):
            return None
        kind = last.mentions[0].query.modality
        picked = [next((m for _, m in start.mentions if m.query.modality == kind), None) for start in starts]
        mentions = tuple(m for m in picked if m is not None)
        if len(mentions) < len(starts):
            return None
        shape = last.shape if last.shape is not Shape.VERIFY else Shape.LIST
        if last.shape is Shape.SHARED and len(mentions) == 1:
            shape = Shape.LIST
        return self._made(text, shape, mentions, Plan(last.steps, (), 0.85))

    def _unread(self, text: str, words: str, mention: Mention, plan: Plan) -> Understanding:
        """Neither yes nor no where one of the two things was not understood, and no list in its place."""
        said = f"“{words}” was not understood, so neither yes nor no can be said of {mention.query.label} and it."
        asked = question_of(self.graph, Shape.LIST, (mention,), plan.steps)
        return self._refused(text, Reason.NO_RELATION, said, instead=(asked, f"What is {mention.query.label}?"))

    def _unsure(self, text: str, masked: str, shape: Shape, mentions: tuple[Mention, ...]) -> Understanding:
        """What was most likely asked, to choose from."""
        kind, n = mentions[0].query.modality, len(mentions)
        plans = self.decider.likeliest(masked, kind, n, shape is Shape.SHARED, least=0.02)[:3]
        asked = dict.fromkeys(question_of(self.graph, shape, mentions, plan.steps) for plan in plans)
        said = "It is not clear enough what is asked. What was most likely meant stands below."
        return self._refused(text, Reason.NO_RELATION, said, instead=tuple(asked))


def _kinds(starts: Sequence[Start]) -> list[str]:
    """What the starts likeliest are."""
    return [start.mentions[0][1].query.modality for start in starts]
