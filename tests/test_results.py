"""Result files are read as they are; one that is missing is none, one that is damaged is named."""

from __future__ import annotations

import json

import pytest

from biobridge_core import results
from biobridge_core.errors import ArtifactError


def test_every_result_that_stands_there_can_be_read() -> None:
    names = results.available()
    assert {"first_bridge", "latency", "encoders", "build"} <= set(names)
    for name in names:
        found = results.read(name)
        raw = json.loads((results.RESULTS / f"{name}.json").read_text(encoding="utf-8"))
        assert found is not None
        assert dict(found.headline) == raw["headline"]
        assert len(found.rows) == len(raw["rows"])
        assert found.command.startswith("python benchmarks/")
        assert "cores of" in found.machine


def test_what_was_not_measured_is_none(tmp_path) -> None:
    assert results.read("retrieval", tmp_path) is None
    assert results.first(("retrieval", "retrieval_preview"), tmp_path) is None
    assert results.available(tmp_path) == ()


def test_the_first_that_is_there_is_taken_and_a_preview_says_so(tmp_path) -> None:
    body = {"created": "2026-01-02T03:04:05+00:00", "headline": {"mrr": 0.5}, "rows": [{"kind": "a"}, {"kind": "b"}]}
    (tmp_path / "retrieval_preview.json").write_text(json.dumps(body))
    found = results.first(("retrieval", "retrieval_preview"), tmp_path)
    assert found is not None
    assert found.preliminary
    assert [row["kind"] for row in found.where(kind="b")] == ["b"]
    (tmp_path / "retrieval.json").write_text(json.dumps(body))
    whole = results.first(("retrieval", "retrieval_preview"), tmp_path)
    assert whole is not None
    assert not whole.preliminary


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"headline": {}}', '{"created": "x", "headline": {"a": "b"}, "rows": []}']
)
def test_a_damaged_file_is_named(tmp_path, text: str) -> None:
    (tmp_path / "app.json").write_text(text)
    with pytest.raises(ArtifactError, match=r"app\.json"):
        results.read("app", tmp_path)
