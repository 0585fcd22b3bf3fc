"""The trained bridge against popularity on held-out links, per relation; writes benchmarks/results/first_bridge.json.

    python benchmarks/first_bridge.py [--bridge FOLDER]

The split is drawn again from the seed in the bridge's manifest and must be the one that it was trained on.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from common import write_result
from numpy.typing import NDArray

from biobridge_core.artifacts import verify_folder
from biobridge_core.bridge.data import Content, scores
from biobridge_core.bridge.model import Bridge
from biobridge_core.bridge.train import STAGE
from biobridge_core.catalogue import Catalogue
from biobridge_core.config import Settings
from biobridge_core.errors import LeakageError
from biobridge_core.evaluate.popularity import Popularity
from biobridge_core.evaluate.protocols import evaluate
from biobridge_core.evaluate.results import ENOUGH_LINKS, TaskResult
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.kg.splits import Split, transductive
from biobridge_core.kg.synonyms import same_input_groups, synonym_groups


def main() -> None:
    """Evaluate and write the result file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--bridge", type=Path, help="folder of the bridge (default: the profile's build folder)")
    parser.add_argument("--name", default="first_bridge", help="stem of the result file")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    settings = Settings.from_env()
    folder = arguments.bridge or settings.build / "bridge"
    manifest = verify_folder(folder, STAGE)
    options: Any = manifest.meta["options"]
    graph = KnowledgeGraph.load(settings.build / "kg")
    content = Content.from_catalogue(graph, Catalogue.load(settings.build / "catalogue"))
    split = split_of(graph, options, manifest.inputs["split"])
    bridge = Bridge.load(folder)
    scorers = [PlainBridge(bridge, content), Popularity(graph, split.training)]
    rows = rows_of(evaluate(graph, split, scorers, merged=False), False)
    rows += rows_of(evaluate(graph, split, scorers), True)
    plain = evaluate(graph, split, scorers[:1], merged=False, filter_ancestors=False)
    without = {(r.name, r.evidence): round(r.figure("bridge").mean, 5) for r in plain}
    for row in rows:
        row["bridge_mrr_without_ancestor_filter"] = without.get((row["task"], row["evidence"]))
    write_result(
        arguments.name,
        headline=headline(rows),
        rows=rows,
        seeds=[options["seed"]],
        manifest={**manifest.inputs, "bridge": manifest.digest},
        notes=[
            "Filtered MRR against all entities of the tail modality, realistic ties, mean per query; one seed.",
            "10 % of the pairs of each relation held out, both directions and all drug actions of a pair together; "
            "another 10 % for validation. A test link that follows from training through is-a is not in the test; "
            "ancestors of true tails are filtered.",
            f"headline: relations and inverses between modalities with at least {ENOUGH_LINKS} test links, a task "
            "each; rows with 'counts' false are reported apart. protein–GO links counted with experimental or author "
            "evidence in mean_mrr_*_experimental; all evidence in mean_mrr_*.",
            "mrr_difference_*: 95 % bootstrap interval over queries of bridge minus popularity.",
        ],
    )


def split_of(graph: KnowledgeGraph, options: Mapping[str, Any], digest: str) -> Split:
    """The split that the bridge was trained on; the first one knew equal encoder inputs alone for synonyms."""
    for groups in (synonym_groups(graph), same_input_groups(graph)):
        held = options["held_out"]
        split = transductive(graph, seed=options["seed"], valid=held, test=held, groups=groups)
        if split.training.digest == digest:
            return split
    raise LeakageError("The bridge was trained on another split.", "Train it on this graph first.")


class PlainBridge:
    """The bridge over frozen content alone; a relation that it does not know gets the lowest cosine."""

    name = "bridge"

    def __init__(self, bridge: Bridge, content: Content) -> None:
        self._bridge, self._content = bridge, content

    def scores(self, heads: NDArray[np.int32], relation: str) -> NDArray[np.float32]:
        """Cosines with every entity of the tail modality: (n, n_tails)."""
        if relation not in self._bridge.config.relations:
            tail = self._content.graph.relations[relation].tail
            return np.full((len(heads), len(self._content.graph.rows(tail))), -1.0, dtype=np.float32)
        return scores(self._bridge, self._content, heads, relation)


def rows_of(results: list[TaskResult], merged: bool) -> list[dict[str, object]]:
    """Figures of the tasks under the names that the README and the tests read."""
    rows = []
    for result in results:
        if merged and len(result.relations) == 1:
            continue
        row = result.row(against="popularity")
        row["mrr_difference_low"] = row.pop("bridge_minus_popularity_low")
        row["mrr_difference_high"] = row.pop("bridge_minus_popularity_high")
        ahead = result.values("bridge").mean() > result.values("popularity").mean()
        rows.append({**row, "merged": merged, "counts": result.counts and not merged, "ahead": bool(ahead)})
    return rows


def headline(rows: list[dict[str, object]]) -> dict[str, float]:
    """Means over the tasks with enough test links."""
    counted = [row for row in rows if row["counts"] and row["evidence"] == "all"]
    by_task = {row["task"]: row for row in counted}
    by_task |= {row["task"]: row for row in rows if row["counts"] and row["evidence"] == "experimental"}
    strict = list(by_task.values())

    def mean(table: list[dict[str, object]], name: str) -> float:
        return round(float(np.mean([float(str(row[name])) for row in table])), 4)

    return {
        "mean_mrr_bridge": mean(counted, "bridge_mrr"),
        "mean_mrr_popularity": mean(counted, "popularity_mrr"),
        "n_tasks": len(counted),
        "n_tasks_ahead": sum(bool(row["ahead"]) for row in counted),
        "n_tasks_ahead_95": sum(float(str(row["mrr_difference_low"])) > 0 for row in counted),
        "mean_hits_at_10_bridge": mean(counted, "bridge_hits_at_10"),
        "mean_hits_at_10_popularity": mean(counted, "popularity_hits_at_10"),
        "mean_mrr_bridge_experimental": mean(strict, "bridge_mrr"),
        "mean_mrr_popularity_experimental": mean(strict, "popularity_mrr"),
        "n_tasks_experimental": len(strict),
        "n_tasks_ahead_experimental": sum(bool(row["ahead"]) for row in strict),
    }


if __name__ == "__main__":
    main()
