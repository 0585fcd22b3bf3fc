"""The lineage of a candidate as a tree that can be drawn: what each molecule shares with what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from biobridge_core.chem.fragments import build, cut, flat_smiles
from biobridge_core.chem.kinship import NOWHERE, painted, shared_atoms
from biobridge_core.design.candidate import Candidate, Fragment, Step
from biobridge_core.design.evidence import Item
from biobridge_core.design.run import Run
from biobridge_core.errors import InputError, UnknownEntityError

_DEPTH, _NODES = 6, 24  #: how deep and how many molecules of a lineage are drawn


@dataclass(frozen=True, slots=True)
class Node:
    """One molecule of a lineage."""

    smiles: str
    operation: str
    item: Item | None  #: of a molecule of the evidence
    shared: tuple[int, ...]  #: its atoms that its child has too; of the candidate itself, all
    parents: tuple[Node, ...]
    more: int = 0  #: parents that are not drawn


@dataclass(frozen=True, slots=True)
class Giver:
    """An evidence item, or the known drugs at large, with the fragments that a candidate has from it."""

    item: Item | None  #: None for replacements
    name: str
    smiles: str  #: of the giver; empty where its structure is not known here
    fragments: tuple[Fragment, ...]
    colour: int  #: number of its ground, in both drawings
    places: tuple[int, ...]  #: atoms of the giver where its fragments stand


def tree(run: Run, candidate: Candidate) -> Node:
    """The candidate with its parents, and theirs, down to the evidence; six generations at most."""
    steps = {step.smiles: step for step in candidate.lineage.steps}
    left = [_NODES]
    return _node(run, steps, candidate.lineage.steps[0], "", 0, left)


def givers(run: Run, candidate: Candidate) -> tuple[Giver, ...]:
    """Who gave the fragments of a candidate, the largest share of atoms first."""
    by_key: dict[str, list[Fragment]] = {}
    for fragment in candidate.lineage.fragments:
        by_key.setdefault(fragment.item or f"\0{fragment.known_drug}", []).append(fragment)
    ordered = sorted(by_key.items(), key=lambda pair: (-sum(len(f.atoms) for f in pair[1]), pair[0]))
    return tuple(_giver(run, key, fragments, number) for number, (key, fragments) in enumerate(ordered))


def candidate_svg(candidate: Candidate, found: tuple[Giver, ...], width: int, height: int, dark: bool) -> str:
    """The candidate as SVG text, each fragment on the ground of its giver."""
    groups = tuple((fragment.atoms, giver.colour) for giver in found for fragment in giver.fragments)
    return painted(candidate.smiles, groups, width, height, dark)


def giver_svg(giver: Giver, width: int, height: int, dark: bool) -> str:
    """A giver as SVG text, what the candidate has from it on its ground."""
    return painted(giver.smiles, ((giver.places, giver.colour),), width, height, dark)


def node_svg(node: Node, width: int, height: int, dark: bool) -> str:
    """A molecule of a lineage as SVG text, what its child has too on a ground."""
    return painted(node.smiles, ((node.shared, 0 if node.shared else NOWHERE),), width, height, dark)


def _node(run: Run, steps: dict[str, Step], step: Step, child: str, depth: int, left: list[int]) -> Node:
    left[0] -= 1
    able = depth < _DEPTH and left[0] > 0
    shown = [steps[smiles] for smiles in step.parents if smiles in steps][: left[0]] if able else []
    parents = tuple(_node(run, steps, parent, step.smiles, depth + 1, left) for parent in shown)
    shared = shared_atoms(step.smiles, child) if child else ()
    item = _item(run, step.item)
    return Node(step.smiles, step.operation, item, shared, parents, len(step.parents) - len(parents))


def _item(run: Run, id_: str) -> Item | None:
    try:
        return run.evidence.item(id_) if id_ else None
    except UnknownEntityError:
        return None


def _giver(run: Run, key: str, fragments: list[Fragment], colour: int) -> Giver:
    item = None if key.startswith("\0") else _item(run, key)
    known = run.background.by_id.get(key[1:] if item is None else item.entity.id)
    smiles = known.smiles if known else item.entity.input if item else ""
    name = item.entity.name if item else known.name if known else key[1:]
    places = _places(smiles, [fragment.smiles for fragment in fragments]) if smiles else ()
    return Giver(item, name, flat_smiles(smiles) if places else smiles, tuple(fragments), colour, places)


def _places(smiles: str, cores: Sequence[str]) -> tuple[int, ...]:
    """Atoms of a molecule (of its `flat_smiles`) where fragments stand in it, each once; found as it is taken apart."""
    try:
        assembly = cut(flat_smiles(smiles))
    except InputError:
        return ()
    built, left = build(assembly), Counter(cores)
    places: list[int] = []
    for core, atoms in zip(assembly.cores, built.atoms if built else (), strict=False):
        if left[core]:
            left[core] -= 1
            places += atoms
    return tuple(sorted(places))
