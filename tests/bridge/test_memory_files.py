"""The memory as a file: it comes back with the same votes, and another graph's is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from memories import links_of, on_a_circle, tiny_graph
from safetensors.numpy import load_file, save_file

from biobridge_core.bridge.memory import Memory
from biobridge_core.bridge.memory_files import MEMORY, load_memory, save_memory
from biobridge_core.errors import ArtifactError
from biobridge_core.kg.splits import transductive


@pytest.fixture(scope="module")
def saved(toy: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Memory]:
    folder = tmp_path_factory.mktemp("memory")
    links = transductive(toy.graph).training.train
    memory = Memory(toy.graph, toy.content, links)
    save_memory(folder, memory, links)
    return folder, memory


def test_it_holds_the_training_links_and_no_other(toy: Any, saved: tuple[Path, Memory]) -> None:
    folder, memory = saved
    back = load_memory(folder, toy.graph, toy.content)
    held_out = 0
    for name in toy.graph.relations:
        assert (back.adjacent(name) != memory.adjacent(name)).nnz == 0, name
        held_out += len(toy.graph.edges(name)) - back.adjacent(name).nnz
    assert held_out > 0
    assert (back.linked == memory.linked).all()


@pytest.mark.parametrize("own", [True, False])
def test_it_gives_the_same_votes(toy: Any, saved: tuple[Path, Memory], own: bool) -> None:
    folder, memory = saved
    back = load_memory(folder, toy.graph, toy.content)
    for name, relation in toy.graph.relations.items():
        rows = toy.graph.rows(relation.head)[::9]
        one, two = (m.votes(m.ask(rows, own=own), name).dense() for m in (memory, back))
        np.testing.assert_allclose(one[:4], two[:4], atol=1e-6)  # popularity, content, pieces, profile
        np.testing.assert_allclose(one[5], two[5], atol=1e-6)
        np.testing.assert_allclose(one[4], two[4], rtol=0.03, atol=1e-3)  # cosines are kept in eight bits


def test_a_memory_of_another_graph_is_refused(toy: Any, saved: tuple[Path, Memory]) -> None:
    fewer = toy.graph.with_triples(np.arange(toy.graph.n_triples) % 4 > 0)
    with pytest.raises(ArtifactError, match=r"memory\.safetensors cannot be read.*links of .* another graph"):
        load_memory(saved[0], fewer, toy.content)
    texts = {"gene": ["a", "b"], "trait": ["c", "d"]}
    tiny = tiny_graph(texts, {"has": [(0, 0)]})
    with pytest.raises(ArtifactError, match="cannot be read"):
        load_memory(saved[0], tiny, on_a_circle(tiny, {"gene": [0, 90], "trait": [0, 90]}))


def test_a_memory_of_more_entities_is_refused(tmp_path: Path) -> None:
    def make(n: int) -> tuple[Any, Any]:
        texts = {"gene": ["a b"] * n, "trait": ["c", "d"]}
        graph = tiny_graph(texts, {"has": [(0, 0), (1, 1)]})
        return graph, on_a_circle(graph, {"gene": list(range(n)), "trait": [0, 90]})

    graph, content = make(5)
    links = links_of(graph)
    save_memory(tmp_path, Memory(graph, content, links), links)
    load_memory(tmp_path, graph, content)
    with pytest.raises(ArtifactError, match="neighbours of gene are those of another graph"):
        load_memory(tmp_path, *make(4))


@pytest.mark.parametrize("how", ["gone", "empty", "cut", "lacks a relation", "places out of range", "of another type"])
def test_a_damaged_memory_is_named(toy: Any, saved: tuple[Path, Memory], tmp_path: Path, how: str) -> None:
    data = (saved[0] / MEMORY).read_bytes()
    path = tmp_path / MEMORY
    tensors = load_file(saved[0] / MEMORY)
    if how in ("empty", "cut"):
        path.write_bytes(data[: len(data) - 5] if how == "cut" else b"")
    elif how == "lacks a relation":
        del tensors["links/protein_in_process"]
        save_file(tensors, path)
    elif how == "places out of range":
        tensors["near/protein"] = tensors["near/protein"] + np.uint16(100)
        save_file(tensors, path)
    elif how == "of another type":
        name = "links/protein_in_process"
        save_file(tensors | {name: tensors[name].astype(np.float32)}, path)
    with pytest.raises(ArtifactError, match=r"memory\.safetensors cannot be read") as caught:
        load_memory(tmp_path, toy.graph, toy.content)
    assert "train the bridge" in caught.value.hint
