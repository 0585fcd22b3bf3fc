"""Forms of one drug become one entity; what an encoder reads is chosen openly; nothing is lost unsaid."""

import pandas as pd
import pytest

from biobridge_core.chem.standardise import standardise
from biobridge_core.config import default_cache
from biobridge_core.kg.packages import PINS, Packages
from biobridge_core.kg.schema import ENTITY_COLUMNS, TRIPLE_COLUMNS, Context, Tables
from biobridge_core.kg.sources.starter import atc, drug_names, drugs, gtopdb
from biobridge_core.kg.sources.starter.drugs import ADMET, Form
from biobridge_core.types import InputKind

GTOPDB = gtopdb.SOURCE
NAMES = drug_names.DrugNames({"imatinib": ["gleevec"], "imatinib mesylate": ["glivec"]}, {"DB00619": "imatinib"})
IMATINIB = "CN1CCN(Cc2ccc(cc2)C(=O)Nc2ccc(C)c(Nc3nccc(n3)-c3cccnc3)c2)CC1"
CONTEXT = Context(proteins_by_accession={"P00519": "UniProtKB:P00519"}, class_ids=frozenset({"ATC:L01EA", "ATC:A12AA"}))


def acts(*ligands: str) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "target": "ABL1", "target_uniprot": "P00519", "target_ligand": "", "target_ligand_uniprot": "",
                "target_species": "Human", "ligand_id": ligand, "type": "Inhibitor", "action": "Inhibition",
                "primary_target": "t", "endogenous": "f", "affinity_units": "pKi", "affinity_low": "",
                "affinity_median": "7.9", "affinity_high": "", "original_affinity_relation": "=", "pubmed_id": "1",
            }
            for ligand in ligands
        ]
    )  # fmt: skip


def assemble(*forms: Form, context: Context = CONTEXT) -> Tables:
    ligands = [form.id for form in forms if form.source == GTOPDB]
    return drugs.assemble(forms, acts(*(ligands or ["none"])), NAMES, context)


def only(tables: Tables) -> dict[str, object]:
    assert len(tables.entities) == 1
    return dict(tables.entities.iloc[0])


def test_salt_isomer_and_label_are_forms_of_one_drug() -> None:
    tables = assemble(
        Form(GTOPDB, "77", "[3H]imatinib", smiles=IMATINIB.replace("CN1", "[3H]CN1", 1), labelled=True),
        Form(GTOPDB, "90", "imatinib", type="Synthetic organic", smiles=IMATINIB, approved=True),
        Form(GTOPDB, "12", "imatinib hydrochloride", smiles=f"{IMATINIB}.Cl"),
        Form(ADMET, "DB00619", "Imatinib", smiles=f"{IMATINIB}.CS(O)(=O)=O", classes=("L01EA",), approved=True),
    )
    drug = only(tables)
    assert drug["id"] == "GtoPdb:90"
    assert drug["name"] == "imatinib"
    assert drug["input"] == standardise(IMATINIB).smiles
    assert drug["input_kind"] == InputKind.SMILES
    assert {"GtoPdb:12", "GtoPdb:77", "DrugBank:DB00619"} <= set(drug["xrefs"])
    assert {"[3H]imatinib", "imatinib hydrochloride", "gleevec", "glivec"} <= set(drug["synonyms"])
    assert {"approved", "several_forms"} <= set(drug["flags"])
    assert "labelled" not in drug["flags"]
    assert set(tables.triples["relation"]) == {"drug_inhibits_protein", "drug_in_therapeutic_class"}
    assert set(tables.triples["head"]) == {"GtoPdb:90"}
    assert len(tables.triples) == 2
    assert tables.dropped["row that is a further form of a drug (merged, not lost)"] == 3


def test_isomer_that_is_approved_names_the_drug() -> None:
    right, left = "OC[C@@H](O)[C@@H]1OC(=O)C(O)=C1O", "OC[C@H](O)[C@H]1OC(=O)C(O)=C1O"
    tables = assemble(
        Form(GTOPDB, "1", "D-ascorbic acid", smiles=right),
        Form(GTOPDB, "2", "L-ascorbic acid", smiles=left),
        Form(ADMET, "DB00126", "Ascorbic acid", smiles=left, approved=True),
    )
    assert only(tables)["name"] == "L-ascorbic acid"


def test_switch_leaves_out_what_only_the_drugbank_table_has() -> None:
    forms = (
        Form(GTOPDB, "1", "imatinib", smiles=IMATINIB),
        Form(ADMET, "DB01", "Otherib", smiles="CCc1ccccc1", classes=("L01EA",), approved=True),
    )
    both = assemble(*forms)
    assert set(both.entities["source"]) == {GTOPDB, ADMET}
    assert "DrugBank:DB01" in set(both.entities["id"])
    off = Context(CONTEXT.proteins_by_accession, class_ids=CONTEXT.class_ids, drugbank_structures=False)
    less = assemble(*forms, context=off)
    assert list(less.entities["id"]) == ["GtoPdb:1"]
    assert less.dropped["drug whose structure only the DrugBank-derived table has, left out by switch"] == 1
    assert set(less.triples["head"]) == {"GtoPdb:1"}


def test_structure_from_drugbank_is_used_for_a_ligand_without_one_unless_switched_off() -> None:
    forms = (
        Form(GTOPDB, "1", "ethylbenzene", type="Synthetic organic"),
        Form(ADMET, "DB01", "Ethylbenzene", smiles="CCc1ccccc1"),
    )
    assert only(assemble(*forms))["input_kind"] == InputKind.SMILES
    off = Context(CONTEXT.proteins_by_accession, class_ids=CONTEXT.class_ids, drugbank_structures=False)
    drug = only(assemble(*forms, context=off))
    assert (drug["input_kind"], drug["input"]) == (InputKind.TEXT, "ethylbenzene. Synthetic organic.")
    assert not any("c1ccccc1" in xref for xref in drug["xrefs"])


def test_platinum_goes_by_text_and_keeps_its_structure() -> None:
    drug = only(
        assemble(Form(GTOPDB, "5343", "cisplatin", type="Inorganic", names=("Platinol",), smiles="N.N.Cl[Pt]Cl"))
    )
    assert drug["input_kind"] == InputKind.TEXT
    assert drug["input"] == "cisplatin. Inorganic. Also called Platinol."
    assert "structure_outside_encoder" in drug["flags"]
    assert any(xref.startswith("SMILES:") and "Pt" in xref for xref in drug["xrefs"])


@pytest.mark.parametrize(
    ("smiles", "flag"),
    [
        ("CC(=O)Oc1ccccc1C(=O)O.Cn1cnc2c1c(=O)n(C)c(=O)n2C", "mixture"),
        ("C" * 300, "structure_too_large"),
        ("[Li+].[Li+].[O-]C([O-])=O", "structure_outside_encoder"),
        ("[Ca+2].CC(=O)[O-].CC(=O)[O-]", "mineral_salt"),
        ("C[Se]C", "structure_outside_encoder"),
        ("not a structure", "structure_unreadable"),
    ],
)
def test_structure_that_no_encoder_reads_is_flagged(smiles: str, flag: str) -> None:
    drug = only(assemble(Form(GTOPDB, "1", "thing", type="Synthetic organic", smiles=smiles)))
    assert drug["input_kind"] == InputKind.TEXT
    assert flag in drug["flags"]
    assert drug["input"].startswith("thing. Synthetic organic.")


def test_mineral_salt_is_no_form_of_its_acid() -> None:
    tables = assemble(
        Form(GTOPDB, "1058", "acetic acid", smiles="CC(=O)O"),
        Form(ADMET, "DB09", "Calcium acetate", smiles="[Ca+2].CC(=O)[O-].CC(=O)[O-]", classes=("A12AA",)),
    )
    assert set(tables.entities["id"]) == {"GtoPdb:1058", "DrugBank:DB09"}


def test_peptides_go_by_sequence_and_labelled_copies_join_them() -> None:
    tables = assemble(
        Form(GTOPDB, "1", "glucagon", type="Peptide", sequence="HSQGTFTSDYSKYLDSRRAQDFVQWLMNT", endogenous=True),
        Form(GTOPDB, "2", "[125I]glucagon", type="Peptide", sequence="HSQGTFTSDYSKYLDSRRAQDFVQWLMNT", labelled=True),
        Form(GTOPDB, "3", "odd", type="Peptide", sequence="HSQXTFTSDYSK"),
        Form(GTOPDB, "4", "short", type="Peptide", sequence="HSQ"),
    )
    kinds = dict(zip(tables.entities["id"], tables.entities["input_kind"], strict=True))
    assert kinds == {"GtoPdb:1": "sequence", "GtoPdb:3": "text", "GtoPdb:4": "text"}
    first = tables.entities.iloc[0]
    assert first["input"] == "HSQGTFTSDYSKYLDSRRAQDFVQWLMNT"
    assert {"endogenous", "peptide"} <= set(first["flags"])


def test_encoder_text_tells_no_role_and_no_target() -> None:
    names = ("D2E7", "anti-TNF antibody", "TNF inhibitor", "Humira")
    drug = only(
        assemble(
            Form(GTOPDB, "4860", "adalimumab", type="Antibody", names=names),
            Form(ADMET, "DB00051", "Adalimumab", classes=("L01EA",)),
        )
    )
    assert drug["input"] == "adalimumab. Antibody. Also called D2E7; Humira."
    assert set(names) <= set(drug["synonyms"])


def test_drugs_without_a_link_are_counted() -> None:
    tables = drugs.assemble(
        [
            Form(GTOPDB, "1", "linked", smiles="CCc1ccccc1"),
            Form(GTOPDB, "2", "alone", smiles="CCCc1ccccc1"),
            Form(ADMET, "DB01", "Alone too", smiles="CCCCc1ccccc1", approved=True, classes=("Z99ZZ",)),
        ],
        acts("1"),
        NAMES,
        CONTEXT,
    )
    assert list(tables.entities["id"]) == ["GtoPdb:1"]
    assert tables.dropped["drug without a link to a human protein or a class, approved"] == 1
    assert tables.dropped["drug without a link to a human protein or a class, not approved"] == 1
    assert tables.dropped["ATC code that is no class of the graph"] == 1


@pytest.fixture(scope="module")
def real() -> Tables:
    """A slice of the real tables: every 48th row, and the drugs that the tests name."""
    for name in ("scConnect", "admet-ai", "drug-named-entity-recognition"):
        if not (default_cache() / "downloads" / PINS[name].file).is_file():
            pytest.skip(f"the package {name} has not been downloaded")
    packages = Packages(default_cache())
    forms = [drugs._from_ligand(ligand) for ligand in gtopdb.ligands(packages)]
    forms += drugs._from_approved(atc.approved_table(packages))
    named = {"aspirin", "acetylsalicylic acid", "cisplatin", "adalimumab", "dexamethasone", "olanzapine", "imatinib"}
    forms = [form for number, form in enumerate(forms) if number % 48 == 0 or form.name.lower() in named]
    table = gtopdb.interactions(packages)
    cells = pd.concat([table["target_uniprot"], table["target_ligand_uniprot"]])
    accessions = {accession for cell in cells for accession in cell.split("|")}
    context = Context(
        proteins_by_accession={accession: f"UniProtKB:{accession}" for accession in accessions},
        class_ids=frozenset(atc.read(packages, Context()).entities["id"]),
    )
    return drugs.assemble(forms, table, drug_names.read(packages), context)


def test_real_tables_hold_their_columns_and_ids(real: Tables) -> None:
    assert list(real.entities.columns) == list(ENTITY_COLUMNS)
    assert list(real.triples.columns) == list(TRIPLE_COLUMNS)
    assert real.entities["id"].is_unique
    assert set(real.triples["head"]) == set(real.entities["id"])
    assert not real.triples.duplicated(["head", "relation", "tail"]).any()
    assert (real.triples[["source", "evidence"]] != "").all(axis=None)
    assert (real.entities[["input", "name", "definition"]] != "").all(axis=None)


def test_real_smiles_are_standard_and_readable_by_the_encoder(real: Tables) -> None:
    smiles = real.entities.loc[real.entities["input_kind"] == "smiles", "input"]
    assert len(smiles) > 100
    for text in smiles.iloc[::5]:
        again = standardise(text)
        assert again.smiles == text
        assert set(again.elements) <= drugs.ENCODER_ELEMENTS
    assert smiles.is_unique


def test_real_drugs_are_found_under_the_names_people_use(real: Tables) -> None:
    drug = {row["name"]: row for row in real.entities.to_dict("records")}
    assert drug["aspirin"]["id"] == "GtoPdb:4139"
    assert "DrugBank:DB00945" in drug["aspirin"]["xrefs"]
    assert "DrugBank:DB00515" in drug["cisplatin"]["xrefs"]
    assert "structure_outside_encoder" in drug["cisplatin"]["flags"]
    assert drug["adalimumab"]["input_kind"] == "text"
    assert "TNF" not in drug["adalimumab"]["input"]
    assert "DrugBank:DB00334" in drug["olanzapine"]["xrefs"]  # the two tables drew different tautomers
    assert "Olanzapine" not in drug
    classes = real.triples.loc[real.triples["head"] == drug["imatinib"]["id"], "tail"]
    assert "ATC:L01EA" in set(classes)
