"""Popularity and the transductive protocol on a graph small enough to rank by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from biobridge_core.bridge.data import Content
from biobridge_core.bridge.model import Bridge, BridgeConfig
from biobridge_core.evaluate.baselines import Popularity
from biobridge_core.evaluate.protocols import Transductive
from biobridge_core.kg.graph import KnowledgeGraph, Source
from biobridge_core.kg.schema import ENTITY_COLUMNS, TRIPLE_COLUMNS
from biobridge_core.kg.splits import Split
from biobridge_core.types import InputKind, Modality, Relation

MODALITIES = {
    "drug": Modality("drug", "drug", "drugs", InputKind.SMILES),
    "protein": Modality("protein", "protein", "proteins", InputKind.SEQUENCE),
}
RELATIONS: dict[str, Relation] = {}
for _name, _head, _tail in (
    ("inhibits", "drug", "protein"), ("blocks", "drug", "protein"), ("protein_is_a", "protein", "protein")
):  # fmt: skip
    _isa = _head == _tail
    RELATIONS[_name] = Relation(_name, _head, _tail, _name + "_inverse", _name, _isa, forward=True)
    RELATIONS[_name + "_inverse"] = Relation(_name + "_inverse", _tail, _head, _name, _name, _isa, forward=False)


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    rows = []
    for modality, kind, n in (("drug", "smiles", 3), ("protein", "sequence", 5)):
        for i in range(n):
            row: dict[str, object] = dict.fromkeys(ENTITY_COLUMNS, "")
            row |= {"id": f"{modality}:{i}", "modality": modality, "name": f"{modality}{i}", "input": f"{modality}{i}"}
            rows.append(row | {"input_kind": kind, "source": "toy", "synonyms": [], "xrefs": [], "flags": []})
    triples = [
        ("drug:0", "inhibits", "protein:0", "IEA"),
        ("drug:1", "inhibits", "protein:0", "IEA"),
        ("drug:1", "blocks", "protein:0", "IEA"),
        ("drug:1", "blocks", "protein:1", "IEA"),
        ("drug:0", "inhibits", "protein:2", "ISS|IDA"),
        ("drug:0", "blocks", "protein:3", "IEA"),
        ("protein:2", "protein_is_a", "protein:4", ""),
    ]
    links = pd.DataFrame(triples, columns=["head", "relation", "tail", "evidence"]).assign(source="toy", value="")
    source = Source("toy", "toy", "1", "2026-01-01", "CC0", "", "")
    return KnowledgeGraph.from_tables(
        pd.DataFrame(rows)[list(ENTITY_COLUMNS)], links[list(TRIPLE_COLUMNS)], MODALITIES, RELATIONS, {"toy": source}
    )


@pytest.fixture(scope="module")
def split(graph: KnowledgeGraph) -> Split:
    """drug:0 inhibits protein:2 and drug:0 blocks protein:3 are the test."""
    train, test = {}, {}
    for name in ("inhibits", "blocks"):
        edges = graph.edges(name)
        held = (edges[:, 0] == graph.row("drug:0")) & np.isin(
            edges[:, 1], [graph.row("protein:2"), graph.row("protein:3")]
        )
        for suffix, step in (("", 1), ("_inverse", -1)):
            train[name + suffix], test[name + suffix] = edges[~held][:, ::step], edges[held][:, ::step]
    train["protein_is_a"] = graph.edges("protein_is_a")
    return Split(graph, train, {}, test, groups=np.arange(graph.n_entities), seed=0)


def test_popularity_counts_a_pair_once(graph: KnowledgeGraph, split: Split) -> None:
    train = split.training.train
    tails = graph.rows("protein")
    assert Popularity(graph, [train["inhibits"]]).scores(1, tails)[0].tolist() == [2, 0, 0, 0, 0]
    assert Popularity(graph, [train["inhibits"], train["blocks"]]).scores(2, tails)[1].tolist() == [2, 1, 0, 0, 0]


class _Fixed(Bridge):
    """A bridge whose cosines are written down: drugs and proteins are unit vectors of a table."""

    def query(self, embedded: torch.Tensor, relation: str) -> torch.Tensor:
        return torch.nn.functional.normalize(embedded, dim=-1)

    def embed(self, vectors: torch.Tensor, modality: str, kind: object) -> torch.Tensor:
        return vectors


def _fixed(graph: KnowledgeGraph, cosines: list[float]) -> tuple[Bridge, Content]:
    bridge = _Fixed(
        BridgeConfig(
            {"drug/smiles": 8, "protein/sequence": 8},
            {n: (r.head, r.tail) for n, r in RELATIONS.items()},
            width=8,
            heads=2,
        )
    )
    drugs = np.eye(8, dtype=np.float32)[[0, 1, 2]]
    proteins = np.zeros((5, 8), np.float32)
    proteins[:, 0] = cosines
    proteins[np.arange(5), np.arange(3, 8)] = np.sqrt(1 - np.square(cosines))
    vectors = {InputKind.SMILES: drugs, InputKind.SEQUENCE: proteins}
    rows = {InputKind.SMILES: graph.rows("drug"), InputKind.SEQUENCE: graph.rows("protein")}
    return bridge, Content(graph, vectors, rows)


COSINES = [0.9, 0.8, 0.2, 0.5, 0.6]  # of drug:0 with protein:0..4


def test_one_relation_by_hand(graph: KnowledgeGraph, split: Split) -> None:
    bridge, content = _fixed(graph, COSINES)
    result = Transductive(graph, content, split).evaluate(bridge, ("inhibits",))
    assert result is not None
    # protein:2 against 1 and 3: 0 is a training tail, 4 an ancestor of 2
    assert result.bridge.mrr.tolist() == pytest.approx([1 / 3])
    # popularity gives 0 to all three: the middle of 1..3
    assert result.popularity.mrr.tolist() == pytest.approx([1 / 2])


def test_without_the_ancestor_filter_the_ancestor_competes(graph: KnowledgeGraph, split: Split) -> None:
    bridge, content = _fixed(graph, COSINES)
    result = Transductive(graph, content, split, filter_ancestors=False).evaluate(bridge, ("inhibits",))
    assert result is not None
    assert result.bridge.mrr.tolist() == pytest.approx([1 / 4])


def test_merged_relations_filter_and_count_together(graph: KnowledgeGraph, split: Split) -> None:
    bridge, content = _fixed(graph, COSINES)
    protocol = Transductive(graph, content, split)
    merged = [task for task in protocol.merged_tasks() if set(task) == {"inhibits", "blocks"}]
    result = protocol.evaluate(bridge, merged[0])
    assert result is not None
    assert result.n_links == 2
    # protein:2 against 1 alone (3 is true too, 4 an ancestor): rank 2; protein:3 likewise: rank 2
    assert result.bridge.mrr.tolist() == pytest.approx([1 / 2])
    assert result.name == "drug → protein"


def test_experimental_links_are_told_by_their_evidence(graph: KnowledgeGraph, split: Split) -> None:
    bridge, content = _fixed(graph, COSINES)
    protocol = Transductive(graph, content, split)
    result = protocol.evaluate(bridge, ("inhibits",), experimental=True)
    assert result is not None
    assert result.n_links == 1
    assert protocol.evaluate(bridge, ("blocks",), experimental=True) is None
    inverse = protocol.evaluate(bridge, ("inhibits_inverse",), experimental=True)
    assert inverse is not None
    assert inverse.n_links == 1


def test_a_row_is_flat_and_says_how_sure_it_is(graph: KnowledgeGraph, split: Split) -> None:
    bridge, content = _fixed(graph, COSINES)
    result = Transductive(graph, content, split).evaluate(bridge, ("inhibits",))
    assert result is not None
    row = result.row()
    assert row["bridge_mrr"] == pytest.approx(1 / 3, abs=1e-4)
    assert row["mrr_difference_low"] == row["mrr_difference_high"] == pytest.approx(1 / 3 - 1 / 2, abs=1e-4)
