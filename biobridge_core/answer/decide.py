"""What the rules say of a question and what the trained reader makes of it, weighed against each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from biobridge_core.answer.learnt import Opinion, Reader
from biobridge_core.answer.masking import Start, joined
from biobridge_core.answer.plan import Plan, Planner
from biobridge_core.answer.relations import cues
from biobridge_core.answer.types import Step

#: Weights and bounds, from leaving out each author of the wordings in turn.
RULES_WEIGH = 2.2  #: logarithm of the odds that a plan gains by being what the rules say with full certainty
UNTAUGHT = 0.01  #: chance of a plan that no wording taught
LEAST = 0.3  #: chance below which the reader alone does not decide
KEPT, TAKEN = 0.08, 0.75  #: chance below which what the rules say is dropped, above which what they miss is taken

#: Certainty below which what the reader alone makes of a question is asked back: of one in which the rules know no
#: word, and of any other; and below which it is answered with a warning. With the reader trained on the other authors
#: the first two ask back 15 of 436 such readings: 6 right, 3 wrong, and 6 of all 15 that were answered and must not be.
NO_WORD, UNSURE, DOUBTFUL = 0.45, 0.3, 0.6

READ_BY_MEANING = "Read by the meaning of the whole question, not by single words."

DOUBTED = "It is not sure that this was asked (certainty {} %); say it in other words if it was not."


class Decider:
    """Read-only after construction; safe to share between threads.

    Parameters
    ----------
    reader
        None for the rules alone.
    """

    def __init__(self, planner: Planner, reader: Reader | None) -> None:
        self._planner, self.reader = planner, reader
        self._steps: dict[str, Plan | None] = {}

    @staticmethod
    def unsure(plan: Plan, masked: str) -> bool:
        """Whether a plan is too unsure to be carried out without asking back."""
        return plan.learnt and plan.certainty < (UNSURE if cues(masked) else NO_WORD)

    def heard(self, masked: str, starts: Sequence[Start]) -> Opinion | None:
        """What the reader makes of a question in which each name is what it likeliest is."""
        if self.reader is None:
            return None
        return self.reader.read(masked, tuple(start.mentions[0][1].query.modality for start in starts))

    def plan(self, masked: str, kind: str, n_starts: int, shared: bool) -> Plan | None:
        """The plan for starts of one kind; None where neither rules nor reader know one."""
        return next(iter(self.likeliest(masked, kind, n_starts, shared)), None)

    def likeliest(self, masked: str, kind: str, n_starts: int, shared: bool, least: float = LEAST) -> list[Plan]:
        """All plans for starts of one kind, likeliest first.

        Parameters
        ----------
        least
            Chance from which on the reader alone makes a plan where the rules say none.
        """
        said = self._planner.plan(joined(masked), kind, shared=shared)
        if self.reader is None:
            return [] if said is None else [said]
        chances = self.reader.read(masked, (kind,) * n_starts).plan
        over = said is not None and len(said.steps) > 1
        options: list[tuple[float, Plan]] = []
        matched = False
        for label, chance in chances.items():
            plan = self._taught(label) if chance > UNTAUGHT / 2 else None
            if plan is None or plan.kinds[0] != kind:
                continue
            if (len(plan.steps) > 1 and not over) if shared else (plan.kinds[-1] == ""):
                continue
            if said is not None and _same(said.steps, plan.steps):
                matched = True
                sure = max(said.certainty, 0.9 * chance)
                options.append((math.log(chance) + RULES_WEIGH * said.certainty, replace(said, certainty=sure)))
            elif said is not None or chance >= least:
                options.append((math.log(chance), replace(plan, certainty=0.9 * chance, learnt=True)))
        if said is not None and not matched:
            options.append((math.log(UNTAUGHT) + RULES_WEIGH * said.certainty, said))
        return [plan for _, plan in sorted(options, key=lambda option: -option[0])]

    def _taught(self, label: str) -> Plan | None:
        if label not in self._steps and self.reader is not None:
            way = self.reader.ways[label]
            if label in self._planner.graph.relations:
                self._steps[label] = self._planner.single(label, 1.0)
            elif way[-1] == "":
                self._steps[label] = self._planner.anything(way[0])
            else:
                self._steps[label] = self._planner.along(way, 1.0)
        return self._steps[label]


def settled(said: bool, chance: float, taken: float = TAKEN, least: float = KEPT) -> bool:
    """Whether something holds that the rules say or do not say, and the reader gives a chance."""
    return chance > least if said else chance > taken


def _same(one: Sequence[Step], other: Sequence[Step]) -> bool:
    return [set(step.relations) for step in one] == [set(step.relations) for step in other]
