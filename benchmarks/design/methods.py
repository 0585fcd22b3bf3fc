"""Who competes: ours, ours with a part taken away, and two that never heard of the goal or of retrieval.

Every method sees the same world, which lacks the hidden molecules, and gives its candidates best first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from biobridge_core.chem.crem import mutate
from biobridge_core.chem.fragments import flat_smiles
from biobridge_core.design.designer import Designer
from biobridge_core.design.evidence import Evidence, Item
from biobridge_core.design.goal import Goal
from biobridge_core.design.run import Run
from biobridge_core.errors import InputError
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.types import HitStatus
from design.cases import Case, usable
from design.world import World

OURS, NO_RETRIEVAL, NO_BRIDGE = "ours", "without retrieval", "without bridge scoring"
MOSES, CREM, DRUGS = "unguided sample of MOSES", "CReM mutation of visible ligands", "random drugs"
_RESERVE = 3.0  #: seconds kept for choosing, out of the budget
_EACH = 12  #: mutants of one ligand that are asked for
_WORKERS = 2

CODE = {  #: what decides the candidates of each method, beside the world
    name: ("benchmarks/design/methods.py", *more)
    for name, more in {
        OURS: ("biobridge_core/design/*.py", "biobridge_core/chem/*.py", "biobridge_core/retrieve.py"),
        NO_RETRIEVAL: ("biobridge_core/design/*.py", "biobridge_core/chem/*.py", "biobridge_core/retrieve.py"),
        NO_BRIDGE: ("biobridge_core/design/*.py", "biobridge_core/chem/*.py", "biobridge_core/retrieve.py"),
        MOSES: (),
        CREM: ("biobridge_core/chem/crem.py", "biobridge_core/design/evidence.py"),
        DRUGS: (),
    }.items()
}


@dataclass(frozen=True, slots=True)
class Budget:
    """What every method is given."""

    n: int = 200
    seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a method made of one goal."""

    smiles: tuple[str, ...]  #: best first
    seconds: float  #: from the goal to the last candidate
    judged: int = 0  #: molecules that were scored on the way
    proposed: int = 0  #: molecules that were made on the way
    failed: int = 0  #: attempts that gave none


class _Silent:
    """In place of the bridge: says nothing."""

    parts = ()

    def score(self, smiles: Sequence[str], _say: object) -> list[dict[str, object]]:
        return [{} for _ in smiles]


Method = Callable[[World, Case, int, Budget], Outcome]


def ours(world: World, case: Case, seed: int, budget: Budget) -> Outcome:
    """The design as a visitor has it."""
    return _designed(world, case, seed, budget)


def without_retrieval(world: World, case: Case, seed: int, budget: Budget) -> Outcome:
    """The same with fragments of as many random drugs; the bridge scores for the goal as before."""
    return _designed(world, case, seed, budget, evidence=lambda found: of_random_drugs(found, world, seed))


def without_bridge(world: World, case: Case, seed: int, budget: Budget) -> Outcome:
    """The same with a bridge that says nothing of candidates; the evidence is what it retrieved."""
    return _designed(world, case, seed, budget, silent=True)


def of_moses(world: World, case: Case, seed: int, budget: Budget) -> Outcome:
    """Molecules of the sample, drawn; the goal plays no part."""
    since = time.perf_counter()
    drawn = Random(f"{seed}:{case.name}").sample(world.moses.smiles, budget.n)
    return Outcome(tuple(drawn), time.perf_counter() - since)


def of_drugs(world: World, case: Case, seed: int, budget: Budget) -> Outcome:
    """Known drugs, drawn; the goal plays no part."""
    since = time.perf_counter()
    known = [molecule.smiles for molecule in world.service.designer.background().molecules]
    return Outcome(tuple(Random(f"{seed}:{case.name}").sample(known, budget.n)), time.perf_counter() - since)


def by_crem(world: World, case: Case, seed: int, budget: Budget) -> Outcome:
    """Mutants of the visible ligands, drawn evenly; of a goal in words, of the drugs that retrieval finds for it."""
    since = time.perf_counter()
    database = world.service.designer.extras.database
    assert database is not None
    known = world.service.designer.background().smiles
    if case.text:
        texts = [item.entity.input for item in _evidence(world, case, seed, budget).molecules()]
    else:
        texts = [world.cases.smiles[block] for block in case.visible]
    rng, found = Random(f"{seed}:{case.name}"), list[list[str]]()
    rng.shuffle(texts)
    for text in texts:
        if time.perf_counter() - since > budget.seconds:
            break
        try:
            made = mutate(flat_smiles(text), database, max(_EACH, -(-2 * budget.n // len(texts))), rng.randrange(2**31))
        except InputError:
            continue
        found.append([mutant.smiles for mutant in made if mutant.smiles not in known and usable(mutant.smiles)])
    drawn: dict[str, None] = {}
    for place in range(max(map(len, found), default=0)):
        drawn.update(dict.fromkeys(own[place] for own in found if place < len(own)))
    return Outcome(tuple(drawn)[: budget.n], time.perf_counter() - since, proposed=sum(map(len, found)))


METHODS: Mapping[str, Method] = {
    OURS: ours, NO_RETRIEVAL: without_retrieval, NO_BRIDGE: without_bridge, MOSES: of_moses, CREM: by_crem,
    DRUGS: of_drugs,
}  # fmt: skip


def goal_of(case: Case, seed: int, budget: Budget) -> Goal:
    """What is typed into the form: an accession, or a disease in words."""
    targets = () if case.text else (case.protein.removeprefix("UniProtKB:"),)
    return Goal(targets, (case.text,) if case.text else (), n=budget.n, seconds=budget.seconds, seed=seed)


def _evidence(world: World, case: Case, seed: int, budget: Budget) -> Evidence:
    return world.service.designer.evidence(goal_of(case, seed, budget))


def _designed(
    world: World, case: Case, seed: int, budget: Budget,
    evidence: Callable[[Evidence], Evidence] = lambda found: found, *, silent: bool = False,
) -> Outcome:  # fmt: skip
    since = time.perf_counter()
    designer: Designer = world.service.designer
    found = evidence(_evidence(world, case, seed, budget))
    left = max(1.0, budget.seconds - (time.perf_counter() - since) - min(_RESERVE, 0.3 * budget.seconds))
    found = found.bounded(replace(found.goal, seconds=left))
    run: Run = designer.run(found, workers=_WORKERS, rounds=1_000)
    if silent:
        run.scorer = _Silent()
    run.run(_quiet)
    candidates = designer.result(run).candidates
    smiles = tuple(candidate.smiles for candidate in candidates)
    return Outcome(smiles, time.perf_counter() - since, len(run.found), run.proposed, run.failed)


def of_random_drugs(evidence: Evidence, world: World, seed: int) -> Evidence:
    """The same goal, with as many random drugs in the place of the molecules that were retrieved."""
    graph: KnowledgeGraph = world.service.graph
    mine = evidence.molecules()
    ids = [known.id for known in world.service.designer.background().molecules]
    drawn = Random(f"{seed}:{evidence.parts[0].key}").sample(ids, len(mine))
    other = [
        Item(f"{item.part}|random|{id_}", item.part, graph.entity(id_), HitStatus.PREDICTED, item.weight)
        for item, id_ in zip(mine, drawn, strict=True)
    ]
    kept = [item for item in evidence.items if item.entity.modality != "drug"]
    return replace(evidence, items=(*kept, *other), _by_id={})


def _quiet(_message: str, _done: float) -> None:
    """Progress that nobody listens to."""
