"""Notations that geneticists and chemists type: protein and DNA changes, rs numbers, ids of molecules; questions.

Reads letters only and knows no graph; `biobridge_core.reading` makes a query of what is found here. Changes follow HGVS
(doi:10.1002/humu.22981); a CAS number is told from a date by its check digit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from biobridge_core.alignment import THREE

_LONGEST = 200  #: characters; nothing longer is a notation
_MOST_WORDS = 12
_LEAST_SURE = 10  #: from this position on, a letter, a number and a letter (R1648H) hardly mean anything else

_ONE = "ACDEFGHIKLMNPQRSTVWY"
_ACID = f"(?:{'|'.join(THREE)}|[{_ONE}])"
_BEFORE, _AFTER = r"(?<![\w.*])", r"(?![\w*])"
_CHANGE = re.compile(
    rf"{_BEFORE}(?P<p>p\.)?[(\[]?(?P<old>{_ACID})(?P<at>[1-9]\d{{0,4}})(?P<new>{_ACID}|del|[*X=])[)\]]?{_AFTER}",
    re.IGNORECASE,
)
_LOST = re.compile(rf"{_BEFORE}(?:p\.)?(?:[ΔΔ]|delta|del)-?([{_ONE}])([1-9]\d{{0,4}}){_AFTER}", re.IGNORECASE)
_JOINED = re.compile(rf"([A-Za-z][A-Za-z0-9]{{2,9}}?)([{_ONE}][1-9]\d{{1,3}}[{_ONE}*])")
_FRAME = re.compile(
    rf"{_BEFORE}(?:p\.)?[(\[]?{_ACID}\d{{1,5}}(?:_{_ACID}\d{{1,5}})?{_ACID}?(?:fs|ins|dup|del|ext)[\w*]*[)\]]?{_AFTER}",
    re.IGNORECASE,
)
LONGER = "a frameshift, an insertion or a longer deletion"
#: What cannot be placed in a protein without a transcript or a database, and what it is called.
_UNREAD = (
    (re.compile(rf"{_BEFORE}[cnrm]\.\(?[\d*+\-?][^\s()]*\)?", re.IGNORECASE), "a change of the coding DNA or RNA"),
    (re.compile(rf"{_BEFORE}IVS\d+[+-]\d+\S*", re.IGNORECASE), "a change of the coding DNA"),
    (re.compile(rf"{_BEFORE}\d+(?:_\d+)?(?:[ACGT]>[ACGT]|(?:del|ins|dup)[ACGT]+){_AFTER}"), "a change of the DNA"),
    (re.compile(r"(?<![\w.])(?:chr\w{1,2}:)?g\.\S+", re.IGNORECASE), "a position in the genome"),
    (re.compile(r"(?<![\w.])chr(?:\d{1,2}|[XYM]|MT)[:_\s-]\d\S*", re.IGNORECASE), "a position in the genome"),
    (re.compile(r"(?<![\w.])(?:\d{1,2}|[XY])([-:])\d{4,}\1[ACGT]+[->:/][ACGT]+"), "a position in the genome"),
    (re.compile(rf"{_BEFORE}rs\d{{2,}}{_AFTER}", re.IGNORECASE), "an rs number of dbSNP"),
    (re.compile(rf"{_BEFORE}[RSV]CV\d{{6,}}(?:\.\d+)?{_AFTER}", re.IGNORECASE), "an id of ClinVar"),
    (re.compile(rf"{_BEFORE}COS[MV]\d{{2,}}{_AFTER}", re.IGNORECASE), "an id of COSMIC"),
    (re.compile(r"(?<![\w.])(?:[NX][MRPCGT]_|LRG_|ENS[TP])\d+(?:\.\d+)?[pt]?\d*", re.I), "a transcript or its protein"),
    (_FRAME, LONGER),
)  # fmt: skip
#: Words beside gene and change that say nothing.
_FILLERS = frozenset(
    re.findall(r"\w+", "mutation mutations variant mutant change gene protein human in of the with an and")
)


@dataclass(frozen=True, slots=True)
class Variant:
    """A change of a protein or a gene, taken apart."""

    name: str  #: what is left: a gene symbol or an id; may be empty
    changes: tuple[str, ...]  #: one-letter code, as ``alignment.mutate`` reads it
    sure: bool  #: written so that it can hardly be anything else
    unread: tuple[tuple[str, str], ...]  #: what cannot be read here, and what it is


def variant(text: str) -> Variant | None:
    """Take ``SCN1A p.(Arg1648His)``, ``TP53:R175H`` or ``NM_001165963.1(SCN1A):c.4943G>A`` apart; None for other text.

    Gene and change may stand in either order, and words such as "mutation" between them. The number before a stop may
    be followed by ``*``, ``Ter`` or ``X``; ``ΔF508`` is ``F508del``.
    """
    if len(text) > _LONGEST or len(text.split()) > _MOST_WORDS or not re.search(r"\d", text):
        return None
    rest, sure = text, False
    unread: list[tuple[str, str]] = []
    changes: list[str] = []
    for pattern, kind in _UNREAD[:-1]:
        unread += [(found[0].strip("()"), kind) for found in pattern.finditer(rest)]
        rest = pattern.sub(" ", rest)
    for found in _CHANGE.finditer(rest):
        changes.append(_letter(found["old"]) + found["at"] + _letter(found["new"]))
        sure = sure or bool(found["p"]) or len(found["old"]) == 3 or int(found["at"]) >= _LEAST_SURE
    rest = _CHANGE.sub(" ", rest)
    changes += [f"{found[1].upper()}{found[2]}del" for found in _LOST.finditer(rest)]
    sure = sure or bool(_LOST.search(rest))
    rest = _LOST.sub(" ", rest)
    unread += [(found[0].strip("()[]"), _UNREAD[-1][1]) for found in _FRAME.finditer(rest)]
    rest = _FRAME.sub(" ", rest)
    if not changes and not unread and (joined := _JOINED.fullmatch(text.strip())):
        return Variant(joined[1], (joined[2].upper(),), False, ())
    words = [word.strip("()[]{}:,;.?!-–/") for word in rest.split()]
    name = " ".join(word for word in words if word and word.casefold() not in _FILLERS)
    return Variant(name, tuple(changes), sure or bool(unread), tuple(unread)) if changes or unread else None


def _letter(residue: str) -> str:
    """One-letter code; ``del`` as it is, an ``X`` that older names write for a stop as ``*``."""
    if len(residue) == 1:
        return "*" if residue in "Xx" else residue.upper()
    return THREE.get(residue.casefold(), residue.casefold())


class IdKind(StrEnum):
    """Whose id a word is."""

    INCHIKEY = "InChIKey"
    INCHI = "InChI"
    CHEMBL = "ChEMBL"
    CAS = "CAS"
    PUBCHEM = "PubChem"
    DRUGBANK = "DrugBank"
    ATC = "ATC"
    NUMBER = "number"


_IDS = (
    (IdKind.INCHI, re.compile(r"(InChI=1S?/\S+)", re.IGNORECASE)),
    (IdKind.INCHIKEY, re.compile(r"(?:InChIKey\s*[=:]?\s*)?([A-Z]{14}(?:-[A-Z]{10}(?:-[A-Z])?)?)", re.IGNORECASE)),
    (IdKind.CHEMBL, re.compile(r"(?:CHEMBL(?:\.COMPOUND)?\s*(?:ID)?\s*[:#]?\s*)?(CHEMBL\d+)", re.IGNORECASE)),
    (IdKind.CHEMBL, re.compile(r"CHEMBL\s*(?:ID)?\s*[:# ]\s*(\d+)", re.IGNORECASE)),
    (IdKind.CAS, re.compile(r"(?:CAS\s*(?:RN|No\.?|number|registry number)?\s*[:#]?\s*)?(\d{2,7}-\d\d-\d)", re.I)),
    (IdKind.PUBCHEM, re.compile(r"(?:PubChem\s*[:#]?\s*(?:CID)?|CID)\s*[:#]?\s*(\d{1,10})", re.IGNORECASE)),
    (IdKind.DRUGBANK, re.compile(r"(?:DrugBank\s*[:#]?\s*)?(DB\d{5})", re.IGNORECASE)),
    (IdKind.ATC, re.compile(r"(?:ATC\s*(?:code)?\s*[:#]?\s*)([A-Z]\d\d(?:[A-Z](?:[A-Z](?:\d\d)?)?)?)", re.IGNORECASE)),
    (IdKind.ATC, re.compile(r"([ABCDGHJLMNPRSV]\d\d[A-Z]{2}\d\d|[ABCDGHJLMNPRSV]\d\d[A-Z]{2})")),
    (IdKind.NUMBER, re.compile(r"#?(\d{2,10})")),
)


def identifier(text: str) -> tuple[IdKind, str] | None:
    """Kind and bare value of an id of a molecule, or of a number that says nothing of its kind; None for other text.

    A word of fourteen letters alone is an InChIKey only where it is written in capitals and has ``B``, ``J``, ``O``,
    ``U``, ``X`` or ``Z``, which no protein sequence of twenty residues has. A CAS number without the word CAS needs a
    check digit that fits.
    """
    word = text.strip().rstrip(".,;?")
    if word[:6].casefold() == "inchi=":
        return IdKind.INCHI, "".join(word.split())
    for kind, pattern in _IDS:
        found = pattern.fullmatch(word) if len(word) <= _LONGEST else None
        if found is None:
            continue
        value = found[1] if kind in (IdKind.INCHI, IdKind.CAS) else found[1].upper()
        if kind is IdKind.INCHIKEY and "-" not in value and (found[0] != value or set(value) <= set(_ONE)):
            continue
        if kind is IdKind.CAS and not word[:1].isalpha() and not checks(value):
            continue
        return kind, value
    return None


def checks(cas: str) -> bool:
    """Whether the last digit of a CAS number is what the others add up to."""
    digits = [int(digit) for digit in cas if digit.isdigit()]
    return sum(place * digit for place, digit in enumerate(reversed(digits[:-1]), start=1)) % 10 == digits[-1]


_KINDS = (
    ("drug", "drugs?|medicines?|medications?|treatments?|therapy|therapies|inhibitors?|agonists?|antagonists?|cures?"),
    ("protein", "genes?|proteins?|mutations?|variants?|targets?|causes?"),
    ("phenotype", "symptoms?|signs?|phenotypes?|side effects?"),
    ("disease", "diseases?|disorders?|conditions?|indications?"),
    ("biological_process", "functions?|roles?|pathways?|processes"),
)  # fmt: skip
_KIND = "|".join(words for _, words in _KINDS)
_VERB = (
    r"(?:(?:that|which|who|can|could|may|might|is|are|to|be|being)\s+)*(?:treat(?:s|ed|ing)?|cure[sd]?|helps?|"
    r"caus(?:e|es|ed|ing)|target(?:s|ed|ing)?|inhibit(?:s|ed|ing)?|bind(?:s|ing)?|involved|implicated|associated|linked|"
    r"related|used|mutated)(?:\s+(?:in|with|to|for|against|by|treat|to treat))*"
)
_OPENING = r"(?:(?:what|which|who|show|list|find|give|tell|me|are|is|there|do|any|all|the|some|known|approved)\s+)*"
_THING = r"(?:(?:the|a|an)\s+)?(?P<thing>.{2,120}?)"
_QUESTIONS = (
    re.compile(rf"{_OPENING}(?P<kind>{_KIND})\s+(?:for|of|in|against|with|on|{_VERB})\s+{_THING}", re.IGNORECASE),
    re.compile(rf"(?:what|which|who)\s+(?P<verb>{_VERB})\s+{_THING}", re.IGNORECASE),
    re.compile(rf"how\s+(?:to|do (?:you|i|we)|can (?:you|i|we|one))\s+(?P<verb>treat|cure)\s+{_THING}", re.IGNORECASE),
    re.compile(rf"how\s+(?:is|are)\s+{_THING}\s+(?P<verb>treated|cured|caused)", re.IGNORECASE),
    re.compile(rf"what\s+does\s+{_THING}\s+(?P<does>do|treat|target|bind|inhibit|cause)", re.IGNORECASE),
    re.compile(rf"(?:what|who)(?:\s+(?:is|are)|['’]s)\s+{_THING}", re.IGNORECASE),
    re.compile(rf"(?:tell me about|information (?:on|about)|explain|define|about)\s+{_THING}", re.IGNORECASE),
    re.compile(rf"{_THING}\s+(?P<kind>{_KINDS[0][1]}|genes|symptoms)", re.IGNORECASE),
    re.compile(r"(?P<thing>[A-Z][\w-]*\d\w*)\s+(?:gene|protein|mutations?|variants?)", re.IGNORECASE),
)
_DOES = {"treat": "disease", "cause": "disease", "target": "protein", "bind": "protein", "inhibit": "protein"}


def question(text: str) -> tuple[str, str] | None:
    """The thing that a question is about, and the modality that it asks for (may be empty); None for other text.

    ``what treats epilepsy?`` gives epilepsy and ``drug``. Whether the thing is known is for the caller to find out.
    """
    line = " ".join(text.split()).rstrip("?!. ")
    if len(line) > _LONGEST:
        return None
    for pattern in _QUESTIONS:
        found = pattern.fullmatch(line)
        if found is None:
            continue
        parts = found.groupdict()
        if does := parts.get("does"):
            return parts["thing"], _DOES.get(does.casefold(), "")
        if verb := parts.get("verb"):
            asked = re.search(r"treat|cure|help|used|target|inhibit|bind", verb, re.IGNORECASE)
            return parts["thing"], "drug" if asked else "protein"
        kind = parts.get("kind") or ""
        return parts["thing"], next((name for name, words in _KINDS if re.fullmatch(words, kind, re.IGNORECASE)), "")
    return None


_JOINTS = re.compile(r"\s*[,;\n\t|+&]+\s*(?:and\s+)?|\s+(?:and|or|vs\.?|versus)\s+|\s+/\s+|(?<=[A-Z0-9])/(?=[A-Z])")
_LONGEST_NAME = 80


def several(text: str) -> tuple[tuple[str, ...], bool]:
    """Names that stand in a list, each once, and whether nothing but spaces is between them; none for other text."""
    parts = tuple(dict.fromkeys(part for part in _JOINTS.split(text.strip(" ,;.?\n\t")) if part))
    if len(parts) > 1:
        return (parts if max(map(len, parts)) <= _LONGEST_NAME else ()), False
    words = tuple(dict.fromkeys(text.split()))
    return (words if 2 <= len(words) <= _MOST_WORDS else ()), True
