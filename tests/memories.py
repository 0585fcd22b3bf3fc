"""A memory and a reading for small bundles, written by the code that writes the real ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from biobridge_core.bridge.data import Content
from biobridge_core.bridge.memory import TERMS, Memory
from biobridge_core.bridge.memory_files import save_memory
from biobridge_core.bridge.reading import Reading, Weights
from biobridge_core.catalogue import Catalogue
from biobridge_core.kg.graph import KnowledgeGraph, Source
from biobridge_core.kg.schema import ENTITY_COLUMNS, TRIPLE_COLUMNS
from biobridge_core.types import InputKind, Modality, Relation

N_VOTES = len(TERMS)
EVEN = Weights(1.0, (0.3,) * N_VOTES, (1e-3,) * N_VOTES)
READING = Reading({"*": EVEN}, {"*": EVEN})


def all_links_memory(graph: KnowledgeGraph, catalogue: Catalogue) -> Memory:
    links = {name: graph.edges(name) for name in graph.relations}
    return Memory(graph, Content.from_catalogue(graph, catalogue), links)


def write_memory(folder: Path, graph: KnowledgeGraph, catalogue: Catalogue) -> None:
    """``reading.json`` and ``memory.safetensors`` of a memory that holds every link."""
    READING.save(folder)
    save_memory(folder, all_links_memory(graph, catalogue), {name: graph.edges(name) for name in graph.relations})


_TEXT = InputKind.TEXT
_MODALITIES = {name: Modality(name, name, name + "s", _TEXT) for name in ("gene", "trait", "place")}
_ENDS = (("has", "gene", "trait"), ("marks", "gene", "trait"), ("trait_is_a", "trait", "trait"))


def _relations(names: Sequence[str]) -> dict[str, Relation]:
    found = {}
    for name, head, tail in _ENDS:
        if name in names:
            isa = head == tail
            found[name] = Relation(name, head, tail, f"{name}_inverse", name, isa, forward=True)
            found[f"{name}_inverse"] = Relation(f"{name}_inverse", tail, head, name, name, isa, forward=False)
    return found


def tiny_graph(
    texts: Mapping[str, Sequence[str]],
    links: Mapping[str, Sequence[tuple[int, int]]],
    relations: Sequence[str] = ("has", "marks", "trait_is_a"),
) -> KnowledgeGraph:
    """Genes, traits and places read as text, and links by their numbers within the modality."""
    entities = []
    for modality, inputs in texts.items():
        for i, text in enumerate(inputs):
            row: dict[str, object] = dict.fromkeys(ENTITY_COLUMNS, "")
            row |= {"id": f"{modality}:{i:03d}", "modality": modality, "name": f"{modality} {i}", "source": "toy"}
            entities.append(row | {"input_kind": "text", "input": text, "synonyms": [], "xrefs": [], "flags": []})
    ends = {name: (head, tail) for name, head, tail in _ENDS}
    triples = [
        (f"{ends[name][0]}:{i:03d}", name, f"{ends[name][1]}:{j:03d}", "toy", "", "")
        for name, pairs in links.items()
        for i, j in pairs
    ]
    return KnowledgeGraph.from_tables(
        pd.DataFrame(entities)[list(ENTITY_COLUMNS)],
        pd.DataFrame(triples, columns=list(TRIPLE_COLUMNS)),
        _MODALITIES,
        _relations(relations),
        {"toy": Source("toy", "toy", "1", "2026-01-01", "CC0", "", "")},
    )


def on_a_circle(graph: KnowledgeGraph, degrees: Mapping[str, Sequence[float]]) -> Content:
    """Frozen vectors on the unit circle: cosines can be read off the angles where they cancel out."""
    rows, vectors = [], []
    for modality, angles in degrees.items():
        rows.append(graph.rows(modality))
        vectors.append(np.stack([np.cos(np.radians(angles)), np.sin(np.radians(angles))], axis=1))
    order = np.argsort(np.concatenate(rows))
    return Content(
        graph,
        {_TEXT: np.concatenate(vectors)[order].astype(np.float32)},
        {_TEXT: np.concatenate(rows)[order].astype(np.int32)},
    )


def links_of(graph: KnowledgeGraph) -> dict[str, np.ndarray]:
    """Every link of a graph by relation name."""
    return {name: graph.edges(name) for name in graph.relations}
