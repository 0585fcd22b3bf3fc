"""A comparison as files: whole, said what made it, and nothing in it runs."""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from samples import ASPIRIN, TP53

from biobridge_core import compare_words, spreadsheet
from biobridge_core.alignment import align
from biobridge_core.compare import (
    Combine,
    Direction,
    JointHit,
    Member,
    Moved,
    Near,
    Pair,
    Signature,
    Variant,
)
from biobridge_core.kg.graph import KnowledgeGraph, Source
from biobridge_core.report.comparison import Comparison, render, title, to_json
from biobridge_core.report.page import Context
from biobridge_core.report.writer import Writer
from biobridge_core.types import (
    Agreement,
    Edge,
    Entity,
    Hit,
    HitList,
    HitStatus,
    InputKind,
    Provenance,
    Query,
    QueryKind,
    Retrieval,
    Voice,
    Why,
)

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
MADE = Provenance("starter", "unirep-1; minilm-1", "bridge-1", "graph-1", "cpu", "0.9")
EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
GENE = Entity("UniProtKB:P35498", "protein", "SCN1A", input_kind=InputKind.SEQUENCE, input=TP53)
DRUG = Entity("GtoPdb:1", "drug", "aspirin", input_kind=InputKind.SMILES, input=ASPIRIN)


def query(entity: Entity) -> Query:
    return Query(entity.name, QueryKind.ENTITY, entity.modality, entity.id, entity.name)


def pair(evil: str = "") -> Pair:
    gene, drug = replace(GENE, name=GENE.name + evil), replace(DRUG, name=DRUG.name + evil)
    edge = Edge(drug, gene, "r", "inhibits" + evil, ("gtopdb · 7" + evil,))
    voices = (Voice("bridge", 99.0), Voice("neighbours", None), Voice("embedding", 42.0))

    def way(asked: Entity, other: Entity, n: int) -> Direction:
        why = Why(
            query(asked), other, "r", "Because." + evil, (edge,), (), (), (), 0, (), Agreement(voices, "They disagree.")
        )
        hit = Hit(other, 1234, 0.01, 99.5, HitStatus.KNOWN, "r", ("gtopdb · 7",))
        return Direction(query(asked), hit, n, "", why)

    answer = f"The graph holds this link: {drug.name} inhibits {gene.name}."
    ways = (way(drug, gene, 20000), way(gene, drug, 1500))
    return Pair(query(drug), query(gene), (edge,), ways, answer, "The two ways round disagree." + evil)


def signature(evil: str = "", how: Combine = Combine.PROBABILITIES) -> Signature:
    hits = tuple(
        JointHit(
            Entity(f"MONDO:{i}", "disease", f"=disease {i}{evil}"),
            i,
            0.1 / i,
            90.0,
            (Member(i, True), Member(9, False)),
        )
        for i in (1, 2, 3)
    )
    return Signature((query(GENE), query(replace(DRUG, name="aspirin" + evil))), "disease", how, hits, 4321, (evil,))


def variant(evil: str = "", shift: float = 0.001) -> Variant:
    mutant = TP53[:10] + "W" + TP53[11:]
    near = Near(replace(GENE, name="SCN1A" + evil), align(TP53, mutant))
    hits = (Moved(Entity("MONDO:1", "disease", "a disease" + evil), (3, 1), (0.1, 0.2)),)
    return Variant(align(TP53, mutant), (near, None), "disease", hits, 1, 1, 4321, shift, 0.05, 12.0, (evil,))


def alone(evil: str = "") -> tuple[Retrieval, ...]:
    hits = (Hit(Entity("MONDO:7", "disease", "alone" + evil), 1, 0.5, 100.0, HitStatus.PREDICTED),)
    lists = (HitList("disease", hits, 4321, 0),)
    return tuple(Retrieval(q, None, lists, MADE) for q in signature(evil).queries)


VARIANT = {"name": "TP53", "from": "UniProtKB:P04637", "change": "E11W", "wild": TP53, "mutant": TP53[:10] + "W"}


def comparisons(evil: str = "") -> dict[str, Comparison]:
    asked = {name: value + evil for name, value in VARIANT.items()}
    made = replace(MADE, encoder=MADE.encoder + evil)
    return {
        "pair": Comparison(pair(evil), WHEN, made),
        "set": Comparison(signature(evil), WHEN, made, alone=alone(evil)),
        "variant": Comparison(variant(evil), WHEN, made, asked),
    }


def context(graph: KnowledgeGraph, evil: str = "") -> Context:
    source = Source("s", "A source" + evil, "1.2", "2024-05-06", "CC0", "javascript:alert(1)", "Cited et al.")
    return Context(graph.modalities, graph.relations, (source,), lambda smiles: "<svg onload=alert(1)></svg>")


class Seen(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, Mapping[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("kind", ["pair", "set", "variant"])
def test_html_runs_and_loads_nothing_whatever_names_hold(small_graph: KnowledgeGraph, kind: str) -> None:
    text = render(comparisons(EVIL)[kind], context(small_graph, EVIL)).decode()
    assert text.count("&lt;script&gt;") >= 6
    found = Seen(text).found
    assert not {tag for tag, _ in found} & {"script", "iframe", "object", "link", "base", "form", "a"}
    for tag, attributes in found:
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        assert str(attributes.get("src", "data:image/svg+xml;base64,")).startswith("data:image/svg+xml;base64,")
    policy = next(a["content"] for tag, a in found if a.get("http-equiv") == "Content-Security-Policy")
    assert str(policy).startswith("default-src 'none'")


SAID = {
    "pair": (
        "aspirin and SCN1A", "holds this link", "● known", "1\u202f234 of 20\u202f000", "above 99\xa0%", "above 42\xa0%",
        "nothing to say", "The two ways round disagree.", "gtopdb · 7", "Because.", "data:image/svg+xml;base64,",
        "biobridge compare GtoPdb:1 UniProtKB:P35498",
    ),
    "set": (
        "SCN1A, aspirin", "Together they point first at", "4\u2009321", "● 3", "○ 9", "1 of 2", "MONDO:3",
        "One by one", "Best diseases for SCN1A alone", "○ predicted",
        "biobridge compare --set UniProtKB:P35498,GtoPdb:1 --to disease --k 3",
    ),
    "variant": (
        "TP53 and E11W", "All of the best 1", "of TP53 stays among", "So small a shift means little", "E11W",
        "rank, mutant", "▲ 2", "× 2", TP53, "Nothing here says whether a variant causes disease.",
        "biobridge compare UniProtKB:P04637 --change E11W --to disease --k 1",
    ),
}  # fmt: skip
ALWAYS = ("2026-01-02T03:04:05+00:00", "unirep-1; minilm-1", "bridge-1", "graph-1", "CC0", "not medical advice")


@pytest.mark.parametrize("kind", ["pair", "set", "variant"])
def test_html_says_what_was_asked_what_was_found_and_what_made_it(small_graph: KnowledgeGraph, kind: str) -> None:
    text = html.unescape(render(comparisons()[kind], context(small_graph)).decode())
    for said in (*SAID[kind], *ALWAYS):
        assert said in text, said


@pytest.mark.parametrize("kind", ["pair", "set", "variant"])
def test_json_is_whole_and_says_what_made_it(kind: str) -> None:
    read = json.loads(to_json(comparisons()[kind]))
    assert read["compared"] == kind
    assert read["provenance"]["bridge"] == "bridge-1"
    assert read["compared_at"] == "2026-01-02T03:04:05+00:00"
    assert "not medical advice" in read["note"]
    found = read["found"]
    if kind == "pair":
        assert [way["hit"]["rank"] for way in found["ways"]] == [1234, 1234]
        assert found["known"][0]["sources"] == ["gtopdb · 7"]
    elif kind == "set":
        assert [hit["entity"]["id"] for hit in found["hits"]] == ["MONDO:1", "MONDO:2", "MONDO:3"]
        assert read["alone"][0]["lists"][0]["hits"][0]["entity"]["id"] == "MONDO:7"
    else:
        assert found["hits"][0]["ranks"] == [3, 1]
        assert read["asked"]["wild"] == TP53


def test_a_command_that_the_command_line_cannot_run_is_not_given(small_graph: KnowledgeGraph) -> None:
    by_rank = Comparison(signature(how=Combine.RANKS), WHEN, MADE)
    long = Comparison(variant(), WHEN, MADE, VARIANT | {"change": "A" * 600})
    for comparison in (by_rank, long):
        text = render(comparison, context(small_graph)).decode()
        assert "The same again" not in text
        assert "<h2>What made it</h2>" in text


def test_titles_are_short_and_never_empty() -> None:
    many = replace(signature(), queries=tuple(query(GENE) for _ in range(7)))
    assert title(Comparison(many, WHEN, MADE)) == "SCN1A, SCN1A, SCN1A, SCN1A and 3 more"
    assert title(Comparison(variant(), WHEN, MADE)) == "A protein and a mutant"


def test_a_large_shift_is_not_called_small() -> None:
    measured, stressed, rest = compare_words.shift(variant(shift=0.2))
    assert "4 times" in measured
    assert stressed == ""
    assert "12 % of known proteins have a nearer neighbour" in rest


def test_none_of_the_best_is_said_in_words() -> None:
    none = replace(variant(), shared=0, k=20)
    assert compare_words.stays(none, "TP53", lambda m: (m, "diseases")).startswith("None of the best 20 diseases")


def test_the_writer_names_every_model_that_was_used(small_graph: KnowledgeGraph) -> None:
    def made_by(kind: InputKind) -> Provenance:
        return replace(MADE, encoder=f"model of {kind.value}")

    writer = Writer(small_graph, lambda smiles: "<svg/>", lambda *_: pair().ways[0].why, made_by)
    raw = Query(ASPIRIN, QueryKind.SMILES, "drug", ASPIRIN, "molecule")
    protein = query(next(small_graph.entity(int(row)) for row in small_graph.rows("protein")))
    both = writer.compared(replace(pair(), a=raw, b=protein), WHEN)
    assert set(both.made.encoder.split("; ")) == {"model of smiles", "model of sequence"}
    assert writer.compared(variant(), WHEN, VARIANT).made.encoder == "model of sequence"
    assert writer.html(both).startswith(b"<!DOCTYPE html>")
    assert json.loads(writer.json(both))["compared"] == "pair"


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1+cmd", "@SUM(A1)", "-2+3", "\tx"])
def test_a_spreadsheet_runs_nothing_and_numbers_stay_numbers(text: str) -> None:
    data = spreadsheet.write([{"name": text, "n": -0.5, "word": "-0.5"}])
    read = next(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert read == {"name": "'" + text, "n": "-0.5", "word": "-0.5"}
    assert spreadsheet.write([]) == b"\xef\xbb\xbf"
