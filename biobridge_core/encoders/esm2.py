"""ESM2 of any size: a protein as the mean of the last hidden states over its residues.

Lin et al., Evolutionary-scale prediction of atomic-level protein structure with a language model, Science 2023
(doi:10.1126/science.ade2574). Reads both forms in which the weights are given out: the transformers repositories
``facebook/esm2_*`` and the fair-esm checkpoints ``esm2_*.pt``.
"""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray

from biobridge_core.config import Settings
from biobridge_core.encoders import weights
from biobridge_core.encoders.base import (
    BatchedEncoder,
    EncoderIdentity,
    Prepared,
    package_version,
    weights_digest,
)
from biobridge_core.encoders.device import has_fast_bfloat16, pick_device
from biobridge_core.errors import InputError, WeightsError
from biobridge_core.types import InputKind

WINDOW = 1022  #: residues that the model was trained on at once, beside its two end tokens
MAX_RESIDUES = 35_000
POLICY = (
    f"windows of at most {WINDOW} residues, of equal length; mean of the last hidden states over residues, windows "
    "weighted by length"
)
_RESIDUES = "ACDEFGHIKLMNPQRSTVWYBZXUO"

Tokens = NDArray[np.int64]


class _Network(Protocol):
    """The model behind either form of the weights."""

    def to(self, device: torch.device, dtype: torch.dtype) -> object: ...

    def hidden(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor: ...


class _Transformers:
    def __init__(self, model: Any) -> None:
        self._model = model

    def to(self, device: torch.device, dtype: torch.dtype) -> object:
        return self._model.to(device=device, dtype=dtype)

    def hidden(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        hidden: torch.Tensor = self._model(input_ids=tokens, attention_mask=mask.long()).last_hidden_state
        return hidden


class _FairEsm:
    def __init__(self, model: Any) -> None:
        self._model = model

    def to(self, device: torch.device, dtype: torch.dtype) -> object:
        return self._model.to(device=device, dtype=dtype)

    def hidden(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        del mask  # the model reads the padding off the tokens
        last = self._model.num_layers
        hidden: torch.Tensor = self._model(tokens, repr_layers=[last])["representations"][last]
        return hidden


class Esm2(BatchedEncoder[Tokens]):
    """A frozen ESM2 of any size."""

    default_batch_size = 32
    token_budget = 1 << 14

    def __init__(
        self,
        network: _Network,
        vocabulary: Mapping[str, int],
        identity: EncoderIdentity,
        *,
        device: torch.device | str = "cpu",
        dtype: str = "auto",
    ) -> None:
        super().__init__(identity, device)
        self._network = network
        self._dtype = dtype
        self._start, self._end, self._pad = (vocabulary[token] for token in ("<cls>", "<eos>", "<pad>"))
        self._token = {letter: vocabulary[letter] for letter in _RESIDUES}
        self._token["J"] = vocabulary["X"]  # leucine or isoleucine: the vocabulary has no token for it
        self.to(device)

    def to(self, device: torch.device | str) -> Self:
        """Move the model to a device and return itself; bfloat16 is taken on a GPU that has it, else float32."""
        self.device = torch.device(device)
        half = self._dtype == "auto" and self.device.type == "cuda" and has_fast_bfloat16(self.device)
        self.dtype = torch.bfloat16 if half or self._dtype == "bfloat16" else torch.float32
        self._network.to(self.device, self.dtype)
        return self

    def _prepare(self, text: str) -> Prepared[Tokens]:
        if not text:
            raise InputError("The sequence is empty.", "Give at least one residue in one-letter code.")
        if len(text) > MAX_RESIDUES:
            raise InputError(
                f"The sequence has {len(text):,} residues; at most {MAX_RESIDUES:,} are read.",
                "Give one domain or chain of it.",
            )
        wrong = next((position for position, letter in enumerate(text) if letter not in self._token), None)
        if wrong is not None:
            raise InputError(
                f"{text[wrong]!r} at position {wrong + 1} is no residue letter.",
                "Use the 20 amino acids or B, J, O, U, X, Z, in capitals and without gaps or stops.",
            )
        count = math.ceil(len(text) / WINDOW)
        parts = np.array_split(np.array([self._token[letter] for letter in text], dtype=np.int64), count)
        notes = []
        if count > 1:
            notes.append(
                f"The sequence has {len(text):,} residues; it was read in {count} windows of at most {WINDOW} and "
                "their vectors averaged by length."
            )
        if "J" in text:
            notes.append("J (leucine or isoleucine) was read as an unknown residue.")
        pieces = tuple(np.concatenate([[self._start], part, [self._end]]) for part in parts)
        return Prepared(pieces, tuple(float(len(part)) for part in parts), " ".join(notes))

    def _length(self, piece: Tokens) -> int:
        return len(piece)

    def _forward(self, pieces: list[Tokens]) -> torch.Tensor:
        lengths = torch.tensor([len(piece) for piece in pieces])
        tokens = torch.full((len(pieces), int(lengths.max())), self._pad)  # (batch, tokens)
        for row, piece in enumerate(pieces):
            tokens[row, : len(piece)] = torch.from_numpy(piece)
        position = torch.arange(tokens.shape[1])
        mask = position < lengths[:, None]
        residues = (position > 0) & (position < lengths[:, None] - 1)  # without the start and end tokens
        hidden = self._network.hidden(tokens.to(self.device), mask.to(self.device)).float()  # (batch, tokens, dim)
        share = (residues / residues.sum(dim=1, keepdim=True)).to(self.device)
        return torch.einsum("btd,bt->bd", hidden, share)


def load(name: str, settings: Settings, *, dtype: str = "auto") -> Esm2:
    """Make the encoder from a local folder, a fair-esm checkpoint, or the hub, in this order.

    Parameters
    ----------
    name
        ``esm2_t36_3B_UR50D`` or ``facebook/esm2_t36_3B_UR50D``, any size.

    Raises
    ------
    WeightsError
        If the weights are in none of the places, or cannot be read.
    """
    short = name.removeprefix("facebook/")
    device = pick_device(settings.device).device
    folder = weights.local_checkpoint(settings.models, f"facebook/{short}")
    checkpoint = None if folder else _fair_esm_file(short, settings.models)
    if checkpoint is not None:
        return _from_fair_esm(short, checkpoint, device, dtype)
    try:
        folder = folder or weights.checkpoint_folder(f"facebook/{short}", settings.models)
    except WeightsError as error:
        raise WeightsError(
            error.message, f"{error.hint} A fair-esm checkpoint does as well: {settings.models / (short + '.pt')}"
        ) from error
    return _from_transformers(short, folder, device, dtype)


def _fair_esm_file(short: str, models: Path) -> Path | None:
    """A fair-esm checkpoint in the models folder, or where torch.hub keeps what fair-esm fetched."""
    folders = (models, models / short, Path(torch.hub.get_dir()) / "checkpoints")
    return next((folder / f"{short}.pt" for folder in folders if (folder / f"{short}.pt").is_file()), None)


def _from_transformers(name: str, folder: Path, device: torch.device, dtype: str) -> Esm2:
    from transformers import EsmModel

    vocabulary_file = folder / "vocab.txt"
    if not vocabulary_file.is_file():
        raise WeightsError(f"{vocabulary_file} is missing.", "Fetch vocab.txt from the same place as the weights.")
    model = weights.pretrained(
        EsmModel.from_pretrained, folder, unused=("contact_head.", "pooler."), add_pooling_layer=False
    )
    identity = EncoderIdentity(
        name=name,
        package=f"facebook/{name}",
        version=weights.files_version([folder / "config.json", vocabulary_file]),
        weights_sha256=weights_digest(weights.weight_files(folder)),
        dim=int(model.config.hidden_size),
        input_kind=InputKind.SEQUENCE,
        policy=POLICY,
    )
    tokens = vocabulary_file.read_text(encoding="utf-8").split()
    vocabulary = {token: number for number, token in enumerate(tokens)}
    _check_vocabulary(vocabulary, vocabulary_file)
    return Esm2(_Transformers(model), vocabulary, identity, device=device, dtype=dtype)


def _from_fair_esm(name: str, path: Path, device: torch.device, dtype: str) -> Esm2:
    from esm.data import Alphabet
    from esm.model.esm2 import ESM2

    content = weights.read_checkpoint(path, [argparse.Namespace])
    try:
        shape = content["cfg"]["model"]
        stored = {re.sub(r"^encoder\.(sentence_encoder\.)?", "", key): value for key, value in content["model"].items()}
        alphabet = Alphabet.from_architecture("ESM-1b")
        model = ESM2(
            num_layers=shape.encoder_layers,
            embed_dim=shape.encoder_embed_dim,
            attention_heads=shape.encoder_attention_heads,
            alphabet=alphabet,
            token_dropout=shape.token_dropout,
        )
        missing, unexpected = model.load_state_dict(stored, strict=False)
    except (KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise WeightsError(f"{path} is no ESM2 checkpoint of fair-esm: {error}.", "Fetch the file again.") from error
    # The contact head lies in a file of its own and plays no part in the embedding.
    lacking = [key for key in missing if not key.startswith("contact_head.")]
    if lacking or unexpected:
        raise WeightsError(
            f"{path} does not fit ESM2: {len(lacking)} parameters missing, {len(unexpected)} unknown.",
            "Fetch the file again.",
        )
    identity = EncoderIdentity(
        name=name,
        package="fair-esm",
        version=package_version("fair-esm"),
        weights_sha256=weights_digest([path]),
        dim=int(shape.encoder_embed_dim),
        input_kind=InputKind.SEQUENCE,
        policy=POLICY,
    )
    network = _FairEsm(model.eval().requires_grad_(False))
    return Esm2(network, alphabet.tok_to_idx, identity, device=device, dtype=dtype)


def _check_vocabulary(vocabulary: Mapping[str, int], path: Path) -> None:
    lacking = [token for token in ("<cls>", "<eos>", "<pad>", *_RESIDUES) if token not in vocabulary]
    if lacking:
        raise WeightsError(f"{path} lacks the tokens {', '.join(lacking)}.", "Fetch the vocabulary of ESM2 again.")
