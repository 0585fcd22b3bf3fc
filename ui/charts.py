"""One look for every chart: palette, template and the buttons that a chart has."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from biobridge_core.types import Hit, HitStatus
from ui import theme

if TYPE_CHECKING:
    import plotly.graph_objects as go

#: plotly markers: a known link is filled, a predicted one outlined, a similar entity an outlined diamond.
SYMBOLS: Mapping[HitStatus, str] = {
    HitStatus.KNOWN: "circle",
    HitStatus.PREDICTED: "circle-open",
    HitStatus.SIMILAR: "diamond-open",
}

_FONT = '"Source Sans", "Source Sans Pro", sans-serif'  #: the one that the app comes with

#: What plotly's own bar keeps: a picture to take away and the way back from a zoom.
_CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d", "pan2d", "zoom2d"],
    "toImageButtonOptions": {"format": "svg", "filename": "biobridge"},
    "showTips": False,
}


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of a chart as hex, in the mode (light or dark) that the visitor looks at."""

    text: str
    muted: str
    line: str
    ground: str
    accent: str
    warning: str


def is_dark() -> bool:
    """Whether the visitor looks at the dark theme."""
    return st.context.theme.type == "dark"


def _option(name: str) -> str:
    return str(st.get_option(f"theme.{'dark' if is_dark() else 'light'}.{name}"))


def palette() -> Palette:
    """The neutral colours, as .streamlit/config.toml sets them for the mode in use."""
    return Palette(
        text=_option("textColor"),
        muted=_option("grayColor"),
        line=_option("borderColor"),
        ground=_option("backgroundColor"),
        accent=_option("primaryColor"),
        warning=_option("redColor"),
    )


def colour(modality: str) -> str:
    """Hex colour of a modality: the same in every chart, table and network."""
    return _option(f"{theme.style_of(modality).colour}Color")


def faded(hex_colour: str, opacity: float) -> str:
    """A hex colour (#rrggbb) that lets through what lies behind it."""
    red, green, blue = (int(hex_colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def layout(fig: go.Figure, *, height: int = 320, x: str = "", y: str = "", legend: bool = True) -> go.Figure:
    """Give a figure the common template; returns the same figure.

    Parameters
    ----------
    fig
        Any plotly figure.
    height
        Pixels.
    x, y
        Titles of the axes, with units.
    legend
        Whether one is shown, above the plot.
    """
    look = palette()
    axis = {
        "gridcolor": look.line,
        "zeroline": False,
        "linecolor": look.line,
        "title_standoff": 8,
        "automargin": True,
        "title_font_size": 13,
    }
    fig.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 34 if legend else 12, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": look.text, "size": 13, "family": _FONT},
        hoverlabel={
            "bgcolor": look.ground,
            "bordercolor": look.line,
            "font": {"color": look.text, "size": 13, "family": _FONT},
        },
        showlegend=legend,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "title": None, "font": {"size": 13}},
        dragmode=False,
    )
    fig.update_xaxes(axis)
    fig.update_yaxes(axis)
    if x:
        fig.update_xaxes(title_text=x)
    if y:
        fig.update_yaxes(title_text=y)
    return fig


def show(fig: go.Figure, key: str, alt: str) -> None:
    """Draw a figure that :func:`layout` has prepared. ``alt`` says in words what it shows."""
    st.plotly_chart(fig, width="stretch", theme=None, key=key, config=_CONFIG, alt=alt)


def percentile_scale(percentile: float, among: int) -> float:
    """Tens of entities that a hit leaves behind it: 0 for none, 1 for 90 %, 2 for 99 %, 3 for 99.9 %.

    The best hits all lie above 99 %; on this scale they can be told apart. The best of ``among`` entities stands at the
    logarithm of their number.
    """
    above = max(1.0 - percentile / 100.0, 1.0 / max(among, 2))
    return -math.log10(above)


def standing(hits: Sequence[Hit], among: int, modality: str) -> go.Figure:
    """Score against percentile: known links filled, predicted ones outlined."""
    import plotly.graph_objects as go

    fig = go.Figure()
    similar = bool(hits) and hits[0].status is HitStatus.SIMILAR
    for status in HitStatus:
        group = [hit for hit in hits if hit.status is status]
        if not group:
            continue
        texts = [
            f"<b>{escape(theme.shorten(hit.entity.name, 60))}</b><br>{theme.STATUS_WORDS[status]} · "
            f"rank {theme.number(hit.rank)} of {theme.number(among)}<br>percentile {hit.percentile:.2f}"
            for hit in group
        ]
        fig.add_scatter(
            x=[percentile_scale(hit.percentile, among) for hit in group],
            y=[hit.score if similar else max(hit.score, 1e-9) for hit in group],
            mode="markers",
            name=theme.STATUS_WORDS[status].split(" ", 1)[1],
            marker={"symbol": SYMBOLS[status], "size": 10, "color": colour(modality), "line": {"width": 1.5}},
            text=texts,
            hovertemplate="%{text}<extra></extra>",
        )
    last = max(1, math.ceil(math.log10(max(among, 2))))
    layout(fig, x="Percentile among all of this kind", y="Cosine" if similar else "Share of belief")
    ticks = {0: "0", 1: "90", 2: "99"}
    fig.update_xaxes(
        tickvals=list(range(last + 1)),
        ticktext=[ticks.get(n, f"99.{'9' * (n - 2)}") for n in range(last + 1)],
    )
    if not similar:
        fig.update_yaxes(type="log", exponentformat="power", dtick=1)
    return fig
