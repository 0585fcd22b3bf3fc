"""The batch page on the trained bundle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from opened import real_service
from streamlit.testing.v1 import AppTest

from ui import service

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.bundle


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, bundle_folder: Path) -> Iterator[Callable[[], AppTest]]:
    assert bundle_folder
    monkeypatch.setattr(service, "open_service", lambda progress: real_service())
    monkeypatch.setattr(service.Opening, "_warm", staticmethod(lambda opened: None))
    st.cache_resource.clear()

    def opened() -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=200)
        app.switch_page("pages/batch.py")
        return app.run()

    yield opened
    st.cache_resource.clear()


def upload(app: AppTest, name: str, data: bytes) -> AppTest:
    app.file_uploader[0].set_value((name, data, "text/plain")).run()
    return app


def start(app: AppTest) -> AppTest:
    app.button(key="batch start").click().run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    parts = [e.value for kind in (app.markdown, app.caption, app.warning, app.error) for e in kind]
    return "\n".join(parts).replace("\\", "")


def rows_of(app: AppTest):  # type: ignore[no-untyped-def]
    return next(frame.value for frame in app.dataframe if "status" in frame.value.columns)


def test_it_opens_by_a_deep_link_and_offers_something_to_try(page) -> None:  # type: ignore[no-untyped-def]
    app = page()
    assert not app.exception
    assert "each" in said(app).lower()
    app.button(key="example Six drugs as SMILES").click().run()
    assert "six_drugs.csv has 6 rows" in said(app)
    start(app)
    assert "5 of 6 rows answered with their proteins; 1 could not be read" in said(app)
    table = rows_of(app)
    assert list(table["status"]) == ["✓ done"] * 5 + ["✗ not read"]
    assert table["hits"][0][0].startswith("● ")
    assert "parenthesis" in table["notes"][5]


def test_columns_can_be_chosen_and_a_relation(page) -> None:  # type: ignore[no-untyped-def]
    app = upload(page(), "x.csv", b"gene,drug\nSCN1A,imatinib\nTP53,aspirin\n")
    app.selectbox(key="batch column").set_value(1).run()
    app.selectbox(key="batch to ").set_value("protein").run()
    relation = app.selectbox(key="batch relation  protein")
    relation.set_value("drug_inhibits_protein").run()
    start(app)
    table = rows_of(app)
    assert list(table["is"]) == ["imatinib", "aspirin"]
    assert "ABL1" in table["hits"][0][0]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("x.csv", b"   ", "The file is empty"),
        ("x.csv", b"PK\x03\x04", "XLSX"),
        ("x.csv", b"name,smiles\n", "no record"),
    ],
)
def test_what_cannot_be_read_is_said_and_the_page_lives_on(page, name, data, words) -> None:  # type: ignore[no-untyped-def]
    app = upload(page(), name, data)
    assert not app.exception
    assert words in said(app)
    assert "Six drugs as SMILES" in {button.label for button in app.button}
    upload(app, "y.csv", b"gene\nSCN1A\n")
    assert "y.csv has 1 row." in said(app)


def test_5001_rows_and_names_with_html(page) -> None:  # type: ignore[no-untyped-def]
    many = "name,smiles\n" + "<script>alert(1)</script>,CCO\n" * 5001
    app = upload(page(), "<b>x</b>.csv", many.encode())
    assert "5\u2009000 rows" in said(app)
    assert "from line 5,002 on" in said(app)
    assert "\\<b\\>" in "".join(e.value for e in app.markdown)


def test_cancelling_keeps_what_is_done_and_it_can_go_on(page, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    from biobridge_core import batch

    monkeypatch.setattr(batch, "_CHUNK", 1)
    app = upload(page(), "x.csv", b"gene\nSCN1A\nTP53\nBRCA2\n")
    step, calls = batch.Batch.step, []

    def cancelled_after_two(self, say):  # type: ignore[no-untyped-def]
        step(self, say)
        calls.append(len(self.results))
        if len(self.results) == 2:
            raise batch.BusyError("Others wait.", "Try again.")

    monkeypatch.setattr(batch.Batch, "step", cancelled_after_two)
    start(app)
    assert "2 of 3 rows answered" in said(app)
    assert "1 not asked yet" in said(app)
    assert "Others wait." in said(app)
    monkeypatch.setattr(batch.Batch, "step", step)
    app.button(key="batch go on").click().run()
    assert "3 of 3 rows answered" in said(app)


def test_two_visitors_see_their_own_file_alone(page) -> None:  # type: ignore[no-untyped-def]
    one, other = page(), page()
    upload(one, "mine.csv", b"gene\nSCN1A\n")
    start(one)
    other.run()
    assert "mine.csv" not in said(other)
    assert not other.dataframe
    upload(other, "theirs.csv", b"gene\nTP53\n")
    assert "theirs.csv" in said(other)
    one.run()
    assert "mine.csv" in said(one)
    assert "theirs.csv" not in said(one)
