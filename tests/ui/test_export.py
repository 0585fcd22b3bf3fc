"""Downloads hold every hit, say what made them, and run nothing in a spreadsheet."""

from __future__ import annotations

import csv
import html
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from biobridge_core.errors import InputError
from biobridge_core.kg.graph import Source
from biobridge_core.kg.sources.starter.vocabulary import MODALITIES, RELATIONS
from biobridge_core.report import Context, render, to_explain
from biobridge_core.report.style import CSS
from biobridge_core.types import (
    Agreement,
    Edge,
    Entity,
    HitStatus,
    Likeness,
    Neighbour,
    Part,
    Path,
    Query,
    QueryKind,
    Voice,
    Why,
)
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


EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


def explained(curie):
    hit = Entity(curie, "disease", EVIL)
    edge = Edge(Entity("TEST:q", "protein", EVIL), hit, "r", EVIL, (EVIL,))
    neighbour = Neighbour(Entity("TEST:n", "protein", EVIL), False, ((Likeness.CONTENT, 0.91),), 0.4, (EVIL,))
    agreement = Agreement((Voice("bridge", 99.0),), f"Bridge and neighbours agree. {EVIL}")
    asked = Query(EVIL, QueryKind.TEXT, "disease", EVIL)
    return Why(
        asked,
        hit,
        "r",
        EVIL,
        (edge,),
        (Path((edge, edge)),),
        (),
        (neighbour,),
        3,
        (Part("memory", 2.5),),
        agreement,
        (EVIL,),
    )


def written(retrieval, explain=None, **more):
    source = Source("s", EVIL, "1.2", "2024-05-06", "CC0 " + EVIL, "javascript:alert(1)", EVIL)
    context = Context(
        MODALITIES, RELATIONS, (source,), more.pop("depict", lambda smiles: "<svg onload=alert(1)></svg>")
    )
    return render(retrieval, WHEN, context, explain).decode()


class Seen(HTMLParser):
    """Every element and attribute of a document."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_html_runs_nothing_whatever_names_hold(retrieval):
    evil_hit = replace(retrieval.lists[0].hits[0].entity, name=EVIL, full_name=EVIL, synonyms=(EVIL,), definition=EVIL)
    hit = replace(
        retrieval.lists[0].hits[0],
        entity=evil_hit,
        sources=(EVIL,),
        relation=EVIL,
        route=EVIL,
        url="javascript:alert(3)",
    )
    listed = replace(retrieval.lists[0], hits=(hit,), note=EVIL, route=EVIL)
    odd = replace(
        retrieval,
        query=Query(EVIL, QueryKind.TEXT, EVIL, EVIL, EVIL),
        entity=evil_hit,
        lists=(listed, *retrieval.lists[1:]),
        warnings=(EVIL,),
        read_from=((evil_hit, 0.5),),
        nearest_known=((evil_hit, 0.5),),
        provenance=replace(retrieval.provenance, encoder=EVIL, bridge=EVIL),
    )
    text = written(odd, explained)
    assert text.count("&lt;script&gt;") > 10
    found = Seen(text).found
    assert not {tag for tag, _ in found} & {"script", "iframe", "object", "link", "base", "form"}
    for tag, attributes in found:
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        for name in ("href", "src"):
            target = attributes.get(name) or ""
            assert not target or target.startswith(("https://", "#", "data:image/svg+xml;base64,")), target
    policy = next(a["content"] for tag, a in found if tag == "meta" and a.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'")


def test_html_holds_query_hits_why_plots_versions_warnings_date_and_licences(retrieval):
    item = retrieval.lists[2]
    sure = replace(item.hits[0], probability=0.83, confident=True)
    unsure = replace(item.hits[2], probability=0.12, confident=False, unspecific=True)
    lists = tuple(replace(x, hits=(sure, x.hits[1], unsure)) if x is item else x for x in retrieval.lists)
    full = replace(retrieval, lists=lists, warnings=("The sequence was cut.",), distance_percentile=97.0)
    text = html.unescape(written(full, explained))
    for said in (
        "TP53", "UniProtKB:P04637", "2026-01-02T03:04:05+00:00", "fake-encoder", "fake-bridge", "fake-graph", "CC0",
        "The sequence was cut.", "Research use, not medical advice.", "83\u2009%", "12\u2009%", "not confident",
        "high for most queries", "Why these hits", "Bridge and neighbours agree", "biobridge query UniProtKB:P04637",
        "hpo · PCS", "97\u2009%", "memory +2.5", "content 0.91", "and 2 more",
    ):  # fmt: skip
        assert said in text, said
    for listed in full.lists:
        assert all(hit.entity.id in text for hit in listed.hits)
    assert text.count("<svg viewBox") == len(full.lists)
    assert "data:image/svg+xml;base64," in text
    assert "● known" in text
    assert "○ predicted" in text


def test_html_loads_nothing(retrieval):
    found = Seen(written(retrieval)).found
    assert not [
        a for tag, a in found if tag in {"img", "source", "video", "embed"} and not str(a["src"]).startswith("data:")
    ]
    assert "url(" not in CSS
    assert "@import" not in CSS


def test_a_hit_that_cannot_be_explained_or_drawn_is_said_and_the_rest_stands(retrieval):
    def fails(_):
        raise InputError("No weights here.")

    text = written(retrieval, fails, depict=fails)
    assert "could not be explained: No weights here." in text
    assert "drug 1" in text


def test_the_hits_explained_are_the_best_known_and_predicted_of_each_kind(retrieval):
    chosen = to_explain(retrieval)
    assert all(hit.status is not HitStatus.SIMILAR for hit in chosen)
    diseases = [hit for hit in chosen if hit.entity.modality == "disease"]
    assert [(hit.status.value, hit.rank) for hit in diseases] == [("known", 2), ("predicted", 1), ("predicted", 3)]


def test_many_rows_are_folded_and_none_is_lost(fake):
    many = fake.retrieve(Query("TP53", QueryKind.ENTITY, "protein", "UniProtKB:P04637", "TP53"), k=100)
    text = written(many)
    assert "<details><summary>" in text
    assert all(hit.entity.id in text for listed in many.lists for hit in listed.hits)


def test_csv_and_html_say_the_chance(retrieval):
    item = retrieval.lists[0]
    sure = replace(item.hits[0], probability=0.83, confident=True, unspecific=True)
    read = rows(export.to_csv(replace(retrieval, lists=(replace(item, hits=(sure,)),), distance_percentile=12.5), WHEN))
    assert (read[0]["probability"], read[0]["confident"], read[0]["unspecific"]) == ("0.83", "True", "True")
    assert read[0]["distance_percentile"] == "12.5"
