"""What proposes molecules: one interface, and the one that recombines fragments of the evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Protocol, Self

from biobridge_core.chem.fragments import Assembly, build
from biobridge_core.chem.workshop import Crew, Made, Task, Workshop
from biobridge_core.design.candidate import Found

_FRESH = 0.3  #: parents that are drawn from the evidence rather than from the best so far
_STEEP = 12.0  #: the best of the pool is this many times as likely a parent as the last
_AROUND = 0.5  #: share of a round that goes to small changes of the evidence, while there are any left to make
_MOST, _FEWEST = 14, 6  #: small changes of the weightiest molecule of the evidence, and of the lightest


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
    """Fragments of the evidence: small changes of each of its molecules, and a genetic algorithm that goes further.

    What an active molecule that nobody knows looks like is best covered from all of the evidence at once, so each
    molecule of it has children of its own; those of the best so far go on from there.

    Parameters
    ----------
    crew
        Who makes the molecules.
    """

    name = "fragment recombination"

    def __init__(self, workshop: Workshop, seed: int, crew: Crew | None = None) -> None:
        self._workshop, self._seed, self._crew = workshop, seed, crew or Crew(workshop)
        self._starts = list(accumulate(workshop.library.start_weights))
        self._named = [(_smiles_of(assembly), assembly) for assembly in workshop.library.starts]
        self._turns = in_turn(workshop.library.start_weights, _MOST, _FEWEST)
        self._begun: dict[tuple[int, int], Callable[[], list[Made]]] = {}

    def propose(self, number: int, n: int, pool: Sequence[Found]) -> list[Proposal]:
        """The molecules of the evidence first; then children of them and of the best so far."""
        library, proposals = self._workshop.library, list[Proposal]()
        if number == 0:
            proposals = [Proposal(self._workshop.start(assembly)) for assembly in library.starts]
        rng = Random(f"{self._seed}:{number}")
        sums = list(accumulate(_STEEP ** -(place / max(len(pool) - 1, 1)) for place in range(len(pool))))
        near = [[self._named[place]] for place in self._near(number, n)]
        far = [[self._parent(rng, pool, sums) for _ in range(2)] for _ in range(n - len(near))]
        changed = self._begun.pop((number, n), None) or self._begin(number, n)
        tasks = [
            Task(f"{self._seed}:{number}:{place}", tuple(assembly for _, assembly in parents))
            for place, parents in enumerate(far)
        ]
        recombined = self._crew.begin(Workshop.make, tasks)
        self._begun[number + 1, n] = self._begin(number + 1, n)  # made while the molecules of this round are judged
        for parents, made in zip([*near, *far], [*changed(), *recombined()], strict=True):
            used = parents if made.operation == "crossed" else parents[:1]
            proposals.append(Proposal(made, tuple(dict.fromkeys(smiles for smiles, _ in used))))
        return proposals

    def close(self) -> None:
        """End the processes."""
        self._crew.close()

    def notes(self) -> tuple[str, ...]:
        """Nothing: it always makes molecules."""
        return ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _near(self, number: int, n: int) -> list[int]:
        share = round(_AROUND * n)
        return self._turns[number * share : (number + 1) * share]

    def _begin(self, number: int, n: int) -> Callable[[], list[Made]]:
        """Begin with the small changes of a round; they hang on nothing that comes before."""
        tasks = [
            Task(f"{self._seed}:{number}:near:{place}", (self._named[start][1],), small=True)
            for place, start in enumerate(self._near(number, n))
        ]
        return self._crew.begin(Workshop.make, tasks)

    def _parent(self, rng: Random, pool: Sequence[Found], sums: Sequence[float]) -> tuple[str, Assembly]:
        if pool and rng.random() >= _FRESH:
            found = rng.choices(pool, cum_weights=sums)[0]
            return found.smiles, found.assembly
        return rng.choices(self._named, cum_weights=self._starts)[0]


def in_turn(weights: Sequence[float], most: int, fewest: int) -> list[int]:
    """Places of the evidence in the order of their turns: each once, the weightiest first, then each again.

    Parameters
    ----------
    most, fewest
        Turns of the weightiest, and of the lightest at least.
    """
    order = sorted(range(len(weights)), key=lambda place: (-weights[place], place))
    top = max(weights, default=1.0) or 1.0
    turns = {place: max(fewest, round(most * weights[place] / top)) for place in order}
    return [place for turn in range(most) for place in order if turn < turns[place]]


def _smiles_of(assembly: Assembly) -> str:
    built = build(assembly)
    return built.smiles if built is not None else ""
