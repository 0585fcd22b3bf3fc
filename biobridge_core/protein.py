"""Protein sequences as people paste them: FASTA or bare, checked and cleaned."""

from __future__ import annotations

import re
from dataclasses import dataclass

from biobridge_core.errors import InputError

MIN_RESIDUES = 10
MAX_RESIDUES = 35_000  #: titin, the longest human protein, has 34,350
STANDARD = frozenset("ACDEFGHIKLMNPQRSTVWY")
#: IUPAC codes beyond the twenty (doi:10.1351/pac198456050595): B = D/N, Z = E/Q, X = any, U = Sec, O = Pyl.
RESIDUES = STANDARD | frozenset("BZXUO")
_NUCLEOTIDES = frozenset("ACGTUN")
_ELEMENTS = frozenset("BCFHINOPS")  #: a run of these alone is a chain of atoms in SMILES, no protein
_BARE_MIN = 25  #: from here on, a single odd letter does not stop a word from being taken for a sequence


@dataclass(frozen=True, slots=True)
class Sequence:
    """A checked protein sequence in one-letter code."""

    residues: str
    header: str = ""  #: FASTA header without ``>``
    notes: tuple[str, ...] = ()  #: what was changed, in plain words


def looks_like_sequence(text: str) -> bool:
    """Whether a person who typed this most likely meant a protein sequence.

    A FASTA header decides at once. Otherwise one unbroken run of letters (or several lines of them) in which at
    least nine in ten
    are residues counts from 25 letters on; from 10 to 24 letters every one must be one of the twenty standard
    residues in capitals.
    """
    if text.lstrip().startswith(">"):
        return True
    letters = re.sub(r"[\s\d*]", "", text)
    if len(letters) < MIN_RESIDUES or not letters.isascii() or set(letters.upper()) <= _ELEMENTS:
        return False
    if len(letters) < _BARE_MIN:
        return " " not in text.strip() and letters.isupper() and set(letters) <= STANDARD
    words = re.findall(r"[A-Za-z*]+", text)
    if max(len(word) for word in words) < MIN_RESIDUES if words else True:
        return False
    mostly_residues = sum(letter.upper() in RESIDUES for letter in letters) >= 0.9 * len(letters)
    one_case = letters.isupper() or (letters.islower() and len(words) == 1)
    return mostly_residues and one_case and not re.search(r"[^\w\s*\-.]", text)


def parse_sequence(text: str) -> Sequence:
    """Read one protein from FASTA or bare letters.

    Line breaks, spaces and position numbers are left out and a closing ``*`` is dropped; both are said in ``notes``.

    Raises
    ------
    InputError
        Empty, several records, letters that are no residues, DNA or RNA, shorter than 10 or longer than 35,000
        residues.
    """
    header, body = _split_fasta(text)
    notes: list[str] = []
    if re.search(r"\d", body):
        notes.append("Position numbers were left out of the sequence.")
    letters = re.sub(r"[\s\d]", "", body).upper()
    if letters.endswith("*"):
        letters = letters.rstrip("*")
        notes.append("The stop sign * at the end was left out.")
    if not letters:
        raise InputError("The sequence is empty.", "Paste the letters of a protein, with or without a FASTA header.")
    if len(letters) > MAX_RESIDUES:
        raise InputError(
            f"The sequence has {len(letters):,} residues; at most {MAX_RESIDUES:,} can be read.",
            "Paste one protein, or the domain you are interested in.",
        )
    _check_letters(letters)
    if len(letters) < MIN_RESIDUES:
        raise InputError(
            f"The sequence has {len(letters)} residues; at least {MIN_RESIDUES} are needed.",
            "Paste a longer stretch of the protein.",
        )
    odd = sorted(set(letters) - STANDARD)
    if odd:
        notes.append(f"Non-standard residues kept as they are: {', '.join(odd)}.")
    return Sequence(letters, header, tuple(notes))


def _split_fasta(text: str) -> tuple[str, str]:
    stripped = text.strip()
    if not stripped.startswith(">"):
        return "", stripped
    records = [record for record in re.split(r"(?m)^>", stripped) if record.strip()]
    if len(records) > 1:
        raise InputError(f"There are {len(records)} FASTA records.", "Paste one protein at a time.")
    header, _, body = (records[0] if records else "").partition("\n")
    return header.strip(), body


def _check_letters(letters: str) -> None:
    wrong: dict[str, int] = {}
    for position, letter in enumerate(letters, start=1):
        if letter not in RESIDUES:
            wrong.setdefault(letter, position)
    if wrong:
        named = ", ".join(f"{letter!r} at position {position}" for letter, position in list(wrong.items())[:5])
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise InputError(
            f"The sequence has letters that are no residues: {named}{more}.",
            "Use the one-letter amino acid code; X stands for an unknown residue.",
        )
    if len(letters) >= 2 * MIN_RESIDUES and set(letters) <= _NUCLEOTIDES:
        raise InputError(
            "This looks like DNA or RNA: it has no letters other than A, C, G, T, U and N.",
            "Translate it and paste the protein.",
        )
