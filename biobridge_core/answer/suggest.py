"""What the bridge suggests along the relations of a step, with its chance, above a stated floor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from biobridge_core.answer.known import Known
from biobridge_core.types import HitStatus

if TYPE_CHECKING:
    from biobridge_core.many import Many
    from biobridge_core.retrieve import Head
    from biobridge_core.types import Hit

FLOOR = 0.002  #: the least chance that is worth telling: some twenty times that of an entity drawn at random
#: Where a relation has no calibrated chance: how many times more belief than an entity drawn at random would have.
LIFT = 10.0
LIFT_AMONG = 50.0  #: the same where several relations are asked together, each of which has its best
DEPTH = 100  #: ranks that chances are fitted on; what ranks lower is never told
_UNCALIBRATED = 0.02  #: the most that such a suggestion weighs beside those with a chance
_MOST = 600  #: hits of one head that are looked at, known ones among them
_MOST_TOGETHER = 150  #: of each of several heads


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One link that the bridge proposes."""

    row: int  #: of the proposed tail
    relation: str
    probability: float | None  #: that the graph holds it; None where the relation has no calibrated chance
    confident: bool | None
    strength: float  #: what suggestions are ranked and combined by: the chance, or a small stand-in for it
    rank: int  #: among all entities of the kind


class Suggester:
    """Asks the bridge for the tails of given relations alone. Read-only; safe to share between threads."""

    def __init__(self, many: Many, known: Known) -> None:
        self._many, self._known = many, known
        self.graph = known.graph

    def of(self, heads: Sequence[Head], relations: Sequence[str], most: int) -> list[list[Suggestion]]:
        """Suggestions for each head, best first, without what the graph holds or what follows from that by is-a.

        Parameters
        ----------
        heads
            Of one modality.
        relations
            Which may lead to several modalities; is-a is left out, the bridge does not extend it.
        most
            Suggestions a head.

        Raises
        ------
        InputError
            If the bridge cannot be asked.
        """
        found: list[dict[int, Suggestion]] = [{} for _ in heads]
        if not heads:
            return []
        for tail, names in self._by_tail(heads[0].modality, relations).items():
            closed = [self._closed(head, names) for head in heads]
            depth = min(_MOST if len(heads) == 1 else _MOST_TOGETHER, most + max(len(rows) for rows in closed))
            for name in names:
                listed = self._many.retrieve(heads, tail, depth, name)
                for hits, told, held in zip(listed, found, closed, strict=True):
                    for hit in hits.hits:
                        made = _made(self.graph.row(hit.entity.id), hit, name)
                        lift = LIFT if len(names) == 1 else LIFT_AMONG
                        if made.row in held or not _worth(hit, hits.n_candidates, DEPTH + len(held), lift):
                            continue
                        if made.row not in told or told[made.row].strength < made.strength:
                            told[made.row] = made
        order = [sorted(told.values(), key=lambda s: (-s.strength, s.rank)) for told in found]
        return [each[:most] for each in order]

    def chance(self, head: Head, relations: Sequence[str], row: int) -> Suggestion | None:
        """What the bridge thinks of one tail, whatever the floor; None where it ranks it too low for an opinion."""
        best: Suggestion | None = None
        tail = self.graph.modality(row)
        for name in self._by_tail(head.modality, relations).get(tail, []):
            own = len(self._known_tails(head, [name]))
            for hit in self._many.retrieve([head], tail, min(_MOST, DEPTH + own), name)[0].hits:
                if self.graph.row(hit.entity.id) == row and hit.status is HitStatus.PREDICTED:
                    made = _made(row, hit, name)
                    best = made if best is None or made.strength > best.strength else best
        return best

    def _by_tail(self, modality: str, relations: Sequence[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in relations:
            relation = self.graph.relations[name]
            if relation.head == modality and not relation.hierarchical and relation.tail != modality:
                found.setdefault(relation.tail, []).append(name)
        return found

    def _known_tails(self, head: Head, relations: Sequence[str]) -> set[int]:
        if head.row is None:
            return set()
        return {int(row) for name in relations for row in self._known.tails(head.row, name)[0]}

    def _closed(self, head: Head, relations: Sequence[str]) -> set[int]:
        """What needs no suggestion: known tails, and the wider kinds of these, which follow from them."""
        own = self._known_tails(head, relations)
        return own.union(*(self._known.above(row) for row in own)) if own else own


def _made(row: int, hit: Hit, relation: str) -> Suggestion:
    chance = hit.probability
    strength = chance if chance is not None else min(hit.score, _UNCALIBRATED)
    return Suggestion(row, relation, chance, hit.confident, float(strength), hit.rank)


def _worth(hit: Hit, among: int, depth: int, lift: float) -> bool:
    """Whether a hit among so many is told at all."""
    if hit.status is not HitStatus.PREDICTED or hit.rank > depth:
        return False
    return hit.score * among >= lift if hit.probability is None else hit.probability >= FLOOR
