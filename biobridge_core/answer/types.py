"""What a question becomes on its way to an answer. Nothing here computes anything."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from biobridge_core.types import Edge, Entity, HitStatus, Provenance, Query

WEAK = 0.05  #: chance of a suggestion below which it does not stand beside what is known


class Shape(StrEnum):
    """What kind of answer a question wants."""

    LIST = "list"  #: the entities at the end of a plan
    SHARED = "shared"  #: the entities that several starts all lead to
    COUNT = "count"  #: how many there are
    VERIFY = "verify"  #: whether one entity is linked to another
    NEGATED = "negated"  #: the entities without a link, which a graph of known links cannot list
    DESCRIBE = "describe"  #: what a thing is


class Reason(StrEnum):
    """Why a question is not answered."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    LANGUAGE = "language"  #: not English
    NONSENSE = "nonsense"
    OFF_TOPIC = "off_topic"  #: nothing that the graph holds
    ADVICE = "advice"  #: what a person should take or do
    ORDERS = "orders"  #: an attempt to give orders to the program
    UNKNOWN_ENTITY = "unknown_entity"
    AMBIGUOUS = "ambiguous"  #: several entities fit; `Understanding.choices` has them
    NO_RELATION = "no_relation"  #: what is asked of the entity is not in the graph, or not understood
    NEGATION = "negation"  #: the absence of a link is no knowledge
    NO_EVIDENCE = "no_evidence"  #: nothing known, and no prediction worth telling
    ATTACHMENT = "attachment"  #: an attachment cannot be read


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no answer, and what could be asked instead."""

    reason: Reason
    message: str  #: one or two sentences that say what is missing
    instead: tuple[str, ...] = ()  #: questions that would be answered


@dataclass(frozen=True, slots=True)
class Attachment:
    """A thing that comes with a question: a file, a pasted sequence, a drawn molecule, an entity."""

    name: str  #: file name, or what it is called on screen
    data: bytes


@dataclass(frozen=True, slots=True)
class Mention:
    """An entity or raw input that a question is about."""

    text: str  #: as written; the name of an attachment
    query: Query  #: what it was taken for
    entity: Entity | None  #: of the graph; None for an input that it has never seen
    how: str  #: ``name``, ``typo``, ``id``, ``attachment``, ``thread``
    start: int = -1  #: place in the question; -1 where it is not written there
    end: int = -1
    others: tuple[Entity, ...] = ()  #: what else the same words name, less likely
    note: str = ""  #: what was assumed, in plain words


@dataclass(frozen=True, slots=True)
class Step:
    """One hop of a plan: any of these relations of the graph is followed."""

    relations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Understanding:
    """How a question was read."""

    question: str
    shape: Shape
    mentions: tuple[Mention, ...] = ()  #: the starts, in order; for `Shape.VERIFY` without ``target``
    steps: tuple[Step, ...] = ()  #: from each start to the answers
    target: Mention | None = None  #: of `Shape.VERIFY`: what the start may be linked to
    reading: str = ""  #: in plain words: "drugs that inhibit EGFR"
    certainty: float = 0.0  #: of the plan, 0 to 1
    notes: tuple[str, ...] = ()  #: what was assumed or left out
    choices: tuple[Entity, ...] = ()  #: where a person must pick one
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """One answer with the links that lead to it, from a start of the question to ``answer``."""

    number: int  #: what a sentence cites, from 1
    answer: Entity
    edges: tuple[Edge, ...]  #: the best path; predicted edges have no sources
    predicted: tuple[bool, ...]  #: of each edge: whether the bridge proposes it
    status: HitStatus  #: known where every edge is
    probability: float | None = None  #: that the graph holds the predicted edge; None where all is known
    confident: bool | None = None
    score: float = 0.0  #: what facts of one status are ranked by
    more: int = 0  #: further paths to the same answer

    @property
    def weak(self) -> bool:
        """Whether it rests on a suggestion with a chance below `WEAK`, or with none that could be measured."""
        return self.status is HitStatus.PREDICTED and (self.probability is None or self.probability < WEAK)


class Voice(StrEnum):
    """How sure a sentence is."""

    KNOWN = "known"
    PREDICTED = "predicted"
    TOLD = "told"  #: about the question or the answer itself


@dataclass(frozen=True, slots=True)
class Sentence:
    """One checkable sentence."""

    text: str
    cites: tuple[int, ...]  #: numbers of facts
    voice: Voice
    struck: str = ""  #: why a sentence of a language model was removed; empty where it stands


@dataclass(frozen=True, slots=True)
class Stage:
    """What one stage did, for the panel that says how a question was answered."""

    name: str  #: ``Understand``, ``Retrieve``, ``Answer``, ``Check``
    told: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a question, or a refusal; the same for page, command line and notebook."""

    understanding: Understanding
    summary: Sentence | None = None  #: the one line that stands first
    sentences: tuple[Sentence, ...] = ()
    lay: tuple[Sentence, ...] = ()  #: the same in everyday words
    facts: tuple[Fact, ...] = ()  #: known first, each part best first
    n_known: int = 0  #: all known answers, also those that are not told
    count: int | None = None  #: of `Shape.COUNT`: known answers
    verdict: str = ""  #: of `Shape.VERIFY`: ``yes`` or ``not known``
    refusal: Refusal | None = None
    warnings: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    writer: str = "facts"  #: ``facts``, or the name of the language model whose words were checked
    provenance: Provenance | None = None
    seconds: float = 0.0
