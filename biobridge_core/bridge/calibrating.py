"""Fit the calibration of a bridge on the links and entities that it was not trained with."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.bridge.calibration import Calibration, Entry, believed
from biobridge_core.calibrate import Measured, fit, measure
from biobridge_core.kg.hierarchy import link_matrix
from biobridge_core.types import InputKind

if TYPE_CHECKING:
    from biobridge_core.bridge.memory import Memory
    from biobridge_core.bridge.reader import Reader
    from biobridge_core.kg.split import TrainingView
    from biobridge_core.types import Relation

Progress = Callable[[str, float], None]  #: (what is being done, share done)

SHOWN = 20  #: the hits that the target is measured on
MAX_ECE = 0.05
MIN_LINKS = 100  #: held-out links below which a relation gets no curve
_DEPTH = 100
_BLOCK = 200  # queries scored at once
_HUB_RANK, _HUB_SHARE, _HUB_QUERIES = 10, 0.5, 400
_FEW_DISTANCES = 20
_QUANTILES = 201
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answers:
    """The best hits of held-out queries of one relation, training links left out.

    ``scores`` float32 (the reader's, see `believed`) and ``labels`` bool (n_queries, depth), best first; -inf where
    there are fewer hits; ``heads`` (n_queries,) rows.
    """

    relation: str
    known: bool
    heads: NDArray[np.integer]
    scores: NDArray[np.float32]
    labels: NDArray[np.bool_]
    n_links: int  #: held-out links of all queries of this sort, sampled or not

    def flat(self) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.integer], NDArray[np.integer]]:
        """Scores, labels, query numbers and ranks, from 1, of all hits, (n,) each."""
        there = np.isfinite(self.scores)
        queries, ranks = np.nonzero(there)
        return self.scores[there], self.labels[there], queries, ranks + 1


def answers(
    reader: Reader,
    view: TrainingView,
    relation: str,
    *,
    known: bool,
    sample: int = 1000,
    depth: int = _DEPTH,
    seed: int = 0,
) -> Answers | None:
    """Ask the heads of held-out links, those with training links of their own (``known``) or those without any.

    What training links join to the query by any relation between the two modalities is left out: such a hit is shown
    as known, never with a chance.

    Parameters
    ----------
    reader
        With a memory of the training links of ``view`` alone.
    sample
        Most queries.

    Returns
    -------
    Answers or None
        None where no held-out link has such a head.
    """
    graph, memory = reader.memory.graph, reader.memory
    links = view.valid[relation]
    links = links[memory.linked[links[:, 0]] == known]
    heads = np.unique(links[:, 0])
    if not len(heads):
        return None
    if len(heads) > sample:
        rng = np.random.default_rng([seed, zlib.crc32(relation.encode()), 2])
        heads = np.sort(rng.choice(heads, sample, replace=False))
    ends = graph.relations[relation]
    tails = graph.rows(ends.tail)
    columns = slice(int(tails[0]), int(tails[-1]) + 1)
    barred = [view.train[r.name] for r in graph.relations_between(ends.head, ends.tail)]
    true, trained = (
        link_matrix(pairs, graph.n_entities)[heads][:, columns].tocsr() for pairs in (links, np.concatenate(barred))
    )
    depth = min(depth, len(tails))
    scores, labels = [], []
    for start in range(0, len(heads), _BLOCK):
        part = slice(start, start + _BLOCK)
        given, closed = reader.scores(heads[part], relation), trained[part].toarray() > 0
        if known:
            given = given - np.log1p(-_believed(reader, heads[part], ends, closed))[:, None]
        found = np.where(closed, -np.inf, given)
        best = np.argpartition(-found, depth - 1, axis=1)[:, :depth]
        order = np.take_along_axis(best, np.argsort(-np.take_along_axis(found, best, 1), axis=1, kind="stable"), 1)
        scores.append(np.take_along_axis(found, order, 1).astype(np.float32))
        labels.append(np.take_along_axis(true[part].toarray() > 0, order, 1))
    return Answers(relation, known, heads, np.concatenate(scores), np.concatenate(labels), len(links))


def _believed(
    reader: Reader, heads: NDArray[np.integer], ends: Relation, closed: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Share of the belief that goes to what is known, (n,), see `believed`."""
    between = [r.name for r in reader.memory.graph.relations_between(ends.head, ends.tail)]
    rivals = [name for name in between if name in reader.bridge.config.relations]
    most = np.exp(np.stack([reader.scores(heads, name) for name in rivals]).max(axis=0))
    return believed(most, closed)


def entry_of(found: Answers, *, seed: int = 0) -> tuple[Entry, Measured | None]:
    """Calibrate one relation; the curve is kept only if it held across halves of the queries."""
    scores, labels, queries, ranks = found.flat()
    shown = ranks <= SHOWN
    if found.n_links < MIN_LINKS or not 0 < labels[shown].mean() < 1 or len(found.heads) < 2:
        reason = f"{found.n_links:,} links were held out, {MIN_LINKS} are needed"
        if found.n_links >= MIN_LINKS:
            reason = "none of the links held out is among the best hits"
        return Entry(None, found.n_links, 0.0, 0.0, reason), None
    measured = measure(scores, labels, queries, shown, seed=seed)
    reason = ""
    if measured.ece > MAX_ECE:
        reason = f"the chances are {100 * measured.ece:.2g} points off on average, {100 * MAX_ECE:.2g} at most"
    elif measured.skill <= 0:
        reason = "the chances say no more than the share of true links among all hits"
    curve = None if reason else fit(scores, labels, queries, seed=seed)
    return Entry(curve, found.n_links, measured.ece, measured.skill, reason), measured


def fit_calibration(
    reader: Reader, view: TrainingView, *, seed: int = 0, progress: Progress | None = None
) -> Calibration:
    """Fit everything that `Calibration` holds.

    Parameters
    ----------
    reader
        The bridge with its reading and a memory of the training links of ``view`` alone, as it serves.
    """
    say = progress or _quiet
    entries, _ = fit_entries(reader, view, seed=seed, progress=lambda message, share: say(message, 0.8 * share))
    hubs: dict[bool, dict[str, frozenset[int]]] = {True: {}, False: {}}
    asked = _asked(reader, view)
    for i, relation in enumerate(asked):
        say(f"Looking for hits of most queries: {relation}", 0.8 + 0.2 * i / len(asked))
        for known in (True, False):
            hubs[known][relation] = hubs_of(reader, relation, known=known, seed=seed)
    return Calibration(entries, _DEPTH, distances_of(reader.memory, view), hubs)


def fit_entries(
    reader: Reader, view: TrainingView, *, sample: int = 1000, seed: int = 0, progress: Progress | None = None
) -> tuple[dict[bool, dict[str, Entry]], dict[tuple[str, bool], Measured]]:
    """Calibrate every relation that has held-out links.

    Parameters
    ----------
    sample
        Most queries of a relation, known and unseen apart.

    Returns
    -------
    entries, measured
        Known? -> relation -> entry; (relation, known) -> how well it holds, where there are enough links.
    """
    say = progress or _quiet
    entries: dict[bool, dict[str, Entry]] = {True: {}, False: {}}
    measured: dict[tuple[str, bool], Measured] = {}
    asked = _asked(reader, view)
    for i, relation in enumerate(asked):
        say(f"Calibrating {relation}", i / len(asked))
        for known in (True, False):
            found = answers(reader, view, relation, known=known, sample=sample, seed=seed)
            if found is None:
                continue
            entries[known][relation], outcome = entry_of(found, seed=seed)
            if outcome is not None:
                measured[relation, known] = outcome
    n_curves = [sum(entry.curve is not None for entry in table.values()) for table in entries.values()]
    _LOG.info("Calibrated %d relations for known and %d for unseen queries, of %d.", *n_curves, len(asked))
    return entries, measured


def _asked(reader: Reader, view: TrainingView) -> list[str]:
    return sorted(name for name in view.valid if name in reader.bridge.config.relations)


def hubs_of(reader: Reader, relation: str, *, known: bool, seed: int = 0) -> frozenset[int]:
    """Places of the tails that are among the ten best of most queries: a fixed sample of heads with training links,
    read with their own links or, for unseen queries, as if they had none."""
    from biobridge_core.bridge.data import scores

    memory = reader.memory
    head, n_tails = memory.graph.relations[relation].head, memory.adjacent(relation).shape[1]
    heads = memory.graph.rows(head)[np.diff(memory.adjacent(relation).indptr) > 0]
    if len(heads) > _HUB_QUERIES:
        rng = np.random.default_rng([seed, zlib.crc32(relation.encode()), 3])
        heads = np.sort(rng.choice(heads, _HUB_QUERIES, replace=False))
    if not len(heads) or n_tails <= 2 * _HUB_RANK:
        return frozenset()
    counts = np.zeros(n_tails, dtype=np.int64)
    for start in range(0, len(heads), _BLOCK):
        part = heads[start : start + _BLOCK]
        cosines = scores(reader.bridge, reader.content, part, relation)
        found = reader.read(memory.ask(part, own=known), cosines, relation)
        best = np.argpartition(-found, _HUB_RANK - 1, axis=1)[:, :_HUB_RANK]
        counts += np.bincount(best.ravel(), minlength=n_tails)
    return frozenset(np.flatnonzero(counts > _HUB_SHARE * len(heads)).tolist())


def distances_of(memory: Memory, view: TrainingView) -> dict[tuple[str, InputKind], NDArray[np.float64]]:
    """Cosines of unseen entities to their nearest entity with training links, by modality and kind, as quantiles.

    Unseen are those that have held-out links and no training link; where they are fewer than twenty, a modality has
    no distances.
    """
    import torch

    graph, content = memory.graph, memory.content
    held = np.zeros(graph.n_entities, dtype=bool)
    for pairs in view.valid.values():
        held[pairs[:, 0]] = True
    unseen = held & ~memory.linked
    found = {}
    for modality in graph.modalities:
        rows = graph.rows(modality)
        trained = {kind: vectors for kind, _, vectors in content.take(rows[memory.linked[rows]], modality)}
        for kind, _, vectors in content.take(rows[unseen[rows]], modality):
            if len(vectors) < _FEW_DISTANCES or kind not in trained:
                continue
            ours, theirs = (torch.nn.functional.normalize(part, dim=-1) for part in (vectors, trained[kind]))
            nearest = torch.cat([(part @ theirs.T).amax(dim=1) for part in torch.split(ours, _BLOCK)]).cpu().numpy()
            levels = np.linspace(0, 1, min(_QUANTILES, len(nearest)))
            found[modality, kind] = np.quantile(nearest.astype(np.float64), levels)
    return found


def _quiet(_message: str, _share: float) -> None:
    """Progress that nobody asked for."""
