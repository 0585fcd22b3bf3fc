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
    places: NDArray[np.integer],
    ranks: Sequence[int],
    known: Mapping[int, list[Triple]],
    *,
    ascending: _Floats,
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
    ascending
        All scores of the ranking in their order.
    trained
        Places of what the query's own links that were read lead to; None where it was read as unseen.
    """
    percentiles = _percentiles(ascending, ranking.scores[places])
    chances = _chances(calibration, ranking, places, trained)
    found = []
    for place, rank, percentile, chance in zip(places.tolist(), ranks, percentiles, chances, strict=True):
        triples = known.get(int(ranking.rows[place]), [])
        shown = None if triples or rank > calibration.depth else chance
        hit = _hit(graph, ranking, place, rank, percentile, triples, shown)
        marked = bool(hit.relation) and calibration.is_hub(hit.relation, place, known=trained is not None)
        found.append(replace(hit, unspecific=True) if marked else hit)
    return tuple(found)


def _chances(
    calibration: Calibration, ranking: Ranking, places: NDArray[np.integer], trained: NDArray[np.integer] | None
) -> list[float | None]:
    """Chance of each place by the relation that believes most in it; None where that has none."""
    found: list[float | None] = [None] * len(places)
    if ranking.best is None or not ranking.relations:
        return found
    scores = np.log(np.maximum(ranking.scores[places], 1e-38).astype(np.float64))
    if trained is not None:
        closed = np.zeros(len(ranking.scores), dtype=bool)
        closed[trained] = True
        scores -= np.log1p(-believed(ranking.scores[None], closed[None])[0])
    best = ranking.best[places]
    for code in np.unique(best).tolist():
        mine = np.flatnonzero(best == code)
        chances = calibration.chances(ranking.relations[code].name, scores[mine], known=trained is not None)
        if chances is not None:
            for i, chance in zip(mine.tolist(), chances.tolist(), strict=True):
                found[i] = chance
    return found


def _hit(
    graph: KnowledgeGraph,
    ranking: Ranking,
    place: int,
    rank: int,
    percentile: float,
    triples: list[Triple],
    chance: float | None,
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
        chance,
        None if chance is None else chance >= CONFIDENT,
    )


def _percentiles(ascending: _Floats, scores: _Floats) -> list[float]:
    """Share of all entities (their scores in ascending order) below each score, percent; equal scores share one."""
    below = np.searchsorted(ascending, scores, side="left")
    return [float(share) for share in 100.0 * below / max(len(ascending) - 1, 1)]


def _cite(triple: Triple) -> str:
    return " · ".join(part for part in (triple.source, triple.evidence, triple.value) if part)
