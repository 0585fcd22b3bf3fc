"""One shape of a molecule in space, as a file that a viewer draws."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rdkit import Chem, rdBase
from rdkit.Chem import rdDistGeom, rdForceFieldHelpers

from biobridge_core.errors import InputError

MAX_ATOMS = 250  #: with hydrogens
MAX_SECONDS = 10  #: of embedding
_STEPS = 500  #: of the force field
_SEED = 42


@dataclass(frozen=True, slots=True)
class Shape:
    """A conformer: one of the shapes that a molecule takes, not the one it binds in."""

    molblock: str  #: MDL molfile V2000 with hydrogens, coordinates in ångström
    atoms: int
    relaxed: bool  #: whether the force field knew every atom and was applied
    note: str = ""


@lru_cache(maxsize=256)
def shape(smiles: str, max_atoms: int = MAX_ATOMS) -> Shape:
    """Embed a molecule by ETKDGv3 and relax it with MMFF94, always the same way.

    Wang et al., J. Chem. Inf. Model. 2020 (doi:10.1021/acs.jcim.0c00025); Halgren, J. Comput. Chem. 1996
    (doi:10.1002/(SICI)1096-987X(199604)17:5/6<490::AID-JCC1>3.0.CO;2-P).

    Raises
    ------
    InputError
        If the SMILES cannot be read, is no single molecule, has more than ``max_atoms`` atoms, or no shape was found
        within 10 seconds.
    """
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(smiles) if smiles.strip() and len(smiles) <= 20 * max_atoms else None
        if mol is None or mol.GetNumAtoms() == 0:
            raise InputError("This is not a SMILES that can be read.", "Check brackets, ring digits and elements.")
        if "." in smiles:
            raise InputError("There is more than one molecule.", "Give one without salts.")
        mol = Chem.AddHs(mol)
        if mol.GetNumAtoms() > max_atoms:
            raise InputError(
                f"The molecule has {mol.GetNumAtoms()} atoms; up to {max_atoms} are laid out in space.",
                "Its drawing stands beside.",
            )
        note = _embed(mol)
        relaxed = bool(rdForceFieldHelpers.MMFFHasAllMoleculeParams(mol))
        if relaxed:
            rdForceFieldHelpers.MMFFOptimizeMolecule(mol, maxIters=_STEPS)
        else:
            note = f"{note} The force field does not know all of its atoms, so it was not relaxed.".strip()
        return Shape(Chem.MolToMolBlock(mol), mol.GetNumAtoms(), relaxed, note)


def _embed(mol: Any) -> str:
    params: Any = rdDistGeom.ETKDGv3()
    params.randomSeed = _SEED
    params.timeout = MAX_SECONDS // 2
    if rdDistGeom.EmbedMolecule(mol, params) == 0:
        return ""
    params.useRandomCoords = True
    if rdDistGeom.EmbedMolecule(mol, params) == 0:
        return "The shape was started from random places."
    raise InputError(
        f"No shape in space was found within {MAX_SECONDS} seconds.", "Large rings and cages may need longer."
    )
