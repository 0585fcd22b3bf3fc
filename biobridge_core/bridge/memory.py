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

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse

from biobridge_core.bridge.likeness import Space, none_to_minus_inf, softmax_of_best, unit_rows
from biobridge_core.bridge.pieces import PieceSpace
from biobridge_core.errors import InputError
from biobridge_core.kg.hierarchy import Links, Sparse, ancestors_by, link_matrix
from biobridge_core.types import InputKind

if TYPE_CHECKING:
    from biobridge_core.bridge.data import Content
    from biobridge_core.kg.graph import KnowledgeGraph

#: The votes, in the order of `Memory.terms`.
TERMS = ("popularity", "content", "pieces", "profile", "tail_content", "tail_profile")

_KINDS = list(InputKind)
_NONE: Links = np.empty((0, 2), np.int32)
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
class Query:
    """How alike queries are to every head of a modality, and what they are linked to.

    ``content``, ``pieces`` and ``profile`` float32 (n, n_heads), -inf where there is no likeness; ``places`` (n,)
    of the queries in their modality, or None for raw inputs and for entities that are read as if unseen; ``rows`` (n,)
    of entities that are read so, which their own links, read from the other end, would else betray.
    """

    modality: str
    content: _Floats
    pieces: _Floats
    profile: _Floats
    places: NDArray[np.integer] | None
    rows: NDArray[np.integer] | None = None

    def __len__(self) -> int:
        return len(self.content)


@dataclass(frozen=True)
class Voters:
    """Who votes along a relation: float32 csr (n, n_heads) weights of heads alike in content, pieces and profile, and
    of those whose links are borrowed; ``links`` (n, n_tails), the query's own or borrowed."""

    content: Sparse
    pieces: Sparse
    profile: Sparse
    heads: Sparse
    links: Sparse


@dataclass(frozen=True)
class Votes:
    """What the memory says of every tail, in the order of `TERMS`.

    ``popularity`` float32 (n_tails,); ``matrices`` float32 csr (n, n_tails) each, without negative values; ``heads``
    float32 csr (n, n_heads), the weight of the entities whose links were borrowed; nothing where the links are own.
    """

    popularity: _Floats
    matrices: tuple[Sparse, ...]
    heads: Sparse

    def dense(self) -> _Floats:
        """All votes: float32 (n_terms, n, n_tails)."""
        shape = self.matrices[0].shape
        return np.stack([np.broadcast_to(self.popularity, shape), *(m.toarray() for m in self.matrices)])


@dataclass(frozen=True)
class NearTails:
    """Nearest neighbours within a modality: ``places`` int (n, k), ``cosines`` float16 (n, k), -1 for none."""

    places: NDArray[np.integer]
    cosines: NDArray[np.float16]


class Memory:
    """Training links as matrices, and the votes that a query gets from them. Safe to share between threads once used.

    Parameters
    ----------
    links
        Relation name -> int32 (n, 2) training links, inverses and hierarchies included.
    inputs
        Row -> what to compare in place of the graph's own input of that row.
    near
        Modality -> nearest neighbours, where they were found before (see `near_tails`).
    """

    def __init__(
        self,
        graph: KnowledgeGraph,
        content: Content,
        links: Mapping[str, Links],
        readout: Readout | None = None,
        inputs: Mapping[int, str] | None = None,
        near: Mapping[str, NearTails] | None = None,
    ) -> None:
        self.graph, self.content = graph, content
        self.readout = readout or Readout()
        self._links, self._inputs = dict(links), dict(inputs or {})
        self._adjacent: dict[str, Sparse] = {}
        self._profiles: dict[str, tuple[Sparse, Sparse]] = {}
        self._spaces: dict[tuple[str, InputKind], Space] = {}
        self._piece_spaces: dict[tuple[str, InputKind], PieceSpace] = {}
        self._popularity: dict[str, tuple[NDArray[np.int32], _Floats]] = {}
        self._near = dict(near or {})
        self._tail_likeness: dict[str, Sparse] = {}
        self._ancestors: Sparse | None = None
        self.linked = np.zeros(graph.n_entities, dtype=bool)  #: which entities have a memory of their own
        for name, pairs in self._links.items():
            if not graph.relations[name].hierarchical:
                self.linked[pairs[:, 0]] = True

    def reread(self, readout: Readout) -> Memory:
        """The same memory, read with other settings; what they leave as it is is shared."""
        other, old = copy(self), self.readout
        other.readout, other._tail_likeness = readout, {}
        if readout.whiten != old.whiten:
            other._spaces = {}
        if readout.common != old.common:
            other._profiles = {}
        if (readout.whiten, readout.tail_k) != (old.whiten, old.tail_k):
            other._near = {}
        return other

    def ask(self, rows: NDArray[np.integer], *, own: bool = True) -> Query:
        """Prepare entities of one modality, rows (n,), as queries.

        Parameters
        ----------
        own
            Whether their own links may be read. Without them they are read as if the graph had never seen them.
        """
        rows = np.asarray(rows, dtype=np.int64)
        modality = self.graph.modality(int(rows[0]))
        first, n_heads = int(self.graph.rows(modality)[0]), len(self.graph.rows(modality))
        content, pieces = (np.full((len(rows), n_heads), -np.inf, dtype=np.float32) for _ in range(2))
        for kind, mine, vectors in self.content.take(rows, modality):
            space, parts = self._space(modality, kind), self._pieces(modality, kind)
            here = np.searchsorted(space.places, rows[mine] - first)  # both spaces have one order
            into = np.ix_(mine, space.places)
            content[into] = (space.unit(vectors.cpu()) @ space.vectors.T).numpy()
            pieces[into] = parts.likeness(parts.matrix[here])
        itself = (np.arange(len(rows)), rows - first)
        content[itself] = pieces[itself] = -np.inf
        profiles, transposed = self.profiles(modality)
        theirs = profiles[rows - first] if own else self._borrowed_profiles(modality, content, pieces)
        profile = none_to_minus_inf((theirs @ transposed).toarray())
        profile[itself] = -np.inf
        return Query(
            modality, content, none_to_minus_inf(pieces), profile, rows - first if own else None, None if own else rows
        )

    def ask_input(self, text: str, vector: _Floats, modality: str, kind: InputKind) -> Query:
        """Prepare a raw input: the encoder's input, and its frozen vector (d,).

        Raises
        ------
        InputError
            If the vector is not finite, or no entity of the modality has an input of this kind.
        """
        return self.ask_inputs([text], vector[None], modality, kind)

    def ask_inputs(self, texts: Sequence[str], vectors: _Floats, modality: str, kind: InputKind) -> Query:
        """Prepare n raw inputs of one kind at once: the encoder's inputs, and their frozen vectors (n, d).

        Raises
        ------
        InputError
            As `ask_input`.
        """
        if not np.isfinite(vectors).all():
            raise InputError("The encoder gave numbers that are not finite for this input.", "Ask with another input.")
        n_heads = len(self.graph.rows(modality))
        content, pieces = (np.full((len(texts), n_heads), -np.inf, dtype=np.float32) for _ in range(2))
        space, parts = self._space(modality, kind), self._pieces(modality, kind)
        content[:, space.places] = (space.unit(torch.tensor(vectors)) @ space.vectors.T).numpy()
        pieces[:, space.places] = parts.likeness(parts.unit(texts))
        theirs = self._borrowed_profiles(modality, content, none_to_minus_inf(pieces))
        profile = none_to_minus_inf((theirs @ self.profiles(modality)[1]).toarray())
        return Query(modality, content, pieces, profile, None)

    def read_from(self, query: Query, n: int) -> list[tuple[int, float]]:
        """Whose links a query without any of its own borrows: row and share of all that is borrowed, over all
        relations, of the ``n`` that weigh most."""
        heads = self._neighbours(query.modality, query.content, query.pieces)[[0]].tocoo()
        first = int(self.graph.rows(query.modality)[0])
        best = np.argsort(-heads.data, kind="stable")[:n]
        whole = max(float(heads.data.sum()), 1e-12)  # nothing where nobody has a link
        return [(int(heads.col[i]) + first, float(heads.data[i]) / whole) for i in best]

    def voters(self, query: Query, relation: str) -> Voters:
        """Who votes along a relation, and with what weight."""
        usable, _ = self._heads_and_popularity(relation)
        readout = self.readout
        by_content = softmax_of_best(query.content, usable, readout.k, readout.content_scale)
        by_pieces = softmax_of_best(query.pieces, usable, readout.k, readout.pieces_scale)
        by_profile = softmax_of_best(query.profile, usable, readout.k, readout.profile_scale)
        adjacent = self.adjacent(relation)
        if query.places is not None:
            nobody = sparse.csr_array(query.content.shape, dtype=np.float32)
            return Voters(by_content, by_pieces, by_profile, nobody, adjacent[query.places])
        lenders = self._lenders(query.content, query.pieces, usable)
        return Voters(by_content, by_pieces, by_profile, lenders, (lenders @ adjacent).tocsr())

    def votes(self, query: Query, relation: str) -> Votes:
        """What the memory says of every tail of a relation."""
        adjacent, tail = self.adjacent(relation), self.graph.relations[relation].tail
        voters = self.voters(query, relation)
        links = voters.links
        weight = np.maximum(np.asarray(links.sum(axis=1)).ravel(), 1e-6)
        profiles, transposed = self.profiles(tail)
        linked = (links @ profiles).tocsr()
        if query.rows is not None:
            linked.data[linked.indices == np.repeat(query.rows, np.diff(linked.indptr))] = 0
        by_tail_profile = (linked @ transposed).tocsr()
        by_tail_profile.data /= np.repeat(weight, np.diff(by_tail_profile.indptr)).astype(np.float32)
        return Votes(
            self._heads_and_popularity(relation)[1],
            (
                (voters.content @ adjacent).tocsr(),
                (voters.pieces @ adjacent).tocsr(),
                (voters.profile @ adjacent).tocsr(),
                (links @ self.likeness_of_tails(tail)).tocsr(),
                by_tail_profile,
            ),
            voters.heads,
        )

    def _heads_and_popularity(self, relation: str) -> tuple[NDArray[np.int32], _Floats]:
        """Places of the heads that have links, and the share of all heads that link to each tail."""
        if relation not in self._popularity:
            adjacent = self.adjacent(relation)
            counts = np.bincount(adjacent.indices, minlength=adjacent.shape[1]).astype(np.float32)
            heads = np.flatnonzero(np.diff(adjacent.indptr) > 0).astype(np.int32)
            self._popularity[relation] = heads, counts / max(1, adjacent.shape[0])
        return self._popularity[relation]

    def _borrowed_profiles(self, modality: str, content: _Floats, pieces: _Floats) -> Sparse:
        """Mean profile of the entities that are most alike, for queries without one of their own."""
        return unit_rows((self._neighbours(modality, content, pieces) @ self.profiles(modality)[0]).tocsr())

    def _neighbours(self, modality: str, content: _Floats, pieces: _Floats) -> Sparse:
        """Weight of the entities with any link that are most alike: csr (n, n_heads)."""
        return self._lenders(content, pieces, np.flatnonzero(np.diff(self.profiles(modality)[0].indptr) > 0))

    def _lenders(self, content: _Floats, pieces: _Floats, usable: NDArray[np.integer]) -> Sparse:
        """Weight of the usable heads that are most alike in content and in pieces, both together: csr (n, n_heads)."""
        readout = self.readout
        alike = readout.content_scale * content + readout.pieces_scale * np.maximum(pieces, np.float32(0))
        return softmax_of_best(alike.astype(np.float32), usable, readout.k, 1.0)

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

    def profiles(self, modality: str) -> tuple[Sparse, Sparse]:
        """What each entity of a modality is linked to, with ancestors: csr (n, n_entities) and transposed."""
        if modality not in self._profiles:
            mine = [r.name for r in self.graph.relations.values() if r.head == modality and not r.hierarchical]
            pairs = np.concatenate([*(self._links[name] for name in mine if name in self._links), _NONE])
            found = link_matrix(pairs.astype(np.int32), self.graph.n_entities)[self.graph.rows(modality)]
            if self._ancestors is None:
                upward = [r.name for r in self.graph.relations.values() if r.hierarchical and r.forward]
                pairs = np.concatenate([*(self._links[name] for name in upward if name in self._links), _NONE])
                self._ancestors = ancestors_by(pairs, self.graph.n_entities)
            found = (found + found @ self._ancestors).astype(bool).astype(np.float32)
            having = np.bincount(found.indices, minlength=self.graph.n_entities)
            n = max(1, int((np.diff(found.indptr) > 0).sum()))
            rarity = np.where(having <= max(2, self.readout.common * n), np.log(n / np.maximum(having, 1)), 0.0)
            found.data *= rarity[found.indices].astype(np.float32)
            found.eliminate_zeros()
            self._profiles[modality] = unit_rows(found), found.T.tocsr()
        return self._profiles[modality]

    def near_tails(self, modality: str) -> NearTails:
        """The nearest entities of the same kind to every entity of a modality; found once, or given to `Memory`."""
        if modality not in self._near:
            rows, k = self.graph.rows(modality), self.readout.tail_k
            places = np.zeros((len(rows), k), dtype=np.uint16 if len(rows) <= 1 << 16 else np.int32)
            cosines = np.full((len(rows), k), -1.0, dtype=np.float16)
            for kind in self.content.kinds[modality]:
                space = self._space(modality, kind)
                width = min(k, len(space.places) - 1)
                for start in range(0, len(space.places) if width else 0, 1024):
                    mine = np.arange(start, min(start + 1024, len(space.places)))
                    likeness = space.vectors[mine] @ space.vectors.T  # (block, n_kind)
                    likeness[torch.arange(len(mine)), torch.from_numpy(mine)] = -torch.inf
                    values, best = likeness.topk(width, dim=1)
                    places[space.places[mine], :width] = space.places[best.numpy()]
                    cosines[space.places[mine], :width] = values.numpy()
            self._near[modality] = NearTails(places, cosines)
        return self._near[modality]

    def likeness_of_tails(self, modality: str) -> Sparse:
        """[tail, other tail] float32 csr: how far a link to the first speaks for the second."""
        if modality not in self._tail_likeness:
            near = self.near_tails(modality)
            n, k = near.places.shape
            values = np.exp(self.readout.tail_scale * (near.cosines.astype(np.float32) - 1)) * (near.cosines > -1)
            places = (near.places.astype(np.int64).ravel(), np.repeat(np.arange(n), k))
            found = sparse.csr_array((values.ravel().astype(np.float32), places), shape=(n, n))
            found.eliminate_zeros()
            self._tail_likeness[modality] = found
        return self._tail_likeness[modality]

    def _pieces(self, modality: str, kind: InputKind) -> PieceSpace:
        if (modality, kind) not in self._piece_spaces:
            rows = self.graph.rows(modality)
            rows = rows[self.graph.kind_of_row[rows] == _KINDS.index(kind)]
            texts = self.graph.inputs(rows)
            texts = [self._inputs.get(int(row), text) for row, text in zip(rows, texts, strict=True)]
            self._piece_spaces[modality, kind] = PieceSpace(kind, texts)
        return self._piece_spaces[modality, kind]

    def _space(self, modality: str, kind: InputKind) -> Space:
        if (modality, kind) not in self._spaces:
            for found, places, vectors in self.content.take(self.graph.rows(modality), modality):
                self._spaces[modality, found] = Space(vectors.cpu(), places, self.readout.whiten)
        if (modality, kind) not in self._spaces:
            there = " or ".join(known.value for known in self.content.kinds.get(modality, []))
            raise InputError(
                f"No entity of kind {modality} has a {kind.value} as its input.", f"Use {there or 'none'}."
            )
        return self._spaces[modality, kind]
