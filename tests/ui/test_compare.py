"""The compare page on the trained bundle."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import streamlit as st
from opened import real_service
from streamlit.testing.v1 import AppTest

from ui import compare, service
from ui.compare import Asked

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.bundle


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, bundle_folder: Path) -> Iterator[Callable[..., AppTest]]:
    assert bundle_folder
    monkeypatch.setattr(service, "open_service", lambda progress: real_service())
    monkeypatch.setattr(service.Opening, "_warm", staticmethod(lambda opened: None))
    st.cache_resource.clear()

    def opened(params: Mapping[str, str] | None = None) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=200)
        for name, value in (params or {}).items():
            app.query_params[name] = value
        app.switch_page("pages/compare.py")
        app.run()
        assert not app.exception
        return app

    yield opened
    st.cache_resource.clear()


def said(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.warning, app.error)
    return "\n".join(e.value for kind in kinds for e in kind).replace("\\", "")


def html_of(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def test_a_pair_by_a_deep_link(page) -> None:  # type: ignore[no-untyped-def]
    app = page({"a": "UniProtKB:P35498", "b": "MONDO:0100135"})
    assert "The graph holds this link: SCN1A is associated with Dravet syndrome." in said(app)
    assert "● known" in said(app)
    assert "asked from Dravet syndrome" in html_of(app)
    assert app.text_input(key="compare a").value == "UniProtKB:P35498"


def test_names_are_typed_and_the_address_holds_ids(page) -> None:  # type: ignore[no-untyped-def]
    app = page()
    app.text_input(key="compare a").input("SCN1A")
    app.text_input(key="compare b").input("Dravet syndrome")
    next(button for button in app.button if button.label == "Compare").click().run()
    assert not app.exception
    assert app.query_params["a"] in ("UniProtKB:P35498", ["UniProtKB:P35498"])
    assert app.query_params["b"] in ("MONDO:0100135", ["MONDO:0100135"])


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"a": "MONDO:9999999", "b": "UniProtKB:P35498"}, "The graph has no entity MONDO:9999999"),
        ({"a": "<script>alert(1)</script>", "b": "UniProtKB:P35498"}, "SCN1A"),
        ({"a": "UniProtKB:P35498", "b": "UniProtKB:P35498"}, "Both are the same entity"),
        ({"set": "HP:9999999,HP:0001250"}, "The graph has no entity HP:9999999"),
        ({"set": "HP:0001250", "to": "nonsense"}, "There is no kind of entity called “nonsense”"),
        ({"set": "," * 500}, "See whether the graph links two things"),
        ({"wild": "UniProtKB:P68871", "mutant": "E999K"}, "no position 999"),
        ({"wild": "UniProtKB:P68871", "mutant": "K7V"}, "has E at position 7, not K"),
        ({"wild": "MONDO:0100135", "mutant": "E7V"}, "is no protein"),
    ],
)
def test_addresses_with_made_up_things_get_a_message(page, params, words) -> None:  # type: ignore[no-untyped-def]
    app = page(params)
    assert words in said(app)
    assert "<script>" not in html_of(app)


def test_a_signature_by_a_deep_link_and_taking_one_away(page) -> None:  # type: ignore[no-untyped-def]
    app = page({"set": "HP:0001250,HP:0000252", "to": "disease"})
    assert "Together they point first at" in said(app)
    joint = app.dataframe[0].value
    assert {"Seizure", "Microcephaly"} <= set(joint.columns)
    assert [expander.label for expander in app.expander] == ["One by one: the best 10 of each by itself"]
    assert html_of(app).count("<ol>") == 2
    assert 'href="/entity?q=MONDO%3A' in html_of(app)
    app.multiselect[0].set_value(["HP:0001250"]).run()
    assert not app.exception
    assert "It points first at" in said(app)
    assert app.query_params["set"] in ("HP:0001250", ["HP:0001250"])


def test_a_clinical_sentence_shows_what_was_picked_out_of_it(page) -> None:  # type: ignore[no-untyped-def]
    app = page()
    app.segmented_control(key="compare mode").set_value("set").run()
    app.text_area(key="compare text").input("My patient has seizures and a small head, but no fever")
    next(button for button in app.button if button.label == "Add").click().run()
    assert not app.exception
    assert "“seizures” is read as **Seizure**" in said(app)
    assert "“a small head” is read as **Microcephaly**" in said(app)
    assert "**Fever** is left out" in said(app)
    assert list(app.multiselect[0].value) == ["HP:0001250", "HP:0000252"]
    assert list(app.multiselect[1].value) == ["HP:0001945"]
    assert "Set back:" in said(app)
    assert app.query_params["not"] in ("HP:0001945", ["HP:0001945"])
    assert "small head" not in str(dict(app.query_params)), "what was said of a patient stays out of the address"


def test_several_names_at_once(page) -> None:  # type: ignore[no-untyped-def]
    app = page()
    app.segmented_control(key="compare mode").set_value("set").run()
    app.text_area(key="compare text").input("BRCA1, BRCA2\nPALB2")
    next(button for button in app.button if button.label == "Add").click().run()
    assert len(app.multiselect[0].value) == 3


def test_a_variant_by_a_deep_link(page) -> None:  # type: ignore[no-untyped-def]
    app = page({"wild": "UniProtKB:P68871", "mutant": "E7V", "to": "disease"})
    assert "99.32 % identical (146 of 147 positions)" in said(app)
    assert "Changes: E7V." in said(app)
    assert "So small a shift means little" in said(app)
    assert {"wild", "mutant", "moved"} <= set(app.dataframe[0].value.columns)


@pytest.mark.parametrize(
    ("params", "kept", "offered", "said_there"),
    [
        (
            {"a": "UniProtKB:P35498", "b": "MONDO:0100135"},
            "compare pair kept",
            ["JSON", "HTML"],
            ("SCN1A and Dravet syndrome", "biobridge compare UniProtKB:P35498 MONDO:0100135", "asked from SCN1A"),
        ),
        (
            {"wild": "UniProtKB:P68871", "mutant": "E7V", "to": "disease"},
            "compare variant kept",
            ["JSON", "HTML"],
            ("So small a shift means little", "99.32 % identical (146 of 147 positions)"),
        ),
        ({"set": "HP:0001250,HP:0000252", "to": "disease"}, "", ["CSV", "JSON", "HTML"], ()),
    ],
)
def test_a_comparison_is_offered_as_files_that_say_what_made_them(page, params, kept, offered, said_there) -> None:  # type: ignore[no-untyped-def]
    app = page(params)
    assert [button.proto.label for button in app.get("download_button")] == offered
    if not kept:
        return
    *_, found, when = app.session_state[kept]
    bridge = real_service()
    compared = bridge.files.compared(found, when)
    report = bridge.files.html(compared).decode()
    status = bridge.status()
    for words in (*said_there, status.bridge, status.graph, status.encoders["sequence"]):
        assert words in report
    assert json.loads(bridge.files.json(compared))["provenance"]["graph"] == status.graph


@pytest.mark.parametrize(
    "asked",
    [
        Asked("pair", "UniProtKB:P35498", "MONDO:0100135"),
        Asked("set", members=("HP:0001250", "HP:0000252"), to="disease", how="ranks"),
        Asked("variant", wild="UniProtKB:P68871", mutant="E7V", to="drug"),
    ],
)
def test_an_address_leads_back(asked: Asked) -> None:
    back = compare.from_address(compare.to_address(asked))
    assert (back.mode, back.a, back.b, back.members) == (asked.mode, asked.a, asked.b, asked.members)
    assert (back.wild, back.mutant, back.to, back.how) == (asked.wild, asked.mutant, asked.to, asked.how)


def test_long_inputs_stay_out_of_the_address() -> None:
    assert compare.to_address(Asked("variant", wild="M" * 600, mutant="E7V")) == {}
    assert compare.to_address(Asked("pair", a="UniProtKB:P35498", b="")) == {}
