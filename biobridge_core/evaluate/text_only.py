"""The rival that only compares texts: no sequence, no structure, no link."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.evaluate.popularity import Popularity
from biobridge_core.kg.splits import TrainingView
from biobridge_core.types import InputKind

if TYPE_CHECKING:
    from biobridge_core.bridge.data import Content
    from biobridge_core.kg.graph import KnowledgeGraph


class TextOnly:
    """Cosine of the text vectors of head and tail; where either has none, popularity below every cosine.

    Parameters
    ----------
    texts
        float32 (n_entities, d), rows of zeros for entities without a text; by default the frozen text vectors, which
        proteins and most drugs lack. `name_vectors` gives everything its name.
    """

    name = "text only"

    def __init__(
        self,
        graph: KnowledgeGraph,
        view: TrainingView,
        content: Content,
        texts: NDArray[np.float32] | None = None,
    ) -> None:
        self._graph, self._popularity = graph, Popularity(graph, view)
        vectors = _frozen(graph, content) if texts is None else texts
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        self._unit = np.asarray(vectors / np.where(length > 0, length, 1.0), dtype=np.float32)  # (n_entities, d)
        self._has = length[:, 0] > 0

    def scores(self, heads: NDArray[np.int32], relation: str) -> NDArray[np.float32]:
        """(n,) rows -> (n, n_tails)."""
        tails = self._graph.rows(self._graph.relations[relation].tail)
        cosines = self._unit[heads] @ self._unit[tails].T  # (n, n_tails)
        known = self._has[heads][:, None] & self._has[tails][None, :]
        return np.where(known, cosines, self._popularity.ties(relation) - 2)


def _frozen(graph: KnowledgeGraph, content: Content) -> NDArray[np.float32]:
    kind = InputKind.TEXT
    vectors = content.vectors[kind].cpu().numpy() if kind in content.vectors else np.empty((0, 1), np.float32)
    texts = np.zeros((graph.n_entities, vectors.shape[1]), dtype=np.float32)
    rows = np.flatnonzero(graph.kind_of_row == list(InputKind).index(kind))
    texts[rows] = vectors[content.place[rows].numpy()]
    return texts


def name_vectors(
    graph: KnowledgeGraph, content: Content, encode: Callable[[list[str]], NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Frozen text vectors, and for entities that are read as a sequence or structure the vector of their name.

    Parameters
    ----------
    encode
        Texts -> float32 (n, d) in the space of the frozen text vectors: the text encoder, then `Catalogue.project`.

    Returns
    -------
    texts
        float32 (n_entities, d), for `TextOnly`.
    """
    texts = _frozen(graph, content)
    rows = np.flatnonzero(graph.kind_of_row != list(InputKind).index(InputKind.TEXT))
    full = graph.columns.entities["full_name"].take(rows).to_pylist()
    names = [f"{graph.names[row]}. {long}" if long else graph.names[row] for row, long in zip(rows, full, strict=True)]
    if len(rows):
        texts[rows] = encode(names)
    return texts
