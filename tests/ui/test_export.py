"""Downloads hold every hit, say what made them, and run nothing in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from biobridge_core.types import Query, QueryKind
from ui import export

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def retrieval(fake):
    return fake.retrieve(Query("TP53", QueryKind.ENTITY, "protein", "UniProtKB:P04637", "TP53"), k=5)


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_csv_has_every_hit_with_query_and_versions(retrieval):
    read = rows(export.to_csv(retrieval, WHEN))
    assert len(read) == sum(len(item.hits) for item in retrieval.lists)
    first = read[0]
    assert (first["query_value"], first["encoder"], first["graph"]) == (
        "UniProtKB:P04637",
        "fake-encoder",
        "fake-graph",
    )
    assert first["retrieved"] == "2026-01-02T03:04:05+00:00"
    assert (first["own_memory"], first["read_from"]) == ("True", "")
    drugs = [row for row in read if row["modality"] == "drug"]
    assert [row["smiles"] for row in drugs][:2] == ["CC", "CCC"]


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1+cmd", "@SUM(A1)", "-2+3", "\tx"])
def test_csv_cells_that_look_like_formulas_are_inert(retrieval, text):
    asked = replace(retrieval, query=replace(retrieval.query, text=text))
    assert rows(export.to_csv(asked, WHEN))[0]["query"] == "'" + text


def test_csv_keeps_negative_numbers(retrieval):
    item = retrieval.lists[0]
    low = replace(retrieval, lists=(replace(item, hits=(replace(item.hits[0], score=-0.5),)),))
    assert rows(export.to_csv(low, WHEN))[0]["score"] == "-0.5"


def test_json_is_whole(retrieval):
    read = json.loads(export.to_json(retrieval, WHEN))
    assert read["provenance"]["bridge"] == "fake-bridge"
    assert read["query"]["kind"] == "entity"
    assert read["lists"][0]["hits"][0]["entity"]["id"] == retrieval.lists[0].hits[0].entity.id


def test_file_names_are_plain(retrieval):
    odd = replace(retrieval, query=replace(retrieval.query, label="../a b/ü:*?"))
    assert export.file_name(odd, "csv") == "biobridge_a_b.csv"
