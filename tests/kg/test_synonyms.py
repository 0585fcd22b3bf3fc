"""Which entities count as one, on pairs that are known to be one or two things."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from biobridge_core.kg.graph import KnowledgeGraph, Source
from biobridge_core.kg.schema import ENTITY_COLUMNS, TRIPLE_COLUMNS
from biobridge_core.kg.sources.starter.vocabulary import MODALITIES, RELATIONS
from biobridge_core.kg.synonyms import (
    infix_edits,
    join_groups,
    near_identical,
    normalise_name,
    same_input_groups,
    synonym_groups,
)

RESIDUES = "ACDEFGHIKLMNPQRSTVWY"


def random_sequence(rng: np.random.Generator, n: int) -> str:
    return "".join(rng.choice(list(RESIDUES), n))


def mutate(rng: np.random.Generator, sequence: str, n: int) -> str:
    letters = list(sequence)
    for i in rng.choice(len(letters), n, replace=False):
        letters[i] = rng.choice([r for r in RESIDUES if r != letters[i]])
    return "".join(letters)


def graph_of(rows: list[tuple[str, str, str, str, str, list[str], list[str]]]) -> KnowledgeGraph:
    """id, modality, name, input kind, input, synonyms, xrefs."""
    table = []
    for id_, modality, name, kind, text, synonyms, xrefs in rows:
        row: dict[str, object] = dict.fromkeys(ENTITY_COLUMNS, "")
        row |= {"id": id_, "modality": modality, "name": name, "input_kind": kind, "input": text, "source": "toy"}
        table.append(row | {"synonyms": synonyms, "xrefs": xrefs, "flags": []})
    source = Source("toy", "toy", "1", "2026-01-01", "CC0", "", "")
    return KnowledgeGraph.from_tables(
        pd.DataFrame(table)[list(ENTITY_COLUMNS)], pd.DataFrame(columns=list(TRIPLE_COLUMNS)), MODALITIES, RELATIONS,
        {"toy": source},
    )  # fmt: skip


def together(graph: KnowledgeGraph, *ids: str) -> bool:
    return len({int(synonym_groups(graph)[graph.row(id_)]) for id_ in ids}) == 1


def test_stereoisomers_are_one_drug_and_isomers_of_constitution_two() -> None:
    graph = graph_of(
        [
            ("D:1", "drug", "L-alanine", "smiles", "C[C@H](N)C(=O)O", [], []),
            ("D:2", "drug", "D-alanine", "smiles", "C[C@@H](N)C(=O)O", [], []),
            ("D:3", "drug", "beta-alanine", "smiles", "NCCC(=O)O", [], []),
            ("D:4", "drug", "a key alone", "text", "no structure", [], ["InChIKey:QNAYBMKLOCPYGJ-REOHCLBHSA-N"]),
        ]
    )
    assert together(graph, "D:1", "D:2", "D:4")
    assert not together(graph, "D:1", "D:3")


def test_sequences_95_percent_identical_are_one_and_90_percent_two() -> None:
    rng = np.random.default_rng(0)
    first = random_sequence(rng, 200)
    graph = graph_of(
        [
            ("P:1", "protein", "A", "sequence", first, [], []),
            ("P:2", "protein", "B", "sequence", mutate(rng, first, 10), [], []),
            ("P:3", "protein", "C", "sequence", mutate(rng, first, 20), [], []),
            ("P:4", "protein", "D", "sequence", first[30:150], [], []),  # a fragment
            ("P:5", "protein", "E", "sequence", first[:100] + "WW" + first[100:], [], []),  # an insertion
            ("D:1", "drug", "a biologic", "sequence", first, [], []),
            ("D:2", "drug", "the same, labelled", "sequence", first, [], []),
        ]
    )
    assert together(graph, "P:1", "P:2", "P:4", "P:5")
    assert not together(graph, "P:1", "P:3")
    assert together(graph, "D:1", "D:2")
    assert not together(graph, "P:1", "D:1")  # a drug and a protein are never one


def test_omim_and_orpha_twins_are_one_disease() -> None:
    graph = graph_of(
        [
            ("OMIM:256520", "disease", "Neu-Laxova syndrome 1", "text", "a", ["Neu-Laxova syndrome"], []),
            ("ORPHA:2671", "disease", "Neu-Laxova syndrome", "text", "b", [], []),
            ("MONDO:9", "disease", "another name", "text", "c", [], ["ORPHA:2671"]),
            ("MONDO:10", "disease", "yet another", "text", "d", [], ["OMIM:256520", "UMLS:C1"]),
            ("MONDO:11", "disease", "something else", "text", "e", [], ["UMLS:C1"]),
            ("HP:1", "phenotype", "Neu-Laxova syndrome", "text", "f", [], []),
        ]
    )
    assert together(graph, "OMIM:256520", "ORPHA:2671", "MONDO:9", "MONDO:10")
    assert not together(graph, "MONDO:10", "MONDO:11")  # UMLS concepts are broader than one class
    assert not together(graph, "HP:1", "ORPHA:2671")


def test_equal_names_are_one_but_for_proteins() -> None:
    graph = graph_of(
        [
            ("ATC:A", "therapeutic_class", "Corticosteroids", "text", "a", [], []),
            ("ATC:B", "therapeutic_class", "corticosteroids", "text", "b", [], []),
            ("GO:1", "biological_process", "Right-to-left shunt", "text", "a", [], []),
            ("GO:2", "biological_process", "Left-to-right shunt", "text", "b", [], []),
            ("P:1", "protein", "CDKN2A", "sequence", "MEPAAGSSMEPSADWLATAAARGRVEEVRALLEAGALPNAPNSYGRRPIQ", [], []),
            ("P:2", "protein", "CDKN2A", "sequence", "MVRRFLVTLRIRRACGPPRVRVFVVHIPRLTGEWAAPGAPAAVALVLMLL", [], []),
        ]
    )
    assert together(graph, "ATC:A", "ATC:B")
    assert not together(graph, "GO:1", "GO:2")
    assert not together(graph, "P:1", "P:2")


def test_names_keep_greek_letters_and_lose_punctuation() -> None:
    assert normalise_name("IFN-β") != normalise_name("IFN-γ")
    assert normalise_name("Neu–Laxova  Syndrome") == normalise_name("neu laxova syndrome")


def test_groups_are_numbered_by_their_lowest_row() -> None:
    assert join_groups(np.arange(6), [(5, 3), (3, 1), (4, 0)]).tolist() == [0, 1, 2, 1, 0, 1]
    assert join_groups(np.array([0, 0, 2, 2, 4, 5]), [(1, 2)]).tolist() == [0, 0, 0, 0, 4, 5]


def test_what_cannot_be_read_is_equal_to_itself_alone() -> None:
    graph = graph_of(
        [
            ("D:1", "drug", "one", "smiles", "not a molecule", [], []),
            ("D:2", "drug", "two", "smiles", "not a molecule", [], []),
            ("D:3", "drug", "three", "smiles", "no molecule either", [], []),
        ]
    )
    assert together(graph, "D:1", "D:2")
    assert not together(graph, "D:1", "D:3")


@given(st.text("ACD", min_size=1, max_size=20), st.text("ACD", max_size=30))
def test_infix_edits_are_the_least_over_all_stretches(pattern: str, text: str) -> None:
    stretches = (text[i:j] for i in range(len(text) + 1) for j in range(i, len(text) + 1))
    assert infix_edits(pattern, text) == min(Levenshtein.distance(pattern, part) for part in stretches)


def test_no_near_identical_pair_is_missed() -> None:
    rng = np.random.default_rng(1)
    sequences = []
    for n in (12, 19, 20, 45, 60, 99, 100, 250):
        first = random_sequence(rng, n)
        sequences += [first, mutate(rng, first, n // 20), mutate(rng, first, n // 20 + 1), "WW" + first + "WW"]
        sequences += [first[: n // 2] + first[n // 2 + 1 :]]
    expected = []
    for i, one in enumerate(sequences):
        for j in range(i + 1, len(sequences)):
            short, long = sorted((one, sequences[j]), key=len)
            if infix_edits(short, long) <= int(0.05 * len(short) + 1e-9):
                expected.append((i, j))
    assert near_identical(sequences) == expected
    assert len(expected) > 20


def test_short_or_odd_sequences_are_equal_or_nothing() -> None:
    assert near_identical(["ACDEF", "ACDEF", "ACDE", "acdefghiklmn", "ACDEFGHIKLMNP", ""]) == [(0, 1)]


@pytest.fixture(scope="module")
def starter(bundle_folder: Path) -> KnowledgeGraph:
    return KnowledgeGraph.load(bundle_folder / "kg")


@pytest.mark.bundle
def test_the_starter_graph_has_twins_of_every_sort_and_no_giant_group(starter: KnowledgeGraph) -> None:
    groups = synonym_groups(starter)
    sizes = np.bincount(groups)
    assert sizes.max() < 100
    for modality in starter.modalities:
        rows = starter.rows(modality)
        assert np.isin(groups[rows], rows).all()  # no group spans two modalities
    plain = same_input_groups(starter)
    assert (sizes > 1).sum() > 5 * (np.bincount(plain) > 1).sum()
    for one, other in (("UniProtKB:P0CG47", "UniProtKB:P0CG48"), ("UniProtKB:P68431", "UniProtKB:P84243")):
        assert groups[starter.row(one)] == groups[starter.row(other)]  # ubiquitin B within C; histones H3.1 and H3.3
    assert groups[starter.row("UniProtKB:P04637")] == starter.row("UniProtKB:P04637")
    assert (groups[groups] == groups).all()


@pytest.mark.bundle
def test_proteins_agree_with_cd_hit_as_far_as_it_goes(starter: KnowledgeGraph) -> None:
    """CD-HIT (doi:10.1093/bioinformatics/btl158) counts gaps less than we do, so a few of its clusters are cut."""
    table = Path(__file__).parent / "cd_hit_95.txt"
    groups = synonym_groups(starter)
    clusters = [re.findall(r"\w+", line) for line in table.read_text("ascii").splitlines() if not line.startswith("#")]
    assert len(clusters) == 215
    split = [c for c in clusters if len({int(groups[starter.row(f"UniProtKB:{id_}")]) for id_ in c}) > 1]
    assert len(split) <= 4, split
