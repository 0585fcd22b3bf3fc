"""Losses against numbers worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from biobridge_core.bridge.objective import Cells, Competition, grouped_softmax, in_batch_info_nce, info_nce

LOGITS = torch.tensor([[1.0, 2.0, 0.5, -1.0], [0.0, 0.0, 3.0, 1.0]])
POSITIVE = Cells(torch.tensor([0, 0, 1]), torch.tensor([0, 1, 3]))
IGNORED = Cells(torch.tensor([1]), torch.tensor([2]))
NONE = Cells(torch.tensor([], dtype=torch.long), torch.tensor([], dtype=torch.long))


def _nll(true: float, others: list[float]) -> float:
    return -math.log(math.exp(true) / (math.exp(true) + sum(map(math.exp, others))))


def test_alone_each_true_tail_meets_the_false_ones_only() -> None:
    expected = ((_nll(1.0, [0.5, -1.0]) + _nll(2.0, [0.5, -1.0])) / 2 + _nll(1.0, [0.0, 0.0])) / 2
    assert grouped_softmax(LOGITS, POSITIVE, IGNORED).item() == pytest.approx(expected, abs=1e-5)


def test_shared_the_true_tails_stand_in_one_softmax() -> None:
    first = (_nll(1.0, [2.0, 0.5, -1.0]) + _nll(2.0, [1.0, 0.5, -1.0])) / 2
    second = _nll(1.0, [0.0, 0.0])
    loss = grouped_softmax(LOGITS, POSITIVE, IGNORED, "shared").item()
    assert loss == pytest.approx((first + second) / 2, abs=1e-5)


def test_with_one_true_tail_both_are_cross_entropy() -> None:
    positive = Cells(torch.tensor([0, 1]), torch.tensor([2, 0]))
    expected = torch.nn.functional.cross_entropy(LOGITS, torch.tensor([2, 0])).item()
    for competition in ("alone", "shared"):
        assert grouped_softmax(LOGITS, positive, NONE, competition).item() == pytest.approx(expected, abs=1e-5)  # type: ignore[arg-type]


def test_a_query_whose_tails_are_all_true_gives_no_nan() -> None:
    logits = torch.randn(1, 2, requires_grad=True)
    loss = grouped_softmax(logits, Cells(torch.tensor([0, 0]), torch.tensor([0, 1])), NONE)
    loss.backward()
    assert loss.item() == pytest.approx(0, abs=1e-5)
    assert torch.isfinite(logits.grad).all()  # type: ignore[arg-type]


def test_an_ignored_tail_gets_no_gradient_and_a_false_one_is_pushed_away() -> None:
    logits = LOGITS.clone().requires_grad_()
    grouped_softmax(logits, POSITIVE, IGNORED).backward()
    gradient = logits.grad
    assert gradient is not None
    assert gradient[1, 2] == 0
    assert (gradient[0, 2:] > 0).all()
    assert (gradient[POSITIVE.rows, POSITIVE.columns] < 0).all()


def test_info_nce_by_hand() -> None:
    true, negative = torch.tensor([1.0, 0.0]), torch.tensor([[0.5, -0.5], [2.0, 1.0]])
    expected = (_nll(1.0, [0.5, -0.5]) + _nll(0.0, [2.0, 1.0])) / 2
    assert info_nce(true, negative).item() == pytest.approx(expected, abs=1e-5)


def test_in_batch_leaves_known_links_out_of_the_negatives() -> None:
    logits = torch.tensor([[1.0, 5.0, 0.0], [0.0, 2.0, 1.0], [1.0, 1.0, 1.0]])
    known = torch.eye(3, dtype=torch.bool)
    known[0, 1] = True
    expected = (_nll(1.0, [0.0]) + _nll(2.0, [0.0, 1.0]) + _nll(1.0, [1.0, 1.0])) / 3
    assert in_batch_info_nce(logits, known).item() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("competition", ["alone", "shared"])
def test_the_gradient_is_that_of_the_loss(competition: Competition) -> None:
    torch.manual_seed(0)
    logits = 3 * torch.randn(5, 9)
    positive = Cells(torch.tensor([0, 0, 1, 2, 3, 4, 4, 4]), torch.tensor([1, 5, 2, 0, 8, 3, 4, 6]))
    ignored = Cells(torch.tensor([0, 2, 4]), torch.tensor([2, 1, 0]))
    ours = logits.clone().requires_grad_()
    grouped_softmax(ours, positive, ignored, competition).backward()
    plain = logits.clone().requires_grad_()
    banned = torch.zeros(5, 9, dtype=torch.bool)
    banned[ignored.rows, ignored.columns] = True
    total = torch.zeros(())
    for query in range(5):
        mine = positive.columns[positive.rows == query]
        for tail in mine:
            out = banned[query].clone()
            if competition == "alone":
                out[mine[mine != tail]] = True
            total = total - plain[query].masked_fill(out, -torch.inf).log_softmax(0)[tail] / len(mine) / 5
    total.backward()
    assert ours.grad is not None
    assert plain.grad is not None
    assert torch.allclose(ours.grad, plain.grad, atol=1e-6)
