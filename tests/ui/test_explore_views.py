"""Filters, pictures, reasons and findings on the page ``explore``, on a small service."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from biobridge_core.errors import ArtifactError
from biobridge_core.types import Entity, Hit, HitList, HitStatus, Query, QueryKind, Resolution
from ui import charts, filters, hits, map, network, state, why


def ask(app, text):
    return app.chat_input[0].set_value(text).run()


def table(app):
    return app.dataframe[0].value


def made(rank, status=HitStatus.PREDICTED, *, relation="r", probability=None, flags=(), modality="drug", **more):
    entity = Entity(f"T:{rank}", modality, f"name {rank}", flags=flags)
    return Hit(entity, rank, 1 / rank, 100 - rank, status, relation, probability=probability, **more)


LISTED = HitList(
    "drug",
    (
        made(1, probability=0.9, flags=("approved",)),
        made(2, HitStatus.KNOWN, relation="s"),
        made(3, probability=0.2, flags=("approved", "withdrawn")),
        made(4, probability=0.04, confident=False, relation="s", flags=("approved",)),
        made(40, HitStatus.KNOWN),
        made(50, probability=0.5),
    ),
    500,
    2,
)


@pytest.mark.parametrize(
    ("ask_now", "ranks"),
    [
        (state.Ask(k=20), [2, 40, 1, 3, 4]),
        (state.Ask(k=200), [2, 40, 1, 3, 4, 50]),
        (state.Ask(show=state.Show.KNOWN), [2, 40]),
        (state.Ask(show=state.Show.PREDICTED, k=2), [1]),
        (state.Ask(relation="s"), [2, 4]),
        (state.Ask(least=20), [2, 40, 1, 3, 50]),
        (state.Ask(approved=True), [1, 4]),
        (state.Ask(approved=True, show=state.Show.KNOWN), []),
        (state.Ask(least=50, show=state.Show.PREDICTED, k=1), [1]),
    ],
)
def test_a_filter_leaves_what_it_says(ask_now, ranks):
    assert [hit.rank for hit in filters.chosen(LISTED, ask_now, None)] == ranks


def test_an_area_leaves_what_lies_in_it():
    chosen = filters.chosen(LISTED, state.Ask(area="A"), frozenset({"T:2", "T:50"}))
    assert [hit.rank for hit in chosen] == [2, 50]


def test_a_filter_that_makes_no_sense_for_a_list_is_dropped_and_said():
    odd = state.Ask(relation="<b>", area="MONDO:1", least=50, approved=True)
    bare = HitList("disease", tuple(replace(hit, probability=None) for hit in LISTED.hits), 500, 2)
    kept, problems = filters.applicable(odd, bare, ())
    assert not kept.narrowed
    assert len(problems) == 3
    assert "\\<b\\>" in problems[0]


def test_chances_are_told_in_words_and_the_unsure_as_such():
    told = [hits.chance(hit) for hit in LISTED.hits]
    assert told == ["90 %", "", "20 %", "4 % · not confident", "", "50 %"]
    assert hits.chance(made(1, probability=0.0002)) == "<0.1 %"
    assert hits.chance(made(1, probability=0.999)) == ">99 %"


def test_columns_say_what_a_score_is_and_leave_out_what_nobody_has():
    frame = hits.frame_of(LISTED.hits, [""] * 6, {})
    assert "score" in frame
    assert "cosine" not in frame
    assert frame["chance"].notna().sum() == 4
    alike = hits.frame_of([made(1, HitStatus.SIMILAR)], [""], {})
    assert "cosine" in alike
    assert "score" not in alike
    assert "chance" not in alike
    assert hits.frame_of([made(1, unspecific=True)], [""], {})["status"][0] == "○ predicted · unspecific"


def test_a_class_of_combinations_is_marked():
    in_one = made(1, HitStatus.KNOWN, relation="belongs to", modality="therapeutic_class")
    plain = hits._how(in_one, {})
    combined = hits._how(replace(in_one, entity=replace(in_one.entity, name="Opioids in combination with others")), {})
    assert plain == "belongs to"
    assert combined == "belongs to (only in combinations)"


def test_filters_stand_in_the_address_and_restore_the_view(open_app, words_of):
    app = ask(open_app("pages/explore.py"), "TP53")
    app.segmented_control(key="set to").set_value("disease").run()
    before = len(table(app))
    app.selectbox(key="set area").set_value("TEST:area").run()
    assert app.query_params["area"] == "TEST:area"
    assert len(table(app)) < before + 80
    assert "area “an area”" in words_of(app)
    again = open_app("pages/explore.py", dict(app.query_params))
    assert again.selectbox(key="set area").value == "TEST:area"
    again.button(key="clear filters").click().run()
    assert "area" not in again.query_params
    assert "area “an area”" not in words_of(again)


def test_approved_drugs_can_be_asked_for_and_none_left_is_said(open_app, words_of):
    app = open_app("pages/explore.py", {"q": "TP53", "to": "drug", "approved": "1"})
    assert "There is no link that passes the filters" in words_of(app)
    app.button(key="clear filters").click().run()
    assert len(table(app)) >= 20


def test_another_kind_forgets_the_relation_and_area_of_the_last(open_app, words_of):
    app = open_app("pages/explore.py", {"q": "TP53", "to": "disease", "area": "TEST:area"})
    app.segmented_control(key="set to").set_value("drug").run()
    assert "area" not in app.query_params
    assert "No hit here lies in the area" not in words_of(app)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"p": "-3"}, "no whole number from 0 to 99"),
        ({"p": "1e9"}, "no whole number from 0 to 99"),
        ({"rel": "<script>"}, "No hit here has the relation “<script>”"),
        ({"area": "MONDO:9"}, "No hit here lies in the area “MONDO:9”"),
        ({"p": "50"}, "carry no chance"),
    ],
)
def test_made_up_filters_in_an_address_get_a_message(open_app, words_of, params, said):
    app = open_app("pages/explore.py", {"q": "TP53", "to": "disease"} | params)
    assert said in words_of(app)
    assert not app.exception
    assert len(table(app)) >= 20


def test_a_misspelt_name_is_answered_and_confirmed(open_app, fake, monkeypatch, words_of):
    texts = (Query("TP35X", QueryKind.TEXT, "disease", "TP35X", "TP35X"),)
    guess = Query("TP35X", QueryKind.ENTITY, "protein", "UniProtKB:P04637", "TP53")
    other = Query("TP35X", QueryKind.ENTITY, "protein", "TEST:protein-9", "TP39")
    usual = fake.find
    answer = Resolution("TP35X", None, (guess, other, *texts), ("Did you mean one of these?",), guess)
    monkeypatch.setattr(
        type(fake), "find", lambda self, text, progress=None: answer if text == "TP35X" else usual(text)
    )
    app = ask(open_app("pages/explore.py"), "TP35X")
    assert "Nothing is called “TP35X”. Took it for" in words_of(app)
    assert fake.calls[-1][0] == "UniProtKB:P04637"
    app.button(key="guess TEST:protein-9").click().run()
    assert fake.calls[-1][0] == "TEST:protein-9"
    app = ask(app, "TP35X")
    app.button(key="guess yes").click().run()
    assert "Took it for" not in words_of(app)
    assert app.query_params["q"] == "UniProtKB:P04637"


def test_a_selected_row_opens_the_reasons(open_app, fake, monkeypatch):
    seen = []
    monkeypatch.setattr(why, "panel", lambda bridge, query, hit: seen.append((query.value, hit.rank)))
    app = ask(open_app("pages/explore.py"), "TP53")
    pick = next(box for box in app.selectbox if (box.key or "").startswith("pick "))
    pick.set_value(1).run()
    assert seen == [("UniProtKB:P04637", 77)]
    app.button(key="why ask").click().run()
    assert fake.calls[-1][0].startswith("TEST:")
    assert app.query_params["q"].startswith("TEST:")


def test_a_plot_tells_the_best_apart_and_known_from_predicted():
    scale = [charts.percentile_scale(p, 10_000) for p in (0.0, 90.0, 99.0, 99.9, 99.99, 100.0)]
    assert scale == pytest.approx([0, 1, 2, 3, 4, 4], abs=1e-6)
    fig = charts.standing(LISTED.hits, 500, "drug")
    assert [trace.name for trace in fig.data] == ["known", "predicted"]
    assert [trace.marker.symbol for trace in fig.data] == ["circle", "circle-open"]
    assert fig.layout.yaxis.type == "log"
    odd = replace(LISTED.hits[0], entity=replace(LISTED.hits[0].entity, name="<img src=x>"))
    assert "&lt;img" in charts.standing([odd], 500, "drug").data[0].text[0]


@pytest.fixture
def result(fake):
    return fake.retrieve(fake.find("TP53").chosen, k=5)


def test_the_map_marks_hits_and_the_query_among_its_own(fake, result):
    diseases = next(item for item in result.lists if item.modality == "disease")
    fig = map.figure(fake.pictures, result, "disease", diseases.hits)
    assert {trace.name for trace in fig.data} >= {"known", "predicted"}
    assert "the query" not in {trace.name for trace in fig.data}
    assert np.nansum(np.expm1(fig.data[0].z)) == pytest.approx(500, rel=1e-3), "every entity is in a cell"
    proteins = next(item for item in result.lists if item.modality == "protein")
    own = map.figure(fake.pictures, result, "protein", proteins.hits)
    assert next((t.x[0], t.y[0]) for t in own.data if t.name == "the query") == (0.25, -0.5)
    names = "".join(a.text for a in fig.layout.annotations)
    assert "<img" not in names


def test_without_maps_the_way_to_them_is_said(open_app, fake, monkeypatch, words_of):
    def missing(self, modality):
        raise ArtifactError("The maps are not there.", "Run `biobridge build map` to draw them.")

    monkeypatch.setattr(type(fake.pictures), "points", missing)
    app = ask(open_app("pages/explore.py"), "TP53")
    app.session_state["views"] = ":material/map: Map"
    app.run()
    assert not app.exception
    assert "The maps are not there." in words_of(app)
    assert len(table(app)) >= 20


def test_the_network_draws_the_query_its_hits_and_what_lies_between(fake, result):
    diseases = next(item for item in result.lists if item.modality == "disease")
    first = network.some(diseases.hits)
    web = fake.pictures.web(result, [hit.entity.id for hit in first])
    fig = network.figure(result, web, first)
    shown = [trace.text[0] for trace in fig.data if trace.mode == "markers+text"]
    assert "a middle" in shown
    assert len(shown) == len(first) + 2
    assert not any("<img" in name for name in shown)
    raw = replace(
        result,
        entity=None,
        query=replace(result.query, kind=QueryKind.SEQUENCE),
        nearest_known=((Entity("N:1", "protein", "near"), 0.9),),
    )
    fig = network.figure(raw, fake.pictures.web(raw, [hit.entity.id for hit in first]), first)
    assert "your sequence" in [trace.text[0] for trace in fig.data if trace.mode == "markers+text"]


def test_known_and_predicted_share_the_network():
    many = [made(n, HitStatus.KNOWN) for n in range(1, 20)] + [made(n) for n in range(20, 40)]
    assert [h.status for h in network.some(many)].count(HitStatus.KNOWN) == 5
    assert len(network.some(many)) == 10
    assert len(network.some(many[:19])) == 10
    assert len(network.some(many[17:21])) == 4


def test_names_in_the_network_are_wrapped_so_that_alike_ones_can_be_told_apart():
    names = [f"generalized epilepsy with febrile seizures plus, type {n}" for n in (2, 10)]
    lines = [network._label(name, "middle right") for name in names]
    assert [text.replace("<br>", " ") for text in lines] == names
    assert max(len(line) for text in lines for line in text.split("<br>")) <= 21
    assert network._label("<b>" + "x" * 300, "bottom center").startswith("&lt;b&gt;")
    assert network._label("a b " * 40, "bottom center").endswith("…")
