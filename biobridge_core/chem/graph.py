"""A molecule as numbers on atoms and directed bonds: what a message-passing network of the Chemprop kind reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, rdBase
from rdkit.Chem.rdchem import BondType, HybridizationType

from biobridge_core.errors import InputError

ATOM_FEATURES, BOND_FEATURES = 72, 14

#: What is told apart; everything else shares one more place at the end of each.
_ELEMENTS = (*range(1, 37), 53)
_DEGREES = tuple(range(6))
_CHARGES = (-1, -2, 1, 2, 0)
_CHIRAL = tuple(range(4))
_HYDROGENS = tuple(range(5))
_HYBRIDS: tuple[Any, ...] = tuple(
    getattr(HybridizationType, name) for name in ("S", "SP", "SP2", "SP2D", "SP3", "SP3D", "SP3D2")
)
_BONDS: tuple[Any, ...] = tuple(getattr(BondType, name) for name in ("SINGLE", "DOUBLE", "TRIPLE", "AROMATIC"))
_STEREO = tuple(range(6))


@dataclass(frozen=True, slots=True)
class Graph:
    """A molecule of n atoms and m bonds; each bond stands twice, once in each direction, one after the other."""

    atoms: NDArray[np.float32]  #: (n, 72)
    bonds: NDArray[np.float32]  #: (2m, 14)
    sources: NDArray[np.int64]  #: (2m,) atom that the directed bond leaves
    targets: NDArray[np.int64]  #: (2m,) atom that it reaches


def graph(smiles: str) -> Graph:
    """Features of the second version of Chemprop (Heid et al. 2024, doi:10.1021/acs.jcim.3c01250).

    Raises
    ------
    InputError
        If the SMILES cannot be read.
    """
    with rdBase.BlockLogs():
        mol: Any = Chem.MolFromSmiles(smiles.strip())
        if mol is None or mol.GetNumAtoms() == 0:
            raise InputError("This is not a SMILES that can be read.", "Check brackets, ring digits and elements.")
        atoms = np.array([_atom(atom) for atom in mol.GetAtoms()], dtype=np.float32)
        bonds = np.repeat(
            np.array([_bond(bond) for bond in mol.GetBonds()], dtype=np.float32).reshape(-1, BOND_FEATURES), 2, axis=0
        )
        ends = np.array([(b.GetBeginAtomIdx(), b.GetEndAtomIdx()) for b in mol.GetBonds()], dtype=np.int64)
    ends = ends.reshape(-1, 2)
    return Graph(atoms, bonds, ends.ravel(), ends[:, ::-1].ravel())


def _atom(atom: Any) -> list[float]:
    return [
        *_place(atom.GetAtomicNum(), _ELEMENTS),
        *_place(atom.GetTotalDegree(), _DEGREES),
        *_place(atom.GetFormalCharge(), _CHARGES),
        *_place(int(atom.GetChiralTag()), _CHIRAL),
        *_place(int(atom.GetTotalNumHs()), _HYDROGENS),
        *_place(atom.GetHybridization(), _HYBRIDS),
        float(atom.GetIsAromatic()),
        0.01 * atom.GetMass(),
    ]


def _bond(bond: Any) -> list[float]:
    kind = _place(bond.GetBondType(), _BONDS)[:-1]  # an unknown kind has no place of its own
    ring = [float(bond.GetIsConjugated()), float(bond.IsInRing())]
    return [0.0, *kind, *ring, *_place(int(bond.GetStereo()), _STEREO)]


def _place(value: object, choices: Sequence[object]) -> list[float]:
    """One 1 among zeros: at the value's place, or behind the last for one that is not told apart."""
    places = [0.0] * (len(choices) + 1)
    places[choices.index(value) if value in choices else len(choices)] = 1.0
    return places
