"""Guide to PHARMACOLOGY: every real type and action, names without HTML, affinities as a person writes them."""

import pandas as pd
import pytest

from biobridge_core.config import default_cache
from biobridge_core.errors import GraphError
from biobridge_core.kg.packages import PINS, Packages
from biobridge_core.kg.sources.starter import gtopdb
from biobridge_core.kg.sources.starter.vocabulary import RELATIONS


@pytest.fixture(scope="module")
def packages() -> Packages:
    if not (default_cache() / "downloads" / PINS["scConnect"].file).is_file():
        pytest.skip("the package scConnect has not been downloaded")
    return Packages(default_cache())


def row(**changes: str) -> dict[str, str]:
    return {
        "target": "5-HT<sub>1A</sub> receptor", "target_uniprot": "P08908", "target_ligand": "",
        "target_ligand_uniprot": "", "target_species": "Human", "ligand_id": "1", "type": "Agonist",
        "action": "Full agonist", "primary_target": "f", "endogenous": "f", "affinity_units": "pKi",
        "affinity_low": "", "affinity_median": "8.9", "affinity_high": "", "original_affinity_relation": "=",
        "pubmed_id": "123",
    } | changes  # fmt: skip


PROTEINS = {"P08908": "UniProtKB:P08908", "P46098": "UniProtKB:P46098", "O95264": "UniProtKB:O95264"}


def links(*rows: dict[str, str]) -> tuple[list[dict[str, str]], dict[str, int]]:
    triples, dropped = gtopdb.links(pd.DataFrame(rows), {"1": "GtoPdb:1"}, PROTEINS)
    return triples.to_dict("records"), dropped


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("TXA<sub>2</sub>", "TXA2"),
        ("[<sup>125</sup>I]&alpha;-bungarotoxin", "[125I]α-bungarotoxin"),
        ("[<small>D</small>-Tyr]NPY", "[D-Tyr]NPY"),
        ("Gleevec&reg;", "Gleevec"),
        ("a <i>b</i>  c", "a b c"),
        ("pKi < 5 > 3", "pKi < 5 > 3"),
    ],
)
def test_names_lose_their_html(raw: str, clean: str) -> None:
    assert gtopdb.plain(raw) == clean


@pytest.mark.parametrize(
    ("kind", "action", "name"),
    [
        ("Inhibitor", "Irreversible inhibition", "drug_inhibits_protein"),
        ("Agonist", "Partial agonist", "drug_agonist_of_protein"),
        ("Agonist", "Inverse agonist", "drug_antagonist_of_protein"),
        ("Antagonist", "Antagonist", "drug_antagonist_of_protein"),
        ("Antagonist", "Full agonist", "drug_binds_protein"),
        ("Allosteric modulator", "Negative", "drug_modulates_protein"),
        ("Channel blocker", "None", "drug_blocks_protein"),
        ("Gating inhibitor", "Slows inactivation", "drug_blocks_protein"),
        ("Activator", "Activation", "drug_modulates_protein"),
        ("Activator", "Full agonist", "drug_agonist_of_protein"),
        ("Antibody", "Binding", "drug_binds_protein"),
        ("None", "None", "drug_binds_protein"),
    ],
)
def test_action_decides_the_relation(kind: str, action: str, name: str) -> None:
    assert gtopdb.relation(kind, action) == name
    assert RELATIONS[name].forward


def test_unknown_type_stops_the_build() -> None:
    with pytest.raises(GraphError, match="Chaperone"):
        gtopdb.relation("Chaperone", "None")


def test_rows_of_one_link_become_one_triple() -> None:
    triples, dropped = links(row(), row(affinity_median="8.5", pubmed_id="99|7", primary_target="t"))
    assert dropped == {}
    assert len(triples) == 1
    assert triples[0]["value"] == "pKi 8.7 (8.5–8.9)"
    assert triples[0]["evidence"] == "Agonist (full agonist); primary target; PMID:7, PMID:99, PMID:123"


def test_each_protein_of_a_complex_gets_a_link() -> None:
    triples, _ = links(row(target="5-HT<sub>3</sub>AB", target_uniprot="P46098|O95264"))
    assert {triple["tail"] for triple in triples} == {"UniProtKB:P46098", "UniProtKB:O95264"}
    assert all("as part of 5-HT3AB" in triple["evidence"] for triple in triples)


def test_a_ligand_can_be_the_target() -> None:
    triples, _ = links(row(target="", target_uniprot="", target_ligand="x", target_ligand_uniprot="P08908"))
    assert triples[0]["tail"] == "UniProtKB:P08908"


def test_what_is_left_out_is_counted() -> None:
    triples, dropped = links(
        row(target_species="Rat"), row(target_species="None"), row(target_uniprot=""), row(ligand_id="2"),
        row(target_uniprot="Q00000"), row(target_uniprot="P46098|Q00000"),
    )  # fmt: skip
    assert [triple["tail"] for triple in triples] == ["UniProtKB:P46098"]
    assert sorted(dropped.values()) == [1, 1, 2, 2]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([row(affinity_median="6.46999979019165")], "pKi 6.5"),
        ([row(affinity_median="", affinity_low="7.8", affinity_high="8.4")], "pKi 8.1 (7.8–8.4)"),
        ([row(original_affinity_relation=">", affinity_median="5.0")], "pKi <5.0"),
        ([row(original_affinity_relation="<", affinity_median="8.0")], "pKi >8.0"),
        ([row(affinity_units="pIC50", affinity_median="9.0"), row()], "pKi 8.9"),
        ([row(affinity_units="-", affinity_median="")], ""),
    ],
)
def test_affinity_is_readable(rows: list[dict[str, str]], words: str) -> None:
    assert gtopdb.affinity(rows) == words


def test_every_real_row_has_a_relation(packages: Packages) -> None:
    table = gtopdb.interactions(packages)
    assert len(table) == 20_268
    for kind, action in set(zip(table["type"], table["action"], strict=True)):
        assert gtopdb.relation(kind, action) in RELATIONS
    for kind, actions in gtopdb.RELATION_OF.items():
        real = set(table.loc[table["type"] == kind, "action"])
        assert set(actions) - {""} <= real, f"{kind} names an action that never occurs"


def test_real_ligands_are_clean(packages: Packages) -> None:
    ligands = {ligand.id: ligand for ligand in gtopdb.ligands(packages)}
    assert len(ligands) == 10_659
    assert ligands["4139"].name == "aspirin"
    assert ligands["3633"].sequence.startswith("SYSMEHFRWGKP")
    assert not ligands["3633"].foreign
    assert ligands["1331"].foreign
    for ligand in ligands.values():
        for name in (ligand.name, *ligand.synonyms):
            assert "</" not in name
            assert "&alpha;" not in name
            assert name.isprintable()
