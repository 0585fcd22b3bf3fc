"""From a query vector to ranked hits in every modality.

A target modality that the query's modality has a relation with is asked directly. Any other is reached over the
shortest chain of
relations: the best intermediates of each step are asked in turn and their answers mixed by how well they matched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from biobridge_core.bridge.memory import Query as MemoryQuery
from biobridge_core.errors import InputError
from biobridge_core.hits import Ranking, hits_of
from biobridge_core.index import VectorIndex
from biobridge_core.types import Entity, HitList, InputKind, Relation, Triple

if TYPE_CHECKING:
    from biobridge_core.bundle import Bundle

__all__ = ["MAX_K", "Head", "Ranking", "Retriever"]

MAX_K = 1000
_INTERMEDIATES = 10  #: entities of an intermediate modality that a route passes through
_MAX_KNOWN = 200  #: known links listed beyond the first k

_Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Head:
    """What is asked: one catalogue-space vector, or one of the graph's own entities."""

    vector: _Floats  #: (d,) in the catalogue's space of ``kind``
    kind: InputKind
    modality: str
    row: int | None = None  #: row in the graph if the query is, or is identical to, one of its entities
    text: str = ""  #: the encoder's input, of a raw query


_Intermediates = tuple[NDArray[np.int32], _Floats, dict[str, _Floats]]  #: rows, shares, relation -> moved vectors


@dataclass(frozen=True)
class _Way:
    """One query on its way through the graph; routes with a common beginning walk it once."""

    head: Head
    asked: MemoryQuery
    queries: dict[str, _Floats] = field(default_factory=dict)  #: relation -> the query moved along it
    weights: dict[tuple[str, ...], _Floats] = field(default_factory=dict)  #: route -> weight of each entity at its end
    intermediates: dict[tuple[str, ...], list[_Intermediates]] = field(default_factory=dict)
    ranked: dict[str, Ranking] = field(default_factory=dict)  #: modality -> its ranking, where it was made before


class Retriever:
    """Ranks the entities of every modality for a query. Read-only after construction; safe to share between threads."""

    def __init__(self, bundle: Bundle, device: torch.device) -> None:
        self.graph = bundle.graph
        self.catalogue = bundle.catalogue
        self.device = device
        self.bridge = bundle.bridge.to(device).eval()
        self._position = self._positions()
        self._reader, self._memory = bundle.reader, bundle.reader.memory
        self._calibration = bundle.calibration
        self._temperature = float(self.bridge.temperature)
        self._indexes: dict[str, VectorIndex] = {}
        self._unit: dict[InputKind, _Floats] = {}
        for kind in self.catalogue.encoder_ids:
            vectors = self.catalogue.vectors(kind)
            self._unit[kind] = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        for modality in self.graph.modalities:
            rows = self.graph.rows(modality)
            if len(rows):
                self._indexes[modality] = VectorIndex(self._project(modality, rows), rows, device)

    @property
    def engine(self) -> str:
        """Which nearest-neighbour engine serves, e.g. ``faiss-cpu``."""
        return next(iter(self._indexes.values())).engine

    def prepare(self) -> None:
        """Read all memories once, so that no query waits for them."""
        for modality in self.graph.modalities:
            if len(rows := self.graph.rows(modality)):
                asked = self._memory.ask(rows[:1])
                for relation in self.graph.relations.values():
                    if relation.head == modality and not relation.hierarchical:
                        self._memory.votes(asked, relation.name)

    def head(self, row: int) -> Head:
        """The query of a catalogue entity."""
        kind = self._kind(row)
        vector = self.catalogue.vectors(kind)[self._position[row]]
        return Head(vector, kind, self.graph.modality(row), row)

    def targets(self) -> list[str]:
        """Modalities that can be asked for."""
        return list(self._indexes)

    def others(self, modality: str) -> list[str]:
        """The other modalities: those that relations lead to first, then those over a route."""
        found = [name for name in self._indexes if name != modality]
        return sorted(found, key=lambda name: not self.graph.relations_between(modality, name))

    def retrieve(self, head: Head, to: Sequence[str], k: int) -> list[HitList]:
        """Rank each modality of ``to``; ``k`` best, and every known link beyond them.

        Raises
        ------
        InputError
            If ``k`` is not between 1 and 1,000 or a modality cannot be asked for.
        """
        if not 1 <= k <= MAX_K:
            raise InputError(f"The number of hits is {k}.", f"Ask for 1 to {MAX_K:,}.")
        unknown = [name for name in to if name not in self._indexes]
        if unknown:
            raise InputError(
                f"There are no entities of kind {', '.join(map(repr, unknown))}.",
                f"Ask for: {', '.join(self._indexes)}.",
            )
        way = _Way(head, self._ask(head))
        return [self._hit_list(way, modality, k) for modality in to]

    def ranking(self, head: Head, modality: str) -> Ranking:
        """Scores of every entity of one modality; of the query's own, cosines in the foundation model's space."""
        if modality == head.modality:
            return Ranking(*self._similar(head, modality))
        return self._ranking(_Way(head, self._ask(head)), modality)

    def place(self, head: Head, row: int) -> HitList:
        """The best hit of an entity's modality and that entity, the last one, whatever its rank."""
        return self._hit_list(_Way(head, self._ask(head)), self.graph.modality(row), 1, also=row)

    def listed(self, head: Head, asked: MemoryQuery, modality: str, ranking: Ranking, k: int) -> HitList:
        """The hits of a ranking that was made elsewhere, as for many queries at once."""
        return self._hit_list(_Way(head, asked, ranked={modality: ranking}), modality, k)

    def index(self, modality: str) -> VectorIndex:
        """Where the entities of a modality are searched."""
        return self._indexes[modality]

    def has_memory(self, head: Head) -> bool:
        """Whether the graph holds links of the query that the bridge was trained with."""
        return head.row is not None and bool(self._memory.linked[head.row])

    def read_from(self, head: Head, n: int = 3) -> tuple[tuple[Entity, float], ...]:
        """Whose links a query without a memory of its own borrows, with their share of the weight."""
        if self.has_memory(head):
            return ()
        return tuple((self.graph.entity(row), share) for row, share in self._memory.read_from(self._ask(head), n))

    def asked(self, head: Head) -> MemoryQuery:
        """The query as the memory reads it."""
        return self._ask(head)

    def cosines(self, head: Head, to: str) -> dict[str, _Floats]:
        """What the bridge alone says: direct relation -> cosine with every entity of ``to`` (n_tails,)."""
        relations = self.graph.relations_between(head.modality, to)
        moved = self._moved(head.vector[None], head.modality, head.kind)
        usable = [relation for relation in relations if relation.name in moved]
        if not usable:
            return {}
        return {r.name: found[0] for r, found in zip(usable, self._cosines(moved, usable, to), strict=True)}

    def _ask(self, head: Head) -> MemoryQuery:
        if head.row is not None:
            return self._reader.ask(np.array([head.row]), own=self.has_memory(head))
        return self._reader.ask_input(head.text, head.vector, head.modality, head.kind)

    def nearest(self, head: Head, n: int = 5) -> tuple[tuple[Entity, float], ...]:
        """The catalogue entities nearest to the query in the foundation model's own space, with cosine."""
        rows, scores = self._similar(head, head.modality)
        if head.row is not None:
            keep = rows != head.row
            rows, scores = rows[keep], scores[keep]
        best = np.argsort(-scores, kind="stable")[:n]
        return tuple((self.graph.entity(int(rows[i])), float(scores[i])) for i in best)

    def distance_percentile(self, head: Head) -> float | None:
        """How far a query lies from the entities with training links: the share of unseen entities that lie nearer to
        them, percent. None for an entity with training links of its own, and where too few unseen ones can tell."""
        if self.has_memory(head):
            return None
        rows, scores = self._similar(head, head.modality)
        scores = scores[self._memory.linked[rows]]
        if not len(scores):
            return None
        return self._calibration.distance_percentile(head.modality, head.kind, float(scores.max()))

    def closest_modality(self, vector: _Floats, kind: InputKind, among: Sequence[str]) -> str:
        """Which modality the nearest entities of a raw text belong to (sum of cosines over the 15 nearest)."""
        scores = self._unit[kind] @ _unit(vector)
        rows = self.catalogue.rows(kind)
        codes = [self.graph.modality_names.index(name) for name in among]
        scores = np.where(np.isin(self.graph.modality_of_row[rows], codes), scores, -np.inf)
        votes: dict[int, float] = {}
        for i in np.argpartition(-scores, 15)[:15] if len(scores) > 15 else range(len(scores)):
            code = int(self.graph.modality_of_row[rows[i]])
            votes[code] = votes.get(code, 0.0) + float(scores[i])
        return self.graph.modality_names[max(votes, key=lambda code: votes[code])]

    def _hit_list(self, way: _Way, modality: str, k: int, also: int = -1) -> HitList:
        head = way.head
        known: Mapping[int, list[Triple]] = {}
        if modality == head.modality:
            rows, scores = self._similar(head, modality)
            ranking = Ranking(rows, scores)
            note = "Nearest in the foundation model's own space; no link is meant."
            if apart := len(self.graph.rows(modality)) - len(rows):
                note += f" {apart:,} others are not read from a {head.kind.value} and cannot be compared with it."
        else:
            ranking = self._ranking(way, modality)
            known = self.graph.known(head.row, modality) if head.row is not None and not ranking.routes else {}
            chains = "; and over ".join(ranking.routes)
            note = f"No direct relation in the graph; reached over {chains}." if chains else ""
        order = np.argsort(-ranking.scores, kind="stable")
        ascending = ranking.scores[order[::-1]]
        if head.row is not None:
            order = order[ranking.rows[order] != head.row]
        top = list(order[:k])
        if known:
            is_known = np.isin(ranking.rows[order], np.fromiter(known, dtype=np.int32))
            top += list(order[k:][is_known[k:]])[:_MAX_KNOWN]
        top += list(np.flatnonzero(ranking.rows == also))
        rank_of = {int(i): rank for rank, i in enumerate(order, start=1)} if len(top) > k else {}
        ranks = [rank_of.get(int(i), position) for position, i in enumerate(top, start=1)]
        places = np.array(top, dtype=np.int64)
        trained = self._trained(way.asked, ranking.relations)
        hits = hits_of(
            self.graph, self._calibration, ranking, places, ranks, known, ascending=ascending, trained=trained
        )
        return HitList(modality, hits, len(order), len(known), "; ".join(ranking.routes), note)

    def _trained(self, asked: MemoryQuery, relations: Sequence[Relation]) -> NDArray[np.integer] | None:
        """Places of the tails that the query's own links lead to, as far as they were read; None if none were."""
        if asked.places is None:
            return None
        rows = [self._memory.adjacent(relation.name)[asked.places[[0]]].indices for relation in relations]
        return np.asarray(np.unique(np.concatenate([np.empty(0, np.int64), *rows])))

    def _ranking(self, way: _Way, modality: str) -> Ranking:
        if modality in way.ranked:
            return way.ranked[modality]
        routes = self._routes(way.head.modality, modality)
        rows = self.graph.rows(modality)
        if len(routes[0]) == 2:
            scores, best, relations = self._direct(way, modality)
            return Ranking(rows, scores[0], relations=relations, best=best[0])
        weights = np.stack([self._over(way, tuple(route)) for route in routes])  # (routes, tails)
        labels = tuple(" → ".join(self.graph.modalities[name].label for name in route) for route in routes)
        return Ranking(rows, weights.mean(axis=0), routes=labels, best=weights.argmax(axis=0).astype(np.int16))

    def _direct(self, way: _Way, to: str) -> tuple[_Floats, NDArray[np.int16], tuple[Relation, ...]]:
        """Belief of the query in each entity of ``to``, (1, tails): the most over the relations between the two."""
        relations = tuple(self.graph.relations_between(way.asked.modality, to))
        if not way.queries:
            way.queries.update(self._moved(way.head.vector[None], way.asked.modality, way.head.kind))
        per_relation = np.stack(
            [
                self._reader.read(way.asked, cosines, relation.name)
                for relation, cosines in zip(relations, self._cosines(way.queries, relations, to), strict=True)
            ]
        )
        best = per_relation.argmax(axis=0).astype(np.int16)
        return np.exp(per_relation.max(axis=0)), best, relations

    @torch.inference_mode()
    def _moved(self, vectors: _Floats, modality: str, kind: InputKind) -> dict[str, _Floats]:
        """Vectors (n, d) of one modality moved along each of its relations to others: name -> (n, w).

        All at once: one pass of the network over many rows takes hardly longer than over one.
        """
        names = [r.name for r in self.graph.relations.values() if r.head == modality and not r.hierarchical]
        names = [name for name in names if name in self.bridge.config.relations]
        if not names:
            return {}
        embedded = self.bridge.embed(torch.tensor(vectors, device=self.device), modality, kind)  # (n, w)
        along = [name for name in names for _ in range(len(vectors))]
        moved = self.bridge.query(embedded.repeat(len(names), 1), along).float().cpu().numpy()
        return dict(zip(names, np.split(moved, len(names)), strict=True))

    def _cosines(self, queries: Mapping[str, _Floats], relations: Sequence[Relation], to: str) -> _Floats:
        """What the bridge says of each entity of ``to``: (relations, n, tails)."""
        asked = np.concatenate([queries[relation.name] for relation in relations])
        scores: _Floats = self._indexes[to].scores(asked).reshape(len(relations), len(asked) // len(relations), -1)
        return scores

    def _over(self, way: _Way, route: tuple[str, ...]) -> _Floats:
        """Mixed belief in each entity of the route's last modality.

        Where the graph knows links of the query into the first intermediate, they share half of the weight.
        """
        if route not in way.weights:
            way.weights[route] = self._first(way, route[1]) if len(route) == 2 else self._step(way, route)
        return way.weights[route]

    def _first(self, way: _Way, to: str) -> _Floats:
        head = way.head
        scores, _, _ = self._direct(way, to)
        weights: _Floats = _share(scores)[0]
        facts = self.graph.known_rows(head.row, to) if head.row is not None else ()
        if len(facts):
            weights *= 0.5
            weights[np.searchsorted(self.graph.rows(to), facts)] += 0.5 / len(facts)
        return weights

    def _step(self, way: _Way, route: tuple[str, ...]) -> _Floats:
        """Pass the weights of the best intermediates on: half along their known links, half as the bridge sees them."""
        there, mixed = route[-1], np.zeros(len(self._indexes[route[-1]]), dtype=np.float32)
        relations, first = self.graph.relations_between(route[-2], there), int(self.graph.rows(there)[0])
        for rows, shares, queries in self._intermediates(way, route[:-1]):
            cosines = self._cosines(queries, relations, there).max(axis=0)  # (n, tails)
            belief = _share(np.exp((cosines - cosines.max(axis=1, keepdims=True)) / self._temperature))
            for row, share, seen in zip(rows, shares, belief, strict=True):
                facts = self.graph.known_rows(int(row), there)
                mixed += share * (0.5 if len(facts) else 1.0) * seen
                if len(facts):
                    mixed[facts - first] += share * 0.5 / len(facts)
        return mixed

    def _intermediates(self, way: _Way, route: tuple[str, ...]) -> list[_Intermediates]:
        """The best entities at the end of a route, moved along all their relations; apart by input kind."""
        if route not in way.intermediates:
            weights, rows = self._over(way, route), self.graph.rows(route[-1])
            best = np.argpartition(weights, max(len(weights) - _INTERMEDIATES, 0))[-_INTERMEDIATES:]
            shares = weights[best] / max(float(weights[best].sum()), 1e-12)
            kinds, found = self.graph.kind_of_row[rows[best]], []
            for code in np.unique(kinds):
                mine = rows[best[kinds == code]]
                kind = list(InputKind)[code]
                vectors = self.catalogue.vectors(kind)[self._position[mine]]
                found.append((mine, shares[kinds == code], self._moved(vectors, route[-1], kind)))
            way.intermediates[route] = found
        return way.intermediates[route]

    def _routes(self, start: str, end: str) -> list[list[str]]:
        """All shortest chains of modalities that relations join, in the order of the modalities."""
        reached = [[start]]
        seen = {start}
        while reached:
            found = [route for route in reached if route[-1] == end]
            if found:
                return found
            reached = [
                [*route, there]
                for route in reached
                for there in self._indexes
                if there not in seen and self.graph.relations_between(route[-1], there)
            ]
            seen |= {route[-1] for route in reached}
        raise InputError(f"No chain of relations leads from {start} to {end} in this graph.", "Ask for another kind.")

    def _similar(self, head: Head, modality: str) -> tuple[NDArray[np.int32], _Floats]:
        rows = self.catalogue.rows(head.kind)
        here = self.graph.modality_of_row[rows] == self.graph.modality_names.index(modality)
        scores = self._unit[head.kind][here] @ _unit(head.vector)
        return rows[here], scores.astype(np.float32)

    @torch.inference_mode()
    def _project(self, modality: str, rows: NDArray[np.int32]) -> _Floats:
        projected = np.zeros((len(rows), self.bridge.config.width), dtype=np.float32)
        kinds = self.graph.kind_of_row[rows]
        for code in np.unique(kinds):
            kind = list(InputKind)[code]
            here = np.flatnonzero(kinds == code)
            vectors = self.catalogue.vectors(kind)[self._position[rows[here]]]
            tensor = torch.tensor(vectors, device=self.device)
            projected[here] = self.bridge.project(tensor, modality, kind).float().cpu().numpy()
        return projected

    def _positions(self) -> NDArray[np.int32]:
        """Where each graph row stands in the catalogue matrix of its kind."""
        position = np.full(self.graph.n_entities, -1, dtype=np.int32)
        for kind in self.catalogue.encoder_ids:
            rows = self.catalogue.rows(kind)
            position[rows] = np.arange(len(rows), dtype=np.int32)
        return position

    def _kind(self, row: int) -> InputKind:
        return self.graph.input_kind(row)


def _share(scores: _Floats) -> _Floats:
    """Belief (n, tails), scaled so that each row sums to 1."""
    return np.asarray(scores / np.maximum(scores.sum(axis=1, keepdims=True), 1e-30), dtype=np.float32)


def _unit(vector: _Floats) -> _Floats:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), dtype=np.float32)
