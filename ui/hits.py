"""Hits as a table on a wide screen and as cards on a phone."""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from biobridge_core.errors import BioBridgeError
from biobridge_core.types import Hit, HitList, HitStatus, Relation
from ui import asking, export, nav, state, theme

if TYPE_CHECKING:
    from streamlit.elements.lib.column_types import ButtonColumnResult, ColumnConfig

    from biobridge_core.service import BridgeService

_LOG = logging.getLogger("biobridge.ui")
_ROW, _DRAWING_ROW, _HEADER = 27, 76, 37
_DRAWING = (116, 72)
_VISIBLE_ROWS = 20
_NAME_WIDTH = 470
_LEAST_NAME = 110
_BESIDE = {
    "full_name": 240,
    "drawing": 130,
    "chance": 140,
}  #: the name is so much narrower beside it
_ACTING = ("id", "ask", "open", "drawing")  #: columns whose cells do something of their own when clicked
_MAX_DRAWN = 60  #: drawings sent at once; the table scrolls beyond


_HELP = {
    "rank": "Its place among all entities of this kind by score, known or not; 1 is best. Click a header to sort.",
    "drawing": "Double-click to enlarge.",
    "name": "Gene symbol, drug name, or the name in the home database.",
    "full_name": "The long name.",
    "status": "● known: in the graph. ○ predicted: proposed by the bridge. ◇ similar: near, no link meant. "
    "“Unspecific” marks what is among the best for most queries, whatever is asked.",
    "chance": "Chance that the graph holds this link, as measured on links that were held back from training. “Not "
    "confident” stands where it is too low to rely on. Nothing stands where it could not be measured.",
    "score": "Share of the bridge's belief, which adds up to 1 over all entities of this kind: high where few compete. "
    "No probability that the link exists.",
    "cosine": "Cosine of the foundation model's vectors: 1 is the same, 0 is unrelated.",
    "how": "The relation that fits best, or the route where no direct relation exists.",
    "sources": "Databases, evidence and values behind a known link.",
    "id": "Opens the page in the home database (needs the internet).",
    "ask": "Ask the bridge about this hit.",
    "open": "Open the page of this hit.",
}

_COMBINATION = re.compile(r"\bcombinations?\b", re.IGNORECASE)


def ordered(hits: HitList, show: state.Show, k: int) -> list[Hit]:
    """The hits to show: known links first, then predicted ones, each by rank.

    ``k`` bounds the predicted (or similar) ones; a known link is shown whatever its rank.
    """
    known = [hit for hit in hits.hits if hit.status is HitStatus.KNOWN]
    others = [hit for hit in hits.hits if hit.status is not HitStatus.KNOWN and hit.rank <= max(k, 1)]
    if show is state.Show.KNOWN:
        return known
    return others if show is state.Show.PREDICTED else known + others


def draw(hits: Sequence[Hit], service: BridgeService, among: int, key: str) -> Hit | None:
    """Show hits of one modality: table (wide) and cards (phone), of which the style sheet shows one.

    ``among`` is how many entities were ranked. Gives the hit that was selected.
    """
    drawings, relations = _drawings(hits, service), service.relations
    with st.container(key="hits_table"):
        place = _table(hits, drawings, relations, key)
    with st.container(key="hits_cards"):
        names = [f"{hit.entity.name} ({theme.STATUS_WORDS[hit.status]})" for hit in hits]
        picked = st.selectbox(
            "Why is it here?",
            range(len(hits)),
            index=None,
            format_func=lambda i: theme.shorten(names[i], 60),
            placeholder="Why is one here? Choose a hit",
            label_visibility="collapsed",
            key=f"pick {key}",
        )
        st.html("".join(_card(hit, drawings[i], relations, among) for i, hit in enumerate(hits)))
    place = picked if place is None else place
    return None if place is None else hits[place]


def forget(key: str) -> None:
    """Take the selection back, so that what it opened stays closed."""
    st.session_state[f"table {key}"] = {"selection": {"rows": [], "columns": [], "cells": []}}
    st.session_state[f"pick {key}"] = None


def frame_of(hits: Sequence[Hit], drawings: Sequence[str], relations: Mapping[str, Relation]) -> pd.DataFrame:
    """One row a hit, one column a thing to read; columns that say nothing for any hit are left out."""
    table = pd.DataFrame(
        {
            "drawing": list(drawings),
            "name": [hit.entity.name for hit in hits],
            "full_name": [_second_name(hit) for hit in hits],
            "status": [_status(hit) for hit in hits],
            "rank": [hit.rank for hit in hits],
            "chance": [hit.probability for hit in hits],
            _score_column(hits): [hit.score for hit in hits],
            "how": [_how(hit, relations) for hit in hits],
            "sources": ["; ".join(hit.sources) for hit in hits],
            "id": [hit.url or f"explore?q={hit.entity.id}" for hit in hits],
            "ask": [":material/arrow_forward:"] * len(hits),
            "open": [":material/description:"] * len(hits),
        }
    )
    empty = [name for name in ("drawing", "full_name", "how", "sources") if not table[name].astype(bool).any()]
    if all(hit.probability is None for hit in hits):
        empty.append("chance")
    if not nav.exists("entity"):
        empty.append("open")
    return table.drop(columns=empty)


def _score_column(hits: Sequence[Hit]) -> str:
    """Two things are never called by one name: a share of belief and a cosine."""
    return "cosine" if hits and all(hit.status is HitStatus.SIMILAR for hit in hits) else "score"


def _status(hit: Hit) -> str:
    return theme.STATUS_WORDS[hit.status] + (" · unspecific" if hit.unspecific else "")


def chance(hit: Hit) -> str:
    """The chance in words, ``62 %`` or ``4.1 % · not confident``; empty where there is none."""
    if hit.probability is None:
        return ""
    percent = 100 * hit.probability
    told = "<0.1 %" if percent < 0.1 else f"{percent:.2g} %" if percent < 99.5 else ">99 %"
    return told if hit.confident is not False else f"{told} · not confident"


def _table(hits: Sequence[Hit], drawings: Sequence[str], relations: Mapping[str, Relation], key: str) -> int | None:
    """Draw the table; gives the place of the hit whose row was selected."""
    table = frame_of(hits, drawings, relations)
    row = _DRAWING_ROW if "drawing" in table else _ROW
    ids = {str(url): hit.entity.id for url, hit in zip(table["id"], hits, strict=True)}
    chances = {hit.probability: chance(hit) for hit in hits if hit.probability is not None}
    formats: dict[str, Callable[[object], str]] = {
        "id": lambda url: ids[str(url)],
        _score_column(hits): _score,
        "rank": lambda rank: theme.number(int(str(rank))),
        "chance": lambda value: chances.get(float(str(value)), ""),
    }
    event = st.dataframe(
        table.style.format({name: make for name, make in formats.items() if name in table}).map(
            _tint, subset=["status"]
        ),
        hide_index=True,
        row_height=row,
        height=min(len(hits), _VISIBLE_ROWS if row == _ROW else 8) * row + _HEADER,
        column_config=_columns(key, hits, _NAME_WIDTH - sum(w for name, w in _BESIDE.items() if name in table)),
        placeholder="",
        key=f"table {key}",
        on_select="rerun",
        selection_mode=["single-row", "single-cell"],
        alt="Ranked hits, best first. Select a row to see why it is there.",
    )
    return _selected(event["selection"], len(hits))


def _selected(selection: Mapping[str, Any], n: int) -> int | None:
    """Row of a selection, whether the row was ticked or one of its cells clicked; cells that act are left alone."""
    rows = [int(row) for row in selection.get("rows", ())]
    rows += [int(row) for row, column in selection.get("cells", ()) if column not in _ACTING]
    return rows[-1] if rows and 0 <= rows[-1] < n else None


def _columns(
    key: str, hits: Sequence[Hit], name_width: int
) -> dict[str, ColumnConfig | ButtonColumnResult | str | None]:
    c = st.column_config
    clicked, ids = f"asked {key}", tuple(hit.entity.id for hit in hits)
    return {
        "drawing": c.ImageColumn("Structure", width=_DRAWING[0] + 12, help=_HELP["drawing"]),
        "name": c.TextColumn("Name", width=max(name_width, _LEAST_NAME), help=_HELP["name"]),
        "full_name": c.TextColumn("In full", width=270 + min(name_width - _LEAST_NAME, 0), help=_HELP["full_name"]),
        "status": c.TextColumn("Link", width=95, help=_HELP["status"]),
        "rank": c.NumberColumn("Rank", width=65, help=_HELP["rank"]),
        "chance": c.NumberColumn("Chance", width=140, help=_HELP["chance"]),
        "score": c.NumberColumn("Share", width=65, help=_HELP["score"]),
        "cosine": c.NumberColumn("Cosine", width=70, help=_HELP["cosine"]),
        "how": c.TextColumn("How", width=150, help=_HELP["how"]),
        "sources": c.TextColumn("Sources", width=130, help=_HELP["sources"]),
        "id": c.LinkColumn("Database page", width=130, help=_HELP["id"]),
        "ask": c.ButtonColumn(
            "Ask",
            width=50,
            type="tertiary",
            key=clicked,
            on_click=_asked,
            args=(clicked, ids),
            help=_HELP["ask"],
        ),
        "open": c.ButtonColumn(
            "Page",
            width=50,
            type="tertiary",
            key=f"opened {key}",
            on_click=_opened,
            args=(f"opened {key}", ids),
            help=_HELP["open"],
        ),
    }


def _tint(word: object) -> str:
    """A known link stands on a ground of its own, in light and in dark."""
    return "background-color: #7fa8ae40" if str(word).startswith(theme.STATUS_WORDS[HitStatus.KNOWN]) else ""


def _asked(key: str, ids: tuple[str, ...]) -> None:
    click = st.session_state.get(key)
    if click is not None and 0 <= click["row"] < len(ids):
        asking.ask(ids[click["row"]], elsewhere=True)


def _opened(key: str, ids: tuple[str, ...]) -> None:
    click = st.session_state.get(key)
    if click is not None and 0 <= click["row"] < len(ids):
        st.session_state["leave for"] = ids[click["row"]]


def _second_name(hit: Hit) -> str:
    entity = hit.entity
    return entity.full_name if entity.full_name != entity.name else ""


def _score(score: object) -> str:
    """Three decimals, two digits where it is small; what is smaller still only says so."""
    value = float(str(score))
    if abs(value) >= 0.01 or value <= 0:
        return f"{value:.3f}"
    return f"{value:.2g}" if value >= 0.0001 else "<0.0001"


def _how(hit: Hit, relations: Mapping[str, Relation]) -> str:
    if hit.route:
        between = hit.route.split(" → ")[1:-1]
        return f"via {' → '.join(between) or hit.route}"
    relation = relations.get(hit.relation)
    label = hit.relation.replace("_", " ") if relation is None else relation.label
    if hit.status is not HitStatus.PREDICTED or not label:
        combined = hit.entity.modality == "therapeutic_class" and _COMBINATION.search(hit.entity.name)
        return f"{label} (only in combinations)" if combined and label else label
    ends = None if relation is None else (relation.head, relation.tail)
    rivals = [r for r in relations.values() if (r.head, r.tail) == ends and not r.hierarchical]
    if len(rivals) > 1:  # that there is a link is one guess, of which kind another
        return f"possibly linked (fits “{label}” best)"
    return f"possibly {label.removeprefix('is ')}"


def _drawings(hits: Sequence[Hit], service: BridgeService) -> list[str]:
    dark = st.context.theme.type == "dark"
    return [
        _drawing(export.smiles_of(hit), service, dark) if place < _MAX_DRAWN else "" for place, hit in enumerate(hits)
    ]


def _drawing(smiles: str, service: BridgeService, dark: bool) -> str:
    if not smiles:
        return ""
    try:
        svg = service.depict(smiles, width=_DRAWING[0], height=_DRAWING[1], dark=dark)
    except BioBridgeError as error:
        _LOG.info("no drawing: %s", type(error).__name__)
        return ""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _card(hit: Hit, drawing: str, relations: Mapping[str, Relation], among: int) -> str:
    """One hit as HTML. Every foreign word in it is escaped."""
    entity = hit.entity
    name = escape(entity.name)
    title = (
        f'<a href="{escape(hit.url)}" target="_blank" rel="noopener">{name}</a>'
        if hit.url.startswith("https://")
        else name
    )
    picture = f'<img src="{drawing}" alt="">' if drawing else ""
    second = _second_name(hit)
    lines = [f'<div class="bb-card bb-{hit.status.value}"><div class="bb-text"><b>{title}</b>']
    if second:
        lines.append(f'<div class="bb-full">{escape(second)}</div>')
    if hit.probability is not None:
        zone = "" if hit.confident is not False else ' class="bb-unsure"'
        lines.append(f'<div class="bb-bar"><i{zone} style="width:{100 * hit.probability:.1f}%"></i></div>')
    facts = (
        _status(hit),
        f"rank {theme.number(hit.rank)} of {theme.number(among)}",
        f"chance {chance(hit)}" if hit.probability is not None else "",
        f"{'cosine' if hit.status is HitStatus.SIMILAR else 'share'} {_score(hit.score)}",
        _how(hit, relations),
        entity.id,
    )
    lines.append('<div class="bb-line">' + "".join(f"<span>{escape(fact)}</span>" for fact in facts if fact) + "</div>")
    if hit.sources:
        lines.append(f'<div class="bb-line">{escape("; ".join(hit.sources))}</div>')
    return "".join(lines) + f"</div>{picture}</div>"
