"""The evidence as a network: the query on the left, what links it in the middle, the hits on the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from biobridge_core.types import Entity, Hit, HitStatus, QueryKind, Retrieval
from ui import charts, theme

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from biobridge_core.explain.web import Strand, Web
    from biobridge_core.service import BridgeService

_HITS = 10
_ROW = 46  #: pixels of a row
_Place = tuple[float, float]
_NAMES = {
    QueryKind.ENTITY: "",
    QueryKind.SEQUENCE: "your sequence",
    QueryKind.SMILES: "your molecule",
    QueryKind.TEXT: "your text",
}


def show(bridge: BridgeService, retrieval: Retrieval, hits: Sequence[Hit], key: str) -> None:
    """Draw the network of the first hits in view."""
    first = [hit for hit in hits if retrieval.entity is None or hit.entity.id != retrieval.entity.id][:_HITS]
    web = bridge.pictures.web(retrieval, [hit.entity.id for hit in first])
    charts.show(figure(retrieval, web, first), f"network {key}", "Network of the query, its hits and what links them")
    linked = {strand.tail.id for strand in web.strands} | {strand.head.id for strand in web.strands}
    lonely = [theme.plain(hit.entity.name, 40) for hit in first if hit.entity.id not in linked]
    said = [
        f"The first {len(first)} hits of the list. Solid lines are links of the graph; of what lies between, the two "
        "most specific are shown for each pair. A dashed line is a prediction or a likeness."
    ]
    if lonely:
        said.append(f"No evidence found within two links for: {', '.join(lonely)}.")
    st.caption(" ".join(said))


def figure(retrieval: Retrieval, web: Web, hits: Sequence[Hit]) -> go.Figure:
    """The network as a figure: three columns, lines between them."""
    import plotly.graph_objects as go

    fig = go.Figure()
    places = _places(retrieval, web)
    _solid(fig, web.strands, places)
    _dashed(fig, retrieval, web, hits, places)
    _nodes(fig, retrieval, web, hits, places)
    rows = max(len(web.hits), len(web.between), len(web.starts), 4)
    charts.layout(fig, height=90 + _ROW * min(rows, 16))
    fig.update_xaxes(visible=False, range=[-0.42, 2.75])
    fig.update_yaxes(visible=False, range=[-0.06, 1.1])
    return fig


def _places(retrieval: Retrieval, web: Web) -> dict[str, _Place]:
    """Where each entity stands; ``query`` is the query itself where it is none of the graph's own."""
    hits = [entity.id for entity in web.hits]
    starts = [entity.id for entity, _ in web.starts if entity.id not in hits]
    places = {id_: (2.0, y) for id_, y in zip(hits, _spread(len(hits)), strict=True)}
    raw = retrieval.entity is None
    if raw:
        places["query"] = (-0.2, 0.5)
    places |= {id_: (0.4 if raw else 0.0, y) for id_, y in zip(starts, _spread(len(starts)), strict=True)}
    between = [entity.id for entity in web.between if entity.id not in places]
    order = sorted(between, key=lambda id_: _mean_height(id_, web.strands, places))
    return places | {id_: (1.15 if raw else 1.0, y) for id_, y in zip(order, _spread(len(order)), strict=True)}


def _mean_height(id_: str, strands: Sequence[Strand], places: Mapping[str, _Place]) -> float:
    """Mean height of the hits that an entity in between is linked to: few lines cross."""
    ends = [s.tail.id if s.head.id == id_ else s.head.id for s in strands if id_ in (s.head.id, s.tail.id)]
    heights = [places[end][1] for end in ends if end in places and places[end][0] > 1.5]
    return -sum(heights) / len(heights) if heights else 0.0


def _spread(n: int) -> list[float]:
    """``n`` heights from top to bottom."""
    return [0.5] if n == 1 else [1.0 - place / max(n - 1, 1) for place in range(n)]


def _solid(fig: go.Figure, strands: Sequence[Strand], places: Mapping[str, _Place]) -> None:
    look = charts.palette()
    x: list[float | None] = []
    y: list[float | None] = []
    middles: list[_Place] = []
    texts: list[str] = []
    for strand in strands:
        (x0, y0), (x1, y1) = places[strand.head.id], places[strand.tail.id]
        x += [x0, x1, None]
        y += [y0, y1, None]
        middles.append(((x0 + x1) / 2, (y0 + y1) / 2))
        cited = "; ".join(strand.sources[:3])
        texts.append(
            f"{escape(theme.shorten(strand.head.name, 40))} <b>{escape(strand.label)}</b> "
            f"{escape(theme.shorten(strand.tail.name, 40))}<br>{escape(theme.shorten(cited, 90))}"
        )
    line = {"color": look.muted, "width": 1.4}
    fig.add_scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", name="link of the graph", opacity=0.7)
    fig.add_scatter(
        x=[place[0] for place in middles],
        y=[place[1] for place in middles],
        mode="markers",
        marker={"size": 9, "color": look.muted, "opacity": 0},
        text=texts,
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )


def _dashed(fig: go.Figure, retrieval: Retrieval, web: Web, hits: Sequence[Hit], places: Mapping[str, _Place]) -> None:
    look = charts.palette()
    x: list[float | None] = []
    y: list[float | None] = []
    if retrieval.entity is None:
        ends = [entity.id for entity, _ in web.starts if entity.id in places]
    else:
        joined = {s.tail.id for s in web.strands} | {s.head.id for s in web.strands}
        ends = [h.entity.id for h in hits if h.status is not HitStatus.KNOWN and h.entity.id not in joined]
    origin = "query" if retrieval.entity is None else retrieval.entity.id
    for end in ends:
        x += [places[origin][0], places[end][0], None]
        y += [places[origin][1], places[end][1], None]
    if ends:
        line = {"color": look.muted, "width": 1.2, "dash": "dot"}
        name = "likeness" if retrieval.entity is None else "prediction alone"
        fig.add_scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", name=name)


def _nodes(fig: go.Figure, retrieval: Retrieval, web: Web, hits: Sequence[Hit], places: Mapping[str, _Place]) -> None:
    status = {hit.entity.id: hit.status for hit in hits}
    likeness = {entity.id: cosine for entity, cosine in web.starts}
    shown: dict[str, Entity] = {e.id: e for e in (*web.hits, *web.between, *(e for e, _ in web.starts))}
    if "query" in places:
        look = charts.palette()
        _dot(fig, places["query"], _NAMES[retrieval.query.kind], "the query itself", "star", look.text, "bottom center")
    for id_, entity in shown.items():
        symbol = charts.SYMBOLS[status[id_]] if id_ in status else "square"
        side = "middle right" if places[id_][0] > 1.5 else "bottom center"
        told = theme.STATUS_WORDS[status[id_]] if id_ in status else entity.modality.replace("_", " ")
        cosine = likeness.get(id_)
        if cosine is not None:
            told = f"nearest known, cosine {cosine:.2f}"
        elif id_ in likeness:
            symbol, told = "star", "the query"
        _dot(fig, places[id_], entity.name, told, symbol, charts.colour(entity.modality), side)


def _dot(fig: go.Figure, place: _Place, name: str, told: str, symbol: str, colour: str, side: str) -> None:
    fig.add_scatter(
        x=[place[0]],
        y=[place[1]],
        mode="markers+text",
        marker={"symbol": symbol, "size": 13, "color": colour, "line": {"width": 2}},
        text=[escape(theme.shorten(name, 26))],
        textposition=side,
        textfont={"size": 12},
        hovertext=f"<b>{escape(theme.shorten(name, 80))}</b><br>{escape(told)}",
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
        cliponaxis=False,
    )
