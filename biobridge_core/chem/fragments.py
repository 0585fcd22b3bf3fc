"""Molecules taken apart at bonds that chemists make, and put together again, with every atom accounted for.

A molecule is an *assembly*: cores (ring systems, linkers, substituents) and the joints between them. Bonds are cut by
the rules of BRICS (Degen et al. 2008, doi:10.1002/cmdc.200800178), of RECAP (Lewell et al. 1998,
doi:10.1021/ci970429i) and between a ring and what stands on it (Hussain & Rea 2010, doi:10.1021/ci900450m). Cut bonds
are single and in no ring, so that the cores of a molecule make a tree. Stereo and isotopes are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from rdkit import Chem, rdBase
from rdkit.Chem import BRICS

from biobridge_core.chem.standardise import Mol
from biobridge_core.errors import InputError

MAX_ATOMS = 70  #: heavy atoms of a molecule that is taken apart
SEEN = 5  #: molecules that must have a bond between such atoms before a new one is made

#: RECAP's bonds, each as a pattern of its two atoms, so that one match is one bond whatever the order of the atoms.
_RECAP = {
    "amide": "[C;$(C=!@O);!$(C([#7])[#7])]-!@[#7;+0;!D1]",
    "ester": "[C;$(C=!@O)]-!@[O;+0;D2]",
    "amine": "[N;!D1;!$(N-C=[#7,#8,#15,#16])]-!@[#6;!$(C=O);!D1]",
    "urea": "[#7;+0;!D1]-!@[C;$(C(=!@O)(-!@[#7])-!@[#7])]",
    "ether": "[#6]-!@[O;+0;D2;$(O(-!@[#6])-!@[#6])]",
    "quaternary nitrogen": "[N;+1;D4]-!@[#6]",
    "aromatic nitrogen–carbon": "[n;+0]-!@[C]",
    "lactam nitrogen–carbon": "[N;+0;R;$(N@C=[O;D1])]-!@[C]",
    "biaryl": "[c]-!@[c]",
    "sulfonamide": "[#7;+0;!D1]-!@[S;$(S(=O)=O)]",
}


@dataclass(frozen=True, slots=True)
class Joint:
    """A single bond between an atom of core ``a`` and one of core ``b``; atoms count in the order of the SMILES."""

    a: int
    atom_a: int
    b: int
    atom_b: int


@dataclass(frozen=True, slots=True)
class Assembly:
    """A molecule as a tree of cores. ``origins`` says of each core from which molecule this copy of it was taken."""

    cores: tuple[str, ...]  #: SMILES, hydrogens where the joints are
    joints: tuple[Joint, ...]
    origins: tuple[str, ...]

    def degree(self, core: int) -> int:
        """How many joints a core has."""
        return sum(core in (joint.a, joint.b) for joint in self.joints)

    def ends(self, core: int) -> list[tuple[int, int, int]]:
        """Own atom, other core and its atom, of every joint of a core."""
        found = [(j.atom_a, j.b, j.atom_b) for j in self.joints if j.a == core]
        return found + [(j.atom_b, j.a, j.atom_a) for j in self.joints if j.b == core]

    def side(self, start: int, without: Joint) -> set[int]:
        """The cores that hang together with ``start`` when one joint is opened."""
        reached, waiting = {start}, [start]
        while waiting:
            here = waiting.pop()
            for joint in self.joints:
                if joint is without or here not in (joint.a, joint.b):
                    continue
                other = joint.b if joint.a == here else joint.a
                if other not in reached:
                    reached.add(other)
                    waiting.append(other)
        return reached

    def part(self, cores: Iterable[int]) -> tuple[Assembly, dict[int, int]]:
        """Some of the cores with the joints among them, and the new number of each."""
        kept = sorted(cores)
        new = {old: place for place, old in enumerate(kept)}
        joints = (Joint(new[j.a], j.atom_a, new[j.b], j.atom_b) for j in self.joints if j.a in new and j.b in new)
        return Assembly(tuple(self.cores[i] for i in kept), tuple(joints), tuple(self.origins[i] for i in kept)), new


@dataclass(frozen=True, slots=True)
class Built:
    """An assembly as a molecule."""

    smiles: str  #: canonical
    atoms: tuple[tuple[int, ...], ...]  #: of each core, the places of its atoms, in their order, in ``smiles``
    bonds: tuple[str, ...]  #: of each joint, between what kinds of atom it stands; see `bond_kinds`


def cut(smiles: str, origin: str = "") -> Assembly:
    """Take a molecule apart at every bond that a rule names.

    Raises
    ------
    InputError
        If it cannot be read, is several molecules, is too large or holds no carbon.
    """
    with rdBase.BlockLogs():
        mol = flat(smiles)
        if "." in smiles or not any(atom.GetAtomicNum() == 6 for atom in mol.GetAtoms()):
            raise InputError("This is no single organic molecule.", "Give one without salts.")
        if mol.GetNumHeavyAtoms() > MAX_ATOMS:
            raise InputError(
                f"The molecule has {mol.GetNumHeavyAtoms()} heavy atoms; up to {MAX_ATOMS} are taken apart.",
                "Larger ones are no starting point for a small molecule.",
            )
        pairs = sorted(cut_bonds(mol))
        editable = Chem.RWMol(mol)
        for i, j in pairs:
            for atom in (editable.GetAtomWithIdx(i), editable.GetAtomWithIdx(j)):
                if atom.GetNoImplicit() or (atom.GetIsAromatic() and atom.GetAtomicNum() != 6):
                    atom.SetNumExplicitHs(atom.GetNumExplicitHs() + 1)
            editable.RemoveBond(i, j)
        members: list[tuple[int, ...]] = []
        parts = Chem.GetMolFrags(editable.GetMol(), asMols=True, sanitizeFrags=False, fragsMolAtomMapping=members)
        cores, place = [], {}
        for number, (part, atoms) in enumerate(zip(parts, members, strict=True)):
            Chem.SanitizeMol(part)
            cores.append(Chem.MolToSmiles(part))
            for position, index in enumerate(_order(part)):
                place[atoms[index]] = (number, position)
        joints = tuple(Joint(*place[i], *place[j]) for i, j in pairs)
        return Assembly(tuple(cores), joints, (origin,) * len(cores))


def build(assembly: Assembly) -> Built | None:
    """Put the cores together; None where an atom would get more bonds than it can have."""
    with rdBase.BlockLogs():
        editable, offsets = Chem.RWMol(), []
        for core in assembly.cores:
            offsets.append(editable.GetNumAtoms())
            editable.InsertMol(_parsed(core))
        ends = [(offsets[j.a] + j.atom_a, offsets[j.b] + j.atom_b) for j in assembly.joints]
        for i, j in ends:
            for atom in (editable.GetAtomWithIdx(i), editable.GetAtomWithIdx(j)):
                if atom.GetNumExplicitHs():
                    atom.SetNumExplicitHs(atom.GetNumExplicitHs() - 1)
            editable.AddBond(i, j, Chem.BondType.SINGLE)
        if Chem.SanitizeMol(editable, catchErrors=True) != Chem.SanitizeFlags.SANITIZE_NONE:
            return None
        first = Chem.MolToSmiles(editable)
        order = _order(editable)
        again: Mol = Chem.MolFromSmiles(first)  # a SMILES that is read and written once more stays as it is
        if again is None:
            return None
        smiles = Chem.MolToSmiles(again)
        place = {order[atom]: position for position, atom in enumerate(_order(again))}
        stops = [*offsets[1:], editable.GetNumAtoms()]
        atoms = tuple(tuple(place[i] for i in range(start, stop)) for start, stop in zip(offsets, stops, strict=True))
        return Built(smiles, atoms, tuple(_bond_kind(editable, i, j) for i, j in ends))


def flat(smiles: str) -> Mol:
    """Read a molecule without its stereo, isotopes and explicit hydrogens.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    mol = Chem.MolFromSmiles(smiles) if 0 < len(smiles) <= 10_000 else None
    if mol is None or not mol.GetNumAtoms():
        raise InputError("This is not a SMILES that can be read.", "Check brackets, ring digits and elements.")
    for atom in mol.GetAtoms():
        atom.SetIsotope(0)
    mol = Chem.RemoveHs(mol)
    Chem.RemoveStereochemistry(mol)
    return mol


def flat_smiles(smiles: str) -> str:
    """Canonical SMILES without stereo and isotopes.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    with rdBase.BlockLogs():
        again = Chem.MolFromSmiles(Chem.MolToSmiles(flat(smiles)))
        return str(Chem.MolToSmiles(again))


def cut_bonds(mol: Mol) -> dict[tuple[int, int], str]:
    """The bonds of a molecule that are cut, as pairs of atoms, and the rule that names each."""
    found: dict[tuple[int, int], str] = {}
    for (i, j), (one, other) in BRICS.FindBRICSBonds(mol):  # type: ignore[no-untyped-call]
        found[min(i, j), max(i, j)] = f"BRICS {one}–{other}"
    for name, pattern in _recap():
        for i, j in mol.GetSubstructMatches(pattern):
            found.setdefault((min(i, j), max(i, j)), f"RECAP {name}")
    for bond in mol.GetBonds():
        i, j = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        if bond.GetBeginAtom().IsInRing() != bond.GetEndAtom().IsInRing():
            found.setdefault((min(i, j), max(i, j)), "substituent of a ring")
    return {
        pair: rule
        for pair, rule in found.items()
        if not (bond := mol.GetBondBetweenAtoms(*pair)).IsInRing() and bond.GetBondType() == Chem.BondType.SINGLE
    }


def bond_kinds(smiles: str) -> Counter[str]:
    """Between what kinds of atom the open-chain single bonds of a molecule stand.

    The kind of an atom is its element, charge, whether it is aromatic or in a ring, and its neighbours. A new bond is
    only made where known molecules have one of the same kind: no peroxides, acetals of chance or bonds of nitrogen to
    halogen come about.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    with rdBase.BlockLogs():
        mol = flat(smiles)
        return Counter(
            _bond_kind(mol, bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())
            for bond in mol.GetBonds()
            if bond.GetBondType() == Chem.BondType.SINGLE and not bond.IsInRing()
        )


def open_atoms(core: str) -> tuple[int, ...]:
    """The atoms of a core that have a hydrogen to give for a joint."""
    return tuple(atom.GetIdx() for atom in _parsed(core).GetAtoms() if atom.GetTotalNumHs())


def heavy_atoms(core: str) -> int:
    """How many heavy atoms a SMILES has."""
    return int(_parsed(core).GetNumHeavyAtoms())


def joinable(assembly: Assembly, seen: Mapping[str, int]) -> Built | None:
    """Build an assembly, if all its joints are of kinds that are known; see `bond_kinds`."""
    built = build(assembly)
    return built if built is not None and all(seen.get(kind, 0) >= SEEN for kind in built.bonds) else None


@lru_cache(maxsize=20_000)
def _parsed(core: str) -> Mol:
    mol = Chem.MolFromSmiles(core)
    if mol is None:
        raise InputError(f"{core[:60]!r} is not a fragment that can be read.", "Check it.")
    return mol


def _order(mol: Mol) -> list[int]:
    """Atoms in the order of the SMILES that was written last."""
    return list(mol.GetPropsAsDict(True, True)["_smilesAtomOutputOrder"])


def _bond_kind(mol: Mol, i: int, j: int) -> str:
    return "|".join(sorted((_atom_kind(mol, i, j), _atom_kind(mol, j, i))))


def _atom_kind(mol: Mol, place: int, partner: int) -> str:
    atom = mol.GetAtomWithIdx(place)
    around = sorted(_around(mol, atom, partner))
    ring = "r" if atom.IsInRing() else ""
    return f"{_symbol(atom)}{atom.GetFormalCharge() or ''}{ring}({','.join(around)})"


def _around(mol: Mol, atom: Any, partner: int) -> Iterator[str]:
    for other in atom.GetNeighbors():
        if other.GetIdx() != partner:
            bond = mol.GetBondBetweenAtoms(atom.GetIdx(), other.GetIdx())
            yield f"{_MARKS.get(bond.GetBondType(), '~')}{_symbol(other)}"


_MARKS = {Chem.BondType.SINGLE: "", Chem.BondType.DOUBLE: "=", Chem.BondType.TRIPLE: "#", Chem.BondType.AROMATIC: ":"}


def _symbol(atom: Any) -> str:
    symbol: str = atom.GetSymbol()
    return symbol.lower() if atom.GetIsAromatic() else symbol


@cache
def _recap() -> tuple[tuple[str, Mol], ...]:
    return tuple((name, Chem.MolFromSmarts(smarts)) for name, smarts in _RECAP.items())
