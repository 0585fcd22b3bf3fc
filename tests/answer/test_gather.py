"""What a plan gathers, on the shipped bundle: the graph decides what is right."""

from __future__ import annotations

import random
import re
from itertools import pairwise

import numpy as np
import pytest
from answer.plans import ACTED_ON, ACTIONS, APOPTOSIS, EGFR, ERBB2, MARFAN, PHOSPHORYLATION, PROCESS, called, told
from opened import real_service

from biobridge_core.answer.known import evidence_weight
from biobridge_core.answer.suggest import FLOOR
from biobridge_core.answer.types import Mention, Reason, Shape
from biobridge_core.types import HitStatus, Query, QueryKind


def tails(relation: str, curie: str) -> set[str]:
    graph = real_service().graph
    edges = graph.edges(relation)
    return {graph.ids[row] for row in edges[edges[:, 0] == graph.row(curie), 1]}


def ids(facts, status=HitStatus.KNOWN) -> list[str]:
    return [fact.answer.id for fact in facts if fact.status is status]


def test_all_known_links_come_first_then_what_is_suggested() -> None:
    relation = "drug_inhibits_protein_inverse"
    answer = told(Shape.LIST, [EGFR], [relation])
    assert set(ids(answer.facts)) == tails(relation, EGFR)
    assert answer.n_known == len(tails(relation, EGFR)) > 50
    statuses = [fact.status for fact in answer.facts]
    assert statuses == sorted(statuses, key=lambda status: status is HitStatus.PREDICTED)
    guessed = [fact for fact in answer.facts if fact.status is HitStatus.PREDICTED]
    assert 0 < len(guessed) <= 10
    assert not set(ids(answer.facts, HitStatus.PREDICTED)) & tails(relation, EGFR)
    assert all(fact.edges[0].relation == relation and not fact.edges[0].sources for fact in guessed)
    assert all(fact.probability is None or fact.probability >= FLOOR for fact in guessed)
    chances = [fact.probability or 0.0 for fact in guessed]
    assert chances == sorted(chances, reverse=True)
    assert [fact.number for fact in answer.facts] == list(range(1, len(answer.facts) + 1))


def test_experiments_stand_before_electronic_annotations() -> None:
    known = [f for f in told(Shape.LIST, [EGFR], [PROCESS]).facts if f.status is HitStatus.KNOWN]
    weights = [max(evidence_weight(s.split(" · ")[1]) for s in f.edges[0].sources) for f in known]
    assert np.mean(weights[:10]) == 1.0
    assert np.mean(weights[-10:]) < 0.7


def test_nothing_that_follows_from_known_links_by_is_a_is_suggested() -> None:
    graph = real_service().graph
    answer = told(Shape.LIST, [EGFR], [PROCESS])
    parents = {
        graph.ids[b] for a, b in graph.edges("biological_process_is_a").tolist() if graph.ids[a] in ids(answer.facts)
    }
    assert parents
    assert not parents & set(ids(answer.facts, HitStatus.PREDICTED))


def test_what_holds_for_a_narrower_kind_holds_for_the_wider_one_and_says_through_which() -> None:
    relation = f"{PROCESS}_inverse"
    answer = told(Shape.COUNT, [APOPTOSIS], [relation])
    direct = tails(relation, APOPTOSIS)
    assert answer.count == len(direct)
    assert answer.n_known > len(direct)
    # a disease does not show what one of its kinds shows
    wide = real_service().graph.entity("MONDO:0005071")  # nervous system disorder
    signs = told(Shape.COUNT, [wide.id], ["disease_has_phenotype"])
    assert signs.n_known == signs.count == len(tails("disease_has_phenotype", wide.id))


def test_a_narrower_kind_is_an_edge_of_the_path() -> None:
    graph = real_service().graph
    wide = "GO:0012501"  # programmed cell death
    answer = told(Shape.LIST, [wide], [f"{PROCESS}_inverse"])
    through = [fact for fact in answer.facts if fact.status is HitStatus.KNOWN and len(fact.edges) > 1]
    assert through
    for fact in through:
        assert fact.edges[0].label == "has the kind"
        assert fact.edges[-1].relation == f"{PROCESS}_inverse"
        assert fact.answer.id not in tails(f"{PROCESS}_inverse", wide)
        assert graph.entity(fact.edges[-1].head.id).modality == "biological_process"


def test_two_steps_give_paths_that_join_and_all_known_ends() -> None:
    drug = called("imatinib").entity
    answer = told(Shape.LIST, [drug.id], ACTIONS, [PROCESS])
    targets = set().union(*(tails(name, drug.id) for name in ACTIONS))
    ends = set().union(*(tails(PROCESS, target) for target in targets))
    assert answer.n_known == len(ends)
    assert set(ids(answer.facts)) <= ends
    for fact in answer.facts:
        assert fact.edges[0].head.id == drug.id
        assert fact.edges[-1].tail.id == fact.answer.id
        assert all(a.tail.id == b.head.id for a, b in pairwise(fact.edges))
        assert sum(fact.predicted) == (fact.status is HitStatus.PREDICTED)  # never two guesses in a row
        assert fact.answer.id not in ends or fact.status is HitStatus.KNOWN


def test_a_specific_middle_counts_for_more_than_a_hub() -> None:
    from biobridge_core.answer.known import specific

    weights = specific([1, 2, 100, 10_000])
    assert weights[0] == 1
    assert list(weights) == sorted(weights, reverse=True)


def test_shared_is_what_both_have_then_what_one_has_and_the_bridge_suggests_for_the_other() -> None:
    answer = told(Shape.SHARED, [EGFR, ERBB2], [PROCESS])
    both = tails(PROCESS, EGFR) & tails(PROCESS, ERBB2)
    assert set(ids(answer.facts)) == both
    assert answer.n_known == len(both)
    guessed = [fact for fact in answer.facts if fact.status is HitStatus.PREDICTED]
    assert guessed
    for fact in guessed:
        assert {edge.head.id for edge in fact.edges} == {EGFR, ERBB2}
        assert 0 < sum(fact.predicted) < 2
        known = next(e for e, guess in zip(fact.edges, fact.predicted, strict=True) if not guess)
        assert fact.answer.id in tails(PROCESS, known.head.id)


def test_shared_by_none_is_refused_with_what_could_be_asked() -> None:
    answer = told(Shape.SHARED, [MARFAN, called("sickle cell disease").entity.id], ["disease_is_a_inverse"])
    assert answer.refusal is not None
    assert answer.refusal.reason is Reason.NO_EVIDENCE
    assert answer.refusal.instead
    assert answer.facts == ()


def test_yes_needs_the_link_and_says_it() -> None:
    drug = called("gefitinib").entity
    answer = told(Shape.VERIFY, [drug.id], ["drug_inhibits_protein"], target=EGFR)
    assert answer.verdict == "yes"
    assert [(e.head.id, e.tail.id) for e in answer.facts[0].edges] == [(drug.id, EGFR)]
    assert answer.facts[0].edges[0].sources


def test_yes_may_follow_by_is_a() -> None:
    assert PHOSPHORYLATION not in tails(PROCESS, EGFR)
    answer = told(Shape.VERIFY, [EGFR], [PROCESS], target=PHOSPHORYLATION)
    assert answer.verdict == "yes"
    fact = answer.facts[0]
    assert fact.answer.id == fact.edges[-1].tail.id == PHOSPHORYLATION
    assert fact.edges[-1].label == "is a kind of"
    assert not any(fact.predicted)


def test_a_missing_link_is_not_known_and_never_a_no() -> None:
    drug = called("gefitinib").entity
    other = told(Shape.VERIFY, [drug.id], ["drug_agonist_of_protein"], target=EGFR)
    assert other.verdict == "not known"
    assert other.facts[0].edges[0].relation == "drug_inhibits_protein"  # the link that there is, told as what it is
    words = " ".join(s.text for s in (other.summary, *other.sentences, *other.lay))
    assert not re.match(r"no\b(?!t)", words.lower())
    assert "no evidence against" in words
    guessed = told(
        Shape.VERIFY, [called("imatinib").entity.id], ["drug_inhibits_protein"], target=called("KIT").entity.id
    )
    if guessed.verdict == "not known":
        assert [fact.status for fact in guessed.facts] == [HitStatus.PREDICTED]
        assert guessed.facts[0].probability is not None


def test_an_unseen_sequence_has_suggestions_alone_and_says_whose_links_they_are_read_from() -> None:
    service = real_service()
    graph = service.graph
    hbb = called("HBB").entity
    sequence = graph.inputs([graph.row(hbb.id)])[0]
    mutant = sequence[:60] + "".join(random.Random(1).sample(sequence[60:80], 20)) + sequence[80:]
    query = Query(mutant, QueryKind.SEQUENCE, "protein", mutant, "mine.fasta")
    answer = told(Shape.LIST, [Mention("mine.fasta", query, None, "attachment")], [PROCESS])
    assert answer.refusal is None
    assert answer.n_known == 0
    assert {fact.status for fact in answer.facts} == {HitStatus.PREDICTED}
    assert answer.facts[0].edges[0].head.name == "mine.fasta"
    assert any("reads from the links of" in warning for warning in answer.warnings)
    assert any(fact.answer.id in tails(PROCESS, hbb.id) for fact in answer.facts)


def test_steps_that_lead_nowhere_are_refused() -> None:
    answer = told(Shape.LIST, [EGFR], ["disease_has_phenotype"])
    assert answer.refusal is not None
    assert answer.refusal.reason is Reason.NO_RELATION


def test_what_a_thing_is() -> None:
    answer = told(Shape.DESCRIBE, [MARFAN])
    assert answer.facts[0].answer.id == MARFAN
    assert answer.facts[0].edges == ()
    assert answer.summary.text == "Marfan syndrome is a disease."
    words = " ".join(s.text for s in answer.sentences)
    assert f"{len(tails('disease_has_phenotype', MARFAN))} phenotypes" in words
    assert "FBN1" in words


@pytest.mark.parametrize(
    ("stronger", "weaker"),
    [("IDA", "IBA"), ("IBA|IDA", "IEA"), ("TAS", "ISS"), ("PCS PMID:1", "IEA OMIM:1"), ("IBA", "IEA")],
)
def test_evidence_is_weighed(stronger: str, weaker: str) -> None:
    assert evidence_weight(stronger) > evidence_weight(weaker)


def test_several_starts_of_a_list_are_joined() -> None:
    answer = told(Shape.LIST, [EGFR, ERBB2], ACTED_ON)
    either = set().union(*(tails(name, one) for name in ACTED_ON for one in (EGFR, ERBB2)))
    assert answer.n_known == len(either)
