"""Questions answered from facts, with citations, or refused: understand, retrieve, answer, check."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.answer.attachments import read_attachments
from biobridge_core.answer.audit import faults, struck
from biobridge_core.answer.gather import Gathered, Gatherer
from biobridge_core.answer.inline import lifted
from biobridge_core.answer.lay import lay
from biobridge_core.answer.types import (
    Answer,
    Attachment,
    Mention,
    Reason,
    Refusal,
    Shape,
    Stage,
    Understanding,
)
from biobridge_core.answer.write import write
from biobridge_core.heads import quiet
from biobridge_core.many import Many
from biobridge_core.names import normalise
from biobridge_core.types import InputKind, Provenance

if TYPE_CHECKING:
    from biobridge_core.answer.understand import Understander
    from biobridge_core.bundle import Bundle
    from biobridge_core.encoding import Encoders
    from biobridge_core.heads import Heads
    from biobridge_core.language_model import LanguageModel
    from biobridge_core.lookup import Lookup
    from biobridge_core.queueing import Progress
    from biobridge_core.retrieve import Retriever

_LOG = logging.getLogger(__name__)
#: Refusals that an unreadable attachment explains better.
_FOR_WANT_OF_IT = frozenset({Reason.EMPTY, Reason.UNKNOWN_ENTITY, Reason.NO_RELATION, Reason.OFF_TOPIC})


class Asker:
    """Answers questions from one opened bundle. Read-only; safe to share between threads."""

    def __init__(
        self,
        bundle: Bundle,
        lookup: Lookup,
        encoders: Encoders,
        retriever: Retriever,
        heads: Heads,
        made_by: Callable[[InputKind], Provenance],
    ) -> None:
        self.graph, self._lookup, self._encoders, self._made_by = bundle.graph, lookup, encoders, made_by
        self._gatherer = Gatherer(bundle.graph, retriever, Many(bundle, retriever), heads)

    def ask(
        self,
        question: str,
        attachments: Sequence[Attachment] = (),
        before: Sequence[Answer] = (),
        writer: LanguageModel | None = None,
        progress: Progress | None = None,
    ) -> Answer:
        """Answer a question, or say why not and what could be asked instead. A bad question raises nothing.

        Parameters
        ----------
        attachments
            Files, pasted sequences, drawn molecules or names that the question is about; 20 at most are read.
        before
            The answers of the same thread so far, oldest first: "it" is looked for there.
        writer
            A language model that may reword the facts; each of its sentences is checked against them.
        progress
            Told when a model has to be loaded or waited for.
        """
        clock = _Clock()
        say = progress or quiet
        say("Understanding the question", 0.1)
        plain, drawn = lifted(question, lambda word: bool(self._lookup.names[normalise(word)]))
        attachments = (*attachments, *drawn)
        attached, warnings = read_attachments(attachments, self.graph, self._lookup)
        once: dict[tuple[str, str], Mention] = {}
        for mention in attached:
            once.setdefault((mention.query.kind.value, mention.query.value), mention)
        if len(once) < len(attached):
            warnings = (*warnings, f"{len(attached) - len(once)} of what is attached repeats something else in it.")
        attached = tuple(once.values())
        understood = self.understander.understand(plain, attached, [answer.understanding for answer in before])
        understood = replace(understood, question=question[:2_000]) if drawn else understood
        understood = _explained(understood, attachments, attached, warnings)
        clock.done("Understand", _told(understood))
        said = (mention.note for mention in attached if mention.note and mention.note not in understood.notes)
        warnings = (*said, *warnings)
        answer = self._from_facts(Answer(understood, refusal=understood.refusal, warnings=warnings), clock, progress)
        if writer is not None and answer.refusal is None:
            say("A language model words the facts", 0.8)
            answer = self._reworded(answer, writer)
        return replace(answer, provenance=self._provenance(understood), seconds=clock.total())

    def answer(self, understood: Understanding, progress: Progress | None = None) -> Answer:
        """Answer a question that was understood before, such as one whose entity a person picked from choices."""
        clock = _Clock()
        answer = self._from_facts(Answer(understood, refusal=understood.refusal), clock, progress)
        return replace(answer, provenance=self._provenance(understood), seconds=clock.total())

    @cached_property
    def understander(self) -> Understander:
        """Reads questions."""
        from biobridge_core.answer.understand import Understander

        return Understander(self.graph, self._lookup, self.encode)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Frozen text vectors of unit length (n, dim).

        Raises
        ------
        WeightsError, BusyError
            If the text model cannot be used.
        """
        encoder = self._encoders.get(InputKind.TEXT, quiet)
        with self._encoders.turn(InputKind.TEXT, sum(map(len, texts)), quiet):
            vectors = encoder.encode(list(texts)).vectors.astype(np.float32)
        return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), np.float32)

    def report(self, answer: Answer, when: datetime) -> bytes:
        """An answer as one HTML file that loads nothing."""
        from biobridge_core.answer.report import render
        from biobridge_core.report.page import Context

        graph = self.graph
        return render(answer, when, Context(graph.modalities, graph.relations, tuple(graph.sources.values())))

    def to_json(self, answer: Answer, when: datetime) -> str:
        """An answer with everything that it rests on."""
        from biobridge_core.answer.files import answer_to_json

        return answer_to_json(answer, when)

    def faults(self, answer: Answer) -> tuple[str, ...]:
        """Everything in an answer that the graph does not bear out, in words; empty for a sound one."""
        return faults(answer, self._gatherer.known)

    # ------------------------------------------------------------------ stages

    def _from_facts(self, answer: Answer, clock: _Clock, progress: Progress | None) -> Answer:
        understood = answer.understanding
        if understood.refusal is not None:
            return replace(answer, stages=clock.stages())
        if understood.shape is Shape.NEGATED:
            refusal = Refusal(
                Reason.NEGATION,
                "The graph holds links that are known; that one is missing does not mean that it is not there.",
            )
            return replace(answer, refusal=refusal, stages=clock.stages())
        (progress or quiet)("Looking for facts", 0.4)
        found = self._gatherer.gather(understood, progress)
        warnings = tuple(dict.fromkeys((*answer.warnings, *found.warnings)))
        clock.done("Retrieve", (*found.told, *(("No evidence found.",) if found.refusal else ())))
        if found.refusal is not None:
            return replace(answer, refusal=found.refusal, warnings=warnings, stages=clock.stages())
        made = self._written(replace(answer, warnings=warnings), found)
        clock.done("Answer", (f"{len(made.sentences) + 1} sentences, written from {len(made.facts)} facts.",))
        checked = struck(made, self._gatherer.known)
        removed = [s for s in (checked.summary, *checked.sentences, *checked.lay) if s is not None and s.struck]
        for sentence in removed:  # a fault of this program, which must not reach a reader
            _LOG.error("A sentence was removed. %s", sentence.struck)
        cited = {number for s in (checked.summary, *checked.sentences) if s is not None for number in s.cites}
        verdict = "all hold" if not removed else f"{len(removed)} sentences removed"
        clock.done("Check", (f"{len(cited)} cited facts compared with the graph: {verdict}.",))
        return replace(checked, stages=clock.stages())

    def _written(self, answer: Answer, found: Gathered) -> Answer:
        words = write(self.graph, answer.understanding, found)
        return replace(
            answer,
            summary=words.summary,
            sentences=words.sentences,
            lay=lay(self.graph, answer.understanding, found),
            facts=found.facts,
            n_known=found.n_known,
            count=found.count,
            verdict=found.verdict,
        )

    def _reworded(self, answer: Answer, writer: LanguageModel) -> Answer:
        from biobridge_core.answer.rewrite import rewrite

        return rewrite(answer, writer, encode=self.encode, named=lambda word: self._named.get(word.casefold(), ()))

    @cached_property
    def _named(self) -> dict[str, tuple[str, ...]]:
        """Own names, in small letters -> ids."""
        found: dict[str, list[str]] = {}
        for id_, name in zip(self.graph.ids, self.graph.names, strict=True):
            found.setdefault(name.casefold(), []).append(id_)
        return {name: tuple(ids) for name, ids in found.items()}

    def _provenance(self, understood: Understanding) -> Provenance:
        kinds = [
            mention.entity.input_kind if mention.entity else InputKind(mention.query.kind.value)
            for mention in understood.mentions
        ]
        return self._made_by(kinds[0] if kinds else InputKind.TEXT)


@dataclass
class _Clock:
    """What each stage told, and how long it took."""

    start: float = field(default_factory=time.perf_counter)
    told: list[Stage] = field(default_factory=list)

    def done(self, name: str, words: Sequence[str]) -> None:
        """Close a stage."""
        taken = self.total() - sum(stage.seconds for stage in self.told)
        self.told.append(Stage(name, tuple(words), taken))

    def stages(self) -> tuple[Stage, ...]:
        """Those that are done."""
        return tuple(self.told)

    def total(self) -> float:
        """Seconds since the question came."""
        return time.perf_counter() - self.start


def _explained(
    understood: Understanding, attachments: Sequence[Attachment], read: Sequence[Mention], warnings: Sequence[str]
) -> Understanding:
    """Where nothing attached could be read and the question says nothing without it, that is why it is refused."""
    if not attachments or read or understood.refusal is None or understood.refusal.reason not in _FOR_WANT_OF_IT:
        return understood
    message = f"What is attached cannot be read. {' '.join(warnings[:3])}"
    refusal = Refusal(Reason.ATTACHMENT, message, understood.refusal.instead)
    return replace(understood, refusal=refusal)


def _told(understood: Understanding) -> tuple[str, ...]:
    words = [f"Read as: {understood.reading}."] if understood.reading else []
    words += [f"“{mention.text}” is {_what(mention)}." for mention in understood.mentions]
    if understood.refusal is not None:
        words.append(f"Refused: {understood.refusal.reason.value.replace('_', ' ')}.")
    return (*words, *understood.notes)


def _what(mention: Mention) -> str:
    if mention.entity is None:
        return f"an input that the graph has never seen, read as {mention.query.modality.replace('_', ' ')}"
    return f"{mention.entity.name} ({mention.entity.id})"
