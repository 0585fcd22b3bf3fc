"""Hits as a table on a wide screen and as cards on a phone."""

from __future__ import annotations

import base64
import logging
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from biobridge_core.errors import BioBridgeError
from biobridge_core.types import Hit, HitList, HitStatus, Relation
from ui import asking, export, state, theme

if TYPE_CHECKING:
    from streamlit.elements.lib.column_types import ButtonColumnResult, ColumnConfig

    from biobridge_core.service import BridgeService

_LOG = logging.getLogger("biobridge.ui")
_ROW, _DRAWING_ROW, _HEADER = 27, 76, 37
_DRAWING = (116, 72)
_VISIBLE_ROWS = 20
_NAME_WIDTH = 400
_BESIDE = {"full_name": 240, "drawing": 130}  #: how much narrower the name is where such a column stands beside it
_MAX_DRAWN = 60  #: drawings sent at once; the table scrolls beyond


_HELP = {
    "rank": "Its place among all entities of this kind by score, known or not; 1 is best. Click a header to sort.",
    "drawing": "Double-click to enlarge.",
    "name": "Gene symbol, drug name, or the name in the home database.",
    "full_name": "The long name.",
    "status": "● known: in the graph. ○ predicted: proposed by the bridge. ◇ similar: near, no link meant.",
    "percentile": "Share of all entities of this kind that score lower, in percent: how high, not how sure.",
    "score": "Share of the bridge's belief, which adds up to 1 over all entities of this kind: high where few compete. "
    "For ◇ similar the cosine of the encoder's vectors. No probability that the link exists.",
    "how": "The relation that fits best, or the route where no direct relation exists.",
    "sources": "Databases, evidence and values behind a known link.",
    "id": "Opens the page in the home database (needs the internet).",
    "ask": "Ask the bridge about this hit.",
}


def ordered(hits: HitList, show: state.Show, k: int) -> list[Hit]:
    """The hits to show: known links first, then predicted ones, each by rank.

    ``k`` bounds the predicted (or similar) ones; a known link is shown whatever its rank.
    """
    known = [hit for hit in hits.hits if hit.status is HitStatus.KNOWN]
    others = [hit for hit in hits.hits if hit.status is not HitStatus.KNOWN and hit.rank <= max(k, 1)]
    if show is state.Show.KNOWN:
        return known
    return others if show is state.Show.PREDICTED else known + others


def draw(hits: Sequence[Hit], service: BridgeService, among: int, key: str) -> None:
    """Show hits of one modality: table (wide) and cards (phone), of which the style sheet shows one.

    ``among`` is how many entities were ranked.
    """
    drawings, relations = _drawings(hits, service), service.relations
    with st.container(key="hits_table"):
        _table(hits, drawings, relations, key)
    with st.container(key="hits_cards"):
        st.html("".join(_card(hit, drawings[i], relations, among) for i, hit in enumerate(hits)))


def frame_of(hits: Sequence[Hit], drawings: Sequence[str], relations: Mapping[str, Relation]) -> pd.DataFrame:
    """One row a hit, one column a thing to read; columns that say nothing for any hit are left out."""
    table = pd.DataFrame(
        {
            "drawing": list(drawings),
            "name": [hit.entity.name for hit in hits],
            "full_name": [_second_name(hit) for hit in hits],
            "status": [theme.STATUS_WORDS[hit.status] for hit in hits],
            "rank": [hit.rank for hit in hits],
            "percentile": [hit.percentile for hit in hits],
            "score": [hit.score for hit in hits],
            "how": [_how(hit, relations) for hit in hits],
            "sources": ["; ".join(hit.sources) for hit in hits],
            "id": [hit.url or f"explore?q={hit.entity.id}" for hit in hits],
            "ask": [":material/arrow_forward:"] * len(hits),
        }
    )
    empty = [name for name in ("drawing", "full_name", "how", "sources") if not table[name].astype(bool).any()]
    return table.drop(columns=empty)


def _table(hits: Sequence[Hit], drawings: Sequence[str], relations: Mapping[str, Relation], key: str) -> None:
    table = frame_of(hits, drawings, relations)
    row = _DRAWING_ROW if "drawing" in table else _ROW
    ids = {str(url): hit.entity.id for url, hit in zip(table["id"], hits, strict=True)}
    st.dataframe(
        table.style.format(
            {"id": lambda url: ids[str(url)], "score": _score, "rank": lambda rank: theme.number(int(str(rank)))}
        ).map(_tint, subset=["status"]),
        hide_index=True,
        row_height=row,
        height=min(len(hits), _VISIBLE_ROWS if row == _ROW else 8) * row + _HEADER,
        column_config=_columns(key, hits, _NAME_WIDTH - sum(w for name, w in _BESIDE.items() if name in table)),
        key=f"table {key}",
        alt="Ranked hits, best first",
    )


def _columns(
    key: str, hits: Sequence[Hit], name_width: int
) -> dict[str, ColumnConfig | ButtonColumnResult | str | None]:
    c = st.column_config
    clicked = f"asked {key}"
    return {
        "drawing": c.ImageColumn("Structure", width=_DRAWING[0] + 12, help=_HELP["drawing"]),
        "name": c.TextColumn("Name", width=name_width, help=_HELP["name"]),
        "full_name": c.TextColumn("In full", width=270, help=_HELP["full_name"]),
        "status": c.TextColumn("Link", width=100, help=_HELP["status"]),
        "rank": c.NumberColumn("Rank", width=65, help=_HELP["rank"]),
        "percentile": c.ProgressColumn(
            "Percentile", width=120, min_value=0, max_value=100, format="%.2f", help=_HELP["percentile"]
        ),
        "score": c.NumberColumn("Score", width=65, help=_HELP["score"]),
        "how": c.TextColumn("How", width=165, help=_HELP["how"]),
        "sources": c.TextColumn("Sources", width=160, help=_HELP["sources"]),
        "id": c.LinkColumn("Database page", width=145, help=_HELP["id"]),
        "ask": c.ButtonColumn(
            "Ask",
            width=50,
            type="tertiary",
            key=clicked,
            on_click=_asked,
            args=(clicked, tuple(hit.entity.id for hit in hits)),
            help=_HELP["ask"],
        ),
    }


def _tint(word: object) -> str:
    """A known link stands on a ground of its own, in light and in dark."""
    return "background-color: #7fa8ae40" if word == theme.STATUS_WORDS[HitStatus.KNOWN] else ""


def _asked(key: str, ids: tuple[str, ...]) -> None:
    click = st.session_state.get(key)
    if click is not None and 0 <= click["row"] < len(ids):
        asking.ask(ids[click["row"]])


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
        return label
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
    lines.append(f'<div class="bb-bar"><i style="width:{min(max(hit.percentile, 0.0), 100.0):.1f}%"></i></div>')
    facts = (
        theme.STATUS_WORDS[hit.status],
        f"rank {theme.number(hit.rank)} of {theme.number(among)}",
        f"percentile {hit.percentile:.2f}",
        f"score {_score(hit.score)}",
        _how(hit, relations),
        entity.id,
    )
    lines.append('<div class="bb-line">' + "".join(f"<span>{escape(fact)}</span>" for fact in facts if fact) + "</div>")
    if hit.sources:
        lines.append(f'<div class="bb-line">{escape("; ".join(hit.sources))}</div>')
    return "".join(lines) + f"</div>{picture}</div>"
