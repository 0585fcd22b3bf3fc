"""BERT encoders on tiny checkpoints that are written here as a hub repository lays them out."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from encoder_contract import EncoderContract

from biobridge_core.config import Settings
from biobridge_core.encoders import Encoder, bert, create
from biobridge_core.errors import WeightsError

NAME = "someone/tiny-bert"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = [*SPECIAL, *LETTERS, *(f"##{letter}" for letter in LETTERS), "seizure", "early", "onset", "-", ","]
TEXTS = ["Early-onset seizures", "Heart failure, a disease of the heart", "x"]


def write(folder: Path, *, safe: bool = True, seed: int = 0) -> Any:
    """A BERT with random weights, its vocabulary and tokenizer settings; returns the model."""
    from transformers import BertConfig, BertModel

    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=32,
        max_position_embeddings=512,
    )  # fmt: skip
    model = BertModel(config).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(folder)
    if not safe:
        (folder / "model.safetensors").unlink()
        torch.save(model.state_dict(), folder / "pytorch_model.bin")
    (folder / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 512}),
        encoding="utf-8",
    )
    return model


class TestBert(EncoderContract):
    module = "bert"
    good = (*TEXTS, "early onset seizure " * 400)
    bad: ClassVar[dict[str, str]] = {
        "": "empty",
        " \n\t": "empty",
        "\x00\x01": "no readable characters",
        "x" * 100_001: "100,001 characters",
    }

    @classmethod
    def make(cls, folder: Path) -> Encoder:
        write(folder / NAME)
        return create(NAME, Settings(models=folder, device="cpu"))

    @classmethod
    def make_changed(cls, folder: Path) -> Encoder:
        write(folder / NAME, seed=1)
        return create(NAME, Settings(models=folder, device="cpu"))


class TestMeanPooledBert(TestBert):
    @classmethod
    def make(cls, folder: Path) -> Encoder:
        write(folder / NAME)
        return bert.load(NAME, Settings(models=folder, device="cpu"), pooling="mean")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(models=tmp_path / "models", device="cpu")


def test_the_first_token_is_the_vector_unless_the_checkpoint_declares_the_mean(settings: Settings) -> None:
    folder = settings.models / NAME
    model = write(folder)
    encoder = create(NAME, settings)
    found = encoder.encode(TEXTS).vectors
    assert found.shape == (3, encoder.dim) == (3, 16)
    assert "first token" in encoder.identity.policy
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_mean_tokens": true}', encoding="utf-8")
    averaged = create(NAME, settings)
    assert "averaged" in averaged.identity.policy
    assert averaged.identity.id != encoder.identity.id
    mean = averaged.encode(TEXTS).vectors
    # "x" by hand: its tokens are [CLS] x [SEP]
    tokens = torch.tensor([[WORDS.index("[CLS]"), WORDS.index("x"), WORDS.index("[SEP]")]])
    with torch.inference_mode():
        hidden = model(input_ids=tokens).last_hidden_state[0]
    np.testing.assert_allclose(found[2], hidden[0], atol=1e-5)
    np.testing.assert_allclose(mean[2], hidden.mean(dim=0), atol=1e-5)


def test_torch_files_and_safetensors_give_the_same_vectors(settings: Settings, tmp_path: Path) -> None:
    other = replace(settings, models=tmp_path / "other")
    write(settings.models / "tiny-bert")  # the short name is found too
    write(other.models / "someone--tiny-bert", safe=False)
    np.testing.assert_array_equal(
        create(NAME, settings).encode(TEXTS).vectors, create(NAME, other).encode(TEXTS).vectors
    )


def test_a_long_text_is_cut_and_said(settings: Settings) -> None:
    write(settings.models / NAME)
    encoder = create(NAME, settings)
    long = "early onset seizure " * 400
    encoded = encoder.encode(["x", long, "early onset seizure " * 170 + "early onset seizure"])
    assert [note.index for note in encoded.notes] == [1, 2]
    assert "1,202 tokens; only the first 512" in encoded.notes[0].message
    np.testing.assert_allclose(encoded.vectors[1], encoded.vectors[2], atol=1e-5)


def test_missing_weights_say_where_to_put_what(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(WeightsError) as caught:
        create("pubmedbert", settings)
    assert bert.PUBMEDBERT in caught.value.message
    assert str(settings.models / bert.PUBMEDBERT) in caught.value.hint
    assert "huggingface-cli download" in caught.value.hint


def test_a_hub_that_does_not_answer_gives_the_same_error_at_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def unreachable(repo: str, **_: Any) -> str:
        raise ConnectionError(f"no route to {repo}")

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.snapshot_download", unreachable)
    with pytest.raises(WeightsError, match=r"could not be fetched: no route to someone/tiny-bert"):
        create(NAME, settings)


def test_what_the_hub_gives_is_used_with_torch_weights_fetched_only_where_needed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "snapshot"
    write(folder, safe=False)
    asked: list[list[str]] = []

    def snapshot(repo: str, *, allow_patterns: list[str]) -> str:
        assert repo == NAME
        asked.append(allow_patterns)
        hidden = tmp_path / "pytorch_model.bin"
        if "pytorch_model*.bin" in allow_patterns:
            hidden.rename(folder / hidden.name)
        elif (folder / hidden.name).is_file():
            (folder / hidden.name).rename(hidden)
        return str(folder)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
    assert create(NAME, settings).encode(TEXTS).vectors.shape == (3, 16)
    assert len(asked) == 2
    assert not any("py" in pattern.split(".")[-1] for patterns in asked for pattern in patterns)


class _Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("exploded"),))


def test_a_checkpoint_that_would_run_code_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    write(settings.models / NAME, safe=False)
    torch.save({"weight": _Bomb()}, settings.models / NAME / "pytorch_model.bin", pickle_module=pickle)
    with pytest.raises(WeightsError, match="cannot be read"):
        create(NAME, settings)
    assert not (tmp_path / "exploded").exists()


def test_a_folder_with_parts_missing_is_named(settings: Settings) -> None:
    folder = settings.models / NAME
    write(folder)
    (folder / "vocab.txt").unlink()
    with pytest.raises(WeightsError, match="tokenizer"):
        create(NAME, settings)
    (folder / "vocab.txt").write_text("\n".join([*WORDS, "one", "two"]), encoding="utf-8")
    with pytest.raises(WeightsError, match=f"has {len(WORDS) + 2} tokens, the model {len(WORDS)}"):
        create(NAME, settings)
    (folder / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    (folder / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(WeightsError, match="cannot be read"):
        create(NAME, settings)
    (folder / "model.safetensors").unlink()
    with pytest.raises(WeightsError, match="holds no weights"):
        create(NAME, settings)
