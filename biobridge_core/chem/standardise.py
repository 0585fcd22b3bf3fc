"""One way to write a molecule, so that the same drug is the same string wherever it comes from.

Follows RDKit's MolStandardize: functional groups normalised, counter-ions and solvents off, charges neutralised where a
proton can do it, canonical isomeric SMILES. Tautomers are left as drawn. Every change is said in ``notes``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from rdkit import Chem, rdBase
from rdkit.Chem import rdMolDescriptors
from rdkit.Chem.MolStandardize import rdMolStandardize

from biobridge_core.chem.counterions import COUNTER_IONS
from biobridge_core.errors import InputError

#: RDKit ships no types; a molecule is opaque to the rest of the house.
Mol = Any

MAX_ATOMS = 200  #: heavy atoms of the largest molecule that is taken, unless the caller says otherwise
MAX_CHARACTERS = 10_000  #: nothing longer is handed to the parser

#: Metals that are counter-ions of a drug and no part of it. Every other metal makes a complex, which is kept whole.
_COUNTER_METALS = frozenset({"Li", "Na", "K", "Rb", "Cs", "Mg", "Ca", "Sr", "Ba", "Zn", "Al"})
_NON_METALS = frozenset(re.findall(r"\w+", "H He B C N O F Ne Si P S Cl Ar Ge As Se Br Kr Te I Xe At Rn"))
#: Fragments with carbon that are minerals all the same: lithium carbonate is about the lithium.
_MINERAL = frozenset({"carbonic acid", "carbon dioxide", "thiocyanic acid"})

_TOO_LARGE_HINT = "For a peptide or a protein paste its amino-acid sequence; for a known drug type its name."


@dataclass(frozen=True, slots=True)
class Standardised:
    """A molecule written the one way, and what was done to it."""

    smiles: str  #: canonical isomeric SMILES of the neutral parent
    inchikey: str
    inchikey14: str  #: first InChIKey block: the skeleton, whatever its stereo, isotopes and protonation
    formula: str  #: molecular formula in Hill order
    notes: tuple[str, ...]  #: in plain words, e.g. ``salt removed: HCl``
    elements: tuple[str, ...] = ()  #: element symbols without H, sorted
    n_heavy: int = 0  #: heavy atoms
    counter_ion: str = ""  #: its name, if the parent is itself a common counter-ion or solvent, such as citrate


@lru_cache(maxsize=50_000)
def standardise(smiles: str, *, max_atoms: int = MAX_ATOMS) -> Standardised:
    """Write a molecule as its neutral parent in canonical isomeric SMILES.

    Parameters
    ----------
    smiles
        A SMILES; a name or a CXSMILES block after a space is left out, and said.
    max_atoms
        Most heavy atoms that the parent may have; the work done grows with it.

    Raises
    ------
    InputError
        If it is empty, does not parse, holds two molecules of similar size, open valences, wildcards or no carbon, or
        is too large.
    """
    text, notes = _clean_text(smiles)
    with rdBase.BlockLogs():
        mol = _parse(text, max_atoms)
    with rdBase.BlockLogs():
        _refuse_unusable(mol)
        mol = Chem.RemoveHs(mol)
        metals = sorted({atom.GetSymbol() for atom in mol.GetAtoms()} - _NON_METALS)
        complexed = [metal for metal in metals if metal not in _COUNTER_METALS]
        if complexed:
            notes.append(f"metal complex kept whole: {', '.join(complexed)}")
            parent = _normalise(mol, notes)
        else:
            if metals:
                mol = rdMolStandardize.MetalDisconnector().Disconnect(mol)
            parent = _neutralise(_parent(_normalise(mol, notes), notes), notes)
            if not _carbons(parent) or _counter_ion(parent) in _MINERAL:
                raise InputError(
                    f"{_short(text)} is a mineral, not an organic molecule.",
                    "Paste the SMILES of an organic molecule, or type the name of the substance.",
                )
        return _describe(parent, text, max_atoms, notes)


def from_inchi(inchi: str) -> str:
    """SMILES of an InChI.

    Raises
    ------
    InputError
        If it is too long or cannot be read.
    """
    mol = None
    if len(inchi) <= MAX_CHARACTERS:
        with rdBase.BlockLogs():
            mol = Chem.MolFromInchi(inchi, sanitize=True, removeHs=True)  # type: ignore[no-untyped-call]
    if mol is None or not mol.GetNumAtoms():
        raise InputError(
            f"{_short(inchi)} is not an InChI that can be read.", "Copy it whole, from InChI=1S/ to its end."
        )
    return str(Chem.MolToSmiles(mol))


_MANY = 50  # words that are tried as molecules


def looks_like_smiles(text: str) -> bool:
    """Tell whether a person who typed this meant a SMILES; a broken one counts, so that its error can be shown.

    Words win over molecules. ``=``, ``#``, brackets and branches make a SMILES. A word of letters and digits (``CO``,
    ``COCO``, ``CCNO``, ``CCNB1IP1``) is one only when it parses, half of its atoms are carbon, and it has five letters
    or a ring; ``-``, ``/``, ``:`` and ``.`` do not count, since names and CURIEs have them. Anything with a space is
    text.
    """
    word = text.strip()
    if not word or not _GRAMMAR.fullmatch(word):
        return False
    if re.search(r"[=#(\[]", word) and len(_ATOM.findall(word)) >= 2:
        return True
    if len(word) > MAX_CHARACTERS:
        return False
    atoms = _ATOM.findall(word)
    letters = sum(character.isalpha() for character in word)
    if 2 * sum(atom in "Cc" for atom in atoms) < len(atoms) or not (letters >= 5 or any(map(str.isdigit, word))):
        return False
    if len(word) > 2 * MAX_ATOMS:
        return True
    with rdBase.BlockLogs():
        return Chem.MolFromSmiles(word) is not None


def molecules_in(text: str) -> int:
    """How many molecules stand in a text that has nothing but SMILES between its spaces and lines; else 0."""
    words = text.split()
    if not words or any(not _GRAMMAR.fullmatch(word) or "C" not in word.upper() for word in words[:_MANY]):
        return 0
    with rdBase.BlockLogs():
        return len(words) if all(Chem.MolFromSmiles(word) is not None for word in words[:_MANY]) else 0


_ATOM = re.compile(r"\[[^\[\]\s]*\]|Br|Cl|[BCNOPSFI]|[bcnops]")
_GRAMMAR = re.compile(
    r"(?:Br|Cl|[BCNOPSFI]|[bcnops]|\[\d{0,3}(?:[A-Za-z]|\*)[^\[\]\s]{0,12}\]|[-=#$:/\\.~()]|%\d\d|\d|\*)+(?:\[[^\[\]\s]{0,12})?"
)


def _clean_text(smiles: str) -> tuple[str, list[str]]:
    text = smiles.strip()
    if not text:
        raise InputError("The SMILES is empty.", "Paste a SMILES such as CC(=O)Oc1ccccc1C(=O)O, or draw the molecule.")
    if len(text) > MAX_CHARACTERS:
        raise InputError(f"The SMILES has {len(text):,} characters, which is too large.", _TOO_LARGE_HINT)
    lines = text.splitlines()
    if len(lines) > 1:
        raise InputError(f"There are {len(lines)} lines, but one SMILES is needed.", "Paste one molecule at a time.")
    first, *rest = text.split(maxsplit=1)
    return first, ["the text after the SMILES was left out"] if rest else []


def _parse(text: str, max_atoms: int) -> Mol:
    params: Any = Chem.SmilesParserParams()
    params.sanitize = False
    params.removeHs = False
    params.allowCXSMILES = False
    params.parseName = False
    with rdBase.CaptureErrorLog() as log:
        mol = Chem.MolFromSmiles(text, params)
    if mol is None:
        raise InputError(
            f"{_short(text)} is not a SMILES that can be read{_where(log.messages)}.", _parse_hint(log.messages)
        )
    heavy = mol.GetNumHeavyAtoms()
    if heavy > 2 * max_atoms:  # before any chemistry: salts may come off, but not as much again
        raise InputError(f"The molecule has {heavy:,} heavy atoms; at most {max_atoms} can be read.", _TOO_LARGE_HINT)
    if heavy == 0:
        raise InputError(f"{_short(text)} holds no atom but hydrogen.", "Paste the SMILES of an organic molecule.")
    try:
        Chem.SanitizeMol(mol)
    except Chem.MolSanitizeException as error:
        problem = next(iter(Chem.DetectChemistryProblems(mol)), error)
        raise InputError(
            f"{_short(text)} cannot be a molecule: {_problem(mol, problem)}.",
            "Check charges, the number of bonds of each atom, and aromatic (lower-case) letters.",
        ) from error
    Chem.AssignStereochemistry(mol, cleanIt=True, force=True)
    return mol


def _where(messages: str) -> str:
    position = re.search(r"around position (\d+)", messages)
    return f" (look at character {position.group(1)})" if position else ""


def _parse_hint(messages: str) -> str:
    if "unclosed ring" in messages:
        return "A ring is opened by a digit but not closed by the same digit."
    if "extra open parentheses" in messages:
        return "A parenthesis is opened but not closed."
    if "extra close parentheses" in messages:
        return "A parenthesis is closed that was not opened."
    return "Check brackets, ring digits and element symbols, or draw the molecule."


def _problem(mol: Mol, problem: Any) -> str:
    kind = problem.GetType() if hasattr(problem, "GetType") else ""
    if kind == "AtomValenceException":
        atom = mol.GetAtomWithIdx(problem.GetAtomIdx())
        return f"atom {atom.GetIdx() + 1} ({atom.GetSymbol()}) has more bonds than its charge allows"
    if kind == "KekulizeException":
        return "its aromatic (lower-case) atoms do not close to an aromatic ring"
    if kind == "AtomKekulizeException":
        atom = mol.GetAtomWithIdx(problem.GetAtomIdx())
        return f"atom {atom.GetIdx() + 1} ({atom.GetSymbol().lower()}) is written aromatic but is in no ring"
    return "its atoms and bonds do not add up"


def _refuse_unusable(mol: Mol) -> None:
    for atom in mol.GetAtoms():
        if atom.GetAtomicNum() == 0:
            raise InputError(
                f"Atom {atom.GetIdx() + 1} is a wildcard (*): this is a fragment or a polymer, no whole molecule.",
                "Replace each * by the atom that stands there.",
            )
        if atom.GetNumRadicalElectrons() and atom.GetSymbol() in _NON_METALS and not _next_to_metal(atom):
            raise InputError(
                f"Atom {atom.GetIdx() + 1} ({atom.GetSymbol()}) has an open valence: this is a radical.",
                "Add the missing hydrogen or charge, e.g. [CH3] is C and [O] is O or [O-].",
            )


def _next_to_metal(atom: Mol) -> bool:
    return any(neighbour.GetSymbol() not in _NON_METALS for neighbour in atom.GetNeighbors())


@cache
def _normalizer() -> Any:  # it compiles its reactions when made
    return rdMolStandardize.Normalizer()


@cache
def _uncharger() -> Any:
    return rdMolStandardize.Uncharger(True)


def _normalise(mol: Mol, notes: list[str]) -> Mol:
    before = Chem.MolToSmiles(mol)
    changed = _hypervalent_sulfoxides(_normalizer().normalize(mol))
    if Chem.MolToSmiles(changed) != before:
        notes.append("functional groups written the standard way")
    return changed


def _hypervalent_sulfoxides(mol: Mol) -> Mol:
    """Undo the one RDKit rule that no public database follows: they write S(=O), and so do encoders' training sets."""
    for sulfur in mol.GetAtoms():
        if sulfur.GetSymbol() != "S" or sulfur.GetFormalCharge() != 1 or sulfur.GetDegree() != 3:
            continue
        oxides = [n for n in sulfur.GetNeighbors() if n.GetSymbol() == "O" and n.GetFormalCharge() == -1]
        if len(oxides) == 1 and oxides[0].GetDegree() == 1:
            mol.GetBondBetweenAtoms(sulfur.GetIdx(), oxides[0].GetIdx()).SetBondType(Chem.BondType.DOUBLE)
            sulfur.SetFormalCharge(0)
            oxides[0].SetFormalCharge(0)
            mol.UpdatePropertyCache(strict=False)
    return mol


def _parent(mol: Mol, notes: list[str]) -> Mol:
    """Return the drug's own fragment: counter-ions and solvents off, copies merged, two drugs refused."""
    fragments = Chem.GetMolFrags(mol, asMols=True)
    if len(fragments) == 1:
        return fragments[0]
    unique = {Chem.MolToSmiles(fragment): fragment for fragment in map(_uncharged, fragments)}
    charges: dict[str, int] = {}
    for fragment in fragments:
        charges[Chem.MolToSmiles(_uncharged(fragment))] = Chem.GetFormalCharge(fragment)
    if not any(map(_carbons, unique.values())):
        return fragments[0]  # refused by the caller
    order = sorted(unique, key=lambda key: (_carbons(unique[key]) == 0, -unique[key].GetNumHeavyAtoms(), key))
    own = [key for key in order if _counter_ion(unique[key]) is None]
    chosen, *rivals = own or [key for key in order if _carbons(unique[key])]
    for rival in rivals:
        # A cation with an anion is one salt, whatever their sizes, unless nothing says which of them is the drug.
        salt = bool(own) and charges[chosen] * charges[rival] < 0
        if not salt and (not own or 2 * unique[rival].GetNumHeavyAtoms() >= unique[chosen].GetNumHeavyAtoms()):
            raise InputError(
                f"There are two molecules of similar size: {_short(chosen)} and {_short(rival)}.",
                "Ask about one molecule at a time: leave out everything on one side of the dot.",
            )
    _say_left_out([(unique[key], charges[key]) for key in order if key != chosen], notes)
    if sum(Chem.MolToSmiles(_uncharged(fragment)) == chosen for fragment in fragments) > 1:
        notes.append("copies of the same molecule merged")
    # The fragment before neutralising, so that neutralising is told apart from removing the salt.
    return next(fragment for fragment in fragments if Chem.MolToSmiles(_uncharged(fragment)) == chosen)


def _uncharged(mol: Mol) -> Mol:
    return _uncharger().uncharge(Chem.Mol(mol))


def _neutralise(mol: Mol, notes: list[str]) -> Mol:
    changed = _uncharged(mol)
    if Chem.MolToSmiles(changed) != Chem.MolToSmiles(mol):
        notes.append("neutralised")
    left = Chem.GetFormalCharge(changed)
    if left:
        notes.append(f"a charge of {left:+d} stays, no proton can take it away")
    return changed


def _carbons(mol: Mol) -> int:
    return sum(atom.GetAtomicNum() == 6 for atom in mol.GetAtoms())


@cache
def _counter_ion_keys() -> dict[str, str]:
    keys = {}
    for smiles, name in COUNTER_IONS.items():
        mol = Chem.MolFromSmiles(smiles)
        keys[Chem.MolToSmiles(_uncharged(mol), isomericSmiles=False)] = name
    return keys


def _say_left_out(others: list[tuple[Mol, int]], notes: list[str]) -> None:
    """Tell a salt from a mixture: what had no charge and can take none was beside the molecule, not bound to it."""
    beside = []
    for mol, charge in others:
        name = _counter_ion(mol)
        if not charge and not _makes_salts(mol):
            beside.append(name or Chem.MolToSmiles(mol))
        else:
            notes.append(f"salt removed: {name}" if name else f"smaller fragment removed: {Chem.MolToSmiles(mol)}")
    if beside:
        notes.append(f"of a mixture, the larger component is read; left out: {', '.join(beside)}")


@cache
def _acid_or_base() -> tuple[Mol, ...]:
    acid = "[$([C,S,P,N+]=O),$([Cl]=O),$(B)][OX2H]"
    base = "[NX3;!$(N-[C,S,P]=[O,N,S]);!$(N[O,N]);!$(N-C#N)]"
    return tuple(map(Chem.MolFromSmarts, (acid, base, "[n;H0]")))


def _makes_salts(mol: Mol) -> bool:
    """Whether a neutral molecule is an acid, a base or a mineral other than water, so that it may be half of a salt."""
    if not _carbons(mol):
        return Chem.MolToSmiles(mol) != "O"
    return any(mol.HasSubstructMatch(pattern) for pattern in _acid_or_base())


def _counter_ion(mol: Mol) -> str | None:
    return _counter_ion_keys().get(Chem.MolToSmiles(mol, isomericSmiles=False))


def _describe(mol: Mol, text: str, max_atoms: int, notes: list[str]) -> Standardised:
    # Written and read once more: the canonical SMILES of a just edited molecule is not always a fixed point.
    again = Chem.MolFromSmiles(Chem.MolToSmiles(mol))
    mol = again if again is not None else mol
    heavy = mol.GetNumHeavyAtoms()
    if heavy > max_atoms:
        raise InputError(f"The molecule has {heavy} heavy atoms; at most {max_atoms} can be read.", _TOO_LARGE_HINT)
    key = _inchikey(mol)
    if not key:
        raise InputError(
            f"{_short(text)} has no InChIKey, so it cannot be compared with known drugs.", "Type its name."
        )
    return Standardised(
        smiles=Chem.MolToSmiles(mol),
        inchikey=key,
        inchikey14=key[:14],
        formula=rdMolDescriptors.CalcMolFormula(mol),
        notes=tuple(notes),
        elements=tuple(sorted({atom.GetSymbol() for atom in mol.GetAtoms()} - {"H"})),
        n_heavy=heavy,
        counter_ion=_counter_ion(mol) or "",
    )


def _inchikey(mol: Mol) -> str:
    dative = [bond for bond in mol.GetBonds() if bond.GetBondType() == Chem.BondType.DATIVE]
    if dative:  # InChI knows no dative bond, and takes metals apart anyway
        editable = Chem.RWMol(mol)
        for bond in dative:
            editable.RemoveBond(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())
        mol = editable.GetMol()
        Chem.SanitizeMol(mol)
    return str(Chem.MolToInchiKey(mol))  # type: ignore[no-untyped-call]


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"
