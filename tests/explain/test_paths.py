"""Paths on graphs that are small enough to walk by hand, and on random ones against plain enumeration."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from memories import tiny_graph

from biobridge_core.explain.paths import PathFinder
from biobridge_core.kg.graph import KnowledgeGraph

# gene 0 and trait 2 are joined over trait 0 and gene 1 (rare), and over trait 1 that everything has
TEXTS = {"gene": list("abcdef"), "trait": list("tuvw")}
HAS = [(0, 0), (1, 0), (1, 2), *((gene, 1) for gene in range(6)), (2, 2), (3, 3)]


@pytest.fixture
def finder() -> PathFinder:
    return PathFinder(tiny_graph(TEXTS, {"has": HAS, "marks": [(1, 2)], "trait_is_a": [(3, 2)]}))


def _rows(graph: KnowledgeGraph, *names: tuple[str, int]) -> tuple[int, ...]:
    return tuple(int(graph.rows(modality)[number]) for modality, number in names)


def test_the_rarer_way_comes_first(finder: PathFinder) -> None:
    graph = finder.graph
    start, end = _rows(graph, ("gene", 0), ("trait", 2))
    first = finder.between([(start, None)], end)[0]
    assert [edge.tail.name for edge in first.edges] == ["trait 0", "gene 1", "trait 2"]
    assert first.degrees == (2, 3)
    common = next(path for path in finder.between([(start, None)], end) if path.edges[0].tail.name == "trait 1")
    assert first.specificity > common.specificity


def test_the_shortest_comes_first_even_where_it_is_common(finder: PathFinder) -> None:
    start, end = _rows(finder.graph, ("gene", 0), ("gene", 1))
    found = finder.between([(start, None)], end)
    assert [len(path.edges) for path in found[:2]] == [2, 2]
    assert found[0].edges[0].tail.name == "trait 0"  # before trait 1, which six genes have


def test_an_edge_is_told_in_the_direction_it_is_walked_with_all_its_relations(finder: PathFinder) -> None:
    graph = finder.graph
    gene, trait = _rows(graph, ("gene", 1), ("trait", 2))
    there, back = finder.edges(gene, trait), finder.edges(trait, gene)
    assert {edge.relation for edge in there} == {"has", "marks"}
    assert {edge.relation for edge in back} == {"has_inverse", "marks_inverse"}
    assert {edge.sources for edge in there} == {("toy",)}
    assert (back[0].head.name, back[0].tail.name) == ("trait 2", "gene 1")


def test_no_way_of_three_links_gives_none(finder: PathFinder) -> None:
    graph = tiny_graph({"gene": list("ab"), "trait": list("tu")}, {"has": [(0, 0), (1, 1)]})
    start, end = _rows(graph, ("gene", 0), ("trait", 1))
    assert PathFinder(graph).between([(start, None)], end) == []
    assert finder.between([(start, None)], start) == []


def test_of_two_beginnings_the_one_that_is_read_more_counts_more(finder: PathFinder) -> None:
    one, two, end = _rows(finder.graph, ("gene", 4), ("gene", 5), ("trait", 1))
    found = finder.between([(one, 0.1), (two, 0.9)], end)
    assert found[0].edges[0].head.name == "gene 5"
    assert len(found[0].edges) == 1  # a neighbour's own link is a path; the query's own is none
    assert found[0].start_share == 0.9


@pytest.mark.parametrize("seed", range(5))
def test_chains_are_all_that_there_are(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = {(int(a), int(b)) for a, b in zip(rng.integers(0, 5, 12), rng.integers(0, 4, 12), strict=True)}
    graph = tiny_graph({"gene": list("abcde"), "trait": list("tuvw")}, {"has": sorted(pairs), "trait_is_a": [(0, 1)]})
    finder = PathFinder(graph)
    linked = np.zeros((graph.n_entities, graph.n_entities), dtype=bool)
    linked[graph.heads, graph.tails] = linked[graph.tails, graph.heads] = True
    assert finder.degrees.tolist() == linked.sum(axis=1).tolist()
    for start, end in permutations(range(graph.n_entities), 2):
        wanted = {(start, a, end) for a in range(graph.n_entities) if linked[start, a] and linked[a, end]}
        for a, b in permutations(set(range(graph.n_entities)) - {start, end}, 2):
            if linked[start, a] and linked[a, b] and linked[b, end]:
                wanted.add((start, a, b, end))
        found = finder.chains(start, end)
        assert {chain.rows for chain in found} == wanted
        for length in (3, 4):
            costs = [chain.cost for chain in found if len(chain.rows) == length]
            assert costs == sorted(costs)
