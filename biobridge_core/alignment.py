"""How two protein sequences differ, by global alignment.

Biopython's PairwiseAligner (doi:10.1093/bioinformatics/btp163) aligns: it is exact (Gotoh 1982,
doi:10.1016/0022-2836(82)90398-9), written in C, one small package without a server, a database or files of its own, and
two sequences of 2,000 residues take 0.04 s. MMseqs2 and BLAST are made for searching one sequence among millions; here
the nearest entities are known before anything is aligned. Very long pairs, whose table would not fit in memory, are
compared by edit distance.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from biobridge_core.errors import InputError

MAX_CELLS = 60_000_000  #: residues of one times residues of the other that are aligned
_MAX_CHANGES = 200  #: told one by one
_LONG_CHANGE = 200  #: characters from which on a text is a sequence
THREE = {
    "ala": "A", "arg": "R", "asn": "N", "asp": "D", "cys": "C", "gln": "Q", "glu": "E", "gly": "G", "his": "H",
    "ile": "I", "leu": "L", "lys": "K", "met": "M", "phe": "F", "pro": "P", "ser": "S", "thr": "T", "trp": "W",
    "tyr": "Y", "val": "V", "sec": "U", "ter": "*",
}  # fmt: skip
_RESIDUE = r"([A-Z*]|[A-Z][a-z]{2})"
_CHANGE = re.compile(rf"(?:p\.)?\(?{_RESIDUE}(\d{{1,5}})({_RESIDUE[1:-1]}|del|=)\)?")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference, in the numbering of the first sequence (from 1)."""

    position: int
    before: str  #: residues that are gone; empty for an insertion after ``position``
    after: str

    def __str__(self) -> str:
        if not self.after:
            end = self.position + len(self.before) - 1
            span = f"{self.position}" if end == self.position else f"{self.position}–{end}"
            return f"{span} left out"
        if not self.before:
            return f"{len(self.after)} inserted after {self.position}"
        return f"{self.before}{self.position}{self.after}"


@dataclass(frozen=True, slots=True)
class Alignment:
    """Two sequences beside each other."""

    identity: float  #: identical positions over the columns of the alignment, 0..1
    same: int
    columns: int
    changes: tuple[Change, ...]  #: the first 200; neighbouring exchanges apart
    n_changes: int
    method: str


def align(one: str, other: str) -> Alignment:
    """Align two whole sequences with BLOSUM62, a gap costing 12 and 1 for each further residue."""
    if len(one) * len(other) > MAX_CELLS:
        return _by_edits(one, other)
    found = _aligner().align(_plain(one), _plain(other))[0]
    starts, others = found.coordinates
    changes: list[Change] = []
    same = columns = 0
    for left, right, first, last in zip(starts[:-1], starts[1:], others[:-1], others[1:], strict=True):
        a, b = one[left:right], other[first:last]
        columns += max(len(a), len(b))
        if a and b:
            same += sum(x == y for x, y in zip(a, b, strict=True))
            pairs = enumerate(zip(a, b, strict=True), start=int(left) + 1)
            changes += [Change(position, x, y) for position, (x, y) in pairs if x != y]
        else:
            changes.append(Change(int(left) + 1 if a else int(left), a, b))
    return _made(same, columns, changes, "global alignment, BLOSUM62")


def _by_edits(one: str, other: str) -> Alignment:
    from rapidfuzz.distance import Levenshtein

    changes = []
    same = columns = 0
    for op in Levenshtein.opcodes(one, other):
        a, b = one[op.src_start : op.src_end], other[op.dest_start : op.dest_end]
        columns += max(len(a), len(b))
        if op.tag == "equal":
            same += len(a)
        elif op.tag == "replace" and len(a) == len(b):
            changes += [Change(op.src_start + i + 1, x, y) for i, (x, y) in enumerate(zip(a, b, strict=True))]
        else:
            changes.append(Change(op.src_start + 1 if a else op.src_start, a, b))
    return _made(same, columns, changes, "fewest edits, since they are too long to be aligned")


def _made(same: int, columns: int, changes: Sequence[Change], method: str) -> Alignment:
    return Alignment(same / max(columns, 1), same, columns, tuple(changes[:_MAX_CHANGES]), len(changes), method)


def _plain(sequence: str) -> str:
    """Letters that the matrix has: selenocysteine and pyrrolysine count as unknown."""
    return sequence.translate({ord("U"): "X", ord("O"): "X", ord("J"): "X"})


@cache
def _aligner() -> Any:
    from Bio import Align

    aligner: Any = Align.PairwiseAligner(scoring="blastp")  # type: ignore[no-untyped-call]
    aligner.mode = "global"
    return aligner


def is_change(text: str) -> bool:
    """Whether a mutant is given by its changes (``R1648H``), not as a sequence or FASTA."""
    return len(text) < _LONG_CHANGE and not text.startswith(">") and any(character.isdigit() for character in text)


def mutate(sequence: str, change: str, name: str = "the protein") -> str:
    """Make a change that is written as ``R1648H``, ``p.Arg1648His``, ``R1648*`` or ``K12del``.

    Several may be given, separated by spaces, commas or semicolons; all positions are those of ``sequence``.

    Raises
    ------
    InputError
        If it cannot be read, or the sequence has another residue there.
    """
    words = [word for word in re.split(r"[\s,;]+", change.strip()) if word]
    if not words:
        raise InputError("There is no change.", "Write it as R1648H or p.Arg1648His.")
    letters = list(sequence)
    stop = len(sequence)
    for word in words[:50]:
        found = _CHANGE.fullmatch(word)
        if found is None:
            raise InputError(
                f"“{word[:40]}” is no change that can be read.",
                "Write an exchange as R1648H or p.Arg1648His, a stop as R1648*, a lost residue as K12del; paste the "
                "whole sequence for anything else.",
            )
        before, position, after = _letter(found[1]), int(found[2]), found[3]
        if not 1 <= position <= len(sequence):
            raise InputError(f"{name} has {len(sequence):,} residues, so no position {position:,}.", "Check it.")
        if sequence[position - 1] != before:
            raise InputError(
                f"{name} has {sequence[position - 1]} at position {position}, not {before}.",
                "Positions are those of the sequence in UniProt; another transcript may be numbered otherwise.",
            )
        if after == "=":
            continue
        letter = "" if after == "del" else _letter(after)
        if letter == "*":
            stop = min(stop, position - 1)
        else:
            letters[position - 1] = letter
    return "".join(letters[:stop])


def _letter(residue: str) -> str:
    if len(residue) == 1:
        return residue
    if residue.lower() not in THREE:
        raise InputError(f"“{residue}” is no amino acid.", "Use one letter or three, as in R1648H or p.Arg1648His.")
    return THREE[residue.lower()]
