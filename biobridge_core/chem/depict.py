"""2D drawings of molecules."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rdkit import Chem, rdBase
from rdkit.Chem import rdDepictor
from rdkit.Chem.Draw import rdMolDraw2D

from biobridge_core.errors import InputError

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
    text = smiles.strip()
    if len(text) > 10 * MAX_DRAWN_ATOMS:
        raise InputError("The molecule is too large to draw.", f"At most {MAX_DRAWN_ATOMS} heavy atoms are drawn.")
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(text) if text else None
        if mol is None or mol.GetNumAtoms() == 0:
            raise InputError(
                "This is not a SMILES that can be drawn.", "Check brackets, ring digits and element symbols."
            )
        if mol.GetNumHeavyAtoms() > MAX_DRAWN_ATOMS:
            raise InputError(
                f"The molecule has {mol.GetNumHeavyAtoms()} heavy atoms, too many to draw.",
                f"At most {MAX_DRAWN_ATOMS} heavy atoms are drawn.",
            )
        rdDepictor.Compute2DCoords(mol)
        drawer = rdMolDraw2D.MolDraw2DSVG(width, height)
        options: Any = drawer.drawOptions()
        if dark:
            rdMolDraw2D.SetDarkMode(options)
        options.clearBackground = False
        options.padding = 0.06
        rdMolDraw2D.PrepareAndDrawMolecule(drawer, mol)
        drawer.FinishDrawing()
        drawn = str(drawer.GetDrawingText())
    return drawn[drawn.index("<svg") :]
