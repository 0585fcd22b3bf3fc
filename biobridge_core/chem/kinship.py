"""Drawings that show what two molecules share, and which part of one came from where."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rdkit import Chem, rdBase
from rdkit.Chem import rdFMCS
from rdkit.Chem.Draw import rdMolDraw2D

from biobridge_core.errors import InputError

SECONDS = 1  #: that the search for a common part may take
_MAX_ATOMS = 120  #: heavy atoms; beyond, nothing is compared

#: Grounds that stay apart for the colour-blind (after Okabe and Ito), pale on a light page, deep on a dark one.
PALETTE = ("#9fd0ee", "#f6c28b", "#a8dcc4", "#e8b4d8", "#f2e394", "#c9bdf0", "#f3a99c", "#b9c4cb")
PALETTE_DARK = ("#1f5f86", "#8a4f12", "#1c6a4e", "#7d3f6b", "#6e6110", "#544394", "#8c3326", "#4a565e")
NOWHERE = -1  #: a group without a ground
Group = tuple[tuple[int, ...], int]  #: atoms from 0, and the number of their ground in `PALETTE`


@lru_cache(maxsize=512)
def shared_atoms(smiles: str, other: str) -> tuple[int, ...]:
    """Atoms of a molecule, from 0, that lie in its largest common substructure with another, whole rings only.

    Empty where nothing is common or a molecule is too large.

    Raises
    ------
    InputError
        If one of them cannot be read.
    """
    with rdBase.BlockLogs():
        one, two = _read(smiles), _read(other)
        if max(one.GetNumHeavyAtoms(), two.GetNumHeavyAtoms()) > _MAX_ATOMS:
            return ()
        found = rdFMCS.FindMCS([one, two], timeout=SECONDS, ringMatchesRingOnly=True, completeRingsOnly=True)
        if not found.numAtoms:
            return ()
        return tuple(sorted(one.GetSubstructMatch(Chem.MolFromSmarts(found.smartsString))))


@lru_cache(maxsize=1_000)
def painted(
    smiles: str,
    groups: tuple[Group, ...],
    width: int = 220,
    height: int = 150,
    dark: bool = False,
) -> str:
    """Draw a molecule as an SVG element, groups of its atoms on grounds of their own.

    Parameters
    ----------
    groups
        Atoms from 0, and the number of the ground in `PALETTE` (taken around when it is larger); `NOWHERE` for none.

    Raises
    ------
    InputError
        If the SMILES cannot be read or has fewer atoms.
    """
    with rdBase.BlockLogs():
        mol = _read(smiles)
        if any(atom >= mol.GetNumAtoms() for atoms, _ in groups for atom in atoms):
            raise InputError("The molecule has fewer atoms than are marked.", "Mark atoms that it has.")
        colours = PALETTE_DARK if dark else PALETTE
        grounds = {atom: _rgb(colours[n % len(colours)]) for atoms, n in groups if n != NOWHERE for atom in atoms}
        together = [set(atoms) for atoms, n in groups if n != NOWHERE]
        bonds = {
            bond.GetIdx(): grounds[bond.GetBeginAtomIdx()]
            for bond in mol.GetBonds()
            if any({bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()} <= atoms for atoms in together)
        }
        drawer = rdMolDraw2D.MolDraw2DSVG(width, height)
        options: Any = drawer.drawOptions()
        if dark:
            rdMolDraw2D.SetDarkMode(options)
        options.clearBackground, options.padding, options.fillHighlights = False, 0.06, True
        rdMolDraw2D.PrepareAndDrawMolecule(
            drawer, mol, highlightAtoms=list(grounds), highlightAtomColors=grounds,
            highlightBonds=list(bonds), highlightBondColors=bonds,
        )  # fmt: skip
        drawer.FinishDrawing()
        drawn = str(drawer.GetDrawingText())
        return drawn[drawn.index("<svg") :]


def _read(smiles: str) -> Any:
    mol = Chem.MolFromSmiles(smiles) if 0 < len(smiles.strip()) <= 20 * _MAX_ATOMS else None
    if mol is None or mol.GetNumAtoms() == 0:
        raise InputError("This is not a SMILES that can be read.", "Check brackets, ring digits and elements.")
    return mol


def _rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue
