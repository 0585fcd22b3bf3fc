"""One design on its way: rounds of proposing, judging and keeping. What was found is kept whatever happens."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from biobridge_core.chem.genetic import Library
from biobridge_core.design.background import Background
from biobridge_core.design.bridge_score import BridgeScorer
from biobridge_core.design.candidate import Found
from biobridge_core.design.evidence import Evidence
from biobridge_core.design.generator import Generator, Proposal
from biobridge_core.design.late import Examiner, Late
from biobridge_core.design.moses import Moses
from biobridge_core.design.scoring import Weights, components, inside, tanimoto, unpack, weighted
from biobridge_core.queueing import Progress

BATCH = 96  #: molecules proposed in a round, unless the run says otherwise
_CHUNK = 32  #: molecules judged between two looks at the clock
_EXAMINED = 16  #: of the best before each round that are asked what takes longer
_LEADERS = 6  #: of the best so far that can be looked at during a run
_POOL, _FAMILY = 150, 6  #: the best that may have children, and how many of one scaffold among them


class Ended(StrEnum):
    """Why a run is over."""

    RUNNING = "running"
    FINISHED = "all rounds were made"
    TIME = "the time was up"
    CANCELLED = "it was cancelled"


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a run was at one moment."""

    seconds: float
    judged: int
    best: float  #: weighted score of the best new molecule that keeps to the windows; 0 before there is one


@dataclass
class Run:
    """A design of one person; not to be shared between threads, but `cancel` may be called from another.

    The same evidence, seed and number of rounds give the same molecules, whatever the number of workers. Only time
    budget and cancelling, which cut a run short, make a difference; `ended` says so.
    """

    evidence: Evidence
    generators: Sequence[Generator]
    scorer: BridgeScorer
    background: Background
    library: Library
    rounds: int
    examiner: Examiner
    moses: Moses | None = None
    weights: Weights = field(default_factory=Weights)
    batch: int = BATCH  #: molecules proposed in a round
    found: dict[str, Found] = field(default_factory=dict)  #: by SMILES, everything that was judged
    late: dict[str, Late] = field(default_factory=dict)  #: by SMILES, what only the best were asked
    makers: dict[str, str] = field(default_factory=dict)  #: by SMILES, the generator that proposed it first
    withheld: Counter[str] = field(default_factory=Counter)  #: name of the guarded class -> how many
    seconds: float = 0.0
    round: int = 0
    proposed: int = 0  #: molecules that were made, the same ones again included
    failed: int = 0  #: tasks that gave no molecule
    ended: Ended = Ended.RUNNING
    curve: tuple[Mark, ...] = ()  #: how far it was after every few molecules; may be read from another thread
    leaders: tuple[Found, ...] = ()  #: the best that would be candidates now; may be read from another thread
    _cancelled: bool = False
    _since: float | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing more will be done."""
        return self.ended is not Ended.RUNNING

    @property
    def share(self) -> float:
        """How much is done, 0..1: of the rounds, or of the time where that is up first."""
        by_time = self.seconds / self.evidence.goal.seconds
        return 1.0 if self.finished else min(max(self.round / self.rounds, by_time), 1.0)

    @property
    def seconds_left(self) -> float | None:
        """Reckoned from the pace so far, at most what the budget leaves; None before the first round."""
        if self.finished or not self.round:
            return 0.0 if self.finished else None
        pace = self.seconds / self.round
        return max(0.0, min(pace * (self.rounds - self.round), self.evidence.goal.seconds - self.seconds))

    @property
    def new(self) -> list[Found]:
        """New molecules that keep to the windows, best first by the weights of the run."""
        windows = self.evidence.goal.windows
        return self._sorted([f for f in self.found.values() if not f.known and inside(f, windows)])

    def cancel(self) -> None:
        """Stop soon; what was found is kept."""
        self._cancelled = True

    def run(self, say: Progress) -> None:
        """Do everything."""
        try:
            while not self.finished:
                self.step(say)
        finally:
            self.close()

    def close(self) -> None:
        """Let go of what the generators hold."""
        for generator in self.generators:
            generator.close()

    def step(self, say: Progress) -> None:
        """Do the next round.

        Raises
        ------
        WeightsError, BusyError
            If the model that reads molecules cannot be used; what was found stays.
        """
        if self.finished:
            return
        before, self._since = self.seconds, time.perf_counter()
        try:
            if self._over(before):
                return
            self.examine(self._pool()[:_EXAMINED])
            pool = self._pool()
            for generator in self.generators:
                n = -(-self.batch // len(self.generators))
                proposals = generator.propose(self.round, n, pool)
                for proposal in proposals:
                    self.makers.setdefault(proposal.made.smiles, generator.name)
                if not self._judge(proposals, before, say):
                    return
            self.round += 1
            if self.round >= self.rounds:
                self.ended = Ended.FINISHED
        finally:
            self.seconds = before + time.perf_counter() - self._since

    def score_of(self, found: Found, weights: Weights | None = None) -> float:
        """One number for a molecule."""
        return weighted(self.components_of(found), weights or self.weights)

    def components_of(self, found: Found) -> dict[str, float]:
        """What the score of a molecule is made of; see `scoring.components`."""
        goal = self.evidence.goal
        late = self.late.get(found.smiles)
        return components(found, self.evidence.parts, goal.windows, late, admet=bool(goal.admet))

    def examine(self, molecules: Sequence[Found]) -> bool:
        """Find out what only some are asked; gives whether any was not asked before.

        Raises
        ------
        WeightsError
            If the goal bounds ADMET endpoints and their predictions are not installed.
        """
        waiting = [found for found in molecules if found.smiles not in self.late]
        self.late.update((found.smiles, self.examiner.examine(found.smiles)) for found in waiting)
        return bool(waiting)

    def _over(self, before: float) -> bool:
        if self._cancelled:
            self.ended = Ended.CANCELLED
        elif before + time.perf_counter() - (self._since or 0.0) >= self.evidence.goal.seconds:
            self.ended = Ended.TIME
        return self.finished

    def _judge(self, proposals: Sequence[Proposal], before: float, say: Progress) -> bool:
        """Score what is new among the proposals; False where the run ended meanwhile."""
        fresh: dict[str, Proposal] = {}
        for proposal in proposals:
            made = proposal.made
            self.withheld.update([made.withheld] if made.withheld else [])
            self.failed += not made.smiles and not made.withheld
            self.proposed += bool(made.smiles)
            if made.smiles and made.smiles not in self.found:
                fresh.setdefault(made.smiles, proposal)
        waiting = _mixed(list(fresh.values()))
        for start in range(0, len(waiting), _CHUNK):
            say(f"Round {self.round + 1} of {self.rounds}: {len(self.found):,} molecules judged", self.share)
            judged = self._found(waiting[start : start + _CHUNK], say)
            self.found.update((found.smiles, found) for found in judged)
            self._mark(before, judged)
            if start + _CHUNK < len(waiting) and self._over(before):
                return False
        return True

    def _mark(self, before: float, judged: Sequence[Found]) -> None:
        """Write down how far it is; whoever looks on from another thread sees whole tuples only."""
        windows = self.evidence.goal.windows
        fit = [found for found in judged if not found.known and inside(found, windows)]
        self.leaders = tuple(self._sorted([*self.leaders, *fit])[:_LEADERS])
        best = self.score_of(self.leaders[0]) if self.leaders else 0.0
        now = before + time.perf_counter() - (self._since or 0.0)
        self.curve = (*self.curve, Mark(round(now, 2), len(self.found), best))

    def _found(self, proposals: Sequence[Proposal], say: Progress) -> list[Found]:
        smiles = [proposal.made.smiles for proposal in proposals]
        said = self.scorer.score(smiles, lambda _message, _done: say(f"Round {self.round + 1}", self.share))
        likeness = tanimoto(unpack([p.made.bits for p in proposals]), self.background.bits)
        result = []
        for proposal, bridge, row in zip(proposals, said, likeness, strict=True):
            made = proposal.made
            best = int(np.argmax(row)) if len(row) else -1
            if made.assembly is None or made.traits is None:
                continue
            result.append(
                Found(
                    made.smiles,
                    made.assembly,
                    made.atoms,
                    made.operation,
                    proposal.parents,
                    self.round,
                    made.traits,
                    made.bits,
                    made.scaffold,
                    bridge,
                    self.background.molecules[best].id if best >= 0 else "",
                    round(float(row[best]), 4) if best >= 0 else 0.0,
                    self.background.smiles.get(made.smiles, ""),
                )
            )
        return result

    def _pool(self) -> list[Found]:
        families: Counter[str] = Counter()
        chosen = []
        for found in self._sorted(list(self.found.values())):
            if families[found.scaffold] < _FAMILY:
                families[found.scaffold] += 1
                chosen.append(found)
            if len(chosen) == _POOL:
                break
        return chosen

    def _sorted(self, found: Sequence[Found]) -> list[Found]:
        return sorted(found, key=lambda one: (-self.score_of(one), one.smiles))


def _mixed(proposals: Sequence[Proposal]) -> list[Proposal]:
    """Each made molecule right after its parents, the other retrieved ones last.

    So a run that the clock ends early has candidates, and the lineage of each is whole.
    """
    by_smiles = {proposal.made.smiles: proposal for proposal in proposals}
    ordered: dict[str, Proposal] = {}
    for made in (proposal for proposal in proposals if proposal.parents):
        for smiles in (*made.parents, made.made.smiles):
            if smiles in by_smiles:
                ordered.setdefault(smiles, by_smiles[smiles])
    return list((ordered | {key: one for key, one in by_smiles.items() if key not in ordered}).values())
