"""Clusters of similar proteins, made once with MMseqs2 and kept as a small table beside the benchmarks.

The table starts with one line of JSON after ``#``: what made it, and the sha256 of the sequences that it is about. Then
one protein a line: id, tab, number of its cluster. A protein that stands alone is not listed.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from biobridge_core.errors import ArtifactError

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph


def read_clusters(path: Path, graph: KnowledgeGraph, modality: str = "protein") -> dict[str, str]:
    """Read the cluster of every protein that has one.

    Raises
    ------
    ArtifactError
        If the file is missing or damaged, or about other sequences than the graph has.
    """
    try:
        first, *lines = path.read_text(encoding="utf-8").splitlines()
        header: dict[str, Any] = json.loads(first.removeprefix("#"))
        clusters = dict(line.split("\t") for line in lines)
        stated = header["sequences"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"{path} cannot be read as clusters: {error}.", "Run benchmarks/clusters.py.") from error
    if stated != sequences_digest(graph, modality):
        raise ArtifactError(f"{path} is about other sequences than the graph has.", "Run benchmarks/clusters.py.")
    return clusters


def sequences_digest(graph: KnowledgeGraph, modality: str = "protein") -> str:
    """sha256 over the ids and inputs of a modality."""
    rows = graph.rows(modality)
    digest = hashlib.sha256()
    for row, text in zip(rows.tolist(), graph.inputs(rows), strict=True):
        digest.update(f">{graph.ids[row]}\n{text}\n".encode())
    return digest.hexdigest()
