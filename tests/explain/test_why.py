"""Why, on the shipped bundle: known links with their sources, predicted ones with exact shares, raw inputs, routes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from opened import real_service

from biobridge_core.errors import InputError, UnknownEntityError
from biobridge_core.service import BridgeService
from biobridge_core.types import Hit, HitStatus, InputKind, Query

pytestmark = pytest.mark.bundle
MOLECULE = "COc1cc2ncnc(Nc3cccc(Br)c3)c2cc1OCC"
SENTENCE = "a child with seizures and a small head"


@pytest.fixture(scope="module")
def service(bundle_folder: Path) -> BridgeService:
    del bundle_folder
    opened = real_service()
    opened.prepare()
    return opened


def _hits(service: BridgeService, text: str, to: str, k: int = 10) -> tuple[Query, list[Hit]]:
    found = service.ask(text, to=[to], k=k)
    return found.query, list(found.lists[0].hits)


def test_a_known_link_shows_its_sources(service: BridgeService) -> None:
    query, hits = _hits(service, "UniProtKB:P35498", "disease")
    known = next(hit for hit in hits if hit.status is HitStatus.KNOWN)
    found = service.why(query, known.entity.id)
    assert {source for edge in found.known for source in edge.sources} == set(known.sources)
    assert "The graph holds this link" in found.answer
    assert known.entity.name in found.answer
    assert all(len(path.edges) > 1 for path in found.paths)  # the direct link is told apart


def test_every_edge_of_every_path_is_a_link_of_the_graph(service: BridgeService) -> None:
    query, hits = _hits(service, "gefitinib", "protein", 6)
    for hit in hits[:6]:
        found = service.why(query, hit.entity.id)
        for path in found.paths:
            ends = [path.edges[0].head, *(edge.tail for edge in path.edges)]
            assert ends[0].name == "gefitinib"
            assert ends[-1] == found.hit
            assert len({entity.id for entity in ends}) == len(ends) <= 4
            for edge in path.edges:
                relation = service.relations[edge.relation]
                head, tail = (service.graph.row(entity.id) for entity in (edge.head, edge.tail))
                assert [head, tail] in service.graph.edges(relation.name).tolist() if relation.name else False
                assert edge.sources


def test_shares_of_the_neighbours_are_those_of_the_votes(service: BridgeService) -> None:
    query, hits = _hits(service, "SCN1A", "disease", 30)
    predicted = next(hit for hit in hits if hit.status is HitStatus.PREDICTED)
    found = service.why(query, predicted.entity.id)
    assert not found.known
    shares = [neighbour.share for neighbour in found.neighbours]
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 1 + 1e-6
    for neighbour in found.neighbours:
        one = neighbour.entity.modality
        assert one == ("disease" if neighbour.like_hit else "protein")
        assert all(0 <= value <= 1.01 for _, value in neighbour.similarity)
    assert found.agreement is not None
    assert [voice.name for voice in found.agreement.voices] == ["bridge", "neighbours", "embedding"]
    assert found.relation == predicted.relation


def test_a_raw_molecule_begins_at_its_nearest_known_ones(service: BridgeService) -> None:
    query, hits = _hits(service, MOLECULE, "protein")
    found = service.why(query, hits[0].entity.id)
    starts = {entity.id: share for entity, share in found.starts}
    assert starts
    assert sum(starts.values()) <= 1 + 1e-6
    for path in found.paths:
        assert starts[path.edges[0].head.id] == path.start_share
    assert found.agreement is not None
    third = found.agreement.voices[2]
    assert third.percentile is None
    assert third.note


@pytest.mark.parametrize(("text", "to"), [("gefitinib", "disease"), ("TP53", "protein")])
def test_a_hit_without_a_direct_relation_has_paths_and_says_so(service: BridgeService, text: str, to: str) -> None:
    query, hits = _hits(service, text, to)
    found = service.why(query, hits[0].entity.id)
    assert not found.relation
    assert not found.neighbours
    assert found.agreement is None
    assert found.notes
    assert found.paths


def test_an_id_that_is_not_there_is_refused(service: BridgeService) -> None:
    query, _ = _hits(service, "TP53", "disease", 1)
    with pytest.raises(UnknownEntityError):
        service.why(query, "MONDO:9999999")


def test_why_takes_under_a_second(service: BridgeService) -> None:
    """The median of some, with time for a machine that is busy with other things: processor time is what counts."""
    seconds = []
    for text, to in (("SCN1A", "disease"), ("gefitinib", "protein"), ("Seizure", "disease"), (MOLECULE, "protein")):
        query, hits = _hits(service, text, to, 3)
        service.why(query, hits[0].entity.id)
        start = time.process_time()
        service.why(query, hits[1].entity.id)
        seconds.append(time.process_time() - start)
    assert max(seconds) < 1.0, seconds


def test_words_and_atoms_are_attributed(service: BridgeService) -> None:
    query, hits = _hits(service, SENTENCE, "phenotype")
    words = service.attribute(query, hits[0].entity.id)
    assert words.kind is InputKind.TEXT
    assert words.units[max(range(len(words.units)), key=words.values.__getitem__)] == "seizures"
    query, hits = _hits(service, MOLECULE, "protein")
    told: list[float] = []
    atoms = service.attribute(query, hits[0].entity.id, progress=lambda _message, done: told.append(done))
    assert len(atoms.values) == 23
    assert any(atoms.values)
    assert told
    drawn = service.depict_weights(atoms.text, atoms.values)
    assert drawn.startswith("<svg")
    assert drawn.count("<ellipse") + drawn.count("<path") > 23


def test_what_no_relation_joins_is_not_attributed(service: BridgeService) -> None:
    query, hits = _hits(service, "gefitinib", "disease")
    with pytest.raises(InputError, match="No relation joins"):
        service.attribute(query, hits[0].entity.id)
    query, hits = _hits(service, "gefitinib", "protein")
    with pytest.raises(InputError, match="does not join"):
        service.attribute(query, hits[0].entity.id, "protein_associated_with_disease")
