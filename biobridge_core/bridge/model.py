"""The bridge: a small network that moves a frozen vector of one modality to where its partners in another modality lie.

Wang et al. 2024, *BioBridge: Bridging Biomedical Foundation Models via Knowledge Graphs*, arXiv:2310.03320. Every
(modality, input kind) has a linear projection to one width. A query is [head, head modality, relation, tail modality]
through a small pre-norm transformer, whose output at the head token is added to the projected head. The score of a
tail is the cosine between the query and the projected tail, so that an exact inner-product index serves it.

Shapes: n entities or queries, d length of a frozen vector, w width, h attention heads, t = 4 tokens.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, get_args

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from biobridge_core.errors import ArtifactError, InputError
from biobridge_core.types import InputKind

Transform = Literal["transformer", "mlp", "linear"]

WEIGHTS, CONFIG = "bridge.safetensors", "config.json"


@dataclass(frozen=True)
class BridgeConfig:
    """Everything that decides the shape of a bridge.

    ``inputs`` maps a slot ``modality/kind`` to the length of its frozen vectors; ``relations`` maps a relation name
    to its head and tail modality, inverses and hierarchies included.
    """

    inputs: Mapping[str, int]
    relations: Mapping[str, tuple[str, str]]
    width: int = 256
    layers: int = 2
    heads: int = 4
    dropout: float = 0.1
    transform: Transform = "transformer"
    temperature: float = 0.07  #: where a learned temperature starts
    learn_temperature: bool = True
    encoders: Mapping[str, str] = field(default_factory=dict)  #: input kind -> encoder id the vectors came from

    def __post_init__(self) -> None:
        if self.transform not in get_args(Transform):
            raise ArtifactError(
                f"There is no transform called {self.transform!r}.", f"Use {', '.join(get_args(Transform))}."
            )
        if self.width % self.heads:
            raise ArtifactError(
                f"A width of {self.width} cannot be cut into {self.heads} heads.", "Change one of them."
            )

    @property
    def modalities(self) -> list[str]:
        """Names of the modalities, in a fixed order."""
        named = {slot.partition("/")[0] for slot in self.inputs}
        return sorted(named | {modality for pair in self.relations.values() for modality in pair})


def slot(modality: str, kind: InputKind | str) -> str:
    """Name of the projection for entities of a modality that are encoded from one kind of input."""
    return f"{modality}/{InputKind(kind).value}"


class Projection(nn.Module):
    """Frozen vectors, centred and scaled, to the shared width."""

    centre: Tensor
    scale: Tensor

    def __init__(self, dim: int, width: int) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(dim))
        self.register_buffer("scale", torch.ones(dim))
        self.linear = nn.Linear(dim, width)

    def forward(self, x: Tensor) -> Tensor:
        """Frozen vectors (n, d) -> (n, w)."""
        x = (x - self.centre) * self.scale  # (n, d)
        out: Tensor = self.linear(x)  # (n, d) -> (n, w)
        return out

    @torch.no_grad()
    def fit(self, x: Tensor, whiten: float) -> None:
        """Set centre and scale from the vectors (n, d) of the slot, to unit mean square.

        Encoders differ by orders of magnitude, and so do the dimensions of one encoder after PCA. ``whiten`` is the
        power to which a dimension's spread is divided out: 0 keeps the proportions, 1 makes all dimensions alike.
        Vectors that do not differ say nothing about scale and leave it at 1.
        """
        self.centre.copy_(x.mean(dim=0))
        spread = (x - self.centre).square().mean(dim=0).sqrt()  # (d,)
        largest = float(spread.max())
        if largest > 0:
            scale = spread.clamp_min(1e-3 * largest) ** -whiten
            self.scale.copy_(scale / (spread * scale).square().mean().sqrt())


class Block(nn.Module):
    """Pre-norm attention and feed-forward, as in GPT-2 but without a mask."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.norm_attention = nn.LayerNorm(width)
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.merge = nn.Linear(width, width)
        self.norm_forward = nn.LayerNorm(width)
        self.forward_in = nn.Linear(width, 4 * width)
        self.forward_out = nn.Linear(4 * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, keep: int) -> Tensor:
        """Tokens (n, t, w) -> the first ``keep`` of them (n, keep, w), each having attended to all t."""
        return self.attended(x[:, :keep], *self.asked(x, keep))

    def asked(self, x: Tensor, keep: int | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """What the first ``keep`` of tokens (n, t, w) ask for, what all offer, and what they would tell."""
        y = self.norm_attention(x)
        k, v = self.key_value(y).chunk(2, dim=-1)  # 2 x (n, t, w)
        return self.query(y[:, :keep]), k, v

    def attended(self, x: Tensor, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Tokens (n, keep, w) after attention to others, given what was `asked`: (n, keep, w)."""
        q, k, v = self._split(q), self._split(k), self._split(v)  # (n, h, keep, w/h), 2 x (n, h, t, w/h)
        y = functional.scaled_dot_product_attention(q, k, v)  # (n, h, keep, w/h)
        y = y.transpose(1, 2).flatten(2)  # (n, keep, w)
        x = x + self.dropout(self.merge(y))  # (n, keep, w)
        y = functional.gelu(self.forward_in(self.norm_forward(x)))  # (n, keep, 4w)
        x = x + self.dropout(self.forward_out(y))  # (n, keep, w)
        return x

    def _split(self, x: Tensor) -> Tensor:
        n, t, w = x.shape
        return x.view(n, t, self.heads, w // self.heads).transpose(1, 2)  # (n, t, w) -> (n, h, t, w/h)


class TransformerTransform(nn.Module):
    """The paper's transform: four tokens through a transformer, read at the head token."""

    def __init__(self, config: BridgeConfig) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block(config.width, config.heads, config.dropout) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)
        self.out = nn.Linear(config.width, config.width)

    def forward(self, x: Tensor, head: Tensor, relation: Tensor, tail: Tensor) -> Tensor:
        """What to add to projected heads x (n, w), given three tokens (1, w) or (n, w): (n, w)."""
        context = torch.stack([head, relation, tail], dim=-2).expand(len(x), 3, -1)  # 3 x (1 or n, w) -> (n, 3, w)
        tokens = torch.cat([x.unsqueeze(1), context], dim=1)  # (n, 4, w)
        last = len(self.blocks) - 1
        for i, block in enumerate(self.blocks):
            tokens = block(tokens, keep=1 if i == last else 4)  # (n, 4, w), after the last block (n, 1, w)
        out: Tensor = self.out(self.norm(tokens[:, 0]))  # (n, 1, w) -> (n, w)
        return out


class MlpTransform(nn.Module):
    """Two feed-forward layers that see the head and the relation side by side."""

    def __init__(self, config: BridgeConfig) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(config.width)
        self.inner = nn.Linear(2 * config.width, 4 * config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.out = nn.Linear(4 * config.width, config.width)

    def forward(self, x: Tensor, head: Tensor, relation: Tensor, tail: Tensor) -> Tensor:
        """What to add to projected heads x (n, w), given three tokens (1, w) or (n, w): (n, w)."""
        context = (head + relation + tail).expand_as(x)  # (w,) -> (n, w)
        y = functional.gelu(self.inner(torch.cat([self.norm(x), context], dim=-1)))  # (n, 2w) -> (n, 4w)
        out: Tensor = self.out(self.dropout(y))  # (n, 4w) -> (n, w)
        return out


class LinearTransform(nn.Module):
    """One matrix for all relations, gated and shifted by the relation: the linear baseline."""

    def __init__(self, config: BridgeConfig) -> None:
        super().__init__()
        self.gate = nn.Linear(config.width, config.width)
        self.out = nn.Linear(config.width, config.width)

    def forward(self, x: Tensor, head: Tensor, relation: Tensor, tail: Tensor) -> Tensor:
        """What to add to projected heads x (n, w), given three tokens (1, w) or (n, w): (n, w)."""
        context = head + relation + tail  # (w,)
        out: Tensor = self.out(x * self.gate(context)) + context  # (n, w)
        return out


_TRANSFORMS: dict[Transform, type[nn.Module]] = {
    "transformer": TransformerTransform,
    "mlp": MlpTransform,
    "linear": LinearTransform,
}


class Bridge(nn.Module):
    """Projections, relation-conditioned transform and temperature."""

    def __init__(self, config: BridgeConfig) -> None:
        super().__init__()
        self.config = config
        self._modality = {name: i for i, name in enumerate(config.modalities)}
        self._relation = {name: i for i, name in enumerate(config.relations)}
        dims = config.inputs.items()
        self.projections = nn.ModuleDict({name: Projection(dim, config.width) for name, dim in dims})
        self.modality_tokens = nn.Embedding(len(self._modality), config.width)
        self.relation_tokens = nn.Embedding(len(self._relation), config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.move = _TRANSFORMS[config.transform](config)
        self.log_temperature = nn.Parameter(torch.tensor(config.temperature).log(), config.learn_temperature)
        self.apply(_initialise)
        out = self.move.out
        assert isinstance(out, nn.Linear)
        nn.init.zeros_(out.weight)  # training starts from the projected head itself

    @property
    def width(self) -> int:
        """Length of the vectors that are compared."""
        return self.config.width

    @property
    def temperature(self) -> float:
        """What cosines are divided by before a softmax."""
        return self.logit_temperature().item()

    def logit_temperature(self) -> Tensor:
        """The temperature as a tensor that training can move, kept where a softmax over cosines still learns."""
        return self.log_temperature.exp().clamp(0.01, 1.0)

    def embed(self, vectors: Tensor, modality: str, kind: InputKind | str) -> Tensor:
        """Project frozen vectors: (n, d) -> (n, w), not normalised.

        Raises
        ------
        InputError
            If the bridge was not trained on this modality and kind, or the vectors have another length.
        """
        name = slot(modality, kind)
        if name not in self.projections:
            raise InputError(f"The bridge has no projection for {name}.", f"It has {', '.join(self.config.inputs)}.")
        if vectors.ndim != 2 or vectors.shape[1] != self.config.inputs[name]:
            raise InputError(
                f"Vectors for {name} must have shape (n, {self.config.inputs[name]}), got {tuple(vectors.shape)}.",
                "Use the encoder that the bridge was trained with.",
            )
        embedded: Tensor = self.projections[name](vectors)  # (n, d) -> (n, w)
        return embedded

    def fit_inputs(self, vectors: Tensor, modality: str, kind: InputKind | str, whiten: float = 0.0) -> None:
        """Set how a slot's vectors (n, d) are centred and scaled, before training; see `Projection.fit`."""
        projection = self.projections[slot(modality, kind)]
        assert isinstance(projection, Projection)
        projection.fit(vectors, whiten)

    def query(self, embedded: Tensor, relation: str | Sequence[str]) -> Tensor:
        """Move projected heads (n, w) along a relation, or each along one of its own -> (n, w), L2-normalised.

        Raises
        ------
        InputError
            If the bridge was not trained on a relation.
        """
        head, along, tail = self.tokens([relation] if isinstance(relation, str) else relation)  # 3 x (1 or n, w)
        moved = self.move(self.dropout(embedded), head, along, tail)  # (n, w)
        return functional.normalize((embedded + moved).float(), dim=-1)  # (n, w)

    def tokens(self, relations: Sequence[str]) -> tuple[Tensor, Tensor, Tensor]:
        """What the transform sees of each relation: head modality, relation and tail modality, each (n, w).

        Raises
        ------
        InputError
            If the bridge was not trained on a relation.
        """
        unknown = [name for name in relations if name not in self._relation]
        if unknown:
            raise InputError(f"The bridge knows no relation {unknown[0]!r}.", f"It knows {', '.join(self._relation)}.")
        ends = [self.config.relations[name] for name in relations]
        head, tail = (self.modality_tokens.weight[[self._modality[end[i]] for end in ends]] for i in (0, 1))
        return head, self.relation_tokens.weight[[self._relation[name] for name in relations]], tail

    def project(self, vectors: Tensor, modality: str, kind: InputKind | str) -> Tensor:
        """Where entities lie as tails: (n, d) -> (n, w), L2-normalised."""
        return functional.normalize(self.embed(vectors, modality, kind).float(), dim=-1)  # (n, w)

    def transform(self, vectors: Tensor, modality: str, kind: InputKind | str, relation: str) -> Tensor:
        """Where the partners of entities along a relation are expected: (n, d) -> (n, w), L2-normalised."""
        return self.query(self.embed(vectors, modality, kind), relation)  # (n, w)

    def n_parameters(self) -> int:
        """Number of trained numbers."""
        return sum(parameter.numel() for parameter in self.parameters())

    def save(self, folder: Path, dtype: torch.dtype = torch.float16) -> None:
        """Write ``bridge.safetensors`` and ``config.json`` into a folder."""
        tensors = {  # vectors and scalars stay float32: they are small and a scale may leave the range of float16
            name: tensor.detach().to("cpu", dtype if tensor.ndim > 1 else torch.float32).contiguous()
            for name, tensor in self.state_dict().items()
        }
        save_file(tensors, folder / WEIGHTS)
        (folder / CONFIG).write_text(json.dumps(asdict(self.config), indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, device: torch.device | str = "cpu") -> Bridge:
        """Read a bridge in float32, ready to answer (dropout off).

        Raises
        ------
        ArtifactError
            If a file is missing or damaged, or the weights do not fit the configuration.
        """
        try:
            raw = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
            raw["relations"] = {name: (head, tail) for name, (head, tail) in raw["relations"].items()}
            bridge = cls(BridgeConfig(**raw))
            tensors = {name: tensor.float() for name, tensor in load_file(folder / WEIGHTS, device="cpu").items()}
            bridge.load_state_dict(tensors)
        except FileNotFoundError as error:
            raise ArtifactError(f"{folder} holds no whole bridge: {error}.", "Run `biobridge build bridge`.") from error
        except (SafetensorError, OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise ArtifactError(
                f"The bridge in {folder} is damaged or of another shape: {error}.", "Restore or train it again."
            ) from error
        return bridge.to(device).eval()


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=1.0)
