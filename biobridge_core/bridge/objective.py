"""What a bridge is trained to do: make true tails more similar to the query than all others.

``full`` is the grouped form: each (head, relation) is transformed once and its true tails compete with *all* entities
of the tail modality. ``paired`` and ``in_batch`` are InfoNCE (van den Oord et al. 2018, arXiv:1807.03748) on single
triples as in the BioBridge paper, against sampled tails or the other tails of the batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
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
    minus = logits.new_tensor(_MINUS)
    true = logits[positive.rows, positive.columns]  # (n_positive,)
    rest = logits.index_put((ignored.rows, ignored.columns), minus)
    if competition == "alone":
        rest = rest.index_put((positive.rows, positive.columns), minus)
        against = rest.logsumexp(dim=1)[positive.rows]  # (n_queries,) -> (n_positive,)
        losses = functional.softplus(against - true)
    else:
        losses = rest.logsumexp(dim=1)[positive.rows] - true
    counts = torch.bincount(positive.rows, minlength=len(logits)).to(losses.dtype)  # (n_queries,)
    return (losses / counts[positive.rows]).sum() / len(logits)


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
