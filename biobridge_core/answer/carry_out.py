"""How each kind of question is answered from a walk: lists and counts, what is shared, yes or not known, what it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING

from biobridge_core.answer.acting import action_of, counted_as, others
from biobridge_core.answer.gather import (
    MOST_KNOWN,
    MOST_SUGGESTED,
    Gathered,
    Start,
    instead,
    likeliest,
    numbered,
    too_weak,
    union,
)
from biobridge_core.answer.known import fitting, specific
from biobridge_core.answer.say import question_of
from biobridge_core.answer.suggest import FLOOR
from biobridge_core.answer.types import Fact, Reason, Refusal, Shape, Step, Understanding
from biobridge_core.answer.walk import Node, Walk, guess_of
from biobridge_core.types import CONFIDENT, HitStatus

if TYPE_CHECKING:
    from biobridge_core.answer.gather import Gatherer
    from biobridge_core.types import Edge

_LOOKED_AT = 100  #: suggestions of each start among which a shared or a given one is looked for
_FEW = 5  #: suggestions that are told where nothing is known to be shared; each of their links is above the floor
_EXAMPLES = 3  #: links of each kind that describe a thing
_SHOWN_IN = ("disease_has_phenotype_inverse",)
Reached = dict[int, tuple[int, Node]]  #: row -> the start that leads there best, and how
_NO_WAY = "The graph has no links that lead from {name} to what is asked for."


def listed(gatherer: Gatherer, understood: Understanding, starts: Sequence[Start]) -> Gathered:
    """Answers at the end of the steps, of any of the starts."""
    kinds = gatherer.modalities(understood, starts)
    if not kinds:
        return Gathered(refusal=_no_way(gatherer, starts), starts=tuple(starts))
    count = understood.shape is Shape.COUNT
    walks = [gatherer.walker.walk(s.head, understood.steps, MOST_SUGGESTED, guess=not count) for s in starts]
    known, guessed = union(walks)
    direct_rows = set(known)
    known, guessed, lead = _otherwise(gatherer, understood, starts, known, guessed)
    own = {start.head.row for start in starts}
    order = [node for node in gatherer.ranked(node for _, node in known.values()) if node.row not in own]
    likely = [node for node in likeliest(node for _, node in guessed.values()) if node.row not in own][:MOST_SUGGESTED]
    order.sort(key=lambda node: node.row not in direct_rows)  # what is asked for before what counts as it
    direct = sum(node.direct for node in order)
    facts = [gatherer.fact(node, starts[known[node.row][0]]) for node in order[:MOST_KNOWN]]
    facts += [gatherer.fact(node, starts[guessed[node.row][0]]) for node in likely]
    if not facts and not count:
        plural = " or ".join(gatherer.graph.modalities[kind].plural for kind in sorted(kinds))
        return Gathered(refusal=too_weak(gatherer.graph, understood, plural, starts), starts=tuple(starts))
    return Gathered(
        facts=numbered(facts),
        starts=tuple(starts),
        n_known=len(order),
        n_narrower=len(order) - direct,
        count=direct if count else None,
        lead=lead,
        told=_walked(len(order), len(order) - direct, len(likely), len(understood.steps)),
    )


def _otherwise(
    gatherer: Gatherer, understood: Understanding, starts: Sequence[Start], known: Reached, guessed: Reached
) -> tuple[Reached, Reached, str]:
    """With what is known by another way of acting: what counts as the one asked for, else all where none is known."""
    count, action = understood.shape is Shape.COUNT, action_of(understood.steps)
    if not action or (known and count):
        return known, guessed, ""
    step, lead = counted_as(understood.steps), ""
    for last in (False, True):
        if step is not None:
            walks = [gatherer.walker.walk(s.head, (step,), 1, guess=False) for s in starts]
            known = {**union(walks)[0], **known}
        if known or last or count:
            break
        step = others(understood.steps)
        lead = "No such link is known here; these are known in another way"
    rest = {row: each for row, each in guessed.items() if row not in known}
    return known, rest, lead if known else ""


def shared(gatherer: Gatherer, understood: Understanding, starts: Sequence[Start]) -> Gathered:
    """What all starts lead to: known of all, then known of some and suggested for the others."""
    kinds = gatherer.modalities(understood, starts)
    if not kinds:
        return Gathered(refusal=_no_way(gatherer, starts), starts=tuple(starts))
    walks = [gatherer.walker.walk(start.head, understood.steps, _LOOKED_AT) for start in starts]
    if len(understood.steps) == 2 and understood.steps[0].relations == _SHOWN_IN:
        # findings of one patient: the genes of diseases that show all of them, not of one disease each
        same = gatherer.walker.together([start.head for start in starts], understood.steps)
        walks = same if all(walk.known for walk in same) else walks
    own = {start.head.row for start in starts}
    rows = set.intersection(*({*walk.known, *walk.guessed} for walk in walks)) - own
    made = [(row, [walk.known.get(row) or walk.guessed[row] for walk in walks]) for row in rows]
    scored = sorted(((_together(gatherer, row, nodes), row, nodes) for row, nodes in made), key=lambda item: item[:2])
    known = [item for item in scored if item[0][0] == 0]
    # a suggestion for every start is told only where nothing is known of any of them
    all_raw = all(start.head.row is None for start in starts)
    rest = [item for item in scored if item[0][0] > 0 and (item[0][0] < len(starts) or all_raw)]
    facts = [_joined(gatherer, nodes, starts, -key[2]) for key, _, nodes in known[:MOST_KNOWN]]
    likely = (_joined(gatherer, nodes, starts, -key[2]) for key, _, nodes in rest)
    worth = [fact for fact in likely if not known or fact.probability is None or fact.probability >= FLOOR]
    worth = worth[:MOST_SUGGESTED] if known else worth[:_FEW]
    facts += worth
    if not facts:
        plural = " or ".join(gatherer.graph.modalities[kind].plural for kind in sorted(kinds))
        names = ", ".join(start.entity.name for start in starts[:-1]) + f" and {starts[-1].entity.name}"
        message = f"No evidence found: the graph and the bridge have no {plural} that {names} share."
        asked = tuple(question_of(gatherer.graph, Shape.LIST, (s.mention,), understood.steps) for s in starts[:3])
        return Gathered(refusal=Refusal(Reason.NO_EVIDENCE, message, asked), starts=tuple(starts))
    told = tuple(f"{start.entity.name}: {len(walk.known):,} known." for start, walk in zip(starts, walks, strict=True))
    return Gathered(
        facts=numbered(facts),
        starts=tuple(starts),
        n_known=len(known),
        n_narrower=sum(bool(key[1]) for key, _, _ in known),
        told=(
            *told,
            f"{len(known):,} known of all, {len(worth)} suggested where some lack them.",
        ),
    )


def verified(gatherer: Gatherer, understood: Understanding, starts: Sequence[Start]) -> Gathered:
    """Whether each start is linked to the target: yes with the link, else not known; never no."""
    *froms, target = starts
    steps = understood.steps
    if target.head.row is None and len(froms) == 1 and froms[0].head.row is not None:
        froms, target, steps = [target], froms[0], _turned(gatherer, steps)
    if target.head.row is None or not gatherer.modalities(replace(understood, steps=steps), froms):
        return Gathered(refusal=_no_way(gatherer, starts), starts=tuple(starts))
    held: list[Fact] = []
    other: list[Fact] = []
    as_well = counted_as(steps)
    for start in froms:
        fact = _proof(gatherer, start, target, steps)
        if fact is None and as_well is not None:
            fact = _proof(gatherer, start, target, (as_well,))
        if fact is not None:
            held.append(fact)
        else:
            other += _opinions(gatherer, start, target, steps)
    other.sort(key=lambda fact: fact.status is not HitStatus.KNOWN)
    yes = len(held) == len(froms)
    another = not yes and bool(other) and other[0].status is HitStatus.KNOWN
    told = "The graph holds the link." if yes else "The graph does not hold the link; that is no evidence against it."
    return Gathered(
        facts=numbered([*held, *other]),
        starts=tuple(starts),
        n_known=len(held),
        verdict="yes" if yes else "not known",
        another=another and not held,
        told=(told,),
    )


def described(gatherer: Gatherer, understood: Understanding, starts: Sequence[Start]) -> Gathered:
    """What the graph tells of a thing: its entry, its wider kinds and the best of its links of every kind."""
    start, row = starts[0], starts[0].head.row
    relations = [r for r in gatherer.graph.relations.values() if r.head == start.entity.modality]
    if row is None:
        step = Step(tuple(r.name for r in relations if not r.hierarchical))
        walk = gatherer.walker.walk(start.head, (step,), MOST_SUGGESTED)
        facts = [gatherer.fact(node, start) for node in likeliest(walk.guessed.values())[:MOST_SUGGESTED]]
        if not facts:
            return Gathered(refusal=too_weak(gatherer.graph, understood, "links", starts), starts=tuple(starts))
        return Gathered(facts=numbered(facts), starts=tuple(starts), told=(f"{len(facts)} links suggested.",))
    facts = [Fact(0, start.entity, (), (), HitStatus.KNOWN, score=1.0)]
    kinds = gatherer.known.is_a(start.entity.modality)
    if kinds is not None:
        above = gatherer.known.tails(row, kinds[0])[0].tolist()
        facts += [_single(gatherer, row, kinds[0], tail, 1.0) for tail in above[:_EXAMPLES]]
    counts = []
    for modality in gatherer.graph.modalities:
        best: dict[int, tuple[float, str]] = {}
        for relation in relations:
            if relation.tail == modality and not relation.hierarchical:
                for tail, weight in zip(*(a.tolist() for a in gatherer.known.tails(row, relation.name)), strict=True):
                    best[tail] = max(best.get(tail, (0.0, "")), (weight, relation.name))
        order = sorted(best, key=lambda tail: (-best[tail][0] * gatherer.telling(tail), gatherer.graph.names[tail]))
        facts += [_single(gatherer, row, best[t][1], t, best[t][0]) for t in order[:_EXAMPLES]]
        counts += [(modality, len(best))] if best else []
    return Gathered(
        facts=numbered(facts),
        starts=tuple(starts),
        n_known=sum(number for _, number in counts),
        counts=tuple(counts),
        told=(f"The entry of {start.entity.id} and {len(facts) - 1} of its links.",),
    )


def _no_way(gatherer: Gatherer, starts: Sequence[Start]) -> Refusal:
    names = " or ".join(start.entity.name for start in starts[:3])
    return Refusal(Reason.NO_RELATION, _NO_WAY.format(name=names), instead(gatherer.graph, starts))


def _walked(n_known: int, n_narrower: int, n_guessed: int, hops: int) -> tuple[str, ...]:
    way = "directly" if hops == 1 else f"over {hops} steps"
    through = f", {n_narrower:,} of them only through narrower kinds" if n_narrower else ""
    return (f"{n_known:,} known answers {way}{through}; {n_guessed} suggested by the bridge.",)


def _together(gatherer: Gatherer, row: int, nodes: Sequence[Node]) -> tuple[int, bool, float]:
    """Sorts first what is known of more starts, is linked to them itself, is well supported, and is specific."""
    missing = sum(guess_of(node) is not None for node in nodes)
    support = prod(min(max(node.best, 1e-9), 1.0) for node in nodes) ** (1 / len(nodes))
    back = [gatherer.graph.relations[node.relation].inverse for node in nodes]
    hub = float(specific([max(gatherer.known.degree(row, name) for name in back)])[0])
    return missing, not all(node.direct for node in nodes), -support * hub


def _joined(gatherer: Gatherer, nodes: Sequence[Node], starts: Sequence[Start], score: float) -> Fact:
    """One fact for an answer that all starts lead to: their paths one after the other.

    Its chance is the product of those of its suggested links: all have to hold.
    """
    edges: list[Edge] = []
    predicted: list[bool] = []
    for node, start in zip(nodes, starts, strict=True):
        path, flags = gatherer.walker.edges(node, start.entity)
        edges += path
        predicted += flags
    chances = [guess.probability for node in nodes if (guess := guess_of(node)) is not None]
    known_chances = [chance for chance in chances if chance is not None]
    chance = prod(known_chances) if chances and len(known_chances) == len(chances) else None
    return Fact(
        0,
        gatherer.graph.entity(nodes[0].row),
        tuple(edges),
        tuple(predicted),
        HitStatus.PREDICTED if chances else HitStatus.KNOWN,
        chance,
        None if chance is None else chance >= CONFIDENT,
        score,
        sum(node.ways - 1 for node in nodes),
    )


def _proof(gatherer: Gatherer, start: Start, target: Start, steps: Sequence[Step]) -> Fact | None:
    """The known path to the target, or to a narrower kind of it from which it follows."""
    row = target.head.row
    assert row is not None
    if start.head.row is None:
        return None
    reached = gatherer.walker.walk(start.head, steps, 1, guess=False).known
    if row in reached:
        return gatherer.fact(reached[row], start)
    below = gatherer.known.below(row)
    ways: Mapping[int, Node] = {r: node for r, node in reached.items() if r in below and _carries(gatherer, node)}
    if not ways:
        return None
    node = min(ways.values(), key=lambda n: (not n.direct, len(below[n.row]), -n.best))
    fact = gatherer.fact(node, start)
    up = [*reversed(below[node.row]), row]  # the kind itself, then each wider one, up to the target
    kinds = gatherer.known.is_a(gatherer.graph.modality(row))
    assert kinds is not None
    edges = tuple(gatherer.known.edge(a, kinds[0], b) for a, b in pairwise(up))
    return replace(
        fact,
        answer=target.entity,
        edges=(*fact.edges, *edges),
        predicted=(*fact.predicted, *(False for _ in edges)),
        more=len(ways) - 1,
    )


def _carries(gatherer: Gatherer, node: Node) -> bool:
    return gatherer.known.passes_down(gatherer.graph.relations[node.relation].inverse)


def _opinions(gatherer: Gatherer, start: Start, target: Start, steps: Sequence[Step]) -> list[Fact]:
    """Links of another kind that the graph holds, and what the bridge thinks of the one that is asked about."""
    row = target.head.row
    assert row is not None
    found = []
    asked = {name for step in steps for name in step.relations}
    for relation in gatherer.graph.relations_between(start.entity.modality, target.entity.modality, hierarchical=True):
        own = start.head.row
        if relation.name not in asked and own is not None and gatherer.known.holds(own, relation.name, row):
            found.append(_single(gatherer, own, relation.name, row, 1.0))
    if len(steps) == 1:
        names = fitting(gatherer.graph, steps[0].relations, start.entity.modality)
        guess = gatherer.suggester.chance(start.head, names, row)
        if guess is not None:
            root = Node(start.head.row if start.head.row is not None else -1)
            node = Node(row, guess.strength, guess.strength, parent=root, relation=guess.relation, guess=guess)
            found.append(gatherer.fact(node, start))
        return found
    walk: Walk = gatherer.walker.walk(start.head, steps, _LOOKED_AT)
    return [*found, *([gatherer.fact(walk.guessed[row], start)] if row in walk.guessed else [])]


def _single(gatherer: Gatherer, row: int, relation: str, tail: int, weight: float) -> Fact:
    edge = gatherer.known.edge(row, relation, tail)
    return Fact(0, gatherer.graph.entity(tail), (edge,), (False,), HitStatus.KNOWN, score=float(weight))


def _turned(gatherer: Gatherer, steps: Sequence[Step]) -> tuple[Step, ...]:
    """The same steps walked from their end."""
    relations = gatherer.graph.relations
    return tuple(Step(tuple(relations[name].inverse for name in step.relations)) for step in reversed(steps))
