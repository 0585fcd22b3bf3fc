"""Training against sampled tails: on average, the softmax over all of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import torch
from memories import tiny_graph
from scipy import sparse

from biobridge_core.bridge.batch import batch_loss, chance_of_none, draw_rivals
from biobridge_core.bridge.data import Content, Groups, group_links
from biobridge_core.bridge.model import Bridge, BridgeConfig
from biobridge_core.bridge.train import TrainOptions
from biobridge_core.types import InputKind

N_HEADS, N_TAILS, BATCH, RIVALS = 120, 400, 20, 60
OPTIONS = TrainOptions(width=16, layers=1, heads=2, dropout=0.0, rivals=0, batch=BATCH)


@pytest.fixture(scope="module")
def parts() -> tuple[Content, Groups, Bridge]:
    rng = np.random.default_rng(0)
    popular = rng.zipf(1.6, 3 * N_HEADS) % N_TAILS
    links = sorted({(i % N_HEADS, int(j)) for i, j in enumerate(popular)})
    graph = tiny_graph({"gene": ["a"] * N_HEADS, "trait": ["b"] * N_TAILS}, {"has": links})
    rows = np.arange(graph.n_entities, dtype=np.int32)
    vectors = rng.normal(size=(len(rows), 8)).astype(np.float32)
    content = Content(graph, {InputKind.TEXT: vectors}, {InputKind.TEXT: rows})
    torch.manual_seed(0)
    bridge = Bridge(BridgeConfig(content.slots(), {"has": ("gene", "trait")}, width=16, layers=1, heads=2, dropout=0))
    return content, group_links(graph, "has", graph.edges("has")), bridge


def test_true_tails_are_always_there_and_no_tail_twice(parts: tuple[Content, Groups, Bridge]) -> None:
    _, groups, _ = parts
    true = groups.true[np.arange(BATCH)]
    taken, correction = draw_rivals(groups, true, RIVALS, np.random.default_rng(0))
    assert np.isin(true.indices, taken).all()
    assert len(np.unique(taken)) == len(taken) <= RIVALS + true.nnz
    assert correction.shape == taken.shape
    assert (correction >= 0).all()


def test_the_sum_over_sampled_false_tails_is_right_on_average(parts: tuple[Content, Groups, Bridge]) -> None:
    _, groups, _ = parts
    rng = np.random.default_rng(1)
    values = np.exp(rng.normal(size=(N_HEADS, N_TAILS)))
    dense = groups.true.toarray()
    values[dense] = 0
    values[:, dense.sum(axis=0) > 5] *= 3  # popular tails matter more than others
    ratios = []
    for _ in range(300):
        chosen = rng.choice(N_HEADS, BATCH, replace=False)
        taken, correction = draw_rivals(groups, groups.true[chosen], RIVALS, rng)
        sums = (values[np.ix_(chosen, taken)] * np.exp(correction)).sum(axis=1)
        ratios.append((sums / values[chosen].sum(axis=1)).mean())
    error = np.std(ratios) / np.sqrt(len(ratios))
    assert error < 0.01
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.03 + 3 * error)
    assert np.log(ratios).mean() == pytest.approx(0.0, abs=0.06)  # as the loss reads it


def test_loss_and_gradient_are_those_of_all_tails(parts: tuple[Content, Groups, Bridge]) -> None:
    content, groups, bridge = parts
    rng = np.random.default_rng(2)
    batches = [rng.choice(N_HEADS, BATCH, replace=False) for _ in range(40)]

    def mean(rivals: int) -> tuple[float, torch.Tensor]:
        bridge.zero_grad()
        options = replace(OPTIONS, rivals=rivals)
        losses = [batch_loss(bridge, content, groups, b, options, seed=i) for i, b in enumerate(batches)]
        loss = torch.stack(losses).mean()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.item(), torch.cat([p.grad.ravel() for p in bridge.parameters() if p.grad is not None])

    (whole, direction), (sampled, about) = mean(0), mean(RIVALS)
    assert sampled == pytest.approx(whole, rel=0.03)
    assert torch.nn.functional.cosine_similarity(direction, about, dim=0) > 0.97
    assert about.norm() / direction.norm() == pytest.approx(1.0, abs=0.15)


def test_few_tails_are_all_taken(parts: tuple[Content, Groups, Bridge]) -> None:
    content, groups, bridge = parts
    chosen = np.arange(BATCH)
    losses = [
        batch_loss(bridge, content, groups, chosen, replace(OPTIONS, rivals=rivals), seed=3)
        for rivals in (0, N_TAILS // 2, N_TAILS, 10 * N_TAILS)
    ]
    assert len({loss.item() for loss in losses}) == 1


def test_a_tail_that_every_head_has_needs_no_correction() -> None:
    true = sparse.csr_array(np.ones((4, 1), dtype=bool), shape=(4, 50))
    groups = Groups("has", "gene", "trait", np.arange(4, dtype=np.int32), true, true)
    taken, correction = draw_rivals(groups, true, 10, np.random.default_rng(0))
    assert correction[taken.tolist().index(0)] == pytest.approx(0, abs=1e-6)
    assert correction[taken != 0] == pytest.approx(np.log(50 / 10), rel=1e-6)


@pytest.mark.parametrize(("n_heads", "degree", "n_drawn"), [(8, 0, 3), (8, 3, 3), (8, 6, 3), (8, 8, 1), (5, 2, 5)])
def test_the_chance_that_no_head_of_a_tail_is_drawn_is_counted_out(n_heads: int, degree: int, n_drawn: int) -> None:
    draws = list(combinations(range(n_heads), n_drawn))
    without = sum(min(draw) >= degree for draw in draws) / len(draws)
    assert chance_of_none(n_heads, np.array([degree]), n_drawn)[0] == pytest.approx(without, abs=1e-12)
