"""Changes of assemblies: what a graph genetic algorithm does to molecules, fragment by fragment.

After Jensen 2019 (doi:10.1039/c8sc05372c), with one difference: the genes are fragments that remember where they come
from, so that every atom of a child has a source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from random import Random

from biobridge_core.chem.fragments import Assembly, Joint, heavy_atoms, open_atoms

REPLACEMENT = "replacement:"  #: begins the origin of a fragment that comes from the known drugs at large
_SMALL = 7  #: heavy atoms of a fragment that a molecule grows by from the known drugs at large


@dataclass(frozen=True, slots=True)
class Piece:
    """A fragment that may be used, and where it comes from."""

    core: str  #: SMILES
    sites: tuple[tuple[int, ...], ...]  #: sets of atoms that bore joints in the molecules that it comes from
    weight: float  #: how much the evidence speaks for it, or how common it is among known drugs
    sources: tuple[str, ...]  #: evidence items that have it, the weightiest first; of a replacement, one known drug
    known: int = 0  #: how many known molecules have it
    specificity: float = 0.0  #: natural log of how much more common it is in the evidence than in known drugs


@dataclass(frozen=True)
class Library:
    """Everything that new molecules are made of.

    ``seen`` counts kinds of bond in known molecules, see `fragments.bond_kinds`.
    """

    pieces: tuple[Piece, ...]  #: from the evidence
    replacements: tuple[Piece, ...]  #: from the known drugs at large
    starts: tuple[Assembly, ...]  #: the molecules of the evidence
    start_weights: tuple[float, ...]
    seen: Mapping[str, int]
    replace_share: float = 0.25  #: how often a fragment is drawn from the known drugs at large
    _by_degree: dict[tuple[bool, int], tuple[list[Piece], list[float]]] = field(default_factory=dict, repr=False)

    def draw(self, rng: Random, degree: int, like: int = 0) -> Piece | None:
        """A fragment that can bear ``degree`` joints, by weight; near ``like`` heavy atoms where that is not 0."""
        general = bool(self.replacements) and rng.random() < self.replace_share
        pieces, sums = self._able(general, degree)
        if not pieces:
            pieces, sums = self._able(not general, degree)
        if not pieces:
            return None
        for _ in range(6):
            piece = rng.choices(pieces, cum_weights=sums)[0]
            if not like or abs(heavy_atoms(piece.core) - like) <= max(3, like // 2):
                return piece
        return piece

    def _able(self, general: bool, degree: int) -> tuple[list[Piece], list[float]]:
        key = (general, degree)
        if key not in self._by_degree:
            chosen = [
                piece
                for piece in (self.replacements if general else self.pieces)
                if any(len(sites) >= degree for sites in piece.sites)
                if not general or heavy_atoms(piece.core) <= (_SMALL if degree == 1 else 2 * _SMALL)
            ]
            self._by_degree[key] = chosen, list(accumulate(piece.weight for piece in chosen))
        return self._by_degree[key]


Change = Callable[[Random, Assembly, Library], "tuple[Assembly, str] | None"]


def offspring(rng: Random, parents: Sequence[Assembly], library: Library) -> tuple[Assembly, str] | None:
    """One child of two parents (or of one, given alone), and what was done; None where that was not possible."""
    first = parents[0]
    if len(parents) > 1 and rng.random() < 0.35:
        return cross(rng, first, parents[1])
    done, words = first, []
    for _ in range(rng.choices((1, 2, 3), weights=(60, 28, 12))[0]):
        change = rng.choices(_CHANGES, cum_weights=_SUMS)[0]
        changed = change(rng, done, library)
        if changed is not None:
            done = changed[0]
            words.append(changed[1])
    return (done, ", ".join(words)) if words else None


def nudged(rng: Random, parent: Assembly, library: Library) -> tuple[Assembly, str] | None:
    """One small change of a molecule: a substituent replaced, added or taken off, or one fragment replaced."""
    return rng.choices(_SMALL_CHANGES, cum_weights=_SMALL_SUMS)[0](rng, parent, library)


def cross(rng: Random, one: Assembly, other: Assembly) -> tuple[Assembly, str] | None:
    """A part of one molecule on a part of another, where both are cut at a joint."""
    if not one.joints or not other.joints:
        return None
    left, right = rng.choice(one.joints), rng.choice(other.joints)
    a, atom_a = rng.choice(((left.a, left.atom_a), (left.b, left.atom_b)))
    b, atom_b = rng.choice(((right.a, right.atom_a), (right.b, right.atom_b)))
    kept, where = one.part(one.side(a, left))
    added, there = other.part(other.side(b, right))
    return join(kept, where[a], atom_a, added, there[b], atom_b), "crossed"


def join(one: Assembly, a: int, atom_a: int, other: Assembly, b: int, atom_b: int) -> Assembly:
    """Two assemblies as one, with a new joint between a core of each."""
    shift = len(one.cores)
    moved = tuple(Joint(j.a + shift, j.atom_a, j.b + shift, j.atom_b) for j in other.joints)
    joints = (*one.joints, *moved, Joint(a, atom_a, b + shift, atom_b))
    return Assembly(one.cores + other.cores, joints, one.origins + other.origins)


def replace_core(rng: Random, one: Assembly, library: Library) -> tuple[Assembly, str] | None:
    """Another fragment in the place of one; its neighbours are joined to it in any order."""
    place = rng.randrange(len(one.cores))
    degree = one.degree(place)
    piece = library.draw(rng, degree, heavy_atoms(one.cores[place]))
    if piece is None or piece.core == one.cores[place]:
        return None
    able = [sites for sites in piece.sites if len(sites) >= degree]
    atoms = rng.sample(rng.choice(able), degree) if able else []
    if len(atoms) < degree:
        return None
    joints, left = [], iter(atoms)
    for joint in one.joints:
        if joint.a == place:
            joints.append(Joint(place, next(left), joint.b, joint.atom_b))
        elif joint.b == place:
            joints.append(Joint(joint.a, joint.atom_a, place, next(left)))
        else:
            joints.append(joint)
    cores = (*one.cores[:place], piece.core, *one.cores[place + 1 :])
    origins = (*one.origins[:place], origin(rng, piece), *one.origins[place + 1 :])
    return Assembly(cores, tuple(joints), origins), f"{one.cores[place]} replaced by {piece.core}"


def replace_leaf(rng: Random, one: Assembly, library: Library) -> tuple[Assembly, str] | None:
    """Another substituent in the place of one at the rim."""
    leaves = _leaves(one)
    if not leaves:
        return None
    leaf = rng.choice(leaves)
    (_, neighbour, atom) = one.ends(leaf)[0]
    old = one.cores[leaf]
    kept, where = one.part(set(range(len(one.cores))) - {leaf})
    piece = library.draw(rng, 1, heavy_atoms(old))
    if piece is None or piece.core == old:
        return None
    return _with(rng, kept, where[neighbour], atom, piece), f"{old} replaced by {piece.core}"


def grow(rng: Random, one: Assembly, library: Library) -> tuple[Assembly, str] | None:
    """One more substituent where there was a hydrogen."""
    place = rng.choices(range(len(one.cores)), weights=[heavy_atoms(core) for core in one.cores])[0]
    atom = _free_atom(rng, one, place)
    piece = library.draw(rng, 1)
    if atom is None or piece is None:
        return None
    return _with(rng, one, place, atom, piece), f"{piece.core} added"


def prune(rng: Random, one: Assembly, library: Library) -> tuple[Assembly, str] | None:
    """A hydrogen in the place of a substituent."""
    del library
    leaves = _leaves(one)
    if not leaves or len(one.cores) < 3:
        return None
    leaf = rng.choice(leaves)
    return one.part(set(range(len(one.cores))) - {leaf})[0], f"{one.cores[leaf]} taken off"


def move(rng: Random, one: Assembly, library: Library) -> tuple[Assembly, str] | None:
    """The same parts, joined at another atom of one of them."""
    del library
    if not one.joints:
        return None
    number = rng.randrange(len(one.joints))
    joint = one.joints[number]
    atom = _free_atom(rng, one, joint.a)
    if atom is None:
        return None
    new = Joint(joint.a, atom, joint.b, joint.atom_b)
    joints = (*one.joints[:number], new, *one.joints[number + 1 :])
    return Assembly(one.cores, joints, one.origins), f"{one.cores[joint.b]} moved"


def link(rng: Random, one: Assembly, library: Library) -> tuple[Assembly, str] | None:
    """A fragment set in between two that were joined."""
    if not one.joints:
        return None
    number = rng.randrange(len(one.joints))
    joint, piece = one.joints[number], library.draw(rng, 2)
    able = [sites for sites in piece.sites if len(sites) >= 2] if piece else []
    if piece is None or not able or heavy_atoms(piece.core) > _SMALL:
        return None
    first, second = rng.sample(rng.choice(able), 2)
    new = len(one.cores)
    between = (Joint(joint.a, joint.atom_a, new, first), Joint(new, second, joint.b, joint.atom_b))
    joints = (*one.joints[:number], *one.joints[number + 1 :], *between)
    return Assembly((*one.cores, piece.core), joints, (*one.origins, origin(rng, piece))), f"{piece.core} put between"


def unlink(rng: Random, one: Assembly, library: Library) -> tuple[Assembly, str] | None:
    """A fragment between two others left out."""
    del library
    inner = [place for place in range(len(one.cores)) if one.degree(place) == 2 and heavy_atoms(one.cores[place]) <= 4]
    if not inner:
        return None
    place = rng.choice(inner)
    (_, a, atom_a), (_, b, atom_b) = one.ends(place)
    kept, where = one.part(set(range(len(one.cores))) - {place})
    joints = (*kept.joints, Joint(where[a], atom_a, where[b], atom_b))
    return Assembly(kept.cores, joints, kept.origins), f"{one.cores[place]} left out"


_WEIGHTED: tuple[tuple[Change, int], ...] = (
    (replace_leaf, 30), (replace_core, 20), (grow, 18), (prune, 10), (move, 10), (link, 6), (unlink, 6),
)  # fmt: skip
_CHANGES = [change for change, _ in _WEIGHTED]
_SUMS = list(accumulate(weight for _, weight in _WEIGHTED))
_SMALL_CHANGES, _SMALL_SUMS = (replace_leaf, grow, prune, replace_core), list(accumulate((45, 30, 15, 10)))


def origin(rng: Random, piece: Piece) -> str:
    """From which of its sources this copy of a fragment is taken: the weightier, the likelier."""
    if len(piece.sources) == 1:
        return piece.sources[0]
    return rng.choices(piece.sources, weights=[1 / (place + 1) for place in range(len(piece.sources))])[0]


def _with(rng: Random, one: Assembly, place: int, atom: int, piece: Piece) -> Assembly:
    site = rng.choice(rng.choice([sites for sites in piece.sites if sites]))
    return join(one, place, atom, Assembly((piece.core,), (), (origin(rng, piece),)), 0, site)


def _leaves(one: Assembly) -> list[int]:
    return [place for place in range(len(one.cores)) if one.degree(place) == 1]


def _free_atom(rng: Random, one: Assembly, place: int) -> int | None:
    taken = {atom for atom, _, _ in one.ends(place)}
    free = [atom for atom in open_atoms(one.cores[place]) if atom not in taken]
    return rng.choice(free) if free else None
