"""The counting of the composition benchmark, on pairs counted by hand."""

from __future__ import annotations

import importlib
from collections import Counter
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from biobridge_core.kg.graph import KnowledgeGraph, Source
from biobridge_core.kg.schema import ENTITY_COLUMNS, TRIPLE_COLUMNS
from biobridge_core.kg.sources.starter.vocabulary import MODALITIES, RELATIONS

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def composition(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("composition")


@pytest.fixture
def graph() -> KnowledgeGraph:
    """Two drugs of a class used for hypertension, one of which binds a protein of a rare disease."""
    entities = [
        ("GtoPdb:1", "drug", "one", ["DrugBank:DB00001", "InChIKey:AAAAAAAAAAAAAA-UHFFFAOYSA-N"]),
        ("GtoPdb:2", "drug", "two", ["DrugBank:DB00002", "InChIKey:BBBBBBBBBBBBBB-UHFFFAOYSA-N"]),
        ("ATC:C02", "therapeutic_class", "antihypertensives", []),
        ("UniProtKB:P1", "protein", "P", []),
        ("MONDO:1", "disease", "hypertensive disorder", []),
        ("MONDO:2", "disease", "essential hypertension", []),
        ("MONDO:3", "disease", "rare disease", ["OMIM:3"]),
    ]
    links = [
        ("GtoPdb:1", "drug_in_therapeutic_class", "ATC:C02"),
        ("GtoPdb:2", "drug_in_therapeutic_class", "ATC:C02"),
        ("ATC:C02", "therapeutic_class_used_for_disease", "MONDO:1"),
        ("GtoPdb:1", "drug_inhibits_protein", "UniProtKB:P1"),
        ("UniProtKB:P1", "protein_associated_with_disease", "MONDO:3"),
        ("MONDO:2", "disease_is_a", "MONDO:1"),
    ]
    rows = [
        (id_, modality, name, "", [], "", xrefs, MODALITIES[modality].input_kind.value, "MKT", "s", [])
        for id_, modality, name, xrefs in entities
    ]
    return KnowledgeGraph.from_tables(
        pd.DataFrame(rows, columns=list(ENTITY_COLUMNS)),
        pd.DataFrame([(*link, "s", "", "") for link in links], columns=list(TRIPLE_COLUMNS)),
        MODALITIES,
        RELATIONS,
        {"s": Source("s", "source", "1", "2026", "CC0", "", "", "")},
    )


def test_precision_and_recall_are_those_counted_by_hand(composition: ModuleType, graph: KnowledgeGraph) -> None:
    one, two = graph.row("GtoPdb:1"), graph.row("GtoPdb:2")
    hypertension, essential, rare = (graph.row(f"MONDO:{number}") for number in (1, 2, 3))
    routes = composition.compose_all(graph, [one, two])
    assert routes["class"] == {(one, hypertension), (two, hypertension)}
    assert routes["target"] == {(one, rare)}
    assert routes["either"] == routes["class"] | routes["target"]
    indications = composition.Mapped(
        indicated={(one, hypertension), (two, essential), (one, rare)}, refuted={(two, hypertension)}, lost=Counter()
    )
    above = composition.disease_closure(graph)
    assert above[essential] == {hypertension}
    covered = composition.coverable(graph, "class")
    assert covered == {hypertension}
    found = composition.measure(indications, routes["class"], above, covered)
    assert (found["indications"], found["composed"], found["both"]) == (3, 2, 1)
    assert (found["precision"], found["recall"]) == (0.5, 0.3333)
    assert (found["indications_coverable"], found["recall_coverable"]) == (1, 1.0)
    assert (found["precision_with_above"], found["recall_with_above"]) == (1.0, 0.6667)
    assert (found["precision_with_below"], found["recall_with_below"]) == (0.5, 0.3333)
    assert (found["refuted"], found["refuted_composed"]) == (1, 1)


def test_a_table_is_mapped_and_what_is_lost_is_counted(
    composition: ModuleType, graph: KnowledgeGraph, tmp_path: Path
) -> None:
    table = tmp_path / "set.tsv"
    lines = [
        ("gtopdb_ligand_id", "drugbank_id", "inchikey14", "omim_id", "disease_node", "category"),
        ("1", "", "", "", "MONDO:1", "DM"),
        ("", "DB00002", "", "", "MONDO:2", "SYM"),
        ("", "", "BBBBBBBBBBBBBB", "OMIM:3", "MONDO:9", "DM"),
        ("", "", "BBBBBBBBBBBBBB", "", "MONDO:1", "NOT"),
        ("9", "", "", "", "MONDO:1", "DM"),
        ("1", "", "", "", "HP:1", "DM"),
        ("1", "", "", "", "MONDO:1", "OTHER"),
    ]
    table.write_text("\n".join("\t".join(line) for line in lines), encoding="utf-8")
    source = next(one for one in composition.SETS if one.name == "pharmacotherapydb")
    mapped = composition.Mapper(graph).map(
        composition.IndicationSet("set", "set.tsv", source.keep, source.refuted), tmp_path
    )
    one, two = graph.row("GtoPdb:1"), graph.row("GtoPdb:2")
    first, second, third = (graph.row(f"MONDO:{number}") for number in (1, 2, 3))
    assert mapped.indicated == {(one, first), (two, second), (two, third)}
    assert mapped.refuted == {(two, first)}
    assert mapped.lost == {
        "drug not in the graph": 1,
        "disease not in the graph": 1,
        "not an indication by the set's own word": 1,
    }


def test_without_the_outside_data_nothing_is_written(
    composition: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("BIOBRIDGE_OUTSIDE_DATA", raising=False)
    monkeypatch.setattr(composition, "write_result", None)
    assert composition.main() == 0
    assert "nothing was measured" in capsys.readouterr().out
