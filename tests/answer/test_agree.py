"""What is said of one link agrees with what is listed, and with what is known of other ways of acting."""

from __future__ import annotations

import random

import pytest
from answer.plans import ACTIONS, asker, called, told
from opened import real_service

from biobridge_core.answer.types import Answer, Shape, Voice
from biobridge_core.types import HitStatus

_USES = ("drug_in_therapeutic_class",), ("therapeutic_class_used_for_disease",)
_USED = ("therapeutic_class_used_for_disease_inverse",), ("drug_in_therapeutic_class_inverse",)


def ask(question: str) -> Answer:
    return asker().ask(question)


def test_a_yes_and_a_list_agree_from_either_side() -> None:
    graph, rng = real_service().graph, random.Random(3)
    diseases = sorted({int(tail) for _, tail in graph.edges("therapeutic_class_used_for_disease")})
    drugs = sorted({int(head) for head, _ in graph.edges("drug_in_therapeutic_class")})
    walker = asker()._gatherer.walker
    steps = {name: told_.understanding.steps for name, told_ in _plans().items()}
    pairs: list[tuple[int, int]] = []
    for disease in rng.sample(diseases, min(40, len(diseases))):
        found = sorted(walker.walk(walker._head_of(disease), steps["used"], 1, guess=False).known)
        pairs += [(row, disease) for row in rng.sample(found, min(4, len(found)))]
    for drug in rng.sample(drugs, 60):
        found = sorted(walker.walk(walker._head_of(drug), steps["uses"], 1, guess=False).known)
        pairs += [(drug, row) for row in rng.sample(found, min(2, len(found)))]
    assert len(pairs) >= 150
    inherited = 0
    for drug, disease in pairs[:200]:
        answer = told(Shape.VERIFY, [graph.ids[drug]], *_USES, target=graph.ids[disease])
        assert answer.verdict == "yes", (graph.names[drug], graph.names[disease])
        back = told(Shape.VERIFY, [graph.ids[disease]], *_USED, target=graph.ids[drug])
        assert back.verdict == "yes", (graph.names[drug], graph.names[disease])
        inherited += len(answer.facts[0].edges) > 2
        assert asker().faults(answer) == ()
    assert inherited >= 20


def _plans() -> dict[str, Answer]:
    return {
        "uses": told(Shape.COUNT, [called("metformin")], *_USES),
        "used": told(Shape.COUNT, [called("type 2 diabetes mellitus")], *_USED),
    }


@pytest.mark.parametrize("verb", ["treat", "help with", "work against"])
def test_a_use_that_a_wider_class_has_is_known(verb: str) -> None:
    answer = ask(f"Does metformin {verb} type 2 diabetes?")
    assert answer.verdict == "yes"
    assert "Biguanides" in answer.summary.text


@pytest.mark.parametrize(
    "question", ["What does imatinib bind?", "What does imatinib bind to?", "Which proteins does imatinib stick to?"]
)
def test_whatever_acts_on_a_protein_binds_it(question: str) -> None:
    answer = ask(question)
    assert {"ABL1", "DDR1"} <= {fact.answer.name for fact in answer.facts if fact.status is HitStatus.KNOWN}
    assert not any(fact.answer.name == "DDR1" for fact in answer.facts if fact.status is HitStatus.PREDICTED)
    assert answer.summary.voice is Voice.KNOWN


def test_a_block_is_known_of_an_antagonist_and_another_action_is_named() -> None:
    assert ask("Does caffeine block ADORA2A?").verdict == "yes"
    assert ask("Does caffeine bind ADORA2A?").verdict == "yes"
    other = ask("Does caffeine inhibit ADORA2A?")
    assert other.verdict == "not known"
    assert other.summary.text.startswith("Known: caffeine is an antagonist of ADORA2A.")
    assert other.summary.cites


def test_a_list_by_an_action_that_is_not_known_tells_the_known_ones() -> None:
    answer = ask("Which proteins does caffeine inhibit?")
    assert answer.summary.text.startswith("No such link is known here")
    relations = {fact.edges[0].relation for fact in answer.facts if fact.status is HitStatus.KNOWN}
    assert relations
    assert relations <= set(ACTIONS) - {"drug_inhibits_protein"}
    assert ask("How many proteins does caffeine inhibit?").count == 0


def test_weak_guesses_are_not_told_beside_what_is_known() -> None:
    for question in ("Which diseases is EGFR associated with?", "Which therapeutic class does warfarin belong to?"):
        answer = ask(question)
        weak = {fact.number for fact in answer.facts if fact.weak}
        said = (answer.summary, *answer.sentences, *answer.lay)
        assert weak
        assert not weak & {number for sentence in said for number in sentence.cites}
        assert "the bridge suggests" not in answer.summary.text
        assert any(f"{len(weak)} weak guess" in sentence.text for sentence in answer.sentences)
