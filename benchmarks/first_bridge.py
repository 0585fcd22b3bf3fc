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

from biobridge_core.artifacts import verify_folder
from biobridge_core.bridge.data import Content
from biobridge_core.bridge.model import Bridge
from biobridge_core.bridge.train import STAGE
from biobridge_core.catalogue import Catalogue
from biobridge_core.config import Settings
from biobridge_core.errors import LeakageError
from biobridge_core.evaluate.protocols import TaskResult, Transductive
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.kg.splits import transductive

MIN_LINKS = 200
GO = ("biological_process", "molecular_function", "cellular_component")


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
    split = transductive(graph, seed=options["seed"], valid=options["held_out"], test=options["held_out"])
    if split.training.digest != manifest.inputs["split"]:
        raise LeakageError("The bridge was trained on another split.", "Train it on this graph first.")
    bridge = Bridge.load(folder)
    rows = evaluate(bridge, Transductive(graph, content, split))
    without = evaluate_plain(bridge, Transductive(graph, content, split, filter_ancestors=False))
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
            f"headline: relations and inverses between modalities with at least {MIN_LINKS} test links, a task each; "
            "rows with 'counts' false are reported apart. protein–GO links counted with experimental or author "
            "evidence in mean_mrr_*_experimental; all evidence in mean_mrr_*.",
            "mrr_difference_*: 95 % bootstrap interval over queries of bridge minus popularity.",
        ],
    )


def evaluate(bridge: Bridge, protocol: Transductive) -> list[dict[str, object]]:
    """All tasks, apart and merged, and protein–GO with experimental test links beside."""
    rows = []
    for merged, tasks in ((False, protocol.relation_tasks()), (True, protocol.merged_tasks())):
        for relations in tasks:
            if merged and len(relations) == 1:
                continue
            for experimental in (False, True):
                result = _one(bridge, protocol, relations, experimental)
                if result is not None:
                    rows.append(_row(result, merged))
    return rows


def evaluate_plain(bridge: Bridge, protocol: Transductive) -> Mapping[tuple[object, object], float]:
    """The bridge's MRR of each unmerged task."""
    results = (_one(bridge, protocol, relations, False) for relations in protocol.relation_tasks())
    return {(r.name, r.evidence): round(float(r.bridge.mrr.mean()), 5) for r in results if r is not None}


def _one(bridge: Bridge, protocol: Transductive, relations: tuple[str, ...], experimental: bool) -> TaskResult | None:
    definition = protocol.graph.relations[relations[0]]
    if experimental and not {definition.head, definition.tail} & set(GO):
        return None
    return protocol.evaluate(bridge, relations, experimental=experimental)


def _row(result: TaskResult, merged: bool) -> dict[str, object]:
    figures = result.row()
    ahead = float(result.bridge.mrr.mean()) > float(result.popularity.mrr.mean())
    return {**figures, "merged": merged, "counts": result.n_links >= MIN_LINKS and not merged, "ahead": ahead}


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
