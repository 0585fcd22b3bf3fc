"""One entity against everything, quickly: each step and the whole give what the plain way gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from memories import READING, links_of
from opened import real_service

from biobridge_core.bridge.data import Content, scores
from biobridge_core.bridge.eightbit import Frozen
from biobridge_core.bridge.memory import Memory
from biobridge_core.bridge.model import Bridge, BridgeConfig
from biobridge_core.bridge.quick import QuickReader
from biobridge_core.bridge.quick_moves import QuickMoves
from biobridge_core.bridge.reader import Reader
from biobridge_core.errors import InputError
from biobridge_core.types import InputKind

TOLERANCE = 1e-4  #: of a score, a natural logarithm


def coded(toy: Any) -> Content:
    """The toy's vectors in eight bits a number, and the codes with them."""
    steps = {kind: (np.abs(vectors).max(axis=0) / 127).astype(np.float32) for kind, vectors in toy.vectors.items()}
    codes = {kind: np.rint(vectors / steps[kind]).astype(np.int8) for kind, vectors in toy.vectors.items()}
    content = Content(toy.graph, {kind: codes[kind] * steps[kind] for kind in codes}, toy.rows)
    content.codes = {kind: (codes[kind], steps[kind]) for kind in codes}
    return content


def trained(toy: Any, **shape: Any) -> Bridge:
    """A bridge that moves its queries: an untrained one leaves them where they are."""
    torch.manual_seed(0)
    relations = {name: (r.head, r.tail) for name, r in toy.graph.relations.items()}
    bridge = Bridge(BridgeConfig(toy.content.slots(), relations, width=16, heads=2, **shape)).eval()
    torch.nn.init.normal_(bridge.move.out.weight, std=0.3)  # type: ignore[union-attr, arg-type]
    for kinds, projection in bridge.projections.items():
        projection.linear.bias.data.normal_(std=0.3)  # type: ignore[union-attr, operator]
        modality, kind = kinds.split("/")
        rows = toy.graph.rows(modality)
        (vectors,) = (v for found, _, v in toy.content.take(rows, modality) if found == InputKind(kind))
        projection.fit(vectors, 0.5)  # type: ignore[operator]
    return bridge


@pytest.mark.parametrize("width", [1, 12, 256])
def test_whole_numbers_give_the_products_of_float64(toy: Any, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    content = coded(toy)
    n = len(toy.rows[InputKind.SEQUENCE])
    codes = rng.integers(-127, 128, (n, width)).astype(np.int8)
    codes[0], codes[1] = 127, -127  # the largest sums there can be
    step = rng.uniform(0.01, 10, width).astype(np.float32)
    content.codes[InputKind.SEQUENCE] = codes, step
    content.vectors[InputKind.SEQUENCE] = torch.from_numpy(codes * step)
    frozen = Frozen(content, "protein", InputKind.SEQUENCE)
    queries = rng.normal(size=(3, width)).astype(np.float32)
    queries[1] = 1 / step  # all at the largest number that is written
    queries[2] = 0
    exact = queries.astype(np.float64) @ (codes * step.astype(np.float64)).T
    sizes = np.linalg.norm(queries, axis=1)[:, None] * np.linalg.norm(codes * step, axis=1)
    found = frozen.products(torch.from_numpy(queries)).numpy()
    assert (np.abs(found - exact) <= 1e-6 * sizes + 1e-12).all()
    monkeypatch.setattr("biobridge_core.bridge.eightbit._LONGEST", 0)  # too long for whole numbers
    plain = Frozen(content, "protein", InputKind.SEQUENCE).products(torch.from_numpy(queries)).numpy()
    assert (np.abs(plain - exact) <= 1e-6 * sizes + 1e-12).all()


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_queries_are_moved_as_by_the_bridge(toy: Any, layers: int) -> None:
    bridge = trained(toy, layers=layers)
    for modality in toy.graph.modalities:
        names = [r.name for r in toy.graph.relations.values() if r.head == modality]
        embedded = toy.content.embed(bridge, toy.graph.rows(modality)[5:6], modality)
        with torch.inference_mode():
            expected = bridge.query(embedded.repeat(len(names), 1), names)
            assert (expected - torch.nn.functional.normalize(embedded, dim=-1)).abs().max() > 0.1
            torch.testing.assert_close(QuickMoves(bridge, names).query(embedded), expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("transform", ["transformer", "mlp"])
@pytest.mark.parametrize("eight_bits", [True, False])
def test_cosines_are_those_of_the_bridge(toy: Any, transform: str, eight_bits: bool) -> None:
    content, bridge = coded(toy) if eight_bits else toy.content, trained(toy, transform=transform)
    reader = QuickReader(bridge, content, Memory(toy.graph, content, links_of(toy.graph)), READING)
    for modality in toy.graph.modalities:
        for row in toy.graph.rows(modality)[:9:4].tolist():
            found = reader.cosines(row)
            expected = {r.name for r in toy.graph.relations.values() if r.head == modality and not r.hierarchical}
            assert set(found) == expected
            for name, cosines in found.items():
                exact = scores(bridge, content, np.array([row]), name)
                np.testing.assert_allclose(cosines, exact, atol=2e-6)


@pytest.mark.parametrize("eight_bits", [True, False])
def test_queries_are_prepared_as_by_the_memory(toy: Any, eight_bits: bool) -> None:
    content = coded(toy) if eight_bits else toy.content
    memory = Memory(toy.graph, content, links_of(toy.graph))
    reader = QuickReader(trained(toy), content, memory, READING)
    rows = np.concatenate([toy.graph.rows(modality)[:17:8] for modality in toy.graph.modalities])
    pairs = [
        (reader.ask(rows[[i]], own=own), memory.ask(rows[[i]], own=own)) for own in (1, 0) for i in range(len(rows))
    ]
    for kind, modality in ((InputKind.TEXT, "drug"), (InputKind.SEQUENCE, "protein")):
        asked = ("input 8 drug", content.vectors[kind][3].numpy() + 0.1, modality, kind)
        pairs.append((reader.ask_input(*asked), memory.ask_input(*asked)))
    for found, expected in pairs:
        assert found.modality == expected.modality
        for name in ("content", "pieces", "profile"):
            np.testing.assert_allclose(getattr(found, name), getattr(expected, name), atol=3e-6, err_msg=name)
        for name in ("places", "rows"):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    many = toy.graph.rows("drug")[:3]
    np.testing.assert_array_equal(reader.ask(many).content, memory.ask(many).content)
    with pytest.raises(InputError, match="not finite"):
        reader.ask_input("x", np.full(12, np.nan, np.float32), "drug", InputKind.TEXT)
    with pytest.raises(InputError, match="has a text as its input"):
        reader.ask_input("x", np.zeros(12, np.float32), "protein", InputKind.TEXT)


@pytest.mark.parametrize("own", [True, False])
def test_the_shipped_catalogue_is_scored_as_by_the_plain_reader(own: bool) -> None:
    """Every score to a small tolerance, and the hundred best in the same order, but for those that are equal."""
    bundle = real_service()._bundle
    fast = bundle.reader
    assert isinstance(fast, QuickReader)
    plain = Reader(fast.bridge, fast.content, fast.memory, fast.reading)
    graph, rng = bundle.graph, np.random.default_rng(0)
    for modality in ("protein", "drug", "molecular_function"):  # drugs have inputs of three kinds
        rows = graph.rows(modality)
        row = int(rng.choice(rows[fast.memory.linked[rows]]))
        query = fast.memory.ask(np.array([row]), own=own)
        found = fast.everywhere(row, own=own)
        assert found
        for name, values in found.items():
            expected = plain.read(query, scores(fast.bridge, fast.content, np.array([row]), name), name)
            assert np.abs(values - expected).max() < TOLERANCE
            best = np.argsort(-expected[0], kind="stable")[:100]
            assert (np.diff(values[0, best]) < TOLERANCE).all()
            assert values[0, best].min() > np.delete(values[0], best).max(initial=-np.inf) - TOLERANCE
