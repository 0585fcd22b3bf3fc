"""What two molecules share and where they differ: their largest common substructure, drawn in the same place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rdkit import Chem, DataStructs, rdBase
from rdkit.Chem import rdDepictor, rdFingerprintGenerator, rdFMCS
from rdkit.Chem.Draw import rdMolDraw2D

from biobridge_core.errors import InputError

MAX_ATOMS = 120  #: heavy atoms; beyond, the search for a common part finds nothing in its time
SECONDS = 2  #: that the search may take

#: Ground of atoms that the other molecule lacks, on a light and on a dark page.
_OWN, _OWN_DARK = (0.98, 0.72, 0.42), (0.62, 0.33, 0.10)


@dataclass(frozen=True, slots=True)
class Difference:
    """Two molecules beside each other; atoms count without hydrogens."""

    common: int  #: atoms of the largest common substructure
    sizes: tuple[int, int]  #: atoms of the first and of the second
    own: tuple[tuple[int, ...], tuple[int, ...]]  #: atoms from 0 that only the first, only the second has
    tanimoto: float  #: of ECFP4 fingerprints, 0..1
    same: bool  #: the same skeleton with the same stereo
    complete: bool  #: False: the search was cut off, so that more may be common
    drawings: tuple[str, str]  #: SVG, own atoms on a coloured ground, the common part lying alike


@lru_cache(maxsize=256)
def difference(first: str, second: str, width: int = 380, height: int = 260, dark: bool = False) -> Difference:
    """Compare two molecules by their maximum common substructure, whole rings only.

    Raises
    ------
    InputError
        If one of them cannot be read or has more than 120 heavy atoms.
    """
    with rdBase.BlockLogs():
        mols = _read(first), _read(second)
        shared, complete = _shared(*mols)
        own = tuple(
            tuple(sorted(set(range(mol.GetNumAtoms())) - set(matched)))
            for mol, matched in zip(mols, shared, strict=True)
        )
        drawings = _drawings(mols, shared, (own[0], own[1]), width, height, dark)
        return Difference(
            common=len(shared[0]),
            sizes=(mols[0].GetNumHeavyAtoms(), mols[1].GetNumHeavyAtoms()),
            own=(own[0], own[1]),
            tanimoto=_tanimoto(*mols),
            same=bool(Chem.MolToSmiles(mols[0]) == Chem.MolToSmiles(mols[1])),
            complete=complete,
            drawings=drawings,
        )


def _read(smiles: str) -> Any:
    mol = Chem.MolFromSmiles(smiles) if 0 < len(smiles.strip()) <= 20 * MAX_ATOMS else None
    if mol is None or mol.GetNumAtoms() == 0:
        raise InputError("This is not a SMILES that can be compared.", "Check brackets, ring digits and elements.")
    if mol.GetNumHeavyAtoms() > MAX_ATOMS:
        raise InputError(
            f"The molecule has {mol.GetNumHeavyAtoms()} heavy atoms; up to {MAX_ATOMS} are compared atom by atom.",
            "Choose a smaller reference.",
        )
    return mol


def _shared(one: Any, other: Any) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], bool]:
    """Atoms of the common part in both, in the same order, and whether the search came to its end."""
    found = rdFMCS.FindMCS(
        [one, other],
        timeout=SECONDS,
        ringMatchesRingOnly=True,
        completeRingsOnly=True,
        matchChiralTag=False,
    )
    if not found.numAtoms:
        return ((), ()), not found.canceled
    pattern = Chem.MolFromSmarts(found.smartsString)
    return (one.GetSubstructMatch(pattern), other.GetSubstructMatch(pattern)), not found.canceled


def _tanimoto(one: Any, other: Any) -> float:
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    return float(DataStructs.TanimotoSimilarity(generator.GetFingerprint(one), generator.GetFingerprint(other)))


def _drawings(
    mols: tuple[Any, Any],
    shared: tuple[tuple[int, ...], tuple[int, ...]],
    own: tuple[tuple[int, ...], tuple[int, ...]],
    width: int,
    height: int,
    dark: bool,
) -> tuple[str, str]:
    first, second = mols
    rdDepictor.Compute2DCoords(second)
    if len(shared[0]) >= 3:
        pairs = [(b, a) for a, b in zip(*shared, strict=True)]
        rdDepictor.GenerateDepictionMatching2DStructure(first, second, pairs)
    else:
        rdDepictor.Compute2DCoords(first)
    return (_svg(first, own[0], width, height, dark), _svg(second, own[1], width, height, dark))


def _svg(mol: Any, own: tuple[int, ...], width: int, height: int, dark: bool) -> str:
    drawer = rdMolDraw2D.MolDraw2DSVG(width, height)
    options: Any = drawer.drawOptions()
    if dark:
        rdMolDraw2D.SetDarkMode(options)
    options.clearBackground = False
    options.padding = 0.06
    colour = _OWN_DARK if dark else _OWN
    bonds = [b.GetIdx() for b in mol.GetBonds() if b.GetBeginAtomIdx() in own or b.GetEndAtomIdx() in own]
    rdMolDraw2D.PrepareAndDrawMolecule(
        drawer,
        mol,
        highlightAtoms=list(own),
        highlightAtomColors=dict.fromkeys(own, colour),
        highlightBonds=bonds,
        highlightBondColors=dict.fromkeys(bonds, colour),
    )
    drawer.FinishDrawing()
    drawn = str(drawer.GetDrawingText())
    return drawn[drawn.index("<svg") :]
