"""What only the best are asked: alerts, and bounds on predicted ADMET properties."""

from __future__ import annotations

import pytest
from design.inhibitors import INHIBITORS, OTHERS, made_evidence
from design.test_extras import parents
from opened import real_service

from biobridge_core.admet.predict import Admet
from biobridge_core.design.goal import Goal, Window, check
from biobridge_core.design.late import Examiner, Late, check_bounds, endpoints
from biobridge_core.design.scoring import components
from biobridge_core.errors import InputError


def admet() -> Admet:
    return real_service().drawn.admet


def test_alerts_and_admet_are_those_of_the_pages_on_molecules() -> None:
    bounds = (Window("hERG", None, 0.2),)
    blocker = Examiner(bounds, admet()).examine(OTHERS["terfenadine"])
    report = {p.endpoint.key: p.value for p in admet().report(OTHERS["terfenadine"]).predictions}
    assert blocker.admet == {"hERG": round(report["hERG"], 4)}
    assert report["hERG"] > 0.8
    assert blocker.within < 0.1
    assert Examiner(bounds, admet()).examine(OTHERS["metformin"]).within == 1.0
    afatinib = Examiner((), None).examine(INHIBITORS["afatinib"])
    assert any(name.startswith("BRENK: Michael acceptor") for name in afatinib.alerts)
    assert afatinib.admet == {}


def test_both_count_in_the_score() -> None:
    found, parts = parents()[0], made_evidence().parts
    plain = components(found, parts, ())
    assert plain["alerts"] == 1.0
    assert "admet" not in plain
    late = Late(("BRENK: a", "PAINS: b", "BRENK: c"), {"hERG": 0.9}, 0.25)
    made = components(found, parts, (), late, admet=True)
    assert made["alerts"] == 0.25
    assert made["admet"] == 0.25


def test_bounds_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InputError, match="No ADMET endpoint"):
        check_bounds((Window("HERG1", None, 0.2),), admet())
    assert "hERG" in endpoints(admet())
    with pytest.raises(InputError, match="hERG"):
        check(Goal(targets=("EGFR",), admet=(Window("hERG", 0.8, None), Window("hERG", None, 0.2))))
    goal = check(Goal(targets=("EGFR",), admet=(Window("hERG", None, 0.2),)))
    assert Goal.from_dict(goal.as_dict()) == goal
