"""2D drawings of molecules."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from rdkit import Chem, rdBase
from rdkit.Chem import rdDepictor
from rdkit.Chem.Draw import rdMolDraw2D

from biobridge_core.errors import InputError

#: Grounds above and below 0, on a light and on a dark page; apart for the colour-blind.
_UP, _UP_DARK = (0.84, 0.37, 0.0), (0.94, 0.52, 0.24)
_DOWN, _DOWN_DARK = (0.0, 0.45, 0.70), (0.34, 0.71, 0.91)
MAX_DRAWN_ATOMS = 400  #: above this a drawing is neither quick nor readable


@lru_cache(maxsize=2_000)
def svg(smiles: str, width: int = 220, height: int = 150, dark: bool = False) -> str:
    """Draw a molecule as an SVG element on a transparent background.

    Parameters
    ----------
    smiles
        The molecule as given; it is drawn with its salts, not standardised.
    width, height
        Size in pixels.
    dark
        Light strokes, for a dark page.

    Returns
    -------
    str
        One ``<svg>`` element without an XML declaration. It holds coordinates and element symbols, nothing of the
        input text.

    Raises
    ------
    InputError
        If the SMILES does not parse, is empty or has more than 400 heavy atoms.
    """
    with rdBase.BlockLogs():
        return _drawn(_parsed(smiles), width, height, dark)


def weights_svg(smiles: str, weights: Sequence[float], width: int = 420, height: int = 300, dark: bool = False) -> str:
    """Draw a molecule with its atoms on grounds that tell a number each: orange above 0, blue below, pale near 0.

    Parameters
    ----------
    weights
        One an atom, in the order of the SMILES, explicit hydrogens among them.

    Raises
    ------
    InputError
        If the SMILES cannot be drawn or has another number of atoms.
    """
    with rdBase.BlockLogs():
        mol = _parsed(smiles, keep_hydrogens=True)
        if mol.GetNumAtoms() != len(weights):
            raise InputError(
                f"There are {len(weights)} weights for {mol.GetNumAtoms()} atoms.", "Give one weight for each atom."
            )
        most = max((abs(weight) for weight in weights), default=0.0) or 1.0
        grounds = {}
        for atom, weight in enumerate(weights):
            red, green, blue = (_UP_DARK if dark else _UP) if weight > 0 else (_DOWN_DARK if dark else _DOWN)
            if (strength := 0.85 * abs(weight) / most) > 0.04:
                grounds[atom] = (red, green, blue, strength)
        return _drawn(mol, width, height, dark, grounds)


def _parsed(smiles: str, *, keep_hydrogens: bool = False) -> Any:
    text = smiles.strip()
    if len(text) > 10 * MAX_DRAWN_ATOMS:
        raise InputError("The molecule is too large to draw.", f"At most {MAX_DRAWN_ATOMS} heavy atoms are drawn.")
    options: Any = Chem.SmilesParserParams()
    options.removeHs = not keep_hydrogens
    mol = Chem.MolFromSmiles(text, options) if text else None
    if mol is None or mol.GetNumAtoms() == 0:
        raise InputError("This is not a SMILES that can be drawn.", "Check brackets, ring digits and element symbols.")
    if mol.GetNumHeavyAtoms() > MAX_DRAWN_ATOMS:
        raise InputError(
            f"The molecule has {mol.GetNumHeavyAtoms()} heavy atoms, too many to draw.",
            f"At most {MAX_DRAWN_ATOMS} heavy atoms are drawn.",
        )
    return mol


def _drawn(
    mol: Any, width: int, height: int, dark: bool, grounds: dict[int, tuple[float, float, float, float]] | None = None
) -> str:
    rdDepictor.Compute2DCoords(mol)
    drawer = rdMolDraw2D.MolDraw2DSVG(width, height)
    options: Any = drawer.drawOptions()
    if dark:
        rdMolDraw2D.SetDarkMode(options)
    options.clearBackground = False
    options.padding = 0.06
    if grounds:
        options.fillHighlights = True
        options.highlightRadius = 0.42
        atoms = sorted(grounds)
        rdMolDraw2D.PrepareAndDrawMolecule(
            drawer, mol, highlightAtoms=atoms, highlightAtomColors=grounds, highlightBonds=[]
        )
    else:
        rdMolDraw2D.PrepareAndDrawMolecule(drawer, mol)
    drawer.FinishDrawing()
    drawn = str(drawer.GetDrawingText())
    return drawn[drawn.index("<svg") :]
