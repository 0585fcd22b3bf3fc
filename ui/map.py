"""Maps: where the hits lie among all entities of their kind, and where the query lies among its own."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from biobridge_core.errors import ArtifactError
from biobridge_core.types import Hit, HitStatus, Retrieval
from ui import charts, service, theme

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from numpy.typing import NDArray

    from biobridge_core.pictures import Pictures
    from biobridge_core.service import BridgeService

_CELLS = 150  #: of the density along each side
_EDGE = 1.08  #: of the drawn square; the points lie within -1 .. 1
_WIDTH = 940  #: pixels at most, so that the map keeps its shape
_NAMED = 6  #: hits whose names stand on the map
_WITH_REGIONS = ("disease", "phenotype")


def show(bridge: BridgeService, retrieval: Retrieval, modality: str, hits: Sequence[Hit], key: str) -> None:
    """Draw the map of the kind in view; where it is the query's own, the query is on it too."""
    _, many = service.words(modality)
    own = modality == retrieval.query.modality
    try:
        fig = figure(bridge.pictures, retrieval, modality, hits)
    except ArtifactError as error:
        st.info(f"{theme.plain(error.message, 200)} {theme.plain(error.hint, 200)}", icon=":material/map:")
        return
    with st.container(width=_WIDTH):
        charts.show(fig, f"map {key}", f"Map of all {many} with the hits marked")
    placed = (
        " ✕ marks the query"
        + ("." if retrieval.entity else ", at the weighted mean of the 15 known entities that are nearest to it.")
        if own
        else ""
    )
    st.caption(
        f"Each grey cell holds {many}; what the foundation model finds alike lies close together (UMAP). ● known, "
        f"○ predicted, ◇ similar.{placed} Distances between far-apart groups mean nothing."
    )


def figure(pictures: Pictures, retrieval: Retrieval, modality: str, hits: Sequence[Hit]) -> go.Figure:
    """The map as a figure.

    Raises
    ------
    ArtifactError
        If the maps are missing or belong to another graph.
    """
    import plotly.graph_objects as go

    look = charts.palette()
    fig = go.Figure()
    fig.add_trace(_ground(pictures.points(modality), look.muted))
    points = pictures.at([hit.entity.id for hit in hits])
    for status in HitStatus:
        here = [place for place, hit in enumerate(hits) if hit.status is status]
        if here:
            _mark(fig, [hits[place] for place in here], points[here], status, modality)
    taken = _name_best(fig, hits, points)
    if modality in _WITH_REGIONS:
        _name_regions(fig, pictures, modality, taken)
    if modality == retrieval.query.modality and (place := pictures.place(retrieval)) is not None:
        fig.add_scatter(
            x=[place[0]],
            y=[place[1]],
            mode="markers",
            name="the query",
            marker={"symbol": "x-thin", "size": 17, "line": {"width": 3, "color": look.text}},
            hovertemplate="the query<extra></extra>",
        )
    spread = float(np.ptp(pictures.points(modality)[:, 1])) / 2 if len(pictures.points(modality)) else 1.0
    charts.layout(fig, height=round(120 + 560 * min(max(spread, 0.4), 1.0)))
    fig.update_xaxes(visible=False, range=[-_EDGE, _EDGE])
    fig.update_yaxes(visible=False)
    return fig


def _ground(points: NDArray[np.float32], shade: str) -> go.Heatmap:
    """How many entities lie where, as shades of one neutral colour."""
    import plotly.graph_objects as go

    counts, _, _ = np.histogram2d(
        points[:, 1], points[:, 0], bins=_CELLS, range=[[-_EDGE, _EDGE], [-_EDGE, _EDGE]]
    )  # (y, x)
    shown = np.where(counts > 0, np.log1p(counts), np.nan).astype(np.float32)
    middles = (np.arange(_CELLS) + 0.5) / _CELLS * 2 * _EDGE - _EDGE
    return go.Heatmap(
        z=shown,
        x=middles,
        y=middles,
        colorscale=[[0, charts.faded(shade, 0.14)], [1, charts.faded(shade, 0.65)]],
        showscale=False,
        hoverinfo="skip",
        showlegend=False,
    )


def _mark(fig: go.Figure, hits: Sequence[Hit], points: NDArray[np.float32], status: HitStatus, modality: str) -> None:
    fig.add_scatter(
        x=points[:, 0],
        y=points[:, 1],
        mode="markers",
        name=theme.STATUS_WORDS[status].split(" ", 1)[1],
        marker={
            "symbol": charts.SYMBOLS[status],
            "size": 11,
            "color": charts.colour(modality),
            "line": {"width": 2},
        },
        text=[f"<b>{escape(theme.shorten(hit.entity.name, 60))}</b><br>rank {theme.number(hit.rank)}" for hit in hits],
        hovertemplate="%{text}<extra></extra>",
    )


def _name_best(fig: go.Figure, hits: Sequence[Hit], points: NDArray[np.float32]) -> list[tuple[float, float]]:
    """Write the names of the best hits beside them, where they do not run into one another; gives their places."""
    look = charts.palette()
    taken: list[tuple[float, float]] = []
    for hit, (x, y) in zip(hits, points.tolist(), strict=True):
        if len(taken) >= 2 * _NAMED:
            break
        if any(abs(x - a) < 0.5 and abs(y - b) < 0.09 for a, b in taken):
            continue
        taken.append((x, y))
        left = x > 0.35
        taken.append((x - 0.3 if left else x + 0.3, y))  # where the name reaches to
        fig.add_annotation(
            x=x,
            y=y,
            text=escape(theme.shorten(hit.entity.name, 28)),
            showarrow=False,
            xanchor="right" if left else "left",
            xshift=-10 if left else 10,
            bgcolor=charts.faded(look.ground, 0.7),
            font={"size": 13},
        )
    return taken


def _name_regions(fig: go.Figure, pictures: Pictures, modality: str, taken: list[tuple[float, float]]) -> None:
    """Write the names of the branches that keep together where they lie, unless something stands there."""
    look = charts.palette()
    for entity, x, y in pictures.regions(modality):
        if any(abs(x - a) < 0.45 and abs(y - b) < 0.1 for a, b in taken):
            continue
        taken.append((x, y))
        fig.add_annotation(
            x=x,
            y=y,
            text=f"<i>{escape(theme.shorten(entity.name, 30))}</i>",
            showarrow=False,
            bgcolor=charts.faded(look.ground, 0.7),
            font={"size": 12, "color": look.text},
        )
