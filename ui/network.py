"""The evidence as a network: the query on the left, what links it in the middle, the hits on the right."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from html import escape
from textwrap import wrap
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
_BESIDE, _UNDER = (21, 3), (16, 2)  #: characters of a line and lines of a name, beside and under its mark
_Place = tuple[float, float]
_NAMES = {
    QueryKind.ENTITY: "",
    QueryKind.SEQUENCE: "your sequence",
    QueryKind.SMILES: "your molecule",
    QueryKind.TEXT: "your text",
}


def show(bridge: BridgeService, retrieval: Retrieval, hits: Sequence[Hit], key: str) -> None:
    """Draw the network of the first hits in view."""
    first = some(hits)
    web = bridge.pictures.web(retrieval, [hit.entity.id for hit in first])
    charts.show(figure(retrieval, web, first), f"network {key}", "Network of the query, its hits and what links them")
    linked = {strand.tail.id for strand in web.strands} | {strand.head.id for strand in web.strands}
    lonely = [theme.plain(hit.entity.name, 40) for hit in first if hit.entity.id not in linked]
    said = [
        f"The best {len(first)} hits in view, half of them predicted where there are so many. Solid lines are links of "
        "the graph (point at one for its source); between two ends stand the most specific entities that join them. "
        "A dotted line is a likeness, or a prediction that no short chain of links supports. ★ the query, ● known, "
        "○ predicted, ◇ similar, ■ what links them."
    ]
    if lonely:
        said.append(f"No evidence found within three links for: {', '.join(lonely)}.")
    st.caption(" ".join(said))


def some(hits: Sequence[Hit]) -> list[Hit]:
    """The first hits to draw: known and predicted ones by halves, where there are enough of both."""
    known = [hit for hit in hits if hit.status is HitStatus.KNOWN]
    others = [hit for hit in hits if hit.status is not HitStatus.KNOWN]
    n_known = max(_HITS // 2, _HITS - len(others))
    return known[:n_known] + others[: _HITS - len(known[:n_known])]


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
    fig.update_xaxes(visible=False, range=[-0.35, 3.25])
    fig.update_yaxes(visible=False, range=[-0.06, 1.1])
    return fig


def _places(retrieval: Retrieval, web: Web) -> dict[str, _Place]:
    """Where each entity stands; ``query`` is the query itself where it is none of the graph's own.

    What lies between stands nearer to the end that it is linked to, where a chain passes through two of them.
    """
    hits = [entity.id for entity in web.hits]
    starts = [entity.id for entity, _ in web.starts if entity.id not in hits]
    places = {id_: (2.0, y) for id_, y in zip(hits, _spread(len(hits)), strict=True)}
    raw = retrieval.entity is None
    if raw:
        places["query"] = (-0.2, 0.5)
    places |= {id_: (0.4 if raw else 0.0, y) for id_, y in zip(starts, _spread(len(starts)), strict=True)}
    linked: dict[str, set[str]] = {}
    for strand in web.strands:
        linked.setdefault(strand.head.id, set()).add(strand.tail.id)
        linked.setdefault(strand.tail.id, set()).add(strand.head.id)
    columns: dict[float, list[str]] = {}
    for id_ in (entity.id for entity in web.between if entity.id not in places):
        touches = linked.get(id_, set())
        to_start, to_hit = bool(touches & set(starts)), bool(touches & set(hits))
        shift = 0.0 if to_start == to_hit else -0.3 if to_start else 0.3
        columns.setdefault((1.2 if raw else 1.0) + shift, []).append(id_)
    for place, (x, between) in enumerate(sorted(columns.items(), reverse=True)):
        order = sorted(between, key=lambda id_: _mean_height(linked.get(id_, set()), places))
        edge = 0.04 * place  # so that names in neighbouring columns stand at different heights
        heights = (edge + y * (1 - 2 * edge) for y in _spread(len(order)))
        places |= {id_: (x, y) for id_, y in zip(order, heights, strict=True)}
    return places


def _mean_height(linked: Collection[str], places: Mapping[str, _Place]) -> float:
    """Mean height of what stands to the right of an entity in between, from the top down: few lines cross."""
    heights = [places[end][1] for end in linked if end in places and places[end][0] > 1.0]
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
        points = _line(places[strand.head.id], places[strand.tail.id])
        x += [*(place[0] for place in points), None]
        y += [*(place[1] for place in points), None]
        middles.append(points[len(points) // 2] if len(points) > 2 else _middle(*points))
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


def _middle(one: _Place, other: _Place) -> _Place:
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2


def _line(one: _Place, other: _Place) -> list[_Place]:
    """Points of a line; between two of one column it swings out to the left, so that it hides behind neither."""
    if one[0] != other[0]:
        return [one, other]
    bulge = 0.12 + 0.2 * abs(one[1] - other[1])
    steps = [step / 12 for step in range(13)]
    return [(one[0] - bulge * 4 * t * (1 - t), one[1] + (other[1] - one[1]) * t) for t in steps]


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
        _dot(fig, places["query"], _NAMES[retrieval.query.kind], "the query itself", "star", look.text, "bottom right")
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


def _label(name: str, side: str) -> str:
    """A name in lines that fit beside a hit on a phone, or under what stands in between."""
    width, most = _BESIDE if side == "middle right" else _UNDER
    lines = wrap(theme.shorten(name, 160), width, max_lines=most, placeholder=" …", break_on_hyphens=False)
    return "<br>".join(escape(line) for line in lines)


def _dot(fig: go.Figure, place: _Place, name: str, told: str, symbol: str, colour: str, side: str) -> None:
    fig.add_scatter(
        x=[place[0]],
        y=[place[1]],
        mode="markers+text",
        marker={"symbol": symbol, "size": 13, "color": colour, "line": {"width": 2}},
        text=[_label(name, side)],
        textposition=side,
        textfont={"size": 12},
        hovertext=f"<b>{escape(theme.shorten(name, 80))}</b><br>{escape(told)}",
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
        cliponaxis=False,
    )
