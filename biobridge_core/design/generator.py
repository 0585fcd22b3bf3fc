"""What proposes molecules: one interface, and the one that recombines fragments of the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import accumulate, chain
from multiprocessing import get_context
from random import Random
from typing import Protocol, Self

from biobridge_core.chem.fragments import Assembly, build
from biobridge_core.chem.workshop import Made, Task, Workshop, make_in_process, open_in_process
from biobridge_core.design.candidate import Found

_FRESH = 0.3  #: parents that are drawn from the evidence rather than from the best so far
_STEEP = 12.0  #: the best of the pool is this many times as likely a parent as the last


@dataclass(frozen=True, slots=True)
class Proposal:
    """A molecule that somebody proposes, and the molecules that it was made from."""

    made: Made
    parents: tuple[str, ...] = ()


class Generator(Protocol):
    """Proposes molecules round by round.

    It knows the goal through the evidence that it was made with, and the pool: the best molecules so far with their
    scores. What it proposes depends on the round, the pool and its seed alone. Another kind (a language model, a
    trained network) makes its molecules into `Made` with `Workshop.look`, fragments cut by `chem.fragments.cut`.
    """

    name: str

    def propose(self, number: int, n: int, pool: Sequence[Found]) -> list[Proposal]:
        """About ``n`` molecules for round ``number`` (from 0); ``pool`` holds the best so far, best first."""

    def close(self) -> None:
        """Let go of processes and files."""

    def notes(self) -> tuple[str, ...]:
        """What has to be said of how it went, for people."""


class Recombination:
    """Fragments of the evidence, joined and changed by a genetic algorithm.

    Parameters
    ----------
    workers
        Processes that make molecules. Their number changes nothing in the result.
    """

    name = "fragment recombination"

    def __init__(self, workshop: Workshop, seed: int, workers: int = 1) -> None:
        self._workshop, self._seed, self._workers = workshop, seed, max(1, workers)
        self._pool: Executor | None = None
        self._starts = list(accumulate(workshop.library.start_weights))
        self._named = [(_smiles_of(assembly), assembly) for assembly in workshop.library.starts]

    def propose(self, number: int, n: int, pool: Sequence[Found]) -> list[Proposal]:
        """The molecules of the evidence first; then children of them and of the best so far."""
        library, proposals = self._workshop.library, list[Proposal]()
        if number == 0:
            proposals = [Proposal(self._workshop.start(assembly)) for assembly in library.starts]
        rng = Random(f"{self._seed}:{number}")
        sums = list(accumulate(_STEEP ** -(place / max(len(pool) - 1, 1)) for place in range(len(pool))))
        chosen = [[self._parent(rng, pool, sums) for _ in range(2)] for _ in range(n)]
        tasks = [
            Task(f"{self._seed}:{number}:{place}", tuple(assembly for _, assembly in parents))
            for place, parents in enumerate(chosen)
        ]
        for parents, made in zip(chosen, self._make(tasks), strict=True):
            used = parents if made.operation == "crossed" else parents[:1]
            proposals.append(Proposal(made, tuple(dict.fromkeys(smiles for smiles, _ in used))))
        return proposals

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def notes(self) -> tuple[str, ...]:
        """Nothing: it always makes molecules."""
        return ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _parent(self, rng: Random, pool: Sequence[Found], sums: Sequence[float]) -> tuple[str, Assembly]:
        if pool and rng.random() >= _FRESH:
            found = rng.choices(pool, cum_weights=sums)[0]
            return found.smiles, found.assembly
        return rng.choices(self._named, cum_weights=self._starts)[0]

    def _make(self, tasks: Sequence[Task]) -> list[Made]:
        if self._workers == 1:
            return [self._workshop.make(task) for task in tasks]
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._workers, get_context("spawn"), initializer=open_in_process, initargs=(self._workshop,)
            )
        size = -(-len(tasks) // (2 * self._workers))
        parts = [tasks[start : start + size] for start in range(0, len(tasks), size)]
        return list(chain.from_iterable(self._pool.map(make_in_process, parts)))


def _smiles_of(assembly: Assembly) -> str:
    built = build(assembly)
    return built.smiles if built is not None else ""
