"""What every study on the page ``evidence`` is made of: words for a figure, a table, a plot of intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from ui import charts, theme

if TYPE_CHECKING:
    from biobridge_core.results import Result

#: Symbols in the order of the series: apart without colour too.
SYMBOLS = ("circle", "diamond-open", "square-open", "triangle-up-open", "cross-open", "x-open", "star-open")
_COLOURS = ("blue", "red", "green", "violet", "orange", "primary", "gray")
_ROW, _HEADER = 35, 37


@dataclass(frozen=True, slots=True)
class Figure:
    """The one number of a study for the overview."""

    what: str  #: in a few words
    value: str  #: with its unit
    beside: str = ""  #: what it is compared with


@dataclass(frozen=True, slots=True)
class Point:
    """A figure with its 95 % interval; the interval is left out where there is none."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None


def two(value: float) -> str:
    """Two significant digits without an exponent."""
    if value == 0:
        return "0"
    if abs(value) >= 10:
        return theme.number(round(value))
    return f"{value:.2g}" if abs(value) >= 0.001 else f"{value:.1g}" if abs(value) >= 0.0001 else "<0.0001"


def percent(share: float) -> str:
    """A share as percent."""
    return f"{two(100 * share)}{theme.THIN_SPACE}%"


def points(share: float) -> str:
    """A difference of two shares, in percentage points."""
    return f"{two(100 * share)}{theme.THIN_SPACE}points"


def palette() -> list[str]:
    """Hex colours of the series of a chart, in the mode that the visitor looks at."""
    mode = "dark" if charts.is_dark() else "light"
    return [str(st.get_option(f"theme.{mode}.{name}Color")) for name in _COLOURS]


def says(means: str, not_: str) -> None:
    """What a study means, in one sentence, and what it does not. Both are Markdown made here, not foreign text."""
    st.markdown(means)
    st.markdown(f":gray[:material/block: **What it does not say:** {not_}]")


def missing(what: str, file: str) -> None:
    """Nothing was measured yet."""
    st.info(
        f"{what} has not been measured yet. It will stand here once `benchmarks/results/{file}.json` is written.",
        icon=":material/hourglass_empty:",
    )


def preliminary(result: Result) -> None:
    """Say that a figure will be replaced, in the file's own words."""
    notes = [note for note in result.notes if "preliminary" in note.lower()]
    why = theme.plain(notes[-1], 400) if notes else "A quick run; the full one is not finished."
    why = why.removeprefix("Preliminary: ")
    st.warning(f"**Preliminary.** {why[:1].upper()}{why[1:]}", icon=":material/construction:")


def origin(result: Result) -> None:
    """How it was measured: date, machine, data, command and notes of the file."""
    with st.expander("How it was measured", icon=":material/info:"):
        lines = [
            f"- measured {result.created:%Y-%m-%d}" + (f" on {theme.plain(result.machine)}" if result.machine else ""),
            f"- seeds: {', '.join(map(str, result.seeds))}" if result.seeds else "",
            *(f"- {theme.plain(name)}: {theme.plain(digest)[:12]}" for name, digest in result.manifest.items()),
            *(f"- {theme.plain(note, 700)}" for note in result.notes),
        ]
        st.markdown("\n".join(line for line in lines if line))
        st.code(result.command, language=None, wrap_lines=True)
        st.caption(f"All figures: benchmarks/results/{theme.plain(result.name)}.json")


#: columns that hold percent
PERCENT = frozenset({"first", "in best 10", "found in 100", "true"})


def table(rows: Sequence[Mapping[str, object]], helps: Mapping[str, str], key: str, decimals: int = 3) -> None:
    """A table that a click on a header sorts; ``helps`` explains headers. Numbers stay numbers."""
    frame = pd.DataFrame(rows)
    config = {
        name: st.column_config.NumberColumn(name, help=helps.get(name), format=_format(name, frame[name], decimals))
        if pd.api.types.is_numeric_dtype(frame[name]) and not pd.api.types.is_bool_dtype(frame[name])
        else st.column_config.TextColumn(name, help=helps.get(name))
        for name in frame.columns
    }
    st.dataframe(frame, hide_index=True, column_config=config, key=key, height=min(len(frame), 14) * _ROW + _HEADER)


def _format(name: str, column: pd.Series[float], decimals: int) -> str:
    if name in PERCENT:
        return "%.1f %%"
    return "%d" if pd.api.types.is_integer_dtype(column) else f"%.{decimals}f"


def dots(series: Mapping[str, Sequence[Point]], x: str, key: str, alt: str) -> None:
    """One line a label, one marker a series, with 95 % intervals; labels in the order of the first series.

    The first series is the filled one.
    """
    import plotly.graph_objects as go

    fig = go.Figure()
    colours = palette()
    labels = list(dict.fromkeys(point.label for points in series.values() for point in points))
    for place, (name, points) in enumerate(series.items()):
        colour = colours[place % len(colours)]
        fig.add_scatter(
            x=[point.value for point in points],
            y=[point.label for point in points],
            mode="markers",
            name=name,
            marker={"symbol": SYMBOLS[place % len(SYMBOLS)], "size": 10, "color": colour, "line": {"width": 2}},
            error_x=_whiskers(points, colour),
            hovertemplate="%{y}<br>%{x:.3f}<extra>" + name + "</extra>",
        )
    charts.layout(fig, height=110 + 26 * len(labels), x=x)
    fig.update_yaxes(categoryorder="array", categoryarray=labels[::-1])
    fig.update_xaxes(rangemode="tozero")
    charts.show(fig, key, alt)


def _whiskers(points: Sequence[Point], colour: str) -> dict[str, object]:
    up = [0.0 if p.high is None else p.high - p.value for p in points]
    down = [0.0 if p.low is None else p.value - p.low for p in points]
    return {"type": "data", "array": up, "arrayminus": down, "thickness": 1.4, "width": 3, "color": colour}


def lines(series: Mapping[str, Sequence[tuple[str | float, float]]], x: str, y: str, key: str, alt: str) -> None:
    """Lines with markers over categories or numbers."""
    import plotly.graph_objects as go

    fig = go.Figure()
    colours = palette()
    for place, (name, points) in enumerate(series.items()):
        fig.add_scatter(
            x=[point[0] for point in points],
            y=[point[1] for point in points],
            mode="lines+markers",
            name=name,
            line={"color": colours[place % len(colours)], "width": 2},
            marker={"symbol": SYMBOLS[place % len(SYMBOLS)], "size": 9, "line": {"width": 2}},
            hovertemplate="%{x}: %{y:.3f}<extra>" + name + "</extra>",
        )
    charts.show(charts.layout(fig, height=340, x=x, y=y), key, alt)
