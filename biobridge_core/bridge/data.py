"""What the bridge is trained on: frozen vectors by row of the graph, and links grouped by (head, relation)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from biobridge_core.bridge.model import Bridge, slot
from biobridge_core.bridge.objective import Cells
from biobridge_core.errors import TrainingError
from biobridge_core.kg.splits import Links, Sparse
from biobridge_core.types import InputKind

if TYPE_CHECKING:
    from biobridge_core.catalogue import Catalogue
    from biobridge_core.kg.graph import KnowledgeGraph

_KINDS = list(InputKind)


class Content:
    """The frozen vector of every entity of a graph.

    Parameters
    ----------
    graph
        Names the rows.
    vectors
        Input kind -> float32 (n_kind, d).
    rows
        Input kind -> int (n_kind,) row in the graph of each vector.
    encoders
        Input kind -> encoder id.

    Raises
    ------
    TrainingError
        If an entity has no vector, or a vector is not finite.
    """

    def __init__(
        self,
        graph: KnowledgeGraph,
        vectors: Mapping[InputKind, NDArray[np.float32]],
        rows: Mapping[InputKind, NDArray[np.integer]],
        encoders: Mapping[str, str] | None = None,
    ) -> None:
        self.graph = graph
        self.encoders = dict(encoders or {})
        self.device = torch.device("cpu")
        place = np.full(graph.n_entities, -1, dtype=np.int64)
        for kind, kind_rows in rows.items():
            bad = np.flatnonzero(~np.isfinite(vectors[kind]).all(axis=1))
            if len(bad):
                raise TrainingError(
                    f"The {kind} vector of {graph.ids[kind_rows[bad[0]]]} is not finite ({len(bad)} such vectors).",
                    "Encode these entities again: `biobridge build vectors`.",
                )
            mine = graph.kind_of_row[kind_rows] == _KINDS.index(kind)
            place[kind_rows[mine]] = np.flatnonzero(mine)
        missing = np.flatnonzero(place < 0)
        if len(missing):
            raise TrainingError(
                f"{graph.ids[missing[0]]} has no frozen vector ({len(missing)} of {graph.n_entities} have none).",
                "Build the vectors and the catalogue of this graph again.",
            )
        self.place = torch.from_numpy(place)  # (n_entities,) row in the matrix of its kind
        self.vectors = {kind: torch.tensor(np.asarray(v, dtype=np.float32)) for kind, v in vectors.items()}
        self.codes: dict[InputKind, tuple[NDArray[np.int8], NDArray[np.float32]]] = {}  #: vectors = codes × step
        self.kinds = {
            modality: [_KINDS[code] for code in np.unique(graph.kind_of_row[graph.rows(modality)])]
            for modality in graph.modalities
        }

    @classmethod
    def from_catalogue(cls, graph: KnowledgeGraph, catalogue: Catalogue) -> Content:
        """Take the compressed vectors that ship with the bundle, so that training sees what serving sees."""
        kinds = [kind for kind in _KINDS if kind in catalogue.dims]
        content = cls(
            graph,
            {kind: catalogue.vectors(kind) for kind in kinds},
            {kind: catalogue.rows(kind) for kind in kinds},
            {kind.value: catalogue.encoder_ids[kind] for kind in kinds},
        )
        content.codes = {kind: (catalogue.space(kind).codes, catalogue.space(kind).scale) for kind in kinds}
        return content

    def slots(self) -> dict[str, int]:
        """Projections that a bridge needs: ``modality/kind`` -> length of the vectors."""
        return {
            slot(modality, kind): self.vectors[kind].shape[1]
            for modality, kinds in self.kinds.items()
            for kind in kinds
        }

    def to(self, device: torch.device) -> Content:
        """Move the vectors to a device, in place."""
        self.device = device
        self.vectors = {kind: vectors.to(device) for kind, vectors in self.vectors.items()}
        return self

    def take(self, rows: NDArray[np.integer], modality: str) -> list[tuple[InputKind, NDArray[np.int64], Tensor]]:
        """Vectors of rows of one modality, apart by input kind: kind, places in ``rows``, vectors (n, d)."""
        parts = []
        codes = self.graph.kind_of_row[rows]
        for kind in self.kinds[modality]:
            places = np.flatnonzero(codes == _KINDS.index(kind))
            if len(places):
                index = self.place[torch.from_numpy(np.asarray(rows)[places].astype(np.int64))]
                parts.append((kind, places, self.vectors[kind][index.to(self.device)]))
        return parts

    def embed(self, bridge: Bridge, rows: NDArray[np.integer], modality: str) -> Tensor:
        """Project rows of one modality in their order: (n, w), not normalised."""
        parts = self.take(rows, modality)
        embedded = [bridge.embed(vectors, modality, kind) for kind, _, vectors in parts]
        if len(embedded) == 1:
            return embedded[0]
        order = np.argsort(np.concatenate([places for _, places, _ in parts]))
        return torch.cat(embedded)[torch.from_numpy(order).to(self.device)]

    def project(self, bridge: Bridge, rows: NDArray[np.integer], modality: str) -> Tensor:
        """Where rows of one modality lie as tails: (n, w), L2-normalised."""
        return functional.normalize(self.embed(bridge, rows, modality).float(), dim=-1)


@dataclass(frozen=True, slots=True)
class Groups:
    """The links of one relation, grouped by head.

    ``heads`` int32 (n,) rows; ``true`` and ``ignored`` boolean csr (n, n_tails) over the entities of the tail modality.
    """

    relation: str
    head_modality: str
    tail_modality: str
    heads: NDArray[np.int32]
    true: Sparse
    ignored: Sparse

    def __len__(self) -> int:
        return len(self.heads)


def group_links(graph: KnowledgeGraph, relation: str, links: Links, ancestors: Sparse | None = None) -> Groups:
    """Group links by head; with ``ancestors`` (see `ancestor_matrix`), ancestors of true tails are ignored.

    The columns of the matrices are places within the tail modality: row minus the modality's first row.
    """
    from scipy import sparse

    definition = graph.relations[relation]
    tails = graph.rows(definition.tail)
    first = int(tails[0]) if len(tails) else 0
    heads, head_of = np.unique(links[:, 0], return_inverse=True)
    shape = (len(heads), len(tails))
    true = sparse.csr_array((np.ones(len(links), dtype=bool), (head_of, links[:, 1] - first)), shape=shape, dtype=bool)
    ignored = sparse.csr_array(shape, dtype=bool)
    if ancestors is not None:
        local = ancestors[first : first + len(tails), first : first + len(tails)]
        above = (true @ local).astype(bool)
        ignored = sparse.csr_array(above.astype(np.int8) - above.multiply(true).astype(np.int8), dtype=bool)
        ignored.eliminate_zeros()
    return Groups(relation, definition.head, definition.tail, heads, true, ignored)


def cells(matrix: Sparse, device: torch.device) -> Cells:
    """Positions of the entries of a sparse matrix."""
    found = matrix.tocoo()
    rows, columns = (torch.from_numpy(index.astype(np.int64)).to(device) for index in (found.row, found.col))
    return Cells(rows, columns)


@torch.no_grad()
def scores(bridge: Bridge, content: Content, heads: NDArray[np.integer], relation: str) -> NDArray[np.float32]:
    """Cosines of queries with every entity of the tail modality: (n_heads, n_tails)."""
    head_modality, tail_modality = bridge.config.relations[relation]
    queries = bridge.query(content.embed(bridge, heads, head_modality), relation)  # (n, w)
    tails = content.project(bridge, content.graph.rows(tail_modality), tail_modality)  # (n_tails, w)
    cosines: NDArray[np.float32] = (queries @ tails.T).cpu().numpy()
    return cosines
