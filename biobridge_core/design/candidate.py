"""A designed molecule with its scores and the full account of where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from biobridge_core.chem.fragments import Assembly
from biobridge_core.chem.traits import Traits
from biobridge_core.design.bridge_score import PartScore
from biobridge_core.design.moses import Nearest


@dataclass(frozen=True, slots=True)
class Fragment:
    """One fragment of a candidate."""

    smiles: str
    atoms: tuple[int, ...]  #: places of its atoms in the candidate's SMILES
    item: str  #: evidence item that this copy comes from; empty for a replacement
    known_drug: str  #: CURIE of a known drug with it, for a replacement; else empty
    shared: tuple[str, ...] = ()  #: evidence items that have the fragment, the weightiest first
    specificity: float = 0.0  #: natural log of how much more common it is in the evidence than among known drugs


@dataclass(frozen=True, slots=True)
class Step:
    """How one molecule on the way came about."""

    smiles: str
    operation: str  #: in words; ``retrieved`` for a molecule of the evidence
    parents: tuple[str, ...]  #: SMILES
    item: str = ""  #: evidence item, of a retrieved molecule


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where a candidate comes from: its fragments, its parents, and theirs down to the evidence."""

    fragments: tuple[Fragment, ...]
    joints: tuple[tuple[int, int, int, int], ...]  #: fragment, place of its atom in the candidate's SMILES, twice
    steps: tuple[Step, ...]  #: the candidate itself first, then everything before it

    @property
    def items(self) -> tuple[str, ...]:
        """Evidence items that gave a fragment, the largest share of atoms first."""
        atoms: dict[str, int] = {}
        for fragment in self.fragments:
            if fragment.item:
                atoms[fragment.item] = atoms.get(fragment.item, 0) + len(fragment.atoms)
        return tuple(sorted(atoms, key=lambda item: (-atoms[item], item)))


@dataclass(frozen=True, slots=True)
class Found:
    """A molecule during a run."""

    smiles: str
    assembly: Assembly
    atoms: tuple[tuple[int, ...], ...]
    operation: str
    parents: tuple[str, ...]
    round: int
    traits: Traits
    bits: bytes = field(repr=False)
    scaffold: str
    bridge: Mapping[str, PartScore]  #: by key of the part
    nearest: str  #: CURIE of the most similar known drug
    similarity: float  #: ECFP4 Tanimoto with it, 0..1
    known: str = ""  #: CURIE of the known drug that it is; empty for a new molecule


@dataclass(frozen=True, slots=True)
class Candidate:
    """A result."""

    id: str  #: e.g. ``BB-0001``, by rank
    smiles: str
    inchikey: str
    score: float  #: weighted, 0..1
    parts: Mapping[str, float]  #: what the score is made of, each 0 (bad) to 1 (good), by name
    bridge: Mapping[str, PartScore]
    traits: Traits
    nearest_id: str
    nearest_name: str
    similarity: float  #: ECFP4 Tanimoto with the nearest known drug, 0..1
    pareto: bool  #: whether no other candidate is at least as good in everything and better in something
    alerts: tuple[str, ...]  #: names of PAINS and BRENK patterns that match
    undefined_centres: int  #: stereo centres; none is decided by the design
    generator: str
    round: int
    lineage: Lineage
    moses: Nearest | None = None  #: the most similar molecule of the sample of MOSES; None where there is no sample
    admet: Mapping[str, float] = field(default_factory=dict)  #: predicted values of the endpoints that have bounds
