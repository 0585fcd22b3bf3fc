"""Whose links vote for a hit, and how much of the vote each gives.

The memory's votes are sums over links, so each vote falls into the share of each link exactly. A vote enters the score
as ``weight × ln(1 + vote / floor)``; what that lifts the hit is divided among the links as the vote is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.bridge.memory import TERMS
from biobridge_core.types import Likeness

if TYPE_CHECKING:
    from biobridge_core.bridge.memory import Memory, Query, Voters, Votes
    from biobridge_core.bridge.reading import Weights

_TERM_OF = {
    "content": (False, Likeness.CONTENT),
    "pieces": (False, Likeness.PIECES),
    "profile": (False, Likeness.PROFILE),
    "tail_content": (True, Likeness.CONTENT),
    "tail_profile": (True, Likeness.PROFILE),
}


@dataclass
class Voter:
    """An entity whose link votes: ``like_hit`` tells it is like the hit (linked to the query), else like the query."""

    row: int
    like_hit: bool
    gain: float = 0.0  #: natural log of odds
    similarity: dict[Likeness, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Ballot:
    """All that the memory says of one tail.

    ``gains`` names each vote's lift in natural log of odds; ``voters`` have the positive ones, most first.
    """

    gains: dict[str, float]
    voters: list[Voter]

    @property
    def total(self) -> float:
        """Lift of all votes that speak for the tail."""
        return sum(voter.gain for voter in self.voters)


def ballot(memory: Memory, query: Query, relation: str, tail: int, weights: Weights) -> Ballot:
    """Divide the votes of one query for one tail among the links that make them.

    Parameters
    ----------
    query
        One query, from `Memory.ask` or `Memory.ask_input`.
    tail
        Place of the tail within its modality.
    weights
        How far each vote counts.
    """
    ends = memory.graph.relations[relation]
    heads, tails = (int(memory.graph.rows(name)[0]) for name in (ends.head, ends.tail))
    voters = memory.voters(query, relation)
    found: dict[tuple[int, bool], Voter] = {}
    gains: dict[str, float] = {}
    for name, weight, floor in zip(TERMS[1:], weights.votes[1:], weights.floors[1:], strict=True):
        like_hit, likeness = _TERM_OF[name]
        places, values, similar = _OF_TERM[name](memory, query, voters, relation, tail)
        vote = float(values.sum())
        gains[name] = weight * float(np.log1p(vote / floor))
        if gains[name] <= 0:
            continue
        first = tails if like_hit else heads
        for place, value, cosine in zip(places, values, similar, strict=True):
            if value <= 0:
                continue
            row = int(place) + first
            voter = found.setdefault((row, like_hit), Voter(row, like_hit))
            voter.gain += gains[name] * float(value) / vote
            voter.similarity[likeness] = float(cosine)
    return Ballot(gains, sorted(found.values(), key=lambda voter: (-voter.gain, voter.row)))


def memory_scores(weights: Weights, votes: Votes) -> NDArray[np.float32]:
    """What the neighbours alone say of every tail, the popularity left out: (n, n_tails)."""
    alone = type(weights)(0.0, (0.0, *weights.votes[1:]), weights.floors)
    nothing = np.zeros(votes.matrices[0].shape, dtype=np.float32)
    return alone.score(nothing, votes)


_Parts = tuple[NDArray[np.integer], NDArray[np.floating], NDArray[np.floating]]  #: places, votes, similarities


def _of_heads(memory: Memory, weights: object, likeness: NDArray[np.float32], relation: str, tail: int) -> _Parts:
    """Heads linked to the tail, with their weight."""
    linked = memory.adjacent(relation)[:, [tail]].tocoo().row
    row = weights[[0]].toarray()[0]  # type: ignore[index]
    return linked, row[linked], likeness[0, linked]


def _by_content(memory: Memory, query: Query, voters: Voters, relation: str, tail: int) -> _Parts:
    return _of_heads(memory, voters.content, query.content, relation, tail)


def _by_pieces(memory: Memory, query: Query, voters: Voters, relation: str, tail: int) -> _Parts:
    return _of_heads(memory, voters.pieces, query.pieces, relation, tail)


def _by_profile(memory: Memory, query: Query, voters: Voters, relation: str, tail: int) -> _Parts:
    return _of_heads(memory, voters.profile, query.profile, relation, tail)


def _by_tail_content(memory: Memory, query: Query, voters: Voters, relation: str, tail: int) -> _Parts:
    """Tails that the query is linked to, and that name the tail among their nearest."""
    del query
    likeness = memory.likeness_of_tails(memory.graph.relations[relation].tail)[:, [tail]].toarray()[:, 0]
    links = voters.links[[0]].tocoo()
    near = likeness[links.col]
    similar = 1 + np.log(np.maximum(near, 1e-12)) / memory.readout.tail_scale
    return links.col, links.data * near, similar


def _by_tail_profile(memory: Memory, query: Query, voters: Voters, relation: str, tail: int) -> _Parts:
    """Tails that the query is linked to, and that are linked to the same as the tail."""
    profiles, _ = memory.profiles(memory.graph.relations[relation].tail)
    links = voters.links[[0]].tocoo()
    theirs = profiles[links.col].copy()
    if query.rows is not None:
        theirs.data[theirs.indices == int(query.rows[0])] = 0
    similar = np.asarray((theirs @ profiles[[tail]].T).toarray()).ravel()
    weight = max(float(links.data.sum()), 1e-6)
    return links.col, links.data * similar / weight, similar


_OF_TERM = {
    "content": _by_content,
    "pieces": _by_pieces,
    "profile": _by_profile,
    "tail_content": _by_tail_content,
    "tail_profile": _by_tail_profile,
}
