"""The bridge's memory with the links that the evidence holds: what is struck out no longer votes, what is known does.

The shipped memory holds training links alone, so some proteins have none of theirs in it. A design may use all that
the graph knows, and only what a person left in the evidence. It is read as any unseen drug reads it (`bridge.memory`),
among the proteins that drugs are linked to and those of the goal.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import logsumexp

from biobridge_core.bridge.likeness import softmax_of_best
from biobridge_core.bridge.memory import Votes
from biobridge_core.types import Relation

if TYPE_CHECKING:
    from biobridge_core.bridge.memory import Memory, Query
    from biobridge_core.bridge.reading import Reading
    from biobridge_core.kg.hierarchy import Sparse

_Floats = NDArray[np.float32]

#: Relation -> (place of the drug, place of the protein, weight) of links to put in.
Links = Mapping[str, Sequence[tuple[int, int, float]]]


class EditedMemory:
    """Votes of drugs for proteins.

    Parameters
    ----------
    wanted
        Places, among all proteins, of those whose links are replaced.
    links
        Their links instead.
    """

    def __init__(self, memory: Memory, reading: Reading, wanted: Sequence[int], links: Links) -> None:
        self._memory, self._reading = memory, reading
        every = memory.graph.relations_between("drug", "protein")
        linked = [np.unique(memory.adjacent(relation.name).indices) for relation in every]
        self.rivals = np.unique(np.concatenate([np.array(wanted, dtype=np.int64), *linked]).astype(np.int64))
        self._adjacent = {r.name: self._edited(r.name, wanted, links.get(r.name, ())) for r in every}
        columns = np.searchsorted(self.rivals, np.array(wanted, dtype=np.int64))
        leads = [bool(self._adjacent[r.name][:, columns].nnz) for r in every]
        #: those that lead to what is wanted; all of them where none is known to
        self.relations: tuple[Relation, ...] = tuple(
            relation for relation, there in zip(every, leads, strict=True) if there or not any(leads)
        )
        sizes = {name: adjacent.nnz + 1 for name, adjacent in self._adjacent.items()}
        self.sizes: Mapping[str, int] = sizes
        self._prior = {name: math.log(size / sum(sizes.values())) for name, size in sizes.items()}
        profiles = memory.profiles("protein")[0][self.rivals]
        self._profile_likeness = np.asarray((profiles @ profiles.T).toarray(), dtype=np.float32)
        self._tail_likeness = memory.likeness_of_tails("protein")[self.rivals][:, self.rivals].tocsr()

    def read(self, asked: Query, relation: str, logits: _Floats) -> _Floats:
        """Natural log of the share of the belief on each rival: n queries, bridge logits (n, rivals) -> the same shape.

        As `Reader.read` for queries without links of their own.
        """
        adjacent, readout = self._adjacent[relation], self._memory.readout
        usable = np.flatnonzero(np.diff(adjacent.indptr) > 0)
        alike = readout.content_scale * asked.content + readout.pieces_scale * np.maximum(asked.pieces, np.float32(0))
        lenders = softmax_of_best(alike.astype(np.float32), usable, readout.k, 1.0)
        voters = (
            softmax_of_best(asked.content, usable, readout.k, readout.content_scale),
            softmax_of_best(asked.pieces, usable, readout.k, readout.pieces_scale),
            softmax_of_best(asked.profile, usable, readout.k, readout.profile_scale),
        )
        links = (lenders @ adjacent).tocsr()
        weight = np.maximum(np.asarray(links.sum(axis=1)), 1e-6).reshape(-1, 1)
        by_profile = sparse.csr_array((links @ self._profile_likeness) / weight)
        popularity = np.asarray(adjacent.sum(axis=0)).ravel().astype(np.float32) / max(1, adjacent.shape[0])
        matrices = (*(voter @ adjacent for voter in voters), links @ self._tail_likeness, by_profile)
        votes = Votes(popularity, tuple(found.tocsr() for found in matrices), lenders)
        total = self._reading.weights(relation, known=False).score(logits, votes)
        return np.asarray(total - logsumexp(total, axis=1, keepdims=True) + self._prior[relation], dtype=np.float32)

    def _edited(self, relation: str, wanted: Sequence[int], links: Sequence[tuple[int, int, float]]) -> Sparse:
        """Links of a relation to the rivals: float32 csr (drugs, rivals)."""
        kept = self._memory.adjacent(relation)[:, self.rivals].tocoo()
        columns = np.searchsorted(self.rivals, np.array(wanted, dtype=np.int64))
        stay = ~np.isin(kept.col, columns)
        rows = np.concatenate([kept.row[stay], np.array([link[0] for link in links], dtype=np.int64)])
        new = np.searchsorted(self.rivals, np.array([link[1] for link in links], dtype=np.int64))
        values = np.concatenate([kept.data[stay], np.array([link[2] for link in links], dtype=np.float32)])
        places = (rows.astype(np.int64), np.concatenate([kept.col[stay], new]).astype(np.int64))
        return sparse.csr_array((values.astype(np.float32), places), shape=kept.shape)
