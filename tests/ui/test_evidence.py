"""The page ``evidence``: it shows what the result files say, and says what was not measured."""

from __future__ import annotations

import json
import shutil

import pytest

from biobridge_core import results
from ui import evidence, evidence_parts, evidence_retrieval

RESULTS = results.RESULTS


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of the result files that a test may change."""
    copy = tmp_path / "results"
    shutil.copytree(RESULTS, copy)
    real_first, real_read = results.first, results.read
    monkeypatch.setattr(results, "first", lambda names, folder=copy: real_first(names, copy))
    monkeypatch.setattr(results, "read", lambda name, folder=copy: real_read(name, copy))
    return copy


def change(folder, name, act):
    path = folder / f"{name}.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    act(raw)
    path.write_text(json.dumps(raw), encoding="utf-8")


@pytest.mark.parametrize("study", [study.key for study in evidence.STUDIES])
def test_every_study_is_drawn_by_its_address(open_app, words_of, study):
    app = open_app("pages/evidence.py", {"study": study})
    assert not app.exception
    assert not app.error
    title = next(s.title for s in evidence.STUDIES if s.key == study)
    assert app.subheader[0].value == title
    said = words_of(app)
    assert "What it does not say" in said or "not been measured yet" in said


def test_figures_are_those_of_the_file(folder, open_app, words_of):
    def act(raw):
        for row in raw["rows"]:
            if row["kind"] == "mean" and row["scorer"] == "bridge, memory":
                row["hits_at_10"], row["hits_at_1"] = 0.3721, 0.1234

    change(folder, "retrieval", act)
    app = open_app("pages/evidence.py")
    said = words_of(app)
    assert "among the ten best in 37\u2009% of the questions" in said
    assert "first in 12\u2009%" in said
    assert any(metric.value == "37\u2009%" for metric in app.metric)
    table = app.dataframe[0].value.set_index("method")
    assert table.loc["bridge, memory", "in best 10"] == pytest.approx(37.2)


def test_a_preliminary_result_says_so(folder, open_app, words_of):
    assert "Preliminary" not in words_of(open_app("pages/evidence.py"))

    def act(raw):
        raw["notes"] = ["Filtered MRR.", "Preliminary: one seed."]

    change(folder, "retrieval", act)
    said = words_of(open_app("pages/evidence.py"))
    assert "Preliminary" in said
    assert "One seed." in said


def test_what_is_missing_is_said_and_the_rest_stands(folder, open_app, words_of):
    (folder / "retrieval.json").unlink()
    app = open_app("pages/evidence.py")
    assert not app.exception
    assert "has not been measured yet" in words_of(app)
    assert app.metric, "the other studies still have their figures"


def test_a_damaged_file_is_named_and_the_page_lives(folder, open_app, words_of):
    (folder / "composition.json").write_text("{", encoding="utf-8")
    said = words_of(open_app("pages/evidence.py", {"study": "two-steps"}))
    assert "composition.json" in said
    assert "Restore it" in said


def test_an_unknown_study_gets_a_message(open_app, words_of):
    app = open_app("pages/evidence.py", {"study": "<script>"})
    assert "There is no study of that name" in words_of(app)
    assert app.subheader[0].value == evidence.STUDIES[0].title


def test_choosing_a_study_shows_it(open_app):
    app = open_app("pages/evidence.py")
    app.segmented_control[0].set_value("speed").run()
    assert app.subheader[0].value == "Speed"
    assert app.query_params["study"] in ("speed", ["speed"])


@pytest.mark.parametrize(
    ("ours", "rival", "overlaps"),
    [((0.3, 0.29, 0.31), (0.2, 0.19, 0.21), False), ((0.3, 0.2, 0.4), (0.28, 0.2, 0.36), True)],
)
def test_an_overlap_of_intervals_is_said(ours, rival, overlaps):
    def row(name, figures):
        keys = ("mrr", "mrr_low", "mrr_high")
        return {"scorer": name, "hits_at_10": 0.4, "hits_at_1": 0.2, **dict(zip(keys, figures, strict=True))}

    text = evidence_retrieval.sentence([row("bridge, memory", ours), row("RotatE, tuned", rival)])
    assert "RotatE, tuned" in text
    assert ("may be chance" in text) is overlaps


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.2942, "0.29"), (86.0, "86"), (1234.0, "1\u2009234"), (0.0001, "0.0001"), (0.0, "0"), (1.5, "1.5")],
)
def test_numbers_have_two_significant_digits(value, shown):
    assert evidence_parts.two(value) == shown


def written(folder, name, headline, rows, notes=()):
    body = {
        "name": name, "created": "2026-01-02T03:04:05+00:00", "command": f"python benchmarks/{name}.py", "machine": {},
        "manifest": {}, "seeds": [0], "headline": headline, "rows": rows, "notes": list(notes),
    }  # fmt: skip
    (folder / f"{name}.json").write_text(json.dumps(body), encoding="utf-8")


def calibrated(relation, regime, links, bins):
    return {
        "kind": "relation", "relation": relation, "regime": regime, "links": links, "counted": links >= 500, "shown": True,
        "reason": "", "method": "isotonic", "calibrated": True, "hits": 100, "ece": 0.021, "brier": 0.1, "base_brier": 0.2,
        "skill": 0.4, "base_rate": 0.11, "bins": bins,
    }  # fmt: skip


def test_chances_are_drawn_against_what_was_found(folder, open_app, words_of):
    bins = [{"predicted": 0.1, "observed": 0.12, "n": 40}, {"predicted": 0.6, "observed": 0.55, "n": 60}]
    rows = [calibrated(f"r_{i}", regime, 900 - i, bins) for i in range(6) for regime in ("known", "unseen")]
    served = {"kind": "served", "head": "drug", "tail": "protein", "regime": "unseen", "queries": 9, "ece": 0.03}
    rows.append({**served, "skill": 0.2, "base_rate": 0.1})
    head = {"worst_ece_known": 0.031, "worst_ece_unseen": 0.044, "share_calibrated": 0.9, "min_brier_skill": 0.1}
    written(folder, "calibration", head | {"worst_ece_served": 0.052, "n_counted": 10, "n_with_chance": 12}, rows)
    app = open_app("pages/evidence.py", {"study": "chances"})
    assert not app.error
    said = words_of(app)
    assert "10 of the 12 relations" in said
    assert "90\u2009% of these keep their word" in said
    assert "5.2\u2009points" in said
    assert "4.4\u2009points" in said
    assert len(app.multiselect[0].value) == 3
    assert app.dataframe[0].value["off by"].tolist() == [0.021] * 6
    assert app.dataframe[1].value["to"].tolist() == ["protein"]
    curves = json.loads(app.get("plotly_chart")[0].proto.spec)["data"]
    assert len(curves) == 4, "the line of kept chances and three relations"


def test_agreement_of_attribution_is_shown_with_what_it_was_compared_with(folder, open_app, words_of):
    row = {"kind": "protein", "id": "UniProtKB:P1", "hit": "GO:1", "units": 300, "cpu_seconds": 3.0}
    row |= {"shown": 0.9, "first_order": 0.3, "otherwise_hidden": 0.8}
    head = {f"{name}_{kind}": 0.5 for kind in ("protein", "molecule") for name in ("first_order", "otherwise")}
    written(
        folder,
        "attribution",
        {**head, "spearman_protein": 0.87, "spearman_molecule": 0.93},
        [row, {**row, "kind": "drug"}],
    )
    app = open_app("pages/evidence.py", {"study": "attribution"})
    assert not app.error
    assert "0.87 for proteins and 0.93 for molecules" in words_of(app)
    assert app.dataframe[0].value["what is shown"].tolist() == [0.9, 0.9]
