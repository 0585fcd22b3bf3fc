"""The pages, and the frame around each of them.

Streamlit runs a page file without ``app.py`` when a cold server is opened by a deep link (seen on 1.67.0). So every
page begins with :func:`frame`, which declares the pages itself; ``app.py`` does no more than the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from ui import theme

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

ROOT = Path(__file__).resolve().parent.parent
LOGO = ROOT / "assets" / "logo.svg"
NAME = "BioBridge Studio"
PURPOSE = "Research use, not medical advice"

#: In the order of the menu: file in pages/ and title. The first is the default, at the bare address.
PAGES = (
    ("home", "Home"),
    ("explore", "Explore"),
    ("ask", "Ask"),
    ("entity", "Entity"),
    ("compare", "Compare"),
    ("batch", "Batch"),
    ("draw", "Draw"),
    ("design", "Design"),
    ("evidence", "Evidence"),
    ("about", "About"),
)


def file_of(name: str) -> Path:
    """The script of a page."""
    return ROOT / "pages" / f"{name}.py"


def exists(name: str) -> bool:
    """Whether there is such a page: an unfinished checkout may lack one, and nothing may link to it then."""
    return file_of(name).is_file()


def pages() -> list[StreamlitPage]:
    """Every page that has a file, with its address.

    Pages have no icons: Streamlit fetches a page's icon from a font server to put it in the browser's tab.
    """
    found = [(name, title) for name, title in PAGES if exists(name)]
    return [
        st.Page(file_of(name), title=title, default=place == 0, url_path="" if place == 0 else name)
        for place, (name, title) in enumerate(found)
    ]


def current() -> StreamlitPage:
    """Declare the pages; gives the one that the browser asked for."""
    return st.navigation(pages(), position="top")


def go(name: str, params: dict[str, str] | None = None) -> None:
    """Open another page, with an address of its own where one is given."""
    st.switch_page(file_of(name), query_params=params or {})


def frame(title: str) -> None:
    """Put the frame around a page: title, menu, logo, style, and what the results are for."""
    st.set_page_config(page_title=f"{title} · {NAME}", page_icon=str(LOGO), layout="wide")
    current()
    st.session_state["came_from"], st.session_state["page"] = st.session_state.get("page", title), title
    st.logo(str(LOGO), size="large")
    st.html(f"<style>{theme.CSS}</style>")
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="frame"):
        st.header(f"{NAME} · {title}", anchor=False)
        st.caption(f":material/science: {PURPOSE}", width="content")
