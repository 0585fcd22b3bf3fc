"""A graph on disk: zstd parquet tables and JSON, one folder with a manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from biobridge_core.artifacts import read_manifest, verify_folder, write_folder
from biobridge_core.errors import ArtifactError
from biobridge_core.kg.graph import Columns, KnowledgeGraph, Source
from biobridge_core.types import InputKind, Modality, Relation

if TYPE_CHECKING:
    from typing import Any

STAGE = "kg"
_FORMAT = 1
_WORDS = ["relation", "source", "evidence", "value"]


def save(graph: KnowledgeGraph, folder: Path, *, meta: Mapping[str, object], inputs: Mapping[str, str]) -> None:
    """Write a graph; see ``KnowledgeGraph.save``."""
    columns = graph.columns
    with write_folder(folder, STAGE, inputs=inputs, meta=dict(meta)) as target:
        _write(columns.entities, target / "entities.parquet", dictionary=["modality", "input_kind", "source"])
        _write(columns.details(), target / "details.parquet")
        _write(columns.sequences(), target / "sequences.parquet")
        _write(columns.triples, target / "triples.parquet", dictionary=_WORDS)
        _write_json(target / "modalities.json", graph.modalities)
        _write_json(target / "relations.json", graph.relations)
        _write_json(target / "SOURCES.json", graph.sources)
        head = {"format": _FORMAT, "digest": graph.digest}
        (target / "graph.json").write_text(json.dumps(head, indent=1) + "\n", encoding="utf-8")


def load(folder: Path, *, verify: bool) -> KnowledgeGraph:
    """Open a graph; see ``KnowledgeGraph.load``."""
    if verify:
        verify_folder(folder, STAGE)
    else:
        read_manifest(folder, STAGE)
    head = _read_json(folder / "graph.json")
    if head.get("format") != _FORMAT:
        raise ArtifactError(
            f"{folder} holds a graph of format {head.get('format')!r}, this program reads {_FORMAT}.",
            "Build it again with `biobridge build kg`.",
        )
    modalities = {
        key: Modality(**{**row, "input_kind": InputKind(row["input_kind"])})
        for key, row in _read_json(folder / "modalities.json").items()
    }
    relations = {key: Relation(**row) for key, row in _read_json(folder / "relations.json").items()}
    sources = {key: Source(**row) for key, row in _read_json(folder / "SOURCES.json").items()}
    columns = Columns(
        entities=_read(folder / "entities.parquet"),
        triples=_read(folder / "triples.parquet", dictionary=_WORDS),
        details=partial(_read_later, folder, "details.parquet", str(head["digest"])),
        sequences=partial(_read_later, folder, "sequences.parquet", str(head["digest"])),
    )
    return KnowledgeGraph(columns, modalities, relations, sources, head["digest"])


def _write(table: pa.Table, path: Path, dictionary: list[str] | None = None) -> None:
    dictionary = dictionary or []
    plain = [name for name in table.column_names if name not in dictionary]
    encoding = {name: "DELTA_BINARY_PACKED" for name in plain if pa.types.is_integer(table.schema.field(name).type)}
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=19,
        use_dictionary=dictionary or False,
        column_encoding=encoding or None,
        row_group_size=1 << 20,
        data_page_size=1 << 22,
        write_statistics=False,
    )


def _read(path: Path, dictionary: list[str] | None = None) -> pa.Table:
    try:
        return pq.read_table(path, read_dictionary=dictionary, memory_map=False).combine_chunks()
    except (OSError, pa.ArrowException) as error:
        raise ArtifactError(
            f"{path} cannot be read: {error}.", "Restore it from the repository or run `biobridge build kg`."
        ) from error


def _read_later(folder: Path, name: str, digest: str) -> pa.Table:
    """Read a table that was not needed at first, unless another graph has taken the folder's place meanwhile."""
    if _read_json(folder / "graph.json").get("digest") != digest:
        raise ArtifactError(f"{folder} was built anew while it was in use.", "Start again.")
    return _read(folder / name)


def _write_json(path: Path, rows: Mapping[str, Modality] | Mapping[str, Relation] | Mapping[str, Source]) -> None:
    text = json.dumps({key: asdict(row) for key, row in rows.items()}, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def _read_json(path: Path) -> dict[str, Any]:
    try:
        rows: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ArtifactError(
            f"{path} cannot be read: {error}.", "Restore it from the repository or run `biobridge build kg`."
        ) from error
    return rows
