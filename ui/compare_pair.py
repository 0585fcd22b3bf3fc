"""Is A linked to B? The graph's answer, where each stands when the other is asked, who votes for it, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from biobridge_core import compare_words
from ui import asking, compare, service, theme, why
from ui.compare import Asked

if TYPE_CHECKING:
    from biobridge_core.compare import Pair
    from biobridge_core.queueing import Progress
    from biobridge_core.service import BridgeService
    from biobridge_core.types import Query

_EXAMPLES = (
    ("SCN1A and Dravet syndrome", Asked("pair", "UniProtKB:P35498", "Dravet syndrome")),
    ("imatinib and PDGFRB", Asked("pair", "imatinib", "PDGFRB")),
    ("metformin and Alzheimer disease", Asked("pair", "metformin", "MONDO:0004975")),
)


def show(bridge: BridgeService, asked: Asked) -> None:
    """The two boxes and what stands between them."""
    if asked.fresh:
        st.session_state["compare a"], st.session_state["compare b"] = asked.a, asked.b
    hint = "A gene, drug, disease or symptom by name or id; one of the two may be a sequence or a SMILES"
    with (
        st.form("compare pair", border=False),
        st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="compare boxes"),
    ):
        st.text_input("Is", key="compare a", placeholder="SCN1A", help=hint)
        st.text_input("linked to", key="compare b", placeholder="Dravet syndrome", help=hint)
        st.form_submit_button("Compare", type="primary", on_click=_submit)
    asked = compare.now()
    if not asked.a.strip() or not asked.b.strip():
        st.markdown("See whether the graph links two things, where each ranks when the other is asked, and who agrees.")
        compare.examples(_EXAMPLES)
        return
    a, b = compare.resolved(bridge, asked.a, "A"), compare.resolved(bridge, asked.b, "B")
    if a is None or b is None:
        return
    with service.telling() as tell, st.spinner("Asking both ways …", show_time=True):
        pair, when = _kept(bridge, a, b, tell)
    compare.write(replace(asked, a=compare.value_of(a), b=compare.value_of(b)))
    _answer(bridge, pair)
    compare.downloads(bridge.files.compared(pair, when), bridge)


def _submit() -> None:
    a, b = st.session_state["compare a"], st.session_state["compare b"]
    compare.put(replace(compare.now(), mode="pair", a=a, b=b))


def _kept(bridge: BridgeService, a: Query, b: Query, tell: Progress) -> tuple[Pair, datetime]:
    kept: tuple[tuple[Query, Query], Pair, datetime] | None = st.session_state.get("compare pair kept")
    if kept is None or kept[0] != (a, b):
        kept = ((a, b), bridge.comparer.pair(a, b, tell), datetime.now(UTC))
        st.session_state["compare pair kept"] = kept
    return kept[1:]


def _answer(bridge: BridgeService, pair: Pair) -> None:
    status = compare_words.status(pair)
    st.markdown(f"##### {theme.plain(pair.answer, 400)} &nbsp; :small[{theme.STATUS_WORDS[status]}]")
    st.markdown(f"{asking.describe(pair.a)} &nbsp;and&nbsp; {asking.describe(pair.b)}")
    if pair.known:
        sources = dict.fromkeys(f"{edge.label}: {'; '.join(edge.sources)}" for edge in pair.known)
        st.caption("In the graph: " + theme.plain(" · ".join(sources), 600))
    if pair.disagreement:
        st.markdown(f":orange[:material/compare_arrows:] {theme.plain(pair.disagreement, 800)}")
    elif len(pair.ways) == 2 and pair.ways[0].why.agreement is not None:
        st.caption("Both ways round and all votes that can be had point the same way.")
    if not pair.ways:
        return
    st.html(table(bridge, pair))
    _why(bridge, pair)


def table(bridge: BridgeService, pair: Pair) -> str:
    """Where each end stands when the other is asked, as HTML; everything foreign in it is escaped."""
    heads = "".join(f"<th>asked from {escape(theme.shorten(way.asked.label, 40))}</th>" for way in pair.ways)
    rows = compare_words.pair_rows(pair, service.words, bridge.relations)
    body = "".join(
        f'<tr><th scope="row" title="{escape(tip)}">{escape(label)}</th>'
        + "".join(f"<td>{escape(cell).replace(' %', '&nbsp;%')}</td>" for cell in cells)
        + "</tr>"
        for label, tip, cells in rows
    )
    return f"{_STYLE}<table class='bb-pair'><thead><tr><td></td>{heads}</tr></thead><tbody>{body}</tbody></table>"


_STYLE = (
    "<style>.bb-pair {border-collapse: collapse; width: 100%; max-width: 900px; font-size: .95rem;}"
    ".bb-pair th, .bb-pair td {text-align: left; padding: .35rem .6rem; vertical-align: top; overflow-wrap: anywhere;"
    "border-bottom: 1px solid color-mix(in srgb, currentColor 18%, transparent); font-weight: 450;}"
    ".bb-pair thead th {font-weight: 650;} .bb-pair tbody th {opacity: .8; width: 34%;}</style>"
)


def _why(bridge: BridgeService, pair: Pair) -> None:
    place = 0
    if len(pair.ways) > 1:
        place = st.segmented_control(
            "Reasons",
            list(range(len(pair.ways))),
            default=0,
            required=True,
            format_func=lambda i: f"Why, from {theme.plain(pair.ways[i].asked.label, 40)}",
            key=f"compare why {pair.a.value[:40]} {pair.b.value[:40]}",
            label_visibility="collapsed",
        )
    way = pair.ways[place]
    why.panel(bridge, way.asked, way.hit)
