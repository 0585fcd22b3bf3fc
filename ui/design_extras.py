"""What a design uses that has to be made once: said whether it is there, and made when somebody asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import service, theme
from ui.design_job import Making

if TYPE_CHECKING:
    from biobridge_core.service import BridgeService

_LOOK = 3.0  #: seconds between two looks


@st.cache_resource(show_spinner=False)
def _makings() -> list[Making]:
    """What is being made; one list for all visitors, since it is made for all."""
    return []


def show(bridge: BridgeService) -> None:
    """What is there, and what can be made here."""
    states = bridge.designer.extras.states()
    said = "; ".join(theme.plain(extra.note, 200) for extra in states)
    st.caption(f"{said[:1].upper()}{said[1:]}.")
    makings = _makings()
    if makings and not makings[-1].done:
        _watch()
    elif makings and makings[-1].error is not None:
        service.show_error(makings[-1].error)
    if all(extra.ready or not extra.possible for extra in states) or (makings and not makings[-1].done):
        return
    st.button(
        "Make what is missing (some five minutes, once, 32 MB)",
        icon=":material/build:",
        key="design build",
        on_click=_start,
        args=(bridge,),
        help="Made in the background for everybody on this machine and kept in its cache; searches go on meanwhile.",
    )


def _start(bridge: BridgeService) -> None:
    makings = _makings()
    if not makings or makings[-1].done:
        makings.append(Making(bridge.designer.extras.build))


@st.fragment(run_every=_LOOK)
def _watch() -> None:
    making = _makings()[-1]
    if making.done:
        st.rerun()
    st.progress(min(max(making.share, 0.0), 1.0), theme.plain(making.message, 160))
