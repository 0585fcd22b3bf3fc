"""The neighbour vote: entities near in foundation-model space lend their training links. Nothing is learnt.

From the head's side the nearest training heads vote with their tails. From the tail's side a tail is voted for by the
nearest training tails that the head itself is linked to. Both together is a rival that a bridge must take seriously.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch.nn import functional

from biobridge_core.evaluate.popularity import Popularity
from biobridge_core.kg.splits import Sparse, TrainingView

if TYPE_CHECKING:
    from biobridge_core.bridge.data import Content
    from biobridge_core.kg.graph import KnowledgeGraph

Side = Literal["head", "tail", "both"]

_BLOCK = 1024  # entities compared at once
_BOTH = "neighbour vote, both sides"


@dataclass(frozen=True, slots=True)
class VoteSettings:
    """How one relation is voted on."""

    k: int = 50  #: nearest training heads
    scale: float = 20.0  #: a vote weighs softmax(scale × cosine) over the k
    tail_k: int = 50
    tail_scale: float = 20.0
    own: float = 1.0  #: ``both``: weight of what the tails' neighbours say of the head's own links
    spread: float = 0.3  #: ``both``: weight of the heads' vote passed on to the neighbours of each tail


@dataclass(frozen=True, slots=True)
class Near:
    """The nearest of a pool, best first: ``places`` int64 (n, k) into the pool, ``cosines`` float32 (n, k).

    Where a row has fewer neighbours the cosine is -inf.
    """

    places: NDArray[np.int64]
    cosines: NDArray[np.float32]

    def weights(self, k: int, scale: float, n_pool: int) -> Sparse:
        """softmax(scale × cosine) over the k nearest: float32 csr (n, n_pool), rows summing to 1 (0 without any)."""
        cosines = self.cosines[:, :k]
        top = np.where(np.isfinite(cosines[:, :1]), cosines[:, :1], 0.0)
        raw = np.exp(scale * (cosines - top))
        total = raw.sum(axis=1, keepdims=True)
        values = raw / np.where(total > 0, total, 1.0)
        rows = np.repeat(np.arange(len(cosines)), cosines.shape[1])
        shape = (len(cosines), n_pool)
        found = sparse.csr_array((values.ravel(), (rows, self.places[:, :k].ravel())), shape=shape, dtype=np.float32)
        found.eliminate_zeros()
        return found


def nearest(content: Content, rows: NDArray[np.integer], pool: NDArray[np.integer], modality: str, most: int) -> Near:
    """Nearest entities of a pool by cosine of their frozen vectors, never an entity itself.

    Vectors of different encoders are not compared: an entity has neighbours of its own input kind alone.

    Parameters
    ----------
    rows, pool
        Rows of one modality; (n,) and (n_pool,).
    """
    k = min(most, len(pool))
    places = np.zeros((len(rows), k), dtype=np.int64)
    cosines = np.full((len(rows), k), -np.inf, dtype=np.float32)
    if not k:
        return Near(places, cosines)
    offered = {kind: (where, vectors) for kind, where, vectors in content.take(pool, modality)}
    for kind, mine, vectors in content.take(rows, modality):
        if kind not in offered:
            continue
        where, candidates = offered[kind]
        queries, candidates = functional.normalize(vectors, dim=1), functional.normalize(candidates, dim=1)
        width = min(k, len(where))
        for start in range(0, len(mine), _BLOCK):
            block = mine[start : start + _BLOCK]
            found = queries[start : start + _BLOCK] @ candidates.T  # (block, n_candidates)
            itself = torch.from_numpy(np.asarray(rows)[block][:, None] == np.asarray(pool)[where][None, :])
            values, index = found.masked_fill_(itself.to(found.device), -torch.inf).topk(width, dim=1)
            places[block, :width] = where[index.cpu().numpy()]
            cosines[block, :width] = values.cpu().numpy()
    return Near(places, cosines)


class NeighbourVote:
    """Neighbours vote with their training links (see `Scorer`).

    Parameters
    ----------
    side
        ``head``: a tail's score is the weighted share of the head's k nearest training heads that link to it. ``tail``:
        of the tail's k nearest training tails, the weighted share that the head links to. ``both``: their weighted sum,
        with the heads' vote also passed on to the neighbours of each tail, so that a new head reaches a new tail.
    settings
        By relation, e.g. from `tune_vote`; others use the defaults.

    Notes
    -----
    An entity is never its own neighbour. Tails without any vote are ordered by popularity.
    """

    def __init__(
        self,
        graph: KnowledgeGraph,
        view: TrainingView,
        content: Content,
        *,
        side: Side = "head",
        settings: Mapping[str, VoteSettings] | None = None,
        name: str = "",
    ) -> None:
        self.name = name or {"head": "neighbour vote", "tail": "neighbour vote, tail side"}.get(side, _BOTH)
        self.side, self.settings = side, dict(settings or {})
        self._graph, self._view, self._content = graph, view, content
        self._popularity = Popularity(graph, view)
        self._prepared: dict[str, tuple[Ballot, Sparse | None]] = {}

    def scores(self, heads: NDArray[np.int32], relation: str) -> NDArray[np.float32]:
        """(n,) rows -> (n, n_tails)."""
        settings = self.settings.get(relation, VoteSettings())
        if relation not in self._prepared:
            ballot = Ballot(self._graph, self._view, relation)
            near = None if self.side == "head" else ballot.near_tails(self._content, settings.tail_k)
            to_tails = None if near is None else ballot.to_tails(near, settings.tail_k, settings.tail_scale)
            self._prepared[relation] = ballot, to_tails
        ballot, to_tails = self._prepared[relation]
        votes = self._votes(heads, settings, ballot, to_tails)
        return np.asarray(votes.toarray() + self._popularity.ties(relation), dtype=np.float32)

    def _votes(self, heads: NDArray[np.int32], settings: VoteSettings, ballot: Ballot, to_tails: Sparse) -> Sparse:
        if self.side == "tail":
            return ballot.own(heads) @ to_tails
        near = ballot.near_heads(self._content, heads, settings.k)
        voted = near.weights(settings.k, settings.scale, len(ballot.heads)) @ ballot.links
        if self.side == "head":
            return voted
        return voted + (settings.own * ballot.own(heads) + settings.spread * voted) @ to_tails


class Ballot:
    """The training links of one relation as matrices.

    ``heads`` and ``tails`` are the rows that have a link, ascending; ``links`` float32 csr (n_heads, n) over all ``n``
    entities of the tail modality.
    """

    def __init__(self, graph: KnowledgeGraph, view: TrainingView, relation: str) -> None:
        definition = graph.relations[relation]
        self._modalities = definition.head, definition.tail
        self._all_tails = graph.rows(definition.tail)
        links = view.train.get(relation, np.empty((0, 2), np.int32))
        first = int(self._all_tails[0]) if len(self._all_tails) else 0
        self.heads, of = np.unique(links[:, 0], return_inverse=True)
        self.tails = np.unique(links[:, 1])
        shape = (len(self.heads), len(self._all_tails))
        ones = np.ones(len(links), dtype=np.float32)
        self.links: Sparse = sparse.csr_array((ones, (of, links[:, 1] - first)), shape=shape)
        self._places = self.tails - first

    def own(self, heads: NDArray[np.integer]) -> Sparse:
        """The heads' own training links: float32 csr (n, n_tails)."""
        place = np.searchsorted(self.heads, heads)
        there = np.flatnonzero(np.append(self.heads, -1)[place] == heads)
        ones = np.ones(len(there), dtype=np.float32)
        pick = sparse.csr_array((ones, (there, place[there])), shape=(len(heads), len(self.heads)))
        return pick @ self.links

    def near_heads(self, content: Content, heads: NDArray[np.integer], most: int) -> Near:
        """Nearest training heads of some heads."""
        return nearest(content, heads, self.heads, self._modalities[0], most)

    def near_tails(self, content: Content, most: int) -> Near:
        """Nearest training tails of every tail."""
        return nearest(content, self._all_tails, self.tails, self._modalities[1], most)

    def to_tails(self, near: Near, k: int, scale: float) -> Sparse:
        """Weight that a link to one tail has for another: float32 csr (n_tails, n_tails), [linked tail, tail]."""
        weights = near.weights(k, scale, len(self.tails)).tocoo()
        n = len(self._all_tails)
        return sparse.csr_array((weights.data, (self._places[weights.col], weights.row)), shape=(n, n))
