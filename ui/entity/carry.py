"""Choose a hit and measure which residues or atoms carry its score; what was measured stays for the visit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from biobridge_core.types import Attribution, Hit, Query
from ui import hits, service, state, theme, why_input
from ui.entity import common, links
from ui.entity.common import Subject

if TYPE_CHECKING:
    from biobridge_core.service import BridgeService

_OFFERED = 15


def shown(about: Subject) -> tuple[Attribution, str] | None:
    """What colours the page now, with the name of its hit; None before anything was measured."""
    chosen: tuple[str, str] | None = st.session_state.get(_key(about))
    found = _measured().get((about.query, chosen[0])) if chosen else None
    return (found, chosen[1]) if found is not None and chosen is not None else None


def chooser(bridge: BridgeService, about: Subject, kinds: Sequence[str], units: str) -> None:
    """A kind, a hit and a button; the answer is kept and the fragment drawn again."""
    kind = st.selectbox("Kind of hit", kinds, format_func=lambda k: service.words(k)[1], key=f"carry kind {about.key}")
    found = links.kept(about.query, kind)
    if found is None:
        st.caption(f"The {theme.plain(service.words(kind)[1])} have to be ranked first.")
        if st.button("Rank them", key=f"carry rank {kind} {about.key}", icon=":material/sort:"):
            links.ranked(bridge, about.query, kind)
            common.redraw()
        return
    offered = {hit.entity.id: hit for hit in hits.ordered(found, state.Show.BOTH, _OFFERED)}
    tail = st.selectbox(
        "Hit", list(offered), format_func=lambda curie: _option(offered[curie]), key=f"carry hit {kind} {about.key}"
    )
    if tail and st.button(f"Measure the {units}", icon=":material/biotech:", key=f"carry go {kind} {about.key}"):
        measure(bridge, about, offered[tail])


def measure(bridge: BridgeService, about: Subject, hit: Hit) -> None:
    """Measure, unless it was before, and colour the page by it."""
    key = (about.query, hit.entity.id)
    with service.caught(), service.telling() as tell, st.spinner("Hiding parts of the input …", show_time=True):
        if key not in _measured():
            _measured()[key] = bridge.attribute(about.query, hit.entity.id, hit.relation or None, tell)
        st.session_state[_key(about)] = (hit.entity.id, hit.entity.name)
        common.redraw()


def told(found: Attribution, name: str) -> None:
    """What is coloured and how it was measured."""
    agreement = (
        f" Measured against hiding every window in turn: Spearman {found.agreement:.2f} on average."
        if found.agreement is not None
        else ""
    )
    st.caption(
        f"Coloured by what carries **{theme.plain(name, 60)}**. {theme.plain(why_input.in_words(found), 400)} "
        f"{theme.plain(found.method, 400)}{agreement}"
    )
    for note in found.notes:
        st.caption(theme.plain(note, 300))


def clear(about: Subject) -> None:
    """Take the colours away again; the measurement is kept."""
    st.session_state.pop(_key(about), None)


def _measured() -> dict[tuple[Query, str], Attribution]:
    """Shared with the panel that says why a hit is there, so that nothing is measured twice."""
    found: dict[tuple[Query, str], Attribution] = st.session_state.setdefault("attributed", {})
    return found


def _key(about: Subject) -> str:
    return f"carried {about.key}"


def _option(hit: Hit) -> str:
    return f"{theme.STATUS_WORDS[hit.status].split()[0]} {theme.shorten(hit.entity.name, 60)}"
