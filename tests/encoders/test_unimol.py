"""Uni-Mol with random weights at the true shape, in the file format of the released checkpoints."""

from __future__ import annotations

import argparse
import logging
import pickle
import warnings
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from encoder_contract import EncoderContract

from biobridge_core.chem.conformers import conformer
from biobridge_core.config import Settings
from biobridge_core.encoders import Encoder, create, unimol
from biobridge_core.errors import WeightsError

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
COCAINE = "CN1C2CCC1C(C(C2)OC(=O)c1ccccc1)C(=O)OC"
FILE = "mol_pre_all_h_220816.pt"


@cache
def random_state() -> dict[str, torch.Tensor]:
    """Random weights of the true shape: 15 layers, 512 wide, 64 heads, 31 tokens."""
    base = unimol._network_class()

    class Fresh(base):  # type: ignore[misc, valid-type]
        def load_pretrained_weights(self, path: str, strict: bool = False) -> None:
            del path, strict

    torch.manual_seed(0)
    dictionary = str(unimol._dictionary_beside(Path("none") / FILE))
    network = Fresh(output_dim=1, pretrained_model_path="none", pretrained_dict_path=dictionary)
    state = {key: value for key, value in network.state_dict().items() if not key.startswith("classification_head")}
    state["lm_head.bias"] = torch.zeros(31)  # the released file holds heads of pre-training too
    return state


def write(folder: Path, **changes: torch.Tensor) -> None:
    """A checkpoint laid out as the released ones are."""
    (folder / "unimol").mkdir()
    content = {"model": random_state() | changes, "args": argparse.Namespace(arch="unimol_base")}
    torch.save(content, folder / "unimol" / FILE)


class TestUniMol(EncoderContract):
    module = "unimol"
    good = (ASPIRIN, "C", COCAINE, "C/C=C/Cl")
    bad: ClassVar[dict[str, str]] = {
        "": "not a SMILES",
        "C1CC": "not a SMILES",
        "CCO.CCO": "more than one molecule",
        "N[Pt](N)(Cl)Cl": "does not know the atoms Pt",
        "C" * 100: "302 atoms; at most 256",
        "C" * 1000: "1000 atoms; at most 256",
    }

    @classmethod
    def make(cls, folder: Path) -> Encoder:
        write(folder)
        return create("unimol", Settings(models=folder, device="cpu"))

    @classmethod
    def make_changed(cls, folder: Path) -> Encoder:
        write(folder, **{"gbf.means.weight": random_state()["gbf.means.weight"] + 1})
        return create("unimol", Settings(models=folder, device="cpu"))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write(folder)
    return folder


@pytest.fixture(scope="module")
def encoder(models: Path) -> unimol.UniMol:
    made = create("unimol", Settings(models=models, device="cpu"))
    assert isinstance(made, unimol.UniMol)
    return made


def test_it_gives_what_unimol_tools_gives(encoder: unimol.UniMol) -> None:
    """The package's own conformer, features, collation and network, against ours, padded beside a larger molecule."""
    from unimol_tools.data.conformer import coords2unimol, inner_smi2coords

    smiles = [ASPIRIN, COCAINE, "C"]
    encoded = encoder.encode(smiles)
    assert encoded.vectors.shape == (3, 512)
    assert encoder.dim == 512
    assert not encoded.notes
    network = encoder._model
    for row, one in enumerate(smiles):
        atoms, coordinates, _ = inner_smi2coords(one, seed=42, mode="fast", remove_hs=False)
        np.testing.assert_allclose(conformer(one, max_atoms=256).coordinates, coordinates, atol=1e-5)
        features = coords2unimol(atoms, coordinates, network.dictionary, remove_hs=False)
        batch, _ = network.batch_collate_fn([(features, 0)])
        with torch.inference_mode():
            expected = network(**batch, return_repr=True)[0]
        np.testing.assert_allclose(encoded.vectors[row], expected, atol=1e-4)


def test_using_it_leaves_the_process_as_it_was(
    encoder: unimol.UniMol, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rdkit import rdBase

    monkeypatch.chdir(tmp_path)
    status, filters, level = rdBase.LogStatus(), list(warnings.filters), logging.getLogger().level
    unimol._network_class()
    encoder.encode([ASPIRIN])
    assert "rdApp.error:enabled" in status
    assert (rdBase.LogStatus(), list(warnings.filters), logging.getLogger().level) == (status, filters, level)
    assert not logging.getLogger("unimol_tools").handlers
    assert not list(tmp_path.iterdir())  # the package alone would make a folder for its logs


def test_missing_weights_say_where_to_put_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.delenv("UNIMOL_WEIGHT_DIR", raising=False)
    with pytest.raises(WeightsError) as caught:
        create("unimol", Settings(models=tmp_path))
    assert "dptech/Uni-Mol-Models" in caught.value.message
    for part in (FILE, str(tmp_path / "unimol"), "huggingface-cli download"):
        assert part in caught.value.hint
    with pytest.raises(WeightsError, match="no Uni-Mol called 'unimol9'"):
        create("unimol9", Settings(models=tmp_path))


def test_the_folder_of_unimol_tools_is_searched_too(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNIMOL_WEIGHT_DIR", str(models / "unimol"))
    assert unimol._find(FILE, tmp_path) == models / "unimol" / FILE


class _Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("exploded"),))


def test_a_checkpoint_that_would_run_code_or_lacks_weights_is_refused(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"model": _Bomb()}, tmp_path / FILE, pickle_module=pickle)
    with pytest.raises(WeightsError, match="cannot be read safely"):
        create("unimol", Settings(models=tmp_path))
    assert not (tmp_path / "exploded").exists()
    content = torch.load(models / "unimol" / FILE, weights_only=False)
    content["model"].pop("gbf.means.weight")
    torch.save(content, tmp_path / FILE)
    with pytest.raises(WeightsError, match=r"lacks 1 parameters of Uni-Mol, e\.g\. gbf\.means"):
        create("unimol", Settings(models=tmp_path))
