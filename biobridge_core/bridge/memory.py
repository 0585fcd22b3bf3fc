"""What the graph remembers of an entity, and how a query reads it: votes over the training links, nothing learnt.

The memory is the training links themselves, so it can be edited, explained link by link, and needs no training. It is
read by similarity in three spaces:

- *content*: entities whose frozen vectors are near;
- *pieces*: entities whose inputs share stretches of sequence, substructures or words (`pieces`);
- *profile*: entities that the graph links to the same things, over all relations. A profile has a weight for every
  linked entity and its is-a ancestors, the rarer the heavier (Robertson 2004, doi:10.1108/00220410410560582).

From the head's side, heads similar to the query vote with their tails; from the tail's side, a tail is voted for by
similar tails that the query is linked to. A query that the graph has never seen borrows the links and the profile of
its neighbours in the first two spaces. How far each vote counts is learnt afterwards (`reading`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch.nn import functional

from biobridge_core.bridge.pieces import PieceSpace
from biobridge_core.kg.hierarchy import Links, Sparse, ancestor_matrix, link_matrix
from biobridge_core.types import InputKind

if TYPE_CHECKING:
    from biobridge_core.bridge.data import Content
    from biobridge_core.kg.graph import KnowledgeGraph

#: The votes, in the order of `Memory.terms`.
TERMS = ("popularity", "content", "pieces", "profile", "tail_content", "tail_profile")

_KINDS = list(InputKind)
_Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Readout:
    """How widely the memory is read; a vote weighs softmax(scale × similarity) over the ``k`` most similar."""

    k: int = 50
    content_scale: float = 12.0
    pieces_scale: float = 20.0
    profile_scale: float = 10.0
    tail_k: int = 20
    tail_scale: float = 10.0
    whiten: float = 1.0  #: how far the frozen vectors are evened out before they are compared
    common: float = (
        0.3  #: what more than this share of a modality has says nothing of likeness, and leaves the profiles
    )


@dataclass(frozen=True)
class Neighbours:
    """Weights of the linked heads that a query is read from: float32 csr (n, n_heads), rows summing to 1 (or 0)."""

    content: Sparse
    pieces: Sparse

    @property
    def both(self) -> Sparse:
        """The mean of the two."""
        return (self.content + self.pieces) * np.float32(0.5)


class Memory:
    """Training links as matrices, and the votes that a query gets from them.

    Parameters
    ----------
    links
        Relation name -> int32 (n, 2) training links, inverses and hierarchies included.
    inputs
        Row -> what to compare in place of the graph's own input of that row.
    """

    def __init__(
        self,
        graph: KnowledgeGraph,
        content: Content,
        links: Mapping[str, Links],
        readout: Readout | None = None,
        inputs: Mapping[int, str] | None = None,
    ) -> None:
        self.graph, self.content = graph, content
        self.readout = readout or Readout()
        self._links, self._inputs = dict(links), dict(inputs or {})
        self._adjacent: dict[str, Sparse] = {}
        self._profiles: dict[str, Sparse] = {}
        self._spaces: dict[tuple[str, InputKind], _Space] = {}
        self._piece_spaces: dict[tuple[str, InputKind], PieceSpace] = {}
        self._tail_likeness: dict[str, Sparse] = {}
        self._ancestors: Sparse | None = None
        self.linked = np.zeros(graph.n_entities, dtype=bool)  #: which entities have a memory of their own
        for name, pairs in self._links.items():
            if not graph.relations[name].hierarchical:
                self.linked[pairs[:, 0]] = True

    def terms(self, heads: NDArray[np.integer], relation: str, *, own: bool = True) -> _Floats:
        """The votes for every tail.

        Parameters
        ----------
        heads
            (n,) rows of the relation's head modality.
        own
            Whether the heads' own links may be read. Without them a head is read as if the graph had never seen it.

        Returns
        -------
        votes
            float32 (n_terms, n, n_tails), each at least 0, in the order of `TERMS`.
        """
        definition = self.graph.relations[relation]
        places = np.asarray(heads) - int(self.graph.rows(definition.head)[0])
        near = self.neighbours(heads, relation)
        if own:
            links, profiles = self.adjacent(relation)[places], self.profiles(definition.head)[places]
        else:
            links, profiles = self._borrow(near, relation)
        return self._votes(relation, near, links, profiles, places)

    def terms_of_input(self, text: str, vector: _Floats, kind: InputKind, relation: str) -> _Floats:
        """The votes that a raw input gets.

        Parameters
        ----------
        text, vector
            The encoder's input, and its frozen vector (d,).

        Returns
        -------
        votes
            float32 (n_terms, 1, n_tails) in the order of `TERMS`.
        """
        near = self.neighbours_of_input(text, vector, kind, relation)
        links, profiles = self._borrow(near, relation)
        return self._votes(relation, near, links, profiles, np.array([-1]))

    def neighbours(self, heads: NDArray[np.integer], relation: str) -> Neighbours:
        """Whom heads (n,) are read from under a relation; never an entity from itself."""
        modality = self.graph.relations[relation].head
        first = int(self.graph.rows(modality)[0])
        shape = (len(heads), self.adjacent(relation).shape[0])
        parts: tuple[list[tuple[NDArray[np.integer], Sparse]], ...] = ([], [])
        for kind, mine, vectors in self.content.take(heads, modality):
            own = np.asarray(heads)[mine] - first
            space, pieces = self._space(modality, kind), self._pieces(modality, kind)
            here = np.searchsorted(space.places, own)  # both spaces have the entities of the kind in one order
            by_content = (space.unit(vectors.cpu()) @ space.vectors.T).numpy()  # (n_mine, n_kind)
            by_pieces = (pieces.matrix[here] @ pieces.matrix.T).toarray()  # (n_mine, n_kind)
            for part, likeness, scale in (
                (parts[0], by_content, self.readout.content_scale),
                (parts[1], by_pieces, self.readout.pieces_scale),
            ):
                likeness[np.arange(len(mine)), here] = -np.inf
                part.append((mine, self._nearest(likeness, space.places, relation, scale)))
        return Neighbours(*(_put(part, shape) for part in parts))

    def neighbours_of_input(self, text: str, vector: _Floats, kind: InputKind, relation: str) -> Neighbours:
        """Whom a raw input is read from under a relation; see `terms_of_input`."""
        modality = self.graph.relations[relation].head
        space, pieces = self._space(modality, kind), self._pieces(modality, kind)
        by_content = (space.unit(torch.as_tensor(vector)[None]) @ space.vectors.T).numpy()  # (1, n_kind)
        by_pieces = (pieces.unit([text]) @ pieces.matrix.T).toarray()  # (1, n_kind)
        return Neighbours(
            self._nearest(by_content, space.places, relation, self.readout.content_scale),
            self._nearest(by_pieces, space.places, relation, self.readout.pieces_scale),
        )

    def adjacent(self, relation: str) -> Sparse:
        """Training links of one relation: float32 csr (n_heads, n_tails), places within the two modalities."""
        if relation not in self._adjacent:
            definition = self.graph.relations[relation]
            heads, tails = self.graph.rows(definition.head), self.graph.rows(definition.tail)
            pairs = self._links.get(relation, np.empty((0, 2), np.int32))
            places = (pairs[:, 0] - heads[:1], pairs[:, 1] - tails[:1]) if len(pairs) else (pairs[:, 0], pairs[:, 1])
            ones = np.ones(len(pairs), dtype=np.float32)
            self._adjacent[relation] = sparse.csr_array((ones, places), shape=(len(heads), len(tails)))
        return self._adjacent[relation]

    def profiles(self, modality: str) -> Sparse:
        """What each entity of a modality is linked to, with ancestors: float32 csr (n, n_entities), unit rows."""
        if modality not in self._profiles:
            mine = [r.name for r in self.graph.relations.values() if r.head == modality and not r.hierarchical]
            pairs = np.concatenate([*(self._links[name] for name in mine if name in self._links), _NONE])
            found = link_matrix(pairs.astype(np.int32), self.graph.n_entities)[self.graph.rows(modality)]
            if self._ancestors is None:
                self._ancestors = ancestor_matrix(self.graph)
            found = (found + found @ self._ancestors).astype(bool).astype(np.float32)
            having = np.bincount(found.indices, minlength=self.graph.n_entities)
            n = max(1, int((np.diff(found.indptr) > 0).sum()))
            rarity = np.where(having <= max(2, self.readout.common * n), np.log(n / np.maximum(having, 1)), 0.0)
            found.data *= rarity[found.indices].astype(np.float32)
            found.eliminate_zeros()
            self._profiles[modality] = _unit_rows(found)
        return self._profiles[modality]

    def _borrow(self, near: Neighbours, relation: str) -> tuple[Sparse, Sparse]:
        """Links and profile of the neighbours, in place of one's own."""
        both = near.both.tocsr()
        profiles = _unit_rows((both @ self.profiles(self.graph.relations[relation].head)).tocsr())
        return (both @ self.adjacent(relation)).tocsr(), profiles

    def _votes(
        self, relation: str, near: Neighbours, links: Sparse, profiles: Sparse, places: NDArray[np.integer]
    ) -> _Floats:
        """All votes (n_terms, n, n_tails), given links (n, n_tails) and profiles (n, n_entities) of the queries."""
        adjacent, tail = self.adjacent(relation), self.graph.relations[relation].tail
        counts = np.bincount(adjacent.indices, minlength=adjacent.shape[1]).astype(np.float32)
        tail_profiles = self.profiles(tail)
        weight = np.maximum(np.asarray(links.sum(axis=1)).ravel(), 1e-6).astype(np.float32)
        votes = np.empty((len(TERMS), links.shape[0], adjacent.shape[1]), dtype=np.float32)
        votes[0] = counts / max(1, adjacent.shape[0])
        votes[1] = (near.content @ adjacent).toarray()
        votes[2] = (near.pieces @ adjacent).toarray()
        votes[3] = self._by_profile(profiles, relation, places)
        votes[4] = (links @ self._likeness_of_tails(tail)).toarray()
        votes[5] = ((links @ tail_profiles) @ tail_profiles.T).toarray() / weight[:, None]
        return votes

    def _nearest(self, likeness: _Floats, places: NDArray[np.integer], relation: str, scale: float) -> Sparse:
        """Weights of the k nearest heads that the relation links: (n, n_kind) -> csr (n, n_heads)."""
        adjacent = self.adjacent(relation)
        usable = np.flatnonzero(np.diff(adjacent.indptr)[places] > 0)
        return _softmax_of_best(likeness[:, usable], places[usable], self.readout.k, scale, adjacent.shape[0])

    def _by_profile(self, profiles: Sparse, relation: str, places: NDArray[np.integer]) -> _Floats:
        adjacent, theirs = self.adjacent(relation), self.profiles(self.graph.relations[relation].head)
        usable = np.flatnonzero(np.diff(adjacent.indptr) > 0)
        likeness = (profiles @ theirs[usable].T).toarray()  # (n, n_usable)
        likeness[(places[:, None] == usable[None, :]) | (likeness <= 0)] = -np.inf
        weights = _softmax_of_best(likeness, usable, self.readout.k, self.readout.profile_scale, adjacent.shape[0])
        return np.asarray((weights @ adjacent).toarray(), dtype=np.float32)

    def _likeness_of_tails(self, modality: str) -> Sparse:
        """[tail, other tail] float32 csr: how far a link to the first speaks for the second."""
        if modality not in self._tail_likeness:
            rows, parts = self.graph.rows(modality), []
            k, scale = self.readout.tail_k, self.readout.tail_scale
            for kind in self.content.kinds[modality]:
                space = self._space(modality, kind)
                for start in range(0, len(space.places), 1024):
                    mine = space.places[start : start + 1024]
                    likeness = (space.vectors[start : start + 1024] @ space.vectors.T).numpy()
                    likeness[np.arange(len(mine)), np.arange(start, start + len(mine))] = -np.inf
                    best = np.argpartition(-likeness, min(k, likeness.shape[1]) - 1, axis=1)[:, :k]
                    values = np.exp(scale * (np.take_along_axis(likeness, best, 1) - 1))
                    parts.append((space.places[best].ravel(), np.repeat(mine, best.shape[1]), values.ravel()))
            linked, tail, value = (np.concatenate(column) for column in zip(*parts, strict=True))
            shape = (len(rows), len(rows))
            self._tail_likeness[modality] = sparse.csr_array((value.astype(np.float32), (linked, tail)), shape=shape)
        return self._tail_likeness[modality]

    def _pieces(self, modality: str, kind: InputKind) -> PieceSpace:
        if (modality, kind) not in self._piece_spaces:
            rows = self.graph.rows(modality)
            rows = rows[self.graph.kind_of_row[rows] == _KINDS.index(kind)]
            texts = self.graph.inputs(rows)
            texts = [self._inputs.get(int(row), text) for row, text in zip(rows, texts, strict=True)]
            self._piece_spaces[modality, kind] = PieceSpace(kind, texts)
        return self._piece_spaces[modality, kind]

    def _space(self, modality: str, kind: InputKind) -> _Space:
        if (modality, kind) not in self._spaces:
            for found, places, vectors in self.content.take(self.graph.rows(modality), modality):
                self._spaces[modality, found] = _Space(vectors.cpu(), places, self.readout.whiten)
        return self._spaces[modality, kind]


class _Space:
    """The frozen vectors of one modality and kind, evened out and of unit length, to be compared by cosine."""

    def __init__(self, vectors: torch.Tensor, places: NDArray[np.integer], whiten: float) -> None:
        self.places = places  # ascending, within the modality
        self._centre = vectors.mean(dim=0)
        spread = (vectors - self._centre).square().mean(dim=0).sqrt()
        self._scale = spread.clamp_min(max(1e-3 * float(spread.max()), 1e-12)) ** -whiten
        self.vectors = self.unit(vectors)  # (n, d)

    def unit(self, vectors: torch.Tensor) -> torch.Tensor:
        """Frozen vectors (n, d) -> (n, d) of unit length in this space."""
        return functional.normalize((vectors - self._centre) * self._scale, dim=-1)


_NONE: Links = np.empty((0, 2), np.int32)


def _put(parts: list[tuple[NDArray[np.integer], Sparse]], shape: tuple[int, int]) -> Sparse:
    """Stack the rows of several matrices at their places."""
    found = [(places[part.row], part.col, part.data) for places, matrix in parts for part in [matrix.tocoo()]]
    if not found:
        return sparse.csr_array(shape, dtype=np.float32)
    rows, columns, values = (np.concatenate(column) for column in zip(*found, strict=True))
    return sparse.csr_array((values, (rows, columns)), shape=shape)


def _softmax_of_best(likeness: _Floats, places: NDArray[np.integer], k: int, scale: float, width: int) -> Sparse:
    """softmax(scale × likeness) over the k best of each row: (n, n_candidates) -> csr (n, width).

    ``places`` says which column of the result a candidate is; a candidate of -inf has no weight.
    """
    n, candidates = likeness.shape
    if not candidates:
        return sparse.csr_array((n, width), dtype=np.float32)
    k = min(k, candidates)
    best = np.argpartition(-likeness, k - 1, axis=1)[:, :k]
    values = np.take_along_axis(likeness, best, 1)
    top = values.max(axis=1, keepdims=True)
    weights = np.exp(scale * (values - np.where(np.isfinite(top), top, 0.0)))
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
    rows = np.repeat(np.arange(n), k)
    shape = (n, width)
    found = sparse.csr_array((weights.ravel().astype(np.float32), (rows, places[best].ravel())), shape=shape)
    found.eliminate_zeros()
    return found


def _unit_rows(matrix: Sparse) -> Sparse:
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    matrix.data *= np.repeat(1 / np.maximum(length, 1e-12), np.diff(matrix.indptr)).astype(np.float32)
    return matrix
