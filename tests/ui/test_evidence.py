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

    change(folder, "retrieval_preview", act)
    app = open_app("pages/evidence.py")
    said = words_of(app)
    assert "among the ten best in 37\u2009% of the questions" in said
    assert "first in 12\u2009%" in said
    assert any(metric.value == "37\u2009%" for metric in app.metric)
    table = app.dataframe[0].value.set_index("method")
    assert table.loc["bridge, memory", "in best 10"] == pytest.approx(37.2)


def test_a_preliminary_result_says_so_and_the_full_one_takes_its_place(folder, open_app, words_of):
    assert "Preliminary" in words_of(open_app("pages/evidence.py"))

    def act(raw):
        raw["notes"] = ["Filtered MRR."]

    change(folder, "retrieval_preview", act)
    (folder / "retrieval_preview.json").rename(folder / "retrieval.json")
    assert "Preliminary" not in words_of(open_app("pages/evidence.py"))


def test_what_is_missing_is_said_and_the_rest_stands(folder, open_app, words_of):
    for name in ("retrieval_preview", "retrieval_preview_cold", "retrieval"):
        (folder / f"{name}.json").unlink(missing_ok=True)
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
