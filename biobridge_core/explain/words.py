"""The answer to why, in one plain sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from biobridge_core.types import Edge, Entity, Neighbour, Part, Path

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph
    from biobridge_core.retrieve import Head


def answer_of(
    graph: KnowledgeGraph,
    head: Head,
    hit: Entity,
    known: Sequence[Edge],
    paths: Sequence[Path],
    neighbours: Sequence[Neighbour],
    parts: Sequence[Part],
) -> str:
    """One sentence without markup; names are as the graph has them."""
    who = graph.entity(head.row).name if head.row is not None else "the query"
    if known:
        names = list(dict.fromkeys(source.split(" · ")[0] for edge in known for source in edge.sources))
        databases = [graph.sources[name].name if name in graph.sources else name for name in names]
        return f"The graph holds this link: {who} {known[0].label} {hit.name} ({', '.join(databases)})."
    if not parts:
        if paths:
            middle = " and ".join(edge.tail.name for edge in paths[0].edges[:-1])
            start = paths[0].edges[0].head.name
            via = f" through {middle}" if middle else ""
            return f"In the graph, {start} leads to {hit.name}{via}."
        chain = f"The graph has no chain of up to three links between {who} and {hit.name}"
        return f"{chain}; the way there runs over links that the bridge predicts."
    lifts = {part.name: part.gain for part in parts}
    others = [neighbour for neighbour in neighbours if neighbour.entity.id != hit.id]
    return f"Predicted {_because(lifts, neighbours, others, who, hit.name)}."


def _because(
    lifts: dict[str, float], neighbours: Sequence[Neighbour], others: Sequence[Neighbour], who: str, hit: str
) -> str:
    """``others`` are the neighbours without the hit itself, which a query may be linked to through its own."""
    memory, bridge, popular = (lifts.get(name, 0.0) for name in ("memory", "bridge", "popularity"))
    positive = max(memory, 0.0) + max(bridge, 0.0) + max(popular, 0.0)
    if positive <= 0 or max(memory, bridge, popular) <= 0.1:
        return "with little to speak for it: neither the input nor the neighbours point here"
    like = [n for n in others if not n.like_hit][:2]
    linked = [n for n in others if n.like_hit][:2]
    if memory >= max(bridge, popular) and neighbours:
        first = neighbours[0]
        if first not in others:
            reason = f"mostly because its nearest known neighbours are linked to {hit} or to what is like it"
        elif not first.like_hit:
            verb = "are" if len(like) > 1 else "is"
            reason = f"mostly because {_names(like)}, which {verb} like {who}, {verb} linked to {hit}"
        else:
            whose = "its nearest known neighbours are" if first.borrowed else f"{who} is"
            reason = f"mostly because {whose} linked to {_names(linked)}, which {_verb(linked)} like {hit}"
    elif popular >= max(bridge, memory):
        reason = f"mostly because {hit} is linked to very many entities"
    else:
        reason = f"mostly from the input itself: the bridge places {who} near {hit}"
        if memory > 0.1 and like:
            reason += f", and {_names(like[:1])}, which is like it, is linked there too"
    return reason


def _names(neighbours: Sequence[Neighbour]) -> str:
    return " and ".join(neighbour.entity.name for neighbour in neighbours)


def _verb(neighbours: Sequence[Neighbour]) -> str:
    return "are" if len(neighbours) > 1 else "is"
