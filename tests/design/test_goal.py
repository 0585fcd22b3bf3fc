"""A goal that cannot be met is refused with the way out."""

from __future__ import annotations

import json

import pytest

from biobridge_core.design.goal import Goal, Window, check, merged, parse_window
from biobridge_core.errors import InputError


@pytest.mark.parametrize(
    ("goal", "said"),
    [
        (Goal(), "nothing that is wanted"),
        (Goal(targets=("  ",), diseases=("",)), "nothing that is wanted"),
        (Goal(avoid=("KCNH2",)), "nothing that is wanted"),
        (Goal(("EGFR",), avoid=("egfr",)), "both wanted and unwanted"),
        (Goal(("EGFR",), windows=(Window("weight", 500, 100),)), "molecular weight"),
        (Goal(("EGFR",), windows=(Window("weight", high=100), Window("weight", low=500))), "molecular weight"),
        (Goal(("EGFR",), windows=(Window("colour", 1, 2),)), "colour"),
        (Goal(("EGFR",), windows=(Window("weight", float("nan")),)), "no number"),
        (Goal(("EGFR",), keep="c1ccc("), "no substructure"),
        (Goal(("EGFR",), without="[[["), "no substructure"),
        (Goal(("EGFR",), keep="c1ccccc1", without="c1ccccc1"), "kept and avoided"),
        (Goal(("EGFR",), start="C1CC("), "not a SMILES"),
        (Goal(("EGFR",), start="[CH3]"), "radical"),
        (Goal(("EGFR",), n=0), "number of candidates"),
        (Goal(("EGFR",), n=1_000_000), "number of candidates"),
        (Goal(("EGFR",), seconds=0), "time budget"),
        (Goal(("EGFR",), seconds=float("nan")), "time budget"),
        (Goal(("EGFR",), seed=-1), "seed"),
        (Goal(tuple(f"T{i}" for i in range(30))), "too many parts"),
        (Goal(("M" * 50_000,)), "too long"),
    ],
)
def test_a_goal_that_makes_no_sense_is_refused(goal: Goal, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        check(goal)
    assert caught.value.hint


def test_a_goal_survives_json() -> None:
    goal = check(Goal((" EGFR ", "EGFR"), ("lung cancer",), ("KCNH2",), (Window("log_p", high=4),), keep="ncn", seed=7))
    assert goal.targets == ("EGFR",)
    assert Goal.from_dict(json.loads(json.dumps(goal.as_dict()))) == goal


@pytest.mark.parametrize("raw", [{"target": ["EGFR"]}, {"windows": [{"nme": 1}]}, {"windows": [3]}])
def test_a_goal_of_another_shape_is_refused(raw: dict[str, object]) -> None:
    with pytest.raises(InputError):
        Goal.from_dict(raw)


def test_windows_of_one_property_are_met_together() -> None:
    assert merged([Window("weight", 200), Window("weight", 100, 500)]) == (Window("weight", 200, 500),)
    assert Window("weight", 200, 500).missed_by(150) == 50
    assert Window("weight", 200, 500).missed_by(501) == 1
    assert Window("weight", 200).missed_by(10_000) == 0


@pytest.mark.parametrize("text", ["weight", "weight=5", "weight=a:b", "=:", "weight=1:2:3"])
def test_a_window_that_is_written_otherwise_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        merged([parse_window(text)])


def test_a_window_is_read() -> None:
    assert parse_window("weight=250:500") == Window("weight", 250, 500)
    assert parse_window("log_p=:4") == Window("log_p", None, 4)
