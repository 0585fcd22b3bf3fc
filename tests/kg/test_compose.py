import pandas as pd
import pytest

from biobridge_core.errors import InputError
from biobridge_core.kg.compose import CLASS_ROUTE, TARGET_ROUTE, compose, disease_rows


def test_two_routes_each_with_its_chain(graph):
    found = compose(graph, graph.row("GtoPdb:1"))
    assert [(one.route, graph.ids[one.disease_row]) for one in found] == [
        (CLASS_ROUTE, "MONDO:1"),
        (TARGET_ROUTE, "MONDO:2"),
    ]
    (chain,) = found[0].paths
    assert [link.relation for link in chain] == [
        "drug_in_therapeutic_class",
        "therapeutic_class_is_a",
        "therapeutic_class_used_for_disease",
    ]
    assert len(found[1].paths) == 4  # two actions on the target, two sources for its disease
    for one in found:
        for path in one.paths:
            assert path[0].head == "GtoPdb:1"
            assert graph.row(path[-1].tail) == one.disease_row
            assert [link.head for link in path[1:]] == [link.tail for link in path[:-1]]
    assert disease_rows(found, CLASS_ROUTE) == [graph.row("MONDO:1")]
    assert len(disease_rows(found)) == 2


def test_only_links_of_the_given_part_are_used(graph):
    without = graph.relation_of_triple != graph.forward_names.index("protein_associated_with_disease")
    part = graph.with_triples(without)
    assert {one.route for one in compose(part, part.row("GtoPdb:1"))} == {CLASS_ROUTE}


def test_drug_without_a_way_and_what_is_no_drug(graph):
    assert compose(graph, graph.row("GtoPdb:2")) == []
    for row in (graph.row("UniProtKB:P1"), -1, 999):
        with pytest.raises(InputError, match="no drug"):
            compose(graph, row)


def test_composed_links_are_never_known(graph):
    assert graph.known(graph.row("GtoPdb:1"), "disease") == {}
    assert graph.relations_between("drug", "disease") == []
    assert isinstance(graph.triples, pd.DataFrame)
    assert not any("drug" in str(name) and "disease" in str(name) for name in graph.triples["relation"].cat.categories)
