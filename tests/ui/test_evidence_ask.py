"""The study of questions in words: figures of the file, one table a half, rivals beside."""

from __future__ import annotations

import json

import pytest

from biobridge_core import results

HEAD = {
    "linking_accuracy": 0.961, "relation_accuracy_unseen_wording": 0.953, "recall10_ours": 0.71,
    "recall10_best_baseline": 0.52, "citation_precision": 1.0, "refusal_precision": 0.97, "refusal_recall": 0.96,
    "seconds_p50": 0.31, "n_questions": 1251,
}  # fmt: skip


def row(half, of, measure, value, **more):
    return {
        "kind": "ask",
        "half": half,
        "of": of,
        "measure": measure,
        "value": value,
        "n": 40,
        "low": value,
        "high": value,
        **more,
    }


@pytest.fixture
def measured(tmp_path, monkeypatch):
    rows = []
    for half, shift in (("unseen", 0.0), ("seen", 0.05)):
        for of in ("all", "single", "lay"):
            rows += [row(half, of, "linked", 0.9 + shift), row(half, of, "planned", 0.8 + shift)]
            rows.append(row(half, of, "recall10_ahead", 0.2))
            rows += [row(half, of, "recall10", value, by=by) for by, value in (("ours", 0.7), ("KG look-up", 0.5))]
        rows.append(row(half, "count", "told", 0.75))
        rows.append(row(half, "refuse_off_topic", "refusal_recall", 0.9 + shift))
    raw = {
        "name": "ask", "created": "2026-11-23T01:00:00+00:00", "command": "python", "machine": {}, "manifest": {},
        "seeds": [0], "headline": HEAD, "rows": rows, "notes": ["linked: all of it."],
    }  # fmt: skip
    (tmp_path / "ask.json").write_text(json.dumps(raw), encoding="utf-8")
    real = results.first
    monkeypatch.setattr(results, "first", lambda names, folder=tmp_path: real(names, tmp_path))


@pytest.mark.usefixtures("measured")
def test_figures_of_unseen_wordings_stand_first_and_each_kind_has_its_row(open_app, words_of):
    app = open_app("pages/evidence.py", {"study": "ask"})
    assert not app.exception
    assert not app.error
    said = words_of(app)
    assert "1\u2009251 questions" in said.replace("\u202f", "\u2009")
    assert "95\u2009% were read as the right relations" in said
    assert "What it does not say" in said
    table = app.dataframe[0].value.set_index("question")
    assert table.loc["one relation", "relation, %"] == pytest.approx(80)
    assert table.loc["everyday words", "best rival, %"] == pytest.approx(50)
    told = app.dataframe[1].value.set_index("question")
    assert told.loc["how many", "right, %"] == pytest.approx(75)
    assert app.dataframe[2].value["refused, %"].tolist() == [90]
    series = json.loads(app.get("plotly_chart")[0].proto.spec)["data"]
    assert [one["name"] for one in series] == ["Ask", "KG look-up"]
