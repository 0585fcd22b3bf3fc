"""The committed clusters of the starter graph's proteins."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from biobridge_core.config import ROOT
from biobridge_core.errors import ArtifactError
from biobridge_core.kg.clusters import read_clusters, sequences_digest
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.kg.splits import KNOWN, TEST_COLD, cold_cluster

TABLE = ROOT / "benchmarks" / "clusters" / "proteins.tsv"


def test_a_table_is_read_and_belongs_to_its_sequences(small_graph: KnowledgeGraph, tmp_path: Path) -> None:
    path = tmp_path / "clusters.tsv"
    ids = [small_graph.ids[row] for row in small_graph.rows("protein")]
    header = json.dumps({"sequences": sequences_digest(small_graph)})
    path.write_text(f"#{header}\n{ids[0]}\t7\n{ids[1]}\t7\n", encoding="utf-8")
    assert read_clusters(path, small_graph) == {ids[0]: "7", ids[1]: "7"}
    path.write_text('#{"sequences": "0"}\n', encoding="utf-8")
    with pytest.raises(ArtifactError, match="other sequences"):
        read_clusters(path, small_graph)
    for damaged in ("", "no header\n", '#{"sequences": "0"}\nno tab\n'):
        path.write_text(damaged, encoding="utf-8")
        with pytest.raises(ArtifactError, match="cannot be read"):
            read_clusters(path, small_graph)
    with pytest.raises(ArtifactError, match="cannot be read"):
        read_clusters(tmp_path / "missing.tsv", small_graph)


@pytest.mark.bundle
def test_the_starter_proteins_are_held_out_by_cluster(bundle_folder: Path) -> None:
    graph = KnowledgeGraph.load(bundle_folder / "kg")
    clusters = read_clusters(TABLE, graph)
    split = cold_cluster(graph, clusters, seed=0)
    rows = graph.rows("protein")
    assert (split.cold[rows] == TEST_COLD).mean() == pytest.approx(0.1, abs=0.002)
    states: dict[str, set[int]] = {}
    for id_, cluster in clusters.items():
        states.setdefault(cluster, set()).add(int(split.cold[graph.row(id_)]))
    assert all(len(found) == 1 for found in states.values())
    # globins and a family of kinases: each in one cluster, not in each other's
    for family in (("P69905", "P68871", "P02042"), ("Q13131", "P54646")):
        assert len({clusters[f"UniProtKB:{id_}"] for id_ in family}) == 1
    assert clusters["UniProtKB:P69905"] != clusters["UniProtKB:Q13131"]
    words = {id_: _words(text) for id_, text in zip(map(graph.ids.__getitem__, rows), graph.inputs(rows), strict=True)}
    cold = [graph.ids[row] for row in rows if split.cold[row] == TEST_COLD]
    known = set().union(*(words[graph.ids[row]] for row in rows if split.cold[row] == KNOWN))
    shared = [np.mean([word in known for word in words[id_]]) for id_ in cold if words[id_]]
    assert np.quantile(shared, 0.99) < 0.35  # hardly any stretch of twelve residues is known


def _words(sequence: str, n: int = 12) -> set[str]:
    return {sequence[i : i + n] for i in range(0, len(sequence) - n + 1, n)}
