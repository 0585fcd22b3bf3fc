"""Areas of an ontology: the branches right below its root, by which people narrow a list."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph

_LEAST = 30  #: entities that make a branch an area


class Areas:
    """The top branches of one modality and which of its entities lie in each.

    A root without is-a parent is a branch, as the areas of MONDO are in the graph. Where one root has nearly
    everything below it, as "Phenotypic abnormality" has, its children are the branches.
    """

    def __init__(self, graph: KnowledgeGraph, modality: str) -> None:
        self._graph, self._modality = graph, modality

    @cached_property
    def members(self) -> dict[str, NDArray[np.int32]]:
        """CURIE of each area -> its rows, the area itself among them, ascending; the largest area first."""
        graph, rows = self._graph, self._graph.rows(self._modality)
        children: dict[int, list[int]] = {}
        with_parent: set[int] = set()
        for child, parent in self._is_a.tolist():
            children.setdefault(parent, []).append(child)
            with_parent.add(child)
        tops = [row for row in rows.tolist() if row in children and row not in with_parent]
        below = {row: _below(row, children) for row in tops}
        while below:
            largest = max(below, key=lambda row: len(below[row]))
            if len(below[largest]) < 0.9 * len(set().union(*below.values())):
                break
            del below[largest]
            below |= {row: _below(row, children) for row in children[largest] if row in children}
        areas = {row: found for row, found in below.items() if len(found) >= _LEAST}
        order = sorted(areas, key=lambda row: (-len(areas[row]), row))
        return {graph.ids[row]: np.array(sorted(areas[row]), dtype=np.int32) for row in order}

    @property
    def _is_a(self) -> NDArray[np.int32]:
        names = [
            r.name for r in self._graph.relations.values() if r.hierarchical and r.forward and r.head == self._modality
        ]
        edges = [self._graph.edges(name) for name in names]
        return np.concatenate([*edges, np.empty((0, 2), np.int32)])

    def of(self, curies: Iterable[str]) -> dict[str, list[str]]:
        """Area -> those of ``curies`` that lie in it, for the areas that have any; the one with most first."""
        wanted = {self._graph.row(curie): curie for curie in curies}
        rows = np.array(list(wanted), dtype=np.int32)
        found = {area: [wanted[int(row)] for row in rows[np.isin(rows, m)]] for area, m in self.members.items()}
        return {area: inside for area, inside in sorted(found.items(), key=lambda item: -len(item[1])) if inside}


def _below(row: int, children: dict[int, list[int]]) -> set[int]:
    seen, todo = {row}, [row]
    while todo:
        for child in children.get(todo.pop(), ()):
            if child not in seen:
                seen.add(child)
                todo.append(child)
    return seen
