"""A question becomes starts, steps and a shape, or a refusal that says what is missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.answer import refuse, thread
from biobridge_core.answer.linking import Link, Linked, Linker, Reading
from biobridge_core.answer.nearest import Descriptions
from biobridge_core.answer.plan import Plan, Planner, named_kind
from biobridge_core.answer.relations import MARK, asks_whether, counts, cues, denies, not_held, shares
from biobridge_core.answer.say import instead_of, reading_of
from biobridge_core.answer.types import Mention, Reason, Refusal, Shape, Step, Understanding
from biobridge_core.names import FULL_NAME, NAME, SYNONYM
from biobridge_core.types import Query, QueryKind

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph
    from biobridge_core.lookup import Lookup

_THIS = re.compile(
    r"\b(?:this|the|these|my|that|an?|our)? ?(?:attached|uploaded|drawn|pasted|given|enclosed|above|following|unknown|same)? ?"
    r"(?:protein sequences?|amino acid sequences?|sequences?|proteins?|molecules?|compounds?|structures?|smiles|attachments?|files?|fasta(?: file)?|genes?|drugs?|ligands?|chemicals?|substances?|inputs?|it)\b",
    re.IGNORECASE,
)
_POINTING = re.compile(
    r"^(?:this|these|my|that|our|it\b)|attached|uploaded|drawn|pasted|given|enclosed|smiles|attachment|file|fasta|sequence",
    re.IGNORECASE,
)
_DESCRIBE = re.compile(
    rf"^(?:(?:hi|hello|please|so|and|then),? )*(?:(?:can|could|would) you (?:please )?)?(?:what(?: exactly)?(?:['’]s| is| are| was| does)|who is|define|describe|explain|tell me (?:about|more about|something about|what)"
    rf"|(?:give me |show me |find |get )?(?:some |more |any )?(?:information|info|details|facts|background|overview|summary)(?: (?:on|about|of|for))?|about|look up|introduce|summari[sz]e|meaning of|definition of|what (?:do you know|is known|can you (?:tell|say))(?: me)? about)"
    rf"(?: (?:the|a|an|is|are|meant by))*(?: (?:gene|protein|drug|medicine|disease|disorder|illness|syndrome|phenotype|symptom|process|pathway|function|class|term|component|compound))? *[\"“'‘]?(?:the )?{MARK}[\"”'’]?"
    rf"(?: (?:is|are|mean|means|gene|protein|drug|disease|actually|exactly|syndrome|please|anyway))*\W*$"
)
_PRIOR = {NAME: 0.0, FULL_NAME: 0.05, SYNONYM: 0.12}
_LESS = 0.15  #: for a reading by a lesser name where another kind has the name as its own


@dataclass(frozen=True, slots=True)
class _Start:
    """A place of the question that stands for a start, and what it may be."""

    text: str
    start: int
    end: int
    mentions: tuple[tuple[float, Mention], ...]  #: (prior, mention), likeliest first


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
        refused = refuse.orders(_masked(text, linked.links)) or refuse.orders(text)
        if refused is not None:
            return Understanding(text, Shape.LIST, refusal=refused)
        return self._read(text, linked, attached, before)

    def _read(
        self, text: str, linked: Linked, attached: Sequence[Mention], before: Sequence[Understanding]
    ) -> Understanding:
        starts = [self._start(link) for link in linked.links]
        masked = _masked(text, linked.links)
        if refuse.foreign(re.sub(MARK, " ", masked)):
            said = "The question does not seem to be in English, the only language that is read here."
            return self._refused(text, Reason.LANGUAGE, said)
        if refuse.advice(re.sub(MARK, " ", masked)) or refuse.advice(text):
            said = "What a person should take or do, or what a person has, cannot be answered from this graph: ask a doctor or a pharmacist. It can say what is known about a gene, a drug or a disease."
            return self._refused(text, Reason.ADVICE, said, starts)
        if linked.unknown:
            return self._unknown(text, linked)
        last = thread.last(before)
        if attached:
            starts, masked = _with_attached(starts, masked, attached)
        elif not starts and last is not None:
            return self._resumed(text, masked, last)
        if not starts:
            return self._nothing_named(text, masked)
        if (
            last is not None
            and len(starts) >= 1
            and not attached
            and (again := self._again(text, masked, starts, last))
        ):
            return again
        return self._planned(text, masked, starts)

    # ------------------------------------------------------------------ with starts

    def _planned(self, text: str, masked: str, starts: Sequence[_Start]) -> Understanding:
        if denies(masked):
            return self._negated(text, masked, starts)
        if len(starts) == 2 and not counts(masked) and (asks_whether(masked) or _is_terse(masked, starts)):
            verified = self._verified(text, masked, starts)
            if verified is not None:
                return verified
        if (word := not_held(masked)) and not _harmless(word, masked):
            return self._no_relation(text, masked, starts, word)
        shape = Shape.LIST
        if counts(masked):
            shape = Shape.COUNT
        elif len(starts) > 1 and not re.search(rf"{MARK},? or {MARK}", masked):
            shape = Shape.SHARED
        if len(starts) == 1 and _DESCRIBE.search(masked) and shape is Shape.LIST:
            found = self._plan_of(masked, starts, shape)
            if found is None or re.fullmatch(r"\W*(?:what|who)(?:'s|’s| is| are) (?:the |an? )?\S*\W*", masked):
                return self._described(text, starts[0])
        found = self._plan_of(masked, starts, shape) or self._meant(masked, starts)
        if found is None and len(starts) > 1 and (fewer := self._without_words(masked, starts)):
            return self._planned(text, *fewer)
        if found is None:
            bare = re.fullmatch(rf"\W*(?:the |a |an )?(?:\w+ )?{MARK}(?: (?:gene|protein|drug|disease))?\W*", masked)
            if len(starts) == 1 and bare:
                return self._described(text, starts[0])
            return self._no_relation(text, masked, starts)
        plan, mentions, choices = found
        return self._made(text, shape, mentions, plan, choices)

    def _plan_of(
        self, masked: str, starts: Sequence[_Start], shape: Shape
    ) -> tuple[Plan, tuple[Mention, ...], tuple[int, ...]] | None:
        """The best plan over all readings of the starts."""
        kinds = {m.query.modality for _, m in starts[0].mentions}
        for other in starts[1:]:
            kinds &= {m.query.modality for _, m in other.mentions}
        best: tuple[float, Plan, tuple[Mention, ...]] | None = None
        said = named_kind(masked, kinds)
        for kind in sorted(kinds):
            plan = self.planner.plan(_joined(masked), kind, shared=shape is Shape.SHARED)
            if plan is None:
                continue
            picked = [next((p, m) for p, m in start.mentions if m.query.modality == kind) for start in starts]
            value = plan.certainty - sum(p for p, _ in picked) / len(picked) + (0.3 if kind == said else 0.0)
            if best is None or value > best[0]:
                best = value, plan, tuple(m for _, m in picked)
        return None if best is None else (best[1], best[2], ())

    def _without_words(self, masked: str, starts: Sequence[_Start]) -> tuple[str, list[_Start]] | None:
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

    def _meant(self, masked: str, starts: Sequence[_Start]) -> tuple[Plan, tuple[Mention, ...], tuple[int, ...]] | None:
        """The plan that the meaning of the whole question is nearest to, where no word names it."""
        if len(starts) > 1 or len(re.sub(MARK, "", masked).split()) < 2:
            return None
        for _, mention in starts[0].mentions[:3]:
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
                return plan, (mention,), ()
        return None

    def _verified(self, text: str, masked: str, starts: Sequence[_Start]) -> Understanding | None:
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

    def _made(
        self, text: str, shape: Shape, mentions: tuple[Mention, ...], plan: Plan, choices: tuple[int, ...]
    ) -> Understanding:
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

    def _described(self, text: str, start: _Start) -> Understanding:
        mention = start.mentions[0][1]
        reading = reading_of(self.graph, Shape.DESCRIBE, (mention,), ())
        return self._asked_back(
            Understanding(text, Shape.DESCRIBE, (mention,), (), None, reading, 0.9, _notes((mention,)))
        )

    def _negated(self, text: str, masked: str, starts: Sequence[_Start]) -> Understanding:
        found = self._plan_of(masked, starts, Shape.LIST)
        mentions = found[1] if found else (starts[0].mentions[0][1],)
        steps = found[0].steps if found else ()
        said = "The graph holds links that are known. That a link is missing does not mean that it is not there, so what is not linked cannot be listed."
        instead = instead_of(self.graph, mentions[0], steps)
        refusal = Refusal(Reason.NEGATION, said, instead)
        reading = reading_of(self.graph, Shape.NEGATED, mentions, steps)
        return Understanding(text, Shape.NEGATED, mentions, steps, None, reading, 0.8, (), (), refusal)

    # ------------------------------------------------------------------ threads

    def _resumed(self, text: str, masked: str, last: Understanding) -> Understanding:
        """A question without a name, about what was spoken of before."""
        mentions = tuple(thread.resumed(mention) for mention in last.mentions)
        starts = [_Start(m.text, -1, -1, ((0.0, m),)) for m in mentions]
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
        made = self._made(text, Shape.COUNT if counts(masked) else Shape.LIST, mentions, whole, ())
        return replace(made, notes=(*made.notes, "Asked of the answers to the question before."))

    def _again(self, text: str, masked: str, starts: Sequence[_Start], last: Understanding) -> Understanding | None:
        """The question before, asked of another start: "and X?"."""
        rest = re.sub(r"[^\w§ ]", " ", masked)
        rest = re.sub(
            rf"{MARK}|\b(?:and|or|also|then|what|how|about|for|the|same|question|please|with|of|in|now|but|so|too|as|well|again|ditto|likewise|do|it|a|an|thing|ask|is|to|on|case|regarding|concerning|next|instead|if|we|look|at|gene|protein|drug|disease|phenotype|process|class|i|mean|repeat|that|this|me|tell|try|you|could|can|would|give|show|similarly|further|additionally|finally|lastly|just|only|try)\b",
            " ",
            rest,
        )
        if rest.strip() or not last.steps or _DESCRIBE.search(masked):
            return None
        kind = last.mentions[0].query.modality
        picked = [next((m for _, m in start.mentions if m.query.modality == kind), None) for start in starts]
        mentions = tuple(m for m in picked if m is not None)
        if len(mentions) < len(starts):
            return None
        shape = last.shape if last.shape is not Shape.VERIFY else Shape.LIST
        if last.shape is Shape.SHARED and len(mentions) == 1:
            shape = Shape.LIST
        return self._made(text, shape, mentions, Plan(last.steps, (), 0.85), ())

    # ------------------------------------------------------------------ refusals

    def _refused(
        self, text: str, reason: Reason, said: str, starts: Sequence[_Start] = (), instead: tuple[str, ...] = ()
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

    def _nothing_named(self, text: str, masked: str) -> Understanding:
        said = "The question names nothing that the graph knows: no gene, drug, disease, phenotype, process, function, location or class of drugs."
        return self._refused(text, Reason.OFF_TOPIC, said)

    def _no_relation(self, text: str, masked: str, starts: Sequence[_Start], word: str = "") -> Understanding:
        name = starts[0].mentions[0][1].query.label
        said = f"What is asked of {name} is not in the graph, or was not understood."
        if word:
            said = f"The graph holds nothing of this kind about {name} (“{re.sub(MARK, name, word)}”)."
        return self._refused(text, Reason.NO_RELATION, said, starts)

    # ------------------------------------------------------------------ mentions

    def _start(self, link: Link) -> _Start:
        readings = [(self._prior(reading, n), self._mention(link, reading)) for n, reading in enumerate(link.readings)]
        return _Start(link.text, link.start, link.end, tuple(sorted(readings, key=lambda item: item[0])))

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
_CALLED = {"protein": "gene", "biological_process": "process"}
_AMBIGUOUS = "Several entities have this name."


def _notes(mentions: Sequence[Mention]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(m.note for m in mentions if m.note and m.note != _AMBIGUOUS))


def _masked(text: str, links: Sequence[Link]) -> str:
    """The question in small letters with a mark for each name."""
    parts, at = [], 0
    for n, link in enumerate(links):
        parts += [text[at : link.start].casefold(), f"§{n}§"]
        at = link.end
    return "".join([*parts, text[at:].casefold()])


def _is_terse(masked: str, starts: Sequence[_Start]) -> bool:
    """Whether two names and a mark of interrogation stand for the question whether they are linked."""
    kinds = [start.mentions[0][1].query.modality for start in starts]
    asked = re.search(r"\b(?:which|what|who|where|how|list|name|show|give|find|tell)\b", masked)
    return kinds[0] != kinds[1] and masked.rstrip().endswith("?") and asked is None


def _harmless(word: str, masked: str) -> bool:
    """Whether a word for something that is not held is a part of something that is."""
    if word == "how common":
        return bool(re.search(r"in common", masked))
    return False


def _joined(masked: str) -> str:
    """With one mark for a list of names."""
    return re.sub(rf"{MARK}(?:\s*(?:,|and|or|&|\+|/|;|as well as)+\s*(?:the |both )?{MARK})+", "§0§", masked)


def _with_attached(starts: list[_Start], masked: str, attached: Sequence[Mention]) -> tuple[list[_Start], str]:
    """The attached things as starts before those that are named, with marks where the words speak of them."""
    n = len(starts)
    marks = " and ".join(f"§{n + k}§" for k in range(len(attached)))
    made = [_Start(m.text, -1, -1, ((0.0, m),)) for m in attached]
    found = next((m for m in _THIS.finditer(masked) if _POINTING.search(m[0].strip())), None)
    if found is not None:
        masked = f"{masked[: found.start()]} {marks}{masked[found.end() :]}"
    else:
        masked = f"{masked.rstrip('?.! ')} of {marks}"
    return [*starts, *made], masked.strip()
