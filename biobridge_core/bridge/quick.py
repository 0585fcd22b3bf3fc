"""One query against everything, at once: the scores of `Reader`, without the matrices that many queries need.

Which heads are most alike is found once for all relations, votes are gathered row by row into one vector, what does
not depend on the query is kept, and vectors are compared as the eight bits a number that the catalogue has
(`eightbit`). Scores, natural logarithms, are those of `Reader` to 0.0001.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from biobridge_core.bridge.eightbit import Frozen, Images
from biobridge_core.bridge.likeness import none_to_minus_inf
from biobridge_core.bridge.memory import Query
from biobridge_core.bridge.model import TransformerTransform
from biobridge_core.bridge.quick_moves import QuickMoves
from biobridge_core.bridge.reader import Reader
from biobridge_core.kg.hierarchy import Sparse
from biobridge_core.types import InputKind

if TYPE_CHECKING:
    from biobridge_core.bridge.data import Content
    from biobridge_core.bridge.memory import Memory, Readout
    from biobridge_core.bridge.model import Bridge
    from biobridge_core.bridge.reading import Reading

_Floats = NDArray[np.float32]
_Voters = tuple[NDArray[np.integer], _Floats]  #: places and their shares of the weight
_Made = TypeVar("_Made")
_AHEAD = 8  #: heads kept in order for each that votes: most relations find their voters among them
_GATHER = 3  #: a number that is gathered costs as much as three that are read in a row
_MANY = 8000  #: numbers from which on scipy gathers faster, though it takes longer to begin


class QuickReader(Reader):
    """As `Reader`; single queries are read faster. Safe to share between threads."""

    def __init__(self, bridge: Bridge, content: Content, memory: Memory, reading: Reading) -> None:
        super().__init__(bridge, content, memory, reading)
        self._temperature = float(bridge.temperature)
        self._kept: dict[tuple[Hashable, ...], Any] = {}
        self._order: tuple[Query, _Order] | None = None

    def everywhere(self, row: int, *, own: bool) -> dict[str, _Floats]:
        """Scores of all that relations of an entity lead to: relation -> float32 (1, n_tails). The bridge must be on
        the CPU.

        Parameters
        ----------
        row
            Of the entity in the graph.
        own
            As in `Memory.ask`.
        """
        query = self.ask(np.array([row]), own=own)
        return {name: self.read(query, cosines, name) for name, cosines in self.cosines(row).items()}

    def cosines(self, row: int) -> dict[str, _Floats]:
        """What the bridge alone says of all that relations of an entity lead to: relation -> (1, n_tails)."""
        graph, modality = self.memory.graph, self.memory.graph.modality(row)
        names = self._once(self._relations, modality)
        if not names:
            return {}
        with torch.inference_mode():
            kind = graph.input_kind(row)
            vector = self.content.vectors[kind][self.content.place[row]]
            embedded = self.bridge.embed(vector[None], modality, kind)
            moved = self._once(self._moves, modality)(embedded)
        found: dict[str, _Floats] = {}
        for tail in dict.fromkeys(graph.relations[name].tail for name in names):
            mine = [i for i, name in enumerate(names) if graph.relations[name].tail == tail]
            cosines = self._compared(moved[mine], tail)
            found |= {names[i]: cosines[j : j + 1] for j, i in enumerate(mine)}
        return found

    def ask(self, rows: NDArray[np.integer], *, own: bool = True) -> Query:
        """As `Memory.ask`; one entity is prepared faster."""
        if len(rows) != 1:
            return self.memory.ask(rows, own=own)
        row, memory = int(rows[0]), self.memory
        modality, kind = memory.graph.modality(row), memory.graph.input_kind(row)
        space, parts = memory._space(modality, kind), memory._pieces(modality, kind).matrix
        place = row - int(memory.graph.rows(modality)[0])
        here = int(np.searchsorted(space.places, place))
        content, pieces = self._alike(modality, kind, space.vectors[[here]], *_row(parts, here))
        content[place] = pieces[place] = -np.inf
        order = _Order(content, pieces, memory.readout)
        if own:
            profile = self._same_links(modality, *_row(memory.profiles(modality)[0], place))
        else:
            profile = self._borrowed(order, modality)
        profile[place] = -np.inf
        rows = np.asarray(rows, dtype=np.int64)
        return self._asked(order, modality, profile, *((np.array([place]), None) if own else (None, rows)))

    def ask_input(self, text: str, vector: _Floats, modality: str, kind: InputKind) -> Query:
        """As `Memory.ask_input`, faster."""
        if not np.isfinite(vector).all():
            return self.memory.ask_input(text, vector, modality, kind)  # which says what is wrong
        unit = self.memory._space(modality, kind).unit(torch.tensor(vector[None]))
        pieces = self.memory._pieces(modality, kind).unit([text])
        order = _Order(*self._alike(modality, kind, unit, *_row(pieces, 0)), self.memory.readout)
        return self._asked(order, modality, self._borrowed(order, modality), None, None)

    def read(self, query: Query, cosines: _Floats, relation: str) -> _Floats:
        """As `Reader.read`."""
        if len(query) != 1:
            return super().read(query, cosines, relation)
        known = query.places is not None
        weights = self.reading.weights(relation, known=known)
        votes = self._votes(query, relation)
        floors = np.array(weights.floors[1 : 1 + len(votes)], dtype=np.float32)[:, None]
        # to log all tails costs less than to look for those with votes
        total = np.array(weights.votes[1 : 1 + len(votes)], dtype=np.float32) @ np.log(votes / floors + np.float32(1))
        total += self._once(self._popularity, relation, known)
        total += np.float32(weights.bridge / self._temperature) * cosines[0]
        best = total.max()
        total += np.float32(self._prior[relation] - best - np.log(np.exp(total - best).sum()))
        return np.asarray(total[None], dtype=np.float32)

    def _votes(self, query: Query, relation: str) -> _Floats:
        """What each term but popularity says of every tail, (n, n_tails), in the order of `TERMS`; without the last
        two where the query has no links."""
        memory = self.memory
        adjacent, tail = memory.adjacent(relation), memory.graph.relations[relation].tail
        usable, order = self._once(self._usable, relation), self._order_of(query)
        spaces = ("content", "pieces", "profile", "both")[: 4 if query.places is None else 3]
        by_head = _gather(adjacent, [order.voters(space, usable) for space in spaces])
        links: NDArray[np.integer]
        if query.places is None:
            links = np.flatnonzero(by_head[3] != 0)
            shares = by_head[3][links]
        else:
            links, shares = _row(adjacent, int(query.places[0]))
        if not len(links):
            return by_head[:3]
        by_tail = _gather(memory.likeness_of_tails(tail), [(links, shares)])
        linked = _gather(memory.profiles(tail)[0], [(links, shares)])[0]
        if query.rows is not None:
            linked[query.rows] = 0
        entities = np.flatnonzero(linked != 0)
        by_tail_profile = self._same_links(tail, entities, linked[entities])
        by_tail_profile /= np.float32(max(float(shares.sum()), 1e-6))
        return np.concatenate([by_head[:3], by_tail, by_tail_profile[None]])

    def _alike(
        self, modality: str, kind: InputKind, unit: Tensor, pieces: NDArray[np.integer], weights: _Floats
    ) -> tuple[_Floats, _Floats]:
        """Likeness to every entity of the modality in content, given the vector of unit length (1, d), and in pieces,
        given those of the query and their weights: (n_heads,) each."""
        images = self._once(self._neighbours, modality, kind)
        content = images.cosines(unit)[0]
        shared = none_to_minus_inf(_gather(self.memory._pieces(modality, kind).transposed, [(pieces, weights)])[0])
        n_heads = len(self.memory.graph.rows(modality))
        if len(images.places) == n_heads:
            return content, shared
        everywhere = np.full((2, n_heads), -np.inf, dtype=np.float32)
        everywhere[:, images.places] = content, shared
        return everywhere[0], everywhere[1]

    def _borrowed(self, order: _Order, modality: str) -> _Floats:
        """Likeness of the profile that a query without its own borrows, (n_heads,)."""
        profiles = self.memory.profiles(modality)[0]
        linked = _gather(profiles, [order.voters("both", self._once(self._linked, modality))])[0]
        entities = np.flatnonzero(linked != 0)
        values = linked[entities]
        return self._same_links(modality, entities, values / np.float32(max(float(np.linalg.norm(values)), 1e-12)))

    def _same_links(self, modality: str, entities: NDArray[np.integer], weights: _Floats) -> _Floats:
        """Inner product of a profile, entities and their weights, with that of every entity: (n,)."""
        profiles, transposed = self.memory.profiles(modality)
        n_cells = int((transposed.indptr[entities + 1] - transposed.indptr[entities]).sum())
        if _GATHER * n_cells < profiles.nnz:
            gathered: _Floats = _gather(transposed, [(entities, weights)])[0]
            return gathered
        whole = np.zeros(profiles.shape[1], dtype=np.float32)
        whole[entities] = weights
        return np.asarray(profiles @ whole)

    def _asked(
        self,
        order: _Order,
        modality: str,
        profile: _Floats,
        places: NDArray[np.integer] | None,
        rows: NDArray[np.integer] | None,
    ) -> Query:
        order.add_profile(none_to_minus_inf(profile))
        query = Query(modality, order.content[None], order.pieces[None], profile[None], places, rows)
        self._order = query, order
        return query

    def _order_of(self, query: Query) -> _Order:
        kept = self._order
        if kept is None or kept[0] is not query:
            order = _Order(query.content[0], query.pieces[0], self.memory.readout)
            order.add_profile(query.profile[0])
            kept = self._order = query, order
        return kept[1]

    def _compared(self, queries: Tensor, tail: str) -> _Floats:
        """Cosines of moved queries (m, w) with every entity of a modality: (m, n_tails)."""
        every = self._once(self._tails, tail)
        if len(every) == 1:
            return every[0].cosines(queries)
        found = np.empty((len(queries), len(self.memory.graph.rows(tail))), dtype=np.float32)
        for images in every:
            found[:, images.places] = images.cosines(queries)
        return found

    def _once(self, make: Callable[..., _Made], *of: Hashable) -> _Made:
        """What is made on first use, and kept."""
        key = (make.__name__, *of)
        if key not in self._kept:
            self._kept[key] = make(*of)
        kept: _Made = self._kept[key]
        return kept

    def _relations(self, modality: str) -> list[str]:
        relations = self.memory.graph.relations.values()
        mine = [r.name for r in relations if r.head == modality and not r.hierarchical]
        return [name for name in mine if name in self.bridge.config.relations]

    def _moves(self, modality: str) -> Callable[[Tensor], Tensor]:
        """From a projected head (1, w) to where its partners along each of its relations are expected (m, w)."""
        names = self._relations(modality)
        if isinstance(self.bridge.move, TransformerTransform):
            return QuickMoves(self.bridge, names).query
        return lambda embedded: self.bridge.query(embedded.repeat(len(names), 1), names)

    def _tails(self, modality: str) -> list[Images]:
        kinds = self.content.kinds[modality]
        return [
            Images.of_bridge(self.bridge, self._once(self._frozen, modality, kind), modality, kind) for kind in kinds
        ]

    def _neighbours(self, modality: str, kind: InputKind) -> Images:
        return Images.of_space(self.memory._space(modality, kind), self._once(self._frozen, modality, kind))

    def _frozen(self, modality: str, kind: InputKind) -> Frozen:
        return Frozen(self.content, modality, kind)

    def _linked(self, modality: str) -> _Some:
        """The entities with any link."""
        return _Some(np.diff(self.memory.profiles(modality)[0].indptr) > 0)

    def _usable(self, relation: str) -> _Some:
        """The heads with a link."""
        return _Some(np.diff(self.memory.adjacent(relation).indptr) > 0)

    def _popularity(self, relation: str, known: bool) -> _Floats:
        weights = self.reading.weights(relation, known=known)
        popularity = self.memory._heads_and_popularity(relation)[1]
        return np.asarray(weights.votes[0] * np.log(popularity + weights.floors[0]), dtype=np.float32)


class _Some:
    """Some of the heads: which, bool (n_heads,), and their places in ascending order."""

    def __init__(self, which: NDArray[np.bool_]) -> None:
        self.which, self.places = which, np.flatnonzero(which)


class _Order:
    """The heads that are most alike to one query, in the order of their likeness, found once for all relations."""

    def __init__(self, content: _Floats, pieces: _Floats, readout: Readout) -> None:
        self.content, self.pieces = content, pieces  # (n_heads,)
        self._k, self._readout = readout.k, readout
        self._likeness = {"content": content, "pieces": pieces}
        self._scale = {
            "content": np.float32(readout.content_scale),
            "pieces": np.float32(readout.pieces_scale),
            "profile": np.float32(readout.profile_scale),
            "both": np.float32(1),
        }
        self._first: dict[str, NDArray[np.integer]] = {}

    def add_profile(self, profile: _Floats) -> None:
        """What is only known once neighbours in content and pieces are found."""
        self._likeness["profile"] = profile

    def voters(self, space: str, usable: _Some) -> _Voters:
        """The most alike of the usable heads, and the softmax of their likeness; ``both`` is content and pieces
        together."""
        if space not in self._likeness:  # as `Memory` adds them up
            alike = self._scale["content"] * self.content
            alike = alike + self._scale["pieces"] * np.maximum(self.pieces, np.float32(0))
            self._likeness[space] = np.asarray(alike, dtype=np.float32)
        found = self._nearest(space, usable)
        values = self._likeness[space][found]
        top = values.max(initial=-np.inf)
        if not np.isfinite(top):
            return found[:0], values[:0]
        shares = np.exp(self._scale[space] * (values - top))
        return found, shares / shares.sum()

    def _nearest(self, space: str, usable: _Some) -> NDArray[np.integer]:
        """The ``k`` most alike of the usable heads."""
        likeness, k = self._likeness[space], self._k
        if len(usable.places) <= k:
            return usable.places
        if space not in self._first:
            self._first[space] = _best(likeness, min(_AHEAD * k, len(likeness)))
        found = self._first[space]
        found = found[usable.which[found]]
        if len(found) <= k:
            found = usable.places[_best(likeness[usable.places], k + 1)]
        if likeness[found[k - 1]] > likeness[found[k]] or likeness[found[k]] == -np.inf:
            return np.asarray(found[:k])
        offered = likeness[usable.places]
        taken = np.argpartition(offered, len(offered) - k)[len(offered) - k :]  # of equals, those that `Reader` takes
        return np.asarray(usable.places[taken])


def _best(values: _Floats, k: int) -> NDArray[np.integer]:
    """Places of the k largest, in order; unlike np.argpartition hardly slower where many values are equal."""
    places: NDArray[np.integer] = torch.from_numpy(values).topk(k).indices.numpy()
    return places


def _row(matrix: Sparse, i: int) -> tuple[NDArray[np.integer], _Floats]:
    """Columns and values of one row of a csr matrix."""
    start, end = matrix.indptr[i], matrix.indptr[i + 1]
    return matrix.indices[start:end], matrix.data[start:end]


def _gather(matrix: Sparse, voters: Sequence[_Voters]) -> _Floats:
    """``shares @ matrix[rows]`` for each pair of rows and shares: (n_pairs, n_columns)."""
    n = matrix.shape[1]
    rows = np.concatenate([rows for rows, _ in voters])
    starts = matrix.indptr[rows]
    sizes = matrix.indptr[rows + 1] - starts
    ends = np.cumsum(sizes)
    n_cells = int(ends[-1]) if len(ends) else 0
    if n_cells > _MANY:
        return np.stack([matrix[rows].T @ shares for rows, shares in voters])
    cells = np.arange(n_cells) + np.repeat(starts - ends + sizes, sizes)
    shares = np.concatenate([shares for _, shares in voters])
    columns = matrix.indices[cells]
    if len(voters) > 1:
        pair = np.repeat(np.arange(len(voters)), [len(rows) for rows, _ in voters])
        columns = columns + np.repeat(pair * n, sizes)
    found = np.bincount(columns, weights=matrix.data[cells] * np.repeat(shares, sizes), minlength=len(voters) * n)
    return found.astype(np.float32).reshape(len(voters), n)
