"""From a source's pandas tables to the numbered Arrow columns of a graph."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from biobridge_core.errors import GraphError
from biobridge_core.kg.graph import Columns, pack_input
from biobridge_core.kg.schema import ENTITY_COLUMNS, TRIPLE_COLUMNS
from biobridge_core.types import InputKind, Modality, Relation

if TYPE_CHECKING:
    from biobridge_core.kg.graph import Source

_LISTS = ("synonyms", "xrefs", "flags")
_WORDS = pa.dictionary(pa.int32(), pa.string())


def columns_from_tables(
    entities: pd.DataFrame,
    triples: pd.DataFrame,
    modalities: Mapping[str, Modality],
    relations: Mapping[str, Relation],
) -> Columns:
    """Number, sort and type the two tables.

    Raises
    ------
    GraphError
        See ``KnowledgeGraph.from_tables``.
    """
    _need(entities, ENTITY_COLUMNS, "entity")
    _need(triples, TRIPLE_COLUMNS, "triple")
    _only_known(entities["modality"], modalities, "modality")
    _only_known(entities["input_kind"], [kind.value for kind in InputKind], "input kind")
    forward = [name for name, relation in relations.items() if relation.forward]
    _only_known(triples["relation"], forward, "forward relation")
    entities = _sorted_entities(entities, list(modalities))
    row_of_id = pd.Series(np.arange(len(entities), dtype=np.int32), index=entities["id"].to_numpy())
    if not row_of_id.index.is_unique:
        twice = row_of_id.index[row_of_id.index.duplicated()][0]
        raise GraphError(f"The id {twice} occurs twice among the entities.", "Merge the two rows before building.")
    details, sequences = _details(entities), _sequences(entities)
    return Columns(
        entities=_entities(entities),
        triples=_triples(triples, row_of_id, forward),
        details=lambda: details,
        sequences=lambda: sequences,
    )


def content_digest(
    columns: Columns,
    modalities: Mapping[str, Modality],
    relations: Mapping[str, Relation],
    sources: Mapping[str, Source],
) -> str:
    """sha256 over everything that the graph says."""
    total = hashlib.sha256()
    for part in (modalities, relations, sources):
        total.update(json.dumps({key: asdict(value) for key, value in part.items()}).encode())
    for table in (columns.entities, columns.details(), columns.sequences(), columns.triples):
        for name in table.column_names:
            total.update(name.encode())
            for piece in _bytes_of(table[name]):
                total.update(piece)
    return total.hexdigest()


def _bytes_of(column: pa.ChunkedArray) -> Iterable[bytes]:
    if pa.types.is_integer(column.type):
        yield column.to_numpy().tobytes()
        return
    if pa.types.is_list(column.type):
        column = pa.chunked_array([pa.array(["\x1f".join(values) for values in column.to_pylist()], pa.string())])
    if pa.types.is_dictionary(column.type):
        column = column.cast(pa.string())
    for start in range(0, len(column), 100_000):
        yield "\x1e".join(column.slice(start, 100_000).to_pylist()).encode()


def _need(table: pd.DataFrame, columns: tuple[str, ...], what: str) -> None:
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise GraphError(f"The {what} table lacks {', '.join(missing)}.", f"Its columns are {', '.join(columns)}.")


def _only_known(values: pd.Series, known: Iterable[str], what: str) -> None:
    unknown = sorted(set(map(str, values.unique())) - set(known))
    if unknown:
        raise GraphError(f"{unknown[0]!r} is no {what} of this graph.", f"Known: {', '.join(known)}.")


def _sorted_entities(entities: pd.DataFrame, modalities: list[str]) -> pd.DataFrame:
    order = entities["modality"].map({name: code for code, name in enumerate(modalities)})
    order_of_rows = np.lexsort((entities["id"].to_numpy(dtype=str), order.to_numpy()))
    result: pd.DataFrame = entities.iloc[order_of_rows].reset_index(drop=True)
    return result


def _text(values: Iterable[object], name: str) -> list[str]:
    """Give plain str values; an absent one is empty, a mark that ``pack_input`` needs for itself is refused."""
    texts = ["" if value is None or value != value else str(value) for value in values]  # noqa: PLR0124 - NaN
    for text in texts:
        if "\x01" in text or "\x02" in text or "\x1e" in text or "\x1f" in text:
            raise GraphError(f"A value of column {name} holds a control character: {text[:60]!r}.", "Clean the source.")
    return texts


def _entities(entities: pd.DataFrame) -> pa.Table:
    columns = {
        name: pa.array(_text(entities[name], name), pa.string()) for name in ("id", "modality", "name", "full_name")
    }
    for name in ("input_kind", "source"):
        columns[name] = pa.array(_text(entities[name], name), pa.string())
    columns["flags"] = _lists(entities["flags"], "flags")
    return pa.table(columns)


def _lists(values: Iterable[object], name: str) -> pa.Array:
    lists: list[list[str]] = []
    for value in values:
        if value is None or isinstance(value, float):
            lists.append([])
        elif isinstance(value, str):
            raise GraphError(f"Column {name} holds the text {value[:60]!r} where a list is needed.", "Split it.")
        elif isinstance(value, Iterable):
            lists.append(list(dict.fromkeys(str(item) for item in value)))
    return pa.array(lists, pa.list_(pa.string()))


def _details(entities: pd.DataFrame) -> pa.Table:
    definitions, names = _text(entities["definition"], "definition"), _text(entities["name"], "name")
    inputs = _text(entities["input"], "input")
    packed = []
    for kind, text, name, definition in zip(entities["input_kind"], inputs, names, definitions, strict=True):
        if kind == InputKind.SEQUENCE:
            packed.append("")
        else:
            packed.append(pack_input(text, name, definition) if kind == InputKind.TEXT else text)
    return pa.table(
        {
            "synonyms": _lists(entities["synonyms"], "synonyms"),
            "definition": pa.array(definitions, pa.string()),
            "xrefs": _lists(entities["xrefs"], "xrefs"),
            "input": pa.array(packed, pa.string()),
        }
    )


def _sequences(entities: pd.DataFrame) -> pa.Table:
    rows = np.flatnonzero((entities["input_kind"] == InputKind.SEQUENCE).to_numpy())
    texts = _text(entities["input"].iloc[rows], "input")
    return pa.table({"row": pa.array(rows, pa.int32()), "sequence": pa.array(texts, pa.string())})


def _triples(triples: pd.DataFrame, row_of_id: pd.Series, forward: list[str]) -> pa.Table:
    ends = {}
    for end in ("head", "tail"):
        rows = row_of_id.reindex(triples[end].to_numpy())
        if rows.isna().any():
            where = int(np.flatnonzero(rows.isna().to_numpy())[0])
            row = triples.iloc[where]
            raise GraphError(
                f"The link {row['head']} {row['relation']} {row['tail']} names {row[end]}, which is no entity.",
                "Add the entity or leave the link out.",
            )
        ends[end] = rows.to_numpy().astype(np.int32)
    words = {name: np.asarray(_text(triples[name], name), dtype=object) for name in ("source", "evidence", "value")}
    code = triples["relation"].map({name: code for code, name in enumerate(forward)}).to_numpy(dtype=np.int16)
    coded = {name: _sorted_codes(values) for name, values in words.items()}
    order = np.lexsort((coded["value"][0], coded["evidence"][0], coded["source"][0], ends["tail"], ends["head"], code))
    columns = {
        "relation": _dictionary(code[order].astype(np.int32), forward),
        "head": pa.array(ends["head"][order], pa.int32()),
        "tail": pa.array(ends["tail"][order], pa.int32()),
    }
    for name, (codes, unique) in coded.items():
        columns[name] = _dictionary(codes[order], unique)
    return pa.table(columns)


def _sorted_codes(values: NDArray[np.object_]) -> tuple[NDArray[np.int32], list[str]]:
    codes, unique = pd.factorize(values, sort=True)
    return codes.astype(np.int32), [str(value) for value in unique]


def _dictionary(codes: NDArray[np.int32], words: list[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(words, pa.string()))
