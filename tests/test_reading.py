"""Notations, questions and lists, read by letters alone and over the shipped graph."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biobridge_core import notation
from biobridge_core.alignment import mutate
from biobridge_core.errors import BioBridgeError, InputError, UnknownEntityError
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.lookup import Lookup
from biobridge_core.notation import IdKind
from biobridge_core.types import QueryKind

SCN1A, TP53, ASPIRIN = "UniProtKB:P35498", "UniProtKB:P04637", "GtoPdb:4139"
ASPIRIN_INCHI = "InChI=1S/C9H8O4/c1-6(10)13-8-5-3-2-4-7(8)9(11)12/h2-5H,1H3,(H,11,12)"


@pytest.fixture(scope="module")
def real(bundle_folder: Path) -> Lookup:
    made = Lookup(KnowledgeGraph.load(bundle_folder / "kg", verify=False))
    made.prepare()
    return made


def params(found, place: int = 0) -> dict[str, str]:
    return dict(found.links[place].params)


@pytest.mark.parametrize(
    ("typed", "curie", "change"),
    [
        ("SCN1A R1648H", SCN1A, "R1648H"), ("SCN1A p.R1648H", SCN1A, "R1648H"), ("SCN1A p.Arg1648His", SCN1A, "R1648H"),
        ("SCN1A:p.(Arg1648His)", SCN1A, "R1648H"), ("scn1a r1648h", SCN1A, "R1648H"), ("SCN1A-R1648H", SCN1A, "R1648H"),
        ("SCN1A(R1648H)", SCN1A, "R1648H"), ("R1648H mutation in SCN1A", SCN1A, "R1648H"), ("P35498 R1648H", SCN1A, "R1648H"),
        ("UniProtKB:P35498:p.R1648H", SCN1A, "R1648H"), ("ENSG00000144285 R1648H", SCN1A, "R1648H"),
        ("SCN1A p.Arg222Ter", SCN1A, "R222*"), ("SCN1A R222X", SCN1A, "R222*"), ("SCN1A R222*", SCN1A, "R222*"),
        ("TP53:R175H", TP53, "R175H"), ("p53 R175H", TP53, "R175H"), ("TP53R175H", TP53, "R175H"),
        ("CFTR F508del", "UniProtKB:P13569", "F508del"), ("CFTR p.Phe508del", "UniProtKB:P13569", "F508del"),
        ("CFTR ΔF508", "UniProtKB:P13569", "F508del"), ("CFTR deltaF508", "UniProtKB:P13569", "F508del"),
        ("EGFR T790M L858R", "UniProtKB:P00533", "T790M L858R"),
        ("NM_001165963.1(SCN1A):c.4943G>A (p.Arg1648His)", SCN1A, "R1648H"),
    ],
)  # fmt: skip
def test_a_gene_with_a_change_is_that_gene_and_its_mutant_one_step_away(
    real: Lookup, typed: str, curie: str, change: str
) -> None:
    found = real.find(typed)
    assert found.chosen is not None
    assert (found.chosen.kind, found.chosen.value) == (QueryKind.ENTITY, curie)
    assert f"{change} fits the sequence of" in found.notes[-1]
    assert found.links[0].page == "compare"
    assert params(found) == {"wild": curie, "mutant": change}
    mutant = next(q for q in found.alternatives if q.kind is QueryKind.SEQUENCE)
    assert mutant.value == mutate(real.graph.entity(curie).input, change)
    assert params(found, 1) == {"q": typed, "as": "sequence"}
    assert real.interpret(typed, "protein") == found.chosen


@pytest.mark.parametrize(
    ("typed", "curie", "says"),
    [
        ("SCN1A K1648H", SCN1A, "SCN1A has R at position 1648, not K."), ("TP53 R1175H", TP53, "TP53 has 393 residues, so no position"),
        ("MTHFR C677T", "UniProtKB:P42898", "If it is a change of the DNA (c.), it cannot be read here."),
    ],
)  # fmt: skip
def test_a_change_that_does_not_fit_is_said_and_not_made(real: Lookup, typed: str, curie: str, says: str) -> None:
    found = real.find(typed)
    assert found.chosen is not None
    assert found.chosen.value == curie
    assert says in found.notes[-1]
    assert found.links == ()
    assert all(q.kind is QueryKind.TEXT for q in found.alternatives)


def test_a_number_without_the_first_methionine_is_set_right_and_said(real: Lookup) -> None:
    found = real.find("HBB E6V")
    assert "HBB has P at position 6, not E." in found.notes[-1]
    assert "it is E7V" in found.notes[-1]
    assert params(found) == {"wild": "UniProtKB:P68871", "mutant": "E7V"}


@pytest.mark.parametrize(
    ("typed", "what"),
    [
        ("p.R1648H", "no gene is named"), ("p.Arg1648His", "no gene is named"), ("rs121918817", "rs number of dbSNP"),
        ("NM_001165963.1:c.4943G>A", "change of the coding DNA"), ("c.4943G>A", "change of the coding DNA"), ("chr2:g.166848438G>A", "position in the genome"),
        ("2-166848438-G-A", "position in the genome"), ("chr2:166848438", "position in the genome"), ("NP_008851.3:p.Arg1648His", "no gene"),
        ("ENST00000303395", "transcript"), ("VCV000012345", "ClinVar"),
    ],
)  # fmt: skip
def test_what_takes_a_database_is_refused_with_what_can_be_read(real: Lookup, typed: str, what: str) -> None:
    with pytest.raises(InputError) as caught:
        real.find(typed)
    assert what in caught.value.message
    assert "SCN1A R1648H" in caught.value.hint


@pytest.mark.parametrize(
    "typed",
    ["SCN1A c.4943G>A", "SCN1A:c.4943G>A", "NM_001165963.1(SCN1A):c.4943G>A", "SCN1A rs121918817", "SCN1A c.603-91G>A", "SCN1A p.Lys1846fs", "SCN1A IVS5+1G>A"],
)  # fmt: skip
def test_the_gene_of_a_change_that_cannot_be_read_is_offered(real: Lookup, typed: str) -> None:
    found = real.find(typed)
    assert found.chosen is None
    assert found.guess is None
    assert [q.value for q in found.alternatives] == [SCN1A]
    assert "SCN1A R1648H" in found.notes[-1]


def test_a_change_of_no_known_gene_is_never_searched_as_text_unasked(real: Lookup) -> None:
    near = real.find("SCN1X R1648H")
    assert near.chosen is None
    assert SCN1A in [q.value for q in near.alternatives]
    with pytest.raises(InputError, match="Nothing in the graph is called “QQZZY”"):
        real.find("QQZZY R1648H")
    for typed in ("R1648H", "cystic fibrosis F508del"):
        assert real.find(typed).chosen is None


@pytest.mark.parametrize(
    "typed",
    ["TP53", "HLA-B27", "vitamin B12", "CYP2D6", "E2F1", "interleukin 2", "CD4 T cells", "factor V Leiden", "H1N1", "C1QA", "hereditary spastic paraplegia 11",
     "C12C(CCC1)C2", "trisomy 21", "deficiency of complement C1r", "type 2 diabetes"],
)  # fmt: skip
def test_names_with_numbers_are_no_changes(real: Lookup, typed: str) -> None:
    assert real.find(typed).links == ()
    read = notation.variant(typed)
    assert read is None or not read.sure or typed.startswith("C12")


@pytest.mark.parametrize(
    ("typed", "curie"),
    [
        ("BSYNRYMUTXBXSQ-UHFFFAOYSA-N", ASPIRIN), ("InChIKey=BSYNRYMUTXBXSQ-UHFFFAOYSA-N", ASPIRIN), ("bsynrymutxbxsq-uhfffaoysa-n", ASPIRIN),
        ("CID 2244", ASPIRIN), ("CID:2244", ASPIRIN), ("PubChem 2244", ASPIRIN), ("PubChem CID 2244", ASPIRIN), ("DB00945", ASPIRIN),
        ("DrugBank DB00945", ASPIRIN), ("N02B", "ATC:N02B"), ("ATC N02B", "ATC:N02B"), ("ATC code N02BA", "ATC:N02BA"),
    ],
)  # fmt: skip
def test_ids_that_the_graph_holds_lead_to_the_drug_or_class(real: Lookup, typed: str, curie: str) -> None:
    found = real.find(typed)
    assert found.chosen is not None
    assert found.chosen.value == curie
    assert found.notes == ()


@pytest.mark.parametrize("typed", ["BSYNRYMUTXBXSQ-ZZZZZZZZSA-N", "BSYNRYMUTXBXSQ"])
def test_the_first_block_of_a_key_is_said_to_be_no_more(real: Lookup, typed: str) -> None:
    found = real.find(typed)
    assert found.chosen is not None
    assert found.chosen.value == ASPIRIN
    assert "first block" in found.notes[-1]


@pytest.mark.parametrize(
    ("typed", "says", "hint"),
    [
        ("AAAAAAAAAAAAAA-UHFFFAOYSA-N", "No drug of the graph has the InChIKey", "SMILES"), ("CHEMBL25", "holds no ChEMBL ids", "DrugBank id"),
        ("ChEMBL:25", "CHEMBL25", "DrugBank id"), ("CHEMBL.COMPOUND:CHEMBL25", "no ChEMBL ids", "DrugBank id"), ("50-78-2", "holds no CAS numbers", "SMILES"),
        ("CAS 50-78-2", "holds no CAS numbers", "SMILES"), ("CAS 50-78-3", "last digit does not fit", "SMILES"), ("CID 999999999", "PubChem CID", "SMILES"),
        ("DB99999", "DrugBank id DB99999", "SMILES"), ("99999999", "A number alone", "CID 99999999"), ("InChI=1S/nonsense", "not an InChI", "whole"),
    ],
)  # fmt: skip
def test_ids_that_the_graph_does_not_hold_are_refused_with_what_works(
    real: Lookup, typed: str, says: str, hint: str
) -> None:
    with pytest.raises(InputError) as caught:
        real.find(typed)
    assert says in caught.value.message
    assert hint in caught.value.hint


def test_a_substance_code_offers_its_class_and_a_bare_number_what_it_may_be(real: Lookup) -> None:
    one, number = real.find("N02BA01"), real.find("2244")
    assert [one.chosen, number.chosen] == [None, None]
    assert [q.value for q in one.alternatives] == ["ATC:N02BA"]
    assert ASPIRIN in [q.value for q in number.alternatives]


def test_an_inchi_is_its_molecule(real: Lookup) -> None:
    found = real.find(ASPIRIN_INCHI)
    assert found.chosen is not None
    assert (found.chosen.kind, found.chosen.value) == (QueryKind.SMILES, "CC(=O)Oc1ccccc1C(=O)O")
    assert real.graph.ids[real.identify(found.chosen) or -1] == ASPIRIN
    assert real.interpret(ASPIRIN_INCHI, "drug") == found.chosen


@pytest.mark.parametrize(
    ("typed", "name", "to"),
    [
        ("what treats epilepsy?", "epilepsy", "drug"), ("Drugs for epilepsy", "epilepsy", "drug"), ("which drugs are used to treat epilepsy", "epilepsy", "drug"),
        ("genes for epilepsy", "epilepsy", "protein"), ("which genes cause Huntington disease?", "Huntington disease", "protein"), ("what causes epilepsy", "epilepsy", "protein"),
        ("treatment of Alzheimer disease", "Alzheimer disease", "drug"), ("how is epilepsy treated?", "epilepsy", "drug"), ("side effects of aspirin", "aspirin", "phenotype"),
        ("targets of aspirin", "aspirin", "protein"), ("what does aspirin treat", "aspirin", "disease"), ("what is TP53?", "TP53", ""), ("SCN1A gene", "SCN1A", ""),
        ("what is the function of TP53", "TP53", "biological_process"), ("epilepsy drugs", "epilepsy", "drug"), ("symptoms of Marfan syndrome", "Marfan syndrome", "phenotype"),
    ],
)  # fmt: skip
def test_a_question_about_a_name_is_that_name_and_the_kind_asked_for(
    real: Lookup, typed: str, name: str, to: str
) -> None:
    found = real.find(typed)
    assert found.chosen is not None
    assert (found.chosen.kind, found.chosen.label, found.to) == (QueryKind.ENTITY, name, to)
    assert "question" in found.notes[0]
    assert any(q.kind is QueryKind.TEXT and q.value == typed for q in found.alternatives), "words stay a way to ask"


@pytest.mark.parametrize(
    "typed",
    ["what treats the thing in my head", "drugs for nobody knows what", "genes of the membrane of the nucleus wall"],
)
def test_a_question_about_no_name_stays_words(real: Lookup, typed: str) -> None:
    found = real.find(typed)
    assert found.chosen is not None
    assert found.chosen.kind is QueryKind.TEXT


@pytest.mark.parametrize(
    ("typed", "labels"),
    [
        ("BRCA1 BRCA2", ["BRCA1", "BRCA2"]), ("SCN1A, KCNQ2", ["SCN1A", "KCNQ2"]), ("BRCA1 and BRCA2", ["BRCA1", "BRCA2"]), ("brca1/brca2".upper(), ["BRCA1", "BRCA2"]),
        ("BRCA1\nBRCA2\nPALB2", ["BRCA1", "BRCA2", "PALB2"]), ("aspirin ibuprofen", ["aspirin", "ibuprofen"]), ("epilepsy, asthma", ["epilepsy", "asthma"]),
        ("SCN1A, KCNQ2, QQZZY", ["SCN1A", "KCNQ2"]),
    ],
)  # fmt: skip
def test_several_names_are_offered_together(real: Lookup, typed: str, labels: list[str]) -> None:
    found = real.find(typed)
    assert found.chosen is None
    assert found.guess is None
    assert [q.label for q in found.alternatives] == labels
    assert params(found) == {"set": ",".join(q.value for q in found.alternatives)}
    assert ("QQZZY" in typed) == ("Nothing is called “QQZZY”" in found.notes[-1])


def test_two_names_of_two_kinds_can_be_compared_as_a_pair(real: Lookup) -> None:
    assert params(real.find("aspirin, PTGS2"), 1) == {"a": ASPIRIN, "b": "UniProtKB:P35354"}


def test_a_list_of_findings_is_a_description_of_a_patient(real: Lookup) -> None:
    found = real.find("seizures, ataxia")
    assert found.chosen is not None
    assert (found.chosen.kind, found.chosen.modality) == (QueryKind.TEXT, "phenotype")
    assert "findings" in found.notes[-1]


@pytest.mark.parametrize(
    "typed",
    [
        "cat allergy",
        "heart failure",
        "insulin resistance",
        "glucose transport",
        "rest pain",
        "iron deficiency anemia",
        "epilepsy, progressive myoclonic, type",
        "3-methylglutaconic aciduria, type",
    ],
)
def test_words_that_are_names_too_are_no_list(real: Lookup, typed: str) -> None:
    assert real.find(typed).links == ()


@pytest.mark.parametrize(
    ("typed", "first", "never"),
    [("lithium", "Li+", "ABCC8"), ("HIV", "HIV infectious disease", "HJV"), ("water", "water transport", "immature cataract"), ("Parkinson", "Parkinson disease", "")],
)  # fmt: skip
def test_names_that_go_on_where_a_word_ends_come_before_slips_and_by_names(
    real: Lookup, typed: str, first: str, never: str
) -> None:
    labels = [q.label for q in real.find(typed).alternatives if q.kind is QueryKind.ENTITY]
    assert labels[0] == first
    assert never not in labels


def test_a_number_is_told_from_a_cas_number_by_its_check_digit() -> None:
    assert notation.identifier("50-78-2") == (IdKind.CAS, "50-78-2")
    assert notation.identifier("2020-12-1") is None
    assert notation.checks("7732-18-5")
    assert not notation.checks("7732-18-4")


@given(st.text(max_size=60) | st.text("SCN1AR648Hp.c():>_- gdelrs*", max_size=40))
def test_any_text_is_read_or_left_without_a_crash(small_graph: KnowledgeGraph, text: str) -> None:
    notation.identifier(text), notation.variant(text), notation.question(text), notation.several(text)


def test_long_input_is_left_alone_at_once(real: Lookup) -> None:
    for text in (
        "SCN1A R1648H " * 5_000,
        "what is " * 9_000,
        "(" * 9_000,
        "A1" * 9_000,
        "drugs for " * 900,
        "InChI=1S/" + "C" * 9_900,
    ):
        started = time.process_time()
        try:
            real.find(text)
        except BioBridgeError as error:
            assert not isinstance(error, UnknownEntityError)  # noqa: PT017
        assert time.process_time() - started < 2.0
