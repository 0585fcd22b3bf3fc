"""Bridge and memory read together: probabilities, known and unseen queries apart, and what fitting makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from memories import READING, links_of, on_a_circle, tiny_graph
from scipy.special import logsumexp

from biobridge_core.bridge.data import scores
from biobridge_core.bridge.memory import Memory
from biobridge_core.bridge.model import Bridge, BridgeConfig
from biobridge_core.bridge.reader import Reader, fit_reading
from biobridge_core.bridge.reading import Reading, Weights
from biobridge_core.bridge.validation import validation_tasks
from biobridge_core.errors import TrainingError
from biobridge_core.kg.splits import TrainingView, ancestor_matrix, cold_entity, transductive
from biobridge_core.metrics import link_ranks


def _bridge(graph: Any, content: Any) -> Bridge:
    torch.manual_seed(0)
    relations = {name: (r.head, r.tail) for name, r in graph.relations.items()}
    return Bridge(BridgeConfig(content.slots(), relations, width=16, layers=1, heads=2)).eval()


@pytest.fixture(scope="module")
def bridge(toy: Any) -> Bridge:
    return _bridge(toy.graph, toy.content)


@pytest.fixture(scope="module")
def reader(toy: Any, bridge: Bridge) -> Reader:
    memory = Memory(toy.graph, toy.content, transductive(toy.graph).training.train)
    return Reader(bridge, toy.content, memory, READING)


def test_scores_are_log_probabilities_over_all_relations_between_two_modalities(toy: Any, reader: Reader) -> None:
    heads = toy.graph.rows("drug")[:7]
    names = [relation.name for relation in toy.graph.relations_between("drug", "protein")]
    assert len(names) == 2
    given = {name: np.exp(logsumexp(reader.scores(heads, name), axis=1)) for name in names}
    sizes = {name: reader.memory.adjacent(name).nnz + 1 for name in names}
    for name in names:
        assert given[name] == pytest.approx(np.full(7, sizes[name] / sum(sizes.values())), rel=1e-4)
    assert sum(given.values()) == pytest.approx(np.ones(7), rel=1e-4)
    assert given["drug_inhibits_protein"][0] > given["drug_blocks_protein"][0]  # it has twice the links


def test_a_relation_that_is_alone_has_all_of_the_belief(toy: Any, reader: Reader) -> None:
    for name in ("protein_in_process", "process_is_a", "process_is_a_inverse"):
        heads = toy.graph.rows(toy.graph.relations[name].head)[:5]
        assert logsumexp(reader.scores(heads, name), axis=1) == pytest.approx(np.zeros(5), abs=1e-4)


def test_a_relation_that_the_bridge_lacks_takes_its_share_all_the_same(toy: Any) -> None:
    relations = {n: (r.head, r.tail) for n, r in toy.graph.relations.items() if n != "drug_blocks_protein"}
    bridge = Bridge(BridgeConfig(toy.content.slots(), relations, width=16, layers=1, heads=2)).eval()
    reader = Reader(bridge, toy.content, Memory(toy.graph, toy.content, links_of(toy.graph)), READING)
    found = np.exp(reader.scores(toy.graph.rows("drug")[:3], "drug_inhibits_protein")).sum(axis=1)
    assert found == pytest.approx(np.full(3, 2 / 3), abs=0.01)


def test_heads_without_a_training_link_are_read_as_unseen(toy: Any, bridge: Bridge) -> None:
    links = {
        n: pairs[~np.isin(pairs, toy.graph.rows("drug")[:3]).any(axis=1)] for n, pairs in links_of(toy.graph).items()
    }
    memory = Memory(toy.graph, toy.content, links)
    known, unseen = (Reading({"*": w}, {"*": w}) for w in (_weights(1.0), _weights(-2.0)))
    reader = Reader(bridge, toy.content, memory, Reading(known.known, unseen.unseen))
    rows, name = toy.graph.rows("drug")[[5, 1, 9, 0]], "drug_inhibits_protein"
    both = reader.scores(rows, name)
    cosines = scores(bridge, toy.content, rows, name)
    for i, own in enumerate((True, False, True, False)):
        alone = reader.read(memory.ask(rows[[i]], own=own), cosines[[i]], name)
        np.testing.assert_allclose(both[i], alone[0], atol=1e-4)
    all_known = Reader(bridge, toy.content, memory, known).scores(rows, name)
    np.testing.assert_allclose(both[[0, 2]], all_known[[0, 2]], atol=1e-5)
    assert np.abs(both[[1, 3]] - all_known[[1, 3]]).max() > 0.1


def _weights(content: float) -> Weights:
    return Weights(0.5, (0.1, content, 0.2, 0.3, 0.1, 0.1), (1e-3,) * 6)


def _mrr(toy: Any, view: TrainingView, scorer: Any) -> float:
    found = []
    for task in validation_tasks(toy.graph, view, ancestor_matrix(toy.graph), sample=100, seed=0):
        given = scorer(task.heads, task.relation)
        found.append((1 / link_ranks(given, task.queries, task.targets, task.filtered)).mean())
    return float(np.mean(found))


def test_fitting_makes_use_of_the_memory_for_known_and_for_unseen(toy: Any, bridge: Bridge) -> None:
    for split in (transductive(toy.graph), cold_entity(toy.graph, seed=0)):
        view = split.training
        memory = Memory(toy.graph, toy.content, view.train)
        reading = fit_reading(toy.graph, toy.content, view, bridge, memory, sample=40)
        assert "*" in reading.known
        assert "*" in reading.unseen
        reader = Reader(bridge, toy.content, memory, reading)
        alone = _mrr(toy, view, lambda heads, relation: scores(bridge, toy.content, heads, relation))
        assert _mrr(toy, view, reader.scores) > 2 * alone  # the bridge is untrained, the links follow the vectors
        again = fit_reading(toy.graph, toy.content, view, bridge, memory, sample=40)
        assert again == reading


def test_without_validation_links_there_is_nothing_to_fit(toy: Any, bridge: Bridge) -> None:
    train = links_of(toy.graph)
    memory = Memory(toy.graph, toy.content, train)
    with pytest.raises(TrainingError, match="no validation link"):
        fit_reading(toy.graph, toy.content, TrainingView(train, {}, ""), bridge, memory)


def test_a_graph_with_one_relation_and_an_empty_modality_can_be_read() -> None:
    graph = tiny_graph(
        {"gene": ["red fox", "red dog", "blue dog"], "trait": ["x", "y"]}, {"has": [(0, 0), (1, 1)]}, ("has",)
    )
    content = on_a_circle(graph, {"gene": [0, 90, 180], "trait": [0, 180]})
    reader = Reader(_bridge(graph, content), content, Memory(graph, content, links_of(graph)), READING)
    for relation in graph.relations.values():
        found = reader.scores(graph.rows(relation.head), relation.name)
        assert np.isfinite(found).all()
        assert logsumexp(found, axis=1) == pytest.approx(np.zeros(len(found)), abs=1e-4)
