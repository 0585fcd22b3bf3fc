"""Chances, distance and marks on the bundle that ships, through the facade."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from opened import real_service

from biobridge_core.bridge.calibration import CALIBRATION
from biobridge_core.config import Settings
from biobridge_core.service import BridgeService
from biobridge_core.types import CONFIDENT, FAR, Hit, HitStatus, Retrieval

BUNDLE = Settings.from_env().bundle

pytestmark = [
    pytest.mark.bundle,
    pytest.mark.skipif(not (BUNDLE / "bridge" / CALIBRATION).is_file(), reason="the bundle has no calibration"),
]
NEW = "Repeated attacks of fever with pain in the joints of a child"
NONSENSE = "The quick brown fox jumps over the lazy dog while the stock market closes higher on Tuesday"


@pytest.fixture(scope="module")
def service() -> BridgeService:
    return real_service()


def _direct(found: Retrieval) -> list[Hit]:
    return [hit for listed in found.lists for hit in listed.hits if hit.relation]


@pytest.mark.parametrize("text", ["TP53", "imatinib", "HP:0001250", "GO:0006915"])
def test_what_is_predicted_directly_has_a_chance_and_nothing_else_has(service: BridgeService, text: str) -> None:
    found = service.ask(text, k=20)
    table = json.loads((BUNDLE / "bridge" / CALIBRATION).read_text())["entries"][
        "known" if found.own_memory else "unseen"
    ]
    seen = set()
    for listed in found.lists:
        for hit in listed.hits:
            may = hit.status is HitStatus.PREDICTED and bool(hit.relation) and "scores" in table.get(hit.relation, {})
            assert (hit.probability is not None) == (may and hit.rank <= 100), hit
            if hit.probability is not None:
                assert 0 < hit.probability < 1
                assert hit.confident is (hit.probability >= CONFIDENT)
                seen.add(hit.relation)
            else:
                assert hit.confident is None
    assert seen


def test_the_chance_falls_with_the_rank_within_a_relation(service: BridgeService) -> None:
    hits = [hit for hit in _direct(service.ask("TP53", to=["disease", "biological_process"])) if hit.probability]
    for relation in {hit.relation for hit in hits}:
        chances = [hit.probability for hit in hits if hit.relation == relation and hit.probability is not None]
        assert chances == sorted(chances, reverse=True)


def test_what_lies_far_is_said_and_what_is_known_has_no_distance(service: BridgeService) -> None:
    assert service.ask("TP53", to=["disease"], k=1).distance_percentile is None
    near = service.ask(NEW, modality="disease", to=["phenotype"], k=1)
    far = service.ask(NONSENSE, modality="disease", to=["phenotype"], k=1)
    assert near.distance_percentile is not None
    assert far.distance_percentile is not None
    assert near.distance_percentile <= far.distance_percentile
    assert far.distance_percentile >= FAR
    assert any("Far from everything" in warning for warning in far.warnings)


def test_hits_of_most_queries_are_marked_wherever_they_stand(service: BridgeService) -> None:
    raw = json.loads((BUNDLE / "bridge" / CALIBRATION).read_text())["hubs"]
    relation, places = max(raw["known"].items(), key=lambda item: len(item[1]))
    if not places:
        pytest.skip("no tail of this bundle is among the ten best of most queries")
    graph, ends = service.graph, service.relations[relation]
    hubs = {graph.ids[int(graph.rows(ends.tail)[0]) + place] for place in places}
    found = [
        hit
        for row in graph.rows(ends.head)[::997].tolist()
        for hit in _direct(service.ask(graph.ids[row], to=[ends.tail], k=10))
        if hit.relation == relation
    ]
    marked = {hit.entity.id for hit in found if hit.unspecific}
    assert marked
    assert marked <= hubs | {graph.ids[p + int(graph.rows(ends.tail)[0])] for p in raw["unseen"].get(relation, [])}


def test_every_relation_with_enough_links_keeps_its_word_or_gives_no_chance() -> None:
    table = json.loads((BUNDLE / "bridge" / CALIBRATION).read_text())["entries"]
    counted = [entry for regime in table.values() for entry in regime.values() if entry["n_links"] >= 500]
    kept = [entry for entry in counted if "scores" in entry]
    assert len(kept) >= 0.8 * len(counted) > 0
    assert all(entry["ece"] <= 0.05 and entry["skill"] > 0 for entry in kept)
    assert all(entry["reason"] for regime in table.values() for entry in regime.values() if "scores" not in entry)


def test_the_published_figures_are_of_this_bundle() -> None:
    path = Path(__file__).parent.parent / "benchmarks" / "results" / "calibration.json"
    if not path.is_file():
        pytest.skip("calibration was not measured yet")
    raw = json.loads(path.read_text())
    table = json.loads((BUNDLE / "bridge" / CALIBRATION).read_text())["entries"]
    rows = [row for row in raw["rows"] if row["kind"] == "relation"]
    assert {(row["regime"], row["relation"]) for row in rows} == {(k, r) for k, t in table.items() for r in t}
    for row in rows:
        entry = table[row["regime"]][row["relation"]]
        assert row["shown"] == ("scores" in entry)
        if "ece" in row:
            assert row["ece"] == pytest.approx(entry["ece"], abs=1e-3)
    assert raw["headline"]["share_calibrated"] >= 0.8
