"""ESM2 through both forms of its weights, on checkpoints that are written here in the true file formats."""

from __future__ import annotations

import argparse
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from encoder_contract import EncoderContract

from biobridge_core.config import Settings
from biobridge_core.encoders import Encoder, create, esm2
from biobridge_core.errors import WeightsError

NAME = "esm2_t2_tiny"
P53 = "MEEPQSDPSVEPPLSQETFSDLWKLLPENNVLSPLPSQAMDDLMLSPDDIEQWFTEDPGPDEAPRMPEAAPPVAPAPAAPTPAAPAPAPSWPLSSSVPSQKT"
LAYERS, DIM, HEADS = 2, 16, 4


def fair_model() -> Any:
    """A tiny ESM2 of fair-esm with random weights."""
    from esm.data import Alphabet
    from esm.model.esm2 import ESM2

    torch.manual_seed(0)
    model = ESM2(LAYERS, DIM, HEADS, Alphabet.from_architecture("ESM-1b"), token_dropout=True).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
        parameter.data = parameter.data.half().float()  # so that the half precision of the file loses nothing
    return model


def write_fair(path: Path, model: Any) -> None:
    """A checkpoint as fair-esm gives it out: half precision, fairseq's prefixes and Namespace, no contact head."""
    shape = argparse.Namespace(
        arch="roberta_base", encoder_layers=LAYERS, encoder_embed_dim=DIM, encoder_attention_heads=HEADS,
        token_dropout=True,
    )  # fmt: skip
    state = {
        ("encoder." if key.startswith("lm_head") else "encoder.sentence_encoder.") + key: value.half()
        for key, value in model.state_dict().items()
        if not key.startswith("contact_head")
    }
    torch.save({"cfg": {"model": shape}, "model": state}, path)


def write_transformers(folder: Path, model: Any) -> None:
    """The same weights as a transformers repository: config.json, vocab.txt, model.safetensors."""
    from transformers import EsmConfig, EsmForMaskedLM

    tokens = model.alphabet.all_toks
    config = EsmConfig(
        vocab_size=len(tokens), mask_token_id=tokens.index("<mask>"), pad_token_id=tokens.index("<pad>"),
        hidden_size=DIM, num_hidden_layers=LAYERS, num_attention_heads=HEADS, intermediate_size=4 * DIM,
        max_position_embeddings=1026, position_embedding_type="rotary", token_dropout=True,
        emb_layer_norm_before=False, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    names = {
        "self_attn.q_proj": "attention.self.query", "self_attn.k_proj": "attention.self.key",
        "self_attn.v_proj": "attention.self.value", "self_attn.out_proj": "attention.output.dense",
        "self_attn_layer_norm": "attention.LayerNorm", "fc1": "intermediate.dense", "fc2": "output.dense",
        "final_layer_norm": "LayerNorm",
    }  # fmt: skip
    state = {}
    for key, value in model.state_dict().items():
        if key == "embed_tokens.weight":
            state["esm.embeddings.word_embeddings.weight"] = value
        elif key.startswith("emb_layer_norm_after"):
            state[f"esm.encoder.{key}"] = value
        elif key.startswith("layers."):
            _, number, rest = key.split(".", 2)
            part, leaf = rest.rsplit(".", 1)
            if part in names:
                state[f"esm.encoder.layer.{number}.{names[part]}.{leaf}"] = value
    whole = EsmForMaskedLM(config)
    missing, unexpected = whole.load_state_dict(state, strict=False)
    assert not unexpected
    assert not [key for key in missing if "layer." in key and "rotary" not in key]
    whole.save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(tokens), encoding="utf-8")


class TestFairEsm(EncoderContract):
    module = "esm2"
    good = (P53, "MKTAYIAKQR" * 3, "MXBZUOACDEFGHIKLMNPQRSTVWY", "M", P53 * 11)
    bad: ClassVar[dict[str, str]] = {
        "": "empty",
        "MKT*": "'*' at position 4",
        "MK1T": "'1' at position 3",
        "mkt": "'m' at position 1",
        "MKé": "'é' at position 3",
        "M" * 35_001: "35,001 residues",
    }

    @classmethod
    def write(cls, models: Path, model: Any) -> None:
        models.mkdir(exist_ok=True)
        write_fair(models / f"{NAME}.pt", model)

    @classmethod
    def make(cls, folder: Path) -> Encoder:
        cls.write(folder, fair_model())
        return create(NAME, Settings(models=folder, device="cpu"))

    @classmethod
    def make_changed(cls, folder: Path) -> Encoder:
        model = fair_model()
        with torch.no_grad():
            model.layers[0].fc1.weight[0, 0] += 1
        cls.write(folder, model)
        return create(NAME, Settings(models=folder, device="cpu"))


class TestTransformersEsm(TestFairEsm):
    @classmethod
    def write(cls, models: Path, model: Any) -> None:
        write_transformers(models / "facebook" / NAME, model)


@pytest.fixture(scope="module")
def model() -> Any:
    return fair_model()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))  # no checkpoint of the user's own
    return Settings(models=tmp_path / "models", device="cpu")


def test_both_forms_give_the_same_vectors_as_fair_esm_itself(settings: Settings, model: Any) -> None:
    settings.models.mkdir()
    write_fair(settings.models / f"{NAME}.pt", model)
    fair = create(NAME, settings)
    write_transformers(settings.models / "facebook" / NAME, model)
    other = create(f"facebook/{NAME}", settings)
    assert (fair.identity.package, other.identity.package) == ("fair-esm", f"facebook/{NAME}")
    assert fair.identity.id != other.identity.id  # two files, two identities
    assert fair.dim == other.dim == DIM
    sequences = [P53, "MKTAYIAKQR" * 3, "MXBZUOACDEFGHIKLMNPQRSTVWY"]
    found, again = fair.encode(sequences).vectors, other.encode(sequences).vectors
    converter = model.alphabet.get_batch_converter()
    for row, sequence in enumerate(sequences):
        tokens = converter([("", sequence)])[2]
        with torch.inference_mode():
            hidden = model(tokens, repr_layers=[LAYERS])["representations"][LAYERS][0, 1:-1]
        np.testing.assert_allclose(found[row], hidden.mean(dim=0), atol=2e-5)
    np.testing.assert_allclose(found, again, atol=2e-5)


def test_a_long_protein_is_read_in_windows_weighted_by_length(settings: Settings, model: Any) -> None:
    settings.models.mkdir()
    write_fair(settings.models / f"{NAME}.pt", model)
    encoder = create(NAME, settings)
    long = (P53 * 21)[:2101]  # three windows: 701, 700 and 700 residues
    short = P53 * 10  # 1,020 residues: one window
    encoded = encoder.encode([short, long])
    parts = encoder.encode([long[:701], long[701:1401], long[1401:]]).vectors
    weights = np.array([701, 700, 700]) / 2101
    np.testing.assert_allclose(encoded.vectors[1], weights @ parts, atol=1e-5)
    assert [note.index for note in encoded.notes] == [1]
    assert "2,101 residues" in encoded.notes[0].message
    assert "3 windows" in encoded.notes[0].message


def test_j_is_read_as_unknown_and_said(settings: Settings, model: Any) -> None:
    settings.models.mkdir()
    write_fair(settings.models / f"{NAME}.pt", model)
    encoded = create(NAME, settings).encode(["MKTJ", "MKTX"])
    np.testing.assert_array_equal(encoded.vectors[0], encoded.vectors[1])
    assert [note.index for note in encoded.notes] == [0]


def test_missing_weights_say_where_to_put_what(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(WeightsError) as caught:
        create("esm2_t36_3B_UR50D", settings)
    assert "facebook/esm2_t36_3B_UR50D" in caught.value.message
    assert "switched off" in caught.value.message
    for part in ("model.safetensors", str(settings.models), "esm2_t36_3B_UR50D.pt", "huggingface-cli download"):
        assert part in caught.value.hint


class _Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("exploded"),))


@pytest.mark.parametrize("content", ["bomb", "text", "other", "short"])
def test_a_checkpoint_that_is_no_esm2_is_refused(
    settings: Settings, model: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str
) -> None:
    monkeypatch.chdir(tmp_path)
    settings.models.mkdir()
    path = settings.models / f"{NAME}.pt"
    if content == "bomb":
        torch.save({"cfg": {"model": _Bomb()}, "model": {}}, path, pickle_module=pickle)
    elif content == "text":
        path.write_text("no checkpoint")
    elif content == "other":
        torch.save({"weights": torch.zeros(3)}, path)
    else:
        write_fair(path, model)
        with torch.serialization.safe_globals([argparse.Namespace]):
            whole = torch.load(path, weights_only=True)
        whole["model"].pop("encoder.sentence_encoder.layers.1.fc2.weight")
        torch.save(whole, path)
    with pytest.raises(WeightsError, match=NAME):
        create(NAME, settings)
    assert not (tmp_path / "exploded").exists()


def test_a_transformers_checkpoint_that_lacks_weights_is_refused(settings: Settings, model: Any) -> None:
    from safetensors.torch import load_file, save_file

    folder = settings.models / "facebook" / NAME
    write_transformers(folder, model)
    state = load_file(folder / "model.safetensors")
    state.pop("esm.encoder.layer.0.output.dense.weight")
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(WeightsError, match=r"lack 1 parameters.*layer\.0\.output"):
        create(NAME, settings)


def test_the_identity_follows_the_weights(settings: Settings, model: Any, tmp_path: Path) -> None:
    settings.models.mkdir()
    write_fair(settings.models / f"{NAME}.pt", model)
    other = replace(settings, models=tmp_path / "other")
    other.models.mkdir()
    changed = fair_model()
    with torch.no_grad():
        changed.embed_tokens.weight += 0.01
    write_fair(other.models / f"{NAME}.pt", changed)
    first, same, second = create(NAME, settings), create(NAME, settings), create(NAME, other)
    assert first.identity == same.identity
    assert first.identity.weights_sha256 != second.identity.weights_sha256
    assert first.identity.id.startswith("esm2_t2_tiny-")
    assert str(esm2.WINDOW) in first.identity.policy
