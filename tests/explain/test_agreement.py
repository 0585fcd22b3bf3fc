from __future__ import annotations

import numpy as np
import pytest

from biobridge_core.explain.agreement import agreement, percentile
from biobridge_core.types import Voice


def _said(bridge: float | None, neighbours: float | None, embedding: float | None) -> str:
    names = ("bridge", "neighbours", "embedding")
    return agreement([Voice(n, v) for n, v in zip(names, (bridge, neighbours, embedding), strict=True)]).sentence


def test_percentile_counts_what_is_strictly_lower() -> None:
    scores = np.array([0.1, 0.2, 0.2, 0.9, 0.5])
    assert [percentile(scores, place) for place in range(5)] == [0, 25, 25, 100, 75]
    assert percentile(np.zeros(4), 2) == 0  # where nobody votes, a vote of nothing is no vote


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ((99.9, 99.5, 99.1), "All three put it in the top 1 %"),
        ((99.9, 99.5, None), "Both put it in the top 1 %"),
        ((99.9, 95.0, 91.0), "All three put it in the top 10 %"),
        ((99.9, 99.9, 20.0), "They disagree"),
        ((50.0, 20.0, 10.0), "None of the ways asked speaks for it"),
        ((99.9, None, None), "Only the bridge's reading of the input can be asked, and puts it in the top 1 %"),
        ((None, None, None), "None of the three has anything to say"),
    ],
)
def test_the_sentence_says_whether_they_agree(said: tuple[float | None, ...], words: str) -> None:
    assert words in _said(*said)


def test_who_does_not_speak_for_it_is_named() -> None:
    sentence = _said(99.9, 99.9, 20.0)
    assert "the graph embedding (in the lower half) does not." in sentence
    assert "the bridge's reading of the input and its neighbours rank it in the top 1 %" in sentence


def test_neighbours_are_many() -> None:
    assert "its neighbours rank it in the top 1 %" in _said(79.0, 99.8, None)
    assert "its neighbours (in the lower half) do not." in _said(99.9, 20.0, None)
