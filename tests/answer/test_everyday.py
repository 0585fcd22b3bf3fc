"""Names as people write them, things written into the question, and what is said of words that are not understood."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest
from answer.plans import asker
from opened import real_service

from biobridge_core.answer.inline import change_in, lifted
from biobridge_core.answer.types import Answer, Attachment, Reason, Shape
from biobridge_core.everyday import EVERYDAY
from biobridge_core.types import HitStatus


def ask(question: str, *before: str, attached: tuple[Attachment, ...] = ()) -> Answer:
    thread: list[Answer] = []
    for one in before:
        thread.append(asker().ask(one, (), tuple(thread)))
    return asker().ask(question, attached, tuple(thread))


def named(answer: Answer) -> list[str]:
    understood = answer.understanding
    mentions = (*understood.mentions, *((understood.target,) if understood.target else ()))
    return [mention.entity.name for mention in mentions if mention.entity is not None]


def test_every_everyday_name_is_of_something_in_the_graph() -> None:
    graph = real_service().graph
    held = json.loads(files("biobridge_core.answer").joinpath("lay_names.json").read_text("utf-8"))["names"]
    assert all(curie in graph for curie in (*held, *EVERYDAY.values()))


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("small heads and seizures", ["Microcephaly", "Seizure"]),
        ("Which diseases come with a small head and fits?", ["Microcephaly", "Seizure"]),
        ("seizures, headaches and tiredness", ["Seizure", "Headache", "Fatigue"]),
        ("Marfan", ["Marfan syndrome"]),
        ("genes for Ehlers-Danlos", ["Ehlers-Danlos syndrome"]),
        ("which genes cause Crohn's?", ["Crohn disease"]),
        ("Duchenne genes", ["Duchenne muscular dystrophy"]),
        ("what are statins used for", ["HMG CoA reductase inhibitors"]),
        ("Which drugs are beta blockers?", ["Beta blocking agents"]),
        ("what is penicilin", ["Beta-lactam antibacterials, penicillins"]),
        ("hart attack drugs", ["myocardial infarction"]),
        ("Which drugs block the A2A receptor?", ["ADORA2A"]),
        ("Does caffeine block A2A?", ["caffeine", "ADORA2A"]),
        ("What does CC(=O)OC1=CC=CC=C1C(=O)O bind?", ["aspirin"]),
        ("targets of the molecule CN1C=NC2=C1C(=O)N(C(=O)N2C)C", ["caffeine"]),
    ],
)
def test_a_name_is_known_as_people_write_it(question: str, names: list[str]) -> None:
    answer = ask(question)
    assert answer.refusal is None
    assert named(answer) == names
    assert answer.understanding.question == question
    assert asker().faults(answer) == ()


def test_what_was_assumed_of_a_name_is_said() -> None:
    for question in ("genes for Marfan", "small heads and seizures", "which drugs are statins"):
        assert any("was read as" in note for note in ask(question).understanding.notes), question


def test_what_stands_in_a_list_of_findings_and_is_not_known_is_said() -> None:
    answer = ask("Which diseases show a funny walk and seizures?")
    assert any("funny walk" in note for note in answer.understanding.notes)


def test_genes_of_two_findings_are_those_of_diseases_that_show_both() -> None:
    answer = ask("Which genes cause microcephaly and seizures?")
    assert answer.understanding.shape is Shape.SHARED
    known = [fact for fact in answer.facts if fact.status is HitStatus.KNOWN]
    assert len(known) > 50
    for fact in known:
        assert fact.answer.modality == "protein"
        assert len({edge.head.id for edge in fact.edges if edge.tail.id == fact.answer.id}) == 1


def test_a_molecule_that_no_database_has_may_stand_in_a_question() -> None:
    answer = ask("Which proteins does CC(C)Cc1ccc(cc1)C(C)C(=O)NCCCCBr act on?")
    assert answer.understanding.mentions[0].query.modality == "drug"
    assert answer.understanding.mentions[0].entity is None


@pytest.mark.parametrize("word", ["5-HT1A", "H1F0", "COX-2", "EGFR", "(S)-ketamine", "IL6", "CYP2C19", "NF1", "p53"])
def test_a_symbol_is_no_molecule(word: str) -> None:
    assert lifted(f"Which drugs act on {word}?", lambda _: False)[1] == ()


@pytest.mark.parametrize("question", ["R1648H in SCN1A", "What does BRAF V600E cause?", "p.Arg1648His of SCN1A"])
def test_what_one_change_does_is_not_held(question: str) -> None:
    answer = ask(question)
    assert answer.refusal.reason is Reason.NO_RELATION
    assert change_in(question) in answer.refusal.message
    assert answer.refusal.instead
    assert all(ask(each).refusal is None for each in answer.refusal.instead)


@pytest.mark.parametrize("word", ["A2A", "C1R", "EGFR", "E2F1", "H2AX"])
def test_a_symbol_is_no_change(word: str) -> None:
    assert change_in(word) == ("C1R" if word == "C1R" else "")


@pytest.mark.parametrize(
    "question",
    [
        "What transports digoxin?", "Which drugs are substrates of CYP3A4?", "Is omeprazole a substrate of CYP2C19?",
        "Which enzymes break down warfarin?", "What is omeprazole metabolised by?", "Which proteins degrade aspirin?",
    ],
)  # fmt: skip
def test_what_becomes_of_a_drug_in_the_body_is_not_held(question: str) -> None:
    assert ask(question).refusal.reason is Reason.NO_RELATION


def test_what_a_drug_is_approved_for_is_what_its_classes_are_used_for() -> None:
    assert ask("What is metformin approved for?").refusal is None
    assert ask("Is metformin approved for type 2 diabetes?").verdict == "yes"
    assert ask("When was metformin approved?").refusal.reason is Reason.NO_RELATION


def test_yes_or_no_is_answered_first() -> None:
    assert ask("is simvastatin used for high cholesterol?").verdict == "yes"
    assert ask("Is simvastatin used for hypercholesterolemia?").verdict == "yes"
    assert ask("is imatinib linked to apoptosis?").verdict
    bleeding = ask("is warfarin linked to bleeding?")
    assert bleeding.refusal.reason is Reason.NO_EVIDENCE
    assert "Abnormal bleeding" in bleeding.refusal.message


@pytest.mark.parametrize("question", ["Does lisinopril lower blood pressure?", "is imatinib used in children?"])
def test_neither_yes_nor_no_is_said_of_what_is_not_understood(question: str) -> None:
    answer = ask(question)
    assert answer.refusal is not None
    assert answer.summary is None
    assert ask("Does imatinib inhibit anything?").refusal is None


def test_how_many_counts_what_was_listed_last_or_asks_back() -> None:
    first = "Which drugs inhibit EGFR?"
    counted = ask("how many?", first)
    assert counted.count == ask("How many drugs inhibit EGFR?").count
    assert any("drugs that inhibit EGFR" in note for note in counted.understanding.notes)
    back = ask("how many?", first, "what is its price?")
    assert back.refusal.reason is Reason.AMBIGUOUS
    assert ask(back.refusal.instead[0]).count == counted.count


def test_what_is_pointed_to_by_its_place_is_asked_back() -> None:
    assert ask("is it the same as the first?", "Which drugs inhibit EGFR?").refusal.reason is Reason.AMBIGUOUS


def test_genes_of_an_attached_gene_are_not_replaced_by_its_diseases() -> None:
    graph = real_service().graph
    sequence = graph.inputs([graph.row("UniProtKB:P68871")])[0]
    answer = ask("which genes cause this?", attached=(Attachment("a.fasta", f">x\n{sequence}".encode()),))
    assert answer.refusal.reason is Reason.NO_RELATION
    assert "HBB is itself a protein" in answer.refusal.message
    assert all(ask(each).refusal is None for each in answer.refusal.instead)


@pytest.mark.parametrize(
    "question", ["both epilepsy and autism", "EGFR and KRAS", "what's the deal with imatinib's thing"]
)
def test_what_is_not_clear_is_asked_back_with_what_was_likeliest_meant(question: str) -> None:
    answer = ask(question)
    assert answer.refusal.reason is Reason.NO_RELATION
    assert 2 <= len(answer.refusal.instead) <= 3
    for each in answer.refusal.instead:
        again = ask(each).understanding
        assert again.refusal is None, each
        assert again.steps, each


def test_nothing_shared_is_answered_by_what_each_has() -> None:
    refusal = ask("genes for both epilepsy and autism").refusal
    assert refusal.reason is Reason.NO_EVIDENCE
    assert len(refusal.instead) == 2
    assert all(ask(each).understanding.steps for each in refusal.instead)
