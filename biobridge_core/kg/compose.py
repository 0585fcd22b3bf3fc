"""Which diseases a drug leads to by composing links: no package ships indications, so none are stored.

A composed link is no triple: it is never trained on, never ranked, and never called known. It always says its route.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from biobridge_core.errors import InputError
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.types import Triple

CLASS_ROUTE = "drug → therapeutic class → disease"
TARGET_ROUTE = "drug → protein → disease"

#: middle modality and the is-a relation by which a drug also belongs to what lies above it
_ROUTES = (
    (CLASS_ROUTE, "therapeutic_class", "therapeutic_class_is_a"),
    (TARGET_ROUTE, "protein", ""),
)


@dataclass(frozen=True, slots=True)
class Composed:
    """A disease that a drug leads to over one route."""

    disease_row: int
    route: str  #: CLASS_ROUTE or TARGET_ROUTE
    paths: tuple[tuple[Triple, ...], ...]  #: each a chain of stored links from the drug to the disease


def compose(graph: KnowledgeGraph, drug_row: int) -> list[Composed]:
    """Compose a drug's links to diseases, through its therapeutic classes and through its targets.

    A drug of a class belongs to the classes above it as well; a disease is taken as it is linked, without those below.

    Parameters
    ----------
    graph
        Any part of a graph: links that were left out of it are not used.
    drug_row
        Row of a drug.

    Returns
    -------
    list of Composed
        One for each disease and route, those of the class route first, then by number of paths and by row.

    Raises
    ------
    InputError
        If the row is no drug.
    """
    if not 0 <= drug_row < graph.n_entities or graph.modality(drug_row) != "drug":
        named = graph.ids[drug_row] if 0 <= drug_row < graph.n_entities else f"row {drug_row}"
        raise InputError(f"{named} is no drug.", "Compose from a drug, e.g. GtoPdb:4139.")
    found: list[Composed] = []
    for route, middle, is_a in _ROUTES:
        paths: dict[int, list[tuple[Triple, ...]]] = {}
        starts: dict[int, list[tuple[Triple, ...]]] = {
            row: [(link,) for link in links] for row, links in graph.known(drug_row, middle).items()
        }
        for row, ways in _with_ancestors(graph, starts, is_a).items():
            for disease, links in graph.known(row, "disease").items():
                paths.setdefault(disease, []).extend((*way, link) for way in ways for link in links)
        composed = [Composed(disease, route, tuple(ways)) for disease, ways in paths.items()]
        found += sorted(composed, key=lambda one: (-len(one.paths), one.disease_row))
    return found


def _with_ancestors(
    graph: KnowledgeGraph, starts: dict[int, list[tuple[Triple, ...]]], is_a: str
) -> dict[int, list[tuple[Triple, ...]]]:
    """Add what lies above the starts, each with the chains that lead there."""
    if not is_a or is_a not in graph.relations:
        return starts
    parents: dict[int, list[tuple[int, Triple]]] = {}
    for index in np.flatnonzero(graph.relation_of_triple == graph.forward_names.index(is_a)).tolist():
        above = (int(graph.tails[index]), graph.triple(index))
        parents.setdefault(int(graph.heads[index]), []).append(above)
    reached = {row: list(ways) for row, ways in starts.items()}
    waiting = [(row, way) for row, ways in starts.items() for way in ways]
    while waiting:
        row, way = waiting.pop()
        for parent, link in parents.get(row, ()):
            reached.setdefault(parent, []).append((*way, link))
            waiting.append((parent, (*way, link)))
    return reached


def disease_rows(composed: Iterable[Composed], route: str = "") -> list[int]:
    """Rows of the composed diseases of one route (all routes where none is named), ascending and unique."""
    return sorted({one.disease_row for one in composed if route in ("", one.route)})
