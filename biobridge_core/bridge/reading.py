"""How far each vote of the memory counts beside the bridge: a few weights a relation, learnt on validation links.

The score of a tail is ``w0 · bridge + Σ w_j · log(vote_j + floor_j)``, a product of experts (Hinton 2002,
doi:10.1162/089976602760128018), with weights of their own for queries that the graph knows and for those it has never
seen. All relations are fitted together first; each relation then leaves that common reading only as far as its own
links justify.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from biobridge_core.bridge.memory import TERMS, Votes
from biobridge_core.errors import ArtifactError

READING = "reading.json"
_FLOOR = 1e-3  # where a floor starts
_STEPS, _RATE = 150, 0.1
_OWN_WAY = 10.0  # queries' worth of pull towards the common reading
_LOG = logging.getLogger(__name__)
_Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Weights:
    """Weights of the bridge and of the votes, and the floors under the votes."""

    bridge: float
    votes: tuple[float, ...]
    floors: tuple[float, ...]

    def score(self, logits: _Floats, votes: Votes) -> _Floats:
        """Bridge logits (n, n_tails) and votes on the same tails -> (n, n_tails)."""
        total = self.bridge * logits + self.votes[0] * np.log(votes.popularity + self.floors[0])
        flat = np.ascontiguousarray(total, dtype=np.float32).ravel()
        for weight, floor, matrix in zip(self.votes[1:], self.floors[1:], votes.matrices, strict=True):
            found = matrix.tocoo()  # log(vote + floor), up to the constant that all tails share
            flat[found.row.astype(np.int64) * logits.shape[1] + found.col] += weight * np.log1p(found.data / floor)
        return flat.reshape(logits.shape)


@dataclass(frozen=True)
class Reading:
    """The weights of every relation, for known and for unseen queries."""

    known: dict[str, Weights]
    unseen: dict[str, Weights]

    def weights(self, relation: str, *, known: bool) -> Weights:
        """Weights of a relation; a relation without any of its own has the common ones, named ``*``."""
        table = self.known if known else self.unseen
        return table.get(relation, table["*"])

    def save(self, folder: Path) -> None:
        """Write ``reading.json`` into a folder."""
        raw = {
            name: {relation: [w.bridge, list(w.votes), list(w.floors)] for relation, w in table.items()}
            for name, table in (("known", self.known), ("unseen", self.unseen))
        }
        text = json.dumps({"terms": TERMS, **raw}, indent=1)
        (folder / READING).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Reading:
        """Read what `save` wrote.

        Raises
        ------
        ArtifactError
            If the file is missing or damaged, or was written for other votes.
        """
        try:
            raw = json.loads((folder / READING).read_text(encoding="utf-8"))
            if tuple(raw["terms"]) != TERMS:
                raise ValueError(f"it is made for the votes {raw['terms']}")
            tables = [{r: _checked(w) for r, w in raw[name].items()} for name in ("known", "unseen")]
            if any("*" not in table for table in tables):
                raise ValueError("it lacks the common weights")
        except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            raise ArtifactError(
                f"{folder / READING} cannot be read: {error}.", "Restore it, or train the bridge again."
            ) from error
        return cls(*tables)


def _checked(raw: tuple[float, list[float], list[float]]) -> Weights:
    weights = Weights(float(raw[0]), tuple(map(float, raw[1])), tuple(map(float, raw[2])))
    if not len(weights.votes) == len(weights.floors) == len(TERMS):
        raise ValueError(f"there must be {len(TERMS)} weights and as many floors")
    if not np.isfinite([weights.bridge, *weights.votes, *weights.floors]).all() or min(weights.floors) <= 0:
        raise ValueError("a weight is not finite, or a floor not above 0")
    return weights


@dataclass(frozen=True)
class Example:
    """Held-out links of one relation with what bridge and memory say of them and of their rivals.

    ``true`` float32 (n_terms + 1, n_links), ``rivals`` (n_terms + 1, n_queries, n_rivals), the bridge first;
    ``barred`` bool (n_queries, n_rivals) marks rivals that do not count; ``queries`` int64 (n_links,).
    """

    relation: str
    true: Tensor
    rivals: Tensor
    barred: Tensor
    queries: Tensor

    @classmethod
    def take(
        cls,
        relation: str,
        logits: _Floats,
        votes: _Floats,
        queries: NDArray[np.integer],
        targets: NDArray[np.integer],
        filtered: NDArray[np.bool_],
        *,
        hardest: int = 100,
        random: int = 100,
        seed: int = 0,
    ) -> Example:
        """Keep of all rivals the ``hardest`` of every term and some at random.

        Parameters
        ----------
        logits
            (n_queries, n_tails) of the bridge.
        votes
            (n_terms, n_queries, n_tails).
        filtered
            bool (n_queries, n_tails): tails that do not compete, the true ones among them.
        """
        every = np.concatenate([logits[None], votes]).astype(np.float32)
        n_tails = every.shape[2]
        k = min(hardest, n_tails)
        best = [np.argpartition(-np.where(filtered, -np.inf, term), k - 1, axis=1)[:, :k] for term in every]
        drawn = np.random.default_rng(seed).integers(0, n_tails, (len(logits), min(random, n_tails)))
        rivals = np.sort(np.concatenate([*best, drawn], axis=1), axis=1)
        twice = np.zeros_like(rivals, dtype=bool)
        twice[:, 1:] = rivals[:, 1:] == rivals[:, :-1]
        barred = twice | np.take_along_axis(filtered, rivals, 1)
        # those that count come first, and the rest is cut off as far as no query needs it
        order = np.argsort(barred, axis=1, kind="stable")[:, : max(1, int((~barred).sum(axis=1).max(initial=0)))]
        rivals, barred = (np.take_along_axis(part, order, 1) for part in (rivals, barred))
        taken = np.take_along_axis(every, np.broadcast_to(rivals[None], (len(every), *rivals.shape)), 2)
        tensors = (every[:, queries, targets], taken, barred, np.asarray(queries, dtype=np.int64))
        return cls(relation, *(torch.from_numpy(np.ascontiguousarray(part)) for part in tensors))


def fit_weights(examples: Sequence[Example]) -> dict[str, Weights]:
    """Fit the common weights (named ``*``), then those of each relation, to held-out links.

    The loss is that of training: each true tail against its false rivals, mean per query.
    """
    n_terms = len(examples[0].true)
    start = torch.cat([torch.ones(1), torch.full((n_terms - 1,), 0.3), torch.full((n_terms - 1,), _FLOOR).log()])
    common = _descend(start, examples, pull=0.0)
    found = {"*": _weights(common)}
    for example in examples:
        own = _descend(common, [example], pull=_OWN_WAY / max(1, len(example.barred)))
        found[example.relation] = _weights(own)
    return found


def _descend(start: Tensor, examples: Sequence[Example], *, pull: float) -> Tensor:
    values = start.clone().requires_grad_(True)
    optimizer = torch.optim.Adam([values], lr=_RATE)
    for step in range(_STEPS):
        for group in optimizer.param_groups:
            group["lr"] = _RATE * (1 - step / _STEPS)
        optimizer.zero_grad()
        loss = torch.stack([_loss(values, example) for example in examples]).mean()
        loss = loss + pull * (values - start).square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return values.detach()


def _loss(values: Tensor, example: Example) -> Tensor:
    against = _score(values, example.rivals).masked_fill(example.barred, -1e4).logsumexp(dim=1)  # (n_queries,)
    counts = torch.bincount(example.queries, minlength=len(against)).clamp_min(1)
    each = functional.softplus(against[example.queries] - _score(values, example.true)) / counts[example.queries]
    return each.sum() / len(against)


def _score(values: Tensor, terms: Tensor) -> Tensor:
    n_votes = len(terms) - 1
    weights, floors = values[: n_votes + 1], values[n_votes + 1 :].clamp(-14, 2).exp()
    total = weights[0] * terms[0]
    for i in range(n_votes):
        total = total + weights[i + 1] * torch.log(terms[i + 1] + floors[i])
    return total


def _weights(values: Tensor) -> Weights:
    n_votes = (len(values) - 1) // 2
    floors = values[n_votes + 1 :].clamp(-14, 2).exp().tolist()
    return Weights(float(values[0]), tuple(values[1 : n_votes + 1].tolist()), tuple(floors))
