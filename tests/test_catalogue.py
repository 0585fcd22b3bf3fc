from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from biobridge_core.artifacts import read_manifest
from biobridge_core.catalogue import Catalogue, Space, neighbour_overlap
from biobridge_core.errors import ArtifactError
from biobridge_core.store import EmbeddingStore
from biobridge_core.types import InputKind

KINDS = list(InputKind)


@dataclass
class MiniGraph:
    """What the catalogue reads of a graph."""

    kind_of_row: NDArray[np.int8]
    digest: str = "g" * 64
    ids: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ids = [f"X:{row}" for row in range(len(self.kind_of_row))]


def anisotropic(n: int, width: int, seed: int = 0) -> NDArray[np.float32]:
    """Correlated data with a falling spectrum and a large mean, as encoders make it."""
    rng = np.random.default_rng(seed)
    rotation = np.linalg.qr(rng.normal(size=(width, width)))[0]
    spectrum = 1 / np.arange(1, width + 1) ** 0.7
    return ((rng.normal(size=(n, width)) * spectrum) @ rotation + rng.normal(size=width)).astype(np.float32)


def fit(raw: NDArray[np.float32], **options: object) -> Space:
    rows = np.arange(len(raw), dtype=np.int32)
    return Space.fit(InputKind.TEXT, "enc-1", "g", rows, raw, **options)  # type: ignore[arg-type]


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    graph = MiniGraph(np.repeat([0, 1, 2], [120, 80, 200]).astype(np.int8))
    stores = {}
    for code, (kind, width) in enumerate(zip(KINDS, (40, 30, 20), strict=True)):
        rows = np.flatnonzero(graph.kind_of_row == code)
        stores[kind] = EmbeddingStore(tmp_path / kind, f"{kind}-encoder", width)
        ids = [graph.ids[row] for row in rows][::-1]
        stores[kind].put(ids, anisotropic(len(ids), width, code)[::-1], ids)
        stores[kind].close()
    return Catalogue.fit(graph, stores, dim=16)  # type: ignore[arg-type]


def test_agrees_with_sklearn_up_to_one_factor_and_the_sign() -> None:
    raw = anisotropic(300, 24)
    space = fit(raw, dim=8)
    pca = PCA(8, svd_solver="full").fit(raw)
    ours, theirs = space.project(raw), pca.transform(raw)
    factors = (ours * theirs).sum(axis=0) / (theirs**2).sum(axis=0)
    np.testing.assert_allclose(np.abs(factors), np.abs(factors[0]), rtol=2e-3)
    np.testing.assert_allclose(ours, theirs * factors, atol=5e-3)
    assert space.explained == pytest.approx(pca.explained_variance_ratio_.sum(), rel=1e-5)


def test_vectors_are_the_projected_raw_vectors_within_half_a_step() -> None:
    raw = anisotropic(300, 24)
    space = fit(raw)
    assert (np.abs(space.vectors - space.project(raw)) <= space.scale * 0.501).all()
    assert np.mean(space.project(raw) ** 2) == pytest.approx(1, rel=1e-2)
    assert space.codes.dtype == np.int8
    with pytest.raises(ValueError, match="read-only"):
        space.vectors[0, 0] = 1


def test_neighbours_survive_and_the_reported_overlap_is_the_measured_one() -> None:
    raw = anisotropic(400, 64)
    full, cut = fit(raw), fit(raw, dim=4)
    assert full.overlap10 > 0.9
    assert cut.overlap10 < full.overlap10 - 0.2
    assert full.overlap10 == neighbour_overlap(raw - full.mean, full.vectors)


def test_overlap_of_known_neighbours() -> None:
    angles = np.deg2rad([0, 1, 90, 91, 180, 181])
    before = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    assert neighbour_overlap(before, before * 3, k=1) == 1
    assert neighbour_overlap(before, before[[2, 3, 0, 1, 4, 5]], k=1) == 1
    assert neighbour_overlap(before, before[[0, 2, 4, 1, 3, 5]], k=1) == 0


def test_standardising_takes_the_weight_from_dominating_dimensions() -> None:
    raw = anisotropic(300, 24)
    raw[:, 3] *= 500
    plain, standard = fit(raw, dim=8), fit(raw, dim=8, standardise=True)
    assert (plain.spread == 1).all()
    assert np.abs(plain.components[0]).argmax() == 3
    assert plain.explained > 0.999
    assert standard.explained < 0.9
    np.testing.assert_allclose(standard.spread, raw.std(axis=0), rtol=1e-3)


def test_fitting_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    raw = anisotropic(100, 16)
    digests = []
    for i, vectors in enumerate((raw, raw.copy(), raw + np.eye(100, 16, dtype=np.float32))):
        Catalogue({InputKind.TEXT: fit(vectors)}).save(tmp_path / str(i))
        digests.append((read_manifest(tmp_path / str(i)).digest, Catalogue.load(tmp_path / str(i)).digest))
    assert digests[0] == digests[1]
    assert digests[0][0] != digests[2][0]
    assert digests[0][1] != digests[2][1]


def test_fewer_entities_than_dimensions_keep_the_rank() -> None:
    space = fit(anisotropic(5, 16))
    assert space.codes.shape == (5, 4)
    assert np.isfinite(space.vectors).all()


def test_equal_vectors_are_refused() -> None:
    with pytest.raises(ArtifactError, match="all equal"):
        fit(np.ones((4, 6), np.float32))


@pytest.mark.parametrize(
    ("raw", "message"),
    [(np.ones((2, 23)), r"\(m, 24\).*got \(2, 23\)"), (np.ones(24), "shape"), (np.full((1, 24), np.nan), "not finite")],
)
def test_project_refuses_what_the_encoder_cannot_have_made(raw: NDArray[np.float64], message: str) -> None:
    with pytest.raises(ArtifactError, match=message):
        fit(anisotropic(50, 24)).project(raw)


def test_rows_and_vectors_follow_the_graph(catalogue: Catalogue) -> None:
    assert catalogue.dims == dict.fromkeys(KINDS, 16)
    for code, (kind, width) in enumerate(zip(KINDS, (40, 30, 20), strict=True)):
        rows = catalogue.rows(kind)
        assert (np.diff(rows) == 1).all()
        raw = anisotropic(len(rows), width, code)
        np.testing.assert_allclose(catalogue.vectors(kind), catalogue.project(kind, raw), atol=0.1)


def test_save_and_load_round_trip(catalogue: Catalogue, tmp_path: Path) -> None:
    catalogue.save(tmp_path / "c", meta={"seconds": 3})
    again = Catalogue.load(tmp_path / "c")
    assert again.digest == catalogue.digest
    assert again.encoder_ids == {kind: f"{kind}-encoder" for kind in KINDS}
    np.testing.assert_array_equal(again.vectors(InputKind.SMILES), catalogue.vectors(InputKind.SMILES))
    manifest = read_manifest(tmp_path / "c", "catalogue")
    assert manifest.inputs["graph"] == "g" * 64
    assert manifest.meta["seconds"] == 3
    assert manifest.meta["kinds"]["smiles"]["encoder"] == "smiles-encoder"  # type: ignore[index]


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_named(catalogue: Catalogue, tmp_path: Path, kind: InputKind) -> None:
    catalogue.save(tmp_path / "c")
    path = tmp_path / "c" / f"{kind}.safetensors"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ArtifactError, match=f"{kind}.safetensors is damaged"):
        Catalogue.load(tmp_path / "c")
    path.write_bytes(data[:50])
    with pytest.raises(ArtifactError, match=f"{kind}.safetensors cannot be read"):
        Catalogue.load(tmp_path / "c", verify=False)


def test_another_encoder_is_refused_and_both_are_named(catalogue: Catalogue) -> None:
    catalogue.check_encoder(InputKind.TEXT, "text-encoder")
    with pytest.raises(ArtifactError, match=r"text-encoder.*other-1"):
        catalogue.check_encoder(InputKind.TEXT, "other-1")


def test_parts_of_two_graphs_are_refused(catalogue: Catalogue) -> None:
    spaces = dict(catalogue.spaces)
    spaces[InputKind.TEXT] = replace(spaces[InputKind.TEXT], graph_digest="h" * 64)
    with pytest.raises(ArtifactError, match="different graphs"):
        Catalogue(spaces)


def test_a_kind_that_is_not_there_is_named(catalogue: Catalogue) -> None:
    partial = Catalogue({InputKind.TEXT: catalogue.space(InputKind.TEXT)})
    with pytest.raises(ArtifactError, match="no smiles entities"):
        partial.vectors(InputKind.SMILES)
    with pytest.raises(ArtifactError, match="no sequence vectors"):
        Catalogue.fit(MiniGraph(np.zeros(3, np.int8)), {})  # type: ignore[arg-type]
