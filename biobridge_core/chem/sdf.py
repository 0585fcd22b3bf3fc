"""Molecules as an SDF file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

from rdkit import Chem, rdBase
from rdkit.Chem import rdDepictor

from biobridge_core.errors import InputError

_LINE = re.compile(r"[\r\n]+")
_NAME = re.compile(r"[<>\r\n]")


def sdf(rows: Sequence[tuple[str, str, Mapping[str, Any]]]) -> str:
    """Title, SMILES and data fields of each molecule as the text of an SDF file, with 2D coordinates.

    A line break in a value becomes a space, as the format wants it.

    Raises
    ------
    InputError
        Naming the first SMILES that cannot be read.
    """
    out = StringIO()
    writer = Chem.SDWriter(out)
    try:
        with rdBase.BlockLogs():
            for title, smiles, values in rows:
                mol = Chem.MolFromSmiles(smiles)
                if mol is None:
                    raise InputError(f"{smiles[:60]!r} is not a SMILES that can be read.", "Leave it out.")
                rdDepictor.Compute2DCoords(mol)
                mol.SetProp("_Name", _LINE.sub(" ", title))
                for name, value in values.items():
                    mol.SetProp(_NAME.sub(" ", name), _LINE.sub(" ", str(value)))
                writer.write(mol)
    finally:
        writer.close()
    return out.getvalue()
