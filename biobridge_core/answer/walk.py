"""From a start along the steps of a plan: over known links, and over at most one that the bridge suggests.

The score of an answer is the sum over its paths. A path's is the product over its links of what each weighs (evidence
of a known link, chance of a suggested one), and of each middle entity's specificity: one that leads to few things says
more than a hub. A link of a narrower kind counts a tenth, so that what is linked itself comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING

from biobridge_core.answer.known import Known, fitting, specific
from biobridge_core.types import Edge, Entity

if TYPE_CHECKING:
    from biobridge_core.answer.suggest import Suggester, Suggestion
    from biobridge_core.answer.types import Step
    from biobridge_core.retrieve import Head

NARROWER = 0.1  #: what a link through a narrower kind counts beside one of the kind itself
MIDDLES = 8  #: known middle entities of a longer plan from which the bridge goes on
GUESSED = 12  #: suggested middle entities from which known links go on
_PER_MIDDLE = 10
_DESCENDS = frozenset({"therapeutic_class"})  #: kinds whose members hang on their narrowest classes
#: How a kind was reached -> what holds for its wider kinds holds for whatever led there: uses of a drug's classes.
_CLIMBS = {"drug_in_therapeutic_class": frozenset({"therapeutic_class_used_for_disease"})}


@dataclass(slots=True)
class Node:
    """An entity that a plan has reached, with its best path."""

    row: int  #: -1 for a raw input that the graph does not have
    score: float = 1.0  #: over all paths
    best: float = 1.0  #: of the best path alone
    ways: int = 1
    direct: bool = True  #: whether a path leads there without going through a narrower kind
    parent: Node | None = None
    relation: str = ""
    down: tuple[int, ...] = ()  #: narrower (or wider) kinds that the last step went through
    guess: Suggestion | None = None  #: of the last step, where the bridge suggests it

    def nodes(self) -> list[Node]:
        """From the first step to this one."""
        return [*(self.parent.nodes() if self.parent else ()), self] if self.parent else []


@dataclass(frozen=True)
class Walk:
    """What a plan leads to: row -> node."""

    known: Mapping[int, Node] = field(default_factory=dict)
    guessed: Mapping[int, Node] = field(default_factory=dict)


class Walker:
    """Walks plans through one graph and its bridge. Read-only; safe to share between threads."""

    def __init__(self, known: Known, suggester: Suggester, head_of: Callable[[int], Head]) -> None:
        self._known, self._suggester, self._head_of = known, suggester, head_of
        self.graph = known.graph

    def walk(self, start: Head, steps: Sequence[Step], most: int, *, guess: bool = True) -> Walk:
        """Everything that the steps lead to from a start.

        Parameters
        ----------
        most
            Suggestions at the last step.
        guess
            Whether the bridge is asked as well.

        Raises
        ------
        InputError
            If the bridge cannot be asked.
        """
        root = Node(start.row if start.row is not None else -1)
        known: dict[int, Node] = {root.row: root} if start.row is not None else {}
        guessed: dict[int, Node] = {}
        for number, step in enumerate(steps):
            last = number == len(steps) - 1
            from_here = [root] if number == 0 else _best(known.values(), MIDDLES)
            on = self._follow(_best(guessed.values(), GUESSED), step, narrower=False)
            if guess:
                heads = [start] if number == 0 else [self._head_of(node.row) for node in from_here]
                _merge(on, self._guesses(from_here, heads, step, most if last else _PER_MIDDLE))
            known = self._follow(known.values(), step, narrower=True)
            guessed = {row: node for row, node in on.items() if row not in known}
        for found in (known, guessed):
            found.pop(root.row, None)
        return Walk(known, guessed)

    def together(self, starts: Sequence[Head], steps: Sequence[Step]) -> list[Walk]:
        """What two known steps lead to over things that all starts lead to, the same best one for each answer."""
        nodes = [self._follow([Node(s.row)] if s.row is not None else [], steps[0], narrower=True) for s in starts]
        rows = set.intersection(*map(set, nodes)) - {start.row for start in starts}
        for row in rows:
            weight = prod(reached[row].best for reached in nodes) ** (1 / len(nodes))
            for reached in nodes:
                reached[row].best = reached[row].score = weight
        order = sorted(rows)
        return [Walk(self._follow([reached[row] for row in order], steps[1], narrower=True)) for reached in nodes]

    def edges(self, node: Node, start: Entity) -> tuple[tuple[Edge, ...], tuple[bool, ...]]:
        """The links of a node's best path, and which of them the bridge suggests."""
        edges: list[Edge] = []
        predicted: list[bool] = []
        here = node.nodes()[0].parent.row if node.nodes() else node.row  # type: ignore[union-attr]
        for each in node.nodes():
            for other in each.down:
                kinds = self._known.is_a(self.graph.modality(here))
                assert kinds is not None
                way = next(name for name in reversed(kinds) if self._known.holds(here, name, other))
                edges.append(self._known.edge(here, way, other))
                predicted.append(False)
                here = other
            edges.append(self._edge(here, start, each))
            predicted.append(each.guess is not None)
            here = each.row
        return tuple(edges), tuple(predicted)

    def _edge(self, here: int, start: Entity, node: Node) -> Edge:
        if here >= 0:
            return self._known.edge(here, node.relation, node.row)
        label = self.graph.relations[node.relation].label
        return Edge(start, self.graph.entity(node.row), node.relation, label)

    def _follow(self, nodes: Iterable[Node], step: Step, *, narrower: bool) -> dict[int, Node]:
        found: dict[int, Node] = {}
        for node in nodes:
            modality = self.graph.modality(node.row)
            relations = fitting(self.graph, step.relations, modality)
            if not relations:
                continue
            self._along(found, node, node.row, (), relations)
            if (up := _CLIMBS.get(node.relation)) is not None and (passing := [r for r in relations if r in up]):
                for kind, way in self._known.above(node.row).items() if narrower else ():
                    self._along(found, node, kind, way, passing)
                continue
            descends = narrower and (node.parent is None or modality in _DESCENDS)
            passing = [name for name in relations if self._known.passes_down(name)] if descends else []
            for kind, way in self._known.below(node.row).items() if passing else ():
                self._along(found, node, kind, way, passing)
        return found

    def _along(
        self, found: dict[int, Node], node: Node, here: int, down: tuple[int, ...], relations: Sequence[str]
    ) -> None:
        weight = node.score * (NARROWER if down else 1.0)
        single = node.best * (NARROWER if down else 1.0)
        if node.parent is not None:
            hub = float(specific([sum(self._known.degree(here, name) for name in relations)])[0])
            weight, single = weight * hub, single * hub
        for name in relations:
            tails, weights = self._known.tails(here, name)
            for row, strength in zip(tails.tolist(), weights.tolist(), strict=True):
                _add(
                    found,
                    Node(
                        row, weight * strength, single * strength, node.ways, node.direct and not down,
                        node, name, down, None,
                    ),
                )  # fmt: skip

    def _guesses(self, nodes: Sequence[Node], heads: Sequence[Head], step: Step, most: int) -> dict[int, Node]:
        """What the bridge suggests from some nodes, each weighed by how well it was reached."""
        found: dict[int, Node] = {}
        highest = max((node.score for node in nodes), default=1.0)
        kinds: dict[str, list[int]] = {}
        for place, head in enumerate(heads):
            kinds.setdefault(head.modality, []).append(place)
        for places in kinds.values():
            suggested = self._suggester.of([heads[place] for place in places], step.relations, most)
            for place, suggestions in zip(places, suggested, strict=True):
                node = nodes[place]
                share = node.score / highest if highest > 0 else 0.0
                for each in suggestions:
                    score = share * each.strength
                    made = Node(each.row, score, score, 1, node.direct, node, each.relation, (), each)
                    _add(found, made)
        return found


def guess_of(node: Node) -> Suggestion | None:
    """The link of a node's best path that the bridge suggests, if one is."""
    return next((each.guess for each in node.nodes() if each.guess is not None), None)


def _best(nodes: Iterable[Node], most: int) -> list[Node]:
    return sorted(nodes, key=lambda node: -node.score)[:most]


def _merge(found: dict[int, Node], more: Mapping[int, Node]) -> None:
    for node in more.values():
        _add(found, node)


def _add(found: dict[int, Node], node: Node) -> None:
    """Join a path to what was found: scores add up, the better path stays."""
    old = found.get(node.row)
    if old is None:
        found[node.row] = node
        return
    better, other = (node, old) if node.best > old.best else (old, node)
    better.score += other.score
    better.ways += other.ways
    better.direct |= other.direct
    found[node.row] = better
