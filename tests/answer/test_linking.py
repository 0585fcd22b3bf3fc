"""Names found in running text, on the graph that is shipped."""

from __future__ import annotations

import pytest
from opened import real_service

from biobridge_core.answer.linking import Linker
from biobridge_core.answer.links import Linked


def linked(text: str) -> Linked:
    service = real_service()
    return service.asker.understander.linker.link(text)


def first_ids(text: str) -> list[str]:
    linker: Linker = real_service().asker.understander.linker
    return [linker.graph.ids[link.readings[0].rows[0]] for link in linker.link(text).links]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("who knows what EGFR does", ["UniProtKB:P00533"]),
        ("does egfr bind anything", ["UniProtKB:P00533"]),
        ("what about p53?", ["UniProtKB:P04637"]),
        ("EGFR's diseases", ["UniProtKB:P00533"]),
        ("(EGFR)", ["UniProtKB:P00533"]),
        ("EGFR/KRAS", ["UniProtKB:P00533", "UniProtKB:P01116"]),
        ("UniProtKB:P00533 drugs", ["UniProtKB:P00533"]),
        ("the epidermal growth factor receptor", ["UniProtKB:P00533"]),
        ("EGFR, KRAS and TP53", ["UniProtKB:P00533", "UniProtKB:P01116", "UniProtKB:P04637"]),
        ("genes of Marfan syndrome", ["MONDO:0007947"]),
        ("genes of the marfan syndrome.", ["MONDO:0007947"]),
    ],
)
def test_names_symbols_synonyms_and_ids_are_found(text: str, ids: list[str]) -> None:
    assert first_ids(text) == ids


@pytest.mark.parametrize(
    "text",
    [
        "what do the three of them share in this process?",
        "was it set and met by the best of us",
        "Which drugs act on the receptor?",
        "the impact of a large camp on the cat",
    ],
)
def test_words_of_the_language_are_no_names(text: str) -> None:
    assert linked(text).links == ()


def test_capitals_tell_a_gene_from_a_word() -> None:
    assert first_ids("Which diseases go with MET?") == ["UniProtKB:P08581"]
    assert first_ids("we met at the clinic") == []


@pytest.mark.parametrize(
    "name",
    ["cysteine dioxygenase activity", "positive regulation of cell growth", "drug metabolic process"],
)
def test_names_that_hold_words_of_questions_are_found_whole(name: str) -> None:
    graph = real_service().graph
    if name not in graph.names:
        pytest.skip("the graph has no such term")
    assert [link.text for link in linked(f"Which proteins are involved in {name}?").links] == [name]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("imatinibb", "imatinib"), ("dasatinibb", "dasatinib"), ("cystic fibrossis", "cystic fibrosis"),
     ("Marfan sydnrome", "Marfan syndrome")],
)  # fmt: skip
def test_a_slip_of_the_finger_is_forgiven(typed: str, meant: str) -> None:
    found = linked(f"Tell me about {typed}, please").links
    assert [link.how for link in found] == ["typo"]
    graph = real_service().graph
    assert meant.casefold() in {graph.names[row].casefold() for r in found[0].readings for row in r.rows}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Which diseases is GLORPT5 linked to?", "GLORPT5"),
        ("Which phenotypes does MONDO:9999998 show?", "MONDO:9999998"),
        ("genes for purple cough syndrome", "purple cough"),
        ("Which drugs are agonists of the wobblerin receptor?", "wobblerin"),
        ("What do EGFR and SNARFL3 have in common?", "SNARFL3"),
    ],
)
def test_what_is_no_name_is_told(text: str, name: str) -> None:
    assert name in " ".join(linked(text).unknown)


@pytest.mark.parametrize(
    ("said", "symbol"),
    [
        ("the dopamine D2 receptor", "DRD2"),
        ("histamine H1 receptors", "HRH1"),
        ("the mu opioid receptor", "OPRM1"),
        ("the beta-2 adrenergic receptor", "ADRB2"),
        ("the muscarinic M3 receptor", "CHRM3"),
    ],
)
def test_receptors_are_found_as_people_say_them(said: str, symbol: str) -> None:
    graph = real_service().graph
    assert [graph.entity(curie).name for curie in first_ids(f"Which drugs act on {said}?")] == [symbol]
