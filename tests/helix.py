"""A protein backbone as one ideal alpha helix, written as a PDB or an mmCIF file."""

from __future__ import annotations

import math

#: name, element, radius in ångström, turn in degrees and rise in ångström from the residue's C-alpha
_ATOMS = (
    ("N", "N", 1.55, -27.0, -0.9),
    ("CA", "C", 2.29, 0.0, 0.0),
    ("C", "C", 1.68, 26.0, 1.1),
    ("O", "O", 2.03, 20.0, 2.3),
)
_NAMES = dict(zip("ARNDCQEGHILKMFPSTWYV", ["ALA", "ARG", "ASN", "ASP", "CYS", "GLN", "GLU", "GLY", "HIS", "ILE", "LEU", "LYS", "MET", "PHE", "PRO", "SER", "THR", "TRP", "TYR", "VAL"], strict=True))  # fmt: skip


def atoms(sequence: str, first: int = 1):
    """Residue name, number, atom name, element and place of every backbone atom."""
    for i, letter in enumerate(sequence):
        for name, element, radius, turn, rise in _ATOMS:
            angle = math.radians(100 * i + turn)
            yield (
                _NAMES[letter],
                first + i,
                name,
                element,
                (1.5 * i + rise, radius * math.cos(angle), radius * math.sin(angle)),
            )


def pdb(sequence: str, first: int = 1, chain: str = "A", b: float = 80.0, head: str = "") -> str:
    lines = [head] if head else []
    for serial, (residue, number, name, element, (x, y, z)) in enumerate(atoms(sequence, first), start=1):
        lines.append(
            f"ATOM  {serial:>5}  {name:<3} {residue} {chain}{number:>4}    {x:8.3f}{y:8.3f}{z:8.3f}  1.00{b:6.2f}          {element:>2}"
        )
    return "\n".join([*lines, "END", ""])


def cif(sequence: str, first: int = 1, chain: str = "A", b: float = 80.0) -> str:
    head = """data_test
#
loop_
_atom_site.group_PDB
_atom_site.id
_atom_site.type_symbol
_atom_site.label_atom_id
_atom_site.label_alt_id
_atom_site.label_comp_id
_atom_site.label_asym_id
_atom_site.label_seq_id
_atom_site.Cartn_x
_atom_site.Cartn_y
_atom_site.Cartn_z
_atom_site.B_iso_or_equiv
_atom_site.auth_seq_id
_atom_site.auth_asym_id
_atom_site.pdbx_PDB_model_num"""
    rows = [
        f'ATOM {serial} {element} "{name}" . {residue} {chain} {number} {x:.3f} {y:.3f} {z:.3f} {b} {number} {chain} 1'
        for serial, (residue, number, name, element, (x, y, z)) in enumerate(atoms(sequence, first), start=1)
    ]
    return "\n".join([head, *rows, "#", ""])
