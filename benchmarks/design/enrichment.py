"""Whether the bridge tells hidden ligands from decoys that look like them on paper.

Decoys are hidden ligands of other proteins: actives and decoys alike are then molecules that the bridge has never seen,
while a visible decoy would be told by its own links in the memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import logsumexp
from scipy.stats import rankdata

from biobridge_core.bridge.reader import Reader
from biobridge_core.chem.properties import Properties, properties
from biobridge_core.design.scoring import tanimoto
from biobridge_core.types import InputKind
from design.cases import Case
from design.world import CHEMNET, World, bits_of

ALIKE = 0.35  #: ECFP4 Tanimoto with a visible ligand from which a molecule is no decoy
EACH = 10  #: decoys of one hidden ligand, at most
#: how far properties of a decoy may lie from those of the ligand that it goes with
WINDOW: Mapping[str, float] = {"weight": 50.0, "log_p": 1.0, "donors": 1, "acceptors": 2, "rotatable": 2}


def decoys(
    case: Case, candidates: Mapping[str, str], binders: set[str], told: Mapping[str, Properties],
    smiles: Mapping[str, str],
) -> dict[str, list[str]]:  # fmt: skip
    """Of each hidden ligand, the decoys that go with it.

    Parameters
    ----------
    candidates
        Block -> SMILES of molecules that may be decoys.
    binders
        Blocks of all known ligands of the protein, hidden or not: none of them is a decoy.
    told
        Properties of every molecule by block.
    smiles
        Of every molecule by block.
    """
    pool = sorted(set(candidates) - binders)
    if not pool:
        return {block: [] for block in case.hidden}
    likeness = tanimoto(bits_of([candidates[b] for b in pool]), bits_of([smiles[b] for b in case.visible])).max(axis=1)
    pool = [block for block, alike in zip(pool, likeness.tolist(), strict=True) if alike < ALIKE]
    return {own: [other for other in pool if matched(told[own], told[other])][:EACH] for own in case.hidden}


def matched(one: Properties, other: Properties) -> bool:
    """Whether two molecules are alike on paper."""
    return all(abs(getattr(one, name) - getattr(other, name)) <= width for name, width in WINDOW.items())


def auroc(actives: Sequence[float], others: Sequence[float]) -> float:
    """Chance that an active scores above another, ties half."""
    ranks = rankdata(np.concatenate([actives, others]))
    n, m = len(actives), len(others)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def enrichment(world: World, name: str, cases: Sequence[Case]) -> list[dict[str, object]]:
    """AUROC of the bridge score with one molecule encoder, for each case that has decoys."""
    smiles = world.cases.smiles
    hidden = {block: smiles[block] for block in sorted(world.cases.hidden) if "." not in smiles[block]}
    every = sorted(set(hidden) | {block for case in cases for block in case.hidden})
    told = {block: properties(smiles[block]) for block in every}
    reader = world.reader(name)
    vectors = _vectors(world, name, [smiles[block] for block in every], reader)
    place = {block: number for number, block in enumerate(every)}
    rows = []
    for case in cases:
        found = decoys(case, hidden, {*case.hidden, *case.visible}, told, smiles)
        actives = [block for block in case.hidden if found[block]]
        others = sorted({other for mine in found.values() for other in mine})
        if len(actives) < 5 or len(others) < 5:
            continue
        asked = [place[block] for block in (*actives, *others)]
        score = scores(reader, [smiles[every[p]] for p in asked], vectors[asked], case.protein)
        n = len(actives)
        rows.append(
            {"kind": "enrichment", "encoder": name, "protein": case.name, "auroc": auroc(score[:n], score[n:]),
             "actives": n, "decoys": len(others)}
        )  # fmt: skip
    return rows


def scores(reader: Reader, smiles: Sequence[str], vectors: NDArray[np.float32], protein: str) -> list[float]:
    """Natural log of the share of the belief on one protein, of molecules that are read as unseen ones, (n,)."""
    graph, bridge = reader.memory.graph, reader.bridge
    rows = graph.rows("protein")
    column = graph.row(protein) - int(rows[0])
    tails = reader.content.vectors[InputKind.SEQUENCE][reader.content.place[rows]]
    asked = reader.memory.ask_inputs(smiles, vectors, "drug", InputKind.SMILES)
    with torch.inference_mode():
        placed = bridge.project(tails, "protein", InputKind.SEQUENCE)
        placed = torch.nn.functional.normalize(placed, dim=-1)
        embedded = bridge.embed(torch.tensor(vectors), "drug", InputKind.SMILES)
        found = []
        for relation in graph.relations_between("drug", "protein"):
            if relation.name in bridge.config.relations:
                moved = bridge.query(embedded, [relation.name] * len(smiles))
                found.append(reader.read(asked, (moved @ placed.T).numpy(), relation.name)[:, column])
    total: NDArray[np.float64] = logsumexp(np.stack(found), axis=0)
    return [float(value) for value in total]


def _vectors(world: World, name: str, smiles: list[str], reader: Reader) -> NDArray[np.float32]:
    """Frozen vectors of molecules that are not in the graph, in the space of those that are."""
    if name == CHEMNET:
        return world.service._encoders.vectors(InputKind.SMILES, smiles, lambda _m, _d: None)[0]
    graph = world.reduced.graph
    rows = np.flatnonzero(graph.kind_of_row == list(InputKind).index(InputKind.SMILES))
    known = bits_of(graph.inputs(rows))
    placed = reader.content.vectors[InputKind.SMILES].numpy()[reader.content.place[rows].numpy()]
    directions = np.linalg.lstsq(known, placed, rcond=1e-6)[0]  # (2048, d), exact: they are such a product
    return np.asarray(bits_of(smiles) @ directions, dtype=np.float32)
