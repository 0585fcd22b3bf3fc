"""The neighbour vote against the same vote counted in plain loops, from either side and both."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest
from bridge.conftest import Toy, make_toy

from biobridge_core.evaluate.popularity import Popularity
from biobridge_core.evaluate.validation import Validation
from biobridge_core.evaluate.vote import Ballot, NeighbourVote, VoteSettings, nearest
from biobridge_core.evaluate.vote_tuning import tune_vote
from biobridge_core.kg.splits import TrainingView, ancestor_matrix, transductive

RELATION = "drug_inhibits_protein"  # drugs have two kinds of input
SETTINGS = VoteSettings(k=3, scale=4.0, tail_k=5, tail_scale=7.0, own=0.5, spread=0.25)


@pytest.fixture(scope="module")
def toy() -> Toy:
    return make_toy(n=40)


@pytest.fixture(scope="module")
def view(toy: Toy) -> TrainingView:
    return transductive(toy.graph, seed=0).training


def _weights(toy: Toy, row: int, pool: list[int], k: int, scale: float) -> Mapping[int, float]:
    """softmax(scale × cosine) over the nearest others of the same kind."""
    kind = toy.graph.input_kind(row)

    def vector(of: int) -> np.ndarray:
        found = toy.vectors[kind][np.flatnonzero(toy.rows[kind] == of)[0]]
        return found / np.linalg.norm(found)

    others = [other for other in pool if other != row and toy.graph.input_kind(other) == kind]
    near = sorted(((float(vector(row) @ vector(other)), other) for other in others), reverse=True)[:k]
    total = sum(math.exp(scale * cosine) for cosine, _ in near)
    return {other: math.exp(scale * cosine) / total for cosine, other in near}


def _plain(toy: Toy, view: TrainingView, head: int, side: str) -> np.ndarray:
    links = [(int(h), int(t)) for h, t in view.train[RELATION]]
    heads, tails = sorted({h for h, _ in links}), sorted({t for _, t in links})
    all_tails = toy.graph.rows("protein").tolist()
    near = _weights(toy, head, heads, SETTINGS.k, SETTINGS.scale)
    voted = {t: sum(w for h, w in near.items() if (h, t) in links) for t in all_tails}
    if side == "head":
        return np.array([voted[t] for t in all_tails])
    passed = []
    for tail in all_tails:
        weights = _weights(toy, tail, tails, SETTINGS.tail_k, SETTINGS.tail_scale)
        own = sum(w for t, w in weights.items() if (head, t) in links)
        spread = sum(w * voted[t] for t, w in weights.items())
        passed.append(own if side == "tail" else voted[tail] + SETTINGS.own * own + SETTINGS.spread * spread)
    return np.array(passed)


@pytest.mark.parametrize("side", ["head", "tail", "both"])
def test_votes_are_those_of_a_plain_count(toy: Toy, view: TrainingView, side: str) -> None:
    vote = NeighbourVote(toy.graph, view, toy.content, side=side, settings={RELATION: SETTINGS})  # type: ignore[arg-type]
    heads = toy.graph.rows("drug")[[0, 1, 8, 21]]
    found = vote.scores(heads, RELATION) - Popularity(toy.graph, view).ties(RELATION)
    expected = np.stack([_plain(toy, view, int(head), side) for head in heads])
    assert expected.max() > 0.1
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_an_entity_is_not_its_own_neighbour_nor_that_of_another_kind(toy: Toy) -> None:
    drugs = toy.graph.rows("drug")
    near = nearest(toy.content, drugs, drugs, "drug", 40)
    for place, drug in enumerate(drugs):
        there = near.places[place][np.isfinite(near.cosines[place])]
        assert place not in there
        assert {toy.graph.input_kind(int(drugs[other])) for other in there} == {toy.graph.input_kind(int(drug))}
        of_kind = sum(toy.graph.input_kind(int(d)) == toy.graph.input_kind(int(drug)) for d in drugs)
        assert len(there) == of_kind - 1
    assert (np.diff(near.cosines[:, :3]) <= 0).all()
    np.testing.assert_allclose(near.weights(7, 5.0, 40).sum(axis=1), 1, rtol=1e-5)


def test_without_neighbours_popularity_orders(toy: Toy, view: TrainingView) -> None:
    links = view.train[RELATION]
    alone = TrainingView({RELATION: links[links[:, 0] == links[0, 0]]}, {}, "")
    vote = NeighbourVote(toy.graph, alone, toy.content)
    found = vote.scores(links[:1, 0], RELATION)[0]
    np.testing.assert_array_equal(found, Popularity(toy.graph, alone).ties(RELATION))
    assert found.max() > 0


def test_own_links_are_those_of_the_training_view(toy: Toy, view: TrainingView) -> None:
    ballot = Ballot(toy.graph, view, RELATION)
    drugs, first = toy.graph.rows("drug"), int(toy.graph.rows("protein")[0])
    own = ballot.own(drugs).toarray()
    found = {(int(drugs[h]), int(t) + first) for h, t in np.argwhere(own)}
    assert found == {(int(h), int(t)) for h, t in view.train[RELATION]}


@pytest.mark.parametrize("side", ["head", "tail", "both"])
def test_tuning_never_does_worse_on_validation(toy: Toy, view: TrainingView, side: str) -> None:
    validation = Validation(toy.graph, view, ancestor_matrix(toy.graph), sample=100)
    large = [task.relation for task in validation.tasks if len(task.heads) >= 30]
    settings = tune_vote(toy.graph, view, toy.content, validation, side, fewest=10)  # type: ignore[arg-type]
    small = tune_vote(toy.graph, view, toy.content, validation, side, fewest=10_000)  # type: ignore[arg-type]
    assert small == {}
    assert set(large) <= set(settings)
    assert any(value != VoteSettings() for value in settings.values())
    plain, tuned = (
        validation.by_relation(NeighbourVote(toy.graph, view, toy.content, side=side, settings=given))  # type: ignore[arg-type]
        for given in ({}, settings)
    )
    assert np.mean(list(tuned.values())) > np.mean(list(plain.values()))
    if side != "both":  # its weights come last, from another starting point
        assert all(tuned[name] >= plain[name] - 1e-9 for name in settings)
