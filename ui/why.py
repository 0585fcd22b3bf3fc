"""Why a hit: one panel with the answer, the paths, the neighbours, who agrees, and what in the input carries it."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import streamlit as st

from biobridge_core.types import Hit, HitStatus, Query, Why
from ui import service, theme, why_input, why_parts

if TYPE_CHECKING:
    from biobridge_core.service import BridgeService

_KEPT = 12  #: explanations kept a visitor
_SHOWN = 8  #: neighbours


def panel(bridge: BridgeService, query: Query, hit: Hit) -> None:
    """Say why ``hit`` stands where it does for ``query``; a fragment, so that its button redraws it alone."""
    _panel(bridge, query, hit)


@st.fragment
def _panel(bridge: BridgeService, query: Query, hit: Hit) -> None:
    with service.caught(), st.container(key="why", border=True):
        st.html(f"<style>{why_parts.CSS}</style>")
        found = explained(bridge, query, hit.entity.id)
        _answer(bridge, hit, found)
        left, right = st.columns(2, gap="medium")
        with left:
            _paths(bridge, found)
            _agreement(found)
        with right:
            _neighbours(found)
        why_input.section(bridge, query, found)
        st.caption(
            f"Explained in {found.seconds:.2g} s. The paths are facts of the graph; that they lead to the hit does not "
            "mean that one thing causes another."
        )


def explained(bridge: BridgeService, query: Query, tail: str) -> Why:
    """The explanation, kept for this visitor while the same few hits are looked at."""
    kept: OrderedDict[tuple[Query, str], Why] = st.session_state.setdefault("explained", OrderedDict())
    if (query, tail) not in kept:
        with service.telling() as tell, st.spinner("Looking for the reasons …"):
            kept[query, tail] = bridge.why(query, tail, tell)
        while len(kept) > _KEPT:
            kept.popitem(last=False)
    return kept[query, tail]


def _names(bridge: BridgeService) -> dict[str, str]:
    """What the databases are called, by key."""
    return {key: source.name for key, source in bridge.graph.sources.items()}


def _answer(bridge: BridgeService, hit: Hit, found: Why) -> None:
    status = HitStatus.KNOWN if found.known else hit.status
    st.markdown(
        f"###### Why {theme.plain(found.hit.name, 80)}? &nbsp; :small[{theme.STATUS_WORDS[status]}]\n\n"
        f"{theme.plain(found.answer, 600)}"
    )
    if found.known:
        st.html(why_parts.known(found.known, _names(bridge)))
    if hit.route:
        st.caption(f"Reached over {theme.plain(hit.route, 200)}.")
    for note in found.notes:
        st.caption(theme.plain(note, 300))


def _paths(bridge: BridgeService, found: Why) -> None:
    st.markdown(
        "**Paths through the graph**",
        help="Chains of at most three links between the query and the hit: the shortest first, then the most specific. "
        "A chain says more when what lies between has few links; their number stands beside it.",
    )
    if found.starts:
        lent = [f"{theme.plain(entity.name, 40)} ({theme.percent(share)})" for entity, share in found.starts[:3]]
        names = ", ".join(lent)
        st.caption(f"The query has no links of its own; the paths begin at its nearest known neighbours: {names}.")
    if not found.paths:
        st.caption("No evidence found: no chain of two or three links joins them.")
        return
    st.html(why_parts.paths(found.paths, _names(bridge)))


def _neighbours(found: Why) -> None:
    st.markdown(
        "**Neighbours that pull it up**",
        help="Each has a link that votes for this hit. The votes are sums over links, so the shares are exact: they "
        "divide what all neighbours together lift the hit by.",
    )
    if not found.neighbours:
        told = "nothing like the query is linked to it." if found.relation else "no direct relation, so no votes."
        st.caption(f"No evidence found: {told}")
        return
    listed = found.neighbours[:_SHOWN]
    st.html(why_parts.neighbours(listed, found.hit.id))
    shown = sum(neighbour.share for neighbour in listed)
    of = f"{theme.number(len(listed))} of {theme.number(found.n_neighbours)} voters, {100 * shown:.3g} %"
    st.caption(f"{of} of the votes. {why_parts.lifted(found.parts)}".strip())


def _agreement(found: Why) -> None:
    if found.agreement is None:
        return
    st.markdown(
        "**Do they agree?**",
        help="Where three ways of scoring put this hit among all entities of its kind. Each fifth of a bar is ten "
        "times fewer entities above it. The graph embedding (TransE) learned from 95 % of the links alone.",
    )
    st.html(why_parts.voices(found.agreement.voices))
    st.markdown(theme.plain(found.agreement.sentence, 400))
