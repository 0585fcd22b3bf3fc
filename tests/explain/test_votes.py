"""The votes of a memory fall into the shares of links without a rest."""

from __future__ import annotations

import numpy as np
import pytest
from memories import links_of, on_a_circle, tiny_graph

from biobridge_core.bridge.memory import TERMS, Memory, Readout
from biobridge_core.bridge.reading import Weights
from biobridge_core.explain.votes import ballot, memory_scores
from biobridge_core.types import Likeness

TEXTS = {"gene": ["red fox", "red dog", "blue dog", "blue fox"], "trait": ["w", "x", "y", "z"]}
ANGLES = {"gene": [0.0, 60, 180, 240], "trait": [0.0, 90, 180, 270]}
HAS = [(0, 0), (1, 0), (1, 1), (2, 2), (3, 1), (3, 2)]
READOUT = Readout(k=2, content_scale=3.0, pieces_scale=5.0, profile_scale=4.0, tail_k=3, tail_scale=2.0, whiten=0.0)
WEIGHTS = Weights(1.0, (0.2, 0.5, 0.4, 0.3, 0.6, 0.7), (1e-3,) * len(TERMS))


def _memory(has: list[tuple[int, int]] = HAS) -> Memory:
    graph = tiny_graph(TEXTS, {"has": has})
    return Memory(graph, on_a_circle(graph, ANGLES), links_of(graph), readout=READOUT)


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("tail", range(4))
@pytest.mark.parametrize("gene", range(4))
def test_shares_add_up_to_what_the_votes_lift(gene: int, tail: int, own: bool) -> None:
    memory = _memory()
    asked = memory.ask(memory.graph.rows("gene")[[gene]], own=own)
    found = ballot(memory, asked, "has", tail, WEIGHTS)
    votes = memory.votes(asked, "has").dense()[1:, 0, tail]
    for name, weight, floor, vote in zip(TERMS[1:], WEIGHTS.votes[1:], WEIGHTS.floors[1:], votes, strict=True):
        assert found.gains[name] == pytest.approx(weight * np.log1p(vote / floor), rel=1e-4, abs=1e-6)
    assert found.total == pytest.approx(sum(found.gains.values()), rel=1e-5, abs=1e-9)
    gains = [voter.gain for voter in found.voters]
    assert gains == sorted(gains, reverse=True)
    assert min(gains, default=1.0) > 0
    scores = memory_scores(WEIGHTS, memory.votes(asked, "has"))
    assert scores[0, tail] == pytest.approx(found.total, rel=1e-4, abs=1e-6)


def test_only_those_with_a_link_vote_and_their_likeness_is_told() -> None:
    memory = _memory()
    graph = memory.graph
    genes, traits = graph.rows("gene"), graph.rows("trait")
    found = ballot(memory, memory.ask(genes[[0]]), "has", 1, WEIGHTS)
    like_query = {voter.row: voter for voter in found.voters if not voter.like_hit}
    assert set(like_query) == {genes[1], genes[3]}  # both have trait 1
    assert like_query[genes[1]].similarity[Likeness.CONTENT] == pytest.approx(0.5, abs=1e-6)
    like_hit = [voter.row for voter in found.voters if voter.like_hit]
    assert like_hit == [traits[0]]  # the one trait of gene 0


def test_a_link_that_is_struck_out_no_longer_votes() -> None:
    before = ballot(_memory(), _asked(_memory(), 0), "has", 1, WEIGHTS)
    without = _memory([pair for pair in HAS if pair != (1, 1)])
    after = ballot(without, _asked(without, 0), "has", 1, WEIGHTS)
    gene = int(without.graph.rows("gene")[1])
    assert any(voter.row == gene and not voter.like_hit for voter in before.voters)
    assert not any(voter.row == gene and not voter.like_hit for voter in after.voters)


def test_a_vote_with_a_weight_below_zero_speaks_against_and_has_no_voters() -> None:
    memory = _memory()
    against = Weights(1.0, (0.2, -0.5, -0.4, -0.3, -0.6, -0.7), WEIGHTS.floors)
    found = ballot(memory, _asked(memory, 0), "has", 1, against)
    assert not found.voters
    assert min(found.gains.values()) < 0


def _asked(memory: Memory, gene: int):  # type: ignore[no-untyped-def]
    return memory.ask(memory.graph.rows("gene")[[gene]])
