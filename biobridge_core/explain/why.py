"""Why a hit: the paths, the neighbours and the agreement of one query and one tail, put together."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.explain import agreement as agree
from biobridge_core.explain.agreement import agreement, percentile
from biobridge_core.explain.embedding import GraphEmbedding
from biobridge_core.explain.paths import PathFinder
from biobridge_core.explain.votes import Ballot, Voter, ballot, memory_scores
from biobridge_core.explain.words import answer_of
from biobridge_core.types import Agreement, Edge, Neighbour, Part, Query, Voice, Why

if TYPE_CHECKING:
    from biobridge_core.bridge.memory import Query as MemoryQuery
    from biobridge_core.bridge.memory import Votes
    from biobridge_core.bridge.reader import Reader
    from biobridge_core.bridge.reading import Weights
    from biobridge_core.bundle import Bundle
    from biobridge_core.retrieve import Head, Retriever

N_PATHS, N_NEIGHBOURS, N_STARTS = 5, 12, 5
_Floats = NDArray[np.float32]


@dataclass(frozen=True)
class _Case:
    """One query and one tail along one relation, with all that was scored for it."""

    head: Head
    asked: MemoryQuery
    relation: str
    place: int  #: of the tail within its modality
    cosines: _Floats  #: (n_tails,)
    votes: Votes
    weights: Weights


class Explainer:
    """Explains hits of one bundle. Read-only after construction; safe to share between threads.

    Parameters
    ----------
    embedding
        The graph embedding of the bundle, or None where it has none.
    """

    def __init__(self, bundle: Bundle, retriever: Retriever, embedding: GraphEmbedding | None = None) -> None:
        self.graph = bundle.graph
        self.paths = PathFinder(bundle.graph)
        self._reader: Reader = bundle.reader
        self._retriever, self._embedding = retriever, embedding

    def prepare(self) -> None:
        """Sort the links now, so that no question waits for it."""
        self.paths.prepare()

    def why(self, query: Query, head: Head, tail: int) -> Why:
        """Explain a hit: the row ``tail`` for the query that was read as ``head``."""
        started = time.perf_counter()
        hit = self.graph.entity(tail)
        known = self._direct(head, tail)
        case = self._case(head, tail, {edge.relation for edge in known})
        notes: list[str] = []
        if case is None:
            notes.append(_why_no_case(self.graph.modality(tail) == head.modality))
        starts = self._starts(head)
        if head.row is not None and not starts:
            paths = self.paths.between([(head.row, None)], tail, N_PATHS)
        else:
            paths = self.paths.between(starts, tail, N_PATHS)
        votes = self._ballot(case)
        parts = self._parts(case, votes)
        heard = self._agreement(case, tail) if case is not None else None
        return Why(
            query=query,
            hit=hit,
            relation=case.relation if case is not None else "",
            answer=answer_of(self.graph, head, hit, known, paths, self._told(case, votes, N_NEIGHBOURS), parts),
            known=known,
            paths=tuple(paths),
            starts=tuple((self.graph.entity(row), share) for row, share in starts),
            neighbours=self._told(case, votes, N_NEIGHBOURS),
            n_neighbours=len(votes.voters) if votes is not None else 0,
            parts=parts,
            agreement=heard,
            notes=tuple(notes),
            seconds=time.perf_counter() - started,
        )

    def _direct(self, head: Head, tail: int) -> tuple[Edge, ...]:
        if head.row is None or head.row == tail:
            return ()
        return self.paths.edges(head.row, tail)

    def _starts(self, head: Head) -> list[tuple[int, float]]:
        """Known entities that stand for a query without links of its own, with their share."""
        if head.row is not None and self.paths.degrees[head.row] > 0:
            return []
        return self._reader.memory.read_from(self._retriever.asked(head), N_STARTS)

    def _case(self, head: Head, tail: int, known: set[str]) -> _Case | None:
        """The direct relation that explains the tail best; a known link's own relation first."""
        modality = self.graph.modality(tail)
        if modality == head.modality:
            return None
        cosines = self._retriever.cosines(head, modality)
        if not cosines:
            return None
        asked, place = self._retriever.asked(head), tail - int(self.graph.rows(modality)[0])
        usable = [name for name in cosines if name in known] or list(cosines)
        beliefs = {name: float(self._reader.read(asked, cosines[name][None], name)[0, place]) for name in usable}
        best = max(beliefs, key=lambda name: beliefs[name])
        memory = self._reader.memory
        weights = self._reader.reading.weights(best, known=asked.places is not None)
        return _Case(head, asked, best, place, cosines[best], memory.votes(asked, best), weights)

    def _ballot(self, case: _Case | None) -> Ballot | None:
        if case is None:
            return None
        return ballot(self._reader.memory, case.asked, case.relation, case.place, case.weights)

    def _parts(self, case: _Case | None, votes: Ballot | None) -> tuple[Part, ...]:
        """What lifts the tail over the mean tail, in natural log of odds."""
        if case is None or votes is None:
            return ()
        logits = case.weights.bridge * case.cosines / self._reader.bridge.temperature
        common = case.weights.votes[0] * np.log(case.votes.popularity + case.weights.floors[0])
        neighbours = memory_scores(case.weights, case.votes)[0]
        return tuple(
            Part(name, float(scores[case.place] - scores.mean()))
            for name, scores in (("bridge", logits), ("popularity", common), ("memory", neighbours))
        )

    def _told(self, case: _Case | None, votes: Ballot | None, n: int) -> tuple[Neighbour, ...]:
        if case is None or votes is None or not votes.voters:
            return ()
        total = votes.total
        return tuple(self._neighbour(case, voter, voter.gain / total) for voter in votes.voters[:n])

    def _neighbour(self, case: _Case, voter: Voter, share: float) -> Neighbour:
        tail = case.place + int(self.graph.rows(self.graph.relations[case.relation].tail)[0])
        borrowed = voter.like_hit and case.asked.places is None
        if voter.like_hit:
            links = () if borrowed or case.head.row is None else self.paths.edges(case.head.row, voter.row)
        else:
            links = self.paths.edges(voter.row, tail)
        cited = tuple(dict.fromkeys(source for edge in links for source in edge.sources))
        entity = self.graph.entity(voter.row)
        return Neighbour(entity, voter.like_hit, tuple(voter.similarity.items()), share, cited, borrowed)

    def _agreement(self, case: _Case, tail: int) -> Agreement:
        neighbours = memory_scores(case.weights, case.votes)[0]
        voted = Voice(agree.NEIGHBOURS, percentile(neighbours, case.place))
        if not self._reader.memory.linked[tail] and neighbours[case.place] <= 0:
            voted = Voice(agree.NEIGHBOURS, None, "The memory holds no link of this hit: nobody can vote for it.")
        return agreement([Voice(agree.BRIDGE, percentile(case.cosines, case.place)), voted, self._third(case, tail)])

    def _third(self, case: _Case, tail: int) -> Voice:
        embedding, head = self._embedding, case.head.row
        if embedding is None:
            return Voice(agree.EMBEDDING, None, "This bundle has no graph embedding; “biobridge build kge” makes one.")
        if head is None or not embedding.knows(head):
            return Voice(agree.EMBEDDING, None, "It knows entities by their links alone, and has not seen this query.")
        if not embedding.knows(tail):
            return Voice(agree.EMBEDDING, None, "It knows entities by their links alone, and has not seen this hit.")
        if not embedding.has(case.relation):
            return Voice(agree.EMBEDDING, None, "It was not trained on this relation.")
        return Voice(agree.EMBEDDING, percentile(embedding.scores(head, case.relation), case.place))


def _why_no_case(same: bool) -> str:
    if same:
        return "It stands here because it is like the query in the foundation model's own space; no link is meant."
    return "No relation of the graph joins the two kinds directly, so it was reached over others; no neighbour votes."
