"""A causal language model of the transformers library, read from a folder on this machine.

Weights are safetensors, no code in the folder is run, nothing is fetched. The same prompt and seed give the same text
on one machine.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from biobridge_core.errors import LanguageModelError, WeightsError
from biobridge_core.language_model import TIMEOUT, Message, checked_text, messages_of

_HINT = "Name a folder with config.json, model.safetensors and the tokeniser's files of a causal language model."


class LocalModel:
    """A folder of weights; it is read when first asked.

    Parameters
    ----------
    folder
        With config.json, safetensors and tokeniser.
    device
        Torch device, or ``auto``.

    Raises
    ------
    LanguageModelError
        If there is no such folder, or its weights are in another form than safetensors.
    """

    def __init__(self, folder: Path, *, device: str = "auto") -> None:
        self.folder, self._device = folder, device
        self._loaded: tuple[Any, Any] | None = None
        self._lock = threading.Lock()
        if not (folder / "config.json").is_file():
            raise LanguageModelError(f"{folder} holds no language model.", _HINT)
        if not any(folder.glob("*.safetensors")):
            raise LanguageModelError(f"{folder} holds no weights as safetensors.", _HINT)
        if (folder / "adapter_config.json").is_file():
            raise LanguageModelError(f"{folder} holds an adapter, not a whole model.", "Merge it into its model first.")

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.resolve().name

    def complete(
        self,
        prompt: str | Sequence[Message],
        *,
        max_tokens: int = 800,
        seed: int = 0,
        timeout: float = TIMEOUT,
        temperature: float = 0.0,
    ) -> str:
        """See `LanguageModel`. What was written when the time is up is returned.

        Raises
        ------
        LanguageModelError
            If it cannot be read, the prompt is too long for it, it is in use all the time, or it writes nothing.
        """
        import torch

        if not self._lock.acquire(timeout=timeout):
            raise LanguageModelError(f"{self.name} is in use.", "Ask again in a while.")
        try:
            model, tokenizer = self._open()
            tokens = self._tokens(tokenizer, messages_of(prompt)).to(model.device)  # (1, n)
            room = self._room(model, tokens.shape[1])
            with torch.random.fork_rng(devices=_cuda_of(model)), torch.inference_mode():
                torch.manual_seed(seed)
                chosen = {"do_sample": True, "temperature": temperature, "top_k": 0} if temperature > 0 else {}
                made = model.generate(
                    tokens,
                    attention_mask=torch.ones_like(tokens),
                    max_new_tokens=min(max_tokens, room),
                    max_time=timeout,
                    pad_token_id=_padding(tokenizer),
                    **({"do_sample": False, "temperature": None, "top_k": None, "top_p": None} | chosen),
                )
            text: str = tokenizer.decode(made[0, tokens.shape[1] :], skip_special_tokens=True)
        except (RuntimeError, ValueError, IndexError) as error:
            raise LanguageModelError(f"{self.name} failed: {str(error).splitlines()[0][:200]}.", _HINT) from error
        finally:
            self._lock.release()
        return checked_text(text, self.name)

    def _open(self) -> tuple[Any, Any]:
        if self._loaded is None:
            from transformers import AutoModelForCausalLM, AutoTokenizer

            from biobridge_core.encoders.device import pick_device
            from biobridge_core.encoders.weights import pretrained

            try:
                tokenizer = AutoTokenizer.from_pretrained(self.folder, local_files_only=True, trust_remote_code=False)
                model = pretrained(AutoModelForCausalLM.from_pretrained, self.folder, dtype="auto")
            except (OSError, ValueError, KeyError, TypeError, ImportError, WeightsError) as error:
                why = str(error).splitlines()[0][:300] if str(error) else type(error).__name__
                raise LanguageModelError(f"The language model in {self.folder} cannot be read: {why}", _HINT) from error
            self._loaded = model.to(pick_device(self._device).device), tokenizer
        return self._loaded

    def _tokens(self, tokenizer: Any, turns: list[Message]) -> Any:
        """Token ids of the turns, (1, n), by the model's own chat template where it has one."""
        if getattr(tokenizer, "chat_template", None):
            from jinja2 import TemplateError

            told = [{"role": turn.role, "content": turn.content} for turn in turns]
            try:
                text = tokenizer.apply_chat_template(told, tokenize=False, add_generation_prompt=True)
            except TemplateError:  # templates that know no system turn
                joined = [{"role": "user", "content": _joined(turns)}]
                text = tokenizer.apply_chat_template(joined, tokenize=False, add_generation_prompt=True)
            return tokenizer(text, return_tensors="pt", add_special_tokens=False)["input_ids"]
        return tokenizer(_joined(turns), return_tensors="pt")["input_ids"]

    def _room(self, model: Any, used: int) -> int:
        most = int(getattr(model.config, "max_position_embeddings", 0) or 0)
        if not most:
            return 1 << 30
        if used >= most:
            raise LanguageModelError(
                f"The question has {used:,} tokens; {self.name} reads {most:,}.", "Use a model with a longer context."
            )
        return most - used


def _joined(turns: Sequence[Message]) -> str:
    return "\n\n".join(turn.content for turn in turns)


def _padding(tokenizer: Any) -> int:
    found = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    return int(found if found is not None else 0)


def _cuda_of(model: Any) -> list[Any]:
    return [model.device] if model.device.type == "cuda" else []
