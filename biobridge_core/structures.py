"""Protein structures: files that people bring, checked and written one way, and models fetched by accession."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial

from biobridge_core.errors import InputError

MAX_BYTES = 20_000_000  #: of one file; the largest models of AlphaFold DB have 2 MB
MAX_ATOMS = 100_000  #: kept and drawn
MAX_WIDTH = 9999.0  #: ångström from the origin, what a PDB column holds
_MIN_RESIDUES = 3
_BAD_SHARE = 0.1  #: from this share of unreadable atom lines on, the file is refused
_CHAIN_NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_WORD = 5  #: residues that must agree to place a chain on a sequence
_FITS = 0.8  #: share of a chain's residues that must agree

_LETTERS = {
    "ALA": "A", "ARG": "R", "ASN": "N", "ASP": "D", "CYS": "C", "GLN": "Q", "GLU": "E", "GLY": "G", "HIS": "H",
    "ILE": "I", "LEU": "L", "LYS": "K", "MET": "M", "PHE": "F", "PRO": "P", "SER": "S", "THR": "T", "TRP": "W",
    "TYR": "Y", "VAL": "V", "MSE": "M", "SEC": "U", "PYL": "O", "ASX": "B", "GLX": "Z", "UNK": "X",
}  # fmt: skip
_WATER = {"HOH", "WAT", "DOD"}
_HINT = "Upload a PDB or mmCIF file as the Protein Data Bank or AlphaFold DB writes it."


class Origin(StrEnum):
    """Where a structure comes from."""

    UPLOAD = "uploaded file"
    ALPHAFOLD = "AlphaFold DB"
    ESMFOLD = "ESMFold"


@dataclass(frozen=True, slots=True)
class Chain:
    """One protein chain, as far as the structure resolves it."""

    id: str  #: one character, as in ``Structure.pdb``
    numbers: tuple[int, ...]  #: residue numbers of the file, ascending in file order
    letters: str  #: one letter a residue
    b_factors: tuple[float, ...]  #: of the C-alpha atoms: pLDDT (0..100) of a predicted model


@dataclass(frozen=True, slots=True)
class Structure:
    """A checked structure. ``pdb`` is written anew from what was read, so it holds nothing else of the file."""

    pdb: str
    chains: tuple[Chain, ...]
    n_atoms: int
    origin: Origin
    predicted: bool = False  #: whether the B-factor column is a confidence (pLDDT, 0..100)
    name: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Placement:
    """How a chain lies on a sequence: residue ``number`` of the chain is position ``number + shift``, counted from
    1."""

    chain: str
    shift: int
    agree: int  #: residues that are the same in both
    of: int  #: residues of the chain


@dataclass(slots=True)
class _Atom:
    record: str
    name: str
    residue: str
    chain: str
    number: int
    insertion: str
    place: tuple[float, float, float]
    b: float
    element: str


@dataclass(slots=True)
class _Reading:
    atoms: list[_Atom] = field(default_factory=list)
    bad: list[int] = field(default_factory=list)  #: numbers of lines that could not be read
    models: int = 1
    predicted: bool = False


def parse(data: bytes, name: str = "") -> Structure:
    """Read a PDB or mmCIF file that a person uploaded.

    The first model and the first alternate place of each atom are kept; water is left out. A few unreadable atom lines
    are left out and counted in ``notes``.

    Parameters
    ----------
    data
        The file as it is, uncompressed, at most 20 MB.
    name
        What to call it.

    Raises
    ------
    InputError
        If it is empty, too large, compressed or no structure, holds no protein, or is broken; the message names the
        line.
    """
    text = _text(data)
    reading = _read_cif(text) if _is_cif(text) else _read_pdb(text)
    return _structure(reading, Origin.UPLOAD, name)


def parse_predicted(text: str, origin: Origin, name: str = "") -> Structure:
    """Read a model that a predictor wrote as PDB; its B-factors are confidences, 0..1 or 0..100.

    Raises
    ------
    InputError
        If it is no such file.
    """
    reading = _read_pdb(text)
    reading.predicted = True
    return _structure(reading, origin, name)


def place(structure: Structure, sequence: str) -> tuple[Placement, ...]:
    """Find the chains that are this protein, or a part or variant of it, and where they lie on it.

    The numbering of the file is trusted up to one shift a chain, which is voted for by words of five residues.

    Returns
    -------
    tuple of Placement
        Chains of which at least 80 % of the residues agree; empty where the structure is of another protein.
    """
    where: dict[str, list[int]] = {}
    for start in range(len(sequence) - _WORD + 1):
        where.setdefault(sequence[start : start + _WORD], []).append(start + 1)
    placed = (_place(chain, sequence, where) for chain in structure.chains)
    return tuple(found for found in placed if found is not None)


def _place(chain: Chain, sequence: str, where: dict[str, list[int]]) -> Placement | None:
    votes: Counter[int] = Counter()
    for i in range(len(chain.letters) - _WORD + 1):
        if chain.numbers[i + _WORD - 1] - chain.numbers[i] == _WORD - 1:
            for position in where.get(chain.letters[i : i + _WORD], ())[:20]:
                votes[position - chain.numbers[i]] += 1
    best = Placement(chain.id, 0, 0, len(chain.letters))
    for shift, _ in votes.most_common(3):
        agree = sum(
            0 < number + shift <= len(sequence) and sequence[number + shift - 1] == letter
            for number, letter in zip(chain.numbers, chain.letters, strict=True)
        )
        if agree > best.agree:
            best = replace(best, shift=shift, agree=agree)
    return best if best.of and best.agree >= _FITS * best.of else None


def _text(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise InputError(
            f"The file has {len(data) / 1e6:.0f} MB; at most {MAX_BYTES / 1e6:.0f} MB can be read.",
            "Upload one protein, or delete the models, waters and chains that are not needed.",
        )
    if data[:2] in (b"\x1f\x8b", b"PK", b"BZ"):
        raise InputError("The file is compressed.", "Unpack it first and upload the PDB or mmCIF file inside.")
    if b"\0" in data:
        raise InputError("The file is binary, no PDB or mmCIF text.", _HINT)
    text = data.decode("utf-8-sig", errors="replace")
    if not text.strip():
        raise InputError("The file is empty.", _HINT)
    return text


def _is_cif(text: str) -> bool:
    return re.match(r"(?:\s|#[^\n]*\n)*data_", text) is not None


def _read_pdb(text: str) -> _Reading:
    found = _Reading()
    ended = False
    for number, line in enumerate(text.splitlines(), start=1):
        record = line[:6]
        if record == "ENDMDL":
            ended = True
        elif record == "MODEL ":
            found.models += ended
        elif record in ("ATOM  ", "HETATM"):
            if not ended:
                _add(found, number, partial(_pdb_atom, line))
        elif record in ("TITLE ", "HEADER", "REMARK") and re.search(r"alphafold|esmfold|plddt", line, re.IGNORECASE):
            found.predicted = True
    return found


def _pdb_atom(line: str) -> _Atom | None:
    if line[16:17] not in (" ", "A", "1", ""):
        return None
    return _Atom(
        line[:6], line[12:16].strip(), line[17:20].strip().upper(), line[21:22].strip() or "A", int(line[22:26]),
        line[26:27].strip(), (float(line[30:38]), float(line[38:46]), float(line[46:54])),
        float(line[60:66].strip() or 0), line[76:78].strip().upper(),
    )  # fmt: skip


def _add(found: _Reading, line: int, read: Callable[[], _Atom | None]) -> None:
    try:
        atom = read()
        if atom is None or atom.residue in _WATER:
            return
        if not all(math.isfinite(x) and abs(x) <= MAX_WIDTH for x in (*atom.place, atom.b)):
            raise ValueError("a coordinate is out of range")
        if not -999 <= atom.number <= 9999:
            raise ValueError("a residue number is out of range")
    except (ValueError, IndexError, KeyError):
        found.bad.append(line)
        return
    found.atoms.append(atom)
    if len(found.atoms) > MAX_ATOMS:
        raise InputError(
            f"The structure has more than {MAX_ATOMS:,} atoms.", "Keep the chain that you are interested in."
        )


def _read_cif(text: str) -> _Reading:
    found = _Reading(predicted="_ma_qa_metric" in text or re.search("alphafold|esmfold", text[:5000], re.I) is not None)
    lines = text.splitlines()
    columns: dict[str, int] = {}
    models: set[str] = set()
    for number, line in enumerate(lines, start=1):
        if line.startswith("_atom_site."):
            columns[line.split()[0].partition(".")[2]] = len(columns)
        elif columns and (not line.strip() or line[0] in "#_" or line.startswith(("loop_", "data_"))):
            break
        elif columns:
            values = _cif_values(line)
            if len(values) == len(columns):
                models.add(values[columns["pdbx_PDB_model_num"]] if "pdbx_PDB_model_num" in columns else "1")
                if len(models) > 1:
                    continue
            _add(found, number, partial(_cif_atom, values, columns))
    found.models = max(len(models), 1)
    return found


def _cif_values(line: str) -> list[str]:
    if "'" not in line and '"' not in line:
        return line.split()
    quoted = re.findall(r"'((?:[^']|'(?=\S))*)'(?=\s|$)|\"((?:[^\"]|\"(?=\S))*)\"(?=\s|$)|(\S+)", line)
    return [single or double or bare for single, double, bare in quoted]


def _cif_atom(values: list[str], columns: dict[str, int]) -> _Atom | None:
    def get(*names: str) -> str:
        return next((values[columns[n]] for n in names if n in columns and values[columns[n]] not in (".", "?")), "")

    if len(values) != len(columns):
        raise ValueError("not all columns are there")
    if get("label_alt_id") not in ("", "A", "1"):
        return None
    where = (float(get("Cartn_x")), float(get("Cartn_y")), float(get("Cartn_z")))
    number = get("auth_seq_id", "label_seq_id")
    return _Atom(
        "HETATM" if get("group_PDB") == "HETATM" else "ATOM  ", get("auth_atom_id", "label_atom_id")[:4],
        get("auth_comp_id", "label_comp_id").upper()[:3], get("auth_asym_id", "label_asym_id") or "A", int(number),
        get("pdbx_PDB_ins_code")[:1], where, float(get("B_iso_or_equiv") or 0), get("type_symbol").upper()[:2],
    )  # fmt: skip


def _structure(found: _Reading, origin: Origin, name: str) -> Structure:
    read = len(found.atoms) + len(found.bad)
    if not read:
        raise InputError("The file holds no atoms: it is no PDB or mmCIF file, or it was cut short.", _HINT)
    if len(found.bad) > _BAD_SHARE * read:
        raise InputError(
            f"The file is broken: {len(found.bad):,} of {read:,} atom lines cannot be read, the first is line "
            f"{found.bad[0]:,}.",
            _HINT,
        )
    notes = []
    if found.bad:
        lines = "atom line was" if len(found.bad) == 1 else "atom lines were"
        notes.append(f"{len(found.bad):,} {lines} left out, the first is line {found.bad[0]:,}.")
    if found.models > 1:
        notes.append(f"The file holds {found.models:,} models; the first is shown.")
    _rename_chains(found.atoms, notes)
    chains = tuple(_chains(found.atoms))
    if not any(len(chain.letters) >= _MIN_RESIDUES for chain in chains):
        raise InputError(
            "There is no protein in the file: no chain has three residues with a C-alpha atom.",
            "Upload the structure of a protein.",
        )
    if found.predicted and all(b <= 1 for chain in chains for b in chain.b_factors):
        for atom in found.atoms:
            atom.b *= 100
        chains = tuple(replace(c, b_factors=tuple(100 * b for b in c.b_factors)) for c in chains)
    in_range = all(0 <= b <= 100 for chain in chains for b in chain.b_factors)
    return Structure(
        _write(found.atoms), chains, len(found.atoms), origin, found.predicted and in_range, name, tuple(notes)
    )


def _rename_chains(atoms: list[_Atom], notes: list[str]) -> None:
    """Give every chain one character, its own where it has one."""
    names = list(dict.fromkeys(atom.chain for atom in atoms))
    if len(names) > len(_CHAIN_NAMES):
        raise InputError(f"The structure has {len(names)} chains.", f"At most {len(_CHAIN_NAMES)} can be shown.")
    taken = {name for name in names if name in _CHAIN_NAMES and len(name) == 1}
    free = iter([letter for letter in _CHAIN_NAMES if letter not in taken])
    short = {name: name if name in taken else next(free) for name in names}
    if any(name != letter for name, letter in short.items()):
        notes.append("Chains with long names were given letters.")
    for atom in atoms:
        atom.chain = short[atom.chain]


def _chains(atoms: Iterable[_Atom]) -> Iterator[Chain]:
    found: dict[str, dict[int, tuple[str, float]]] = {}
    for atom in atoms:
        if atom.name == "CA" and (atom.record == "ATOM  " or atom.residue in _LETTERS) and not atom.insertion:
            letter = _LETTERS.get(atom.residue, "X")
            found.setdefault(atom.chain, {}).setdefault(atom.number, (letter, atom.b))
    for chain, residues in found.items():
        letters = "".join(letter for letter, _ in residues.values())
        yield Chain(chain, tuple(residues), letters, tuple(b for _, b in residues.values()))


def _write(atoms: Iterable[_Atom]) -> str:
    """Write atoms as PDB 3.3 lines."""
    lines = []
    for serial, atom in enumerate(atoms, start=1):
        x, y, z = atom.place
        element = re.sub(r"[^A-Z]", "", atom.element)
        name = atom.name if len(atom.name) == 4 or len(element) == 2 else f" {atom.name}"
        lines.append(
            f"{atom.record}{serial % 100_000:>5} {name:<4} {atom.residue:>3} {atom.chain}{atom.number:>4}"
            f"{atom.insertion or ' '}   {x:8.3f}{y:8.3f}{z:8.3f}  1.00{min(max(atom.b, -99.0), 999.0):6.2f}"
            f"          {element:>2}"
        )
    return "\n".join([*lines, "END", ""])
