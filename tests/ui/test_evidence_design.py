"""The study of designed molecules: what it says when ours is ahead, and when it is not."""

from __future__ import annotations

import json

import pytest

from biobridge_core import results


def headline(ours, other, low):
    return {
        "mean_best_similarity_ours": ours, "mean_best_similarity_best_other": other, "difference_low_95": low,
        "share_tanimoto06_ours": 0.8, "share_tanimoto06_best_other": 0.7, "share_tanimoto04_ours": 1.0,
        "share_tanimoto04_best_other": 0.95, "enrichment_auroc": 0.81, "enrichment_auroc_ecfp4": 0.84, "validity": 1.0,
        "uniqueness": 0.99, "novelty": 0.97, "diversity": 0.83, "seconds_per_200": 28.4,
    }  # fmt: skip


@pytest.fixture(params=[(0.52, 0.45, 0.03), (0.46, 0.45, -0.01), (0.40, 0.45, -0.08)])
def measured(request, tmp_path, monkeypatch):
    rows = [
        {"kind": "method", "of": of, "method": method, "cases": 20, "mean_best": 0.4, "mean_of_first_20": 0.3,
         "share_06": 0.5, "share_04": 0.9, "novelty": 1.0, "diversity": 0.8, "qed": 0.5, "sa": 2.9,
         **({} if method == "ours" else {"ahead": 0.1, "ahead_low": 0.05, "ahead_high": 0.15})}
        for of in ("proteins", "goals") for method in ("ours", "without retrieval")
    ]  # fmt: skip
    rows.append({"kind": "enrichment", "encoder": "ChemNet", "protein": "BTK", "auroc": 0.8})
    raw = {
        "name": "design", "created": "2026-11-23T01:00:00+00:00", "command": "python", "machine": {}, "manifest": {},
        "seeds": [1], "headline": headline(*request.param), "rows": rows, "notes": [],
    }  # fmt: skip
    (tmp_path / "design.json").write_text(json.dumps(raw), encoding="utf-8")
    real = results.first
    monkeypatch.setattr(results, "first", lambda names, folder=tmp_path: real(names, tmp_path))
    return request.param


def test_the_verdict_is_that_of_the_figures(measured, open_app, words_of):
    app = open_app("pages/evidence.py", {"study": "design"})
    assert not app.exception
    assert not app.error
    said = words_of(app)
    ours, other, low = measured
    verdicts = ("ahead of every other method", "by less than chance allows to tell", "not ahead of the best other")
    wanted = verdicts[0] if low > 0 else verdicts[1] if ours > other else verdicts[2]
    assert [verdict in said for verdict in verdicts] == [verdict == wanted for verdict in verdicts]
    assert "What it does not say" in said
    tables = [frame.value for frame in app.dataframe]
    assert [list(table["method"]) for table in tables] == [["ours", "without retrieval"]] * 2


def test_without_the_file_it_says_that_nothing_was_measured(open_app, words_of, tmp_path, monkeypatch):
    real = results.first
    monkeypatch.setattr(results, "first", lambda names, folder=tmp_path: real(names, tmp_path))
    app = open_app("pages/evidence.py", {"study": "design"})
    assert not app.exception
    assert "has not been measured yet" in words_of(app)
