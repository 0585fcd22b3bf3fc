"""From evidence to fragments: which may be used, how much the evidence speaks for each, and how special it is to it."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

from biobridge_core.chem.fragments import Assembly, cut, flat_smiles
from biobridge_core.chem.genetic import REPLACEMENT, Library, Piece
from biobridge_core.chem.guard import guarded_smiles
from biobridge_core.design.background import Background, sites_of
from biobridge_core.design.evidence import Evidence, Item
from biobridge_core.errors import InputError

_COMMON = 5  #: known drugs that must have a fragment before it replaces another
_LEAST, _MOST = 0.1, 3.0  #: how far specificity can lower and raise a weight
_START = 3.0  #: how much more the molecule that is given to set out from weighs
_SITES = 12  #: sets of joints that are remembered of a fragment


def library(evidence: Evidence, background: Background, replace_share: float = 0.25) -> Library:
    """Take the molecules of the evidence apart and weigh their fragments.

    A fragment weighs the sum of the weights of the items that have it, times the natural log of how much more common it
    is among them than among the known drugs (held between 0.1 and 3).

    Raises
    ------
    InputError
        If no molecule of the evidence can be taken apart.
    """
    taken: list[tuple[Item, Assembly, float]] = []
    for item in evidence.molecules():
        assembly = _assembly(item, background)
        if assembly is not None:
            weight = evidence.weight(item) * (_START if item.part == "start" else 1.0)
            taken.append((item, assembly, max(weight, 1e-3)))
    if not taken:
        raise InputError(
            "No molecule of the evidence can be taken apart.", "Restore some items, or name another target."
        )
    pieces = _pieces(taken, background)
    return Library(
        pieces=pieces,
        replacements=_replacements(background),
        starts=tuple(assembly for _, assembly, _ in taken),
        start_weights=tuple(weight for _, _, weight in taken),
        seen=background.bonds,
        replace_share=replace_share,
    )


def _assembly(item: Item, background: Background) -> Assembly | None:
    known = background.by_id.get(item.entity.id)
    try:
        if known is not None:
            assembly = known.assembly
            return Assembly(assembly.cores, assembly.joints, (item.id,) * len(assembly.cores))
        return cut(flat_smiles(item.entity.input), item.id)
    except InputError:
        return None


def _pieces(taken: list[tuple[Item, Assembly, float]], background: Background) -> tuple[Piece, ...]:
    sites: dict[str, Counter[tuple[int, ...]]] = defaultdict(Counter)
    having: dict[str, dict[str, float]] = defaultdict(dict)
    for item, assembly, weight in taken:
        for core, atoms in sites_of(assembly):
            if atoms:
                sites[core][atoms] += 1
            having[core][item.id] = weight
    whole, n = sum(weight for _, _, weight in taken), max(len(background.molecules), 1)
    pieces = []
    for core in sorted(sites):
        weights = having[core]
        share = sum(weights.values()) / whole
        usual = (background.count[core] + 0.5) / (n + 1)
        special = math.log((share + 1e-4) / usual)
        pieces.append(
            Piece(
                core,
                tuple(atoms for atoms, _ in sites[core].most_common(_SITES)),
                sum(weights.values()) * min(max(special, _LEAST), _MOST),
                tuple(sorted(weights, key=lambda id_: (-weights[id_], id_))),
                background.count[core],
                round(special, 3),
            )
        )
    return tuple(pieces)


def _replacements(background: Background) -> tuple[Piece, ...]:
    """Fragments of many known drugs; guarded ones are none."""
    found = []
    for core, n in sorted(background.count.items()):
        sites = background.sites.get(core, Counter())
        joined = tuple(atoms for atoms, _ in sites.most_common(_SITES) if atoms)
        if n >= _COMMON and joined and guarded_smiles(core) is None:
            found.append(Piece(core, joined, math.sqrt(n), (REPLACEMENT + background.example[core],), n))
    return tuple(found)
