"""The memory as files: which links of the graph it holds, and nearest neighbours that take long to find."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from biobridge_core.bridge.memory import Memory, NearTails
from biobridge_core.errors import ArtifactError
from biobridge_core.kg.hierarchy import Links

if TYPE_CHECKING:
    from biobridge_core.bridge.data import Content
    from biobridge_core.kg.graph import KnowledgeGraph

MEMORY = "memory.safetensors"


def save_memory(folder: Path, memory: Memory, links: Mapping[str, Links]) -> None:
    """Write ``memory.safetensors``: a bit for each link of the graph, and `Memory.near_tails` in eight bits.

    Parameters
    ----------
    links
        Relation name -> the links that the memory holds, some of those of the graph.
    """
    graph = memory.graph
    tensors: dict[str, NDArray[np.generic]] = {}
    for relation in graph.relations.values():
        if relation.forward:
            held = np.isin(_keys(graph.edges(relation.name), graph), _keys(links[relation.name], graph))
            tensors[f"links/{relation.name}"] = np.packbits(held)
    for modality in graph.modalities:
        near = memory.near_tails(modality)
        tensors[f"near/{modality}"] = near.places
        tensors[f"cosines/{modality}"] = np.round(255 * np.clip(near.cosines.astype(np.float32), 0, 1)).astype(np.uint8)
    save_file(tensors, folder / MEMORY)


def load_memory(folder: Path, graph: KnowledgeGraph, content: Content) -> Memory:
    """Read what `save_memory` wrote: the links of training alone, so that what answers is what was calibrated.

    The graph shows the links that were held out as known all the same.

    Raises
    ------
    ArtifactError
        If the file is missing or damaged, or was made for another graph.
    """
    path = folder / MEMORY
    try:
        tensors = load_file(path)
        links: dict[str, Links] = {}
        for relation in graph.relations.values():
            if relation.forward:
                edges = graph.edges(relation.name)
                bits = tensors[f"links/{relation.name}"]
                if bits.shape != (-(-len(edges) // 8),):
                    raise ValueError(f"the links of {relation.name} are those of another graph")
                held = np.unpackbits(bits, count=len(edges)).astype(bool)
                links[relation.name] = edges[held]
                if relation.inverse != relation.name:
                    links[relation.inverse] = links[relation.name][:, ::-1]
        near = {}
        for modality in graph.modalities:
            places, cosines = tensors[f"near/{modality}"], tensors[f"cosines/{modality}"]
            n = len(graph.rows(modality))
            if places.shape != cosines.shape or len(places) != n or (places >= max(n, 1)).any():
                raise ValueError(f"the neighbours of {modality} are those of another graph")
            near[modality] = NearTails(places, np.where(cosines > 0, cosines / 255.0, -1.0).astype(np.float16))
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"{path} cannot be read: {error}.", "Restore it, or train the bridge again.") from error
    return Memory(graph, content, links, near=near)


def _keys(links: Links, graph: KnowledgeGraph) -> NDArray[np.int64]:
    return np.asarray(links[:, 0].astype(np.int64) * graph.n_entities + links[:, 1], dtype=np.int64)
