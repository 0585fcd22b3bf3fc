"""Seven knowledge-graph embeddings, each as a query for (head, relation) and a place for every tail.

All of them score a link either by the inner product of query and place or by their negative squared distance, so a
batch of heads is ranked against all tails of a modality with one matrix product. Scores equal PyKEEN's with the same
weights; `tests/evaluate/test_kge.py` shows it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from biobridge_core.bridge.checkpoint import read_tensors, write_tensors
from biobridge_core.errors import ArtifactError, TrainingError

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph


@dataclass(frozen=True)
class KGEConfig:
    """What a model is made of.

    Parameters
    ----------
    model
        Which of `MODELS`.
    sizes
        Modality -> number of entities.
    relations
        Relation or inverse -> (head modality, tail modality).
    width
        Numbers per entity: a complex model has ``width / 2`` complex ones; TransD has as many again to project with.
    scale
        Starting value of the factor from scores to logits, learned apart for each relation.
    bound
        Clamp projected entities to length 1, as TransR and TransD were published.
    spread
        Expected length of a new entity vector.
    dropout
        Share of the query's numbers that are zeroed in training.
    """

    model: str
    sizes: Mapping[str, int]
    relations: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    width: int = 256
    scale: float = 1.0
    bound: bool = False
    spread: float = 1.0
    dropout: float = 0.0


class KGE(nn.Module, ABC):
    """Base of the seven: one vector an entity, and parameters of each relation.

    A model defines `_query` and `_place`; ``distance`` says how the two are compared. Entities are kept apart by
    modality, so that a batch of one relation touches the two modalities that it joins and no other.

    Raises
    ------
    TrainingError
        If the width does not suit the model.
    """

    distance: ClassVar[bool] = True  #: -|query - place|²; else their inner product
    shapes: ClassVar[Mapping[str, tuple[int, ...]]] = {
        "translation": (1,)
    }  #: relation parameter -> shape in units of the width
    entity_width: ClassVar[int] = 1  #: in units of the width

    def __init__(self, config: KGEConfig) -> None:
        super().__init__()
        if config.width < 2 or config.width % 2:
            raise TrainingError(f"A width of {config.width} is odd or too small.", "Use an even width, e.g. 256.")
        self.config = config
        sd = config.spread / config.width**0.5
        self.entities = nn.ParameterDict(
            {
                name: nn.Parameter(torch.randn(n, config.width * self.entity_width) * sd)
                for name, n in config.sizes.items()
            }
        )
        self.parts = nn.ModuleDict(
            {
                part: nn.ParameterDict({name: nn.Parameter(self.start(part, shape)) for name in config.relations})
                for part, shape in self.shapes.items()
            }
        )
        self.log_scale = nn.ParameterDict(
            {name: nn.Parameter(torch.tensor(config.scale).log()) for name in config.relations}
        )

    def start(self, part: str, shape: tuple[int, ...]) -> Tensor:
        """First values of a relation's parameter."""
        width = self.config.width
        sd = 0.1 * self.config.spread / float(width) ** 0.5
        return torch.randn([size * width for size in shape]).mul_(sd)

    def part(self, name: str, relation: str) -> Tensor:
        """Parameter of one relation."""
        value: Tensor = self.parts[name][relation]  # type: ignore[index]
        return value

    def heads(self, relation: str) -> Tensor:
        """Vectors of the head modality."""
        vectors: Tensor = self.entities[self.config.relations[relation][0]]
        return vectors

    def tails(self, relation: str) -> Tensor:
        """Vectors of the tail modality."""
        vectors: Tensor = self.entities[self.config.relations[relation][1]]
        return vectors

    @abstractmethod
    def _query(self, heads: Tensor, relation: str) -> Tensor:
        """(n, entity width) -> (n, k)."""

    def _place(self, tails: Tensor, relation: str) -> Tensor:
        """(m, entity width) -> (m, k)."""
        return tails

    def _clamp(self, vectors: Tensor) -> Tensor:
        """At most length 1, where the configuration asks for it."""
        if not self.config.bound:
            return vectors
        lengths: Tensor = vectors.norm(dim=-1, keepdim=True)
        return vectors / lengths.clamp(min=1.0)

    def query(self, heads: Tensor, relation: str) -> Tensor:
        """Where the tails of some heads are sought.

        Parameters
        ----------
        heads
            int64 (n,) places within the head modality.

        Returns
        -------
        Tensor
            (n, k).
        """
        query = self._query(self.heads(relation)[heads], relation)
        return functional.dropout(query, self.config.dropout, self.training)

    def scores_all_tails(self, heads: Tensor, relation: str) -> Tensor:
        """Plausibility of all tails of the relation's tail modality, higher is better: (n, m)."""
        query = self.query(heads, relation)  # (n, k)
        place = self._place(self.tails(relation), relation)  # (m, k)
        if not self.distance:
            return torch.mm(query, place.T)
        return 2 * query @ place.T - query.square().sum(1, keepdim=True) - place.square().sum(1)

    def logits(self, heads: Tensor, relation: str) -> Tensor:
        """Scores times the relation's scale, less a constant of each head that no softmax over tails sees: (n, m)."""
        scale = self.log_scale[relation].exp()
        query = self.query(heads, relation) * (2 * scale if self.distance else scale)
        place = self._place(self.tails(relation), relation)
        product = torch.mm(query, place.T)  # the one thing that autocast may round
        if not self.distance:
            return product
        return product.float().sub_(scale * place.square().sum(1))

    def cubes(self, heads: Tensor, relation: str) -> Tensor:
        """Mean cube of the numbers behind a batch: the N3 penalty (Lacroix et al. 2018, arXiv:1806.07297)."""
        total = self.heads(relation)[heads].abs().pow(3).sum(1).mean()
        for name in self.shapes:
            total = total + self.part(name, relation).abs().pow(3).sum()
        return total


class TransE(KGE):
    """|h + r - t|² (Bordes et al. 2013)."""

    def _query(self, heads: Tensor, relation: str) -> Tensor:
        return heads + self.part("translation", relation)


class TransH(KGE):
    """TransE on a hyperplane of each relation, given by its normal (Wang et al. 2014, doi:10.1609/aaai.v28i1.8870)."""

    shapes: ClassVar[Mapping[str, tuple[int, ...]]] = {"translation": (1,), "normal": (1,)}

    def _place(self, tails: Tensor, relation: str) -> Tensor:
        normal = functional.normalize(self.part("normal", relation), dim=0)  # (w,)
        return tails - (tails @ normal).unsqueeze(1) * normal

    def _query(self, heads: Tensor, relation: str) -> Tensor:
        return self._place(heads, relation) + self.part("translation", relation)


class TransR(KGE):
    """TransE in a space of each relation (Lin et al. 2015, doi:10.1609/aaai.v29i1.9491)."""

    shapes: ClassVar[Mapping[str, tuple[int, ...]]] = {"translation": (1,), "matrix": (1, 1)}

    def start(self, part: str, shape: tuple[int, ...]) -> Tensor:
        """Projections start as the identity: TransE."""
        return torch.eye(self.config.width) if part == "matrix" else super().start(part, shape)

    def _place(self, tails: Tensor, relation: str) -> Tensor:
        return self._clamp(tails @ self.part("matrix", relation))

    def _query(self, heads: Tensor, relation: str) -> Tensor:
        return self._place(heads, relation) + self.part("translation", relation)


class TransD(KGE):
    """TransE after a projection made of a vector of the entity and one of the relation.

    Ji et al. 2015, doi:10.3115/v1/P15-1067.
    """

    shapes: ClassVar[Mapping[str, tuple[int, ...]]] = {"translation": (1,), "projection": (1,)}
    entity_width = 2

    def _place(self, tails: Tensor, relation: str) -> Tensor:
        vectors, own = tails.chunk(2, dim=1)  # (m, w) each
        along = (vectors * own).sum(1, keepdim=True)  # (m, 1)
        return self._clamp(vectors + along * self.part("projection", relation))

    def _query(self, heads: Tensor, relation: str) -> Tensor:
        return self._place(heads, relation) + self.part("translation", relation)


class DistMult(KGE):
    """<h, r, t> (Yang et al. 2015, arXiv:1412.6575)."""

    distance = False
    shapes: ClassVar[Mapping[str, tuple[int, ...]]] = {"factor": (1,)}

    def start(self, part: str, shape: tuple[int, ...]) -> Tensor:
        """Factors around 1, so that a new relation compares entities as they are."""
        return 1 + super().start(part, shape)

    def _query(self, heads: Tensor, relation: str) -> Tensor:
        return heads * self.part("factor", relation)


def _turn(vectors: Tensor, real: Tensor, imaginary: Tensor) -> Tensor:
    """Complex product of (n, w) and (w/2,); the first half of a vector is its real part."""
    a, b = vectors.chunk(2, dim=1)
    return torch.cat([a * real - b * imaginary, a * imaginary + b * real], dim=1)


class ComplEx(KGE):
    """Re<h, r, conj(t)> (Trouillon et al. 2016, arXiv:1606.06357)."""

    distance = False
    shapes: ClassVar[Mapping[str, tuple[int, ...]]] = {"factor": (1,)}

    def start(self, part: str, shape: tuple[int, ...]) -> Tensor:
        """Real parts around 1, so that a new relation compares entities as they are."""
        factor = super().start(part, shape)
        factor[: len(factor) // 2] += 1
        return factor

    def _query(self, heads: Tensor, relation: str) -> Tensor:
        real, imaginary = self.part("factor", relation).chunk(2)
        return _turn(heads, real, imaginary)


class RotatE(KGE):
    """|h∘r - t|² with r of modulus 1 (Sun et al. 2019, arXiv:1902.10197)."""

    shapes: ClassVar[Mapping[str, tuple[int, ...]]] = {"phase": (1,)}  # half of it is used: one angle a complex number

    def start(self, part: str, shape: tuple[int, ...]) -> Tensor:
        """Small angles."""
        return 0.1 * torch.randn(self.config.width // 2)

    def _query(self, heads: Tensor, relation: str) -> Tensor:
        phase = self.part("phase", relation)
        return _turn(heads, phase.cos(), phase.sin())


MODELS: Mapping[str, type[KGE]] = {
    model.__name__: model for model in (TransE, TransH, TransR, TransD, DistMult, ComplEx, RotatE)
}


def new_model(config: KGEConfig) -> KGE:
    """Make a model with random weights.

    Raises
    ------
    TrainingError
        If there is no model of this name.
    """
    if config.model not in MODELS:
        raise TrainingError(f"There is no embedding model {config.model!r}.", f"Use one of {', '.join(MODELS)}.")
    return MODELS[config.model](config)


def save_model(model: KGE, path: Path) -> None:
    """Write weights and configuration into one safetensors file.

    Raises
    ------
    ArtifactError
        If the disk is full or the folder cannot be written.
    """
    write_tensors(path, model.state_dict(), {"config": asdict(model.config)})


def load_model(path: Path) -> KGE:
    """Read what `save_model` wrote.

    Raises
    ------
    ArtifactError
        If the file is missing, damaged, or holds no embedding model.
    """
    tensors, state = read_tensors(path)
    try:
        raw: Any = state["config"]
        raw["relations"] = {name: tuple(ends) for name, ends in raw["relations"].items()}
        model = new_model(KGEConfig(**raw))
        model.load_state_dict(tensors)
    except (KeyError, TypeError, AttributeError, RuntimeError, TrainingError) as error:
        raise ArtifactError(f"{path} holds no embedding model: {error}.", "Train it again.") from error
    return model.eval()


class KGEScorer:
    """A trained embedding as a rival in retrieval (see `Scorer`).

    Parameters
    ----------
    probabilities
        Score by log-probabilities over the tails, so that several relations between the same modalities can be
        compared; else by `KGE.scores_all_tails`, as the published models compare.
    """

    def __init__(self, graph: KnowledgeGraph, model: KGE, name: str = "", *, probabilities: bool = True) -> None:
        self.name = name or model.config.model
        self._graph, self._model, self._probabilities = graph, model.eval(), probabilities

    @torch.no_grad()
    def scores(self, heads: NDArray[np.int32], relation: str) -> NDArray[np.float32]:
        """(n,) rows of the graph -> (n, n_tails), higher is better; equal where the relation was not trained."""
        definition = self._graph.relations[relation]
        if relation not in self._model.config.relations:
            return np.zeros((len(heads), len(self._graph.rows(definition.tail))), dtype=np.float32)
        places = torch.from_numpy(heads.astype(np.int64) - int(self._graph.rows(definition.head)[0]))
        places = places.to(self._model.heads(relation).device)
        if self._probabilities:
            found = self._model.logits(places, relation).log_softmax(dim=1)
        else:
            found = self._model.scores_all_tails(places, relation)
        return np.asarray(found.cpu().numpy(), dtype=np.float32)
