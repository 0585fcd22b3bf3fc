"""The knowledge graph in memory: entities as numbered rows, links as integer arrays, texts in Arrow columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from biobridge_core.errors import GraphError, UnknownEntityError
from biobridge_core.kg.schema import TRIPLE_COLUMNS
from biobridge_core.types import Entity, InputKind, Modality, Relation, Triple

if TYPE_CHECKING:
    import pandas as pd

_KINDS = list(InputKind)
_REMEMBERED = 20_000  # entities kept ready: the same ones are hit again and again
_DEFINITION, _NAME = "\x01", "\x02"  # stand for the entity's own definition and name inside a stored input


@dataclass(frozen=True, slots=True)
class Source:
    """Where facts come from, as the licence asks it to be told."""

    key: str
    name: str
    version: str
    date: str
    licence: str
    url: str
    citation: str
    notes: str = ""


@dataclass(frozen=True)
class Columns:
    """The graph's tables as Arrow columns; what only some callers need is read when first asked for.

    ``entities``: id, modality, name, full_name, input_kind, source, flags, one row an entity, sorted by modality
    then id.
    ``details()``: synonyms, definition, xrefs, input (see ``pack_input``), the same rows.
    ``sequences()``: row (int32, ascending), sequence.
    ``triples``: relation, source, evidence, value (dictionaries), head, tail (int32 rows), sorted by
    relation, head, tail.
    """

    entities: pa.Table
    triples: pa.Table
    details: Callable[[], pa.Table]
    sequences: Callable[[], pa.Table]


def pack_input(text: str, name: str, definition: str) -> str:
    """Write an encoder text with marks for the name and definition that it repeats, so that they are stored once."""
    if definition:
        text = text.replace(definition, _DEFINITION, 1)
    return text.replace(name, _NAME, 1) if name else text


def unpack_input(text: str, name: str, definition: str) -> str:
    """Undo ``pack_input``."""
    return text.replace(_NAME, name, 1).replace(_DEFINITION, definition, 1)


class KnowledgeGraph:
    """Entities, typed links and what each link rests on.

    Entities are numbered ``0 .. n_entities - 1`` (*rows*), contiguous per modality in the order of ``modalities``
    and sorted by id inside one. Stored links are forward; inverses are derived.

    Parameters
    ----------
    columns
        The tables, see ``Columns``.
    modalities, relations, sources
        By name or key. ``relations`` holds the inverses too.
    digest
        sha256 of the content, hex.
    """

    def __init__(
        self,
        columns: Columns,
        modalities: Mapping[str, Modality],
        relations: Mapping[str, Relation],
        sources: Mapping[str, Source],
        digest: str,
    ) -> None:
        self.modalities = dict(modalities)
        self.relations = dict(relations)
        self.sources = dict(sources)
        self.digest = digest
        self.columns = columns
        entities, triples = columns.entities, columns.triples
        self.n_entities: int = entities.num_rows
        self.n_triples: int = triples.num_rows
        self.ids: list[str] = entities["id"].to_pylist()
        self.names: list[str] = entities["name"].to_pylist()
        self.modality_names: list[str] = list(self.modalities)
        #: (n_entities,) codes into ``modality_names`` and ``list(InputKind)``
        self.modality_of_row: NDArray[np.int8] = _codes(entities["modality"], self.modality_names)
        self.kind_of_row: NDArray[np.int8] = _codes(entities["input_kind"], [kind.value for kind in _KINDS])
        self._entities: dict[int, Entity] = {}
        self._row_of_id = {id_: row for row, id_ in enumerate(self.ids)}
        #: (n_triples,) rows of the graph
        self.heads: NDArray[np.int32] = triples["head"].to_numpy()
        self.tails: NDArray[np.int32] = triples["tail"].to_numpy()
        self.forward_names: list[str] = [name for name, relation in self.relations.items() if relation.forward]
        #: (n_triples,) codes into ``forward_names``
        self.relation_of_triple: NDArray[np.int8] = _codes(triples["relation"], self.forward_names)

    @classmethod
    def from_tables(
        cls,
        entities: pd.DataFrame,
        triples: pd.DataFrame,
        modalities: Mapping[str, Modality],
        relations: Mapping[str, Relation],
        sources: Mapping[str, Source],
    ) -> KnowledgeGraph:
        """Number the entities and links of two tables (``schema.ENTITY_COLUMNS``, ``schema.TRIPLE_COLUMNS``).

        Raises
        ------
        GraphError
            On a missing column, an id that occurs twice, an unknown modality, relation or input kind, or a link
            that names an entity that is not in the table.
        """
        from biobridge_core.kg.assemble import columns_from_tables, content_digest

        columns = columns_from_tables(entities, triples, modalities, relations)
        return cls(columns, modalities, relations, sources, content_digest(columns, modalities, relations, sources))

    def save(
        self, folder: Path, *, meta: Mapping[str, object] | None = None, inputs: Mapping[str, str] | None = None
    ) -> None:
        """Write the graph as a ``kg`` stage folder.

        Equal graphs give equal bytes, the manifest's date and ``meta`` apart.

        Raises
        ------
        ArtifactError
            If the folder cannot be written.
        """
        from biobridge_core.kg.storage import save

        save(self, folder, meta=meta or {}, inputs=inputs or {})

    @classmethod
    def load(cls, folder: Path, verify: bool = True) -> KnowledgeGraph:
        """Open a folder that ``save`` wrote.

        Raises
        ------
        ArtifactError
            Naming the file that is missing or damaged; with ``verify=False`` only what cannot be read
            at all is noticed.
        """
        from biobridge_core.kg.storage import load

        return load(folder, verify=verify)

    def with_triples(self, keep: NDArray[np.bool_]) -> KnowledgeGraph:
        """Return the same entities with only the triples where ``keep`` (n_triples,) is True."""
        from biobridge_core.kg.assemble import content_digest

        if keep.shape != (self.n_triples,) or keep.dtype != np.bool_:
            raise GraphError(
                f"keep has shape {keep.shape} and type {keep.dtype}, expected ({self.n_triples},) of bool."
            )
        triples = self.columns.triples.filter(pa.array(keep))
        columns = Columns(self.columns.entities, triples, self.columns.details, self.columns.sequences)
        digest = content_digest(columns, self.modalities, self.relations, self.sources)
        return KnowledgeGraph(columns, self.modalities, self.relations, self.sources, digest)

    def row(self, id_: str) -> int:
        """Row of a CURIE.

        Raises
        ------
        UnknownEntityError
            If no entity has this id.
        """
        try:
            return self._row_of_id[id_]
        except KeyError:
            raise UnknownEntityError(
                f"{id_!r} is not in the knowledge graph.",
                "Use an id that it holds, e.g. UniProtKB:P04637 or GO:0006915, or search by name.",
            ) from None

    def __contains__(self, id_: object) -> bool:
        return id_ in self._row_of_id

    def rows(self, modality: str) -> NDArray[np.int32]:
        """Return all rows of a modality, ascending and contiguous, shape (n,).

        Raises
        ------
        GraphError
            If the graph has no such modality.
        """
        start, stop = self._span(modality)
        return np.arange(start, stop, dtype=np.int32)

    def modality(self, row: int) -> str:
        """Name of the modality of a row."""
        return self.modality_names[int(self.modality_of_row[row])]

    def input_kind(self, row: int) -> InputKind:
        """What the encoder of this row reads."""
        return _KINDS[int(self.kind_of_row[row])]

    def entity(self, id_or_row: str | int | np.integer) -> Entity:
        """Everything about one entity.

        Raises
        ------
        UnknownEntityError
            If there is no such id or row.
        """
        row = self.row(id_or_row) if isinstance(id_or_row, str) else int(id_or_row)
        if not 0 <= row < self.n_entities:
            raise UnknownEntityError(f"There is no row {row}.", f"Rows go from 0 to {self.n_entities - 1}.")
        if row not in self._entities:
            if len(self._entities) >= _REMEMBERED:
                self._entities.clear()
            self._entities[row] = self._entity(row)
        return self._entities[row]

    def _entity(self, row: int) -> Entity:
        entities, details = self.columns.entities, self._details
        return Entity(
            id=self.ids[row],
            modality=self.modality(row),
            name=self.names[row],
            full_name=entities["full_name"][row].as_py(),
            synonyms=tuple(details["synonyms"][row].as_py()),
            definition=details["definition"][row].as_py(),
            xrefs=tuple(details["xrefs"][row].as_py()),
            input_kind=self.input_kind(row),
            input=self.inputs([row])[0],
            source=entities["source"][row].as_py(),
            flags=tuple(entities["flags"][row].as_py()),
        )

    def inputs(self, rows: Sequence[int] | NDArray[np.integer]) -> list[str]:
        """What the encoders read, one string a row: sequence, SMILES or text; empty where a broken graph has none."""
        wanted = np.asarray(rows, dtype=np.int64)
        is_sequence = self.kind_of_row[wanted] == _KINDS.index(InputKind.SEQUENCE)
        result: list[str] = [""] * len(wanted)
        places = np.flatnonzero(is_sequence)
        if len(places):
            table = self._sequences
            stored = table["row"].to_numpy()
            found = np.minimum(np.searchsorted(stored, wanted[places]), max(len(stored) - 1, 0))
            there = stored[found] == wanted[places] if len(stored) else np.zeros(len(places), dtype=bool)
            texts = table["sequence"].take(pa.array(found[there])).to_pylist()
            for place, text in zip(places[there], texts, strict=True):
                result[place] = text
        places = np.flatnonzero(~is_sequence)
        if len(places):
            take = pa.array(wanted[places])
            texts = self._details["input"].take(take).to_pylist()
            definitions = self._details["definition"].take(take).to_pylist()
            for place, text, definition in zip(places, texts, definitions, strict=True):
                result[place] = unpack_input(text, self.names[wanted[place]], definition)
        return result

    def text_columns(self) -> pa.Table:
        """``full_name``, ``synonyms``, ``definition`` and ``xrefs`` of all rows as Arrow columns."""
        names = self.columns.entities.select(["full_name"])
        for column in ("synonyms", "definition", "xrefs"):
            names = names.append_column(column, self._details[column])
        return names

    def edges(self, relation_name: str) -> NDArray[np.int32]:
        """Head and tail rows of a relation or inverse, unique and sorted by head then tail, shape (n, 2).

        Raises
        ------
        GraphError
            If the graph has no such relation.
        """
        relation = self._relation(relation_name)
        forward = relation_name if relation.forward else relation.inverse
        mask = self.relation_of_triple == self.forward_names.index(forward)
        pairs = np.stack([self.heads[mask], self.tails[mask]], axis=1)  # (n, 2)
        if relation.inverse == relation_name:
            pairs = np.concatenate([pairs, pairs[:, ::-1]])
        elif not relation.forward:
            pairs = pairs[:, ::-1]
        keys = np.unique(pairs[:, 0].astype(np.int64) * self.n_entities + pairs[:, 1])
        return np.stack([keys // self.n_entities, keys % self.n_entities], axis=1).astype(np.int32)

    def triple(self, index: int, *, back: bool = False) -> Triple:
        """Return stored link ``index`` (0 .. n_triples - 1), read from its tail through the inverse where ``back``."""
        name = self.forward_names[self.relation_of_triple[index]]
        head, tail = self.ids[self.heads[index]], self.ids[self.tails[index]]
        if back:
            name, head, tail = self.relations[name].inverse, tail, head
        source, evidence, value = (words[codes[index]] for codes, words in self._words.values())
        return Triple(head, name, tail, source=source, evidence=evidence, value=value)

    @cached_property
    def triples(self) -> pd.DataFrame:
        """The stored (forward) links: head and tail (int32 rows), relation, source, evidence, value (categories)."""
        frame: pd.DataFrame = self.columns.triples.select(list(TRIPLE_COLUMNS)).to_pandas()
        return frame

    def known(self, head_row: int, tail_modality: str) -> dict[int, list[Triple]]:
        """All links from an entity into a modality, in either direction, is-a left out.

        Returns
        -------
        dict
            Tail row -> links as read from the head (a stored link that points at the head carries its inverse's name).
        """
        result: dict[int, list[Triple]] = {}
        tails, triples, back = self._links(head_row, tail_modality)
        for tail, triple, is_back in zip(tails.tolist(), triples.tolist(), back.tolist(), strict=True):
            result.setdefault(tail, []).append(self.triple(triple, back=is_back))
        return result

    def known_rows(self, head_row: int, tail_modality: str) -> NDArray[np.int32]:
        """Rows of ``known`` alone, ascending: what ranking must filter."""
        return np.unique(self._links(head_row, tail_modality)[0])

    def relations_between(self, head_modality: str, tail_modality: str, hierarchical: bool = False) -> list[Relation]:
        """Relations and inverses from one modality to another; is-a only where ``hierarchical`` asks for it as well."""
        return [
            relation
            for relation in self.relations.values()
            if (relation.head, relation.tail) == (head_modality, tail_modality)
            and (hierarchical or not relation.hierarchical)
        ]

    @cached_property
    def _details(self) -> pa.Table:
        return self.columns.details()

    @cached_property
    def _sequences(self) -> pa.Table:
        return self.columns.sequences()

    @cached_property
    def _spans(self) -> NDArray[np.int64]:
        return np.searchsorted(self.modality_of_row, np.arange(len(self.modality_names) + 1))

    def _span(self, modality: str) -> tuple[int, int]:
        if modality not in self.modalities:
            raise GraphError(f"The graph has no modality {modality!r}.", f"It has {', '.join(self.modalities)}.")
        code = self.modality_names.index(modality)
        return int(self._spans[code]), int(self._spans[code + 1])

    def _relation(self, name: str) -> Relation:
        if name not in self.relations:
            raise GraphError(f"The graph has no relation {name!r}.", f"It has {', '.join(self.relations)}.")
        return self.relations[name]

    @cached_property
    def _adjacency(self) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]]:
        """Start of each row's links (n_entities + 1,), then other end, triple and direction of each."""
        flat = np.array([not self.relations[name].hierarchical for name in self.forward_names])
        index = np.flatnonzero(flat[self.relation_of_triple]).astype(np.int32)
        near = np.concatenate([self.heads[index], self.tails[index]])
        far = np.concatenate([self.tails[index], self.heads[index]])
        order = np.argsort(near.astype(np.int64) * self.n_entities + far, kind="stable")
        starts = np.searchsorted(near[order], np.arange(self.n_entities + 1))
        return starts, far[order], np.concatenate([index, index])[order], order >= len(index)

    def _links(
        self, head_row: int, tail_modality: str
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]]:
        starts, far, triples, back = self._adjacency
        first, last = starts[head_row], starts[head_row + 1]
        low, high = first + np.searchsorted(far[first:last], np.array(self._span(tail_modality), dtype=far.dtype))
        return far[low:high], triples[low:high], back[low:high]

    @cached_property
    def _words(self) -> dict[str, tuple[NDArray[np.int32], list[str]]]:
        """Codes and words of the text columns of the triples."""
        words = {}
        for name in ("source", "evidence", "value"):
            column = self.columns.triples[name].combine_chunks()
            column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
            words[name] = (column.indices.to_numpy(), column.dictionary.to_pylist())
        return words


def _codes(column: pa.ChunkedArray, names: list[str]) -> NDArray[np.int8]:
    """Position of each value in ``names``; -1 where it is not there."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(pa.string())
    codes = pc.fill_null(pc.index_in(column, value_set=pa.array(names, pa.string())), -1)
    result: NDArray[np.int8] = codes.to_numpy().astype(np.int8)
    return result
