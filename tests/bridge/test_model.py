"""The bridge's parts: shapes, cosine, the transformer against a plain reference, save and load."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from biobridge_core.bridge.model import Bridge, BridgeConfig, TransformerTransform, slot
from biobridge_core.errors import ArtifactError, InputError

INPUTS = {"protein/sequence": 7, "drug/smiles": 5, "drug/text": 3}
RELATIONS = {"drug_inhibits_protein": ("drug", "protein"), "drug_inhibits_protein_inverse": ("protein", "drug")}


def make_bridge(**changes: object) -> Bridge:
    torch.manual_seed(0)
    bridge = Bridge(BridgeConfig(INPUTS, RELATIONS, **({"width": 16, "heads": 4, "layers": 3} | changes))).eval()  # type: ignore[arg-type]
    for parameter in bridge.parameters():  # away from the initial zeros, so that every weight matters
        nn.init.normal_(parameter, std=0.3) if parameter.ndim else None
    return bridge


@pytest.mark.parametrize("transform", ["transformer", "mlp", "linear"])
def test_vectors_are_unit_length_and_depend_on_the_relation(transform: str) -> None:
    bridge, x = make_bridge(transform=transform), torch.randn(6, 5)
    moved = bridge.transform(x, "drug", "smiles", "drug_inhibits_protein")
    assert moved.shape == (6, 16)
    assert torch.allclose(moved.norm(dim=1), torch.ones(6), atol=1e-5)
    assert torch.allclose(bridge.project(x, "drug", "smiles").norm(dim=1), torch.ones(6), atol=1e-5)
    other = bridge.query(bridge.embed(x, "drug", "smiles"), "drug_inhibits_protein_inverse")
    assert not torch.allclose(moved, other, atol=1e-2)


def test_a_query_does_not_depend_on_its_batch() -> None:
    bridge, x = make_bridge(), torch.randn(6, 7)
    whole = bridge.transform(x, "protein", "sequence", "drug_inhibits_protein_inverse")
    single = torch.cat(
        [bridge.transform(x[i : i + 1], "protein", "sequence", "drug_inhibits_protein_inverse") for i in range(6)]
    )
    assert torch.allclose(whole, single, atol=1e-5)


def _reference(move: TransformerTransform, tokens: torch.Tensor) -> torch.Tensor:
    """The same forward pass with torch's own multi-head attention on all tokens of all layers."""
    for block in move.blocks:
        width = tokens.shape[-1]
        attention = nn.MultiheadAttention(width, block.heads, batch_first=True).eval()
        key_value = block.key_value
        attention.in_proj_weight.data = torch.cat([block.query.weight, key_value.weight])
        attention.in_proj_bias.data = torch.cat([block.query.bias, key_value.bias])
        attention.out_proj.load_state_dict(block.merge.state_dict())
        y = block.norm_attention(tokens)
        tokens = tokens + attention(y, y, y, need_weights=False)[0]
        tokens = tokens + block.forward_out(nn.functional.gelu(block.forward_in(block.norm_forward(tokens))))
    return move.out(move.norm(tokens)[:, 0])


def test_transformer_agrees_with_a_plain_reference_forward_pass() -> None:
    bridge, x = make_bridge(), torch.randn(9, 16)
    head, relation, tail = torch.randn(3, 16)
    tokens = torch.stack([torch.stack([row, head, relation, tail]) for row in x])
    with torch.no_grad():
        ours = bridge.move(x, head, relation, tail)
        assert torch.allclose(ours, _reference(bridge.move, tokens), atol=1e-4)  # type: ignore[arg-type]


def test_output_is_added_to_the_projected_head() -> None:
    bridge = make_bridge()
    for part in (bridge.move.out.weight, bridge.move.out.bias):  # type: ignore[union-attr]
        nn.init.zeros_(part)  # type: ignore[arg-type]
    x = torch.randn(4, 5)
    assert torch.allclose(
        bridge.transform(x, "drug", "smiles", "drug_inhibits_protein"), bridge.project(x, "drug", "smiles")
    )


@pytest.mark.parametrize("whiten", [0.0, 0.5, 1.0])
def test_inputs_of_very_different_size_reach_the_network_alike(whiten: float) -> None:
    bridge = make_bridge()
    x = 1e4 * torch.randn(2000, 5) * torch.tensor([1.0, 4.0, 16.0, 1.0, 1.0]) + 3e5
    bridge.fit_inputs(x, "drug", "smiles", whiten)
    projection = bridge.projections["drug/smiles"]
    scaled = (x - projection.centre) * projection.scale  # type: ignore[operator]
    assert scaled.square().mean().item() == pytest.approx(1, abs=0.01)
    assert scaled.mean().item() == pytest.approx(0, abs=0.01)
    spread = scaled.std(dim=0)
    assert (spread[2] / spread[0]).item() == pytest.approx(16 ** (1 - whiten), rel=0.05)


def test_vectors_that_do_not_differ_keep_their_scale() -> None:
    bridge = make_bridge()
    bridge.fit_inputs(torch.full((1, 5), 3.0), "drug", "smiles", 1.0)
    assert torch.equal(bridge.projections["drug/smiles"].scale, torch.ones(5))  # type: ignore[arg-type]


def test_wrong_input_is_named() -> None:
    bridge = make_bridge()
    with pytest.raises(InputError, match=r"shape \(n, 5\), got \(2, 6\)"):
        bridge.project(torch.zeros(2, 6), "drug", "smiles")
    with pytest.raises(InputError, match="no projection for protein/text"):
        bridge.project(torch.zeros(2, 6), "protein", "text")
    with pytest.raises(InputError, match="no relation 'cures'"):
        bridge.transform(torch.zeros(2, 5), "drug", "smiles", "cures")
    with pytest.raises(ArtifactError, match="no transform called"):
        make_bridge(transform="magic")
    with pytest.raises(ArtifactError, match="cannot be cut"):
        make_bridge(width=18)
    assert slot("drug", "text") == "drug/text"


def test_saved_and_loaded_bridge_answers_alike(tmp_path: Path) -> None:
    bridge, x = make_bridge(), torch.randn(5, 3)
    bridge.save(tmp_path)
    loaded = Bridge.load(tmp_path)
    assert loaded.config == bridge.config
    assert not loaded.training
    ours, theirs = (b.transform(x, "drug", "text", "drug_inhibits_protein") for b in (bridge, loaded))
    assert (ours * theirs).sum(1).min() > 0.9999
    assert loaded.temperature == pytest.approx(bridge.temperature)


def test_damaged_or_misfitting_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="no whole bridge"):
        Bridge.load(tmp_path)
    make_bridge().save(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"width": 32}))
    with pytest.raises(ArtifactError, match="another shape"):
        Bridge.load(tmp_path)
    make_bridge().save(tmp_path)
    weights = (tmp_path / "bridge.safetensors").read_bytes()
    (tmp_path / "bridge.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(ArtifactError, match="damaged"):
        Bridge.load(tmp_path)
