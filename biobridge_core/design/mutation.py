"""The generator that lets CReM change the best molecules so far; see `chem.crem`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from biobridge_core.chem.crem import Mutant, mutate
from biobridge_core.chem.fragments import Assembly, cut, joinable
from biobridge_core.chem.genetic import REPLACEMENT
from biobridge_core.chem.workshop import Crew, Made, Workshop
from biobridge_core.design.candidate import Found
from biobridge_core.design.generator import Proposal
from biobridge_core.errors import InputError

CREM = "CReM"  #: stands for a known drug where a fragment that CReM put in is in none
_EACH = 4  #: children of one of the best so far; CReM needs half a second of a core for a parent, however many
_OF_EVIDENCE = 12  #: children of one molecule of the evidence
_WORTH = 0.45  #: of the greatest weight that a molecule of the evidence must have to be changed by CReM


@dataclass(frozen=True, slots=True)
class _Parent:
    """A molecule that is changed, with the places in its SMILES of the atoms of each core."""

    smiles: str
    assembly: Assembly
    atoms: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class _Task:
    """One call of CReM."""

    smiles: str
    database: Path
    n: int
    seed: int


def _mutants(_workshop: Workshop, task: _Task) -> list[Mutant]:
    return mutate(task.smiles, task.database, task.n, task.seed)


class Mutation:
    """Replaces a fragment of a molecule by one that known molecules have in the same surroundings.

    The molecules of the evidence that weigh most come first, then the best so far.

    Parameters
    ----------
    database
        Made by `chem.crem.make`.
    example
        Of a core, the id of one known drug that has it.
    """

    name = "CReM mutation"

    def __init__(
        self, workshop: Workshop, seed: int, database: Path, example: Mapping[str, str], crew: Crew | None = None
    ) -> None:
        self._workshop, self._seed, self._database, self._example = workshop, seed, database, example
        self._crew = crew or Crew(workshop)
        self._begun: dict[tuple[int, int], Callable[[], list[list[Mutant]]]] = {}
        library = workshop.library
        least = _WORTH * max(library.start_weights)
        heavy = [place for place, weight in enumerate(library.start_weights) if weight >= least]
        order = sorted(heavy, key=lambda place: (-library.start_weights[place], place))
        made = (workshop.start(library.starts[place]) for place in order)
        self._evidence = [_Parent(one.smiles, one.assembly, one.atoms) for one in made if one.assembly is not None]

    def propose(self, number: int, n: int, pool: Sequence[Found]) -> list[Proposal]:
        """Children of the evidence, its weightiest first; once all of it had its turn, of the best molecules so far."""
        parents = self._turn(number, n)
        done = self._begun.pop((number, n), None) or self._begin(number, parents, _OF_EVIDENCE)
        if not parents:
            wanted = -(-n // (2 * _EACH))
            stride = max(1, len(pool) // max(wanted * 2, 1))
            best = [*pool[: wanted // 2], *pool[wanted // 2 + number % stride :: stride]][:wanted]
            parents = [_Parent(found.smiles, found.assembly, found.atoms) for found in best]
            done = self._begin(number, parents, _EACH)
        self._begun[number + 1, n] = self._begin(number + 1, self._turn(number + 1, n), _OF_EVIDENCE)
        proposals: list[Proposal] = []
        for parent, mutants in zip(parents, done(), strict=True):
            made = [self._made(parent, mutant) for mutant in mutants]
            proposals += [Proposal(one, (parent.smiles,)) for one in made if one is not None]
        return proposals[:n]

    def close(self) -> None:
        """End the processes."""
        self._crew.close()

    def notes(self) -> tuple[str, ...]:
        """Nothing has to be said."""
        return ()

    def _turn(self, number: int, n: int) -> list[_Parent]:
        share = max(1, n // _OF_EVIDENCE)
        return self._evidence[number * share : (number + 1) * share]

    def _begin(self, number: int, parents: Sequence[_Parent], each: int) -> Callable[[], list[list[Mutant]]]:
        tasks = [_Task(parent.smiles, self._database, each, self._chance(number, parent)) for parent in parents]
        return self._crew.begin(_mutants, tasks)

    def _chance(self, number: int, parent: _Parent) -> int:
        digest = hashlib.sha256(f"{self._seed}:{number}:{parent.smiles}".encode()).digest()
        return int.from_bytes(digest[:4], "big")

    def _made(self, parent: _Parent, mutant: Mutant) -> Made | None:
        try:
            assembly = cut(mutant.smiles)
        except InputError:
            return None
        built = joinable(assembly, self._workshop.library.seen)
        if built is None or built.smiles != mutant.smiles:
            return None
        pairs = zip(parent.atoms, parent.assembly.origins, strict=True)
        giver = {atom: origin for atoms, origin in pairs for atom in atoms}
        origins = tuple(
            self._origin(core, {giver.get(mutant.atoms[place], "") for place in atoms})
            for core, atoms in zip(assembly.cores, built.atoms, strict=True)
        )
        put_in = sum(place < 0 for place in mutant.atoms)
        words = (
            f"{put_in} {'atom' if put_in == 1 else 'atoms'} put in by CReM" if put_in else "a part taken off by CReM"
        )
        return self._workshop.look(built, Assembly(assembly.cores, assembly.joints, origins), words, sound=True)

    def _origin(self, core: str, givers: set[str]) -> str:
        """The one who gave all atoms of a core; a fragment that is not whole from one giver is a replacement."""
        if len(givers) == 1 and (giver := next(iter(givers))):
            return giver
        return REPLACEMENT + self._example.get(core, CREM)
