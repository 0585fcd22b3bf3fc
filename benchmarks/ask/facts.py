"""What the graph answers to a plan, and which of these answers rest on a held-out link."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ask.names import Names
from ask.wordings import PLANS, Plan, Step
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.kg.hierarchy import Links, Sparse, ancestor_matrix
from biobridge_core.kg.split import KNOWN, TEST_COLD
from biobridge_core.kg.splits import cold_entity, synonym_groups, transductive


@dataclass(frozen=True)
class Held:
    """What a system under test must not have learnt.

    ``links``: the test links of the transductive split by relation, both directions. ``cold``: the state of each
    entity in the cold-entity split, ``groups`` which entities are one thing under several names, ``cold_links`` the
    test links of that split.
    """

    links: Mapping[str, Links]
    cold: NDArray[np.int8]
    groups: NDArray[np.integer]
    cold_links: Mapping[str, Links]

    @classmethod
    def draw(cls, graph: KnowledgeGraph, *, seed: int) -> Held:
        """Both splits of a seed, as the retrieval benchmark draws them."""
        groups = synonym_groups(graph)
        cold = cold_entity(graph, seed=seed, groups=groups)
        links = transductive(graph, seed=seed, groups=groups).open_for_evaluation()
        return cls(links, cold.cold, groups, cold.open_for_evaluation())


class Facts:
    """Answers to plans over the whole graph, over its training links alone, and for cold entities.

    Parameters
    ----------
    graph
        Where the answers come from.
    held
        What is held out of it.
    """

    def __init__(self, graph: KnowledgeGraph, held: Held) -> None:
        self.graph, self.held = graph, held
        self.names = Names(graph)
        self._all: dict[str, dict[int, set[int]]] = {}
        self._held: dict[str, dict[int, set[int]]] = {}
        self._cold: dict[Step, dict[int, set[int]]] = {}
        self._starts: dict[tuple[Step, bool], list[int]] = {}

    def tails(self, relation: str) -> dict[int, set[int]]:
        """Head row -> tail rows of a relation or inverse."""
        if relation not in self._all:
            self._all[relation] = _by_head(self.graph.edges(relation))
        return self._all[relation]

    def held_tails(self, relation: str) -> dict[int, set[int]]:
        """The same of the held-out links alone."""
        if relation not in self._held:
            self._held[relation] = _by_head(self.held.links.get(relation, np.empty((0, 2), np.int32)))
        return self._held[relation]

    def follow(self, start: int, plan: Plan, *, training: bool = False) -> set[int]:
        """Rows that the plan leads to, the start itself left out; ``training``: without the held-out links."""
        rows = {start}
        for step in plan:
            rows = set().union(*(self._step(row, step, training) for row in rows))
        return rows - {start}

    def held_out(self, start: int, plan: Plan, answers: Iterable[int]) -> set[int]:
        """Which answers no path of training links leads to."""
        return set(answers) - self.follow(start, plan, training=True)

    def starts(self, plan: Plan, *, held: bool) -> list[int]:
        """Rows from which the first step leads on (by a held-out link, if so asked), ascending."""
        if (plan[0], held) not in self._starts:
            tails = self.held_tails if held else self.tails
            self._starts[plan[0], held] = sorted(set().union(*(tails(relation) for relation in plan[0])))
        return self._starts[plan[0], held]

    def cold_starts(self, step: Step) -> dict[int, set[int]]:
        """Cold test entity -> its known tails by the step: what can be asked of a raw input."""
        found = self._cold.setdefault(step, {})
        cold = self.held.cold
        for relation in step if not found else ():
            for head, tail in self.held.cold_links.get(relation, np.empty((0, 2), np.int32)).tolist():
                if cold[head] == TEST_COLD and cold[tail] == KNOWN:
                    found.setdefault(head, set()).add(tail)
        return found

    def twins(self, row: int) -> set[int]:
        """The row with all that is the same thing under another name."""
        return set(np.flatnonzero(self.held.groups == self.held.groups[row]).tolist())

    def above(self, rows: set[int]) -> set[int]:
        """All ancestors of the rows along is-a."""
        matrix = self._ancestors
        return {other for row in rows for other in matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]].tolist()}

    def also_right(self, start: int, plan: Plan, answers: set[int]) -> set[int]:
        """What is no fault in an answer: further kinds along is-a, and the other actions of a drug that binds."""
        relation = self.graph.relations[plan[0][0]]
        if len(plan) == 1 and relation.hierarchical:
            matrix = self._ancestors if relation.forward else self._descendants
            return set(matrix.indices[matrix.indptr[start] : matrix.indptr[start + 1]].tolist()) - answers
        loose = loose_plan(plan)
        return self.follow(start, loose) - answers if loose != plan else set()

    def _step(self, row: int, step: Step, training: bool) -> set[int]:
        found: set[int] = set()
        for relation in step:
            tails = self.tails(relation).get(row, set())
            found |= tails - self.held_tails(relation).get(row, set()) if training else tails
        return found

    @cached_property
    def _ancestors(self) -> Sparse:
        return ancestor_matrix(self.graph)

    @cached_property
    def _descendants(self) -> Sparse:
        return self._ancestors.T.tocsr()


def loose_plan(plan: Plan) -> Plan:
    """Return the plan that is as right as the given one: who binds may be said to act on, in whatever way."""
    if plan in ((("drug_binds_protein",),), (("drug_binds_protein_inverse",),)):
        back = plan[0][0].removeprefix("drug_binds_protein")
        return PLANS["drug_acts_on_protein" + back]
    return plan


def _by_head(links: Links) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for head, tail in links.tolist():
        found.setdefault(head, set()).add(tail)
    return found
