"""The page of designs on the trained bundle: from the goal to files, and what is wrong with a goal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import streamlit as st
from opened import real_service
from streamlit.testing.v1 import AppTest

from biobridge_core.design.background import Background
from ui import design_goal, service

ROOT = Path(__file__).resolve().parents[2]
Opener = Callable[..., AppTest]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Opener]:
    """The page over the bundle that is open already and a background of few drugs."""
    bridge = real_service()
    graph = bridge.graph
    rows = [int(row) for row in graph.rows("drug")[::80] if graph.input_kind(int(row)).value == "smiles"]
    few = Background.of([(graph.ids[r], graph.names[r], graph.inputs([r])[0]) for r in rows], lambda *_: None)
    monkeypatch.setattr(bridge.designer, "_background", few)
    monkeypatch.setattr(bridge.designer.extras, "_folder", tmp_path)
    monkeypatch.setattr(service, "open_service", lambda progress: bridge)
    monkeypatch.setattr(service.Opening, "_warm", staticmethod(lambda _bridge: None))
    st.cache_resource.clear()

    def page(**params: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        for name, value in params.items():
            app.query_params[name] = value
        return app.switch_page("pages/design.py").run()

    yield page
    st.cache_resource.clear()


def click(app: AppTest, key: str) -> AppTest:
    return app.button(key=key).click().run()


def finished(app: AppTest) -> AppTest:
    """Look again until the search is over."""
    until = time.monotonic() + 90
    while app.session_state["design job"].done is False and time.monotonic() < until:
        app.session_state["design job"].wait(5)
    return app.run()


def asked(app: AppTest, **fields: object) -> AppTest:
    for name, value in fields.items():
        app.session_state[f"design {name}"] = value
    return app.run()


def test_from_a_goal_over_struck_evidence_to_files(opened: Opener, words_of: Callable[[AppTest], str]) -> None:
    app = opened(target="UniProtKB:Q15303", avoid="UniProtKB:Q12809")  # a cold deep link shows the evidence
    assert "Fragments come from" in words_of(app)
    pills = next(group for group in app.button_group if group.label.startswith("● known drugs"))
    struck = pills.value[0]
    pills.set_value(pills.value[1:])
    app.run()
    assert "1 struck out" in words_of(app)
    asked(app, seconds=3.0, n=6)
    app = finished(click(app, "design generate"))
    said = words_of(app)
    assert "candidates** out of" in said
    assert "not compared with MOSES" in said
    run = app.session_state["design job"].run
    assert struck in run.evidence.struck
    result = app.session_state["design result"][1]
    assert all(struck not in candidate.lineage.items for candidate in result.candidates)
    assert {"SDF", "CSV", "SMI", "HTML"} <= {b.label for b in app.get("download_button")}
    first = result.candidates[0]
    click(app, f"design keep {first.id}")
    assert "Shortlist: 1 candidate" in words_of(app)
    report = real_service().designer.report(run, result, datetime.now(UTC)).decode()
    assert first.smiles in report
    assert "struck out" in report
    assert "<script" not in report


def test_sliders_rank_anew_without_a_search(opened: Opener) -> None:
    app = opened(target="UniProtKB:Q15303")
    asked(app, seconds=3.0, n=6)
    app = finished(click(app, "design generate"))
    before = app.session_state["design result"][1]
    judged = app.session_state["design job"].run.found.copy()
    for name in ("wanted", "qed", "windows", "novelty", "alerts"):
        app.session_state[f"design weight {name}"] = 0.0
    app.session_state["design weight sa"] = 5.0
    app.run()
    after = app.session_state["design result"][1]
    assert app.session_state["design job"].run.found == judged
    mean = [sum(c.traits.sa for c in r.candidates) / len(r.candidates) for r in (before, after)]
    assert mean[1] < mean[0]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "nothing that is wanted"),
        ({"targets": ["NOSUCHGENE1"]}, "no protein"),
        ({"targets": ["EGFR"], "low weight": 600.0, "high weight": 100.0}, "molecular weight"),
        ({"targets": ["EGFR"], "keep": "c1("}, "substructure"),
        ({"targets": ["EGFR"], "seconds": 0.0}, "time budget"),
        ({"targets": ["EGFR"], "avoid": ["EGFR"]}, "both wanted and unwanted"),
        ({"targets": ["EGFR"], "start": "C1CC"}, ""),
        ({"targets": ["<script>alert(1)</script>"]}, "no protein"),
    ],
)
def test_a_goal_that_cannot_be_met_says_the_way_out(opened: Opener, fields: dict[str, object], said: str) -> None:
    app = asked(opened(), **fields)
    app = click(app, "design now")
    assert len(app.error) == 1
    assert said in app.error[0].value
    assert "<script>" not in app.error[0].value
    assert not app.exception
    assert app.button(key="design now")


def test_nothing_yet_offers_three_goals(opened: Opener, words_of: Callable[[AppTest], str]) -> None:
    app = opened()
    assert "Three goals to try" in words_of(app)
    for label in design_goal.EXAMPLES:
        assert app.button(key=f"design example {label}")
    click(app, "design herg")
    assert app.session_state["design avoid"] == ["KCNH2"]


def test_an_address_holds_names_and_no_sequence(opened: Opener) -> None:
    app = opened(target="EGFR")
    assert "UniProtKB:P00533" in app.query_params["target"]
    asked(app, targets=[], diseases=["recurrent seizures in a child with a small head"])
    click(app, "design look first")
    assert not app.query_params
