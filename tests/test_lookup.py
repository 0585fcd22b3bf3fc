from __future__ import annotations

import time
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA
from samples import ASPIRIN, TP53

from biobridge_core.errors import BioBridgeError, InputError, UnknownEntityError
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.lookup import Lookup, clean, spoken_of_a_patient
from biobridge_core.names import Names, _folded, normalise
from biobridge_core.types import QueryKind


@pytest.fixture(scope="module")
def lookup(small_graph: KnowledgeGraph) -> Lookup:
    return Lookup(small_graph)


@pytest.mark.parametrize(
    ("text", "curie"),
    [
        ("TP53", "UniProtKB:P04637"), ("tp53", "UniProtKB:P04637"), ("  TP53\n", "UniProtKB:P04637"),
        ("UniProtKB:P04637", "UniProtKB:P04637"), ("uniprotkb:p04637", "UniProtKB:P04637"), ("P04637", "UniProtKB:P04637"),
        ("tumor protein p53", "UniProtKB:P04637"), ("HGNC:11998", "UniProtKB:P04637"),
        ("Aspro", "GtoPdb:4139"), ("acetylsalicylic-acid", "GtoPdb:4139"), ("DB00945", "GtoPdb:4139"), ("DrugBank:DB00945", "GtoPdb:4139"),
        ("Li Fraumeni syndrome", "MONDO:0018875"), ("OMIM:151623", "MONDO:0018875"),
        ("apoptosis", "GO:0006915"), ("GO:0006915", "GO:0006915"), ("ATC:L01EB", "ATC:L01EB"), ("L01EB", "ATC:L01EB"),
    ],
)  # fmt: skip
def test_names_synonyms_and_ids_are_found(lookup: Lookup, text: str, curie: str) -> None:
    chosen = lookup.find(text).chosen
    assert chosen is not None
    assert (chosen.kind, chosen.value) == (QueryKind.ENTITY, curie)


def test_a_symbol_of_two_genes_is_asked_back(lookup: Lookup) -> None:
    found = lookup.find("PS1")
    assert found.chosen is None
    assert {q.value for q in found.alternatives if q.kind is QueryKind.ENTITY} == {
        "UniProtKB:P00533",
        "UniProtKB:P49768",
    }
    assert "Choose" in found.notes[-1]


def test_a_name_in_two_modalities_takes_the_name_and_offers_the_synonym(lookup: Lookup) -> None:
    found = lookup.find("epilepsy")
    assert found.chosen is not None
    assert found.chosen.value == "MONDO:0005027"
    assert "HP:0001250" in [query.value for query in found.alternatives]


def test_a_misspelt_name_is_offered_not_guessed(lookup: Lookup) -> None:
    found = lookup.find("Li-Fraumenni syndrom")
    assert found.chosen is None
    assert found.alternatives[0].value == "MONDO:0018875"


@pytest.mark.parametrize(("typed", "curie"), [("li fraumeni", "MONDO:0018875"), ("tumor protein", "UniProtKB:P04637")])
def test_the_beginning_of_a_name_is_completed_not_guessed(lookup: Lookup, typed: str, curie: str) -> None:
    found = lookup.find(typed)
    assert found.chosen is None
    assert found.alternatives[0].value == curie


@pytest.mark.parametrize("typed", ["TP-53", "tp 53", "P-53"])
def test_a_dash_in_a_symbol_does_not_matter(lookup: Lookup, typed: str) -> None:
    assert "UniProtKB:P04637" in [q.value for q in (lookup.find(typed).chosen,) if q is not None]


@pytest.mark.parametrize("typed", ["TP35", "TP5", "TP533", "TO53"])
def test_one_slip_in_a_symbol_is_offered(lookup: Lookup, typed: str) -> None:
    found = lookup.find(typed)
    assert found.chosen is None
    assert found.alternatives[0].value == "UniProtKB:P04637"


def test_a_word_close_to_nothing_is_searched_as_text_and_said(lookup: Lookup) -> None:
    found = lookup.find("quux")
    assert found.chosen is not None
    assert found.chosen.kind is QueryKind.TEXT
    assert "free text" in found.notes[-1]


def test_sequence_and_smiles_are_recognised_and_identified(lookup: Lookup) -> None:
    sequence, molecule = lookup.find(f">my protein\n{TP53}").chosen, lookup.find("OC(=O)c1ccccc1OC(C)=O").chosen
    assert sequence is not None
    assert molecule is not None
    assert (sequence.kind, sequence.modality, sequence.value) == (QueryKind.SEQUENCE, "protein", TP53)
    assert (molecule.kind, molecule.modality, molecule.value) == (QueryKind.SMILES, "drug", ASPIRIN)
    assert lookup.graph.ids[lookup.identify(sequence) or -1] == "UniProtKB:P04637"
    assert lookup.graph.ids[lookup.identify(molecule) or -1] == "GtoPdb:4139"


def test_what_was_changed_in_a_molecule_or_sequence_is_said(lookup: Lookup) -> None:
    assert "Cl" in lookup.find("CC(=O)Oc1ccccc1C(=O)O.Cl").notes[0]
    assert "numbers" in lookup.find(f"1 {TP53[:40]} 41 {TP53[40:]}").notes[0]
    assert lookup.find(ASPIRIN).notes == ()


def test_free_text_can_be_asked_as_every_text_modality(lookup: Lookup) -> None:
    found = lookup.find("autosomal recessive disease with early-onset seizures")
    assert found.chosen is not None
    assert found.chosen.kind is QueryKind.TEXT
    assert {q.modality for q in found.alternatives} == {
        "disease", "phenotype", "biological_process", "molecular_function", "cellular_component", "therapeutic_class",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "nothing to search"), ("   \n", "nothing to search"), ("\x00\x07", "nothing to search"), ("<b></b>", "nothing to search"),
        ("x", "One character"), ("?!", "no letter"), ("🧬🧬", "no letter"), ("a ?", "Single characters"), ("word " * 20_000, "99,999 characters"), ("a" * 200_001, "200,001 characters"),
        ("UniProtKB:Q99999", "no entity UniProtKB:Q99999"), ("HP:9999999", "no entity HP:9999999"),
        ("MEEPQSDPSVEPPLSQETFSDLWKLJPENN", "'J' at position 26"),
        ("CC(=O", "SMILES"), ("CCO.CCN", "two molecules"), ("C" * 1000, "atoms"),
    ],
)  # fmt: skip
def test_bad_input_is_named(lookup: Lookup, text: str, says: str) -> None:
    with pytest.raises(BioBridgeError) as caught:
        lookup.find(text)
    assert says in caught.value.message
    assert caught.value.hint


def test_control_characters_and_tags_are_left_out_and_said() -> None:
    text, notes = clean("seizures \x07and <script>alert(1)</script> ataxia")
    assert text == "seizures and  alert(1)  ataxia"
    assert len(notes) == 2


def test_switching_reads_the_input_as_another_modality(lookup: Lookup) -> None:
    query = lookup.interpret("epilepsy", "phenotype")
    assert (query.kind, query.value) == (QueryKind.ENTITY, "HP:0001250")
    assert lookup.interpret("a heart that is too large", "phenotype").kind is QueryKind.TEXT
    with pytest.raises(InputError):
        lookup.interpret("a heart that is too large", "protein")
    with pytest.raises(UnknownEntityError):
        lookup.interpret("epilepsy", "weather")


def test_normalise_folds_case_dashes_and_quotes() -> None:
    assert normalise("Parkinson\u2019s  Disease\u2013Type-2") == "parkinson's disease type 2"


@given(st.lists(st.text(max_size=30) | st.text("aB-_ \t\n\x1f9", max_size=12)))
def test_a_column_is_folded_as_each_of_its_words(words: list[str]) -> None:
    assert _folded(pa.array(words, pa.string())).to_pylist() == [normalise(word) for word in words]


def test_every_word_of_every_entity_leads_to_it(lookup: Lookup) -> None:
    graph = lookup.graph
    for row in range(graph.n_entities):
        entity = graph.entity(row)
        for word in (entity.id, entity.name, entity.full_name, *entity.synonyms, *entity.xrefs):
            if word and not word.startswith("SMILES:"):
                assert row in [found for _, found in lookup._names[normalise(word)]], word


@pytest.fixture(scope="module")
def real(bundle_folder: Path) -> Lookup:
    made = Lookup(KnowledgeGraph.load(bundle_folder / "kg", verify=False))
    made.prepare()
    return made


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("ibuprofin", "ibuprofen"), ("cisplatn", "cisplatin"), ("hemophillia", "hemophilia"), ("schizofrenia", "schizophrenia"),
        ("Duchene muscular distrofy", "Duchenne muscular dystrophy"), ("huntingtons disease", "Huntington disease"),
    ],
)  # fmt: skip
def test_a_clear_typo_is_guessed_and_still_to_be_confirmed(real: Lookup, typed: str, name: str) -> None:
    found = real.find(typed)
    assert found.chosen is None, "a script never gets an answer about something else"
    assert found.guess is not None
    assert found.guess.label == name
    assert found.guess in found.alternatives


@pytest.mark.parametrize("typed", ["SCN1", "TP35", "Alzheimer", "parkinsons"])
def test_what_may_be_several_things_is_not_guessed(real: Lookup, typed: str) -> None:
    found = real.find(typed)
    assert found.chosen is None
    assert found.guess is None
    assert len([q for q in found.alternatives if q.kind is QueryKind.ENTITY]) >= 2


@pytest.mark.parametrize(("typed", "first"), [("parkinsons", "Parkinson disease"), ("hemoglobin beta", "HBB")])
def test_an_ending_or_a_word_between_does_not_hide_a_name(real: Lookup, typed: str, first: str) -> None:
    assert real.find(typed).alternatives[0].label == first


def test_a_brand_is_told_from_a_gene_by_its_capitals_and_asked_about_without_them(real: Lookup) -> None:
    for typed, name in (("Advil", "ibuprofen"), ("ADVIL", "AVIL")):
        chosen = real.find(typed).chosen
        assert chosen is not None
        assert chosen.label == name
    asked = real.find("advil")
    assert asked.chosen is None
    assert {"ibuprofen", "AVIL"} <= {q.label for q in asked.alternatives}


def test_a_name_of_a_disease_and_a_phenotype_is_the_disease(real: Lookup) -> None:
    found = real.find("Schizophrenia")
    assert found.chosen is not None
    assert found.chosen.modality == "disease"
    assert found.alternatives[0].modality == "phenotype"


@pytest.mark.parametrize(
    ("text", "modality"),
    [
        ("my patient has seizures and a small head", "phenotype"), ("a boy with ataxia and cataracts", "phenotype"),
        ("She presented with jaundice", "phenotype"), ("a 3 year-old who cannot walk", "phenotype"),
        ("autosomal recessive disease with early-onset seizures", ""), ("a disorder which has muscle weakness", ""),
        ("membrane of the nucleus", ""),
    ],
)  # fmt: skip
def test_words_about_a_person_make_it_findings(real: Lookup, text: str, modality: str) -> None:
    assert spoken_of_a_patient(text) == bool(modality)
    if modality:
        found = real.find(text)
        assert found.chosen is not None
        assert found.chosen.modality == modality
        assert "findings" in found.notes[-1]
        assert "disease" in {q.modality for q in found.alternatives}


def test_a_misspelt_name_among_all_words_takes_under_50_milliseconds(real: Lookup) -> None:
    typed = ("ibuprofin", "Duchene muscular distrofy", "TP35", "Alzheimer", "hemoglobin beta", "parkinsons")
    taken = []
    for text in typed:
        start = time.process_time()
        real.find(text)
        taken.append(time.process_time() - start)
    assert len(real._names._words) > 200_000
    assert sorted(taken)[len(taken) // 2] < 0.05


def test_no_near_name_is_missed_by_the_filter_on_letters(lookup: Lookup) -> None:
    names = Names(lookup.graph)
    words = names._words.to_pylist()
    for key in ("tp35", "li fraumenni syndrom", "epilepsi", "apoptosys", "acetylsalicylic acit"):
        for slips in (1, 2, 3):
            near = {word for word in words if OSA.distance(key, word) <= slips}
            assert near <= {word for _, word in names.near(key, slips)}


def test_a_run_of_one_letter_beyond_the_longest_protein_is_too_long_not_dna(lookup: Lookup) -> None:
    with pytest.raises(InputError, match="40,000 residues"):
        lookup.find("A" * 40_000)
