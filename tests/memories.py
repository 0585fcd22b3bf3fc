"""A memory and a reading for small bundles, written by the code that writes the real ones."""

from __future__ import annotations

from pathlib import Path

from biobridge_core.bridge.data import Content
from biobridge_core.bridge.memory import TERMS, Memory
from biobridge_core.bridge.memory_files import save_memory
from biobridge_core.bridge.reading import Reading, Weights
from biobridge_core.catalogue import Catalogue
from biobridge_core.kg.graph import KnowledgeGraph

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
