"""A question becomes starts, steps and a shape, or a refusal that says what is missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.answer import refuse, thread
from biobridge_core.answer.linking import Link, Linked, Linker, Reading
from biobridge_core.answer.masking import (
    BARE,
    DESCRIBE,
    WHAT_IS,
    Start,
    harmless,
    is_terse,
    joined,
    masked_with,
    once,
    with_attached,
)
from biobridge_core.answer.nearest import Descriptions
from biobridge_core.answer.plan import Plan, Planner, named_kind
from biobridge_core.answer.relations import MARK, asks_whether, counts, denies, not_held, plainer
from biobridge_core.answer.say import instead_of, reading_of
from biobridge_core.answer.types import Mention, Reason, Refusal, Shape, Understanding
from biobridge_core.names import FULL_NAME, NAME, SYNONYM
from biobridge_core.types import Query, QueryKind

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph
    from biobridge_core.lookup import Lookup

_PRIOR = {NAME: 0.0, FULL_NAME: 0.05, SYNONYM: 0.12}
_FARFETCHED = 0.25  #: a reading that only words beside the name can bring up
_LESS = 0.15  #: for a reading by a lesser name where another kind has the name as its own


class Understander:
    """Reads questions. Read-only after construction; safe to share between threads."""

    def __init__(
        self, graph: KnowledgeGraph, lookup: Lookup, encode: Callable[[Sequence[str]], NDArray[np.float32]]
    ) -> None:
        self.graph, self._lookup, self._encode = graph, lookup, encode
        self.linker = Linker(graph, lookup.names)
        self.planner = Planner(graph)
        kinds = {name: (relation.head, relation.tail) for name, relation in graph.relations.items()}
        self._descriptions = Descriptions(kinds, encode)

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
        refused = refuse.orders(masked_with(text, linked.links)) or refuse.orders(masked_with(text, long))
        if refused is not None:
            return Understanding(text, Shape.LIST, refusal=refused)
        return self._read(text, linked, attached, before)

    def _read(
        self, text: str, linked: Linked, attached: Sequence[Mention], before: Sequence[Understanding]
    ) -> Understanding:
        masked = plainer(masked_with(text, linked.links))
        starts, masked = once([self._start(link) for link in linked.links], masked)
        missing = _missing(text, linked, bool(starts), bool(attached))
        if left := [words for words in linked.unknown if words not in missing]:
            near = [rows for words, rows in zip(linked.unknown, linked.near, strict=True) if words in missing]
            made = self._read(text, replace(linked, unknown=missing, near=tuple(near)), attached, before)
            told = f"Not understood, and left out: “{'”, “'.join(left)}”."
            return made if made.refusal else replace(made, notes=(*made.notes, told))
        refused = self._refused_for_words(text, masked, linked, starts)
        if refused is not None:
            return refused
        last = None if attached else thread.last(before)
        if attached:
            starts, masked = with_attached(starts, masked, attached)
        if not starts:
            return self._nothing_named(text) if last is None else self._resumed(text, masked, last)
        if last is not None:
            if (again := self._again(text, masked, starts, last)) is not None:
                return again
            if len(starts) == 1 and asks_whether(masked) and thread.points_back(masked):
                starts = [*starts, *(Start(m.text, -1, -1, ((0.0, thread.resumed(m)),)) for m in last.mentions[:1])]
                masked = re.sub(r"\b(?:it|its|they|them|this|that|these|those)\b", "§1§", masked, count=1)
        return self._planned(text, masked, starts)

    def _refused_for_words(
        self, text: str, masked: str, linked: Linked, starts: Sequence[Start]
    ) -> Understanding | None:
        words = re.sub(MARK, " ", masked)
        if refuse.foreign(words):
            said = "The question does not seem to be in English, the only language that is read here."
            return self._refused(text, Reason.LANGUAGE, said)
        if refuse.advice(words) or refuse.advice(text):
            said = (
                "What a person should take or do, or what a person has, cannot be answered from this graph: ask a "
                "doctor or a pharmacist. It can say what is known about a gene, a drug or a disease."
            )
            return self._refused(text, Reason.ADVICE, said, starts)
        return self._unknown(text, linked) if linked.unknown else None

    # ------------------------------------------------------------------ with starts

    def _planned(self, text: str, masked: str, starts: Sequence[Start]) -> Understanding:
        if denies(masked):
            return self._negated(text, masked, starts)
        if len(starts) == 2 and not counts(masked) and (asks_whether(masked) or is_terse(masked, starts)):
            verified = self._verified(text, masked, starts)
            if verified is not None:
                return verified
        if (word := not_held(masked)) and not harmless(word, masked) and not counts(masked):
            return self._no_relation(text, starts, word)
        return self._listed(text, masked, starts)

    def _listed(self, text: str, masked: str, starts: Sequence[Start]) -> Understanding:
        shape = Shape.LIST
        if counts(masked):
            shape = Shape.COUNT
        elif len(starts) > 1 and not re.search(rf"{MARK},? or {MARK}", masked):
            shape = Shape.SHARED
        found = self._plan_of(masked, starts, shape)
        if (
            len(starts) == 1
            and shape is Shape.LIST
            and DESCRIBE.search(masked)
            and (found is None or WHAT_IS.fullmatch(masked))
        ):
            return self._described(text, starts[0])
        asks = re.search(r"\b(?:which|what|where|whose|who|list|name|show|give|find)\b", masked)
        if found is None and asks is None and len(starts) == 2:
            verified = self._verified(text, masked, starts)
            if verified is not None:
                return verified
        found = found or self._meant(masked, starts)
        if found is not None:
            plan, mentions = found
            return self._made(text, shape, mentions, plan)
        if len(starts) > 1 and (fewer := self._without_words(masked, starts)):
            return self._planned(text, *fewer)
        if len(starts) == 1 and BARE.fullmatch(masked):
            return self._described(text, starts[0])
        return self._no_relation(text, starts)

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
            plan = None if far and kind == "molecular_function" else self._plan(masked, kind, shape)
            if plan is None:
                continue
            value = plan.certainty - sum(p for p, _ in picked) / len(picked) + (0.3 if kind == said else -0.5 * far)
            if best is None or value > best[0]:
                best = value, plan, tuple(m for _, m in picked)
        return None if best is None else (best[1], best[2])

    def _plan(self, masked: str, kind: str, shape: Shape) -> Plan | None:
        return self.planner.plan(joined(masked), kind, shared=shape is Shape.SHARED)

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

    def _meant(self, masked: str, starts: Sequence[Start]) -> tuple[Plan, tuple[Mention, ...]] | None:
        """The plan that the meaning of the whole question is nearest to, where no word names it."""
        if len(starts) > 1 or len(re.sub(MARK, "", masked).split()) < 2:
            return None
        for prior, mention in starts[0].mentions[:3]:
            if prior > _FARFETCHED:
                continue
            kind = mention.query.modality
            found = self._descriptions.nearest(masked, kind, _CALLED.get(kind, self.graph.modalities[kind].label))
            if found is not None:
                group, cosine = found
                relation = self.graph.relations.get(group)
                sure = 0.5 * cosine
                plan = (
                    self.planner.single(group, sure)
                    if relation
                    else self.planner.along(self._descriptions.way(group), sure)
                )
                return plan, (mention,)
        return None

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
            return None
        _, head, tail, plan = best
        reading = reading_of(self.graph, Shape.VERIFY, (head,), plan.steps, tail)
        return Understanding(
            text, Shape.VERIFY, (head,), plan.steps, tail, reading, plan.certainty, _notes((head, tail))
        )

    def _made(self, text: str, shape: Shape, mentions: tuple[Mention, ...], plan: Plan) -> Understanding:
        reading = reading_of(self.graph, shape, mentions, plan.steps)
        made = Understanding(text, shape, mentions, plan.steps, None, reading, plan.certainty, _notes(mentions))
        return self._asked_back(made)

    def _asked_back(self, made: Understanding) -> Understanding:
        """With choices where several entities of one kind fit a name equally well."""
        for mention in made.mentions:
            same = [e for e in mention.others if mention.entity is not None and e.modality == mention.entity.modality]
            if mention.note == _AMBIGUOUS and same and mention.entity is not None:
                said = f"“{mention.text}” can mean {len(same) + 1} different things. Choose one."
                refusal = Refusal(Reason.AMBIGUOUS, said)
                return replace(made, choices=(mention.entity, *same), refusal=refusal)
        return made

    def _described(self, text: str, start: Start) -> Understanding:
        mention = start.mentions[0][1]
        reading = reading_of(self.graph, Shape.DESCRIBE, (mention,), ())
        return self._asked_back(
            Understanding(text, Shape.DESCRIBE, (mention,), (), None, reading, 0.9, _notes((mention,)))
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

    def _resumed(self, text: str, masked: str, last: Understanding) -> Understanding:
        """A question without a name, about what was spoken of before."""
        mentions = tuple(thread.resumed(mention) for mention in last.mentions)
        starts = [Start(m.text, -1, -1, ((0.0, m),)) for m in mentions]
        marks = " and ".join(f"§{n}§" for n in range(len(starts)))
        if thread.points_to_many(masked) and last.shape in (Shape.LIST, Shape.SHARED) and last.steps:
            chained = self._chained(text, masked, last, mentions)
            if chained is not None:
                return chained
        pointed = re.sub(r"\b(?:it|its|they|them|their|this|that|these|those)\b(?:['’]s)?", marks, masked, count=1)
        again = pointed if pointed != masked else f"{masked.rstrip('?.! ')} of {marks}"
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
        pointed = re.sub(r"\b(?:those|these|them|they|their)\b(?: \w+s\b)?", "§0§", masked, count=1)
        plan = self.planner.plan(pointed, kinds.pop())
        if plan is None:
            return None
        whole = Plan((*last.steps, *plan.steps), plan.kinds, 0.9 * plan.certainty)
        made = self._made(text, Shape.COUNT if counts(masked) else Shape.LIST, mentions, whole)
        return replace(made, notes=(*made.notes, "Asked of the answers to the question before."))

    def _again(self, text: str, masked: str, starts: Sequence[Start], last: Understanding) -> Understanding | None:
        """The question before, asked of another start: "and X?"."""
        rest = re.sub(r"[^\w§ ]", " ", masked)
        rest = re.sub(
            rf"{MARK}|\b(?:and|or|also|then|what|how|about|for|the|same|question|please|with|of|in|now|but|so"
            rf"|too|as|well|again|ditto|likewise|do|it|a|an|thing|ask|is|to|on|case|regarding|concerning|next"
            rf"|instead|if|we|look|at|gene|protein|drug|disease|phenotype|process|class|i|mean|repeat|that|this"
            rf"|me|tell|try|you|could|can|would|give|show|similarly|further|additionally|finally|lastly|just"
            rf"|only|try)\b",
            " ",
            rest,
        )
        if rest.strip() or not last.steps or DESCRIBE.search(masked):
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

    # ------------------------------------------------------------------ refusals

    def _refused(
        self, text: str, reason: Reason, said: str, starts: Sequence[Start] = (), instead: tuple[str, ...] = ()
    ) -> Understanding:
        if not instead and starts:
            instead = instead_of(self.graph, starts[0].mentions[0][1], ())
        return Understanding(text, Shape.LIST, refusal=Refusal(reason, said, instead or refuse.EXAMPLES))

    def _unknown(self, text: str, linked: Linked) -> Understanding:
        names = "”, “".join(linked.unknown[:3])
        near = [self.graph.names[row] for rows in linked.near for row in rows][:3]
        said = f"Nothing in the graph is called “{names}”."
        said += f" Called similarly: {', '.join(near)}." if near else " Check the spelling, or give an id or a synonym."
        return self._refused(text, Reason.UNKNOWN_ENTITY, said, instead=tuple(f"What is {name}?" for name in near))

    def _nothing_named(self, text: str) -> Understanding:
        said = (
            "The question names nothing that the graph knows: no gene, drug, disease, phenotype, process, function, "
            "location or class of drugs."
        )
        return self._refused(text, Reason.OFF_TOPIC, said)

    def _no_relation(self, text: str, starts: Sequence[Start], word: str = "") -> Understanding:
        name = starts[0].mentions[0][1].query.label
        said = f"What is asked of {name} is not in the graph, or was not understood."
        if word:
            said = f"The graph holds nothing of this kind about {name} (“{re.sub(MARK, name, word)}”)."
        return self._refused(text, Reason.NO_RELATION, said, starts)

    # ------------------------------------------------------------------ mentions

    def _start(self, link: Link) -> Start:
        readings = [(self._prior(reading, n), self._mention(link, reading)) for n, reading in enumerate(link.readings)]
        return Start(link.text, link.start, link.end, tuple(sorted(readings, key=lambda item: item[0])))

    def _prior(self, reading: Reading, place: int) -> float:
        less = _LESS if place and reading.tier >= SYNONYM else 0.0
        return _PRIOR.get(reading.tier, 0.05) + less + 0.02 * min(place, 5) + (0.0 if reading.exact else 0.03)

    def _mention(self, link: Link, reading: Reading) -> Mention:
        entity = self.graph.entity(reading.rows[0])
        query = Query(link.text, QueryKind.ENTITY, entity.modality, entity.id, entity.name)
        same = [self.graph.entity(row) for row in reading.rows[1:6]]
        others = [self.graph.entity(r.rows[0]) for r in link.readings if r is not reading][:5]
        note = ""
        if len(reading.rows) > 1 and not reading.clear:
            note = _AMBIGUOUS
        elif link.how == "typo":
            note = f"“{link.text}” was read as {entity.name}."
        return Mention(link.text, query, entity, link.how, link.start, link.end, (*same, *others), note)


#: What a start is called in descriptions of questions.
_CALLED = {"protein": "gene", "biological_process": "process", "phenotype": "symptom", "disease": "disease"}
_AMBIGUOUS = "Several entities have this name."


_JOINS = re.compile(r"\s*(?:,|and|or|&|\+|/|with|between|versus|vs\.?|than)\s*(?:the\s+)?", re.IGNORECASE)
_SYMBOL = re.compile(r"\d|[A-Z]{2,}|\w[A-Z]")


def _missing(text: str, linked: Linked, named: bool, attached: bool) -> tuple[str, ...]:
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
        holds = any(at <= link.start and link.end <= start for link in linked.links)
        if not attached and (at < 0 or beside or holds):
            kept.append(words)
    return tuple(kept)


def _notes(mentions: Sequence[Mention]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(m.note for m in mentions if m.note and m.note != _AMBIGUOUS))
