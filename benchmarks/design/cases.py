"""What is asked: proteins and goals in words, and the ligands of each that are hidden from everything."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from random import Random
from typing import Any

import numpy as np
from Bio import Align

from biobridge_core.chem.fragments import MAX_ATOMS, heavy_atoms
from biobridge_core.chem.scaffolds import murcko_scaffold
from biobridge_core.chem.standardise import standardise
from biobridge_core.errors import InputError
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.kg.synonyms import synonym_groups
from biobridge_core.types import InputKind

SEED = 20
N_PROTEINS, N_DEVELOPMENT = 20, 8
LEAST_LIGANDS, LEAST_OF_GOAL = 30, 12
IDENTITY = 0.4  #: share of identical columns of the best local alignment, below which two proteins must lie
MIN_COLUMNS = 50  #: columns that an alignment must have to count
LOOKED_AT = ("EGFR", "KDR")  #: while the design was built: fit for development alone
#: known target -> a disease that its drugs are for, in a visitor's words
GOALS: Mapping[str, str] = {
    "AR": "prostate cancer that grows under male hormones",
    "ESR1": "breast cancer that feeds on oestrogen",
    "ACE": "heart failure with high blood pressure",
    "BACE1": "Alzheimer's disease with plaques of amyloid in the brain",
    "DPP4": "type 2 diabetes with high blood sugar after meals",
    "ACHE": "loss of memory in Alzheimer dementia",
    "PDE5A": "erectile dysfunction",
    "P2RY12": "blood clots after a heart attack",
    "HRH2": "too much stomach acid with ulcers",
    "CYSLTR1": "asthma with narrowed airways",
    "CCR5": "infection with HIV",
    "HCRTR2": "insomnia",
    "BRAF": "melanoma with a mutation that keeps a kinase switched on",
    "ABL1": "chronic myeloid leukaemia with the Philadelphia chromosome",
    "ALK": "lung cancer that is not small-cell, with a fused kinase gene",
    "GNRHR": "endometriosis",
    "CFTR": "cystic fibrosis",
    "NR3C2": "high blood pressure from too much aldosterone",
    "FDPS": "osteoporosis after menopause",
    "EDNRA": "pulmonary arterial hypertension",
    "SLC6A3": "attention deficit with hyperactivity",
    "CASR": "overactive parathyroid glands",
    "S1PR1": "multiple sclerosis with relapses",
    "SCN9A": "chronic pain from damaged nerves",
    "TRPV1": "burning pain of the skin",
    "AGTR1": "raised blood pressure",
}
N_GOALS = 20


@dataclass(frozen=True, slots=True)
class Case:
    """One protein, and what is hidden of it."""

    name: str  #: gene
    protein: str  #: CURIE
    group: str  #: ``proteins``, ``development`` or ``goals``
    hidden: tuple[str, ...]  #: first InChIKey blocks of its ligands that are hidden
    visible: tuple[str, ...]  #: of those that are not
    text: str = ""  #: of a goal: the disease in words, all that a method is told


@dataclass(frozen=True)
class Ligands:
    """Small molecules of a graph by first InChIKey block, and which proteins bind them."""

    graph: KnowledgeGraph
    smiles: dict[str, str] = field(default_factory=dict)  #: block -> SMILES of one form
    rows: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))  #: block -> rows of all forms
    of: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))  #: protein row -> blocks

    def __post_init__(self) -> None:
        graph, drugs = self.graph, self.graph.rows("drug")
        stated = graph.text_columns()["xrefs"].slice(int(drugs[0]), len(drugs)).to_pylist()
        block_of: dict[int, str] = {}
        for row, text, codes in zip(drugs.tolist(), graph.inputs(drugs), stated, strict=True):
            if graph.input_kind(row) is not InputKind.SMILES:
                continue
            try:
                block = standardise(text, max_atoms=2000).inchikey14
            except InputError:
                continue
            block_of[row] = block
            self.smiles.setdefault(block, text)
            self.rows[block].add(row)
            for code in codes:  # a salt may be stated under its own key
                if code.startswith("InChIKey:"):
                    self.rows[code[9:23]].add(row)
        for relation in graph.relations_between("drug", "protein"):
            for drug, protein in graph.edges(relation.name).tolist():
                if drug in block_of and usable(self.smiles[block_of[drug]]):
                    self.of[protein].add(block_of[drug])

    @cached_property
    def scaffolds(self) -> dict[str, str]:
        """Block -> Murcko scaffold; the block itself for a molecule without a ring."""
        return {block: murcko_scaffold(text) or block for block, text in self.smiles.items()}

    def rows_of(self, blocks: Iterable[str]) -> set[int]:
        """All rows of some molecules: every salt, stereoisomer and synonym, whatever kind of entity it is."""
        wanted = set().union(*(self.rows[block] for block in blocks))
        groups = synonym_groups(self.graph)
        while True:
            twins = set(np.flatnonzero(np.isin(groups, groups[sorted(wanted)])).tolist())
            keys = {block for block, rows in self.rows.items() if rows & twins}
            more = twins.union(*(self.rows[block] for block in keys))
            if more == wanted:
                return wanted
            wanted = more


def usable(smiles: str) -> bool:
    """Whether a design can take a molecule apart: one part, no metal, not larger than it takes."""
    if "." in smiles or any(metal in smiles for metal in ("[Pt", "[Fe", "[Gd")):
        return False
    return heavy_atoms(smiles) <= MAX_ATOMS


@dataclass(frozen=True)
class Cases:
    """All proteins and goals with what is hidden; drawn from the graph and `SEED` alone."""

    every: tuple[Case, ...]
    hidden: frozenset[str]  #: first InChIKey blocks, of all cases together
    rows: frozenset[int]  #: rows of the graph that leave it
    smiles: Mapping[str, str]  #: block -> SMILES, of all small molecules of the graph

    def group(self, name: str) -> list[Case]:
        """The cases of one group."""
        return [case for case in self.every if case.group == name]

    def as_dict(self) -> dict[str, Any]:
        """For JSON; `from_dict` reads it back."""
        hidden, rows = sorted(self.hidden), sorted(self.rows)
        return {"every": [asdict(c) for c in self.every], "hidden": hidden, "rows": rows, "smiles": dict(self.smiles)}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Cases:
        """Read what `as_dict` wrote."""
        every = [Case(**{**c, "hidden": tuple(c["hidden"]), "visible": tuple(c["visible"])}) for c in raw["every"]]
        return cls(tuple(every), frozenset(raw["hidden"]), frozenset(raw["rows"]), raw["smiles"])

    @classmethod
    def draw(cls, graph: KnowledgeGraph) -> Cases:
        """Choose and hide."""
        ligands = Ligands(graph)
        chosen = chosen_proteins(graph, ligands)
        hidden, parted = set[str](), set[str]()
        for row, _ in chosen:
            hide(ligands.of[row], ligands.scaffolds, hidden, parted, Random(f"{SEED}:{graph.ids[row]}"))
        rows = ligands.rows_of(hidden)
        hidden |= {block for block, forms in ligands.rows.items() if forms & rows}
        cases = []
        for row, group in chosen:
            mine = ligands.of[row]
            text = GOALS[graph.names[row]] if group == "goals" else ""
            inside, outside = tuple(sorted(mine & hidden)), tuple(sorted(mine - hidden))
            cases.append(Case(graph.names[row], graph.ids[row], group, inside, outside, text))
        return cls(tuple(cases), frozenset(hidden), frozenset(rows), ligands.smiles)


def chosen_proteins(graph: KnowledgeGraph, ligands: Ligands) -> list[tuple[int, str]]:
    """Rows of proteins with their group: those looked at, then 20 and 6 drawn, then those of the goals."""
    rows = sorted(ligands.of, key=lambda row: zlib.crc32(f"{SEED}:{graph.ids[row]}".encode()))
    able = [row for row in rows if len(ligands.of[row]) >= LEAST_LIGANDS]
    text = dict(zip(able, graph.inputs(able), strict=True))
    first = [row for row in able if graph.names[row] in LOOKED_AT]
    taken = list(first)
    for row in able:
        if row not in taken and all(identity(text[row], text[other]) < IDENTITY for other in taken):
            taken.append(row)
    drawn = taken[len(first) :][: N_PROTEINS + N_DEVELOPMENT - len(first)]
    found = [(row, "development") for row in [*first, *drawn[N_PROTEINS:]]]
    found = [*((row, "proteins") for row in drawn[:N_PROTEINS]), *found]
    used = {row for row, _ in found}
    named = {graph.names[row]: row for row in rows if len(ligands.of[row]) >= LEAST_OF_GOAL and row not in used}
    return [*found, *((named[name], "goals") for name in [name for name in GOALS if name in named][:N_GOALS])]


def identity(one: str, other: str) -> float:
    """Identical columns of the best local alignment over all its columns, 0..1; 0 where it is short."""
    found = _aligner().align(*(text.translate({ord(letter): "X" for letter in "UOJ"}) for text in (one, other)))[0]
    counts = found.counts()
    columns = counts.identities + counts.mismatches + counts.gaps
    return counts.identities / columns if columns >= MIN_COLUMNS else 0.0


def _aligner() -> Align.PairwiseAligner:
    aligner = Align.PairwiseAligner(scoring="blastp")
    aligner.mode = "local"
    return aligner


def hide(ligands: Iterable[str], scaffolds: Mapping[str, str], hidden: set[str], parted: set[str], rng: Random) -> None:
    """Hide half of some ligands by whole scaffolds, into ``hidden``.

    Parameters
    ----------
    hidden
        Blocks that are hidden; those of earlier proteins count, and scaffolds of theirs stay hidden as a whole.
    parted
        Scaffolds that were decided for an earlier protein, and stay as they are.
    """
    mine = sorted(ligands)
    families: dict[str, list[str]] = defaultdict(list)
    for block in mine:
        families[scaffolds[block]].append(block)
    gone = {scaffolds[block] for block in hidden}
    for name, family in families.items():
        if name in gone:
            hidden.update(family)
    count = sum(block in hidden for block in mine)
    free = [name for name in sorted(families) if name not in parted and name not in gone]
    rng.shuffle(free)
    for name in free:
        if count + len(families[name]) <= (len(mine) + 1) // 2:
            hidden.update(families[name])
            count += len(families[name])
    parted.update(families)
