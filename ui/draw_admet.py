"""What is predicted to become of a molecule in the body, beside approved drugs: a radar and a table."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

import streamlit as st

from ui import charts, service, theme

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from biobridge_core.drawn import Prediction, Report
    from biobridge_core.service import BridgeService

#: Corners of the radar, in the order of the table's categories: endpoint, short name.
_CORNERS = {
    "HIA_Hou": "Gut uptake",
    "Bioavailability_Ma": "Oral availability",
    "Solubility_AqSolDB": "Solubility",
    "Caco2_Wang": "Permeability",
    "Pgp_Broccatelli": "P-gp inhibition",
    "BBB_Martins": "Brain entry",
    "PPBR_AZ": "Plasma binding",
    "CYP2D6_Veith": "CYP2D6 inhibition",
    "CYP3A4_Veith": "CYP3A4 inhibition",
    "hERG": "hERG block",
    "AMES": "Mutagenicity",
    "DILI": "Liver injury",
    "LD50_Zhu": "Acute toxicity",
}
_WEAK = {"AUROC": 0.7, "R²": 0.4}  #: below this a model says little

#: Static, holds nothing foreign.
CSS = """
.bb-scroll {max-height: 470px; overflow-y: auto;}
.bb-admet {width: 100%; border-collapse: collapse; font-size: .9rem;}
.bb-admet th, .bb-admet td {text-align: left; padding: .22rem .5rem; vertical-align: baseline;
  border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent); font-weight: 450;}
.bb-admet thead th, .bb-admet .bb-group th {font-weight: 650;}
.bb-admet .bb-group th {padding-top: .6rem;}
.bb-admet td:nth-child(n+2) {white-space: nowrap; font-variant-numeric: tabular-nums;}
.bb-admet .bb-place {display: inline-block; position: relative; width: 5rem; height: .55rem; border-radius: .3rem;
  background: color-mix(in srgb, currentColor 12%, transparent); margin-right: .45rem;}
.bb-admet .bb-place::before {content: ""; position: absolute; left: 25%; width: 50%; top: 0; bottom: 0;
  background: color-mix(in srgb, currentColor 16%, transparent);}
.bb-admet .bb-place i {position: absolute; top: -.15rem; width: .5rem; height: .85rem; margin-left: -.25rem;
  border-radius: .2rem; background: currentColor;}
@media (max-width: 640px) {
  .bb-admet th:nth-child(n+4):not([colspan]), .bb-admet td:nth-child(n+4) {display: none;}
  .bb-admet .bb-place {width: 3.4rem;}
  .bb-admet td:nth-child(2) {white-space: normal;}
  .bb-admet th, .bb-admet td {padding: .22rem .3rem;}
}
"""


@st.fragment
def show(bridge: BridgeService, smiles: str) -> None:
    """The section. A fragment: another class of drugs redraws it alone."""
    st.html(f"<style>{CSS}</style>")
    st.subheader(
        "In the body",
        anchor=False,
        help="Absorption, distribution, metabolism, excretion and toxicity, predicted by ADMET-AI from the structure "
        "alone (Swanson et al. 2024). No measurement.",
    )
    with service.caught():
        groups = bridge.drawn.admet.groups()
        group = st.selectbox(
            "Compared with",
            ["", *groups],
            format_func=lambda name: f"{name} ({groups[name]})" if name else "All approved drugs",
            key="draw class",
            help="Approved drugs of one ATC class, or all of them.",
        )
        with st.spinner("Predicting …", show_time=True):
            report = bridge.drawn.admet.report(smiles, group)
        st.markdown(sentence(report))
        chart, table = st.columns([2, 3], gap="medium")
        with chart:
            charts.show(radar(report), "draw radar", "Percentiles of predicted properties among approved drugs")
            st.caption(
                "Percentile among the drugs compared with; the ring between 25 and 75 holds their middle half. Further "
                "out is more, which is not always better."
            )
        with table:
            st.html(rows(report))


def sentence(report: Report) -> str:
    """What stands out, in Markdown."""
    whom = f"{theme.number(report.n_drugs)} approved drugs" + (
        f" of “{theme.plain(report.group, 80)}”" if report.group else ""
    )
    corners = [p for p in report.predictions if p.endpoint.key in _CORNERS]
    odd = [p for p in corners if p.percentile >= 95 or p.percentile <= 5]
    if not odd:
        return f"○ predicted · Nothing in the radar lies outside the range of nine in ten of {whom}."
    parts = []
    for high, words in ((True, "higher than in 95 %"), (False, "lower than in 95 %")):
        named = [_CORNERS[p.endpoint.key] for p in odd if (p.percentile > 50) is high]
        if named:
            listed = ", ".join(
                f"**{name if name.startswith(('hERG', 'CYP', 'P-gp')) else name.lower()}**" for name in named
            )
            parts.append(f"{words}: {listed}")
    return f"○ predicted · Beside {whom}, {'; '.join(parts)}."


def radar(report: Report) -> go.Figure:
    """Percentiles as a radar, with the middle half of the drugs as a ring."""
    import plotly.graph_objects as go

    look = charts.palette()
    by_key = {p.endpoint.key: p for p in report.predictions}
    corners = [(name, by_key[key]) for key, name in _CORNERS.items() if key in by_key]
    names = [name for name, _ in corners]
    fig = go.Figure()
    for edge, fill in ((75, "toself"), (25, "toself")):
        ground = charts.faded(look.muted, 0.22) if edge == 75 else look.ground
        fig.add_scatterpolar(
            r=[edge] * (len(names) + 1), theta=[*names, names[0]], fill=fill, fillcolor=ground, mode="lines",
            line={"width": 0}, hoverinfo="skip", showlegend=edge == 75, name="middle half of the drugs",
        )  # fmt: skip
    fig.add_scatterpolar(
        r=[p.percentile for _, p in (*corners, corners[0])],
        theta=[*names, names[0]],
        mode="lines+markers",
        line={"color": look.accent, "width": 2},
        marker={"symbol": "circle-open", "size": 8, "line": {"width": 2}},
        name="this molecule (predicted)",
        text=[
            f"{escape(p.endpoint.name)}<br>{value(p)}<br>percentile {p.percentile:.0f}"
            for _, p in (*corners, corners[0])
        ],
        hovertemplate="%{text}<extra></extra>",
    )
    charts.layout(fig, height=430)
    axis = {"gridcolor": look.line, "linecolor": look.line, "tickfont": {"color": look.muted, "size": 11}}
    fig.update_layout(
        margin={"l": 84, "r": 84, "t": 36, "b": 70},
        legend={"y": -0.13, "yanchor": "top", "x": 0.5, "xanchor": "center"},
        polar={
            "bgcolor": "rgba(0,0,0,0)",
            "radialaxis": {**axis, "range": [0, 100], "tickvals": [25, 50, 75, 100], "angle": 90, "tickangle": 90},
            "angularaxis": {
                **axis,
                "tickfont": {"color": look.text, "size": 12},
                "rotation": 90,
                "direction": "clockwise",
            },
        },
    )
    return fig


def value(prediction: Prediction) -> str:
    """A predicted value with its unit; a probability in percent."""
    return worded(prediction.value, prediction)


def worded(number: float, prediction: Prediction) -> str:
    """A value of an endpoint in its unit."""
    if prediction.endpoint.probability:
        percent = 100 * number
        return "<1 %" if percent < 1 else ">99 %" if percent > 99 else f"{percent:.2g} %"
    shown = f"{number:.0f}" if abs(number) >= 100 else f"{number:.2g}"
    return f"{shown} {prediction.endpoint.unit}".replace("-", "−", 1).strip()


def weak(prediction: Prediction) -> bool:
    """Whether the model was hardly better than guessing on held-out molecules."""
    measure, score = prediction.endpoint.measured.split()
    return float(score) < _WEAK[measure]


def rows(report: Report) -> str:
    """All endpoints as an HTML table, by category."""
    heads = (
        ("Endpoint", "What is predicted. Where the value is in percent, it is the chance of a yes."),
        ("Predicted", "By five networks together."),
        (
            "Among drugs",
            "Share of the drugs compared with that have a lower value; the darker middle holds half of them.",
        ),
        ("Middle half", "Between these values lies the middle half of the drugs compared with."),
        ("Model", "How good the predictions were on held-out molecules, as published; △ says little."),
    )
    head = "".join(f'<th title="{escape(tip)}">{escape(label)}</th>' for label, tip in heads)
    body = "".join(
        f'<tr class="bb-group"><th colspan="5">{escape(category)}</th></tr>{"".join(map(_row, group))}'
        for category, group in groupby(_in_order(report.predictions), key=lambda p: p.endpoint.category)
    )
    table = f'<table class="bb-admet"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div class="bb-scroll" tabindex="0" role="region" aria-label="Predicted properties">{table}</div>'


def _in_order(predictions: Sequence[Prediction]) -> list[Prediction]:
    order = list(dict.fromkeys(p.endpoint.category for p in predictions))
    return sorted(predictions, key=lambda p: order.index(p.endpoint.category))


def _row(p: Prediction) -> str:
    low, high = (worded(edge, p).split(" ")[0] for edge in p.usual)
    mark = f"{'△ ' if weak(p) else ''}{p.endpoint.measured.replace('-', '−')}"
    return (
        f"<tr><td>{escape(p.endpoint.name)}</td><td>{escape(value(p))}</td>"
        f'<td><span class="bb-place"><i style="left:{p.percentile:.0f}%"></i></span>{p.percentile:.0f}</td>'
        f"<td>{escape(low)} … {escape(high)}{' %' if p.endpoint.probability else ''}</td>"
        f"<td>{escape(mark)}</td></tr>"
    )
