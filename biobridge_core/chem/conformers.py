"""Three-dimensional shapes of molecules, from a fixed seed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, rdBase
from rdkit.Chem import rdDepictor, rdDistGeom, rdForceFieldHelpers

from biobridge_core.errors import InputError

SEED = 42
MAX_SECONDS = 30  #: of embedding, for one molecule


@dataclass(frozen=True, slots=True)
class Conformer:
    """Atoms with their places, hydrogens included."""

    symbols: tuple[str, ...]  #: element of each atom
    coordinates: NDArray[np.float32]  #: shape (atoms, 3), in ångström
    note: str = ""  #: what went another way than usual, in plain words


def conformer(smiles: str, *, max_atoms: int, seed: int = SEED) -> Conformer:
    """Embed one molecule by distance geometry (ETKDG) and relax it with MMFF94.

    ETKDG: Riniker and Landrum, J. Chem. Inf. Model. 2015 (doi:10.1021/acs.jcim.5b00654). Where no shape is
    found within the time, flat coordinates are given and the note says so.

    Parameters
    ----------
    smiles
        One molecule without salts.
    max_atoms
        Most atoms with hydrogens; the work grows with its square.

    Raises
    ------
    InputError
        If the SMILES is empty, does not parse, holds several molecules or too many atoms.
    """
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(smiles) if smiles.strip() else None
        if mol is None or mol.GetNumAtoms() == 0:
            raise InputError("This is not a SMILES that can be read.", "Check brackets, ring digits and elements.")
        if "." in smiles:
            raise InputError(
                "The SMILES holds more than one molecule.", "Give the parent molecule alone, without salts."
            )
        heavy = mol.GetNumHeavyAtoms()
        if heavy <= max_atoms:
            mol = Chem.AddHs(mol)
        if mol.GetNumAtoms() > max_atoms:
            raise InputError(
                f"The molecule has {mol.GetNumAtoms()} atoms; at most {max_atoms} can be laid out in space.",
                "Ask by the drug's name or as text instead.",
            )
        note = _embed(mol, seed)
        symbols = tuple(atom.GetSymbol() for atom in mol.GetAtoms())
        return Conformer(symbols, mol.GetConformer().GetPositions().astype(np.float32), note)


def _embed(mol: Chem.Mol, seed: int) -> str:
    """Give the molecule coordinates and say what went another way than usual."""
    params: Any = rdDistGeom.ETKDGv2()
    params.useMacrocycleTorsions = True
    params.useMacrocycle14config = True
    params.randomSeed = seed
    params.timeout = MAX_SECONDS
    note = ""
    if rdDistGeom.EmbedMolecule(mol, params) != 0:
        params.useRandomCoords = True
        if rdDistGeom.EmbedMolecule(mol, params) != 0:
            rdDepictor.Compute2DCoords(mol)
            return "No three-dimensional shape was found; flat coordinates were used."
        note = "The three-dimensional shape was started from random places."
    if rdForceFieldHelpers.MMFFHasAllMoleculeParams(mol):
        rdForceFieldHelpers.MMFFOptimizeMolecule(mol)
    return note


@contextmanager
def logs_kept() -> Iterator[None]:
    """Put RDKit's log settings back afterwards, for an import that switches them off."""
    before = dict(line.split(":", 1) for line in rdBase.LogStatus().split())
    try:
        yield
    finally:
        for name, state in before.items():
            (rdBase.EnableLog if state == "enabled" else rdBase.DisableLog)(name)
