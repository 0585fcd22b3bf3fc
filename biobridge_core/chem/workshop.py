"""Where candidates are made and looked at from their structure alone, in one process or in several.

What comes out depends on the task alone, its seed included, and never on who carries it out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from multiprocessing import get_context
from random import Random
from typing import TypeVar

from rdkit import Chem, rdBase
from rdkit.Chem.Scaffolds import MurckoScaffold

from biobridge_core.chem.fragments import Assembly, Built, build, heavy_atoms, joinable
from biobridge_core.chem.genetic import Library, nudged, offspring
from biobridge_core.chem.guard import guarded
from biobridge_core.chem.patterns import has
from biobridge_core.chem.standardise import Mol
from biobridge_core.chem.traits import Traits, bits, traits

_TRIES = 8  #: changes that are tried until one gives a molecule
#: Ends that come about where a fragment stays open that should be joined: aldehydes, thiols, sulfinic and nitrous ends.
_OPEN = "[$([CX3;H1,H2]=[O,S]),$([#16;H1]),$([#15;H1]),$([N+;H1](=O)[O-]),$([NX2;H1]=[N,O])]"


@dataclass(frozen=True, slots=True)
class Limits:
    """What every candidate has to keep to."""

    keep: str = ""  #: SMARTS that it must have
    without: str = ""  #: SMARTS that it must not have
    max_heavy: int = 50
    min_heavy: int = 10


@dataclass(frozen=True, slots=True)
class Task:
    """One child to make. ``seed`` is all that its chance comes from."""

    seed: str
    parents: tuple[Assembly, ...]
    small: bool = False  #: one small change of the first parent, no more


@dataclass(frozen=True, slots=True)
class Made:
    """What became of one task: a molecule, or why there is none."""

    smiles: str = ""
    assembly: Assembly | None = None
    operation: str = ""
    atoms: tuple[tuple[int, ...], ...] = ()  #: of each core of the assembly, places in ``smiles``
    traits: Traits | None = None
    bits: bytes = b""  #: ECFP4, packed
    scaffold: str = ""  #: Murcko
    withheld: str = ""  #: name of the guarded class


@dataclass(frozen=True)
class Workshop:
    """Makes children out of one library."""

    library: Library
    limits: Limits

    def make(self, task: Task) -> Made:
        """Change the parents until a molecule comes out that keeps to the limits."""
        rng = Random(task.seed)
        for _ in range(_TRIES):
            if task.small:
                child = nudged(rng, task.parents[0], self.library)
            else:
                child = offspring(rng, task.parents, self.library)
            if child is None or not self._fits(child[0]):
                continue
            built = joinable(child[0], self.library.seen)
            if built is None:
                continue
            made = self.look(built, child[0], child[1], sound=True)
            if made is not None:
                return made
        return Made()

    def start(self, assembly: Assembly) -> Made:
        """A molecule of the evidence as it is; guarded ones are none."""
        built = build(assembly)
        made = self.look(built, assembly, "retrieved") if built is not None else None
        return made or Made()

    def look(self, built: Built, assembly: Assembly, operation: str, *, sound: bool = False) -> Made | None:
        """Judge a molecule; None where it breaks the limits, or with ``sound`` has an end that nobody would leave."""
        with rdBase.BlockLogs():
            mol: Mol = Chem.MolFromSmiles(built.smiles)
            if mol is None or not self._allowed(mol) or (sound and has(mol, _OPEN)):
                return None
            if (group := guarded(mol)) is not None:
                return Made(withheld=group.name)
            scaffold: str = MurckoScaffold.MurckoScaffoldSmiles(mol=mol)  # type: ignore[no-untyped-call]
            return Made(built.smiles, assembly, operation, built.atoms, traits(mol), bits(mol), scaffold)

    def _fits(self, assembly: Assembly) -> bool:
        size = sum(map(heavy_atoms, assembly.cores))
        return self.limits.min_heavy <= size <= self.limits.max_heavy

    def _allowed(self, mol: Mol) -> bool:
        if self.limits.keep and not has(mol, self.limits.keep):
            return False
        return not (self.limits.without and has(mol, self.limits.without))


_T = TypeVar("_T")
_R = TypeVar("_R")
_WORKSHOP: list[Workshop] = []


class Crew:
    """Carries out tasks in order, here or in other processes; their number changes nothing in what comes out.

    Parameters
    ----------
    workshop
        What every process has at hand; none starts before there is something to do.
    workers
        Processes; with 1 everything is done in this one.
    """

    def __init__(self, workshop: Workshop, workers: int = 1) -> None:
        self._workshop, self._workers = workshop, max(1, workers)
        self._pool: ProcessPoolExecutor | None = None

    def begin(self, act: Callable[[Workshop, _T], _R], tasks: Sequence[_T]) -> Callable[[], list[_R]]:
        """Begin with tasks; what comes back waits, and gives what a function of a module makes of each, in order."""
        if self._workers == 1 or not tasks:
            return lambda: [act(self._workshop, task) for task in tasks]
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._workers, get_context("spawn"), initializer=_open, initargs=(self._workshop,)
            )
        size = -(-len(tasks) // (2 * self._workers))
        parts = [tasks[start : start + size] for start in range(0, len(tasks), size)]
        begun = self._pool.map(partial(_in_process, act), parts)
        return lambda: list(chain.from_iterable(begun))

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


def _open(workshop: Workshop) -> None:
    _WORKSHOP[:] = [workshop]


def _in_process(act: Callable[[Workshop, _T], _R], tasks: Sequence[_T]) -> list[_R]:
    return [act(_WORKSHOP[0], task) for task in tasks]
