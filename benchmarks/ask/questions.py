"""Every kind of question with its known answers, drawn from the facts by a seed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import cycle, islice

from ask.facts import Facts, loose_plan
from ask.wordings import (
    FOLLOW_UPS,
    HALVES,
    SAME_RELATION,
    SHARED,
    Plan,
    Step,
    Wording,
    hostile_headers,
    plan_of,
    refusals,
    wordings,
)  # fmt: skip
from biobridge_core.types import InputKind

MOST_ANSWERS = 50  #: entities with more answers are asked about only where there are no others
_TRIES = 400  #: starts of a longer plan that are looked at
_TYPOS, _BRANDS, _SYNONYMS, _IDS, _HOSTILE = 60, 40, 40, 12, 24  #: questions of each half
_WRAP = 60
_LISTS = re.compile(r",| and ")  #: a name with it cannot be told from the list that it stands in


@dataclass(frozen=True)
class Question:
    """One line of the benchmark.

    ``expect``: ``answer``, ``yes``, ``not_known``, ``refuse``; ``count`` (of the training links, or an honest refusal);
    ``negation`` (the complement or a refusal, in no case one of ``wrong``). ``held_out`` are the answers that no
    path of training links leads to. ``accepted`` are all plans that are a right reading, the first the plain one.
    ``removed`` must be taken out of the graph before the question is asked: the cold entity behind an attachment.
    """

    kind: str
    group: str
    half: str
    question: str
    expect: str
    wording: int = -1
    thread: list[str] = field(default_factory=list)
    attach: list[dict[str, str]] = field(default_factory=list)
    entities: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    named_as: str = ""
    also_named: list[str] = field(default_factory=list)
    accepted: list[list[list[str]]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    held_out: list[str] = field(default_factory=list)
    also_right: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    count: int | None = None
    removed: list[str] = field(default_factory=list)
    forbidden: list[str] = field(default_factory=list)


class Writer:
    """Draws the questions; the same facts and seed give the same ones in the same order."""

    def __init__(self, facts: Facts, *, seed: int) -> None:
        self._facts, self._graph, self._names, self._seed = facts, facts.graph, facts.names, seed

    def all(self) -> Iterator[dict[str, object]]:
        """Every question as a JSON-ready row with an ``id``."""
        for half in HALVES:
            yield from self.of(half)

    def of(self, half: str) -> Iterator[dict[str, object]]:
        """Every question in the wordings of a half or an author."""
        makers: tuple[Callable[[str], Iterator[Question]], ...] = (
            self.asked, self.shared, self.attached, self.hostile, self.follow_ups, self.verified, self.misspelt,
            self.renamed, self.refused,
        )  # fmt: skip
        for make in makers:
            for number, question in enumerate(make(half)):
                yield {"id": f"{half}-{make.__name__}-{number:04d}", **asdict(question)}

    def asked(self, half: str) -> Iterator[Question]:
        """Single relations, plans, counts, negations and lay wordings about one named entity."""
        for kind in ("single", "any_action", "two_hop", "count", "negation", "lay"):
            for group, texts in _groups(half, kind).items():
                plan = plan_of(group)
                repeats = 2 if kind in {"single", "any_action"} and not self._hierarchical(plan) else 1
                fits = self._told(plan) if kind == "count" else None
                starts = self._starts(plan, f"{half} {kind} {group}", len(texts) * repeats, fits)
                rng = self._rng(half, kind, group, "names")
                for number, start in enumerate(starts):
                    yield self._about(texts[number % len(texts)], start, plan, self._names.write(start, rng))

    def shared(self, half: str) -> Iterator[Question]:
        """Two or three entities and what all of them lead to."""
        for group, texts in _groups(half, "shared").items():
            rng = self._rng(half, "shared", group)
            drawn = islice(self._sets(SHARED[group], rng), len(texts))
            for wording, (rows, answers, held) in zip(texts, drawn, strict=False):
                written = [self._names.write(row, rng) for row in rows]
                text = wording.text.format(xs=f"{', '.join(written[:-1])} and {written[-1]}")
                yield self._question(
                    wording, text, rows, written, (SHARED[group],), answers=self._ids(answers),
                    held_out=self._ids(held), named_as="name",
                )  # fmt: skip

    def attached(self, half: str) -> Iterator[Question]:
        """The raw sequence or SMILES of an entity that is cold, asked about without a name."""
        for kind in ("attached_sequence", "attached_smiles"):
            for group, texts in _groups(half, kind).items():
                for number, start in enumerate(self._cold(group, half, 2 * len(texts))):
                    yield self._of_cold(texts[number % len(texts)], start, self._attachment(start, number))

    def hostile(self, half: str) -> Iterator[Question]:
        """Sequences whose FASTA header gives orders: to be answered as if it did not."""
        texts = [wording for wording in wordings(half, "attached_sequence") if wording.number % 2]
        headers = hostile_headers()
        for number, wording in enumerate(islice(cycle(texts), _HOSTILE)):
            header = headers[(number + number // len(texts)) % len(headers)]
            start = self._cold(wording.group, f"{half} hostile", number + 1)[-1]
            attachment = _fasta(str(header["header"]), self._graph.inputs([start])[0])
            question = self._of_cold(wording, start, attachment)
            yield replace(question, kind="attached_hostile", forbidden=_texts(header["forbidden"]))

    def follow_ups(self, half: str) -> Iterator[Question]:
        """The second turn of a thread: about the entity of the first, or the same about another."""
        for group, texts in _groups(half, "follow_up").items():
            before, after = FOLLOW_UPS.get(group, ("", ""))
            for wording in texts:
                rng = self._rng(half, "follow_up", group, wording.number)
                if group == SAME_RELATION:
                    before = after = rng.choice(sorted({name for pair in FOLLOW_UPS.values() for name in pair}))
                yield from self._second_turn(wording, before, after, rng)

    def verified(self, half: str) -> Iterator[Question]:
        """Yes where the graph has the link, not known where it has neither it nor one that implies it."""
        for group, texts in _groups(half, "verify").items():
            rng = self._rng(half, "verify", group)
            plan = plan_of(group)
            starts = self._starts(plan, f"{half} verify {group}", 2 * len(texts), self._told(plan))
            for number, start in enumerate(starts):
                true = number < len(texts)
                trained = self._facts.follow(start, plan, training=True)
                others = set(self._graph.rows(self._graph.relations[group].tail).tolist()) - self._near(start, group)
                pool = sorted(trained if true else others)
                tail = next(row for row in rng.sample(pool, min(len(pool), _TRIES)) if self._usable(row))
                wording = texts[number % len(texts)]
                x, y = self._names.write(start, rng), self._names.write(tail, rng)
                yield self._question(
                    wording, wording.text.format(x=x, y=y), [start, tail], [x, y], plan,
                    expect="yes" if true else "not_known", named_as="name",
                )  # fmt: skip

    def misspelt(self, half: str) -> Iterator[Question]:
        """A slip of the finger in the name."""
        yield from self._other_names(half, "typo", _TYPOS, self._names.misspelt)

    def renamed(self, half: str) -> Iterator[Question]:
        """Brand names, synonyms and full names, ids."""
        names = self._names
        yield from self._other_names(half, "brand", _BRANDS, lambda row, rng: _one(names.brands(row), rng))
        yield from self._other_names(half, "synonym", _SYNONYMS, lambda row, rng: _one(names.others(row), rng))
        yield from self._other_names(half, "id", _IDS, lambda row, _: self._graph.ids[row])

    def refused(self, half: str) -> Iterator[Question]:
        """What must be refused, word for word from the file."""
        for kind, item in refusals(half):
            attach = item.get("attach")
            yield Question(
                kind=f"refuse_{kind}",
                group=str(item.get("language", kind)),
                half=half,
                question=str(item["question"]),
                expect="refuse",
                attach=[{"name": "attached.fasta", **attach}] if isinstance(attach, dict) else [],
                written=[str(item["name"])] if "name" in item else [],
                forbidden=_texts(item.get("forbidden", [])),
            )

    def _rng(self, *key: object) -> random.Random:
        return random.Random(" ".join(map(str, (self._seed, *key))))  # a text seeds the same on every machine

    def _near(self, start: int, relation: str) -> set[int]:
        """What is linked to the start in any way, and what that implies."""
        asked = self._graph.relations[relation]
        step = tuple(one.name for one in self._graph.relations_between(asked.head, asked.tail))
        linked = self._facts.follow(start, (step,))
        return linked | self._facts.above(linked)

    def _ids(self, rows: Sequence[int] | set[int]) -> list[str]:
        return [self._graph.ids[row] for row in (sorted(rows) if isinstance(rows, set) else rows)]

    def _hierarchical(self, plan: Plan) -> bool:
        return self._graph.relations[plan[0][0]].hierarchical

    def _usable(self, row: int) -> bool:
        return self._names.usable(self._graph.names[row], row)

    def _starts(self, plan: Plan, key: str, wanted: int, usable: Callable[[int], bool] | None = None) -> list[int]:
        """Rows to ask about: first those with a held-out answer and few answers, again and again where they are few."""
        fits = usable or self._usable
        best: list[int] = []
        fallback: list[int] = []
        rng = self._rng(key)
        for held in (not self._hierarchical(plan), False):
            rows = self._facts.starts(plan, held=held)
            order = rng.sample(rows, len(rows))
            for row in islice((row for row in order if fits(row)), _TRIES if len(plan) > 1 else None):
                answers = self._facts.follow(row, plan)
                held_out = self._facts.held_out(row, plan, answers) if answers else set()
                few = 0 < len(answers) <= MOST_ANSWERS
                if few and (held_out or self._hierarchical(plan)):
                    best.append(row)
                elif answers and (few or len(plan) == 1):
                    fallback.append(row)
                if len(set(best)) >= wanted:
                    return list(dict.fromkeys(best))
        unique = list(dict.fromkeys([*best, *sorted(fallback, key=lambda row: len(self._facts.follow(row, plan)))]))
        return list(islice(cycle(unique), wanted))

    def _about(self, wording: Wording, start: int, plan: Plan, written: str, named_as: str = "name") -> Question:
        """The question that a wording with one place makes of an entity."""
        expect = {"count": "count", "negation": "negation"}.get(wording.kind, "answer")
        answers = self._facts.follow(start, plan, training=expect == "count")
        known: dict[str, object] = {"wrong": self._ids(answers)}
        if expect != "negation":
            known = {
                "answers": self._ids(answers),
                "held_out": self._ids(self._facts.held_out(start, plan, answers)),
                "also_right": self._ids(self._facts.also_right(start, plan, answers)),
                "count": len(answers) if expect == "count" else None,
            }
        return self._question(
            wording, wording.text.format(x=written), [start], [written], plan, expect=expect, named_as=named_as,
            also_named=self._ids(self._names.namesakes(written, start)), **known,
        )  # fmt: skip

    def _question(
        self, wording: Wording, text: str, rows: list[int], written: list[str], plan: Plan, **more: object
    ) -> Question:
        plans = dict.fromkeys((plan, loose_plan(plan)))
        values = {
            "kind": wording.kind, "group": wording.group, "half": wording.half, "wording": wording.number,
            "question": text, "entities": self._ids(rows), "written": written, "expect": "answer",
            "accepted": [[list(step) for step in one] for one in plans],
        }  # fmt: skip
        return Question(**{**values, **more})  # type: ignore[arg-type]

    def _sets(self, step: Step, rng: random.Random) -> Iterator[tuple[list[int], set[int], set[int]]]:
        """Two or three entities that share an answer by a held-out link: rows, all shared answers, those held out."""
        held = [self._facts.held_tails(name) for name in step]
        pairs = [(head, tail) for part in held for head, tails in part.items() for tail in tails]
        back = tuple(self._graph.relations[name].inverse for name in step)
        for head, tail in rng.sample(sorted(set(pairs)), len(set(pairs))):
            others = self._facts.follow(tail, (tuple(name for name in back if self._leads(name, tail)),))
            rows = [head, *rng.sample(sorted(others - {head}), min(2, len(others - {head})))]
            rows = [row for row in rows if self._usable(row) and not _LISTS.search(self._graph.names[row])]
            rows = rows[: rng.choice((2, 3))]
            if head not in rows or len(rows) < 2:
                continue
            answers = set.intersection(*(self._facts.follow(row, (step,)) for row in rows))
            trained = set.intersection(*(self._facts.follow(row, (step,), training=True) for row in rows))
            if 0 < len(answers) <= MOST_ANSWERS:
                yield rows, answers, answers - trained

    def _leads(self, relation: str, row: int) -> bool:
        return self._graph.relations[relation].head == self._graph.modality(row)

    def _cold(self, group: str, key: str, wanted: int) -> list[int]:
        """Cold entities with a raw input and few known answers, again and again where they are few."""
        asked = self._facts.cold_starts(plan_of(group)[0])
        rows = sorted(row for row, tails in asked.items() if len(tails) <= MOST_ANSWERS and self._raw(row))
        return list(islice(cycle(self._rng(key, "cold", group).sample(rows, len(rows))), wanted))

    def _raw(self, row: int) -> bool:
        """Whether it is a protein with a sequence or a drug with a structure; peptide drugs are neither."""
        raw = {"protein": InputKind.SEQUENCE, "drug": InputKind.SMILES}
        return raw.get(self._graph.modality(row)) is self._graph.input_kind(row)

    def _of_cold(self, wording: Wording, start: int, attachment: dict[str, str]) -> Question:
        plan = plan_of(wording.group)
        answers = self._ids(self._facts.cold_starts(plan[0])[start])
        return self._question(
            wording, wording.text, [start], [], plan, attach=[attachment], named_as="attachment", answers=answers,
            held_out=answers, removed=self._ids(self._facts.twins(start)),
        )  # fmt: skip

    def _attachment(self, row: int, number: int) -> dict[str, str]:
        text = self._graph.inputs([row])[0]
        if self._graph.input_kind(row) is InputKind.SMILES:
            return {"kind": "smiles", "name": "molecule.smi", "text": text}
        return _fasta("query_1", text) if number % 2 else {"kind": "sequence", "name": "pasted", "text": text}

    def _second_turn(self, wording: Wording, before: str, after: str, rng: random.Random) -> Iterator[Question]:
        first_plan, plan = plan_of(before), plan_of(after)
        single = [one for one in wordings(wording.half) if one.group == before and one.kind in {"single", "any_action"}]
        opening = rng.choice(single)
        key = f"{wording.half} follow {wording.group} {wording.number}"
        if wording.group == SAME_RELATION:
            first, start = self._starts(plan, key, 2)[:2]
        else:
            (start,) = self._starts(plan, key, 1, self._told(first_plan))
            first = start
        written = self._names.write(start, rng)
        told = self._names.write(first, rng)
        question = self._about(wording, start, plan, written)
        yield replace(question, thread=[opening.text.format(x=told)])

    def _told(self, plan: Plan) -> Callable[[int], bool]:
        """Whether a row and something that training links tell of it by the plan have names that people would type."""
        return lambda row: self._usable(row) and any(map(self._usable, self._facts.follow(row, plan, training=True)))

    def _other_names(
        self, half: str, named_as: str, wanted: int, name: Callable[[int, random.Random], str | None]
    ) -> Iterator[Question]:
        """Single questions of the half in which the entity is written in another way."""
        rng = self._rng(half, named_as)
        pool = [w for kind in ("single", "any_action") for w in wordings(half, kind)]
        made: set[tuple[int, Wording]] = set()
        while len(made) < wanted:
            wording = rng.choice(pool)
            plan = plan_of(wording.group)
            if self._hierarchical(plan) or (named_as == "brand" and self._graph.relations[plan[0][0]].head != "drug"):
                continue
            rows = self._facts.starts(plan, held=True)
            row = rng.choice(rows)
            written = name(row, rng) if self._usable(row) else None
            if written and (row, wording) not in made and len(self._facts.follow(row, plan)) <= MOST_ANSWERS:
                made.add((row, wording))
                yield replace(self._about(wording, row, plan, written, named_as), kind=named_as)


def _groups(half: str, kind: str) -> dict[str, list[Wording]]:
    found: dict[str, list[Wording]] = {}
    for wording in wordings(half, kind):
        found.setdefault(wording.group, []).append(wording)
    return found


def _one(texts: Sequence[str], rng: random.Random) -> str | None:
    return rng.choice(texts) if texts else None


def _texts(values: object) -> list[str]:
    return [str(value) for value in values] if isinstance(values, list) else []


def _fasta(header: str, sequence: str) -> dict[str, str]:
    lines = [sequence[start : start + _WRAP] for start in range(0, len(sequence), _WRAP)]
    return {"kind": "fasta", "name": "query.fasta", "text": "\n".join([f">{header}", *lines, ""])}
