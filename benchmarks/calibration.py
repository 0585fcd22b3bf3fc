"""Whether the chances that are shown hold: held-out links, known and unseen queries apart, half against half.

The bridge is measured as it lies beside its memory, its reading and its ``calibration.json``, which this run fits again
and compares. Two things are checked beside: that the reading, which was fitted on the same held-out links, does not
flatter the figures, and that hits as they are served, over all relations between two modalities, keep their word.
"""

from __future__ import annotations

import zlib
from types import SimpleNamespace
from typing import cast

import numpy as np
import torch
from common import write_result
from numpy.typing import NDArray

from biobridge_core.artifacts import MANIFEST, read_manifest
from biobridge_core.bridge.calibrating import MAX_ECE, MIN_LINKS, SHOWN, Answers, answers, fit_entries
from biobridge_core.bridge.calibration import CALIBRATION, Calibration
from biobridge_core.bridge.calibration_stage import Trained, open_trained
from biobridge_core.bridge.reader import Reader, fit_reading
from biobridge_core.bundle import Bundle
from biobridge_core.calibrate import Bins, Measured, assess, fit
from biobridge_core.catalogue import Catalogue
from biobridge_core.config import Settings
from biobridge_core.errors import ArtifactError
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.kg.hierarchy import Links
from biobridge_core.kg.split import TrainingView
from biobridge_core.retrieve import Retriever
from biobridge_core.types import CONFIDENT, HitStatus

COUNTED = 500  # held-out links from which a relation counts
_SAMPLE = 100  # queries of a relation with a reading fitted apart
_SERVED = 60  # queries from one modality to another, as served
_REACH = 200  # hits asked for, so that twenty that are not known are among them

Row = dict[str, object]


def main() -> None:
    """Measure and write ``benchmarks/results/calibration.json``."""
    settings = Settings.from_env()
    if settings.threads:
        torch.set_num_threads(settings.threads)
    root = settings.build if (settings.build / "bridge" / MANIFEST).is_file() else settings.bundle
    trained = open_trained(root)
    fitted, measured = fit_entries(trained.reader, trained.view, seed=trained.seed, progress=_say)
    shipped = Calibration.load(root / "bridge")
    _check_same(Calibration(fitted), shipped)
    rows = [_row(shipped, *key, measured.get(key)) for key in sorted(_keys(shipped), key=lambda key: (not key[1], key))]
    effects = reading_effect(trained, [key for key in _keys(shipped) if _links(shipped, *key) >= COUNTED])
    served = as_served(trained, shipped, Catalogue.load(root / "catalogue"))
    counted = [row for row in rows if row["counted"]]
    write_result(
        "calibration",
        headline={
            "worst_ece_known": _worst(counted, "known"),
            "worst_ece_unseen": _worst(counted, "unseen"),
            "share_calibrated": round(float(np.mean([bool(row["calibrated"]) for row in counted])), 4),
            "min_brier_skill": min(float(str(row["skill"])) for row in counted),
            "n_counted": len(counted),
            "n_with_chance": sum(bool(row["shown"]) for row in rows),
            "worst_ece_served": max(float(str(row["ece"])) for row in served),
            "reading_effect_ece": max(abs(float(str(row["ece_effect"]))) for row in effects),
            "reading_effect_skill": max(float(str(row["skill_effect"])) for row in effects),
        },
        rows=[*rows, *served, *effects],
        seeds=[trained.seed],
        manifest={part: read_manifest(root / part).digest for part in ("bridge", "kg")},
        notes=[
            "kind=relation: the 20 best hits of each held-out query, training links left out; label: the graph holds "
            "the link. known: heads with training links; unseen: heads without any.",
            "ece: expected calibration error over 15 bins of equal numbers of hits; curve and method fitted on one "
            "half of the queries and measured on the other, both ways, mean of 5 halvings. bins: all five together.",
            "skill: 1 - Brier score / Brier score of the share of true links among these very hits.",
            f"counted: {COUNTED} held-out links or more. calibrated: ece at most {MAX_ECE} and skill above 0. shown: a "
            f"chance is shown, for which {MIN_LINKS} links are enough; else rank and percentile alone.",
            "For known queries a chance is that of a link that was hidden among others that were not: about 5 % of the "
            "links of a relation were, so most of what a query is linked to was known already.",
            f"confident: hits with a chance of {CONFIDENT} or more.",
            "kind=reading: ece_effect and skill_effect say what changes when the weights of the reading, too, are "
            "fitted without the queries that are measured (positive skill_effect: the shipped reading looks better "
            f"than it is); {_SAMPLE} queries a relation, and as many for the reading.",
            f"kind=served: what a visitor sees, over all relations between two modalities; at most {_SERVED} queries; "
            "with the shipped curves, which were fitted on these queries among others.",
            "A link that the graph lacks counts as wrong although it may be right.",
        ],
    )


def reading_effect(trained: Trained, keys: list[tuple[str, bool]]) -> list[Row]:
    """Calibration error with a reading that was fitted on the other half of the entities, against the shipped one."""
    reader, view = trained.reader, trained.view
    memory, content, bridge = reader.memory, reader.content, reader.bridge
    half = np.random.default_rng(trained.seed).random(memory.graph.n_entities) < 0.5
    readings = []
    for mine in (True, False):
        _say(f"Fitting the reading on {'one' if mine else 'the other'} half", 0.0)
        valid: dict[str, Links] = {name: links[half[links[:, 0]] == mine] for name, links in view.valid.items()}
        part = TrainingView(view.train, valid, view.digest)
        readings.append(fit_reading(memory.graph, content, part, bridge, memory, sample=100, seed=trained.seed))
    rows: list[Row] = []
    for i, (relation, known) in enumerate(keys):
        _say(f"Reading anew: {relation}", i / len(keys))
        shipped = _across([reader, reader], view, relation, known, half)
        anew = _across([Reader(bridge, content, memory, reading) for reading in readings], view, relation, known, half)
        rows.append(
            {
                "kind": "reading",
                "relation": relation,
                "regime": _regime(known),
                "ece": round(anew.ece, 4),
                "ece_effect": round(anew.ece - shipped.ece, 4),
                "skill": round(anew.skill, 4),
                "skill_effect": round(shipped.skill - anew.skill, 4),
            }
        )
    return rows


def as_served(trained: Trained, calibration: Calibration, catalogue: Catalogue) -> list[Row]:
    """Chances of the hits that the retriever gives where the graph lacks the held-out links."""
    reader, view, graph = trained.reader, trained.view, trained.reader.memory.graph
    bundle = SimpleNamespace(
        graph=without(graph, view),
        catalogue=catalogue,
        bridge=reader.bridge,
        reader=reader,
        calibration=calibration,
    )
    retriever = Retriever(cast(Bundle, bundle), torch.device("cpu"))
    rows: list[Row] = []
    for head, tail in sorted({(graph.relations[r].head, graph.relations[r].tail) for r in view.valid}):
        between = [r.name for r in graph.relations_between(head, tail)]
        links = np.concatenate([view.valid[name] for name in between if name in view.valid])
        held = {(int(h), int(t)) for h, t in links}
        for known in (True, False):
            heads = np.unique(links[reader.memory.linked[links[:, 0]] == known, 0])
            rng = np.random.default_rng([trained.seed, zlib.crc32(f"{head} {tail}".encode()), known])
            heads = rng.choice(heads, min(_SERVED, len(heads)), replace=False)
            _say(f"As served: {head} to {tail}", 0.0)
            chances, labels = _served(retriever, heads.tolist(), tail, held)
            if len(chances) < _SERVED:
                continue
            rows.append(
                {"kind": "served", "head": head, "tail": tail, "regime": _regime(known), "queries": len(heads)}
                | _figures(assess([chances], labels))
            )
    return rows


def without(graph: KnowledgeGraph, view: TrainingView) -> KnowledgeGraph:
    """The graph less the held-out links, which the service would show as known, without a chance."""
    keep = np.ones(graph.n_triples, dtype=bool)
    ends = graph.heads.astype(np.int64) * graph.n_entities + graph.tails
    for name, links in view.valid.items():
        if graph.relations[name].forward:
            mine = graph.relation_of_triple == graph.forward_names.index(name)
            keep &= ~(mine & np.isin(ends, links[:, 0].astype(np.int64) * graph.n_entities + links[:, 1]))
    return graph.with_triples(keep)


def _served(
    retriever: Retriever, heads: list[int], tail: str, held: set[tuple[int, int]]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Chance and label of the twenty best hits of each query that training did not hold, where a chance is given."""
    chances, labels = [], []
    for row in heads:
        hits = retriever.retrieve(retriever.head(row), [tail], _REACH)[0].hits
        best = [hit for hit in hits if hit.status is HitStatus.PREDICTED][:SHOWN]
        for hit in best:
            if hit.probability is not None:
                chances.append(hit.probability)
                labels.append((row, retriever.graph.row(hit.entity.id)) in held)
    return np.array(chances), np.array(labels, dtype=bool)


def _across(readers: list[Reader], view: TrainingView, relation: str, known: bool, half: NDArray[np.bool_]) -> Measured:
    """Fit on one half of the entities with the first reader, measure on the other, and the other way round."""
    chances, labels = [], []
    asked: dict[int, Answers] = {}
    for reader, mine in zip(readers, (True, False), strict=True):
        if id(reader) not in asked:
            asked[id(reader)] = cast(Answers, answers(reader, view, relation, known=known, sample=_SAMPLE))
        found = asked[id(reader)]
        scores, truth, queries, ranks = found.flat()
        ours = half[found.heads[queries]] == mine
        curve = fit(scores[ours], truth[ours], queries[ours])
        there = ~ours & (ranks <= SHOWN)
        chances.append(curve(scores[there]))
        labels.append(truth[there])
    return assess([np.concatenate(chances)], np.concatenate(labels))


def _row(calibration: Calibration, relation: str, known: bool, found: Measured | None) -> Row:
    entry = calibration.entries[known][relation]
    row: Row = {
        "kind": "relation",
        "relation": relation,
        "regime": _regime(known),
        "links": entry.n_links,
        "counted": entry.n_links >= COUNTED,
        "shown": entry.curve is not None,
        "reason": entry.reason,
        "method": entry.curve.method if entry.curve is not None else "",
    }
    if found is None:
        return row
    return row | {"calibrated": found.ece <= MAX_ECE and found.skill > 0} | _figures(found)


def _figures(found: Measured) -> Row:
    return {
        "hits": found.n_hits,
        "ece": round(found.ece, 4),
        "brier": round(found.brier, 5),
        "base_brier": round(found.base_brier, 5),
        "skill": round(found.skill, 4),
        "base_rate": round(found.base_rate, 4),
        "bins": _bins(found.bins),
    }


def _bins(bins: Bins) -> list[dict[str, float]]:
    return [
        {"predicted": round(float(p), 4), "observed": round(float(o), 4), "n": int(n)}
        for p, o, n in zip(bins.predicted, bins.observed, bins.counts, strict=True)
    ]


def _check_same(fitted: Calibration, shipped: Calibration) -> None:
    """What is measured must be what lies beside the bridge."""
    for key in _keys(shipped):
        ours, theirs = fitted.entries[key[1]][key[0]], shipped.entries[key[1]][key[0]]
        same = (ours.curve is None) == (theirs.curve is None)
        if ours.curve is not None and theirs.curve is not None:
            apart = np.abs(ours.curve(theirs.curve.scores) - theirs.curve.chances)
            same = bool(apart.mean() < 2e-3)  # a score that is rounded at a step may stand on its other side
        if not same:
            raise ArtifactError(
                f"{CALIBRATION} is not what this bridge gives for {key[0]}.", "Run `biobridge build calibration`."
            )


def _keys(calibration: Calibration) -> list[tuple[str, bool]]:
    return [(relation, known) for known, table in calibration.entries.items() for relation in table]


def _links(calibration: Calibration, relation: str, known: bool) -> int:
    return calibration.entries[known][relation].n_links


def _worst(rows: list[Row], regime: str) -> float:
    return max(float(str(row["ece"])) for row in rows if row["regime"] == regime)


def _regime(known: bool) -> str:
    return "known" if known else "unseen"


def _say(message: str, done: float) -> None:
    print(f"[{100 * done:5.1f} %] {message}", flush=True)


if __name__ == "__main__":
    main()
