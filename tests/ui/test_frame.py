"""Every page has its frame, also when a deep link opens it on a cold server."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from ui import nav


@pytest.mark.parametrize("page", [f"pages/{name}.py" for name, _ in nav.PAGES if nav.exists(name)])
def test_a_deep_link_on_a_cold_server_has_the_frame(open_app, words_of, page):
    app = open_app(page)
    assert not app.exception
    assert nav.PURPOSE in words_of(app)
    assert nav.NAME in app.header[0].value


def test_every_page_file_is_in_the_menu_and_nothing_else_is_there():
    files = sorted(path.name for path in (nav.ROOT / "pages").iterdir() if path.suffix == ".py")
    assert {f"{name}.py" for name, _ in nav.PAGES} >= set(files) >= {"home.py", "explore.py", "about.py"}
    for name in files:
        body = (nav.ROOT / "pages" / name).read_text(encoding="utf-8")
        assert "nav.frame(" in body
        assert len(body.splitlines()) < 150
    assert len((nav.ROOT / "app.py").read_text(encoding="utf-8").splitlines()) <= 15


def test_the_bare_address_opens_home(open_app):
    app: AppTest = open_app()
    assert app.header[0].value.endswith("Home")


def test_about_names_sources_models_and_what_is_missing(open_app, words_of):
    app = open_app("pages/about.py")
    assert not app.exception
    assert "CC0" in app.dataframe[0].value.to_string()
    tables = "".join(t.value.to_string() for t in app.table)
    assert "not usable: no file" in tables
    assert "minilm-1" in tables
    assert "no medical device" in words_of(app)
