"""A small graph whose links follow its vectors, so that whether a bridge learns can be seen in seconds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from biobridge_core.bridge.data import Content
from biobridge_core.kg.graph import KnowledgeGraph, Source
from biobridge_core.kg.schema import ENTITY_COLUMNS, TRIPLE_COLUMNS
from biobridge_core.types import InputKind, Modality, Relation

MODALITIES = {
    "protein": Modality("protein", "protein", "proteins", InputKind.SEQUENCE),
    "drug": Modality("drug", "drug", "drugs", InputKind.SMILES),
    "process": Modality("process", "process", "processes", InputKind.TEXT),
}


def _relations() -> dict[str, Relation]:
    table = [
        ("protein_in_process", "protein", "process", False),
        ("drug_inhibits_protein", "drug", "protein", False),
        ("drug_blocks_protein", "drug", "protein", False),
        ("process_is_a", "process", "process", True),
    ]
    relations = {}
    for name, head, tail, hierarchical in table:
        relations[name] = Relation(name, head, tail, name + "_inverse", name, hierarchical, forward=True)
        relations[name + "_inverse"] = Relation(name + "_inverse", tail, head, name, name, hierarchical, forward=False)
    return relations


@dataclass(frozen=True)
class Toy:
    graph: KnowledgeGraph
    content: Content
    vectors: dict[InputKind, np.ndarray]
    rows: dict[InputKind, np.ndarray]


def _entity(id_: str, modality: str, kind: InputKind, text: str) -> dict[str, object]:
    row: dict[str, object] = dict.fromkeys(ENTITY_COLUMNS, "")
    row |= {"id": id_, "modality": modality, "name": id_, "input_kind": kind.value, "input": text, "source": "toy"}
    return row | {"synonyms": [], "xrefs": [], "flags": []}


def make_toy(seed: int = 0, n: int = 100, d: int = 12) -> Toy:
    """Latent points; each modality's frozen vectors are another random rotation of them, links join near points.

    A drug in eight is encoded from text, so that a modality with two input kinds is covered.
    """
    rng = np.random.default_rng(seed)
    latent = {m: rng.normal(size=(n, 5)).astype(np.float32) for m in MODALITIES}
    entities, kinds = [], {}
    for modality, definition in MODALITIES.items():
        for i in range(n):
            kind = InputKind.TEXT if modality == "drug" and i % 8 == 0 else definition.input_kind
            kinds[modality, i] = kind
            text = "C" * (i % 10 + 1) + "N" + "C" * (i // 10) if kind is InputKind.SMILES else f"{modality} input {i}"
            entities.append(_entity(f"{modality}:{i:03d}", modality, kind, text))
    triples = []
    for relation, head, tail, k in (
        ("protein_in_process", "protein", "process", 6),
        ("drug_inhibits_protein", "drug", "protein", 4),
        ("drug_blocks_protein", "drug", "protein", 2),
    ):
        near = np.argsort(((latent[head][:, None] - latent[tail][None]) ** 2).sum(-1), axis=1)[:, :k]
        triples += [(f"{head}:{i:03d}", relation, f"{tail}:{j:03d}") for i in range(n) for j in near[i]]
    triples += [(f"process:{i:03d}", "process_is_a", f"process:{i // 3:03d}") for i in range(1, n)]
    frame = pd.DataFrame(
        [(*t, "toy", "", "") for t in triples], columns=["head", "relation", "tail", "source", "evidence", "value"]
    )
    source = Source("toy", "toy", "1", "2026-01-01", "CC0", "", "")
    graph = KnowledgeGraph.from_tables(
        pd.DataFrame(entities)[list(ENTITY_COLUMNS)],
        frame[list(TRIPLE_COLUMNS)],
        MODALITIES,
        _relations(),
        {"toy": source},
    )
    vectors, rows = {}, {}
    raw = {
        m: latent[m] @ rng.normal(size=(5, d)).astype(np.float32) * (100.0 if m == "protein" else 0.1)
        for m in MODALITIES
    }
    for code, kind in enumerate(InputKind):
        rows[kind] = np.flatnonzero(graph.kind_of_row == code).astype(np.int32)
        places = [graph.ids[row].split(":") for row in rows[kind]]
        vectors[kind] = np.stack([raw[m][int(i)] for m, i in places]).astype(np.float32)
    return Toy(graph, Content(graph, vectors, rows), vectors, rows)


@pytest.fixture(scope="session")
def toy() -> Toy:
    return make_toy()
