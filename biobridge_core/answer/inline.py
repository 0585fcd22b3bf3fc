"""Molecules and sequences that are written into a question, lifted out of it; changes of one residue in it."""

from __future__ import annotations

import re
from collections.abc import Callable

from biobridge_core.answer.types import Attachment
from biobridge_core.chem.standardise import looks_like_smiles, standardise
from biobridge_core.errors import InputError
from biobridge_core.protein import STANDARD, looks_like_sequence

_LEAST_SMILES, _LEAST_SEQUENCE = 5, 20
_MOST = 5
_SMILES_MARKS = re.compile(r"[=#\[\]()@]|[A-Za-z]\d")
_NAMED_SO = re.compile(
    r"\b(?:the |this )?(?:smiles|molecule|compound|drug|sequence|protein):? (?=this )", re.IGNORECASE
)
_THREE = (
    "Ala|Arg|Asn|Asp|Cys|Gln|Glu|Gly|His|Ile|Leu|Lys|Met|Phe|Pro|Ser|Thr|Trp|Tyr|Val|Ter"  # residues in three letters
)
_CHANGE = re.compile(
    rf"(?<![\w.])(?:p\.)?\(?(?:([ACDEFGHIKLMNPQRSTVWY])(\d{{1,5}})([ACDEFGHIKLMNPQRSTVWYX*]|fs\w*|del)"
    rf"|({_THREE})(\d{{1,5}})({_THREE}|\*|=|fs\w*|del\w*))\)?(?![\w])"
    r"|(?<![\w.])[cgm]\.\d+[\d_+*-]*(?:[ACGT]+>[ACGT]+|del\w*|dup\w*|ins\w*)"
)


def lifted(question: str, is_name: Callable[[str], bool]) -> tuple[str, tuple[Attachment, ...]]:
    """A question with what is drawn in letters replaced by words that point to it, and these as attachments."""
    found: list[Attachment] = []

    def one(match: re.Match[str]) -> str:
        word = match[0].rstrip("?.,;:!\"'”’").lstrip("\"'“‘")
        kind = _kind(word) if len(found) < _MOST else ""
        if not kind or is_name(word):
            return match[0]
        number = f" {len(found) + 1}" if found else ""
        found.append(Attachment(f"{kind} in the question{number}", word.encode()))
        return match[0].replace(word, f"this {kind}" if len(found) == 1 else " ", 1)

    text = re.sub(r"\S+", one, question)
    if found:
        text = _NAMED_SO.sub("", text)
    return text, tuple(found)


def _kind(word: str) -> str:
    if len(word) >= _LEAST_SEQUENCE and set(word) <= STANDARD and looks_like_sequence(word):
        return "sequence"
    if len(word) < _LEAST_SMILES or not _SMILES_MARKS.search(word) or not looks_like_smiles(word):
        return ""
    if not re.search(r"[=#(\[]", word) and len(word) < 2 * _LEAST_SMILES:
        return ""  # a symbol of letters and digits may be a molecule by chance
    try:
        standardise(word)
    except InputError:
        return ""
    return "molecule"


def change_in(words: str) -> str:
    """A change of a residue or a base as it is written: R1648H, p.Gly12Asp, c.76A>T; empty where there is none."""
    found = _CHANGE.search(words)
    if found is None or (found[1] and found[1] == found[3]):
        return ""
    return found[0]
