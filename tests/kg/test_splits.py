"""The split and the leaks that it must catch, each planted."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from biobridge_core.errors import GraphError, LeakageError
from biobridge_core.kg.graph import KnowledgeGraph, Source
from biobridge_core.kg.schema import ENTITY_COLUMNS, TRIPLE_COLUMNS
from biobridge_core.kg.splits import Split, ancestor_matrix, implied_links, synonym_groups, transductive
from biobridge_core.types import InputKind, Modality, Relation

N = 60
MODALITIES = {
    "protein": Modality("protein", "protein", "proteins", InputKind.SEQUENCE),
    "drug": Modality("drug", "drug", "drugs", InputKind.SMILES),
    "process": Modality("process", "process", "processes", InputKind.TEXT),
}
RELATIONS: dict[str, Relation] = {}
for _name, _head, _tail in (
    ("protein_in_process", "protein", "process"),
    ("drug_inhibits_protein", "drug", "protein"),
    ("drug_blocks_protein", "drug", "protein"),
    ("process_is_a", "process", "process"),
):
    _isa = _head == _tail
    RELATIONS[_name] = Relation(_name, _head, _tail, _name + "_inverse", _name, _isa, forward=True)
    RELATIONS[_name + "_inverse"] = Relation(_name + "_inverse", _tail, _head, _name, _name, _isa, forward=False)


def make_graph(triples: list[tuple[str, str, str]], same_input: tuple[tuple[str, str], ...] = ()) -> KnowledgeGraph:
    rows = []
    for modality, definition in MODALITIES.items():
        for i in range(N):
            row: dict[str, object] = dict.fromkeys(ENTITY_COLUMNS, "")
            row |= {"id": f"{modality}:{i:02d}", "modality": modality, "name": f"{modality} {i}"}
            row |= {"input_kind": definition.input_kind.value, "input": f"{modality} input {i}", "source": "toy"}
            rows.append(row | {"synonyms": [], "xrefs": [], "flags": []})
    table = pd.DataFrame(rows)[list(ENTITY_COLUMNS)]
    for one, other in same_input:
        table.loc[table["id"] == one, "input"] = table.loc[table["id"] == other, "input"].iloc[0]
    links = pd.DataFrame(triples, columns=["head", "relation", "tail"]).assign(source="toy", evidence="", value="")
    source = Source("toy", "toy", "1", "2026-01-01", "CC0", "", "")
    return KnowledgeGraph.from_tables(table, links[list(TRIPLE_COLUMNS)], MODALITIES, RELATIONS, {"toy": source})


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    rng = np.random.default_rng(0)
    triples = [(f"process:{i:02d}", "process_is_a", f"process:{i // 2:02d}") for i in range(1, N)]
    for i in range(N):
        triples += [(f"protein:{i:02d}", "protein_in_process", f"process:{j:02d}") for j in rng.choice(N, 8, False)]
        targets = rng.choice(N, 4, False)
        triples += [(f"drug:{i:02d}", "drug_inhibits_protein", f"protein:{j:02d}") for j in targets]
        triples += [(f"drug:{i:02d}", "drug_blocks_protein", f"protein:{j:02d}") for j in targets[:2]]
    return make_graph(triples, (("protein:01", "protein:00"), ("drug:05", "drug:04")))


def _pairs(links: np.ndarray) -> set[tuple[int, int]]:
    return {(int(a), int(b)) for a, b in links}


def test_every_link_is_in_exactly_one_part_and_hierarchies_stay(graph: KnowledgeGraph) -> None:
    split = transductive(graph)
    test = split.open_for_evaluation()
    for relation in graph.relations.values():
        parts = [split.training.train[relation.name]]
        if not relation.hierarchical:
            parts += [split.training.valid[relation.name], test[relation.name]]
        assert sum(map(len, parts)) == len(graph.edges(relation.name))
        assert set().union(*map(_pairs, parts)) == _pairs(graph.edges(relation.name))


def test_shares_are_as_asked_where_nothing_is_implied(graph: KnowledgeGraph) -> None:
    split = transductive(graph, valid=0.2, test=0.1)
    n = len(graph.edges("drug_inhibits_protein"))
    assert len(split.training.valid["drug_inhibits_protein"]) == pytest.approx(0.2 * n, abs=12)
    assert len(split.open_for_evaluation()["drug_inhibits_protein"]) == pytest.approx(0.1 * n, abs=12)


def test_both_directions_and_all_actions_of_a_pair_are_held_out(graph: KnowledgeGraph) -> None:
    split = transductive(graph)
    test, train = split.open_for_evaluation(), split.training.train
    actions = ("drug_inhibits_protein", "drug_blocks_protein")
    held = set().union(*(_pairs(test[name]) for name in actions))
    assert held
    for name in actions:
        assert not held & _pairs(train[name])
        assert not {(b, a) for a, b in held} & _pairs(train[name + "_inverse"])
        assert _pairs(test[name + "_inverse"]) == {(b, a) for a, b in _pairs(test[name])}


def test_synonyms_are_held_out_together(graph: KnowledgeGraph) -> None:
    groups = synonym_groups(graph)
    assert groups[graph.row("protein:01")] == groups[graph.row("protein:00")]
    assert len(np.unique(groups)) == graph.n_entities - 2
    split = transductive(graph, seed=3)

    def keys(table: dict[str, np.ndarray]) -> set[tuple[int, int]]:
        return {
            (int(groups[a]), int(groups[b]))
            for name, links in table.items()
            if not graph.relations[name].hierarchical
            for a, b in links
        }

    assert not keys(dict(split.training.train)) & keys(dict(split.open_for_evaluation()))


def test_same_seed_same_split_other_seed_other_split(graph: KnowledgeGraph) -> None:
    first, again, other = transductive(graph, seed=1), transductive(graph, seed=1), transductive(graph, seed=2)
    assert first.training.digest == again.training.digest != other.training.digest
    for name, links in first.open_for_evaluation().items():
        assert np.array_equal(links, again.open_for_evaluation()[name])


def test_no_test_link_follows_from_training_through_the_hierarchy(graph: KnowledgeGraph) -> None:
    split, ancestors = transductive(graph), ancestor_matrix(graph)
    for name, links in split.open_for_evaluation().items():
        assert not implied_links(links, split.training.train[name], ancestors).any()


def test_ancestors_are_closed_and_survive_a_cycle() -> None:
    chain = [("process:03", "process_is_a", "process:02"), ("process:02", "process_is_a", "process:01")]
    graph = make_graph(
        [*chain, ("process:01", "process_is_a", "process:00"), ("process:00", "process_is_a", "process:01")]
    )
    rows = [graph.row(f"process:{i:02d}") for i in range(4)]
    ancestors = ancestor_matrix(graph).toarray()
    assert ancestors[rows[3]].sum() == 3
    assert ancestors[rows[0], rows[1]]
    assert not ancestors.diagonal().any()


def test_a_link_to_an_ancestor_is_implied_from_either_side() -> None:
    graph = make_graph(
        [("process:01", "process_is_a", "process:00"), ("protein:00", "protein_in_process", "process:01")]
    )
    ancestors, train = ancestor_matrix(graph), graph.edges("protein_in_process")
    link = np.array([[graph.row("protein:00"), graph.row("process:00")]], np.int32)
    other = np.array([[graph.row("protein:02"), graph.row("process:00")]], np.int32)
    assert implied_links(link, train, ancestors).tolist() == [True]
    assert implied_links(other, train, ancestors).tolist() == [False]
    assert implied_links(link[:, ::-1], train[:, ::-1], ancestors).tolist() == [True]


Plant = Callable[[KnowledgeGraph, dict[str, np.ndarray], np.ndarray], None]


def _same(graph: KnowledgeGraph, train: dict[str, np.ndarray], link: np.ndarray) -> None:
    train["protein_in_process"] = np.concatenate([train["protein_in_process"], link])


def _reversed(graph: KnowledgeGraph, train: dict[str, np.ndarray], link: np.ndarray) -> None:
    train["protein_in_process_inverse"] = np.concatenate([train["protein_in_process_inverse"], link[:, ::-1]])


def _twin(graph: KnowledgeGraph, train: dict[str, np.ndarray], link: np.ndarray) -> None:
    link = link.copy()
    link[0, 0] = graph.row("protein:00")
    train["protein_in_process"] = np.concatenate([train["protein_in_process"], link])


def _descendant(graph: KnowledgeGraph, train: dict[str, np.ndarray], link: np.ndarray) -> None:
    link = link.copy()
    link[0, 1] = graph.row("process:02")
    train["protein_in_process"] = np.concatenate([train["protein_in_process"], link])


@pytest.mark.parametrize("plant", [_same, _reversed, _twin, _descendant])
def test_a_planted_leak_is_caught(plant: Plant) -> None:
    graph = make_graph(
        [
            ("process:02", "process_is_a", "process:01"),
            ("protein:01", "protein_in_process", "process:01"),
            ("protein:05", "protein_in_process", "process:09"),
        ],
        (("protein:01", "protein:00"),),
    )
    link = np.array([[graph.row("protein:01"), graph.row("process:01")]], np.int32)
    train = {name: graph.edges(name)[:0] for name in graph.relations}
    train["protein_in_process"] = np.array([[graph.row("protein:05"), graph.row("process:09")]], np.int32)
    test = {"protein_in_process": link, "protein_in_process_inverse": link[:, ::-1]}
    groups = synonym_groups(graph)
    Split(graph, train, {}, test, groups=groups, seed=0)  # clean as it is
    plant(graph, train, link)
    with pytest.raises(LeakageError, match=r"protein:01|process:01"):
        Split(graph, train, {}, test, groups=groups, seed=0)


def test_validation_links_in_training_are_caught_too(graph: KnowledgeGraph) -> None:
    split = transductive(graph)
    with pytest.raises(LeakageError, match="validation"):
        Split(graph, split.training.train, split.training.train, {}, groups=synonym_groups(graph), seed=0)


def test_test_labels_raise_when_read(graph: KnowledgeGraph) -> None:
    split = transductive(graph)
    with pytest.raises(LeakageError, match="Test labels"):
        _ = split.test
    with pytest.raises(LeakageError, match="not serialised"):
        pickle.dumps(split)
    assert not hasattr(split.training, "test")
    assert split.open_for_evaluation()


def test_a_graph_without_links_between_modalities_is_refused() -> None:
    with pytest.raises(GraphError, match="no link"):
        transductive(make_graph([("process:01", "process_is_a", "process:00")]))
