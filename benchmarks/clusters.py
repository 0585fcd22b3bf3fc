"""Clusters of proteins for the cold-cluster split, from an all-against-all search; writes benchmarks/clusters/.

    python benchmarks/clusters.py [--hits FILE]

Needs the MMseqs2 program (Steinegger & Söding 2017, doi:10.1038/nbt.3988) and about a quarter of an hour on one core.
Two proteins are linked when at least 30 % of the aligned residues are equal and the alignment covers at least half of
both, or at least 40 % and half of the shorter one; a cluster is a connected component of these links, so no protein has
such a relative in another cluster.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from common import ROOT

from biobridge_core.config import Settings
from biobridge_core.kg.clusters import sequences_digest
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.kg.synonyms import join_groups, synonym_groups

FOLDER = ROOT / "benchmarks" / "clusters"
IDENTITY_BOTH, IDENTITY_SHORTER, COVERAGE = 0.3, 0.4, 0.5
SEARCH = ["-s", "6", "-e", "1e-3", "--min-seq-id", "0.3", "--max-seqs", "2000", "--alignment-mode", "3"]
COLUMNS = ["query", "target", "fident", "alnlen", "qlen", "tlen", "qcov", "tcov", "evalue"]


def main() -> None:
    """Search where no hits are given, cluster, write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--hits", type=Path, help="result of the search, if it was run before")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    graph = KnowledgeGraph.load(Settings.from_env().build / "kg")
    with tempfile.TemporaryDirectory() as folder:
        hits = read_hits(arguments.hits or search(graph, Path(folder), arguments.threads))
    groups = components(graph, hits)
    rows = graph.rows("protein")
    names, sizes = np.unique(groups[rows], return_counts=True)
    header = {
        "sequences": sequences_digest(graph),
        "program": "MMseqs2 14-7e284",
        "search": " ".join(SEARCH),
        "identity_where_both_are_covered": IDENTITY_BOTH,
        "identity_where_the_shorter_is_covered": IDENTITY_SHORTER,
        "coverage": COVERAGE,
        "n_proteins": len(rows),
        "n_clusters": len(names),
        "largest": sorted(sizes.tolist(), reverse=True)[:10],
    }
    several = names[sizes > 1]
    number = {int(name): i for i, name in enumerate(several)}
    lines = [f"{graph.ids[row]}\t{number[int(groups[row])]}" for row in rows.tolist() if int(groups[row]) in number]
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / "proteins.tsv"
    path.write_text("\n".join(["#" + json.dumps(header), *lines]) + "\n", encoding="utf-8")
    print(f"{path.name}: {json.dumps(header)}")


def search(graph: KnowledgeGraph, folder: Path, threads: int) -> Path:
    """Align every protein with every other that shares enough; the file of hits."""
    fasta, hits = folder / "proteins.fasta", folder / "hits.tsv"
    rows = graph.rows("protein")
    with fasta.open("w", encoding="ascii") as file:
        for row, sequence in zip(rows.tolist(), graph.inputs(rows), strict=True):
            file.write(f">{graph.ids[row]}\n{sequence}\n")
    command = ["mmseqs", "easy-search", fasta, fasta, hits, folder / "tmp", *SEARCH, "--threads", str(threads)]
    subprocess.run([*map(str, command), "--format-output", ",".join(COLUMNS)], check=True)
    return hits


def read_hits(path: Path) -> pd.DataFrame:
    """Hits that link two proteins."""
    hits = pd.read_csv(path, sep="\t", names=COLUMNS)
    both = hits[["qcov", "tcov"]].min(axis=1)
    shorter = np.where(hits["qlen"] <= hits["tlen"], hits["qcov"], hits["tcov"])
    linked = (hits["fident"] >= IDENTITY_BOTH) & (both >= COVERAGE)
    linked |= (hits["fident"] >= IDENTITY_SHORTER) & (shorter >= COVERAGE)
    return hits[linked & (hits["query"] != hits["target"])]


def components(graph: KnowledgeGraph, hits: pd.DataFrame) -> np.ndarray:
    """Cluster of every entity: its lowest row, synonyms joined."""
    pairs = zip(map(graph.row, hits["query"]), map(graph.row, hits["target"]), strict=True)
    return join_groups(synonym_groups(graph), pairs)


if __name__ == "__main__":
    main()
