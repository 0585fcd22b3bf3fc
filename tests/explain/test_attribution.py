"""Attribution with a model that is known to look at some letters alone, and with the real ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from biobridge_core.bundle import Bundle
from biobridge_core.config import Settings
from biobridge_core.encoders import create
from biobridge_core.encoders.base import Encoded
from biobridge_core.encoders.unirep import UniRep
from biobridge_core.errors import InputError
from biobridge_core.explain.attribution import Plan, attribute, check, first_order, hidden
from biobridge_core.explain.score import ContentScore
from biobridge_core.explain.units import Units, windows
from biobridge_core.types import InputKind


class Counting:
    """An encoder that counts tryptophans."""

    def encode(self, inputs: list[str], *, batch_size: Any = None, progress: Any = None) -> Encoded:
        return Encoded(np.array([[text.count("W")] for text in inputs], dtype=np.float32))


class Same:
    """A score that is the number itself."""

    def cosines(self, raw: np.ndarray) -> np.ndarray:
        return raw[:, 0]


def test_the_residues_that_matter_are_found() -> None:
    sequence = "A" * 30 + "W" + "A" * 30
    told: list[float] = []
    found = attribute(
        Counting(),  # type: ignore[arg-type]
        Same(),  # type: ignore[arg-type]
        Units.of(InputKind.SEQUENCE, sequence),
        relation="r",
        say=lambda _message, done: told.append(done),
    )
    values = np.array(found.values)
    assert values[30] == values.max() > 0
    assert set(np.flatnonzero(values)) <= set(range(22, 39))  # no further than a window reaches
    assert found.cosine == 1
    assert len(found.units) == len(found.spans) == len(found.values) == 61


def test_one_letter_and_too_many_are_refused_with_a_way_out() -> None:
    for kind, text in ((InputKind.SEQUENCE, "M"), (InputKind.TEXT, "seizures"), (InputKind.SEQUENCE, "M" * 5001)):
        with pytest.raises(InputError) as refused:
            check(Units.of(kind, text))
        assert refused.value.hint


@pytest.mark.parametrize("length", [2, 5, 9, 10, 60, 500, 5000])
def test_a_plan_never_hides_the_whole_and_has_few_windows(length: int) -> None:
    plan = Plan.of(Units.of(InputKind.SEQUENCE, "M" * length))
    assert 1 <= plan.width < length
    assert len(windows(length, plan.width, plan.stride)) <= 175


def test_first_order_of_a_linear_score_is_exact() -> None:
    rng = np.random.default_rng(0)
    states, gradient = rng.normal(size=(7, 5)).astype(np.float32), rng.normal(size=5).astype(np.float32)
    mean = states.mean(axis=0)
    exact = [float(mean @ gradient - np.delete(states, place, 0).mean(axis=0) @ gradient) for place in range(7)]
    assert first_order(states, mean, gradient) * 7 / 6 == pytest.approx(exact, rel=1e-4)


@pytest.fixture(scope="module")
def unirep() -> UniRep:
    return create("unirep", Settings.from_env())  # type: ignore[return-value]


def test_left_out_windows_give_the_vectors_of_the_shortened_sequences(unirep: UniRep) -> None:
    units = Units.of(InputKind.SEQUENCE, "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDG")
    over = [(0, 9), (0, 10), (3, 12), (20, 24), (15, 30), (34, 43)]
    fast = hidden(unirep, units, over)
    slow = unirep.encode([units.without(window) for window in over]).vectors
    cosines = (fast * slow).sum(axis=1) / np.linalg.norm(fast, axis=1) / np.linalg.norm(slow, axis=1)
    assert cosines.min() > 0.9999
    assert np.abs(fast - slow).max() < 0.01


@pytest.mark.bundle
def test_the_gradient_is_that_of_the_cosine(bundle_folder: Path) -> None:
    bundle = Bundle.open(bundle_folder)
    graph = bundle.graph
    row, tail = int(graph.rows("protein")[5]), int(graph.rows("disease")[7])
    del row
    score = ContentScore(bundle, "protein", InputKind.SEQUENCE, "protein_associated_with_disease", tail)
    rng = np.random.default_rng(0)
    space = bundle.catalogue.space(InputKind.SEQUENCE)
    raw = (space.mean + 0.1 * rng.normal(size=len(space.mean))).astype(np.float32)
    along = rng.normal(size=len(raw)).astype(np.float32)
    along /= np.linalg.norm(along)
    step = 0.02
    near = score.cosines(np.stack([raw + step * along, raw - step * along]))
    assert float(score.gradient(raw) @ along) == pytest.approx(
        float(near[0] - near[1]) / (2 * step), rel=0.05, abs=1e-3
    )
