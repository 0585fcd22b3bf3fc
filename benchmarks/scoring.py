"""What it takes to score one query against everything, and what eight bits a number cost; writes results/scoring.json.

    python benchmarks/scoring.py [--queries 200] [--no-quantisation]

Scoring: from the frozen vector of an entity to the score of every entity of every kind that a relation leads to, under
every relation, memory read. Times are CPU times of one thread, which other work on the machine hardly changes.

Quantisation: the bridge of the transductive split, seed 0, on vectors as the catalogue ships them and on the same
vectors before they were brought to eight bits; validation links, filtered MRR.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from common import write_result
from numpy.typing import NDArray

from biobridge_core.artifacts import read_manifest
from biobridge_core.bridge.data import Content
from biobridge_core.bridge.memory import Memory
from biobridge_core.bridge.memory_files import load_memory
from biobridge_core.bridge.model import Bridge
from biobridge_core.bridge.quick import QuickReader
from biobridge_core.bridge.reader import Reader, fit_reading
from biobridge_core.bridge.reading import Reading
from biobridge_core.catalogue import Catalogue
from biobridge_core.config import Settings
from biobridge_core.evaluate.bridges import STAGE, ContentScorer, MemoryScorer
from biobridge_core.evaluate.validation import Validation
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.kg.hierarchy import ancestor_matrix
from biobridge_core.kg.splits import transductive
from biobridge_core.store import EmbeddingStore
from biobridge_core.types import InputKind

SEED = 0
_KINDS = list(InputKind)


class Clock:
    """CPU milliseconds of this thread, by what they were spent on."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}

    @contextmanager
    def on(self, what: str) -> Iterator[None]:
        """Count what is done inside."""
        start = time.thread_time()
        yield
        self.spent[what] = self.spent.get(what, 0.0) + 1000 * (time.thread_time() - start)


def score(reader: QuickReader, row: int, *, own: bool, clock: Clock) -> dict[str, NDArray[np.float32]]:
    """Relation -> score of every entity of its tail modality, (1, n_tails); as `QuickReader.everywhere`."""
    with clock.on("memory: who is alike"):
        query = reader.ask(np.array([row]), own=own)
    with clock.on("bridge: query and cosines"):
        cosines = reader.cosines(row)
    with clock.on("memory: votes, weighed"):
        return {name: reader.read(query, found, name) for name, found in cosines.items()}


def opened(folder: Path) -> QuickReader:
    """Bridge and memory of a bundle."""
    graph = KnowledgeGraph.load(folder / "kg")
    content = Content.from_catalogue(graph, Catalogue.load(folder / "catalogue"))
    memory = load_memory(folder / "bridge", graph, content)
    return QuickReader(Bridge.load(folder / "bridge"), content, memory, Reading.load(folder / "bridge"))


def time_scoring(folder: Path, n: int) -> tuple[dict[str, float], list[dict[str, object]]]:
    """Headline and rows: each modality apart, with its own links read and as if unseen."""
    reader = opened(folder)
    graph, rng = reader.memory.graph, np.random.default_rng(SEED)
    rows: list[dict[str, object]] = []
    every: list[float] = []
    for modality in graph.modalities:
        linked = graph.rows(modality)[reader.memory.linked[graph.rows(modality)]]
        if not len(linked):
            continue
        share = max(10, round(n * len(linked) / int(reader.memory.linked.sum())))
        for own in (True, False):
            chosen = rng.choice(linked, min(share, len(linked)), replace=False)
            totals, parts = [], Clock()
            for row in chosen[:3].tolist():
                score(reader, row, own=own, clock=Clock())  # what is made on first use
            for row in chosen.tolist():
                clock = Clock()
                score(reader, row, own=own, clock=clock)
                totals.append(sum(clock.spent.values()))
                for what, spent in clock.spent.items():
                    parts.spent[what] = parts.spent.get(what, 0.0) + spent / len(chosen)
            every += totals
            rows.append(
                {
                    "kind": "time",
                    "head": modality,
                    "read": "own links" if own else "as if unseen",
                    "n": len(totals),
                    "p50_ms": round(statistics.median(totals), 2),
                    "p95_ms": round(float(np.percentile(totals, 95)), 2),
                    **{f"mean_ms, {what}": round(spent, 2) for what, spent in parts.spent.items()},
                }
            )
            print(rows[-1], flush=True)
    headline = {
        "score_catalogue_ms_p50": round(statistics.median(every), 2),
        "score_catalogue_ms_p95": round(float(np.percentile(every, 95)), 2),
    }
    return headline, rows


def quantisation(settings: Settings, *, sample: int) -> tuple[dict[str, float], list[dict[str, object]]]:
    """MRR of one bridge on vectors of eight bits and of 32."""
    graph = KnowledgeGraph.load(settings.build / "kg")
    catalogue = Catalogue.load(settings.build / "catalogue")
    view = transductive(graph, seed=SEED).training
    folder = _bridge_of(settings.build / "studies", view.digest)
    validation = Validation(graph, view, ancestor_matrix(graph), sample=sample, seed=SEED)
    rows: list[dict[str, object]] = []
    contents = {"eight bits": Content.from_catalogue(graph, catalogue), "float32": exact(settings, graph, catalogue)}
    reading: Reading | None = None
    mrr: dict[tuple[str, str], float] = {}
    for vectors, content in contents.items():
        bridge = Bridge.load(folder)
        memory = Memory(graph, content, view.train)
        reading = reading or fit_reading(graph, content, view, bridge, memory, sample=sample, seed=SEED)
        for scorer in (
            ContentScorer(bridge, content, "bridge, content"),
            MemoryScorer(Reader(bridge, content, memory, reading), "bridge, memory"),
        ):
            mrr[scorer.name, vectors] = validation.mrr(scorer)
            rows.append(
                {"kind": "mrr", "scorer": scorer.name, "vectors": vectors, "mrr": round(mrr[scorer.name, vectors], 5)}
            )
            print(rows[-1], flush=True)
    loss = {
        name: round(100 * (1 - mrr[f"bridge, {name}", "eight bits"] / mrr[f"bridge, {name}", "float32"]), 3)
        for name in ("memory", "content")
    }
    return {"quantisation_loss_percent": loss["memory"], "quantisation_loss_percent_content": loss["content"]}, rows


def exact(settings: Settings, graph: KnowledgeGraph, catalogue: Catalogue) -> Content:
    """The vectors of the catalogue as they were before they were brought to eight bits."""
    vectors: dict[InputKind, NDArray[np.float32]] = {}
    rows: dict[InputKind, NDArray[np.integer]] = {}
    for kind, encoder in catalogue.encoder_ids.items():
        with EmbeddingStore(settings.build / "vectors" / encoder, encoder, len(catalogue.space(kind).mean)) as store:
            rows[kind] = catalogue.rows(kind)
            vectors[kind] = catalogue.project(kind, store.get([graph.ids[row] for row in rows[kind]]))
    return Content(graph, vectors, rows, {kind.value: name for kind, name in catalogue.encoder_ids.items()})


def _bridge_of(studies: Path, view: str) -> Path:
    """The kept bridge that was trained longest on a view."""
    found: Mapping[Path, float] = {
        path.parent: float(str(read_manifest(path.parent, STAGE).meta["seconds"]))
        for path in studies.glob("*/manifest.json")
        if read_manifest(path.parent, STAGE).meta["view"] == view
    }
    if not found:
        raise SystemExit("No bridge is trained on this split: run benchmarks/retrieval --models bridge first.")
    return max(found, key=lambda folder: found[folder])


def main() -> None:
    """Measure and write the result file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--queries", type=int, default=200, help="entities that are asked, in all modalities")
    parser.add_argument("--sample", type=int, default=100, help="validation queries of a relation")
    parser.add_argument("--no-quantisation", action="store_true", help="times alone")
    parser.add_argument("--folder", type=Path, help="bundle or build folder whose bridge is timed")
    parser.add_argument("--results", type=Path, help="folder of the result file")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    settings = Settings.from_env()
    headline, rows = time_scoring(arguments.folder or settings.bundle, arguments.queries)
    if not arguments.no_quantisation:
        found, more = quantisation(settings, sample=arguments.sample)
        headline |= found
        rows += more
    write_result(
        "scoring",
        headline=headline,
        rows=rows,
        notes=[
            "score_catalogue_ms: CPU milliseconds of one thread, from an entity's frozen vector to the scores of all "
            "entities of every kind that a relation leads to, under every relation; half of the queries with their own "
            "links, half as if the graph had never seen them. Modalities by their share of linked entities, at least "
            "ten each.",
            "quantisation_loss_percent: loss of filtered MRR on validation links of the transductive split, seed 0, by "
            "eight bits a number in the vectors that bridge and memory read; bridge and reading fitted on eight bits.",
        ],
        seeds=[SEED],
        **({"folder": arguments.results} if arguments.results else {}),
    )


if __name__ == "__main__":
    main()
