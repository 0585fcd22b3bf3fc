"""What a run found, as candidates: chosen, ranked, with alerts, novelty and lineage."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biobridge_core.chem.fragments import Joint
from biobridge_core.chem.genetic import REPLACEMENT
from biobridge_core.chem.properties import properties
from biobridge_core.chem.traits import packed
from biobridge_core.design.candidate import Candidate, Found, Fragment, Lineage, Step
from biobridge_core.design.evidence import Item
from biobridge_core.design.moses import Nearest
from biobridge_core.design.run import Run
from biobridge_core.design.scoring import Weights, around, pareto, tanimoto, unpack, weighted
from biobridge_core.types import HitStatus

_TURNS = 4  #: choosings at most
_OWN = 0.4  #: how much likeness counts with a molecule that gave fragments, which has it by descent
_RANK = 0.1
_MAX_STEPS = 200  #: of one lineage


@dataclass(frozen=True)
class Result:
    """The candidates of a run and how it went."""

    candidates: tuple[Candidate, ...]
    ended: str  #: why the run is over
    rounds: int
    judged: int  #: different molecules that were scored
    withheld: Mapping[str, int]  #: guarded class -> molecules that were not shown because of it
    seconds: float
    notes: tuple[str, ...] = ()


def result(run: Run, weights: Weights | None = None) -> Result:
    """The best of a run by some weights; takes a few milliseconds a candidate, so sliders can ask again.

    Raises
    ------
    InputError
        If the weights make no sense.
    """
    weights = (weights or run.weights).check()
    goal, parts = run.evidence.goal, run.evidence.parts
    chosen = _chosen(run, weights)
    made = [run.components_of(one) for one in chosen]
    front = pareto(made)
    alike: list[Nearest] | list[None] = [None] * len(chosen)
    if run.moses is not None:
        alike = run.moses.nearest([one.smiles for one in chosen], [one.bits for one in chosen])
    candidates = tuple(
        _candidate(run, one, place, weighted(scores, weights), scores, best, near)
        for place, (one, scores, best, near) in enumerate(zip(chosen, made, front, alike, strict=True), start=1)
    )
    notes = []
    if len(candidates) < goal.n:
        few = f"Only {len(candidates):,} of {goal.n:,} candidates were found"
        notes.append(f"{few}; give more time, wider windows or another substructure.")
    missing = [part.label for part in parts if part.key != "start" and part not in run.scorer.parts]
    if missing:
        notes.append(f"The bridge could not score for: {', '.join(missing)}.")
    notes += [note for generator in run.generators for note in generator.notes()]
    return Result(candidates, run.ended.value, run.round, len(run.found), dict(run.withheld), run.seconds, tuple(notes))


def _chosen(run: Run, weights: Weights) -> list[Found]:
    """The candidates, best first, all of them examined: choosing goes on until that changes nothing more."""
    n = run.evidence.goal.n
    for turn in range(_TURNS):
        found = sorted(run.new, key=lambda one: (-run.score_of(one, weights), one.smiles))
        likeness, shares = _likeness(run, found)
        # a small power of the rank: of molecules that are about as like the better one is taken, whatever weights say
        likeness *= (1 - np.arange(len(found), dtype=np.float32) / max(len(found), 1))[:, None] ** _RANK
        places = around(likeness, shares, [f.bits for f in found], [f.scaffold for f in found], n)
        chosen = [found[place] for place in places]
        if not run.examine(chosen) or turn == _TURNS - 1:
            break
    return sorted(chosen, key=lambda one: (-run.score_of(one, weights), one.smiles))


def lineage(run: Run, found: Found) -> Lineage:
    """Where a molecule of a run comes from."""
    pieces = {piece.core: piece for piece in run.library.pieces}
    fragments = []
    for core, atoms, origin in zip(found.assembly.cores, found.atoms, found.assembly.origins, strict=True):
        piece, replaced = pieces.get(core), origin.startswith(REPLACEMENT)
        fragments.append(
            Fragment(
                core,
                tuple(sorted(atoms)),
                "" if replaced else origin,
                origin.removeprefix(REPLACEMENT) if replaced else "",
                piece.sources if piece else (),
                piece.specificity if piece else 0.0,
            )
        )
    joints = tuple(_placed(found, joint) for joint in found.assembly.joints)
    return Lineage(tuple(fragments), joints, _steps(run, found))


def _placed(found: Found, joint: Joint) -> tuple[int, int, int, int]:
    return joint.a, found.atoms[joint.a][joint.atom_a], joint.b, found.atoms[joint.b][joint.atom_b]


def _likeness(run: Run, found: Sequence[Found]) -> tuple[NDArray[np.float32], list[float]]:
    """ECFP4 Tanimoto with each molecule of the evidence, less where it gave fragments, (m, k); and the k weights."""
    items = run.evidence.molecules()
    own = [packed(item.entity.input) for item in items]
    likeness = tanimoto(unpack([f.bits for f in found]), unpack(own)) if found else np.empty((0, len(own)), np.float32)
    place = {item.id: number for number, item in enumerate(items)}
    for row, one in zip(likeness, found, strict=True):
        row[[place[origin] for origin in {*one.assembly.origins} if origin in place]] *= _OWN
    judged = {one.assembly.origins[0]: one for one in run.found.values() if not one.parents}
    return likeness, [run.evidence.weight(item) * _trust(item, judged.get(item.id)) for item in items]


def _trust(item: Item, judged: Found | None) -> float:
    """How far the bridge bears out a molecule of the evidence, 0..1; what is known for the goal itself needs it not."""
    if item.direct and item.status is HitStatus.KNOWN:
        return 1.0
    said = [part.score for part in judged.bridge.values()] if judged is not None else []
    return max(said, default=0.5)


def _steps(run: Run, found: Found) -> tuple[Step, ...]:
    steps, waiting, seen = list[Step](), [found.smiles], set[str]()
    while waiting and len(steps) < _MAX_STEPS:
        smiles = waiting.pop(0)
        one = run.found.get(smiles)
        if smiles in seen or one is None:
            continue
        seen.add(smiles)
        given = "" if one.parents else one.assembly.origins[0]
        steps.append(Step(smiles, one.operation, one.parents, "" if given.startswith(REPLACEMENT) else given))
        waiting += one.parents
    return tuple(steps)


def _candidate(
    run: Run, found: Found, place: int, score: float, scores: dict[str, float], front: bool, near: Nearest | None
) -> Candidate:
    known = run.background.by_id.get(found.nearest)
    calculated = properties(found.smiles)
    late = run.late[found.smiles]
    maker = run.makers.get(found.smiles, run.generators[0].name)
    return Candidate(
        f"BB-{place:04d}", found.smiles, calculated.inchikey, score, scores, found.bridge, found.traits,
        found.nearest, known.name if known else "", found.similarity, front, late.alerts,
        calculated.undefined_centres, maker, found.round, lineage(run, found), near, late.admet,
    )  # fmt: skip


def as_row(run: Run, candidate: Candidate) -> dict[str, Any]:
    """One candidate as plain values by column name, for tables and files; lineage as JSON text."""
    row: dict[str, Any] = {
        "id": candidate.id, "smiles": candidate.smiles, "inchikey": candidate.inchikey, "score": candidate.score,
        "pareto": candidate.pareto,
    }  # fmt: skip
    row |= {f"score_{name}": value for name, value in candidate.parts.items()}
    labels = {part.key: part for part in run.evidence.parts}
    for key, said in candidate.bridge.items():
        name = f"{labels[key].role.value}_{labels[key].label}"
        row |= {f"{name}_score": said.score, f"{name}_belief": said.belief, f"{name}_percentile": said.percentile}
    row |= candidate.traits.as_dict() | {f"admet_{name}": value for name, value in candidate.admet.items()}
    row |= {
        "nearest_known_drug": candidate.nearest_name, "nearest_known_id": candidate.nearest_id,
        "similarity_to_nearest": candidate.similarity,
        "nearest_moses": candidate.moses.smiles if candidate.moses else "not compared with MOSES",
        "similarity_to_nearest_moses": candidate.moses.similarity if candidate.moses else "",
        "in_moses": candidate.moses.same if candidate.moses else "", "alerts": "; ".join(candidate.alerts),
        "undefined_stereo_centres": candidate.undefined_centres, "generator": candidate.generator,
        "round": candidate.round, "evidence": "; ".join(_named(run, item) for item in candidate.lineage.items),
        "fragments": json.dumps([[f.smiles, f.item or f.known_drug, f.atoms] for f in candidate.lineage.fragments]),
        "parents": json.dumps([[s.smiles, s.operation, list(s.parents), s.item] for s in candidate.lineage.steps]),
    }  # fmt: skip
    return row


def _named(run: Run, item: str) -> str:
    entity = run.evidence.item(item).entity
    return f"{entity.name} ({entity.id})"
