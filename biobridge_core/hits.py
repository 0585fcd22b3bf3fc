"""From a ranking to hits: what is known, how sure the rest is, and what is a hit of nearly everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.bridge.calibration import Calibration, believed
from biobridge_core.links import home_page
from biobridge_core.types import CONFIDENT, Hit, HitStatus, Relation, Triple

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph

_Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Ranking:
    """Scores of every entity of one modality, in the order of ``rows``."""

    rows: NDArray[np.int32]
    scores: _Floats
    relations: tuple[Relation, ...] = ()  #: asked directly, or
    routes: tuple[str, ...] = ()  #: over these chains
    best: NDArray[np.int16] | None = None  #: which of them gave most of an entity's score


def hits_of(
    graph: KnowledgeGraph,
    calibration: Calibration,
    ranking: Ranking,
    places: Sequence[int],
    ranks: Sequence[int],
    known: Mapping[int, list[Triple]],
    *,
    trained: NDArray[np.integer] | None,
) -> tuple[Hit, ...]:
    """Hits at some places of a ranking.

    A predicted link gets the chance of the relation that is shown with it, which believes most in it; where several
    relations lead to the modality, that any of them holds is at least as likely. A known link gets none: the graph
    holds it, and its score was not among those that the chances were fitted on.

    Parameters
    ----------
    places, ranks
        (n,) into the ranking's rows, and the rank of each.
    known
        Row -> the links that the graph holds.
    trained
        Places of what the query's own links that were read lead to; None where it was read as unseen.
    """
    ascending = np.sort(ranking.scores)
    percentiles = _percentiles(ascending, ranking.scores[places])
    own, shift = trained is not None, 0.0
    if trained is not None:
        closed = np.isin(np.arange(len(ranking.scores)), trained)
        shift = float(np.log1p(-believed(ranking.scores[None], closed[None])[0]))
    found = []
    for place, rank, percentile in zip(places, ranks, percentiles, strict=True):
        hit = _hit(graph, ranking, place, rank, percentile, known.get(int(ranking.rows[place]), []))
        if hit.relation:
            hit = _with_chance(hit, calibration, place, shift, own=own)
        found.append(hit)
    return tuple(found)


def _hit(
    graph: KnowledgeGraph, ranking: Ranking, place: int, rank: int, percentile: float, triples: list[Triple]
) -> Hit:
    entity = graph.entity(int(ranking.rows[place]))
    direct, composed = bool(ranking.relations), bool(ranking.routes)
    status = HitStatus.KNOWN if triples else HitStatus.PREDICTED if direct or composed else HitStatus.SIMILAR
    relation = ranking.relations[int(ranking.best[place])].name if ranking.best is not None and direct else ""
    return Hit(
        entity,
        rank,
        float(ranking.scores[place]),
        percentile,
        status,
        triples[0].relation if triples else relation,
        tuple(dict.fromkeys(_cite(triple) for triple in triples)),
        ranking.routes[int(ranking.best[place])] if ranking.best is not None and composed else "",
        home_page(entity.id),
    )


def _with_chance(hit: Hit, calibration: Calibration, place: int, shift: float, *, own: bool) -> Hit:
    unspecific = calibration.is_hub(hit.relation, place, known=own)
    chances = None
    if hit.status is HitStatus.PREDICTED and hit.rank <= calibration.depth:
        score = np.log(np.maximum(np.array([hit.score]), 1e-38)) - shift
        chances = calibration.chances(hit.relation, score, known=own)
    if chances is None:
        return replace(hit, unspecific=unspecific)
    chance = float(chances[0])
    return replace(hit, probability=chance, confident=chance >= CONFIDENT, unspecific=unspecific)


def _percentiles(ascending: _Floats, scores: _Floats) -> list[float]:
    """Share of all entities (their scores in ascending order) below each score, percent; equal scores share one."""
    below = np.searchsorted(ascending, scores, side="left")
    return [float(share) for share in 100.0 * below / max(len(ascending) - 1, 1)]


def _cite(triple: Triple) -> str:
    return " · ".join(part for part in (triple.source, triple.evidence, triple.value) if part)
