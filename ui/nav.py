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


def pages() -> list[StreamlitPage]:
    """Every page with its address.

    The default page's own address is always the bare one, so the default forwards to ``/explore``. Pages have no icons:
    Streamlit fetches a page's icon from a font server to put it in the browser's tab.
    """
    folder = ROOT / "pages"
    return [
        st.Page(_home, title=NAME, default=True, visibility="hidden"),
        st.Page(folder / "explore.py", title="Explore", url_path="explore"),
        st.Page(folder / "about.py", title="About", url_path="about"),
    ]


def _home() -> None:
    st.switch_page(pages()[1], query_params=dict(st.query_params))


def current() -> StreamlitPage:
    """Declare the pages; gives the one that the browser asked for."""
    return st.navigation(pages(), position="top")


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
