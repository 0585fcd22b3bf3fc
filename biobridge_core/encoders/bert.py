"""PubMedBERT, or any other BERT by its hub name: a text as the vector of its first token, or the mean over tokens.

Gu et al., Domain-specific language model pretraining for biomedical natural language processing, ACM HEALTH 2021
(doi:10.1145/3458754).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray

from biobridge_core.config import Settings
from biobridge_core.encoders import weights
from biobridge_core.encoders.base import BatchedEncoder, EncoderIdentity, Prepared, weights_digest
from biobridge_core.encoders.device import pick_device
from biobridge_core.errors import InputError, WeightsError
from biobridge_core.types import InputKind

MAX_TOKENS = 512
MAX_CHARACTERS = 100_000
PUBMEDBERT = "microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract-fulltext"

Pooling = Literal["cls", "mean"]
Tokens = NDArray[np.int64]


class Bert(BatchedEncoder[Tokens]):
    """A frozen BERT-like text encoder."""

    default_batch_size = 64
    token_budget = 1 << 14

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        identity: EncoderIdentity,
        *,
        pooling: Pooling,
        max_tokens: int,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__(identity, device)
        self._model = model
        self._tokenizer = tokenizer
        self._pooling = pooling
        self._max_tokens = max_tokens
        self._pad = int(tokenizer.pad_token_id)
        self._ends = int(tokenizer.num_special_tokens_to_add())
        self.to(device)

    def to(self, device: torch.device | str) -> Self:
        """Move the model to a device and return itself."""
        self.device = torch.device(device)
        self._model.to(self.device)
        return self

    def _prepare(self, text: str) -> Prepared[Tokens]:
        if not text.strip():
            raise InputError("The text is empty.", "Write at least one word.")
        if len(text) > MAX_CHARACTERS:
            raise InputError(
                f"The text has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read.",
                f"Give its first paragraph: the model sees {self._max_tokens} tokens.",
            )
        tokens = self._tokenizer(text, truncation=False, verbose=False)["input_ids"]
        if len(tokens) <= self._ends:
            raise InputError("The text has no readable characters.", "Write at least one word.")
        note = ""
        if len(tokens) > self._max_tokens:
            note = f"The text has {len(tokens):,} tokens; only the first {self._max_tokens} were read."
            tokens = self._tokenizer(text, truncation=True, max_length=self._max_tokens)["input_ids"]
        return Prepared((np.array(tokens, dtype=np.int64),), note=note)

    def _length(self, piece: Tokens) -> int:
        return len(piece)

    def _forward(self, pieces: list[Tokens]) -> torch.Tensor:
        lengths = torch.tensor([len(piece) for piece in pieces])
        tokens = torch.full((len(pieces), int(lengths.max())), self._pad)  # (batch, tokens)
        for row, piece in enumerate(pieces):
            tokens[row, : len(piece)] = torch.from_numpy(piece)
        mask = (torch.arange(tokens.shape[1]) < lengths[:, None]).to(self.device)
        hidden: torch.Tensor = self._model(input_ids=tokens.to(self.device), attention_mask=mask.long())[0]
        if self._pooling == "cls":
            return hidden[:, 0]  # (batch, dim)
        share = mask / mask.sum(dim=1, keepdim=True)
        return torch.einsum("btd,bt->bd", hidden.float(), share)


def load(name: str, settings: Settings, *, pooling: Pooling | None = None) -> Bert:
    """Make the encoder from a local folder or the hub.

    Parameters
    ----------
    name
        Hub name ``owner/model``, or ``pubmedbert``.
    pooling
        ``cls`` (first token) or ``mean`` (all tokens). None takes what the checkpoint itself declares in
        ``1_Pooling/config.json``, and ``cls`` where it declares nothing.

    Raises
    ------
    WeightsError
        If the weights are neither on this machine nor on the hub, or cannot be read.
    """
    from transformers import AutoModel

    repo = PUBMEDBERT if name == "pubmedbert" else name
    folder = weights.checkpoint_folder(repo, settings.models)
    pooling = pooling or _declared_pooling(folder)
    tokenizer = _tokenizer(folder)
    model = weights.pretrained(AutoModel.from_pretrained, folder, unused=("pooler.", "embeddings.position_ids"))
    if len(tokenizer) > int(model.config.vocab_size):
        raise WeightsError(
            f"The tokenizer in {folder} has {len(tokenizer):,} tokens, the model {model.config.vocab_size:,}.",
            "Fetch tokenizer and weights from the same place.",
        )
    max_tokens = min(MAX_TOKENS, int(tokenizer.model_max_length), int(model.config.max_position_embeddings))
    taken = "the first token" if pooling == "cls" else "all tokens, averaged"
    small = [path for pattern in weights.SMALL_FILES for path in folder.glob(pattern)]
    identity = EncoderIdentity(
        name=repo.rsplit("/", maxsplit=1)[-1],
        package=repo,
        version=weights.files_version([path for path in small if path.name not in {"README.md", "modules.json"}]),
        weights_sha256=weights_digest(weights.weight_files(folder)),
        dim=int(model.config.hidden_size),
        input_kind=InputKind.TEXT,
        policy=f"first {max_tokens} tokens; last hidden state of {taken}",
    )
    device = pick_device(settings.device).device
    return Bert(model, tokenizer, identity, pooling=pooling, max_tokens=max_tokens, device=device)


def _tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError, TypeError, ImportError) as error:
        raise WeightsError(
            f"The tokenizer in {folder} cannot be read: {error}.", "Put tokenizer.json or vocab.txt beside the weights."
        ) from error
    # transformers makes an empty vocabulary up where its file is missing, and every word would be unknown.
    files = {"tokenizer.json", *tokenizer.vocab_files_names.values()}
    if not any((folder / file).is_file() for file in files):
        raise WeightsError(
            f"{folder} holds no tokenizer vocabulary.", f"Put one of these there: {', '.join(sorted(files))}."
        )
    if tokenizer.pad_token_id is None:
        raise WeightsError(f"The tokenizer in {folder} has no padding token.", "Use a model of the BERT family.")
    return tokenizer


def _declared_pooling(folder: Path) -> Pooling:
    """How the checkpoint says that its tokens become one vector, in the form that sentence-transformers writes."""
    path = folder / "1_Pooling" / "config.json"
    if not path.is_file():
        return "cls"
    try:
        declared = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise WeightsError(
            f"{path} is damaged: {error}.", "Fetch it again, or remove it to use the first token."
        ) from error
    return "mean" if declared.get("pooling_mode_mean_tokens") else "cls"
