"""The loss of one batch of one relation, against all tails or against some that stand for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import gammaln
from torch import Tensor

from biobridge_core.bridge.data import Content, Groups, cells
from biobridge_core.bridge.model import Bridge
from biobridge_core.bridge.objective import grouped_softmax, in_batch_info_nce, info_nce
from biobridge_core.kg.splits import Sparse

if TYPE_CHECKING:
    from biobridge_core.bridge.train import TrainOptions


def batch_loss(
    bridge: Bridge, content: Content, groups: Groups, chosen: NDArray[np.integer], options: TrainOptions, *, seed: int
) -> Tensor:
    """Loss of one batch.

    Parameters
    ----------
    chosen
        (n,) places in ``groups``: the queries, or for ``paired`` and ``in_batch`` the heads of one random triple each.
    seed
        Draws the triples and the negatives.
    """
    queries = bridge.query(content.embed(bridge, groups.heads[chosen], groups.head_modality), groups.relation)  # (n, w)
    true, temperature = groups.true[chosen], bridge.logit_temperature()
    all_tails = content.graph.rows(groups.tail_modality)
    rng = np.random.default_rng([options.seed, seed])
    if options.objective == "full":
        ignored, correction = groups.ignored[chosen], None
        if 0 < 2 * options.rivals < len(all_tails):
            drawn, correction = draw_rivals(groups, true, options.rivals, rng)
            all_tails, true, ignored = all_tails[drawn], true[:, drawn], ignored[:, drawn]
        tails = content.project(bridge, all_tails, groups.tail_modality)  # (n_tails, w)
        logits = (queries / temperature) @ tails.T  # (n, n_tails)
        positive = cells(true, content.device)
        if correction is not None:
            shift = torch.from_numpy(correction).to(logits)  # (n_tails,)
            logits = (logits + shift).index_put((positive.rows, positive.columns), -shift[positive.columns], True)
        return grouped_softmax(logits, positive, cells(ignored, content.device), options.competition)
    counts = np.diff(true.indptr)
    partner = true.indices[true.indptr[:-1] + rng.integers(0, counts)]  # (n,) one true tail a query
    if options.objective == "in_batch":
        tails = content.project(bridge, all_tails[partner], groups.tail_modality)  # (n, w)
        known = torch.from_numpy(true[:, partner].toarray()).to(content.device)  # (n, n)
        return in_batch_info_nce((queries @ tails.T).float() / temperature, known)
    drawn = rng.integers(0, len(all_tails), size=(len(chosen), options.negatives))
    rows, places = np.unique(np.concatenate([partner[:, None], drawn], axis=1), return_inverse=True)
    tails = content.project(bridge, all_tails[rows], groups.tail_modality)  # (n_rows, w)
    logits = (queries @ tails.T).float() / temperature  # (n, n_rows)
    logits = logits.gather(1, torch.from_numpy(places.reshape(len(chosen), -1)).to(content.device))  # (n, 1 + k)
    return info_nce(logits[:, 0], logits[:, 1:])


def draw_rivals(
    groups: Groups, true: Sparse, n_drawn: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Tails for one batch: its true ones and some at random, and what makes their softmax that over all tails.

    A tail stands for 1 / P(it is taken) tails like it, so minus the log of that probability is added to its logit
    where it is a false one (Bengio & Senécal 2008, doi:10.1109/TNN.2007.912312).
    """
    n_queries, n_tails = true.shape
    taken = np.union1d(true.indices, rng.choice(n_tails, n_drawn, replace=False)).astype(np.int64)
    degree = np.bincount(groups.true.indices, minlength=n_tails)[taken]
    missed = (1 - n_drawn / n_tails) * chance_of_none(len(groups), degree, n_queries)
    return taken, -np.log(np.maximum(1 - missed, 1e-6)).astype(np.float32)


def chance_of_none(n_heads: int, degree: NDArray[np.integer], n_drawn: int) -> NDArray[np.float64]:
    """Chance that ``n_drawn`` of ``n_heads`` heads, taken without putting back, spare the ``degree`` of a tail.

    Zero where there are too few other heads: some of the tail's own must be drawn.
    """
    others = n_heads - degree
    enough = others >= n_drawn
    others = np.maximum(others, n_drawn)
    log = gammaln(others + 1) - gammaln(others - n_drawn + 1) + gammaln(n_heads - n_drawn + 1) - gammaln(n_heads + 1)
    return np.where(enough, np.exp(log), 0.0)
