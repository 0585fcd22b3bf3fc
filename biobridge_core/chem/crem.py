"""Chemically reasonable mutations: a fragment replaced by one that known molecules have in the same surroundings.

CReM (Polishchuk 2020, doi:10.1186/s13321-020-00431-w) does the work; its database of fragments is made here from
molecules of our own, one after another, so that a progress can be told.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from rdkit import Chem, rdBase
from rdkit.Chem import rdMMPA

from biobridge_core.chem.fragments import flat
from biobridge_core.errors import ArtifactError, InputError, WeightsError

if TYPE_CHECKING:
    from collections.abc import Callable

RADIUS = 3  #: bonds around a fragment that have to be alike
MAX_FRAGMENT = 10  #: heavy atoms of a fragment that is replaced or put in
_MAX_HEAVY = 40  #: of a molecule whose fragments are taken
_CUTS = "[!#1]!@!=!#[!#1]"
_SPARE = 3  #: times as many replacements are made, since some give the molecule itself
_LEAST = 2  #: molecules that must have a fragment in its surroundings


@dataclass(frozen=True, slots=True)
class Mutant:
    """A molecule with one fragment of its parent replaced."""

    smiles: str  #: canonical, without stereo
    atoms: tuple[int, ...]  #: of each atom of ``smiles``, its place in the parent's SMILES; -1 for what was put in


def installed() -> bool:
    """Whether the package is there."""
    return find_spec("crem") is not None


def make(path: Path, molecules: Sequence[str], say: Callable[[str, float], None]) -> int:
    """Make the database of fragments from molecules; gives how many there are.

    Raises
    ------
    WeightsError
        If the package ``crem`` is not installed.
    ArtifactError
        If the file cannot be written.
    """
    if not installed():
        raise WeightsError("The package crem is not installed.", "Run `pip install crem`.")
    from crem import frag_to_env_mp

    frag_to_env_mp.init(None, RADIUS, False, MAX_FRAGMENT, False, ",")
    counts: Counter[tuple[str, str, int]] = Counter()
    with rdBase.BlockLogs():
        for number, smiles in enumerate(molecules):
            if number % 20 == 0:
                told = f"Taking fragments for CReM, once: {number:,} of {len(molecules):,} molecules"
                say(told, number / len(molecules))
            own = {found for line in _cut(smiles) for found in frag_to_env_mp.process_line(line)}
            counts.update(own)
    kept = sorted((*key, n) for key, n in counts.items() if n >= _LEAST)
    _write(path, kept)
    return len(kept)


def mutate(smiles: str, path: Path, n: int, seed: int) -> list[Mutant]:
    """Molecules with one fragment of another replaced; the same seed gives the same.

    Raises
    ------
    InputError
        If the SMILES cannot be read.
    """
    from crem.crem import mutate_mol

    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(smiles)
        if mol is None:
            raise InputError("This is not a SMILES that can be read.", "Check brackets, ring digits and elements.")
        for atom in mol.GetAtoms():
            atom.SetIsotope(atom.GetIdx() + 1)  # CReM gives it back: so every atom tells where it was
        made = mutate_mol(
            Chem.AddHs(mol), str(path), radius=RADIUS, min_size=0, max_size=MAX_FRAGMENT, min_inc=-5, max_inc=5,
            max_replacements=_SPARE * n, return_mol=True, seed=seed,
        )  # fmt: skip
        whole = Chem.MolToSmiles(flat(smiles))
        mutants = {mutant.smiles: mutant for mutant in (_mutant(found[-1]) for found in made) if mutant.smiles != whole}
        return Random(seed).sample([mutants[key] for key in sorted(mutants)], min(n, len(mutants)))


def _mutant(mol: Chem.Mol) -> Mutant:
    mol = Chem.RemoveHs(mol)
    origin = [atom.GetIsotope() - 1 for atom in mol.GetAtoms()]
    for atom in mol.GetAtoms():
        atom.SetIsotope(0)
    Chem.RemoveStereochemistry(mol)
    smiles = Chem.MolToSmiles(Chem.MolFromSmiles(Chem.MolToSmiles(mol)))
    again = Chem.MolFromSmiles(smiles)
    return Mutant(smiles, tuple(origin[place] for place in mol.GetSubstructMatch(again)))


def _cut(smiles: str) -> Iterator[str]:
    """One or two bonds of a molecule cut, or a hydrogen, as lines that CReM reads."""
    try:
        mol = flat(smiles)
    except InputError:
        return
    if "." in smiles or mol.GetNumHeavyAtoms() > _MAX_HEAVY:
        return
    frags = set(rdMMPA.FragmentMol(mol, pattern=_CUTS, maxCuts=2, resultsAsMols=False, maxCutBonds=30))
    full = Chem.AddHs(mol)
    if full.GetNumAtoms() - mol.GetNumAtoms() < 60:
        pattern = "[#1]!@!=!#[!#1]"
        frags |= set(rdMMPA.FragmentMol(full, pattern=pattern, maxCuts=1, resultsAsMols=False, maxCutBonds=100))
    for core, chains in sorted(frags):
        yield f",,{core},{chains}"


def _write(path: Path, rows: Iterable[tuple[str, str, int, int]]) -> None:
    from crem.mol_context import combine_core_env_to_rxn_smarts

    try:
        with _beside(path) as place, closing(sqlite3.connect(place)) as database:
            table = f"radius{RADIUS}"
            database.execute(
                f"CREATE TABLE {table}(env TEXT NOT NULL, core_smi TEXT NOT NULL, core_num_atoms INTEGER NOT NULL, "
                "core_sma TEXT NOT NULL, dist2 INTEGER NOT NULL, freq INTEGER NOT NULL)"
            )
            database.executemany(
                f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (env, core, size, combine_core_env_to_rxn_smarts(core, env, False), _distance(core), n)
                    for env, core, size, n in rows
                ),
            )
            database.execute(f"CREATE INDEX {table}_env_idx ON {table} (env)")
            database.commit()
    except (OSError, sqlite3.Error) as error:
        raise ArtifactError(
            f"CReM's fragments cannot be kept in {path.parent}: {error}.", "Free some space."
        ) from error


@contextmanager
def _beside(path: Path) -> Iterator[str]:
    """A file that takes the place of ``path`` once it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, place = tempfile.mkstemp(dir=path.parent)
    os.close(handle)
    try:
        yield place
        os.replace(place, path)
    finally:
        Path(place).unlink(missing_ok=True)


def _distance(core: str) -> int:
    """Bonds between the two open ends of a fragment; 0 where it has one."""
    if core.count("*") != 2:
        return 0
    mol = Chem.MolFromSmiles(core, sanitize=False)
    ends = [atom.GetIdx() for atom in mol.GetAtoms() if not atom.GetAtomicNum()]
    return int(Chem.GetDistanceMatrix(mol)[ends[0], ends[1]])
