"""Carry out the plan of a question: what the graph holds first, then what the bridge suggests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.answer.known import Known, fitting, specific
from biobridge_core.answer.say import instead_of
from biobridge_core.answer.suggest import FLOOR, Suggester
from biobridge_core.answer.types import Fact, Mention, Reason, Refusal, Shape, Step, Understanding
from biobridge_core.answer.walk import Node, Walk, Walker, guess_of
from biobridge_core.answer.words import percent
from biobridge_core.errors import BioBridgeError
from biobridge_core.retrieve import Head
from biobridge_core.types import FAR, Entity, HitStatus, InputKind, QueryKind

if TYPE_CHECKING:
    from biobridge_core.heads import Heads
    from biobridge_core.kg.graph import KnowledgeGraph
    from biobridge_core.many import Many
    from biobridge_core.queueing import Progress
    from biobridge_core.retrieve import Retriever

MOST_KNOWN = 200  #: known facts that are told one by one
MOST_SUGGESTED = 10
_LEAST_SHARE = 0.01  #: of what is borrowed from a neighbour, from which on it is named
_UNAPPROVED = 0.6  #: what a compound that is no approved drug counts beside one, of equal evidence

_KINDS = {
    QueryKind.SEQUENCE: InputKind.SEQUENCE,
    QueryKind.SMILES: InputKind.SMILES,
    QueryKind.TEXT: InputKind.TEXT,
    QueryKind.ENTITY: InputKind.TEXT,
}


@dataclass(frozen=True, slots=True)
class Start:
    """Where a plan begins."""

    mention: Mention
    entity: Entity  #: of the graph, or a stand-in for a raw input, whose id begins with ``input:``
    head: Head


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything that an answer may rest on."""

    facts: tuple[Fact, ...] = ()  #: known first, each part best first
    starts: tuple[Start, ...] = ()
    n_known: int = 0  #: known answers, told or not
    n_narrower: int = 0  #: how many of these only through narrower kinds
    count: int | None = None
    verdict: str = ""
    another: bool = False  #: whether what is asked for is not known, but another link between the two is
    lead: str = ""  #: what has to be said before anything is listed
    counts: tuple[tuple[str, int], ...] = ()  #: of `Shape.DESCRIBE`: modality -> linked entities
    warnings: tuple[str, ...] = ()
    told: tuple[str, ...] = ()  #: for those who want to know how it was done
    refusal: Refusal | None = None


class Gatherer:
    """Gathers facts from one opened bundle. Read-only; safe to share between threads.

    Parameters
    ----------
    heads
        Reads raw inputs.
    """

    def __init__(
        self,
        graph: KnowledgeGraph,
        retriever: Retriever,
        many: Many,
        heads: Heads,
    ) -> None:
        self.graph, self._retriever, self._heads = graph, retriever, heads
        self.known = Known(graph)
        self.suggester = Suggester(many, self.known)
        self.walker = Walker(self.known, self.suggester, retriever.head)

    def gather(self, understood: Understanding, progress: Progress | None = None) -> Gathered:
        """Carry out a plan; what cannot be carried out is refused, never raised, as far as a person can mend it."""
        from biobridge_core.answer.carry_out import described, listed, shared, verified

        mentions = (*understood.mentions, *((understood.target,) if understood.target else ()))
        try:
            starts = tuple(self._start(mention, number, progress) for number, mention in enumerate(mentions, start=1))
        except BioBridgeError as error:
            return Gathered(refusal=Refusal(Reason.ATTACHMENT, f"{error.message} {error.hint}".strip()))
        warnings = tuple(word for start, words in starts for word in words)
        asked = tuple(start for start, _ in starts)
        if not asked:
            return Gathered(refusal=Refusal(Reason.UNKNOWN_ENTITY, "The question names nothing that the graph holds."))
        make = {
            Shape.SHARED: shared if len(asked) > 1 else listed,
            Shape.VERIFY: verified if understood.target else listed,
            Shape.DESCRIBE: described,
        }.get(understood.shape, listed)
        found = make(self, understood, asked)
        return replace(found, warnings=(*warnings, *found.warnings))

    def fact(self, node: Node, start: Start, number: int = 0) -> Fact:
        """The fact of an answer that was reached from one start."""
        edges, predicted = self.walker.edges(node, start.entity)
        guess = guess_of(node)
        return Fact(
            number,
            self.graph.entity(node.row),
            edges,
            predicted,
            HitStatus.PREDICTED if guess else HitStatus.KNOWN,
            guess.probability if guess else None,
            guess.confident if guess else None,
            float(node.score),
            node.ways - 1,
        )

    def ranked(self, nodes: Iterable[Node]) -> list[Node]:
        """Known nodes best first; what is linked itself before what is linked through a narrower kind."""
        return sorted(nodes, key=lambda node: (not node.direct, -node.score * self.telling(node.row), node.row))

    def telling(self, row: int) -> float:
        """How much an answer says beside others of equal support, 0 to 1: less where it is linked to nearly everything
        of its kind, and of a compound that never got a name as a medicine."""
        return float(self._telling[row])

    @cached_property
    def _telling(self) -> NDArray[np.float64]:
        """(n_entities,) falling with the number of links, and lower for a molecule that is no approved drug."""
        graph = self.graph
        flags = graph.columns.entities["flags"].to_pylist()
        molecule = graph.kind_of_row == list(InputKind).index(InputKind.SMILES)
        approved = np.fromiter(("approved" in own for own in flags), dtype=bool, count=graph.n_entities)
        degrees = np.bincount(graph.heads, minlength=graph.n_entities) + np.bincount(
            graph.tails, minlength=graph.n_entities
        )
        return np.where(molecule & ~approved, _UNAPPROVED, 1.0) * (0.5 + 0.5 * specific(degrees))

    def modalities(self, understood: Understanding, starts: Sequence[Start]) -> set[str]:
        """Kinds of thing that the steps lead to from some starts; empty where they lead nowhere."""
        here = {start.entity.modality for start in starts}
        for step in understood.steps:
            names = [name for modality in here for name in fitting(self.graph, step.relations, modality)]
            here = {self.graph.relations[name].tail for name in names}
        return here if understood.steps else set()

    def _start(self, mention: Mention, number: int, progress: Progress | None) -> tuple[Start, tuple[str, ...]]:
        if mention.entity is not None and mention.entity.id in self.graph:
            return Start(mention, mention.entity, self._retriever.head(self.graph.row(mention.entity.id))), ()
        query = mention.query
        head, notes = self._heads.of(query, progress)
        if head.row is not None and self.graph.modality(head.row) == query.modality:
            return Start(mention, self.graph.entity(head.row), head), notes
        if head.row is not None:  # a drug that is a peptide: its sequence is asked about as a protein's
            vector, notes = self._heads.vector(_KINDS[query.kind], query.value, progress)
            head = Head(vector, _KINDS[query.kind], query.modality, None, query.value)
        name = mention.text or query.label
        entity = Entity(
            f"input:{number}", query.modality, name, input_kind=_KINDS[query.kind], input=query.value, flags=("input",)
        )
        return Start(mention, entity, head), (*notes, *self._unseen(name, head))

    def _unseen(self, name: str, head: Head) -> list[str]:
        """What has to be said of an input that the graph has never seen."""
        lenders = self._retriever.read_from(head)
        words = [f"The graph does not have {name}: all that follows is predicted."]
        if lenders:
            most = [(entity, share) for entity, share in lenders if share >= _LEAST_SHARE] or lenders[:1]
            lent = ", ".join(f"{entity.name} ({percent(share)})" for entity, share in most)
            words.append(f"For {name} the bridge reads from the links of {lent}.")
        distance = self._retriever.distance_percentile(head)
        if distance is not None and distance >= FAR:
            words.append(f"{name} lies far from everything the bridge was trained on: read these hits as guesses.")
        return words


def likeliest(nodes: Iterable[Node]) -> list[Node]:
    """Suggested nodes, the one with the likeliest path first."""
    return sorted(nodes, key=lambda node: (-node.best, -node.score, node.row))


def numbered(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Facts with the numbers that sentences cite."""
    return tuple(replace(fact, number=number) for number, fact in enumerate(facts, start=1))


def too_weak(graph: KnowledgeGraph, understood: Understanding, what: str, starts: Sequence[Start]) -> Refusal:
    """Why nothing can be said: nothing known, and no suggestion above the floor."""
    names = " and ".join(start.entity.name for start in starts[:3])
    asked = understood.reading or f"{what} of {names}"
    message = (
        f"No evidence found for {asked}: the graph holds none, and the bridge suggests none with a chance of "
        f"{percent(FLOOR)} or more."
    )
    return Refusal(Reason.NO_EVIDENCE, message, instead(graph, starts, understood.steps))


def instead(graph: KnowledgeGraph, starts: Sequence[Start], failed: Sequence[Step] = ()) -> tuple[str, ...]:
    """What could be asked of the same thing; nothing of a thing that the graph does not have.

    Parameters
    ----------
    failed
        What was asked in vain, which is not offered again.
    """
    mention = starts[0].mention
    return instead_of(graph, mention, (), failed) if mention.entity is not None else ()


def union(walks: Sequence[Walk]) -> tuple[dict[int, tuple[int, Node]], dict[int, tuple[int, Node]]]:
    """What several starts lead to: row -> the start that leads there best, and how; known, and suggested alone."""
    known: dict[int, tuple[int, Node]] = {}
    guessed: dict[int, tuple[int, Node]] = {}
    for found, of in ((known, "known"), (guessed, "guessed")):
        for place, walk in enumerate(walks):
            for row, node in getattr(walk, of).items():
                if row not in found or node.best > found[row][1].best:
                    found[row] = place, node
    return known, {row: each for row, each in guessed.items() if row not in known}
