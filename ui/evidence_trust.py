"""Studies of trust: whether the chances hold, and whether the marked residues and atoms are those that count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui import charts
from ui import evidence_parts as parts

if TYPE_CHECKING:
    from biobridge_core.results import Result

_REGIMES = {"known": "Known entities", "unseen": "Never-seen entities"}
_AT_ONCE = 5
_KINDS = {"protein": "proteins", "drug": "molecules"}
_WAYS = {
    "shown": "what is shown",
    "first_order": "first-order, not shown",
    "otherwise_hidden": "hidden in another way",
}
_HELP = {
    "held-out links": "How many hidden links the chance was fitted on.",
    "chance shown": "Whether hits of this relation carry a chance. If not, they have rank and percentile alone.",
    "off by": "Expected calibration error: how far chances are from what was found, on average; 0 is perfect.",
    "skill": "How much better than always saying the average: 1 is perfect, 0 is no better. The Brier skill score.",
    "true": "Share of the 20 best hits that were hidden links, in percent.",
    "why not": "Why no chance is shown.",
}


def calibration_figure(result: Result) -> parts.Figure | None:
    """How far the worst relation is off, on average over its hits."""
    head = result.headline
    if "worst_ece_unseen" not in head:
        return None
    worst = max(head["worst_ece_known"], head["worst_ece_unseen"])
    enough = f"{head['n_counted']:.0f} of {head['n_with_chance']:.0f} relations have enough links to judge"
    return parts.Figure("chances of the worst relation are off by, on average", parts.points(worst), enough)


def calibration(result: Result) -> None:
    """Chance against what was found, relation by relation, for known and unseen queries."""
    head = result.headline
    kept, known, unseen, seen = (
        parts.percent(head["share_calibrated"]),
        *(parts.points(head[f"worst_ece_{name}"]) for name in ("known", "unseen", "served")),
    )
    parts.says(
        f"**{head['n_counted']:.0f} of the {head['n_with_chance']:.0f} relations with a chance have enough held-out "
        f"links to be judged; {kept} of these keep their word: of hits with a chance of 30 %, about 30 in 100 were "
        f"hidden links.** On average over a relation's hits, chances are off by at most {known} for known entities and "
        f"{unseen} for never-seen ones, and on the lists as a visitor sees them by at most {seen}. Single steps of a "
        "curve can be further off: see below.",
        "how many predicted links are true. The chance is that the graph held the link; what the graph lacks counts as "
        "wrong here although it may be right.",
    )
    regime = st.segmented_control(
        "Whose hits",
        list(_REGIMES),
        default="unseen",
        format_func=_REGIMES.__getitem__,
        required=True,
        key="calibration regime",
        label_visibility="collapsed",
    )
    rows = [row for row in result.where(kind="relation", regime=regime) if row.get("bins")]
    rows.sort(key=lambda row: -int(row["links"]))
    by_name = {str(row["relation"]): row for row in rows}
    chosen = st.multiselect(
        "Relations",
        list(by_name),
        default=list(by_name)[:3],
        format_func=lambda name: name.replace("_", " "),
        max_selections=_AT_ONCE,
        key=f"calibration relations {regime}",
        help=f"At most {_AT_ONCE} at once.",
    )
    _curves({name: by_name[name]["bins"] for name in chosen if name in by_name})
    parts.table([_row(row) for row in rows], _HELP, f"calibration table {regime}")
    _served(result.where(kind="served", regime=regime))


def _curves(bins: Mapping[str, Sequence[Mapping[str, float]]]) -> None:
    import plotly.graph_objects as go

    look, colours = charts.palette(), parts.palette()
    most = max((max(b["predicted"], b["observed"]) for some in bins.values() for b in some), default=1.0)
    end = min(1.0, 1.1 * most)
    fig = go.Figure()
    fig.add_scatter(
        x=[0, end],
        y=[0, end],
        mode="lines",
        name="chance kept",
        line={"color": look.muted, "dash": "dot", "width": 1.5},
    )
    for place, (name, some) in enumerate(bins.items()):
        fig.add_scatter(
            x=[b["predicted"] for b in some],
            y=[b["observed"] for b in some],
            customdata=[[int(b["n"])] for b in some],
            mode="lines+markers",
            name=name.replace("_", " "),
            line={"color": colours[place], "width": 2},
            marker={"symbol": parts.SYMBOLS[place], "size": 9, "line": {"width": 2}},
            hovertemplate="said %{x:.1%}, found %{y:.1%}<br>%{customdata[0]} hits<extra></extra>",
        )
    charts.layout(fig, height=420, x="chance that was said", y="share that was found")
    fig.update_xaxes(tickformat=".0%", range=[-0.02 * end, end])
    fig.update_yaxes(tickformat=".0%", range=[-0.02 * end, end])
    charts.show(fig, "calibration curves", "Share of hidden links found against the chance that was said, by relation")


def _row(row: Mapping[str, Any]) -> dict[str, object]:
    return {
        "relation": str(row["relation"]).replace("_", " "),
        "held-out links": int(row["links"]),
        "chance shown": "yes" if row["shown"] else "no",
        "off by": row["ece"],
        "skill": row["skill"],
        "true": round(100 * float(row["base_rate"]), 2),
        "why not": str(row["reason"]),
    }


def _served(rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    st.markdown("##### As it is shown")
    st.markdown(
        "A visitor sees one list for each kind, over all relations that lead there. The same check on those lists:"
    )
    shown = [
        {
            "from": str(row["head"]).replace("_", " "),
            "to": str(row["tail"]).replace("_", " "),
            "questions": int(row["queries"]),
            "off by": row["ece"],
            "skill": row["skill"],
            "true": round(100 * float(row["base_rate"]), 2),
        }
        for row in rows
    ]
    parts.table(shown, _HELP, "calibration served")


def attribution_figure(result: Result) -> parts.Figure:
    """Agreement of what is shown with full occlusion."""
    head = result.headline
    return parts.Figure(
        "agreement of marked residues with hiding each",
        parts.two(head["spearman_protein"]),
        f"atoms {parts.two(head['spearman_molecule'])}",
    )


def attribution(result: Result) -> None:
    """Whether the residues and atoms that are marked are those whose absence lowers the score."""
    head = result.headline
    parts.says(
        "**Marked residues and atoms are ranked much as hiding every one of them in turn would rank them: "
        f"Spearman correlation {parts.two(head['spearman_protein'])} for proteins and "
        f"{parts.two(head['spearman_molecule'])} for molecules.** The quick way, first-order attribution, reaches "
        f"{parts.two(head['first_order_protein'])} and {parts.two(head['first_order_molecule'])}.",
        "that a marked residue matters in the body. It carries the score of the model; and how it is hidden matters "
        f"too: hidden in another way, the agreement is {parts.two(head['otherwise_protein'])} and "
        f"{parts.two(head['otherwise_molecule'])}.",
    )
    _spread(result.rows)
    parts.table(
        [
            {
                "input": str(row["id"]),
                "hit": str(row["hit"]),
                "residues or atoms": int(row["units"]),
                **{label: row[key] for key, label in _WAYS.items()},
                "seconds": row["cpu_seconds"],
            }
            for row in result.rows
        ],
        {
            "what is shown": "Spearman correlation with hiding every window in turn.",
            "first-order, not shown": "The same for the gradient, the quick way.",
            "hidden in another way": "How far the picture depends on how one hides.",
        },
        "attribution table",
    )


def _spread(rows: Sequence[Mapping[str, Any]]) -> None:
    import plotly.graph_objects as go

    colours = parts.palette()
    fig = go.Figure()
    for place, (key, label) in enumerate(_WAYS.items()):
        fig.add_box(
            x=[row[key] for row in rows],
            y=[_KINDS.get(str(row["kind"]), str(row["kind"])) for row in rows],
            orientation="h",
            name=label,
            boxpoints="all",
            jitter=0.5,
            marker={"color": colours[place], "symbol": parts.SYMBOLS[place], "size": 5},
            line={"width": 1.5},
            fillcolor="rgba(0,0,0,0)",
        )
    charts.layout(fig, height=360, x="Spearman correlation with hiding each in turn (1 is perfect)")
    fig.update_layout(boxmode="group")
    charts.show(fig, "attribution spread", "Spread of the agreement over proteins and molecules, three ways")
