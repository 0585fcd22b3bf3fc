"""Two or more things beside each other: is A linked to B, several at once, wild type against mutant."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from biobridge_core.alignment import Alignment, align
from biobridge_core.errors import InputError
from biobridge_core.findings import MODALITY as FINDINGS
from biobridge_core.findings import Finding, FindingFinder, Reading, reading
from biobridge_core.queueing import Progress
from biobridge_core.retrieve import Head, Retriever
from biobridge_core.together import Combine, JointHit, Member, Shown, Signature, ranked, ranks, said_absent
from biobridge_core.types import Edge, Entity, Hit, HitStatus, InputKind, Query, Why

if TYPE_CHECKING:
    from biobridge_core.encoders.base import Note
    from biobridge_core.explain.why import Explainer
    from biobridge_core.kg.graph import KnowledgeGraph

__all__ = ["Combine", "Comparer", "Direction", "JointHit", "Member", "Moved", "Near", "Pair", "Signature", "Variant"]

MAX_MEMBERS = 30  #: of a signature
MAX_HITS = 200
HIGH, LOW = 99.0, 90.0  #: percentiles above which one way round speaks for a link, and below which it does not
_SAMPLE = 300  #: proteins whose nearest neighbour says what a usual distance is
_CANDIDATES = 6  #: known proteins that are aligned to find the nearest

_Floats = NDArray[np.float32]


class Models(Protocol):
    """What encodes raw inputs, in turn with everybody else."""

    def vectors(
        self, kind: InputKind, values: Sequence[str], say: Progress, *, background: bool = False
    ) -> tuple[_Floats, tuple[Note, ...]]:
        """Vectors (n, d) of raw inputs in the catalogue's space, and notes."""


@dataclass(frozen=True, slots=True)
class Direction:
    """Where one end stands among all entities of its kind when the other one is asked."""

    asked: Query
    hit: Hit
    n_candidates: int
    note: str
    why: Why


@dataclass(frozen=True, slots=True)
class Pair:
    """Two things, and what speaks for a link between them."""

    a: Query
    b: Query
    known: tuple[Edge, ...]  #: the direct links in the graph
    ways: tuple[Direction, ...]  #: from a to b, then from b to a, as far as the other end is in the graph
    answer: str  #: one sentence
    disagreement: str  #: where the ways and the votes disagree; empty where they do not


@dataclass(frozen=True, slots=True)
class Near:
    """The known protein that a sequence is most like."""

    entity: Entity
    alignment: Alignment


@dataclass(frozen=True, slots=True)
class Moved:
    """One hit of the wild type or of the mutant, and where the other one puts it."""

    entity: Entity
    ranks: tuple[int, int]  #: wild type, mutant
    scores: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Variant:
    """Two sequences beside each other; both are read as if the graph had never seen them."""

    alignment: Alignment
    nearest: tuple[Near | None, Near | None]
    to: str
    hits: tuple[Moved, ...]  #: best of either first
    shared: int  #: of the best k, how many both have
    k: int
    n_candidates: int
    shift: float  #: 1 - cosine between the two in the encoder's space
    usual: float  #: median of 1 - cosine between a known protein and the nearest other one
    nearer: (
        float  #: share of known proteins whose nearest neighbour is nearer than the mutant is to the wild type, percent
    )
    notes: tuple[str, ...]


class Comparer:
    """Compares queries of one bundle. Read-only; safe to share between threads.

    Parameters
    ----------
    head_of
        Reads a query, with what has to be said about it.
    """

    def __init__(
        self,
        graph: KnowledgeGraph,
        retriever: Retriever,
        explainer: Explainer,
        models: Models,
        head_of: Callable[[Query, Progress | None], tuple[Head, tuple[str, ...]]],
    ) -> None:
        self.graph, self._retriever, self._explainer = graph, retriever, explainer
        self._models, self._head_of = models, head_of
        self._lock = threading.Lock()
        self._finder: FindingFinder | None = None
        self._ontology: Shown | None = None
        self._nearest: _Floats | None = None

    def pair(self, a: Query, b: Query, progress: Progress | None = None) -> Pair:
        """Is A linked to B?

        Raises
        ------
        InputError
            If they are the same, or neither of them is an entity of the graph.
        """
        heads = [self._head_of(query, progress)[0] for query in (a, b)]
        if heads[0].row is None and heads[1].row is None:
            raise InputError(
                "Neither of the two is in the graph.", "At least one of them has to be a known gene, drug or disease."
            )
        if heads[0].row is not None and heads[0].row == heads[1].row:
            raise InputError("Both are the same entity.", "Choose two different ones.")
        ways = []
        for asked, head, other in ((a, heads[0], heads[1]), (b, heads[1], heads[0])):
            if other.row is not None:
                listed = self._retriever.place(head, other.row)
                hit = next((h for h in listed.hits if h.entity.id == self.graph.ids[other.row]), None)
                if hit is not None:
                    why = self._explainer.why(asked, head, other.row)
                    ways.append(Direction(asked, hit, listed.n_candidates, listed.note, why))
        known = ways[0].why.known if ways else ()
        return Pair(a, b, known, tuple(ways), _answer(a, b, known, ways), _disagreement(ways))

    def signature(
        self,
        queries: Sequence[Query],
        to: str,
        k: int = 20,
        how: Combine = Combine.PROBABILITIES,
        progress: Progress | None = None,
        absent: Sequence[Query] = (),
    ) -> Signature:
        """What several queries point at together, and each by itself; see `biobridge_core.together`.

        Parameters
        ----------
        how
            Where a query is of the modality ``to`` itself, it has similarities instead of probabilities, so that only
            ranks can be combined.
        absent
            Findings that are said not to be there: what the graph says shows them is marked and goes down.

        Raises
        ------
        InputError
            If there is no query or more than 30, or ``to`` or ``k`` makes no sense.
        """
        if not 1 <= len(queries) <= MAX_MEMBERS or len(absent) > MAX_MEMBERS:
            raise InputError(f"There are {len(queries)} things to ask about.", f"Give 1 to {MAX_MEMBERS}.")
        if to not in self.graph.modalities or not 1 <= k <= MAX_HITS:
            raise _unasked(k, to)
        notes: list[str] = []
        if any(query.modality == to for query in queries) and how is Combine.PROBABILITIES and len(queries) > 1:
            how = Combine.RANKS
            notes.append("Some of them are of the kind looked for, so ranks are combined, not probabilities.")
        heads = [self._head_of(query, progress)[0] for query in queries]
        rows = self.graph.rows(to)
        scores = np.stack([self._scores(head, to, rows) for head in heads])  # (n, rows), -inf where not comparable
        hits, set_back, n_candidates = ranked(self._shown(), scores, [head.row for head in heads], to, how, k, absent)
        if absent:
            notes.append(said_absent(absent))
        return Signature(tuple(queries), to, how, hits, n_candidates, tuple(notes), tuple(absent), set_back)

    def read(self, text: str, progress: Progress | None = None) -> Reading:
        """What a sentence says of phenotypes: which are there, which are not, and which words were not understood.

        Raises
        ------
        InputError
            If the text is too long.
        """
        finder = self._findings()
        found, rests = finder.named(text)
        if rests:
            vectors, _ = self._models.vectors(
                InputKind.TEXT, [rest.words for rest in rests], progress or (lambda _message, _done: None)
            )
            heads = [Head(vector, InputKind.TEXT, FINDINGS, None, "") for vector in vectors]
            rankings = [self._retriever.ranking(head, FINDINGS) for head in heads]
            found += finder.near(rests, np.stack([r.scores for r in rankings]), rankings[0].rows)
        return reading(text, found)

    def findings(self, text: str, progress: Progress | None = None) -> list[Finding]:
        """Phenotypes that a sentence speaks of, in its order, each once; see `read`."""
        return list(self.read(text, progress).findings)

    def variant(self, wild: str, mutant: str, to: str, k: int = 20, progress: Progress | None = None) -> Variant:
        """Wild type against mutant: two checked protein sequences.

        Raises
        ------
        InputError
            If they are equal, or ``to`` or ``k`` makes no sense.
        """
        if wild == mutant:
            raise InputError("Both sequences are the same.", "Change one of them.")
        modality = next((m.name for m in self.graph.modalities.values() if m.input_kind is InputKind.SEQUENCE), "")
        if not modality or to not in self.graph.modalities or not 1 <= k <= MAX_HITS:
            raise _unasked(k, to)
        vectors, notes = self._models.vectors(
            InputKind.SEQUENCE, [wild, mutant], progress or (lambda _message, _done: None)
        )
        heads = [
            Head(vector, InputKind.SEQUENCE, modality, None, text)
            for vector, text in zip(vectors, (wild, mutant), strict=True)
        ]
        rows = self.graph.rows(to)
        scores = np.stack([self._scores(head, to, rows) for head in heads])
        places = np.stack([ranks(line) for line in scores])
        best = [set(np.flatnonzero(line <= k).tolist()) for line in places]
        listed = sorted(best[0] | best[1], key=lambda i: (int(places[:, i].min()), int(places[:, i].sum())))
        shift = 1.0 - _cosine(vectors[0], vectors[1])
        usual = 1.0 - self._usual(modality)
        return Variant(
            alignment=align(wild, mutant),
            nearest=(self._near(heads[0]), self._near(heads[1])),
            to=to,
            hits=tuple(
                Moved(
                    self.graph.entity(int(rows[i])),
                    (int(places[0, i]), int(places[1, i])),
                    (float(scores[0, i]), float(scores[1, i])),
                )
                for i in listed
            ),
            shared=len(best[0] & best[1]),
            k=k,
            n_candidates=len(rows),
            shift=shift,
            usual=float(np.median(usual)),
            nearer=100.0 * float((usual < shift).mean()),
            notes=tuple(dict.fromkeys(note.message for note in notes)),
        )

    def _scores(self, head: Head, to: str, rows: NDArray[np.int32]) -> _Floats:
        """Score of every row of a modality; what cannot be compared with the query has none (-inf)."""
        ranking = self._retriever.ranking(head, to)
        scores = np.full(len(rows), -np.inf, dtype=np.float32)
        scores[ranking.rows - rows[0]] = ranking.scores
        return scores

    def _near(self, head: Head) -> Near | None:
        """The known protein with most identical residues, among those nearest by content and by shared stretches."""
        asked = self._retriever.asked(head)
        first = int(self.graph.rows(head.modality)[0])
        places = dict.fromkeys(
            int(i) for likeness in (asked.pieces[0], asked.content[0]) for i in np.argsort(-likeness)[:_CANDIDATES]
        )
        entities = [self.graph.entity(first + place) for place in places]
        found = [Near(e, align(e.input, head.text)) for e in entities if e.input_kind is InputKind.SEQUENCE]
        return max(found, key=lambda near: near.alignment.identity, default=None)

    def _usual(self, modality: str) -> _Floats:
        """Cosine of a fixed sample of proteins with the nearest other one."""
        with self._lock:
            if self._nearest is None:
                rows = self.graph.rows(modality)
                sample = np.random.default_rng(0).permutation(rows)[:_SAMPLE]
                heads = [self._retriever.head(int(row)) for row in sample]
                self._nearest = np.array([self._retriever.nearest(head, 1)[0][1] for head in heads], dtype=np.float32)
            return self._nearest

    def _shown(self) -> Shown:
        with self._lock:
            if self._ontology is None:
                self._ontology = Shown(self.graph, FINDINGS)
            return self._ontology

    def _findings(self) -> FindingFinder:
        with self._lock:
            if self._finder is None:
                self._finder = FindingFinder(self.graph)
            return self._finder


def _unasked(k: int, to: str) -> InputError:
    return InputError(f"{k} hits of kind {to!r} cannot be asked for.", f"Choose a kind from the list, 1 to {MAX_HITS}.")


def _cosine(one: _Floats, other: _Floats) -> float:
    return float(one @ other / max(float(np.linalg.norm(one) * np.linalg.norm(other)), 1e-12))


def _answer(a: Query, b: Query, known: Sequence[Edge], ways: Sequence[Direction]) -> str:
    if not ways:
        return f"{a.label} and {b.label} cannot be compared: one has no input of the kind that the other one has."
    if known:
        labels = " and ".join(dict.fromkeys(edge.label for edge in known))
        return f"The graph holds this link: {a.label} {labels} {b.label}."
    if ways[0].hit.status is HitStatus.SIMILAR:
        return f"{a.label} and {b.label} are of one kind; how alike they are is shown, no link is meant."
    best = max(way.hit.percentile for way in ways)
    worst = min(way.hit.percentile for way in ways)
    if worst >= HIGH:
        return f"The graph has no link between {a.label} and {b.label}; the bridge suggests one."
    if best >= HIGH:
        return f"The graph has no link between {a.label} and {b.label}; the bridge suggests one from one side only."
    return f"No evidence found that {a.label} is linked to {b.label}."


def _disagreement(ways: Sequence[Direction]) -> str:
    said = []
    if len(ways) == 2:
        high, low = sorted(ways, key=lambda way: -way.hit.percentile)
        if high.hit.percentile >= HIGH and low.hit.percentile < LOW:
            said.append(
                f"The two ways round disagree: asked from {high.asked.label} it stands in the top 1 %, asked from "
                f"{low.asked.label} above {low.hit.percentile:.0f} % only."
            )
    for way in ways:
        heard = way.why.agreement
        if heard is not None and "disagree" in heard.sentence:
            said.append(f"Asked from {way.asked.label}: {heard.sentence}")
    return " ".join(said)
