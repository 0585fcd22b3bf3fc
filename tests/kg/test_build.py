import pandas as pd
import pytest

from biobridge_core.errors import GraphError
from biobridge_core.kg import build
from biobridge_core.kg.check import check
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.kg.schema import Tables
from biobridge_core.kg.sources.starter.sources import SOURCES


@pytest.fixture
def tables(entity_table, triple_table):
    """The small tables, told by sources that the starter graph names."""
    keys = {"a": "hpo", "b": "gtopdb"}
    return (
        entity_table.assign(source=entity_table["source"].map(keys)),
        triple_table.assign(source=triple_table["source"].map(keys)),
    )


def test_same_link_of_one_source_is_merged_and_of_two_is_kept(triple_table):
    again = triple_table.iloc[[0, 3]].copy()
    again["evidence"] = ["IMP", "OMIM:1"]
    again["value"] = ["new", ""]
    merged = build.merge_triples(pd.concat([triple_table, again]))
    assert len(merged) == len(triple_table)
    row = merged[(merged["head"] == "UniProtKB:P1") & (merged["tail"] == "GO:2")].iloc[0]
    assert (row["evidence"], row["value"]) == ("IDA|IEA; IMP", "new")
    both = merged[merged["relation"] == "protein_associated_with_disease"]
    assert sorted(zip(both["source"], both["evidence"], strict=True)) == [("a", "OMIM:1"), ("b", "DI-1")]


def test_same_id_twice_becomes_one_entity(entity_table):
    again = entity_table[entity_table["id"] == "GtoPdb:1"].copy()
    again["synonyms"] = [["Tarceva", "OSI-774"]]
    again["flags"] = [["withdrawn"]]
    merged = build.merge_entities(pd.concat([entity_table, again]))
    assert len(merged) == len(entity_table)
    row = merged[merged["id"] == "GtoPdb:1"].iloc[0]
    assert row["synonyms"] == ["Tarceva", "OSI-774"]
    assert row["flags"] == ["approved", "withdrawn"]
    with pytest.raises(GraphError, match="GtoPdb:1"):
        build.merge_entities(pd.concat([entity_table, again.assign(modality="disease")]))


def test_assembly_leaves_out_what_no_link_reaches_and_counts_it(tables):
    entities, triples = tables
    lonely = entities.iloc[[0]].assign(id="MONDO:9")
    first = Tables(pd.concat([entities, lonely]), triples.iloc[:5])
    second = Tables(entities.iloc[:0], pd.concat([triples.iloc[5:], triples.iloc[:1]]))
    graph, counts = build.assemble([first, second])
    assert "MONDO:9" not in graph
    assert counts["entity without any link: disease"] == 1
    assert counts["triple merged into another of the same source"] == 1
    assert graph.n_triples == len(triples)
    assert check(graph) == []


def test_only_what_hierarchies_alone_reach_is_flagged_so(tables):
    entities, triples = tables
    entities["flags"] = [["isa_only"] if id_ == "MONDO:1" else [] for id_ in entities["id"]]
    graph, _ = build.assemble([Tables(entities, triples)])
    assert graph.entity("MONDO:1").flags == ()  # a class is used for it, which its own source did not know
    assert graph.entity("GO:1").flags == ("isa_only",)
    rest = triples[triples["relation"] != "therapeutic_class_used_for_disease"]
    assert build.assemble([Tables(entities, rest)])[0].entity("MONDO:1").flags == ("isa_only",)


def test_dangling_link_stops_the_build(tables):
    entities, triples = tables
    with pytest.raises(GraphError, match="MONDO:1"):
        build.assemble([Tables(entities[entities["id"] != "MONDO:1"], triples)])


def test_every_source_tells_its_terms():
    for key, source in SOURCES.items():
        assert source.key == key
        for field in ("name", "version", "date", "licence", "url", "citation"):
            assert getattr(source, field), f"{key} has no {field}"
        assert source.url.startswith("https://")
    assert "NOT" in SOURCES["goa_human"].notes


@pytest.mark.bundle
def test_shipped_graph_has_the_sizes_and_attributions_it_promises(bundle_folder):
    from biobridge_core.kg.check import stats

    graph = KnowledgeGraph.load(bundle_folder / "kg")
    assert graph.sources == SOURCES
    counts = stats(graph)
    linked = counts.linked_entities
    assert linked["protein"] >= 17_500
    assert linked["drug"] >= 8_000
    assert linked["disease"] >= 8_500
    assert linked["phenotype"] >= 11_000
    assert sum(linked[go] for go in ("biological_process", "molecular_function", "cellular_component")) >= 18_000
    assert counts.n_links >= 530_000
    assert 140 <= counts.links["therapeutic_class_used_for_disease"] <= 200
    used = set(graph.triples["source"].unique()) | set(graph.columns.entities["source"].to_pylist())
    assert used <= set(SOURCES)
