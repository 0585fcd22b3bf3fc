"""Substructures that a person asks to keep or to avoid."""

from __future__ import annotations

from functools import lru_cache

from rdkit import Chem, rdBase

from biobridge_core.chem.standardise import Mol
from biobridge_core.errors import InputError

MAX_CHARACTERS = 1_000


@lru_cache(maxsize=256)
def pattern(smarts: str) -> Mol:
    """Read a SMARTS; a plain SMILES is one too.

    Raises
    ------
    InputError
        If it is empty, too long or cannot be read.
    """
    text = smarts.strip()
    with rdBase.BlockLogs():
        found = Chem.MolFromSmarts(text) if 0 < len(text) <= MAX_CHARACTERS else None
    if found is None or not found.GetNumAtoms():
        raise InputError(
            f"{text[:60]!r} is no substructure that can be read.",
            "Give a SMARTS or a SMILES, such as c1ncnc2ccccc12 for a quinazoline.",
        )
    return found


def has(mol: Mol, smarts: str) -> bool:
    """Whether a molecule has a substructure."""
    return bool(mol.HasSubstructMatch(pattern(smarts)))
