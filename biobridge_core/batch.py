"""A whole file of queries, a chunk at a time: what is finished is kept whatever happens to the rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from biobridge_core.chem.standardise import standardise
from biobridge_core.errors import BioBridgeError, BusyError, InputError
from biobridge_core.protein import parse_sequence
from biobridge_core.retrieve import Head
from biobridge_core.types import Entity, HitList, InputKind, Provenance, Query, QueryKind
from biobridge_core.uploads import MAX_ROWS, ReadAs, Row, repeated

if TYPE_CHECKING:
    from biobridge_core.encoders.base import Encoder, Note
    from biobridge_core.lookup import Lookup
    from biobridge_core.many import Many
    from biobridge_core.queueing import Progress

MAX_HITS = 100  #: a row
_READ_SECONDS = 0.5  #: how long rows are checked before somebody is told how far it is
_CHUNK = 32  #: rows at once
_CHUNK_CHARACTERS = {InputKind.SMILES: 4_000, InputKind.SEQUENCE: 12_000, InputKind.TEXT: 20_000}


class RowStatus(StrEnum):
    """How far a row is."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row."""

    row: Row
    status: RowStatus
    reason: str = ""  #: why it failed
    query: Query | None = None
    entity: Entity | None = None  #: the entity of the graph that it is
    hits: HitList | None = None
    notes: tuple[str, ...] = ()
    far: bool = False  #: whether it lies far from everything that the bridge was trained on


class Models(Protocol):
    """What encodes raw inputs, in turn with everybody else."""

    def get(self, kind: InputKind, say: Progress) -> Encoder:
        """The model of one kind of input."""

    def vectors(
        self, kind: InputKind, values: Sequence[str], say: Progress, *, background: bool = False
    ) -> tuple[NDArray[np.float32], tuple[Note, ...]]:
        """Vectors (n, d) of raw inputs in the catalogue's space, and notes."""


@dataclass(frozen=True)
class Engine:
    """The parts of the service that a batch needs."""

    lookup: Lookup
    many: Many
    models: Models
    head_of: Callable[[int], Head]  #: the query of an entity of the graph
    is_far: Callable[[Head], bool]
    provenance: Callable[[InputKind], Provenance]


@dataclass(frozen=True, slots=True)
class _Task:
    row: Row
    query: Query
    kind: InputKind
    known: int | None  #: row of the graph whose entry is asked
    raw: bool  #: whether the input has to be encoded
    notes: tuple[str, ...]


@dataclass
class Batch:
    """The rows of one file on their way. Belongs to one visitor; not to be shared between threads.

    Raises
    ------
    InputError
        If there are no rows, too many, or a modality, a relation or a number of hits that makes no sense.
    """

    engine: Engine
    rows: Sequence[Row]
    read_as: ReadAs
    to: str
    relation: str = ""
    k: int = 10
    results: dict[int, RowResult] = field(default_factory=dict)  #: row number -> what became of it
    seconds: float = 0.0  #: spent so far
    _tasks: list[_Task] = field(default_factory=list)
    _unread: int = 0
    _work_done: float = 0.0
    _sorted: bool = False

    def __post_init__(self) -> None:
        graph = self.engine.many.graph
        if not self.rows or len(self.rows) > MAX_ROWS:
            raise InputError(f"The file has {len(self.rows):,} rows.", f"Give 1 to {MAX_ROWS:,}.")
        if not 1 <= self.k <= MAX_HITS:
            raise InputError(f"The number of hits is {self.k}.", f"Ask for 1 to {MAX_HITS} a row.")
        if self.to not in graph.modalities or not len(graph.rows(self.to)):
            raise InputError(f"There are no entities of kind {self.to!r}.", f"Ask for: {', '.join(graph.modalities)}.")
        if self.relation and (self.relation not in graph.relations or graph.relations[self.relation].tail != self.to):
            raise InputError(f"The relation {self.relation!r} does not lead to {self.to}.", "Choose another, or none.")
        self._again = repeated(self.rows)

    @property
    def finished(self) -> bool:
        """Whether every row is done or has failed."""
        return len(self.results) == len(self.rows)

    @property
    def share(self) -> float:
        """How much of the work is done, 0..1; reading the rows is a tenth of it."""
        read = self._unread / len(self.rows)
        whole = self._work_done + sum(map(_work, self._tasks))
        return 1.0 if self.finished else 0.1 * read + 0.9 * (self._work_done / whole if self._sorted and whole else 0.0)

    @property
    def seconds_left(self) -> float | None:
        """Reckoned from the pace so far; None while there is none yet."""
        return self.seconds / self.share * (1 - self.share) if self.share > 0.02 and self._work_done else None

    def counts(self) -> dict[RowStatus, int]:
        """How many rows are done, have failed, and wait."""
        done = [result.status for result in self.results.values()]
        counted = {status: done.count(status) for status in RowStatus}
        return counted | {RowStatus.WAITING: len(self.rows) - len(done)}

    def table(self) -> Iterator[RowResult]:
        """Every row in the order of the file, finished or not."""
        for row in self.rows:
            yield self.results.get(row.number) or RowResult(row, RowStatus.WAITING)

    def run(self, progress: Progress | None = None) -> None:
        """Do everything."""
        while not self.finished:
            self.step(progress or _quiet)

    def step(self, say: Progress) -> None:
        """Do the next chunk: check some rows, or encode and rank some.

        What ``say`` raises stops it between two pieces of work; the chunk is then done again by the next step.

        Raises
        ------
        WeightsError
            If the model for these inputs cannot be used.
        BusyError
            If too many wait for the models.
        """
        started = time.perf_counter()
        try:
            if self._unread < len(self.rows):
                self._read(started)
            else:
                if not self._sorted:  # short ones first: something to look at soon, and even batches
                    self._tasks.sort(key=lambda task: (task.kind.value, not task.raw, len(task.query.value)))
                    self._sorted = True
                self._answer(say)
        finally:
            self.seconds += time.perf_counter() - started

    def _read(self, started: float) -> None:
        while self._unread < len(self.rows) and time.perf_counter() - started < _READ_SECONDS:
            row = self.rows[self._unread]
            self._unread += 1
            if row.problem:
                self.results[row.number] = RowResult(row, RowStatus.FAILED, row.problem)
                continue
            try:
                self._tasks.append(self._task(row))
            except BioBridgeError as error:
                self.results[row.number] = RowResult(row, RowStatus.FAILED, str(error))

    def _task(self, row: Row) -> _Task:
        lookup, graph = self.engine.lookup, self.engine.many.graph
        notes = (f"The name is also on line {self._again[row.number]}.",) if row.number in self._again else ()
        query, said = _query(lookup, row, self.read_as)
        self.engine.many.check(query.modality, self.to, self.relation)
        known = lookup.identify(query)
        if query.kind is QueryKind.ENTITY and known is not None:
            return _Task(row, query, graph.input_kind(known), known, False, (*notes, *said))
        kind = InputKind(query.kind.value)
        if known is not None and graph.inputs([known])[0] == query.value:
            return _Task(row, query, kind, known, False, (*notes, *said))
        refused = self.engine.models.get(kind, _quiet).refusal(query.value)
        if refused and known is None:
            raise refused
        if refused:
            said = (*said, f"{refused.message} It is asked by its entry in the graph instead.")
        return _Task(row, query, kind, known, not refused, (*notes, *said))

    def _chunk(self) -> list[_Task]:
        """The next tasks of one sort, as many as take about a second."""
        first, characters, chosen = self._tasks[0], 0, list[_Task]()
        for task in self._tasks[:_CHUNK]:
            characters += len(task.query.value) if task.raw else 0
            if (task.kind, task.raw) != (first.kind, first.raw) or (
                chosen and characters > _CHUNK_CHARACTERS[task.kind]
            ):
                break
            chosen.append(task)
        return chosen

    def _answer(self, say: Progress) -> None:
        tasks = self._chunk()
        try:
            made = self._results(tasks, say)
        except BusyError:
            raise
        except InputError as error:  # one input spoils the chunk: find out which
            if len(tasks) == 1:
                made = [RowResult(tasks[0].row, RowStatus.FAILED, str(error), tasks[0].query)]
            else:
                made = [result for task in tasks for result in self._alone(task, say)]
        self.results |= {result.row.number: result for result in made}
        self._work_done += sum(map(_work, tasks))
        del self._tasks[: len(tasks)]

    def _alone(self, task: _Task, say: Progress) -> list[RowResult]:
        try:
            return self._results([task], say)
        except InputError as error:
            return [RowResult(task.row, RowStatus.FAILED, str(error), task.query)]

    def _results(self, tasks: Sequence[_Task], say: Progress) -> list[RowResult]:
        heads, notes = self._heads(tasks, say)
        found = self.engine.many.retrieve(heads, self.to, self.k, self.relation)
        graph = self.engine.many.graph
        return [
            RowResult(
                task.row,
                RowStatus.DONE,
                query=task.query,
                entity=graph.entity(task.known) if task.known is not None else None,
                hits=hits,
                notes=(*task.notes, *said),
                far=head.row is None and self.engine.is_far(head),
            )
            for task, head, hits, said in zip(tasks, heads, found, notes, strict=True)
        ]

    def _heads(self, tasks: Sequence[_Task], say: Progress) -> tuple[list[Head], list[tuple[str, ...]]]:
        if not tasks[0].raw:
            return [self.engine.head_of(task.known) for task in tasks if task.known is not None], [()] * len(tasks)
        values = list(dict.fromkeys(task.query.value for task in tasks))  # the same input once
        kind = tasks[0].kind
        vectors, notes = self.engine.models.vectors(kind, values, say, background=True)
        place = {value: i for i, value in enumerate(values)}
        said: dict[int, tuple[str, ...]] = {}
        for note in notes:
            if note.index is not None:
                said[note.index] = (*said.get(note.index, ()), note.message)
        heads = [Head(vectors[place[t.query.value]], kind, t.query.modality, t.known, t.query.value) for t in tasks]
        return heads, [said.get(place[task.query.value], ()) for task in tasks]


def _query(lookup: Lookup, row: Row, read_as: ReadAs) -> tuple[Query, tuple[str, ...]]:
    """What a row asks about, and what was changed about it.

    Raises
    ------
    InputError
        If it cannot be read as what the column is said to hold.
    """
    if read_as is ReadAs.NAME:
        found = lookup.find(row.value)
        if found.chosen is not None and found.chosen.kind is QueryKind.ENTITY:
            return found.chosen, found.notes
        if found.chosen is not None and found.chosen.kind is not QueryKind.TEXT:
            return found.chosen, found.notes
        named = [f"{q.label} ({q.value})" for q in found.alternatives if q.kind is QueryKind.ENTITY][:4]
        hint = f"Did you mean {' or '.join(named)}?" if named else "Check the spelling, or give an id."
        said = next((n for n in found.notes if "can mean" in n), f"Nothing in the graph is called “{row.value[:60]}”.")
        raise InputError(said, hint)
    modality = {m.input_kind: m.name for m in reversed(lookup.graph.modalities.values())}
    if read_as is ReadAs.SMILES:
        molecule = standardise(row.value)
        notes = (f"Standardised: {', '.join(molecule.notes)}.",) if molecule.notes else ()
        query = Query(row.value, QueryKind.SMILES, modality[InputKind.SMILES], molecule.smiles, row.name)
        return query, notes
    protein = parse_sequence(row.value)
    return Query(row.value, QueryKind.SEQUENCE, modality[InputKind.SEQUENCE], protein.residues, row.name), protein.notes


def _work(task: _Task) -> float:
    """Relative cost of a task: a rough share of a second."""
    if not task.raw:
        return 0.02
    return 0.02 + len(task.query.value) * (0.0015 if task.kind is InputKind.SEQUENCE else 0.0004)


def _quiet(_message: str, _done: float) -> None:
    """Progress that nobody listens to."""
