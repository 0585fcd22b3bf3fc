"""What a graph must never hold, and how much it holds."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from biobridge_core.kg.graph import KnowledgeGraph

_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule with how often and where."""

    rule: str  #: e.g. ``dangling id``
    count: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        """Write as one line."""
        return f"{self.rule}: {self.count}, e.g. {', '.join(self.examples)}"


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts of a graph. A *link* is a head, relation and tail, however many sources state it."""

    entities: dict[str, int]  #: by modality
    linked_entities: dict[str, int]  #: by modality, those with a link other than is-a
    links: dict[str, int]  #: by forward relation between modalities
    hierarchy_links: dict[str, int]  #: by is-a relation
    input_kinds: dict[str, int]
    flags: dict[str, int]

    @property
    def n_entities(self) -> int:
        """All entities."""
        return sum(self.entities.values())

    @property
    def n_links(self) -> int:
        """Links before the hierarchies."""
        return sum(self.links.values())

    @property
    def n_hierarchy_links(self) -> int:
        """is-a links."""
        return sum(self.hierarchy_links.values())

    def as_dict(self) -> dict[str, object]:
        """Everything as plain JSON."""
        totals = {
            "n_entities": self.n_entities,
            "n_links": self.n_links,
            "n_hierarchy_links": self.n_hierarchy_links,
        }
        return {**asdict(self), **totals}


def check(graph: KnowledgeGraph) -> list[Problem]:
    """Find broken rules.

    The rules: no dangling id, duplicate entity, duplicate triple (same link and source), entity without id, name or
    input, triple or entity whose source is not in SOURCES, isolated entity, relation between the wrong modalities,
    link of an entity to itself, cycle in is-a.

    Returns
    -------
    list of Problem
        Empty for a sound graph.
    """
    inside = _inside(graph)
    problems = [
        *_entity_problems(graph, inside),
        *_triple_problems(graph, inside),
        *_cycles(graph, inside),
    ]
    return [problem for problem in problems if problem.count]


def stats(graph: KnowledgeGraph) -> Stats:
    """Count entities, links, kinds of input and flags."""
    entities = graph.columns.entities
    forward = [graph.relations[name] for name in graph.forward_names]
    edges = {relation.name: len(graph.edges(relation.name)) for relation in forward}
    flat = np.array([not relation.hierarchical for relation in forward])[graph.relation_of_triple]
    linked = np.zeros(graph.n_entities, dtype=bool)
    linked[graph.heads[flat]] = True
    linked[graph.tails[flat]] = True
    flags = entities["flags"].combine_chunks().flatten().value_counts().to_pylist()
    kinds = entities["input_kind"].value_counts().to_pylist()
    return Stats(
        entities={name: len(graph.rows(name)) for name in graph.modalities},
        linked_entities={name: int(linked[graph.rows(name)].sum()) for name in graph.modalities},
        links={relation.name: edges[relation.name] for relation in forward if not relation.hierarchical},
        hierarchy_links={relation.name: edges[relation.name] for relation in forward if relation.hierarchical},
        input_kinds={row["values"]: row["counts"] for row in kinds},
        flags={row["values"]: row["counts"] for row in sorted(flags, key=lambda row: str(row["values"]))},
    )


def _inside(graph: KnowledgeGraph) -> NDArray[np.bool_]:
    """Whether both ends of each triple are rows of the graph and its relation is known, (n_triples,)."""
    good = (graph.heads >= 0) & (graph.heads < graph.n_entities)
    good &= (graph.tails >= 0) & (graph.tails < graph.n_entities)
    result: NDArray[np.bool_] = good & (graph.relation_of_triple >= 0)
    return result


def _entity_problems(graph: KnowledgeGraph, inside: NDArray[np.bool_]) -> Iterator[Problem]:
    ids = np.array(graph.ids, dtype=object)
    unique, counts = np.unique(np.array(graph.ids), return_counts=True)
    yield _problem("duplicate entity", unique[counts > 1])
    yield _problem("entity without id or name", ids[[not (i and n) for i, n in zip(ids, graph.names, strict=True)]])
    yield _problem("entity of an unknown modality", ids[graph.modality_of_row < 0])
    order = np.diff(graph.modality_of_row.astype(np.int16)) < 0
    yield _problem("entity outside its modality's block", ids[1:][order])
    inputs = graph.inputs(np.arange(graph.n_entities))
    yield _problem("entity without input", ids[[not text.strip() for text in inputs]])
    sources = graph.columns.entities["source"].to_pylist()
    yield _problem("entity of an unnamed source", ids[[source not in graph.sources for source in sources]])
    linked = np.zeros(graph.n_entities, dtype=bool)
    linked[graph.heads[inside]] = True
    linked[graph.tails[inside]] = True
    yield _problem("isolated entity", ids[~linked])


def _triple_problems(graph: KnowledgeGraph, inside: NDArray[np.bool_]) -> Iterator[Problem]:
    def words(mask: NDArray[np.bool_]) -> Problem:
        where = np.flatnonzero(mask)
        return Problem(rule, len(where), tuple(_link(graph, int(index)) for index in where[:_EXAMPLES]))

    rule = "dangling id"
    yield words(~inside)
    rule = "duplicate triple"
    source = graph.columns.triples["source"].combine_chunks()
    codes = source.indices.to_numpy().astype(np.int64)
    n = graph.n_entities
    key = (graph.relation_of_triple.astype(np.int64) * (len(source.dictionary) + 1) + codes) * n * n
    key = key + graph.heads.astype(np.int64) * n + graph.tails
    first = np.zeros(graph.n_triples, dtype=bool)
    first[np.unique(key, return_index=True)[1]] = True
    yield words(~first)
    rule = "unattributed triple"
    named = np.array([key in graph.sources for key in source.dictionary.to_pylist()], dtype=bool)
    yield words(~named[codes] if graph.n_triples else np.zeros(0, dtype=bool))
    rule = "relation between the wrong modalities"
    modalities = {name: code for code, name in enumerate(graph.modality_names)}
    forward = [graph.relations[name] for name in graph.forward_names]
    wrong = np.zeros(graph.n_triples, dtype=bool)
    for ends, side in ((graph.heads, "head"), (graph.tails, "tail")):
        wanted = np.array([modalities.get(getattr(relation, side), -1) for relation in forward])
        wrong[inside] |= graph.modality_of_row[ends[inside]] != wanted[graph.relation_of_triple[inside]]
    yield words(wrong)
    rule = "entity linked to itself"
    yield words(graph.heads == graph.tails)


def _cycles(graph: KnowledgeGraph, inside: NDArray[np.bool_]) -> Iterator[Problem]:
    """Peel off what has no child any more; what is left lies on a cycle or above one."""
    for code, name in enumerate(graph.forward_names):
        if not graph.relations[name].hierarchical:
            continue
        mask = inside & (graph.relation_of_triple == code)
        pairs = np.unique(np.stack([graph.heads[mask], graph.tails[mask]], axis=1), axis=0)
        children = np.bincount(pairs[:, 1], minlength=graph.n_entities)
        parents: dict[int, list[int]] = {}
        for child, parent in pairs.tolist():
            parents.setdefault(child, []).append(parent)
        waiting = deque(np.flatnonzero(children == 0).tolist())
        while waiting:
            for parent in parents.pop(waiting.popleft(), ()):
                children[parent] -= 1
                if children[parent] == 0:
                    waiting.append(parent)
        yield _problem(f"cycle in {name}", np.array(graph.ids, dtype=object)[children > 0])


def _problem(rule: str, ids: NDArray[np.object_]) -> Problem:
    return Problem(rule, len(ids), tuple(str(id_) or "(empty)" for id_ in ids[:_EXAMPLES]))


def _link(graph: KnowledgeGraph, index: int) -> str:
    def name(row: int) -> str:
        return graph.ids[row] if 0 <= row < graph.n_entities else f"row {row}"

    code = int(graph.relation_of_triple[index])
    relation = graph.forward_names[code] if code >= 0 else "(unknown relation)"
    return f"{name(int(graph.heads[index]))} {relation} {name(int(graph.tails[index]))}"
