"""Graph embeddings as papers run them: PyKEEN's models, losses and negative sampler, trained under sLCWA.

This is the only module that knows PyKEEN (Ali et al. 2021, JMLR 22:82). Its model classes, losses, constraints and
initialisers are used as they are; the loop around them is ours, so that checkpoints hold tensors alone, a run can stop
within an epoch when its minutes are up, and validation is the one that every rival gets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from torch import Tensor

from biobridge_core.errors import TrainingError
from biobridge_core.evaluate.kge import KGE, KGEConfig, new_model
from biobridge_core.kg.splits import TrainingView

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph

PyKEENModel = Any  #: pykeen.models.ERModel, which carries no types here
Loss = Literal["margin", "nssa"]


@dataclass(frozen=True, slots=True)
class Triples:
    """Training links as PyKEEN numbers them: entities by their row, relations (inverses too) by place in ``relations``.

    ``mapped`` int64 (n, 3): head, relation, tail.
    """

    mapped: Tensor
    relations: tuple[str, ...]
    n_entities: int


def training_triples(graph: KnowledgeGraph, view: TrainingView, *, inverses: bool = True) -> Triples:
    """All training links, is-a among them.

    Parameters
    ----------
    inverses
        Take inverse relations as relations of their own; else forward links alone, and a model answers for an inverse
        by ranking heads.

    Raises
    ------
    TrainingError
        If there is none.
    """
    names = (name for name, links in view.train.items() if len(links))
    relations = tuple(sorted(name for name in names if inverses or graph.relations[name].forward))
    if not relations:
        raise TrainingError("The graph has no link to learn from.", "Build a graph with at least one relation.")
    parts = []
    for number, name in enumerate(relations):
        links = view.train[name]
        parts.append(np.stack([links[:, 0], np.full(len(links), number), links[:, 1]], axis=1))
    return Triples(torch.from_numpy(np.concatenate(parts).astype(np.int64)), relations, graph.n_entities)


def new_pykeen_model(name: str, triples: Triples, *, width: int, loss: Loss, seed: int) -> PyKEENModel:
    """Make one of PyKEEN's models with its own defaults, but with the Euclidean norm throughout.

    ``width`` is PyKEEN's ``embedding_dim``: complex models have as many complex numbers.
    """
    from pykeen import losses, models
    from pykeen.triples import CoreTriplesFactory

    factory = CoreTriplesFactory(triples.mapped, triples.n_entities, len(triples.relations))
    asked: dict[str, Any] = {
        "triples_factory": factory,
        "loss": losses.MarginRankingLoss() if loss == "margin" else losses.NSSALoss(),
        "random_seed": seed,
    }
    if name == "TransH":
        return _trans_h(width, asked)
    asked["embedding_dim"] = width
    if name in ("TransE", "TransR"):
        asked["scoring_fct_norm"] = 2
    if name == "TransR":
        asked["relation_dim"] = width
    found: type | None = getattr(models, name, None)
    if found is None:
        raise TrainingError(f"PyKEEN has no model {name!r}.", "Use a name such as TransE.")
    return found(**asked)


def _trans_h(width: int, asked: dict[str, Any]) -> PyKEENModel:
    """TransH of PyKEEN's interaction: its own model class swaps the normal and the translation (1.11.1)."""
    from pykeen.models import ERModel
    from pykeen.nn.init import xavier_normal_
    from pykeen.nn.modules import TransHInteraction
    from torch.nn import functional

    return ERModel(
        interaction=TransHInteraction,
        interaction_kwargs={"p": 2, "power_norm": False},
        entity_representations_kwargs={"shape": width, "initializer": xavier_normal_},
        relation_representations_kwargs=[
            {"shape": width, "initializer": xavier_normal_, "constrainer": functional.normalize},  # normal
            {"shape": width, "initializer": xavier_normal_},  # translation
        ],
        **asked,
    )


def slcwa_loss(model: PyKEENModel, positive: Tensor, n_negatives: int, sampler: Any) -> Tensor:
    """Loss of one batch of triples against corrupted heads and tails, regularisers included; scalar.

    Parameters
    ----------
    positive
        int64 (n, 3).
    sampler
        A `pykeen.sampling.NegativeSampler` that makes ``n_negatives`` of each.
    """
    negative, _ = sampler.sample(positive_batch=positive)  # (n, n_negatives, 3)
    true = model.score_hrt(positive)  # (n, 1)
    false = model.score_hrt(negative.reshape(-1, 3)).view(len(positive), n_negatives)
    loss: Tensor = model.loss.process_slcwa_scores(true, false) + model.collect_regularization_term()
    return loss


def negative_sampler(triples: Triples, n_negatives: int) -> Any:
    """PyKEEN's basic sampler: half of the negatives have another head, half another tail, of any modality."""
    from pykeen.sampling import BasicNegativeSampler

    return BasicNegativeSampler(
        mapped_triples=triples.mapped,
        num_entities=triples.n_entities,
        num_relations=len(triples.relations),
        num_negs_per_pos=n_negatives,
    )


@torch.no_grad()
def from_pykeen(name: str, model: PyKEENModel, graph: KnowledgeGraph, triples: Triples) -> KGE:
    """The same model as one of ours, which ranks all tails of a modality with one matrix product.

    Its scores are PyKEEN's, or where PyKEEN takes the distance the negative of its square: the order is the same. All
    seven read backwards with other parameters of the relation, so an inverse that had no triples ranks heads exactly.
    """
    entities = [_real(each(indices=None)) for each in model.entity_representations]
    relations = [each(indices=None) for each in model.relation_representations]
    width = entities[0].shape[1]
    own = {relation: [each[number] for each in relations] for number, relation in enumerate(triples.relations)}
    parts = {relation: _parts(name, values) for relation, values in own.items()}
    for relation in triples.relations:
        parts.setdefault(graph.relations[relation].inverse, _backwards(name, parts[relation]))
    config = KGEConfig(
        model=name,
        sizes={modality: len(graph.rows(modality)) for modality in graph.modality_names},
        relations={r: (graph.relations[r].head, graph.relations[r].tail) for r in sorted(parts)},
        width=width,
        bound=name in ("TransR", "TransD"),
    )
    ours = new_model(config)
    vectors = torch.cat(entities, dim=1)  # TransD: vectors, then what they project with
    for modality in graph.modality_names:
        rows = graph.rows(modality)
        if len(rows):
            ours.entities[modality].copy_(vectors[int(rows[0]) : int(rows[-1]) + 1])
    for relation, values in parts.items():
        for part, value in values.items():
            ours.part(part, relation).copy_(value)
    return ours.eval()


def _real(vectors: Tensor) -> Tensor:
    return torch.cat([vectors.real, vectors.imag], dim=-1) if vectors.is_complex() else vectors


def _parts(name: str, values: list[Tensor]) -> dict[str, Tensor]:
    """Our names for PyKEEN's relation representations, in its order."""
    if name == "TransH":
        return {"normal": values[0], "translation": values[1]}
    if name == "TransR":
        return {"translation": values[0], "matrix": values[1]}
    if name == "TransD":
        return {"translation": values[0], "projection": values[1]}
    if name == "RotatE":
        return {"phase": values[0].angle()}
    return {"translation" if name == "TransE" else "factor": _real(values[0])}


def _backwards(name: str, parts: dict[str, Tensor]) -> dict[str, Tensor]:
    """Parameters with which (tail, inverse, head) scores as (head, relation, tail) does."""
    if name == "ComplEx":
        real, imaginary = parts["factor"].chunk(2)
        return {"factor": torch.cat([real, -imaginary])}
    return {part: -value if part in ("translation", "phase") else value for part, value in parts.items()}
