from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from memories import write_memory

from biobridge_core.artifacts import read_manifest, write_folder
from biobridge_core.bridge.calibration import Calibration
from biobridge_core.bridge.model import Bridge, BridgeConfig
from biobridge_core.bundle import PARTS, Bundle, assemble, bridge_is_current, catalogue_is_current
from biobridge_core.catalogue import Catalogue, Space
from biobridge_core.config import Settings
from biobridge_core.errors import ArtifactError
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.types import InputKind


def random_catalogue(graph: KnowledgeGraph, seed: int = 0) -> Catalogue:
    rng = np.random.default_rng(seed)
    spaces = {}
    for code, kind in enumerate(InputKind):
        rows = np.flatnonzero(graph.kind_of_row == code).astype(np.int32)
        raw = rng.normal(size=(len(rows), 8)).astype(np.float32)
        spaces[kind] = Space.fit(kind, f"{kind}-encoder", graph.digest, rows, raw)
    return Catalogue(spaces)


def write_bridge(
    folder: Path,
    graph: KnowledgeGraph,
    catalogue: Catalogue,
    chain: dict[str, str] | None = None,
    remembered: Catalogue | None = None,
) -> None:
    relations = {name: (r.head, r.tail) for name, r in graph.relations.items()}
    slots = {
        f"{graph.modality(row)}/{graph.input_kind(row)}": catalogue.dims[graph.input_kind(row)]
        for row in range(graph.n_entities)
    }
    bridge = Bridge(BridgeConfig(inputs=slots, relations=relations, width=16, layers=1, heads=2))
    inputs = {"graph": graph.digest, "catalogue": catalogue.digest} | (chain or {})
    with write_folder(folder, "bridge", inputs=inputs, meta={"seconds": 30.0}) as new:
        bridge.save(new)
        write_memory(new, graph, remembered or catalogue)
        Calibration().save(new)
        (new / "metrics.json").write_text("{}", encoding="utf-8")


@dataclass(frozen=True)
class Built:
    settings: Settings
    graph: KnowledgeGraph
    catalogue: Catalogue


@pytest.fixture
def built(small_graph: KnowledgeGraph, tmp_path: Path) -> Built:
    """A build folder with all three parts."""
    settings = replace(Settings(), build=tmp_path / "build", bundle=tmp_path / "bundle")
    small_graph.save(settings.build / "kg", meta={"seconds": 10.0})
    catalogue = random_catalogue(small_graph)
    catalogue.save(settings.build / "catalogue", meta={"seconds": 20.0, "vector_seconds": {"text-encoder": 5.0}})
    write_bridge(settings.build / "bridge", small_graph, catalogue)
    return Built(settings, small_graph, catalogue)


def test_assemble_then_open(built: Built) -> None:
    sizes = assemble(built.settings)
    assert set(sizes) == set(PARTS)
    assert all(sizes.values())
    said: list[tuple[str, float]] = []
    bundle = Bundle.open(built.settings.bundle, lambda message, share: said.append((message, share)))
    assert bundle.graph.digest == built.graph.digest
    assert bundle.catalogue.digest == built.catalogue.digest
    assert bundle.bridge_digest == read_manifest(built.settings.build / "bridge").digest
    assert bundle.manifest.meta["seconds"] == {
        "kg": 10.0,
        "catalogue": 20.0,
        "bridge": 30.0,
        "vectors": {"text-encoder": 5.0},
    }
    assert bundle.manifest.meta["bytes"] == sizes
    shares = [share for _, share in said]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def files() -> list[str]:
    kg = ("entities", "details", "sequences", "triples")
    return [
        "manifest.json", *(f"{part}/manifest.json" for part in PARTS), *(f"kg/{name}.parquet" for name in kg),
        "kg/modalities.json", "kg/relations.json", "kg/SOURCES.json", "kg/graph.json",
        *(f"catalogue/{kind}.safetensors" for kind in InputKind),
        "bridge/bridge.safetensors", "bridge/config.json", "bridge/metrics.json",
        "bridge/reading.json", "bridge/memory.safetensors", "bridge/calibration.json",
    ]  # fmt: skip


def test_the_list_of_files_below_is_whole(built: Built) -> None:
    assemble(built.settings)
    there = [p.relative_to(built.settings.bundle).as_posix() for p in built.settings.bundle.rglob("*") if p.is_file()]
    assert sorted(there) == sorted(files())


@pytest.mark.parametrize("name", files())
def test_a_missing_file_is_named_with_the_way_out(built: Built, name: str) -> None:
    assemble(built.settings)
    (built.settings.bundle / name).unlink()
    with pytest.raises(ArtifactError, match=f"{name} is missing") as caught:
        Bundle.open(built.settings.bundle)
    assert "biobridge build" in caught.value.hint


@pytest.mark.parametrize("name", files())
@pytest.mark.parametrize("how", ["cut", "empty", "changed"])
def test_a_damaged_file_is_named(built: Built, name: str, how: str) -> None:
    assemble(built.settings)
    path = built.settings.bundle / name
    data = path.read_bytes()
    changed = bytes([*data[: len(data) // 2], data[len(data) // 2] ^ 0x80, *data[len(data) // 2 + 1 :]])
    path.write_bytes({"cut": data[:-3], "empty": b"", "changed": changed}[how])
    with pytest.raises(ArtifactError, match=f"{name} is damaged"):
        Bundle.open(built.settings.bundle)


def test_no_bundle_at_all(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="no bundle at") as caught:
        Bundle.open(tmp_path / "nowhere")
    assert "BIOBRIDGE_BUNDLE" in caught.value.hint


@pytest.mark.parametrize("part", PARTS)
def test_a_part_of_another_bundle_is_refused(built: Built, part: str, tmp_path: Path) -> None:
    assemble(built.settings)
    other = replace(built.settings, build=tmp_path / "build2", bundle=tmp_path / "bundle2")
    graph = built.graph.with_triples(np.arange(built.graph.n_triples) > 0)
    graph.save(other.build / "kg")
    catalogue = random_catalogue(graph, seed=1)
    catalogue.save(other.build / "catalogue")
    write_bridge(other.build / "bridge", graph, catalogue)
    assemble(other)
    shutil.rmtree(other.bundle / part)
    shutil.copytree(built.settings.bundle / part, other.bundle / part)
    with pytest.raises(ArtifactError, match=f"{part}.* is damaged"):
        Bundle.open(other.bundle)
    # someone who mends the outer manifest still meets the inner chain
    outer = json.loads((other.bundle / "manifest.json").read_text())
    inner = json.loads((other.bundle / part / "manifest.json").read_text())
    outer["files"] |= {f"{part}/{name}": entry for name, entry in inner["files"].items()}
    (other.bundle / "manifest.json").write_text(json.dumps(outer))
    with pytest.raises(ArtifactError, match=r"made from another graph|trained on another"):
        Bundle.open(other.bundle)


def test_a_swapped_inner_manifest_is_refused(built: Built) -> None:
    assemble(built.settings)
    path = built.settings.bundle / "bridge" / "manifest.json"
    inner = json.loads(path.read_text())
    inner["files"]["metrics.json"]["sha256"] = "0" * 64
    path.write_text(json.dumps(inner))
    with pytest.raises(ArtifactError, match="comes from another bundle"):
        Bundle.open(built.settings.bundle)


@pytest.mark.parametrize("link", ["graph", "catalogue"])
def test_a_bridge_of_another_graph_or_catalogue_is_not_assembled(built: Built, link: str) -> None:
    write_bridge(built.settings.build / "bridge", built.graph, built.catalogue, {link: "0" * 64})
    with pytest.raises(ArtifactError, match=f"bridge was trained on another {link}"):
        assemble(built.settings)
    assert not built.settings.bundle.exists()


def test_a_catalogue_that_lacks_entities_is_not_assembled(built: Built) -> None:
    space = built.catalogue.space(InputKind.TEXT)
    short = replace(space, rows=space.rows[:-1], codes=space.codes[:-1])
    catalogue = Catalogue(built.catalogue.spaces | {InputKind.TEXT: short})
    catalogue.save(built.settings.build / "catalogue")
    write_bridge(built.settings.build / "bridge", built.graph, catalogue, remembered=built.catalogue)
    with pytest.raises(ArtifactError, match=f"has vectors for {built.graph.n_entities - 1} entities"):
        assemble(built.settings)


def test_too_large_a_bundle_is_refused_and_the_old_one_stays(built: Built) -> None:
    assemble(built.settings)
    before = read_manifest(built.settings.bundle).created
    with pytest.raises(ArtifactError, match=r"catalogue \d+\.\d MB.*most that is shipped"):
        assemble(built.settings, max_bytes=1000)
    assert read_manifest(built.settings.bundle).created == before
    assert [path.name for path in built.settings.bundle.parent.glob(".*")] == []


def test_assembling_again_replaces(built: Built) -> None:
    assemble(built.settings)
    (built.settings.bundle / "stray").write_text("x")
    assemble(built.settings)
    assert not (built.settings.bundle / "stray").exists()
    Bundle.open(built.settings.bundle)


def test_what_is_current(built: Built, tmp_path: Path) -> None:
    encoders = {kind.value: f"{kind}-encoder" for kind in InputKind}
    folder = built.settings.build
    other = built.graph.with_triples(np.arange(built.graph.n_triples) > 0)
    assert catalogue_is_current(folder / "catalogue", built.graph, encoders)
    assert not catalogue_is_current(folder / "catalogue", other, encoders)
    assert not catalogue_is_current(folder / "catalogue", built.graph, encoders | {"text": "text-other"})
    assert not catalogue_is_current(tmp_path / "nowhere", built.graph, encoders)
    assert bridge_is_current(folder / "bridge", built.graph, built.catalogue)
    assert not bridge_is_current(folder / "bridge", other, built.catalogue)
    assert not bridge_is_current(folder / "bridge", built.graph, random_catalogue(built.graph, seed=1))
    assert not bridge_is_current(tmp_path / "nowhere", built.graph, built.catalogue)
