"""Pairs, signatures and variants on the trained bundle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from opened import real_service

from biobridge_core.alignment import mutate
from biobridge_core.compare import Combine, Comparer
from biobridge_core.errors import InputError, UnknownEntityError
from biobridge_core.service import BridgeService
from biobridge_core.types import HitStatus, InputKind, Query, QueryKind

pytestmark = pytest.mark.bundle

SEIZURE, SMALL_HEAD = "HP:0001250", "HP:0000252"


@pytest.fixture(scope="module")
def service(bundle_folder: Path) -> BridgeService:
    assert bundle_folder
    return real_service()


@pytest.fixture(scope="module")
def comparer(service: BridgeService) -> Comparer:
    return service.comparer


def ask(service: BridgeService, curie: str) -> Query:
    entity = service.entity(curie)
    return Query(curie, QueryKind.ENTITY, entity.modality, curie, entity.name)


def test_a_known_pair(service: BridgeService, comparer: Comparer) -> None:
    pair = comparer.pair(ask(service, "UniProtKB:P35498"), ask(service, "MONDO:0100135"))
    assert pair.known
    assert pair.known[0].sources
    assert "holds this link" in pair.answer
    assert [way.hit.status for way in pair.ways] == [HitStatus.KNOWN, HitStatus.KNOWN]
    there, back = pair.ways
    assert (there.hit.entity.id, back.hit.entity.id) == ("MONDO:0100135", "UniProtKB:P35498")
    assert there.n_candidates == len(service.graph.rows("disease"))


def test_ranks_are_those_of_a_query_and_of_entities_far_down_too(service: BridgeService, comparer: Comparer) -> None:
    gene = ask(service, "UniProtKB:P35498")
    listed = service.retrieve(gene, to=["disease"], k=400).lists[0].hits
    for hit in (listed[0], listed[57], listed[399]):
        way = comparer.pair(gene, ask(service, hit.entity.id)).ways[0]
        assert way.hit == hit
    far = comparer.pair(gene, ask(service, "MONDO:0005015")).ways[0].hit
    assert far.rank > 1000
    assert far.status is HitStatus.PREDICTED


def test_a_pair_without_evidence_says_so(service: BridgeService, comparer: Comparer) -> None:
    pair = comparer.pair(ask(service, "UniProtKB:P35498"), ask(service, "MONDO:0005015"))
    assert not pair.known
    assert pair.answer.startswith("No evidence found")


def test_where_the_two_ways_round_disagree_it_is_said(service: BridgeService, comparer: Comparer) -> None:
    """Over pairs of a gene and diseases: said if and only if one way is in the top 1 % and the other below 90 %."""
    gene = ask(service, "UniProtKB:P35498")
    rows = service.graph.rows("disease")
    for row in np.random.default_rng(1).choice(rows, 6, replace=False):
        pair = comparer.pair(gene, ask(service, service.graph.ids[int(row)]))
        low, high = sorted(way.hit.percentile for way in pair.ways)
        assert ("two ways round disagree" in pair.disagreement) == (high >= 99 and low < 90)


def test_a_raw_input_and_an_entity(service: BridgeService, comparer: Comparer) -> None:
    molecule = service.interpret("CCOC(=O)c1ccccc1O", "drug")
    pair = comparer.pair(molecule, ask(service, "UniProtKB:P23219"))
    assert len(pair.ways) == 1
    assert pair.ways[0].hit.entity.id == "UniProtKB:P23219"
    assert not pair.known


def test_pairs_that_make_no_sense_are_refused(service: BridgeService, comparer: Comparer) -> None:
    gene = ask(service, "UniProtKB:P35498")
    with pytest.raises(InputError, match="same entity"):
        comparer.pair(gene, gene)
    raw = [service.interpret(smiles, "drug") for smiles in ("CCOC(=O)c1ccccc1O", "CCOC(=O)c1ccccc1OC")]
    with pytest.raises(InputError, match="Neither"):
        comparer.pair(*raw)
    with pytest.raises(UnknownEntityError):
        comparer.pair(gene, Query("", QueryKind.ENTITY, "disease", "MONDO:9999999", ""))


@pytest.mark.parametrize("how", list(Combine))
def test_a_signature_of_one_is_that_query(service: BridgeService, comparer: Comparer, how: Combine) -> None:
    query = ask(service, SEIZURE)
    found = comparer.signature([query], "disease", 10, how)
    alone = service.retrieve(query, to=["disease"], k=10).lists[0].hits[:10]
    assert [hit.entity.id for hit in found.hits] == [hit.entity.id for hit in alone]
    assert [hit.members[0].known for hit in found.hits] == [hit.status is HitStatus.KNOWN for hit in alone]


def test_two_together_are_combined_as_it_says(service: BridgeService, comparer: Comparer) -> None:
    queries = [ask(service, SEIZURE), ask(service, SMALL_HEAD)]
    both = comparer.signature(queries, "disease", 20)
    lists = [service.retrieve(query, to=["disease"], k=1000).lists[0].hits for query in queries]
    scores = [{hit.entity.id: hit.score for hit in hits} for hits in lists]
    for hit in both.hits:
        if all(hit.entity.id in found for found in scores):
            product = scores[0][hit.entity.id] * scores[1][hit.entity.id]
            if not any(member.known for member in hit.members):
                assert hit.score == pytest.approx(product**0.5, rel=1e-3)
            else:
                assert hit.score >= product**0.5 * 0.999, "a fact counts no less than what the bridge believes"
    assert [hit.score for hit in both.hits] == sorted((hit.score for hit in both.hits), reverse=True)
    ranks = comparer.signature(queries, "disease", 20, Combine.RANKS)
    assert ranks.how is Combine.RANKS
    assert [hit.score for hit in ranks.hits] == sorted((hit.score for hit in ranks.hits), reverse=True)
    assert both.hits[0].percentile == 100.0


def test_what_is_no_finding_is_combined_by_belief_alone(service: BridgeService, comparer: Comparer) -> None:
    queries = [ask(service, "UniProtKB:P38398"), ask(service, "UniProtKB:P51587")]
    for hit in comparer.signature(queries, "disease", 20, Combine.RANKS).hits:
        assert hit.score == pytest.approx(sum(1 / (60 + member.rank) for member in hit.members))


def test_a_disease_with_a_more_specific_finding_counts_as_known(service: BridgeService, comparer: Comparer) -> None:
    """The graph links Rett syndrome to postnatal microcephaly, not to microcephaly itself."""
    graph = service.graph
    rett, small_head = graph.row("MONDO:0010726"), graph.row(SMALL_HEAD)
    assert rett not in graph.known_rows(small_head, "disease")
    queries = [ask(service, curie) for curie in ("HP:0002376", "HP:0012171", SMALL_HEAD)]
    found = comparer.signature(queries, "disease", 20)
    hit = next(hit for hit in found.hits if hit.entity.id == "MONDO:0010726")
    assert [member.known for member in hit.members] == [True, True, True]
    assert hit.rank <= 10


def test_what_is_said_to_be_absent_is_marked_and_goes_down(service: BridgeService, comparer: Comparer) -> None:
    there, absent = [ask(service, SEIZURE)], [ask(service, SMALL_HEAD)]
    without = comparer.signature(there, "disease", 200, absent=absent)
    assert without.absent == tuple(absent)
    assert "Microcephaly" in without.notes[-1]
    assert not any(hit.against for hit in without.hits[:20])
    assert without.set_back
    for hit in without.set_back:
        assert [seen.finding.id for seen in hit.against] == [SMALL_HEAD]
        assert hit.rank > 20
    both = comparer.signature([*there, *absent], "disease", 1).hits[0]
    assert both.entity.id not in {hit.entity.id for hit in without.hits}, "it shows both"
    every = {hit.entity.id: hit for hit in comparer.signature(there, "phenotype", 5, absent=absent).hits}
    assert every
    assert not any(hit.against for hit in every.values()), "a finding shows no finding"


def test_a_finding_counts_against_by_how_often_it_is_there(service: BridgeService) -> None:
    from biobridge_core.together import Shown

    graph = service.graph
    against = Shown(graph, "phenotype").against([ask(service, SMALL_HEAD)], "disease")
    stated = graph.known(graph.row(SMALL_HEAD), "disease")
    assert set(stated) - set(against) == {
        row
        for row, triples in stated.items()
        if row not in against and all(triple.value.startswith("0/") for triple in triples)
    }
    for (seen,) in list(against.values())[:200]:
        assert seen.finding.id == SMALL_HEAD
        assert 0 < seen.left < 1


@pytest.mark.parametrize(
    ("words", "share"),
    [
        ("very frequent (80–99 %)", 0.895),
        ("3/4", 0.75),
        ("0/5", 0.0),
        ("40%", 0.4),
        ("", 0.5),
        ("0/0", 0.5),
        ("?", 0.5),
    ],
)
def test_frequencies_are_read_as_the_ontology_words_them(words: str, share: float) -> None:
    from biobridge_core.together import frequency

    assert frequency(words) == pytest.approx(share)


def test_of_one_kind_ranks_are_combined_and_nothing_asked_about_is_a_hit(
    service: BridgeService, comparer: Comparer
) -> None:
    queries = [ask(service, SEIZURE), ask(service, SMALL_HEAD)]
    found = comparer.signature(queries, "phenotype", 20)
    assert found.how is Combine.RANKS
    assert found.notes
    assert not {SEIZURE, SMALL_HEAD} & {hit.entity.id for hit in found.hits}


@pytest.mark.parametrize(
    ("n", "to", "k"), [(0, "disease", 5), (31, "disease", 5), (1, "nonsense", 5), (1, "disease", 10**9)]
)
def test_signatures_that_make_no_sense_are_refused(
    service: BridgeService, comparer: Comparer, n: int, to: str, k: int
) -> None:
    with pytest.raises(InputError):
        comparer.signature([ask(service, SEIZURE)] * n, to, k)


def test_findings_are_picked_out_of_a_sentence(comparer: Comparer) -> None:
    found = comparer.findings("My patient has seizures and a small head.")
    assert [(f.words, f.entity.id, f.denied) for f in found] == [
        ("seizures", SEIZURE, False),
        ("a small head", SMALL_HEAD, False),
    ]


def test_what_is_denied_is_marked(comparer: Comparer) -> None:
    found = {
        f.entity.name: f.denied for f in comparer.findings("Ataxia since childhood, but no seizures and no fever.")
    }
    assert found["Ataxia"] is False
    assert found["Seizure"] is True
    assert found["Fever"] is True


@pytest.mark.parametrize(
    ("text", "present", "absent"),
    [
        ("a patient with no seizures and a large head", {"Macrocephaly"}, {"Seizure"}),
        ("no seizures or ataxia", set(), {"Seizure", "Ataxia"}),
        ("a man with no fever, cough or rash", set(), {"Fever", "Cough", "Skin rash"}),
        ("denies chest pain, has a rash", {"Skin rash"}, {"Chest pain"}),
        ("patient with seizures but no microcephaly", {"Seizure"}, {"Microcephaly"}),
        ("denies fever, cough and headache", set(), {"Fever", "Cough", "Headache"}),
        ("not only seizures but also ataxia", {"Seizure", "Ataxia"}, set()),
        ("she has never had seizures; ataxia since two", {"Ataxia"}, {"Seizure"}),
        ("no fever and no rash, but a cough", {"Cough"}, {"Fever", "Skin rash"}),
        ("does not speak, has seizures", {"Absent speech", "Seizure"}, set()),
        ("neither seizures nor ataxia, but a cough", {"Cough"}, {"Seizure", "Ataxia"}),
        ("Seizures: no. Ataxia is absent. Fever.", {"Fever"}, {"Seizure", "Ataxia"}),
        ("no seizures at birth, seizures from the age of two", {"Seizure"}, set()),
    ],
)
def test_how_far_a_denial_reaches(comparer: Comparer, text: str, present: set[str], absent: set[str]) -> None:
    read = comparer.read(text)
    assert {finding.entity.name for finding in read.present} == present
    assert {finding.entity.name for finding in read.absent} == absent


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("patient with seizures but no microcephaly", "patient with seizures"),
        ("a patient with no seizures and a large head", "a patient with a large head"),
        ("my patient has seizures and a small head", "my patient has seizures and a small head"),
        ("no seizures or ataxia", ""),
    ],
)
def test_the_sentence_without_what_it_denies(comparer: Comparer, text: str, left: str) -> None:
    assert comparer.read(text).affirmed == left


def test_words_that_were_not_understood_are_listed(comparer: Comparer) -> None:
    read = comparer.read("2 year old girl with flumoxia, hand wringing and 3 grobbly knobs, no bleems")
    assert read.unread == ("flumoxia", "grobbly knobs", "bleems")
    assert comparer.read("2 year old girl with regression, hand wringing, rash and microcephaly").unread == ()
    assert [f.entity.id for f in comparer.read("girl with regression and a rash").present] == [
        "HP:0002376",
        "HP:0000988",
    ]


def test_the_longest_name_wins_and_each_is_found_once(comparer: Comparer) -> None:
    found = comparer.findings("focal-onset seizure, then another Focal-Onset Seizure; seizures")
    names = [f.entity.name for f in found]
    assert names[0] == "Focal-onset seizure"
    assert len(names) == len(set(names)) == 2


def test_other_words_are_compared_and_chatter_is_left_alone(comparer: Comparer) -> None:
    found = comparer.findings("He was born in Paris, lives with two sisters, and urinates at night.")
    assert [f.entity.name for f in found] == ["Nocturia"]
    assert found[0].cosine is not None
    assert found[0].cosine >= 0.6


def test_a_sentence_without_findings_and_one_too_long(comparer: Comparer) -> None:
    assert comparer.findings("") == []
    assert comparer.findings("<script>alert(1)</script>") == []
    with pytest.raises(InputError, match="at most 5,000"):
        comparer.findings("x" * 5001)


def test_every_everyday_word_names_a_phenotype_of_the_graph(service: BridgeService) -> None:
    from biobridge_core.everyday import EVERYDAY
    from biobridge_core.names import normalise

    assert all(curie in service.graph for curie in EVERYDAY.values())
    assert all(phrase == normalise(phrase) for phrase in EVERYDAY)


def test_wild_type_and_mutant(service: BridgeService, comparer: Comparer) -> None:
    wild = service.entity("UniProtKB:P68871").input
    found = comparer.variant(wild, mutate(wild, "E7V"), "disease", 10)
    assert [str(change) for change in found.alignment.changes] == ["E7V"]
    near, mutant = found.nearest
    assert near is not None
    assert mutant is not None
    assert (near.entity.id, near.alignment.identity) == ("UniProtKB:P68871", 1.0)
    assert mutant.entity.id == "UniProtKB:P68871"
    assert 0 < found.shift < found.usual
    assert 0 <= found.nearer <= 100
    assert {hit.ranks[0] for hit in found.hits} >= set(range(1, 11))
    assert {hit.ranks[1] for hit in found.hits} >= set(range(1, 11))
    both = sum(max(hit.ranks) <= 10 for hit in found.hits)
    assert found.shared == both
    encoder = service._encoders.get(InputKind.SEQUENCE, lambda *_: None)
    raw = service._bundle.catalogue.project(InputKind.SEQUENCE, encoder.encode([wild, mutate(wild, "E7V")]).vectors)
    cosine = float(raw[0] @ raw[1] / np.linalg.norm(raw[0]) / np.linalg.norm(raw[1]))
    assert found.shift == pytest.approx(1 - cosine, abs=1e-5)


def test_two_proteins_of_another_kind_are_far_apart(service: BridgeService, comparer: Comparer) -> None:
    found = comparer.variant(
        service.entity("UniProtKB:P68871").input, service.entity("UniProtKB:P01308").input, "disease"
    )
    assert found.shift > found.usual
    assert found.alignment.identity < 0.4


def test_a_variant_that_makes_no_sense_is_refused(comparer: Comparer) -> None:
    with pytest.raises(InputError, match="same"):
        comparer.variant("MKTAYIAKQR", "MKTAYIAKQR", "disease")
    with pytest.raises(InputError, match="nonsense"):
        comparer.variant("MKTAYIAKQR", "MKTAYIAKQK", "nonsense")
