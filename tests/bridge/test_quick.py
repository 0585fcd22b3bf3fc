"""Single queries are read faster, and to the same scores."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from memories import READING, links_of

from biobridge_core.bridge import quick
from biobridge_core.bridge.memory import Memory, Readout
from biobridge_core.bridge.model import Bridge, BridgeConfig
from biobridge_core.bridge.quick import QuickReader
from biobridge_core.bridge.reader import Reader
from biobridge_core.types import InputKind


@pytest.fixture(scope="module")
def bridge(toy: Any) -> Bridge:
    torch.manual_seed(0)
    relations = {name: (r.head, r.tail) for name, r in toy.graph.relations.items()}
    return Bridge(BridgeConfig(toy.content.slots(), relations, width=16, layers=1, heads=2)).eval()


@pytest.mark.parametrize("gather", [0, 3, 10**9])  # both ways to compare profiles
@pytest.mark.parametrize("ahead", [1, 2, 8])  # none, some and all relations find their voters in the kept order
@pytest.mark.parametrize("own", [True, False])
def test_it_scores_as_the_reader_does(
    toy: Any, bridge: Bridge, own: bool, ahead: int, gather: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick, "_AHEAD", ahead)
    monkeypatch.setattr(quick, "_GATHER", gather)
    links = links_of(toy.graph)
    links = links | {"drug_blocks_protein": links["drug_blocks_protein"][:9]}
    memory = Memory(toy.graph, toy.content, links, replace(Readout(), k=7))
    slow, fast = (cls(bridge, toy.content, memory, READING) for cls in (Reader, QuickReader))
    rng = np.random.default_rng(0)
    for relation in toy.graph.relations.values():
        if relation.hierarchical:
            continue
        n_tails = len(toy.graph.rows(relation.tail))
        for row in toy.graph.rows(relation.head)[::23]:
            query = memory.ask(np.array([row]), own=own)
            cosines = rng.uniform(-1, 1, (1, n_tails)).astype(np.float32)
            one, two = (reader.read(query, cosines, relation.name) for reader in (slow, fast))
            assert two.shape == one.shape
            assert two.dtype == one.dtype
            np.testing.assert_allclose(two, one, atol=2e-4, rtol=1e-4)


def test_raw_inputs_several_queries_and_an_empty_memory(toy: Any, bridge: Bridge) -> None:
    memory = Memory(toy.graph, toy.content, links_of(toy.graph))
    slow, fast = (cls(bridge, toy.content, memory, READING) for cls in (Reader, QuickReader))
    n_tails = len(toy.graph.rows("protein"))
    vector = toy.vectors[InputKind.TEXT][0]
    asked = memory.ask_input("drug input 8", vector, "drug", InputKind.TEXT)
    cosines = np.zeros((1, n_tails), np.float32)
    name = "drug_inhibits_protein"
    np.testing.assert_allclose(fast.read(asked, cosines, name), slow.read(asked, cosines, name), atol=2e-4)
    many = memory.ask(toy.graph.rows("drug")[:3])
    cosines = np.zeros((3, n_tails), np.float32)
    np.testing.assert_array_equal(fast.read(many, cosines, name), slow.read(many, cosines, name))
    nothing = Memory(toy.graph, toy.content, {})
    slow, fast = (cls(bridge, toy.content, nothing, READING) for cls in (Reader, QuickReader))
    for own in (True, False):
        query = nothing.ask(toy.graph.rows("drug")[:1], own=own)
        np.testing.assert_allclose(fast.read(query, cosines[:1], name), slow.read(query, cosines[:1], name), atol=2e-4)
