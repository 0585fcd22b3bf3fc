"""Negatives that several triples share, so that an epoch of a published embedding takes seconds and not half an hour.

Triples of one relation are put in small groups, and each group is scored against one draw of corrupted tails with a
matrix product (joint negative sampling: Zheng et al. 2020, DGL-KE, doi:10.1145/3397271.3401172; Lerer et al. 2019,
PyTorch-BigGraph, arXiv:1903.12287). Every triple still has as many negatives, drawn evenly over all entities, and the
inverse of each relation is trained, so that both ends are corrupted. Parameters, constraints, regularisers and losses
stay PyKEEN's; `tests/evaluate/test_kge.py` shows that the scores do, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

if TYPE_CHECKING:
    from biobridge_core.evaluate.pykeen_models import PyKEENModel

_TINY = 1e-12  #: under a square root, so that its slope stays finite
_SQUARED = ("TransD",)  #: models that PyKEEN scores by the square of the distance
_PRODUCTS = ("DistMult", "ComplEx")


def shared_loss(
    name: str, model: PyKEENModel, positive: Tensor, n_negatives: int, n_entities: int, group: int = 64
) -> Tensor:
    """Loss of one batch of triples, regularisers included; scalar.

    Parameters
    ----------
    positive
        int64 (n, 3): head, relation, tail.
    group
        Triples that share a draw of negatives.
    """
    positive = positive[positive[:, 1].argsort(stable=True)]
    drawn = torch.randint(n_entities, (sum(group_counts(positive, group)), n_negatives), device=positive.device)
    true, false = shared_scores(name, model, positive, drawn, group)
    loss: Tensor = model.loss.process_slcwa_scores(true, false) + model.collect_regularization_term()
    return loss


def group_counts(positive: Tensor, group: int) -> list[int]:
    """Groups that each relation of some triples, sorted by relation, falls into."""
    counts = torch.unique_consecutive(positive[:, 1], return_counts=True)[1]
    return [-(-int(count) // group) for count in counts]


def shared_scores(name: str, model: PyKEENModel, positive: Tensor, drawn: Tensor, group: int) -> tuple[Tensor, Tensor]:
    """Scores of triples, (n, 1), and of what they are corrupted to, (n, n_negatives).

    Parameters
    ----------
    positive
        int64 (n, 3), sorted by relation.
    drawn
        int64 (n_groups, n_negatives): the tails of each group of `group_counts`.
    """
    relations, counts = torch.unique_consecutive(positive[:, 1], return_counts=True)
    groups, n_negatives = group_counts(positive, group), drawn.shape[1]
    rows = torch.cat([positive[:, 0], positive[:, 2], drawn.flatten()])
    # asked for once, and split rather than sliced: each asking and each slice costs a gradient as large as the whole
    sizes = [*counts.tolist(), *counts.tolist(), *(n_groups * n_negatives for n_groups in groups)]
    entities = [each(rows).split(sizes) for each in model.entity_representations]
    kinds = [each(relations).unbind() for each in model.relation_representations]
    true, false, n_relations = [], [], len(groups)
    for place, (count, n_groups) in enumerate(zip(counts.tolist(), groups, strict=True)):
        relation = [each[place] for each in kinds]
        heads, tails, wrong = ([each[place + k * n_relations] for each in entities] for k in range(3))
        query = _query(name, heads, relation)  # (count, k)
        true.append(_paired(name, query, _place(name, tails, relation)))
        padded = functional.pad(query, (0, 0, 0, n_groups * group - count)).view(n_groups, group, -1)
        found = _all(name, padded, _place(name, wrong, relation).view(n_groups, n_negatives, -1))
        false.append(found.reshape(-1, n_negatives)[:count])
    return torch.cat(true).unsqueeze(1), torch.cat(false)


def scores(name: str, heads: list[Tensor], relation: list[Tensor], tails: list[Tensor]) -> Tensor:
    """Scores of all tails for each head under one relation, as PyKEEN's interaction has them: (n, m).

    Parameters
    ----------
    heads, tails
        Entity representations (n, ...) and (m, ...), in PyKEEN's order.
    relation
        Its representations without a batch axis.
    """
    return _all(name, _query(name, heads, relation).unsqueeze(0), _place(name, tails, relation).unsqueeze(0))[0]


def _query(name: str, heads: list[Tensor], relation: list[Tensor]) -> Tensor:
    """Where the tails are sought: (n, k)."""
    if name in ("DistMult", "ComplEx", "RotatE"):
        return _real(heads[0] * relation[0])
    translation = relation[1] if name == "TransH" else relation[0]
    return _place(name, heads, relation) + translation


def _place(name: str, entities: list[Tensor], relation: list[Tensor]) -> Tensor:
    """Entities as the relation sees them: (m, k)."""
    vectors = entities[0]
    if name == "TransH":
        normal = relation[0]
        return vectors - (vectors @ normal).unsqueeze(1) * normal
    if name == "TransR":
        return _clamped(vectors @ relation[1])
    if name == "TransD":
        return _clamped(vectors + (vectors * entities[1]).sum(1, keepdim=True) * relation[1])
    return _real(vectors)


def _real(vectors: Tensor) -> Tensor:
    """Complex vectors as twice as many real numbers; Re(q · conj(t)) is their inner product."""
    return torch.cat([vectors.real, vectors.imag], dim=-1) if vectors.is_complex() else vectors


def _clamped(vectors: Tensor) -> Tensor:
    norm = vectors.square().sum(-1, keepdim=True).clamp(min=_TINY).sqrt()
    return vectors / norm.clamp(min=1.0)


def _paired(name: str, query: Tensor, place: Tensor) -> Tensor:
    """Row by row: (n,)."""
    if name in _PRODUCTS:
        return (query * place).sum(-1)
    return _from_square(name, (query - place).square().sum(-1))


def _all(name: str, query: Tensor, place: Tensor) -> Tensor:
    """(g, n, k) against (g, m, k): (g, n, m)."""
    product = torch.bmm(query, place.transpose(1, 2))
    if name in _PRODUCTS:
        return product
    square = query.square().sum(-1).unsqueeze(2) + place.square().sum(-1).unsqueeze(1) - 2 * product
    return _from_square(name, square)


def _from_square(name: str, square: Tensor) -> Tensor:
    return -square if name in _SQUARED else -square.clamp(min=_TINY).sqrt()
