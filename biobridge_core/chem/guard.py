"""Molecules that are not proposed: controlled drugs, chemical weapons and their kin.

The classes, their patterns and where each is written down stand in ``guard.json`` beside this file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rdkit import Chem, rdBase

from biobridge_core.chem.standardise import Mol
from biobridge_core.errors import ArtifactError, InputError

PATH = Path(__file__).with_name("guard.json")


@dataclass(frozen=True, slots=True)
class GuardedClass:
    """A kind of molecule that is withheld."""

    name: str
    kind: str  #: ``chemical weapon``, ``controlled``, …
    source: str  #: the list that names it, with its address
    smarts: tuple[str, ...]


@cache
def classes() -> tuple[GuardedClass, ...]:
    """All classes, in the order of the file.

    Raises
    ------
    ArtifactError
        If the file is missing or damaged: without it nothing is designed.
    """
    try:
        raw = json.loads(PATH.read_text(encoding="utf-8"))["classes"]
        found = tuple(GuardedClass(c["name"], c["kind"], c["source"], tuple(c["smarts"])) for c in raw)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"The list of guarded molecules cannot be read: {error}.", "Install again.") from error
    if not found:
        raise ArtifactError("The list of guarded molecules is empty.", "Install again.")
    return found


def guarded(mol: Mol) -> GuardedClass | None:
    """The first class that a molecule belongs to; None for one that may be shown."""
    for group, patterns in _compiled():
        if any(mol.HasSubstructMatch(pattern) for pattern in patterns):
            return group
    return None


def guarded_smiles(smiles: str) -> GuardedClass | None:
    """`guarded` for a SMILES.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(smiles)
        if mol is None:
            raise InputError("This is not a SMILES that can be read.", "Check brackets, ring digits and elements.")
        return guarded(mol)


@cache
def _compiled() -> tuple[tuple[GuardedClass, tuple[Mol, ...]], ...]:
    compiled = []
    for group in classes():
        patterns = tuple(Chem.MolFromSmarts(smarts) for smarts in group.smarts)
        if not patterns or any(pattern is None for pattern in patterns):
            raise ArtifactError(f"A pattern of the guarded class {group.name!r} is damaged.", "Install again.")
        compiled.append((group, patterns))
    return tuple(compiled)
