"""What a bridge is trained to do: make true tails more similar to the query than all others.

``full`` is the grouped form: each (head, relation) is transformed once and its true tails compete with *all* entities
of the tail modality. ``paired`` and ``in_batch`` are InfoNCE (van den Oord et al. 2018, arXiv:1807.03748) on single
triples as in the BioBridge paper, against sampled tails or the other tails of the batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx
from torch.nn import functional

Objective = Literal["full", "paired", "in_batch"]
Competition = Literal["alone", "shared"]

_MINUS = -1e4  # out of any softmax, and unlike -inf without a NaN gradient where a row has nothing else


@dataclass(frozen=True, slots=True)
class Cells:
    """Positions in a matrix of logits: int64 (n,) each."""

    rows: Tensor
    columns: Tensor


def grouped_softmax(logits: Tensor, positive: Cells, ignored: Cells, competition: Competition = "alone") -> Tensor:
    """Multi-positive softmax over all tails, mean per query, then over queries.

    Parameters
    ----------
    logits
        (n_queries, n_tails), cosine over temperature.
    positive
        The true tails; every query has at least one.
    ignored
        Tails that are neither true nor false, e.g. ancestors of true ones; none of them is also positive.
    competition
        ``alone``: each true tail against the false ones only, as the filtered rank counts it.
        ``shared``: the true tails of a query share one softmax with the false ones.

    Returns
    -------
    Tensor
        Scalar.
    """
    loss: Tensor = _GroupedSoftmax.apply(logits, positive, ignored, competition)  # type: ignore[no-untyped-call]
    return loss


class _GroupedSoftmax(torch.autograd.Function):
    """The loss and its gradient in one pass: the matrix is by far the largest thing that training touches."""

    @staticmethod
    def forward(ctx: FunctionCtx, logits: Tensor, positive: Cells, ignored: Cells, competition: Competition) -> Tensor:
        rows, columns = positive.rows, positive.columns
        cells = logits.to(torch.float32, copy=True)  # (n_queries, n_tails)
        true = cells[rows, columns]  # (n_positive,)
        cells[ignored.rows, ignored.columns] = _MINUS
        if competition == "alone":
            cells[rows, columns] = _MINUS
        against = cells.logsumexp(dim=1)  # (n_queries,)
        weight = 1 / (torch.bincount(rows, minlength=len(cells)).float() * len(cells))[rows]  # (n_positive,)
        margin = against[rows] - true
        if competition == "alone":
            loss, pull = (weight * functional.softplus(margin)).sum(), weight * torch.sigmoid(margin)
        else:
            loss, pull = (weight * margin).sum(), weight
        push = torch.zeros_like(against).index_add_(0, rows, pull)  # d loss / d against
        gradient = cells.sub_(against.unsqueeze(1)).exp_().mul_(push.unsqueeze(1))
        gradient.index_put_((rows, columns), -pull, accumulate=True)
        ctx.save_for_backward(gradient.to(logits.dtype))
        return loss

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None, None, None]:
        (gradient,) = ctx.saved_tensors
        return gradient * upstream.to(gradient.dtype), None, None, None


def info_nce(true: Tensor, negative: Tensor) -> Tensor:
    """InfoNCE of single pairs against sampled negatives.

    Parameters
    ----------
    true
        (n,) logits of the pairs.
    negative
        (n, k) logits of the same heads with k other tails.
    """
    logits = torch.cat([true.unsqueeze(1), negative], dim=1)  # (n, 1 + k)
    return (logits.logsumexp(dim=1) - true).mean()


def in_batch_info_nce(logits: Tensor, known: Tensor) -> Tensor:
    """InfoNCE of pairs against the other tails of the batch.

    Parameters
    ----------
    logits
        (n, n): head i against the tail of pair j; the pairs stand on the diagonal.
    known
        bool (n, n): true where head i is linked to tail j, which then is no negative.
    """
    diagonal = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
    masked = logits.masked_fill(known & ~diagonal, _MINUS)
    return functional.cross_entropy(masked, torch.arange(len(logits), device=logits.device))
