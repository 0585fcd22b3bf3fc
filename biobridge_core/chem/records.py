"""One record of an SDF file as SMILES."""

from __future__ import annotations

import re

from rdkit import Chem, rdBase

from biobridge_core.chem.standardise import MAX_ATOMS, Mol
from biobridge_core.errors import InputError

_NAMED = re.compile(r"(?mi)^>\s*<(?:name|id|[\w ]*(?:_id|_name|compound|title))>.*\n([^\n]+)")


def read_record(record: str) -> tuple[str, str]:
    """SMILES and name of one record: a mol block (V2000 or V3000) and its data fields.

    The name is the first line, or the first data field that names the molecule.

    Raises
    ------
    InputError
        If the block is broken, holds no atom, or more than twice as many as can be read.
    """
    lines = record.split("\n")
    field = _NAMED.search(record)
    name = lines[0].strip() or (field.group(1).strip() if field else "")
    if len(lines) < 4 or "M  END" not in record:
        raise InputError(
            "The record is cut short: it has no line “M  END”.", "Write the file again with the program that made it."
        )
    counts = lines[3]
    n_atoms = counts[:3].strip()
    if "V3000" not in counts and not n_atoms.isdigit():
        raise InputError(
            "The fourth line of the record, which counts atoms and bonds, cannot be read.",
            "A record begins with exactly three lines of heading.",
        )
    if n_atoms.isdigit() and int(n_atoms) > 4 * MAX_ATOMS:
        raise InputError(f"The record has {int(n_atoms):,} atoms; that is too large.", "Leave it out.")
    with rdBase.BlockLogs(), rdBase.CaptureErrorLog() as log:
        mol: Mol = Chem.MolFromMolBlock(record, sanitize=True, removeHs=True)
    if mol is None:
        said = log.messages.strip().splitlines()
        reason = re.sub(r"^\[[^\]]*\]\s*", "", said[-1])[:160] if said else "its lines are not those of a mol block"
        raise InputError(f"The structure cannot be read: {reason}.", "Check its atoms and bonds.")
    if mol.GetNumAtoms() == 0:
        raise InputError("The record holds no atom.", "Leave it out.")
    smiles: str = Chem.MolToSmiles(mol)
    return smiles, name
