"""The rows of a batch with their hits: a table on a wide screen, cards on a phone, and one row in full."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from biobridge_core.types import Hit, HitStatus
from ui import cards, hits, theme

if TYPE_CHECKING:
    from biobridge_core.batch import Batch, RowResult
    from biobridge_core.service import BridgeService

_MARKS = {HitStatus.KNOWN: "●", HitStatus.PREDICTED: "○", HitStatus.SIMILAR: "◇"}
STATES = {"done": "✓ done", "failed": "✗ not read", "waiting": "… waiting"}
_HITS_SHOWN = 5
_CARDS = 50  #: rows a phone gets; the download has them all


@st.fragment
def browse(bridge: BridgeService, batch: Batch) -> None:
    """The rows, all or of one status; a chosen one shows its hits in full."""
    results = list(batch.table())
    states = [state for state in STATES if any(r.status.value == state for r in results)]
    if len(states) > 1:
        state = st.segmented_control(
            "Rows",
            ["all", *states],
            default="all",
            required=True,
            format_func=lambda name: "All" if name == "all" else STATES[name],
            key="batch filter",
            label_visibility="collapsed",
        )
        results = [r for r in results if state in {"all", r.status.value}]
    with st.container(key="hits_table"):
        chosen = draw(results, key=f"batch rows {len(results)}")
        st.caption("Tick a row to see its hits in full.")
    with st.container(key="hits_cards"):
        st.html("".join(_card(result) for result in results[:_CARDS]))
        if len(results) > _CARDS:
            st.caption(f"The first {_CARDS} of {theme.number(len(results))} rows. The CSV has all of them.")
    if chosen is not None:
        _one(bridge, chosen)
    st.caption("● known: the graph has the link. ○ predicted: proposed by the bridge. ◇ similar: no link meant.")


def draw(results: Sequence[RowResult], key: str) -> RowResult | None:
    """The rows as a table; with a ``key`` one can be chosen, which is given back."""
    chance = any(hit.probability is not None for r in results for hit in _hits(r))
    table = pd.DataFrame(
        {
            "line": [r.row.line for r in results],
            "name": [r.row.name for r in results],
            "status": [STATES[r.status.value] for r in results],
            "is": [r.entity.name if r.entity else "" for r in results],
            "hits": [[_short(hit) for hit in _hits(r)] for r in results],
            "known": [theme.number(r.hits.n_known) if r.hits else "" for r in results],
            "best": [_best(r, chance) for r in results],
            "notes": [_notes(r) for r in results],
        }
    )
    c = st.column_config
    columns = {
        "line": c.NumberColumn("Line", width=55, help="Where the row stands in the file."),
        "name": c.TextColumn("Row", width=130),
        "status": c.TextColumn("Status", width=85),
        "is": c.TextColumn("In the graph", width=105, help="The entity of the graph that the input is."),
        "hits": c.ListColumn("Best hits", width=400, help="● known, ○ predicted, ◇ similar; the best first."),
        "known": c.TextColumn("Known", width=65, help="Links of this kind that the graph has."),
        "best": c.TextColumn(
            "Best", width=65, help="Chance that the graph holds the best hit's link, or else its score."
        ),
        "notes": c.TextColumn("Reason or note", width=350),
    }
    for name in ("is", "known", "notes"):
        if not table[name].astype(bool).any():
            table = table.drop(columns=name)
    height = 37 + 27 * min(len(results), 20)
    if not key:
        st.dataframe(table, hide_index=True, row_height=27, height=height, column_config=columns)
        return None
    picked = st.dataframe(
        table, hide_index=True, row_height=27, height=height, column_config=columns, key=key,
        on_select="rerun", selection_mode="single-row",
    )  # fmt: skip
    places = picked["selection"]["rows"]
    return results[places[0]] if places and places[0] < len(results) else None


def _hits(result: RowResult) -> Sequence[Hit]:
    return sorted(result.hits.hits, key=lambda hit: hit.rank)[:_HITS_SHOWN] if result.hits else ()


def _short(hit: Hit) -> str:
    return f"{_MARKS[hit.status]} {theme.shorten(hit.entity.name, 40)}"


def _best(result: RowResult, chance: bool) -> str:
    if not (found := _hits(result)):
        return ""
    best = found[0]
    if best.probability is not None:
        return theme.percent(best.probability)
    return "" if chance else f"{best.score:.2g}"


def _notes(result: RowResult) -> str:
    far = ("Far from everything the bridge was trained on.",) if result.far else ()
    return " ".join((*((result.reason,) if result.reason else ()), *far, *result.notes))


def _card(result: RowResult) -> str:
    """One row for a phone. Everything in it is escaped."""
    best = " · ".join(f"{_MARKS[hit.status]}&nbsp;{cards.link(hit.entity, 60)}" for hit in _hits(result))
    asked = [f"is {cards.link(result.entity)}"] if result.entity else []
    facts = [escape(f"line {result.row.line}"), escape(STATES[result.status.value]), *asked]
    lines = [f'<div class="bb-card"><div class="bb-text"><b>{escape(result.row.name)}</b>']
    if best:
        lines.append(f"<div>{best}</div>")
    lines.append('<div class="bb-line">' + "".join(f"<span>{fact}</span>" for fact in facts) + "</div>")
    if notes := _notes(result):
        lines.append(f'<div class="bb-line">{escape(notes)}</div>')
    return "".join(lines) + "</div></div>"


def _one(bridge: BridgeService, result: RowResult) -> None:
    st.markdown(f"##### {theme.plain(result.row.name, 80)}, line {result.row.line}")
    if result.hits is None:
        st.markdown(theme.plain(result.reason or "Not asked yet.", 600))
        return
    if (note := _notes(result)) or result.hits.note:
        st.caption(theme.plain(f"{note} {result.hits.note}", 600))
    ordered = sorted(result.hits.hits, key=lambda hit: hit.rank)
    hits.draw(ordered, bridge, result.hits.n_candidates, f"batch {result.row.number}")
