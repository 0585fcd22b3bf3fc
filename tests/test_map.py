"""Maps: drawn so that likes lie together, written as one small file, and what a result's pictures take from them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from biobridge_core.artifacts import write_folder
from biobridge_core.catalogue import Catalogue
from biobridge_core.errors import ArtifactError, UnknownEntityError
from biobridge_core.explain.paths import PathFinder
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.map import FILE, STAGE, Maps, _squared, _umap, is_current, place
from biobridge_core.pictures import Pictures
from biobridge_core.types import Provenance, Query, QueryKind, Retrieval

TP53, EGFR, LI_FRAUMENI = "UniProtKB:P04637", "UniProtKB:P00533", "MONDO:0018875"


@pytest.fixture(scope="module")
def graph(bundle_folder: Path) -> KnowledgeGraph:
    return KnowledgeGraph.load(bundle_folder / "kg", verify=False)


@pytest.fixture(scope="module")
def catalogue(bundle_folder: Path) -> Catalogue:
    return Catalogue.load(bundle_folder / "catalogue", verify=False)


def write_map(folder: Path, graph: KnowledgeGraph, catalogue_digest: str) -> Path:
    rng = np.random.default_rng(0)
    points = {
        name: np.clip(rng.normal(0, 0.4, (len(graph.rows(name)), 2)), -1, 1).astype(np.float16)
        for name in graph.modalities
    }
    with write_folder(folder, STAGE, inputs={"graph": graph.digest, "catalogue": catalogue_digest}) as new:
        save_file(points, new / FILE)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, graph: KnowledgeGraph, catalogue: Catalogue) -> Path:
    return write_map(tmp_path_factory.mktemp("maps") / "map", graph, catalogue.digest)


@pytest.fixture(scope="module")
def pictures(graph: KnowledgeGraph, catalogue: Catalogue, folder: Path) -> Pictures:
    return Pictures(graph, catalogue, PathFinder(graph), (folder.parent / "none", folder))


def result(graph: KnowledgeGraph, curie: str, nearest: tuple[tuple[str, float], ...] = ()) -> Retrieval:
    query = Query(curie, QueryKind.SEQUENCE if nearest else QueryKind.ENTITY, "protein", curie)
    entity = None if nearest else graph.entity(curie)
    known = tuple((graph.entity(other), cosine) for other, cosine in nearest)
    return Retrieval(query, entity, (), Provenance("", "", "", "", "", ""), nearest_known=known)


def test_likes_lie_together() -> None:
    rng = np.random.default_rng(1)
    centres = rng.normal(0, 4, (3, 16))
    vectors = np.concatenate([centre + rng.normal(0, 0.3, (40, 16)) for centre in centres]).astype(np.float32)
    points = _squared(_umap(vectors))
    assert points.shape == (120, 2)
    assert np.abs(points).max() <= 1
    groups = points.reshape(3, 40, 2)
    spread = np.linalg.norm(groups - groups.mean(axis=1, keepdims=True), axis=2).mean()
    apart = min(np.linalg.norm(groups[a].mean(axis=0) - groups[b].mean(axis=0)) for a, b in ((0, 1), (0, 2), (1, 2)))
    assert apart > 3 * spread


def test_a_stray_does_not_squeeze_the_map() -> None:
    points = np.concatenate([np.random.default_rng(0).uniform(-3, 3, (5000, 2)), [[900.0, -900.0]]]).astype(np.float32)
    squared = _squared(points)
    assert np.abs(squared).max() <= 1
    assert squared[:5000].std() > 0.4


def test_a_raw_query_lies_at_the_weighted_mean_of_its_nearest() -> None:
    points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], dtype=np.float32)
    assert place(points, [0.9, 0.9, 0.9]) == pytest.approx((1 / 3, 1 / 3))
    near = place(points, [0.99, 0.5, 0.5])
    assert max(near) < 0.2, "the nearest counts most"
    assert place(points[:1], [0.3]) == (0.0, 0.0)
    many = np.zeros((40, 2), dtype=np.float32)
    many[20:] = 1.0
    assert place(many, [0.5] * 40) == (0.0, 0.0), "fifteen count"


def test_a_folder_is_checked_against_what_is_open(
    folder: Path, tmp_path: Path, graph: KnowledgeGraph, catalogue: Catalogue
) -> None:
    maps = Maps.load(folder, graph.digest, catalogue.digest)
    assert {name: len(points) for name, points in maps.points.items()} == {
        name: len(graph.rows(name)) for name in graph.modalities
    }
    assert is_current(folder, graph.digest, catalogue.digest)
    assert not is_current(tmp_path, graph.digest, catalogue.digest)
    assert (folder / FILE).stat().st_size < 500_000
    with pytest.raises(ArtifactError, match="another graph or catalogue"):
        Maps.load(folder, "other", catalogue.digest)
    broken = write_map(tmp_path / "map", graph, catalogue.digest)
    data = bytearray((broken / FILE).read_bytes())
    data[-1] ^= 1
    (broken / FILE).write_bytes(data)
    with pytest.raises(ArtifactError, match="damaged"):
        Maps.load(broken, graph.digest, catalogue.digest)


def test_without_maps_the_way_out_is_said(graph: KnowledgeGraph, catalogue: Catalogue, tmp_path: Path) -> None:
    bare = Pictures(graph, catalogue, PathFinder(graph), (tmp_path / "map",))
    with pytest.raises(ArtifactError) as caught:
        bare.points("disease")
    assert "biobridge build map" in caught.value.hint
    assert bare.areas("disease", [LI_FRAUMENI]), "what needs no map works"


def test_entities_and_queries_have_places(pictures: Pictures, graph: KnowledgeGraph) -> None:
    both = pictures.at([TP53, LI_FRAUMENI])
    row = graph.row(TP53) - int(graph.rows("protein")[0])
    assert both[0] == pytest.approx(pictures.points("protein")[row])
    assert pictures.at([]).shape == (0, 2)
    assert pictures.place(result(graph, TP53)) == pytest.approx(tuple(both[0]))
    raw = result(graph, "MEEP", ((TP53, 0.95), (EGFR, 0.95)))
    assert pictures.place(raw) == pytest.approx(tuple(pictures.at([TP53, EGFR]).mean(axis=0)), abs=1e-6)
    assert pictures.place(replace(raw, nearest_known=())) is None
    with pytest.raises(UnknownEntityError):
        pictures.at(["MONDO:0"])


def test_areas_are_the_top_branches_and_hold_what_lies_below(pictures: Pictures, graph: KnowledgeGraph) -> None:
    dravet, lymphoma = "MONDO:0100135", "MONDO:0005062"
    areas = {area.entity.name: area.members for area in pictures.areas("disease", [dravet, lymphoma, LI_FRAUMENI])}
    assert dravet in areas["nervous system disorder"]
    assert lymphoma in areas["cancer or benign tumor"]
    assert dravet not in areas["cancer or benign tumor"]
    fullest = [len(members) for members in areas.values()]
    assert fullest == sorted(fullest, reverse=True)
    seizure, small_head = "HP:0001250", "HP:0000252"
    phenotypes = {area.entity.name: area.members for area in pictures.areas("phenotype", [seizure, small_head])}
    assert any("nervous" in name and seizure in members for name, members in phenotypes.items())
    assert not any(name == "Phenotypic abnormality" for name in phenotypes), "one root for all narrows nothing"
    assert pictures.areas("protein", [TP53]) == ()


def test_the_network_joins_by_links_that_the_graph_has(pictures: Pictures, graph: KnowledgeGraph) -> None:
    known = [graph.ids[row] for row in graph.known_rows(graph.row(TP53), "disease")[:3]]
    others = ["MONDO:0012933", "MONDO:0100135"]
    web = pictures.web(result(graph, TP53), [*known, *others])
    assert [entity.id for entity in web.hits] == [*known, *others]
    assert web.starts[0][1] is None
    finder = PathFinder(graph)
    for strand in web.strands:
        assert graph.row(strand.tail.id) in finder.neighbours(graph.row(strand.head.id))
        assert strand.label
    joined = {frozenset((s.head.id, s.tail.id)) for s in web.strands}
    assert {frozenset((TP53, curie)) for curie in known} <= joined
    ends = {TP53, *known, *others}
    assert all(any(other in pair for pair in joined) for other in others), "a chain of at most three links is found"
    assert not {entity.id for entity in web.between} & ends


def test_a_raw_query_is_joined_through_its_nearest_known_entities(pictures: Pictures, graph: KnowledgeGraph) -> None:
    web = pictures.web(result(graph, "MEEP", ((TP53, 0.9), (EGFR, 0.5))), [LI_FRAUMENI])
    assert [(entity.id, cosine) for entity, cosine in web.starts] == [(TP53, 0.9), (EGFR, 0.5)]
    assert any({s.head.id, s.tail.id} == {TP53, LI_FRAUMENI} for s in web.strands)
