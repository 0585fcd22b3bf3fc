"""Weights of the votes: the sparse score, what fitting finds, and files that are damaged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from memories import EVEN, N_VOTES, READING
from scipy import sparse

from biobridge_core.bridge.memory import TERMS, Votes
from biobridge_core.bridge.reading import READING as FILE
from biobridge_core.bridge.reading import Example, Reading, Weights, fit_weights
from biobridge_core.errors import ArtifactError

N_TAILS = 40


def _random_votes(rng: np.random.Generator, n: int = 5) -> Votes:
    matrices = tuple(
        sparse.random_array((n, N_TAILS), density=0.2, rng=rng, dtype=np.float32, format="csr")
        for _ in range(N_VOTES - 1)
    )
    return Votes(rng.random(N_TAILS, np.float32), matrices, sparse.csr_array((n, 9), dtype=np.float32))


def test_the_sparse_score_is_the_dense_formula_up_to_a_constant() -> None:
    rng = np.random.default_rng(0)
    votes, logits = _random_votes(rng), rng.normal(size=(5, N_TAILS)).astype(np.float32)
    weights = Weights(1.7, tuple(rng.normal(size=N_VOTES)), tuple(10.0 ** -rng.uniform(0, 5, N_VOTES)))
    dense = 1.7 * logits
    for weight, floor, vote in zip(weights.votes, weights.floors, votes.dense(), strict=True):
        dense = dense + weight * np.log(vote + floor)
    before = logits.copy()
    rest = weights.score(logits, votes) - dense
    assert np.ptp(rest, axis=1).max() < 1e-4
    assert (logits == before).all()


def _examples(informative: int, *, relation: str = "r", seed: int = 0, n: int = 60, links: int = 1) -> Example:
    """Queries with as many links each, whose tails only one of the terms (0 is the bridge) sets apart."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n, N_TAILS)).astype(np.float32)
    votes = (rng.random((N_VOTES, n, N_TAILS)) < 0.2) * rng.random((N_VOTES, n, N_TAILS))
    queries = np.repeat(np.arange(n), links)
    targets = np.concatenate([rng.choice(N_TAILS, links, replace=False) for _ in range(n)])
    if informative:
        votes[informative - 1, queries, targets] = 0.8
    else:
        logits[queries, targets] += 3
    filtered = np.zeros((n, N_TAILS), dtype=bool)
    filtered[queries, targets] = True
    return Example.take(relation, logits, votes.astype(np.float32), queries, targets, filtered)


@pytest.mark.parametrize("informative", [0, 2, 4])
def test_fitting_finds_the_one_that_tells(informative: int) -> None:
    found = fit_weights([_examples(informative)])["r"]
    weights = np.array([found.bridge, *found.votes])
    assert weights.argmax() == informative
    assert weights[informative] > 2 * np.abs(np.delete(weights, informative)).max()


def test_each_relation_leaves_the_common_weights_as_far_as_its_links_justify() -> None:
    own = (_examples(4, relation="few", seed=9, n=2), _examples(4, relation="own", seed=10, n=40))
    found = fit_weights([_examples(2, relation="most", n=40), *own])
    common = np.array(found["*"].votes)
    assert min(common[[1, 3]]) > 2 * np.abs(common[[0, 2, 4, 5]]).max()  # the two that tell anything anywhere
    assert np.array(found["most"].votes).argmax() == 1
    assert np.array(found["own"].votes).argmax() == 3
    away = {name: np.abs(np.array(found[name].votes) - common).sum() for name in ("few", "own")}
    assert away["few"] < away["own"]


def test_an_example_keeps_every_rival_once_and_bars_what_does_not_compete() -> None:
    rng = np.random.default_rng(3)
    logits, votes = rng.normal(size=(4, N_TAILS)).astype(np.float32), rng.random((N_VOTES, 4, N_TAILS), np.float32)
    filtered = rng.random((4, N_TAILS)) < 0.3
    queries, targets = np.array([0, 2, 2]), np.array([5, 7, 9])
    example = Example.take("r", logits, votes, queries, targets, filtered, hardest=N_TAILS, random=10)
    every = np.concatenate([logits[None], votes])
    np.testing.assert_array_equal(example.true.numpy(), every[:, queries, targets])
    for query in range(4):
        there = example.rivals[0, query][~example.barred[query]].numpy()
        np.testing.assert_array_equal(np.sort(there), np.sort(logits[query, ~filtered[query]]))
    few = Example.take("r", logits, votes, queries, targets, filtered, hardest=2, random=0)
    for query in range(4):
        free = np.where(filtered[query], -np.inf, logits[query])
        assert free.max() in few.rivals[0, query][~few.barred[query]].numpy()


def test_rivals_that_are_all_barred_leave_the_fit_finite() -> None:
    logits, votes = np.zeros((1, 3), np.float32), np.zeros((N_VOTES, 1, 3), np.float32)
    example = Example.take("r", logits, votes, np.array([0]), np.array([1]), np.ones((1, 3), bool))
    found = fit_weights([example])["r"]
    assert np.isfinite([found.bridge, *found.votes, *found.floors]).all()


def test_a_reading_comes_back_as_it_was_written(tmp_path: Path) -> None:
    one = Weights(0.123456789, tuple(np.linspace(-1, 1, N_VOTES)), tuple(10.0 ** -np.arange(1, N_VOTES + 1)))
    reading = Reading({"*": EVEN, "r": one}, {"*": one})
    reading.save(tmp_path)
    back = Reading.load(tmp_path)
    assert back == reading
    assert back.weights("r", known=True) == one
    assert back.weights("never heard of", known=True) == EVEN
    assert back.weights("r", known=False) == one


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: raw.pop("terms"),
        lambda raw: raw.update(terms=[*TERMS[:-1], "another"]),
        lambda raw: raw.pop("unseen"),
        lambda raw: raw["known"].pop("*"),
        lambda raw: raw.update(known=[1, 2]),
        lambda raw: raw["known"]["*"][1].pop(),
        lambda raw: raw["known"]["*"][2].append(0.1),
        lambda raw: raw["known"].update({"*": []}),
        lambda raw: raw["known"].update({"*": ["a", [], []]}),
        lambda raw: raw["known"]["*"].__setitem__(0, float("nan")),
        lambda raw: raw["unseen"]["*"][2].__setitem__(0, 0.0),
    ],
)
def test_a_damaged_reading_is_named(tmp_path: Path, damage: object) -> None:
    READING.save(tmp_path)
    raw = json.loads((tmp_path / FILE).read_text())
    damage(raw)  # type: ignore[operator]
    (tmp_path / FILE).write_text(json.dumps(raw))
    with pytest.raises(ArtifactError, match=r"reading\.json cannot be read") as caught:
        Reading.load(tmp_path)
    assert "train the bridge" in caught.value.hint


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "null", "\x00"])
def test_a_reading_that_is_no_reading_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(ArtifactError, match=r"reading\.json cannot be read"):
        Reading.load(tmp_path)
    (tmp_path / FILE).write_text(text)
    with pytest.raises(ArtifactError, match=r"reading\.json cannot be read"):
        Reading.load(tmp_path)
