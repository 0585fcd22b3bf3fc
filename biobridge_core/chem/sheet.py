"""Everything that is calculated from one drawn molecule, at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from rdkit import Chem, rdBase

from biobridge_core.chem.accessibility import accessibility
from biobridge_core.chem.alerts import Alert, alerts
from biobridge_core.chem.properties import Properties, properties

MAX_ROTATABLE, MAX_TPSA = 10, 140.0  #: Veber et al. 2002 (doi:10.1021/jm020017n)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Calculated, not measured."""

    properties: Properties
    accessibility: float  #: how hard it is to make, 1 (easy) to 10
    veber: tuple[str, ...]  #: which of Veber's two rules are broken
    alerts: tuple[Alert, ...]
    marks: tuple[float, ...]  #: of each atom of the SMILES: 1 where it is part of an alert, else 0


@lru_cache(maxsize=512)
def sheet(smiles: str) -> Sheet:
    """Calculate all of it.

    Raises
    ------
    InputError, ArtifactError
        If the SMILES cannot be read or is too large, or RDKit's table of fragments is missing.
    """
    found, raised = properties(smiles), alerts(smiles)
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(smiles.strip())
        marked = {atom for alert in raised for place in alert.places for atom in place}
        rules = (
            (found.rotatable > MAX_ROTATABLE, f"more than {MAX_ROTATABLE} rotatable bonds"),
            (found.tpsa > MAX_TPSA, f"TPSA over {MAX_TPSA:.0f} Å²"),
        )
        return Sheet(
            properties=found,
            accessibility=accessibility(mol),
            veber=tuple(words for broken, words in rules if broken),
            alerts=raised,
            marks=tuple(float(atom in marked) for atom in range(mol.GetNumAtoms())),
        )
