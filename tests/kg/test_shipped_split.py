"""What the shipped bridge is trained without: the right share, and nothing that leaks."""

from __future__ import annotations

import numpy as np
import pytest
from memories import tiny_graph

from biobridge_core.errors import GraphError
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.kg.shipped_split import shipped
from biobridge_core.kg.split import VALID_COLD, Split, pair_keys
from biobridge_core.kg.synonyms import synonym_groups

N = 400


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    rng = np.random.default_rng(0)
    texts = {m: [f"{m} {i // 2 if i < 40 else i}" for i in range(N)] for m in ("gene", "trait")}  # 20 pairs of synonyms
    has = [(i, int(j)) for i in range(N) for j in rng.choice(N, 10, replace=False)]
    return tiny_graph(texts, {"has": has, "marks": has[::3], "trait_is_a": [(i, i // 3) for i in range(1, N)]})


@pytest.fixture(scope="module")
def split(graph: KnowledgeGraph) -> Split:
    return shipped(graph)


def test_it_holds_out_a_twentieth_of_the_entities_with_all_their_links(graph: KnowledgeGraph, split: Split) -> None:
    for modality in ("gene", "trait"):
        assert np.mean(split.cold[graph.rows(modality)] == VALID_COLD) == pytest.approx(0.05, abs=0.012)
    for links in split.training.train.values():
        assert not split.cold[links].any()
    ends = split.cold[graph.edges("has")].any(axis=1)
    assert ends.sum() > 100
    held = {tuple(link) for link in split.training.valid["has"].tolist()}
    assert {tuple(link) for link in graph.edges("has")[ends].tolist()} <= held


def test_it_holds_out_a_twentieth_of_the_other_links(graph: KnowledgeGraph, split: Split) -> None:
    for name in ("has", "marks"):
        known = split.training.valid[name][~split.cold[split.training.valid[name]].any(axis=1)]
        share = len(known) / (len(known) + len(split.training.train[name]))
        assert share == pytest.approx(0.05, abs=0.015)


def test_every_link_is_on_one_side_and_none_is_lost(graph: KnowledgeGraph, split: Split) -> None:
    groups = synonym_groups(graph)
    for relation in graph.relations.values():
        if relation.hierarchical:
            assert relation.name not in split.training.valid
            ends = split.cold[graph.edges(relation.name)].any(axis=1)
            assert len(split.training.train[relation.name]) == np.count_nonzero(~ends)
            assert ends.any()
            continue
        train, valid = split.training.train[relation.name], split.training.valid[relation.name]
        whole = np.concatenate([train, valid])
        assert sorted(map(tuple, whole.tolist())) == sorted(map(tuple, graph.edges(relation.name).tolist()))
        for other in graph.relations_between(relation.head, relation.tail):
            remembered = pair_keys(split.training.train[other.name], groups)
            assert not np.isin(pair_keys(valid, groups), remembered).any()
        back = split.training.train[relation.inverse][:, ::-1]
        assert {tuple(link) for link in back.tolist()} == {tuple(link) for link in train.tolist()}
    assert not any(len(links) for links in split.open_for_evaluation().values())


def test_synonyms_are_held_out_together(graph: KnowledgeGraph) -> None:
    groups, seen = synonym_groups(graph), 0
    for seed in range(4):
        cold = shipped(graph, seed=seed).cold
        for group in np.flatnonzero(np.bincount(groups) > 1):
            assert len(set(cold[groups == group].tolist())) == 1
            seen += int(cold[groups == group][0] > 0)
    assert seen


def test_the_seed_decides_it(graph: KnowledgeGraph, split: Split) -> None:
    assert shipped(graph).training.digest == split.training.digest != shipped(graph, seed=1).training.digest
    none = shipped(graph, entities=0.0)
    assert not none.cold.any()


def test_nothing_left_to_train_on_is_an_error(graph: KnowledgeGraph) -> None:
    with pytest.raises(GraphError, match="No link is left to train on"):
        shipped(graph, entities=1.0)
    bare = tiny_graph({"gene": ["a"], "trait": ["b"]}, {})
    with pytest.raises(GraphError, match="no link between two modalities"):
        shipped(bare)
