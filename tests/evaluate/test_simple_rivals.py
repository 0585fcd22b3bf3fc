"""Popularity and look-up on a graph that can be ranked by hand, without anything read from validation or test."""

from __future__ import annotations

import numpy as np
import pytest
from bridge.conftest import Toy, make_toy

from biobridge_core.evaluate.lookup import LookUp
from biobridge_core.evaluate.popularity import Popularity
from biobridge_core.evaluate.scorer import Scorer
from biobridge_core.evaluate.text_only import TextOnly, name_vectors
from biobridge_core.evaluate.vote import NeighbourVote
from biobridge_core.kg.splits import TrainingView
from biobridge_core.types import InputKind

RELATION = "protein_in_process"


@pytest.fixture(scope="module")
def toy() -> Toy:
    return make_toy(n=8)


@pytest.fixture(scope="module")
def view(toy: Toy) -> TrainingView:
    """protein 0 and 1 with processes 0, 1 and 1; process 2 is below 1, which is below 0."""
    proteins, processes = toy.graph.rows("protein"), toy.graph.rows("process")
    links = np.array([(proteins[0], processes[0]), (proteins[0], processes[1]), (proteins[1], processes[1])], np.int32)
    is_a = np.array([(processes[1], processes[0]), (processes[2], processes[1])], np.int32)
    train = {RELATION: links, RELATION + "_inverse": links[:, ::-1]}
    train |= {"process_is_a": is_a, "process_is_a_inverse": is_a[:, ::-1]}
    return TrainingView(train, {RELATION: links[:1] + 1}, "planted")


def test_all_are_scorers(toy: Toy, view: TrainingView) -> None:
    rivals = [Popularity(toy.graph, view), LookUp(toy.graph, view), NeighbourVote(toy.graph, view, toy.content)]
    rivals += [NeighbourVote(toy.graph, view, toy.content, side=side) for side in ("tail", "both")]
    rivals.append(TextOnly(toy.graph, view, toy.content))
    assert len({rival.name for rival in rivals}) == len(rivals)
    heads = toy.graph.rows("protein")[[5, 0, 7]]
    for rival in rivals:
        assert isinstance(rival, Scorer)
        scores = rival.scores(heads, RELATION)
        assert scores.shape == (3, 8)
        assert scores.dtype == np.float32
        assert np.isfinite(scores).all()
        # a relation of which nothing is known gives no order
        assert np.ptp(rival.scores(toy.graph.rows("drug")[:2], "drug_blocks_protein"), axis=1).max() == 0


def test_popularity_counts_training_links(toy: Toy, view: TrainingView) -> None:
    popularity = Popularity(toy.graph, view)
    assert popularity.scores(toy.graph.rows("protein")[:2], RELATION).tolist() == [[1, 2, 0, 0, 0, 0, 0, 0]] * 2
    assert popularity.scores(toy.graph.rows("process")[:1], RELATION + "_inverse")[0, :3].tolist() == [2, 1, 0]
    ties = popularity.ties(RELATION, 0.5)
    assert ties[:3].tolist() == [0.25, 0.5, 0]


def test_look_up_ranks_known_then_near_then_popular(toy: Toy, view: TrainingView) -> None:
    scores = LookUp(toy.graph, view).scores(toy.graph.rows("protein")[[1, 5]], RELATION)
    # protein 1 is linked to process 1; 0 is its parent and 2 its child, 0 the more popular
    assert np.argsort(-scores[0], kind="stable")[:3].tolist() == [1, 0, 2]
    assert scores[0, 1] >= 2
    assert 1 < scores[0, 2] < scores[0, 0] < 2
    assert scores[0, 3] < 1
    assert np.argsort(-scores[1], kind="stable")[:2].tolist() == [1, 0]
    assert scores[1].max() < 1


def test_text_alone_is_cosine_where_both_ends_have_texts(toy: Toy, view: TrainingView) -> None:
    scorer = TextOnly(toy.graph, view, toy.content)
    process = toy.graph.rows("process")
    links = np.array([(process[0], process[5])], np.int32)
    scores = TextOnly(toy.graph, TrainingView({"process_is_a": links}, {}, ""), toy.content).scores(
        process[:2], "process_is_a"
    )
    vectors = toy.vectors[InputKind.TEXT][np.isin(toy.rows[InputKind.TEXT], process)]
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(scores, unit[:2] @ unit.T, atol=1e-5)
    # proteins have sequences alone: popularity
    found = scorer.scores(toy.graph.rows("protein")[:1], RELATION)
    assert np.argsort(-found[0], kind="stable")[:2].tolist() == [1, 0]


def test_a_name_makes_a_text_of_a_sequence(toy: Toy, view: TrainingView) -> None:
    process = toy.graph.rows("process")
    own = toy.vectors[InputKind.TEXT][toy.rows[InputKind.TEXT] == process[6]]  # (1, d)
    asked: list[str] = []

    def encode(names: list[str]) -> np.ndarray:
        asked.extend(names)
        return np.repeat(own, len(names), axis=0)

    texts = name_vectors(toy.graph, toy.content, encode)
    scores = TextOnly(toy.graph, view, toy.content, texts=texts).scores(toy.graph.rows("protein")[:1], RELATION)
    assert "drug:001" in asked
    assert "drug:000" not in asked  # it has a text
    assert len(asked) == 8 + 7
    assert scores[0].argmax() == 6
    assert scores[0, 6] == pytest.approx(1, abs=1e-5)
