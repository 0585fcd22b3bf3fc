"""How a query becomes a head: an entity's own vector, or what a frozen encoder makes of a raw input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.retrieve import Head
from biobridge_core.types import FAR, InputKind, Query, QueryKind

if TYPE_CHECKING:
    from biobridge_core.encoding import Encoders
    from biobridge_core.kg.graph import KnowledgeGraph
    from biobridge_core.lookup import Lookup
    from biobridge_core.queueing import Progress
    from biobridge_core.retrieve import Retriever

_KEPT = 64  #: raw inputs whose vectors are kept: they are asked about again
_KIND_OF_QUERY = {
    QueryKind.SEQUENCE: InputKind.SEQUENCE,
    QueryKind.SMILES: InputKind.SMILES,
    QueryKind.TEXT: InputKind.TEXT,
}


def quiet(_message: str, _done: float) -> None:
    """Progress that nobody listens to."""


class Heads:
    """Reads queries of one bundle; remembers the latest raw inputs. Safe to share between threads."""

    def __init__(self, graph: KnowledgeGraph, lookup: Lookup, encoders: Encoders, retriever: Retriever) -> None:
        self._graph, self._lookup, self._encoders, self._retriever = graph, lookup, encoders, retriever
        self._read: dict[tuple[InputKind, str, str], tuple[Head, tuple[str, ...]]] = {}  # the latest raw inputs

    def of(self, query: Query, progress: Progress | None) -> tuple[Head, tuple[str, ...]]:
        """Read a query: its head, and what has to be said about how it was read.

        Raises
        ------
        InputError, UnknownEntityError, WeightsError, BusyError
            If it cannot be encoded.
        """
        row = self._lookup.identify(query)
        if query.kind is QueryKind.ENTITY and row is not None:
            return self._retriever.head(row), ()
        kind = _KIND_OF_QUERY[query.kind]
        if row is not None and self._graph.inputs([row])[0] == query.value:
            return self._retriever.head(row), ()
        if row is not None and (refused := self._encoders.get(kind, progress or quiet).refusal(query.value)):
            note = f"{refused.message} It is asked by its entry in the graph instead."
            return self._retriever.head(row), (note,)
        key = (kind, query.modality, query.value)
        if (read := self._read.get(key)) is None:
            vector, notes = self.vector(kind, query.value, progress)
            read = self._read[key] = Head(vector, kind, query.modality, row, query.value), notes
            while len(self._read) > _KEPT:
                self._read.pop(next(iter(self._read)), None)
        return read

    def vector(
        self, kind: InputKind, value: str, progress: Progress | None
    ) -> tuple[NDArray[np.float32], tuple[str, ...]]:
        """Catalogue-space vector (d,) of one raw input, and what the encoder has to say about it.

        Raises
        ------
        InputError, WeightsError, BusyError
            As `Encoders.vectors`.
        """
        vectors, notes = self._encoders.vectors(kind, [value], progress or quiet)
        return vectors[0], tuple(note.message for note in notes)

    def is_far(self, head: Head) -> bool:
        """Whether a head lies far from everything the bridge was trained with."""
        distance = self._retriever.distance_percentile(head)
        return distance is not None and distance >= FAR
