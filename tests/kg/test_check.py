from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from biobridge_core.kg.check import check, stats
from biobridge_core.kg.graph import KnowledgeGraph


def _with_rows(graph, change):
    """The graph as a faulty writer would have left it: one column of its triples changed."""
    table = graph.columns.triples
    name, values = change
    place = table.schema.get_field_index(name)
    columns = replace(
        graph.columns, triples=table.set_column(place, name, pa.array(values, table.schema.field(name).type))
    )
    return KnowledgeGraph(columns, graph.modalities, graph.relations, graph.sources, "changed")


def _rules(graph):
    return {problem.rule for problem in check(graph)}


def test_sound_graph_has_no_problem(graph):
    assert check(graph) == []


@pytest.mark.parametrize("row", [999, -1])
def test_dangling_id(graph, row):
    tails = graph.tails.copy()
    tails[0] = row
    problems = check(_with_rows(graph, ("tail", tails)))
    dangling = next(problem for problem in problems if problem.rule == "dangling id")
    assert dangling.count == 1
    assert f"row {row}" in str(dangling)


def test_duplicate_triple(make_graph, entity_table, triple_table):
    twice = pd.concat([triple_table, triple_table.iloc[[4]].assign(evidence="another")])
    problems = check(make_graph(entity_table, twice))
    assert [(problem.rule, problem.count) for problem in problems] == [("duplicate triple", 1)]
    assert "protein_associated_with_disease" in problems[0].examples[0]


def test_entity_without_input_or_name(make_graph, entity_table, triple_table):
    for column, rule in (("input", "entity without input"), ("name", "entity without id or name")):
        for kind in ("sequence", "smiles", "text"):
            table = entity_table.copy()
            table.loc[(table["input_kind"] == kind).idxmax(), column] = " " if column == "input" else ""
            assert rule in _rules(make_graph(table, triple_table)), (column, kind)


def test_unattributed_triple_and_entity(make_graph, entity_table, triple_table):
    triples = triple_table.copy()
    triples.loc[2, "source"] = "hearsay"
    assert _rules(make_graph(entity_table, triples)) == {"unattributed triple"}
    entities = entity_table.copy()
    entities.loc[2, "source"] = ""
    assert _rules(make_graph(entities, triple_table)) == {"entity of an unnamed source"}


def test_isolated_entity(make_graph, entity_table, triple_table):
    rest = triple_table[triple_table["head"] != "GtoPdb:2"]
    problems = check(make_graph(entity_table, rest))
    assert [(problem.rule, problem.examples) for problem in problems] == [("isolated entity", ("GtoPdb:2",))]


def test_wrong_modality(make_graph, entity_table, triple_table):
    triples = triple_table.copy()
    triples.loc[0, "tail"] = "HP:1"
    assert _rules(make_graph(entity_table, triples)) == {"relation between the wrong modalities"}


def test_cycle_and_self_link(make_graph, entity_table, triple_table):
    ring = pd.DataFrame([("MONDO:1", "disease_is_a", "MONDO:2", "a", "", "")], columns=triple_table.columns)
    problems = check(make_graph(entity_table, pd.concat([triple_table, ring])))
    assert [(problem.rule, problem.count) for problem in problems] == [("cycle in disease_is_a", 2)]
    loop = ring.assign(head="MONDO:2")
    assert _rules(make_graph(entity_table, pd.concat([triple_table, loop]))) >= {"entity linked to itself"}


def test_entities_out_of_order(graph):
    order = np.arange(graph.n_entities)
    order[[0, 5]] = [5, 0]
    entities = graph.columns.entities.take(pa.array(order))
    shuffled = KnowledgeGraph(
        replace(graph.columns, entities=entities), graph.modalities, graph.relations, graph.sources, "changed"
    )
    assert "entity outside its modality's block" in _rules(shuffled)


def test_stats_count_links_once_however_many_sources_state_them(graph):
    counts = stats(graph)
    assert counts.links["protein_associated_with_disease"] == 1
    assert counts.links["drug_blocks_protein"] == 0
    assert counts.hierarchy_links["disease_is_a"] == 1
    assert (counts.n_entities, counts.n_links, counts.n_hierarchy_links) == (11, 9, 3)
    assert counts.entities["drug"] == 2
    assert counts.linked_entities["biological_process"] == 1  # "cell death" has only a kind below it
    assert counts.input_kinds == {"sequence": 3, "smiles": 1, "text": 7}
    assert counts.flags == {"approved": 1, "peptide": 1}
    assert counts.as_dict()["n_links"] == 9


@pytest.mark.bundle
def test_shipped_graph_has_no_problem(bundle_folder):
    assert check(KnowledgeGraph.load(bundle_folder / "kg")) == []
