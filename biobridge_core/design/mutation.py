"""The generator that lets CReM change the best molecules so far; see `chem.crem`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from biobridge_core.chem.crem import Mutant, mutate
from biobridge_core.chem.fragments import Assembly, cut, joinable
from biobridge_core.chem.genetic import REPLACEMENT
from biobridge_core.chem.workshop import Made, Workshop
from biobridge_core.design.candidate import Found
from biobridge_core.design.generator import Proposal
from biobridge_core.errors import InputError

CREM = "CReM"  #: stands for a known drug where a fragment that CReM put in is in none
_EACH = 4  #: children of one parent


class Mutation:
    """Replaces a fragment of a molecule by one that known molecules have in the same surroundings.

    Parameters
    ----------
    database
        Made by `chem.crem.make`.
    example
        Of a core, the id of one known drug that has it.
    """

    name = "CReM mutation"

    def __init__(self, workshop: Workshop, seed: int, database: Path, example: Mapping[str, str]) -> None:
        self._workshop, self._seed, self._database, self._example = workshop, seed, database, example

    def propose(self, number: int, n: int, pool: Sequence[Found]) -> list[Proposal]:
        """Children of the best molecules so far, of others in every round; none in the first, which has no pool."""
        wanted = -(-n // (2 * _EACH))  # each takes longer than to recombine
        stride = max(1, len(pool) // max(wanted * 2, 1))
        parents = [*pool[: wanted // 2], *pool[wanted // 2 + number % stride :: stride]][:wanted]
        proposals: list[Proposal] = []
        for parent in parents:
            digest = hashlib.sha256(f"{self._seed}:{number}:{parent.smiles}".encode()).digest()
            for mutant in mutate(parent.smiles, self._database, _EACH, int.from_bytes(digest[:4], "big")):
                made = self._made(parent, mutant)
                if made is not None:
                    proposals.append(Proposal(made, (parent.smiles,)))
        return proposals[:n]

    def close(self) -> None:
        """Nothing is held."""

    def notes(self) -> tuple[str, ...]:
        """Nothing has to be said."""
        return ()

    def _made(self, parent: Found, mutant: Mutant) -> Made | None:
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
