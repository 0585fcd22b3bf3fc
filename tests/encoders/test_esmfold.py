"""ESMFold's code path with a small model of random weights; the real one needs a GPU and 8 GB."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from biobridge_core.encoders import esmfold
from biobridge_core.errors import BioBridgeError, InputError, WeightsError
from biobridge_core.shapes import Shapes
from biobridge_core.structures import Origin, parse_predicted

SEQUENCE = "MVHLTPEEKSAVTALWGKVN"
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of weights as the real one would lie there, in small."""
    from transformers import EsmConfig, EsmForProteinFolding
    from transformers.models.esm.configuration_esm import get_default_vocab_list

    trunk = {
        "num_blocks": 1, "sequence_state_dim": 64, "pairwise_state_dim": 32, "sequence_head_width": 32,
        "pairwise_head_width": 32, "position_bins": 8, "max_recycles": 1,
        "structure_module": {
            "sequence_dim": 64, "pairwise_dim": 32, "ipa_dim": 8, "resnet_dim": 16, "num_heads_ipa": 2,
            "num_qk_points": 2, "num_v_points": 2, "num_blocks": 1, "num_transition_layers": 1, "num_resnet_blocks": 1,
        },
    }  # fmt: skip
    config = EsmConfig(
        vocab_size=33, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=64, position_embedding_type="rotary", pad_token_id=1, mask_token_id=32,
        is_folding_model=True, vocab_list=list(get_default_vocab_list()),
        esmfold_config={"trunk": trunk, "fp16_esm": False, "lddt_head_hid_dim": 16},
    )  # fmt: skip
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("models")
    EsmForProteinFolding(config).save_pretrained(folder / esmfold.NAME)
    return folder


def test_a_sequence_becomes_a_model_with_confidence(models):
    written = esmfold.fold(SEQUENCE, models, CPU)
    found = parse_predicted(written, Origin.ESMFOLD)
    assert found.chains[0].letters == SEQUENCE
    assert found.predicted
    assert all(0 <= b <= 100 for b in found.chains[0].b_factors)


def test_letters_beyond_the_twenty_keep_their_place_and_get_no_atoms(models):
    (chain,) = parse_predicted(esmfold.fold("MVHLUPEEKB", models, CPU), Origin.ESMFOLD).chains
    assert chain.letters == "MVHLPEEK"
    assert chain.numbers == (1, 2, 3, 4, 6, 7, 8, 9)


@pytest.mark.parametrize("sequence", ["", "A" * 1001])
def test_a_length_that_cannot_be_folded_is_refused(models, sequence):
    with pytest.raises(InputError, match=r"ESMFold reads 1 to 1,000"):
        esmfold.fold(sequence, models, CPU)


def test_what_is_missing_is_said(models, tmp_path, monkeypatch):
    assert "needs a GPU" in esmfold.missing(models, CPU)
    assert "weights" not in esmfold.missing(models, CPU)
    assert esmfold.missing(models, torch.device("cuda")) == ""
    assert "weights (8 GB)" in esmfold.missing(tmp_path, torch.device("cuda"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(WeightsError):
        esmfold.fold(SEQUENCE, tmp_path, CPU)


def test_the_screen_is_told_before_it_tries(models):
    shapes = Shapes(models, CPU)
    assert "needs a GPU" in shapes.no_folding()
    with pytest.raises(BioBridgeError, match="ESMFold cannot be used here"):
        shapes.fold(SEQUENCE)
