from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from memories import EVEN, READING, all_links_memory
from scipy.special import log_softmax

from biobridge_core.bridge.calibration import Calibration, Entry
from biobridge_core.bridge.model import Bridge, BridgeConfig, slot
from biobridge_core.bridge.reader import Reader
from biobridge_core.calibrate import Curve
from biobridge_core.catalogue import Catalogue, Space
from biobridge_core.errors import InputError
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.retrieve import Head, Retriever, _share, _Way
from biobridge_core.types import CONFIDENT, HitStatus, InputKind

LINE = Entry(Curve(np.array([-20.0, 0.0]), np.array([0.0, 1.0])), 500, 0.01, 0.1)
DISTANCES = np.linspace(-1, 1, 21)
#: known drugs have chances for one of the relations to proteins, unseen ones for none; one disease is everywhere
CALIBRATION = Calibration(
    {
        True: {"protein_associated_with_disease": LINE, "drug_inhibits_protein": LINE},
        False: {"protein_associated_with_disease": Entry(None, 500, 0.2, 0.1, "too far off")},
    },
    distances={("protein", InputKind.SEQUENCE): DISTANCES},
    hubs={True: {"protein_associated_with_disease": frozenset({0})}, False: {}},
)
WIDTHS = {InputKind.SEQUENCE: 6, InputKind.SMILES: 4, InputKind.TEXT: 5}


@pytest.fixture(scope="module")
def retriever(small_graph: KnowledgeGraph) -> Retriever:
    random = np.random.default_rng(0)
    spaces, inputs = {}, {}
    for code, kind in enumerate(InputKind):
        rows = np.flatnonzero(small_graph.kind_of_row == code).astype(np.int32)
        raw = random.normal(size=(len(rows), WIDTHS[kind])).astype(np.float32)
        spaces[kind] = Space.fit(kind, f"{kind.value}-test", small_graph.digest, rows, raw)
        for row in rows:
            inputs[slot(small_graph.modality(row), kind)] = spaces[kind].codes.shape[1]
    relations = {name: (relation.head, relation.tail) for name, relation in small_graph.relations.items()}
    torch.manual_seed(0)
    bridge = Bridge(BridgeConfig(inputs, relations, width=16, layers=1, heads=2))
    catalogue = Catalogue(spaces)
    memory = all_links_memory(small_graph, catalogue)
    reader = Reader(bridge.eval(), memory.content, memory, READING)
    bundle = SimpleNamespace(
        graph=small_graph, catalogue=catalogue, bridge=bridge, reader=reader, calibration=CALIBRATION
    )
    return Retriever(bundle, torch.device("cpu"))  # type: ignore[arg-type]


def _ask(retriever: Retriever, curie: str, to: str, k: int = 20):  # type: ignore[no-untyped-def]
    return retriever.retrieve(retriever.head(retriever.graph.row(curie)), [to], k)[0]


def test_every_entity_of_the_target_is_ranked_once_best_first(retriever: Retriever) -> None:
    found = _ask(retriever, "UniProtKB:P04637", "disease")
    assert {hit.entity.id for hit in found.hits} == {"MONDO:0018875", "MONDO:0005027"}
    assert [hit.rank for hit in found.hits] == [1, 2]
    assert found.hits[0].score >= found.hits[1].score
    assert [hit.percentile for hit in found.hits] == [100.0, 0.0]


def test_scores_are_shares_of_belief_in_what_bridge_and_memory_say(retriever: Retriever) -> None:
    graph, relation = retriever.graph, "protein_associated_with_disease"
    head = retriever.head(graph.row("UniProtKB:P04637"))
    rows, at = graph.rows("disease"), retriever.catalogue.rows(InputKind.TEXT)
    vectors = retriever.catalogue.vectors(InputKind.TEXT)[[int(np.flatnonzero(at == row)[0]) for row in rows]]
    with torch.inference_mode():
        query = retriever.bridge.transform(torch.from_numpy(head.vector[None].copy()), "protein", head.kind, relation)
        tails = retriever.bridge.project(torch.from_numpy(vectors.copy()), "disease", InputKind.TEXT)
        logits = (query @ tails.T).numpy()[0] / retriever.bridge.temperature
    memory = retriever._memory
    votes = memory.votes(memory.ask(np.array([head.row])), relation).dense()[:, 0]
    total = logits + sum(
        w * np.log(vote + floor) for w, vote, floor in zip(EVEN.votes, votes, EVEN.floors, strict=True)
    )
    expected = np.exp(log_softmax(total))  # one relation joins the two: its share of the links is 1
    hits = _ask(retriever, "UniProtKB:P04637", "disease").hits
    assert {hit.entity.id: pytest.approx(hit.score, rel=1e-3) for hit in hits} == dict(
        zip([graph.ids[row] for row in rows], expected.tolist(), strict=True)
    )
    assert sum(hit.score for hit in hits) == pytest.approx(1.0, abs=1e-4)


def test_several_relations_to_one_modality_never_believe_more_than_all(retriever: Retriever) -> None:
    hits = _ask(retriever, "GtoPdb:4920", "protein").hits
    assert len(retriever.graph.relations_between("drug", "protein")) > 1
    assert 0 < sum(hit.score for hit in hits) <= 1 + 1e-5


def test_known_links_carry_their_sources_and_predicted_ones_none(retriever: Retriever) -> None:
    hits = {hit.entity.id: hit for hit in _ask(retriever, "UniProtKB:P04637", "disease").hits}
    assert hits["MONDO:0018875"].status is HitStatus.KNOWN
    assert hits["MONDO:0018875"].sources == ("hpo · OMIM:151623",)
    assert hits["MONDO:0005027"].status is HitStatus.PREDICTED
    assert hits["MONDO:0005027"].sources == ()


def test_known_links_are_read_from_the_tail_side_too(retriever: Retriever) -> None:
    hits = {hit.entity.id: hit.status for hit in _ask(retriever, "UniProtKB:P00533", "drug").hits}
    assert hits == {"GtoPdb:4920": HitStatus.KNOWN, "GtoPdb:4139": HitStatus.PREDICTED}


def test_known_links_beyond_k_are_listed_with_their_true_rank(retriever: Retriever) -> None:
    whole = _ask(retriever, "UniProtKB:P04637", "disease")
    known = next(hit for hit in whole.hits if hit.status is HitStatus.KNOWN)
    short = _ask(retriever, "UniProtKB:P04637", "disease", k=1)
    assert known.entity.id in {hit.entity.id for hit in short.hits}
    assert next(hit for hit in short.hits if hit.status is HitStatus.KNOWN).rank == known.rank


def test_a_modality_without_a_relation_is_reached_over_a_route_and_never_known(retriever: Retriever) -> None:
    found = _ask(retriever, "GtoPdb:4920", "disease")
    assert found.route == "drug → protein → disease; drug → therapeutic class → disease"
    assert {hit.route for hit in found.hits} <= set(found.route.split("; "))
    assert {hit.status for hit in found.hits} == {HitStatus.PREDICTED}
    assert sum(hit.score for hit in found.hits) == pytest.approx(1.0, abs=1e-4)


def test_half_of_a_route_goes_through_what_the_graph_knows(retriever: Retriever) -> None:
    graph, head = retriever.graph, retriever.head(retriever.graph.row("GtoPdb:4920"))
    way = _Way(head, retriever._ask(head))
    predicted = _share(retriever._direct(way, "protein")[0])[0]
    at = int(graph.row("UniProtKB:P00533") - graph.rows("protein")[0])
    first = 0.5 * predicted + 0.5 * (np.arange(3) == at)
    assert retriever._over(way, ("drug", "protein")) == pytest.approx(first, abs=1e-6)
    ends = []
    for protein in range(3):
        alone = _Way(head, way.asked, weights={("drug", "protein"): np.eye(3, dtype=np.float32)[protein]})
        ends.append(retriever._over(alone, ("drug", "protein", "disease")))
        assert ends[-1].sum() == pytest.approx(1.0, abs=1e-5)
        facts = graph.known_rows(int(graph.rows("protein")[protein]), "disease")
        assert all(ends[-1][fact - graph.rows("disease")[0]] > 0.5 / len(facts) for fact in facts)
    whole = retriever._over(way, ("drug", "protein", "disease"))
    assert whole == pytest.approx(first @ np.array(ends), abs=1e-5)


def test_whose_links_are_read_is_said(retriever: Retriever) -> None:
    known = retriever.head(retriever.graph.row("UniProtKB:P04637"))
    assert retriever.has_memory(known)
    assert retriever.read_from(known) == ()
    raw = Head(known.vector, known.kind, "protein", text=retriever.graph.inputs(np.array([known.row]))[0])
    assert not retriever.has_memory(raw)
    (first, share), *others = retriever.read_from(raw)
    assert first.id == "UniProtKB:P04637"  # the same input: its links are borrowed
    assert share > 0.9
    assert share + sum(share for _, share in others) == pytest.approx(1.0, abs=1e-3)
    assert [share for _, share in others] == sorted((share for _, share in others), reverse=True)


def test_an_input_of_a_kind_that_the_modality_lacks_is_refused(retriever: Retriever) -> None:
    head = Head(retriever.catalogue.vectors(InputKind.TEXT)[0].copy(), InputKind.TEXT, "protein", text="a protein")
    with pytest.raises(InputError, match="protein"):
        retriever.retrieve(head, ["disease"], 5)


def test_own_modality_gives_neighbours_without_the_query_itself(retriever: Retriever) -> None:
    found = _ask(retriever, "UniProtKB:P04637", "protein")
    assert {hit.entity.id for hit in found.hits} == {"UniProtKB:P00533", "UniProtKB:P49768"}
    assert {hit.status for hit in found.hits} == {HitStatus.SIMILAR}


def test_a_raw_query_reaches_every_modality(retriever: Retriever) -> None:
    head = Head(retriever.catalogue.vectors(InputKind.TEXT)[0].copy(), InputKind.TEXT, "phenotype", text="seizures")
    for found in retriever.retrieve(head, retriever.targets(), 5):
        assert found.hits, found.modality
        assert all(np.isfinite(hit.score) for hit in found.hits)


@pytest.mark.parametrize("k", [0, -1, 1001, 10**9])
def test_a_senseless_number_of_hits_is_refused(retriever: Retriever, k: int) -> None:
    with pytest.raises(InputError, match=r"1 to 1,000"):
        _ask(retriever, "UniProtKB:P04637", "disease", k)


def test_an_unknown_target_is_refused_with_the_choices(retriever: Retriever) -> None:
    with pytest.raises(InputError, match=r"weather.*protein"):
        _ask(retriever, "UniProtKB:P04637", "weather")


def test_a_text_is_asked_as_the_modality_of_its_nearest_entities(retriever: Retriever) -> None:
    rows = retriever.catalogue.rows(InputKind.TEXT)
    at = int(np.flatnonzero(rows == retriever.graph.row("HP:0001250"))[0])
    vector = retriever.catalogue.vectors(InputKind.TEXT)[at]
    assert retriever.closest_modality(vector, InputKind.TEXT, ["phenotype", "disease"]) in {"phenotype", "disease"}
    assert retriever.closest_modality(vector, InputKind.TEXT, ["phenotype"]) == "phenotype"


def test_a_predicted_link_has_the_chance_of_its_score_and_a_known_one_none(retriever: Retriever) -> None:
    hits = {hit.status: hit for hit in _ask(retriever, "UniProtKB:P04637", "disease").hits}
    predicted, known = hits[HitStatus.PREDICTED], hits[HitStatus.KNOWN]
    assert predicted.relation == "protein_associated_with_disease"
    among_the_open = predicted.score / (1 - known.score)  # what is known takes nothing from the rest
    assert predicted.probability == pytest.approx(1 + np.log(among_the_open) / 20, abs=1e-4)
    assert predicted.confident is (predicted.probability >= CONFIDENT)
    assert (known.probability, known.confident) == (None, None)


def test_the_chance_is_that_of_the_relation_that_is_shown(retriever: Retriever) -> None:
    hits = [hit for hit in _ask(retriever, "GtoPdb:4920", "protein").hits if hit.status is HitStatus.PREDICTED]
    assert hits
    for hit in hits:
        assert (hit.probability is not None) == (hit.relation == "drug_inhibits_protein")


def test_a_relation_that_missed_the_target_and_routes_and_neighbours_have_no_chance(retriever: Retriever) -> None:
    known = retriever.head(retriever.graph.row("UniProtKB:P04637"))
    raw = Head(known.vector, known.kind, "protein", text=retriever.graph.inputs(np.array([known.row]))[0])
    asked = [retriever.retrieve(raw, ["disease"], 5)[0], _ask(retriever, "GtoPdb:4920", "disease"),
             _ask(retriever, "UniProtKB:P04637", "protein")]  # fmt: skip
    for found in asked:
        assert found.hits
        assert {(hit.probability, hit.confident, hit.unspecific) for hit in found.hits} == {(None, None, False)}


def test_a_hit_of_most_queries_is_marked(retriever: Retriever) -> None:
    first = retriever.graph.ids[retriever.graph.rows("disease")[0]]
    hits = _ask(retriever, "UniProtKB:P04637", "disease").hits
    assert {hit.entity.id for hit in hits if hit.unspecific} == {first}


def test_how_far_a_query_lies_is_told_among_unseen_entities(retriever: Retriever) -> None:
    known = retriever.head(retriever.graph.row("UniProtKB:P04637"))
    assert retriever.distance_percentile(known) is None
    same = Head(known.vector, known.kind, "protein", text="M")
    assert retriever.distance_percentile(same) == pytest.approx(0, abs=5)
    others = retriever.catalogue.vectors(InputKind.SEQUENCE)
    away = Head(-others.mean(axis=0), known.kind, "protein", text="M")
    cosine = max(float(v @ away.vector) / np.linalg.norm(v) / np.linalg.norm(away.vector) for v in others)
    assert retriever.distance_percentile(away) == pytest.approx(100 * np.mean(cosine < DISTANCES))
