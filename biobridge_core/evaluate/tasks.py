"""What a split asks: one task for each ordered pair of modalities, with its queries, filters and test links."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.errors import GraphError
from biobridge_core.kg.hierarchy import Links, Sparse, ancestor_matrix, link_matrix

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph
    from biobridge_core.kg.split import Split

#: GO evidence by experiment or by an author's statement (DESIGN.md §6); the rest is homology-made or electronic.
EXPERIMENTAL = frozenset(
    "EXP IDA IPI IMP IGI IEP HTP HDA HMP HGI HEP TAS IC".split()  # noqa: SIM905  (codes read better in a row)
)
#: Modalities whose links to proteins carry these codes.
GENE_ONTOLOGY = frozenset({"biological_process", "molecular_function", "cellular_component"})


@dataclass(frozen=True, slots=True)
class Task:
    """Queries of one ordered pair of modalities, under one relation or under all of them together.

    A pair that has several relations counts once. Links are sorted by head.
    """

    name: str  #: ``drug → protein``, or the relation's name where relations are apart
    head: str
    tail: str
    relations: tuple[str, ...]
    heads: NDArray[np.int32]  #: (n_queries,) rows, ascending
    queries: NDArray[np.int64]  #: (n_links,) place of each test link's head in ``heads``
    targets: NDArray[np.int64]  #: (n_links,) place of its tail among the rows of the tail modality
    filtered: Sparse  #: boolean csr (n_queries, n_tails): every true tail and, where asked, the ancestors of one
    head_cold: NDArray[np.int8]  #: (n_links,) see `Split.cold`
    tail_cold: NDArray[np.int8]  #: (n_links,)
    tail_degrees: NDArray[np.int64]  #: (n_links,) training heads of each link's tail
    experimental: NDArray[np.bool_] | None  #: (n_links,) evidence of each link; None where no code says it

    @property
    def n_links(self) -> int:
        """Test links."""
        return len(self.queries)

    @property
    def digest(self) -> str:
        """sha256 of what is asked: arrays of scores belong to one digest."""
        digest = hashlib.sha256(repr((self.name, self.relations, self.filtered.shape)).encode())
        for array in (self.heads, self.queries, self.targets, self.filtered.indices, self.filtered.indptr):
            digest.update(np.ascontiguousarray(array, dtype=np.int64).tobytes())
        return digest.hexdigest()


def make_tasks(
    graph: KnowledgeGraph,
    split: Split,
    *,
    merged: bool = True,
    sample: float | None = None,
    seed: int = 0,
    filter_ancestors: bool = True,
) -> list[Task]:
    """Turn the test links of a split into tasks; this opens the test labels.

    Parameters
    ----------
    merged
        One task for each ordered pair of modalities; otherwise one for each relation.
    sample
        Share of each task's heads that is asked, drawn by ``seed``; all by default.
    filter_ancestors
        Whether ancestors of a query's true tails are filtered like true tails.

    Raises
    ------
    GraphError
        If there is no test link.
    """
    maker = _Maker(graph, split, ancestor_matrix(graph) if filter_ancestors else None, sample, seed)
    groups: dict[object, list[str]] = {}
    for name, links in maker.test.items():
        relation = graph.relations[name]
        if len(links):
            groups.setdefault((relation.head, relation.tail) if merged else name, []).append(name)
    tasks = [maker.task(tuple(names), merged) for names in groups.values()]
    if not tasks:
        raise GraphError("The split has no test link.", "Hold out a larger share.")
    return tasks


@dataclass
class _Maker:
    graph: KnowledgeGraph
    split: Split
    ancestors: Sparse | None
    sample: float | None
    seed: int
    test: Mapping[str, Links] = field(init=False)

    def __post_init__(self) -> None:
        self.test = self.split.open_for_evaluation()

    def task(self, relations: tuple[str, ...], merged: bool) -> Task:
        graph, definition = self.graph, self.graph.relations[relations[0]]
        name = f"{definition.head} → {definition.tail}" if merged else relations[0]
        links = self._sampled(merge(self.test, relations), name)
        heads, queries = np.unique(links[:, 0], return_inverse=True)
        tails = graph.rows(definition.tail)
        train = merge(self.split.training.train, relations)
        cold = self.split.cold[links]
        asks_ontology = bool({definition.head, definition.tail} & GENE_ONTOLOGY)
        return Task(
            name,
            definition.head,
            definition.tail,
            relations,
            heads.astype(np.int32),
            queries,
            links[:, 1].astype(np.int64) - int(tails[0]),
            self._filter(relations, heads, tails),
            cold[:, 0],
            cold[:, 1],
            np.bincount(train[:, 1], minlength=graph.n_entities)[links[:, 1]],
            _experimental(graph, links, relations) if asks_ontology else None,
        )

    def _sampled(self, links: Links, name: str) -> Links:
        if self.sample is None:
            return links
        heads = np.unique(links[:, 0])
        rng = np.random.default_rng([self.seed, zlib.crc32(name.encode())])
        kept = rng.choice(heads, size=max(1, round(self.sample * len(heads))), replace=False)
        return links[np.isin(links[:, 0], kept)]

    def _filter(self, relations: tuple[str, ...], heads: NDArray[np.integer], tails: NDArray[np.int32]) -> Sparse:
        """All links of the graph, also those that a cold split has in no part."""
        n, first, last = self.graph.n_entities, int(tails[0]), int(tails[-1]) + 1
        true = merge({name: self.graph.edges(name) for name in relations}, relations)
        known = link_matrix(true[np.isin(true[:, 0], heads)], n)[heads][:, first:last].tocsr()
        if self.ancestors is not None:
            known = (known + known @ self.ancestors[first:last, first:last]).astype(bool).tocsr()
        known.sort_indices()
        return known


def merge(part: Mapping[str, Links], relations: Sequence[str]) -> Links:
    """Pairs under any of the relations, each once, sorted; (n, 2)."""
    found = [part[name] for name in relations if name in part]
    merged: Links = np.unique(np.concatenate([*found, np.empty((0, 2), np.int32)]), axis=0).astype(np.int32)
    return merged


def _experimental(graph: KnowledgeGraph, links: Links, relations: Sequence[str]) -> NDArray[np.bool_]:
    """Which links rest on at least one experimental or author evidence code; bool (n,)."""
    forward = [name if graph.relations[name].forward else graph.relations[name].inverse for name in relations]
    triples = graph.triples
    triples = triples[triples["relation"].isin(forward)]
    codes = {text for text in triples["evidence"].unique() if EXPERIMENTAL & set(_codes(str(text)))}
    good = triples[triples["evidence"].isin(codes)]
    pairs = np.stack([good["head"].to_numpy(), good["tail"].to_numpy()], axis=1).astype(np.int64)
    if not graph.relations[relations[0]].forward:
        pairs = pairs[:, ::-1]
    n = graph.n_entities
    return np.isin(links[:, 0].astype(np.int64) * n + links[:, 1], pairs[:, 0] * n + pairs[:, 1])


def _codes(evidence: str) -> list[str]:
    """Words of an evidence text: ``IDA|ISS``, ``IDA, TAS``."""
    return "".join(letter if letter.isalnum() else " " for letter in evidence).split()
