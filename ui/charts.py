"""One look for every chart: palette, template and the buttons that a chart has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from biobridge_core.types import HitStatus
from ui import theme

if TYPE_CHECKING:
    import plotly.graph_objects as go

#: plotly markers: a known link is filled, a predicted one outlined, a similar entity an outlined diamond.
SYMBOLS: Mapping[HitStatus, str] = {
    HitStatus.KNOWN: "circle",
    HitStatus.PREDICTED: "circle-open",
    HitStatus.SIMILAR: "diamond-open",
}

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
    axis = {"gridcolor": look.line, "zeroline": False, "linecolor": look.line, "title_standoff": 8, "automargin": True}
    fig.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 34 if legend else 12, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": look.text, "size": 13},
        hoverlabel={"bgcolor": look.ground, "bordercolor": look.line, "font": {"color": look.text, "size": 13}},
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
