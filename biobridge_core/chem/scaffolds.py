"""Bemis–Murcko scaffolds: the ring systems of a molecule and what joins them."""

from __future__ import annotations

from rdkit import Chem, rdBase
from rdkit.Chem.Scaffolds import MurckoScaffold

from biobridge_core.errors import InputError


def murcko_scaffold(smiles: str) -> str:
    """Canonical SMILES of the scaffold (Bemis & Murcko 1996, doi:10.1021/jm9602928), stereo left out.

    Returns
    -------
    scaffold
        Empty for a molecule without a ring.

    Raises
    ------
    InputError
        If the SMILES cannot be read.
    """
    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
        if molecule is None:
            raise InputError(f"{smiles[:60]!r} is not a SMILES that can be read.", "Paste a valid SMILES.")
        scaffold: str = MurckoScaffold.MurckoScaffoldSmiles(mol=molecule)  # type: ignore[no-untyped-call]
    return scaffold
