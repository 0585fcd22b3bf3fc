"""Many queries at once to one modality: the same hits as one by one, several times faster.

One pass of the network, one search and one product of sparse matrices over a block of queries take little longer than
over a single one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from biobridge_core.bridge.memory import Query as MemoryQuery
from biobridge_core.errors import InputError
from biobridge_core.retrieve import Head, Ranking, Retriever
from biobridge_core.types import HitList, HitStatus, InputKind, Relation

if TYPE_CHECKING:
    from biobridge_core.bundle import Bundle

BLOCK = 32  #: queries at once; more would only take memory

_Floats = NDArray[np.float32]
_Key = tuple[str, InputKind, bool, bool]


class Many:
    """Asks a `Retriever` about whole blocks of queries. Read-only; safe to share between threads."""

    def __init__(self, bundle: Bundle, retriever: Retriever) -> None:
        self._bridge, self._reader, self.graph = bundle.bridge, bundle.reader, bundle.graph
        self._retriever = retriever

    def relations(self, modality: str, to: str) -> tuple[Relation, ...]:
        """Relations that lead from one modality to another; empty where only a route does."""
        return tuple(self.graph.relations_between(modality, to)) if modality != to else ()

    def retrieve(self, heads: Sequence[Head], to: str, k: int, relation: str = "") -> list[HitList]:
        """Hits of each head in one modality, in the order of ``heads``.

        Parameters
        ----------
        to
            The modality to rank. Where no relation leads to it directly, each head is asked by itself.
        relation
            Rank by this one alone; by the best of all that lead there where empty.

        Raises
        ------
        InputError
            If ``k`` or ``to`` makes no sense, or ``relation`` does not lead there from a head.
        """
        found: list[HitList | None] = [None] * len(heads)
        groups: dict[_Key, list[int]] = {}
        for place, head in enumerate(heads):
            relations = self._usable(head.modality, to, relation)
            if relations:
                own = self._retriever.has_memory(head)
                groups.setdefault((head.modality, head.kind, head.row is None, own), []).append(place)
            else:
                found[place] = self._retriever.retrieve(head, [to], k)[0]
        for (modality, _, _, _), members in groups.items():
            relations = self._usable(modality, to, relation)
            for start in range(0, len(members), BLOCK):
                block = members[start : start + BLOCK]
                for place, hits in zip(
                    block, self._block([heads[i] for i in block], to, k, relations, relation), strict=True
                ):
                    found[place] = hits
        return [hits for hits in found if hits is not None]

    def check(self, modality: str, to: str, relation: str) -> None:
        """Refuse a relation that does not lead from one modality to another.

        Raises
        ------
        InputError
            Naming those that do.
        """
        self._usable(modality, to, relation)

    def _usable(self, modality: str, to: str, relation: str) -> tuple[Relation, ...]:
        relations = self.relations(modality, to)
        if not relation:
            return relations
        chosen = tuple(r for r in relations if r.name == relation)
        if not chosen:
            names = ", ".join(r.name for r in relations) or "none"
            raise InputError(
                f"The relation {relation!r} does not lead from {modality} to {to}.", f"Those that do: {names}."
            )
        return chosen

    def _block(
        self, heads: Sequence[Head], to: str, k: int, relations: tuple[Relation, ...], relation: str
    ) -> list[HitList]:
        """Heads of one modality and kind, all of the graph or all raw, all with links of their own or none."""
        asked = self._ask(heads)
        moved = self._moved(heads, [r.name for r in relations])
        index = self._retriever.index(to)
        belief = np.stack([self._reader.read(asked, index.scores(moved[r.name]), r.name) for r in relations])
        best, top = belief.argmax(axis=0).astype(np.int16), np.exp(belief.max(axis=0))  # (n, tails)
        made = []
        for place, head in enumerate(heads):
            ranking = Ranking(self.graph.rows(to), top[place], relations=relations, best=best[place])
            hits = self._retriever.listed(head, _one(asked, place), to, ranking, k)
            made.append(self._of_relation(head, hits, relation) if relation else hits)
        return made

    def _ask(self, heads: Sequence[Head]) -> MemoryQuery:
        memory, first = self._reader.memory, heads[0]
        if first.row is not None:
            rows = np.array([head.row for head in heads])
            return memory.ask(rows, own=self._retriever.has_memory(first))
        vectors = np.stack([head.vector for head in heads])
        return memory.ask_inputs([head.text for head in heads], vectors, first.modality, first.kind)

    @torch.inference_mode()
    def _moved(self, heads: Sequence[Head], names: Sequence[str]) -> dict[str, _Floats]:
        """The heads moved along each relation: name -> (n, w)."""
        first, device = heads[0], self._retriever.device
        vectors = torch.tensor(np.stack([head.vector for head in heads]), device=device)
        embedded = self._bridge.embed(vectors, first.modality, first.kind)
        along = [name for name in names for _ in heads]
        moved = self._bridge.query(embedded.repeat(len(names), 1), along).float().cpu().numpy()
        return dict(zip(names, np.split(moved, len(names)), strict=True))

    def _of_relation(self, head: Head, listed: HitList, relation: str) -> HitList:
        """Known is then what this relation knows; a link of another kind says nothing of it."""
        known = self.graph.known(head.row, listed.modality) if head.row is not None else {}
        mine = {row: [t for t in triples if t.relation == relation] for row, triples in known.items()}
        ids = {self.graph.ids[row]: triples for row, triples in mine.items() if triples}
        hits = []
        for hit in listed.hits:
            triples = ids.get(hit.entity.id, [])
            if hit.status is HitStatus.KNOWN and not triples:
                if hit.rank > len(listed.hits):
                    continue
                hits.append(replace(hit, status=HitStatus.PREDICTED, relation=relation, sources=()))
            elif triples:
                cited = (" · ".join(part for part in (t.source, t.evidence, t.value) if part) for t in triples)
                hits.append(replace(hit, relation=relation, sources=tuple(dict.fromkeys(cited))))
            else:
                hits.append(hit)
        return replace(listed, hits=tuple(hits), n_known=len(ids))


def _one(asked: MemoryQuery, place: int) -> MemoryQuery:
    """One of several prepared queries."""
    here = slice(place, place + 1)
    return MemoryQuery(
        asked.modality,
        asked.content[here],
        asked.pieces[here],
        asked.profile[here],
        None if asked.places is None else asked.places[here],
        None if asked.rows is None else asked.rows[here],
    )
