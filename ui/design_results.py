"""What a search found: the score with its weights, the front of best trade-offs, a gallery, a table, files."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from ui import charts, design_extras, design_lineage, design_shortlist, draw_sheet, export, nav, service, theme

if TYPE_CHECKING:
    from biobridge_core.design.candidate import Candidate
    from biobridge_core.design.results import Result
    from biobridge_core.design.run import Run
    from biobridge_core.service import BridgeService

_RESULT, _SHOWN = "design result", "design gallery shown"
_PAGE = 12
#: Part of the score -> what it is called, what it means.
PARTS: Mapping[str, tuple[str, str]] = {
    "wanted": ("Wanted", "How strongly the bridge links it to the wanted targets and diseases, in both directions."),
    "unwanted": ("Off unwanted", "How little the bridge links it to what is unwanted."),
    "qed": ("Drug-likeness", "QED, from eight properties (Bickerton 2012)."),
    "sa": ("Ease of making", "From the synthetic accessibility score (Ertl and Schuffenhauer 2009)."),
    "windows": ("Within bounds", "How well it keeps to the bounds."),
    "novelty": ("Novelty", "How unlike it is to the nearest known drug (ECFP4)."),
    "alerts": ("Few alerts", "How few PAINS and BRENK patterns it has."),
    "admet": ("ADMET bounds", "How well its predicted ADMET properties keep to the bounds."),
}

#: Static, holds nothing foreign.
CSS = """
.st-key-design_gallery {display: grid !important; gap: .7rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 15.5rem), 1fr));}
.st-key-design_gallery > * {width: 100% !important; max-width: none !important;}
.st-key-design_gallery [data-testid=stVerticalBlock] {gap: .35rem;}
.bb-cand img {width: 100%; height: auto; max-height: 150px; object-fit: contain;}
.bb-cand .bb-head {display: flex; justify-content: space-between; font-weight: 650;}
.bb-cand dl {display: grid; grid-template-columns: auto 1fr auto; gap: .1rem .5rem; margin: .3rem 0 0 !important;
  font-size: .84rem; align-items: center;}
.bb-cand dt, .bb-cand dd {margin: 0 !important; font-weight: 450 !important;}
.bb-cand i {display: block; height: .4rem; border-radius: .2rem;
  background: color-mix(in srgb, currentColor 14%, transparent);}
.bb-cand i b {display: block; height: .4rem; border-radius: .2rem; background: currentColor; opacity: .65;}
.bb-cand .bb-note {font-size: .82rem; opacity: .88; margin-top: .3rem; overflow-wrap: anywhere;}
[class*=st-key-design_act_] button {padding: .1rem .5rem; min-height: 1.9rem;}
[class*=st-key-design_items_] button[aria-checked=false] * {text-decoration: line-through; opacity: .8;}
[class*=st-key-design_items_][class*=_predicted] button {border-style: dashed;}
[class*=st-key-design_items_] .stButtonGroup > div:last-child {max-height: 9.5rem; overflow-y: auto;}
"""


def forget() -> None:
    """Let go of an earlier result."""
    for key in (_RESULT, _SHOWN):
        st.session_state.pop(key, None)


@st.fragment
def show(bridge: BridgeService, run: Run) -> None:
    """All of it. A fragment: a slider ranks anew without a search."""
    with service.caught():
        result = ranked(bridge, run)
        st.markdown(f"##### {sentence(run, result)}")
        for note in (*_withheld(result), *result.notes):
            st.markdown(f":orange[:material/info:] {theme.plain(note, 300)}")
        if not result.candidates:
            return
        _files(bridge, run, result)
        views = ("Gallery", "Table", "Trade-offs and weights")
        gallery, table, trade = st.tabs(
            [
                f":material/{icon}: {name}"
                for icon, name in zip(("grid_view", "table_rows", "scatter_plot"), views, strict=True)
            ],
            key="design view",
            on_change="rerun",
        )
        if gallery.open:
            with gallery:
                _gallery(bridge, run, result)
        if table.open:
            with table:
                _table(bridge, run, result)
        if trade.open:
            with trade:
                _trade_offs(bridge, run, result)
        design_shortlist.show(bridge)
        design_extras.show(bridge)


def ranked(bridge: BridgeService, run: Run) -> Result:
    """The candidates by the weights on the sliders; the same again where nothing changed."""
    weights = {
        name: st.session_state[f"design weight {name}"] for name in PARTS if f"design weight {name}" in st.session_state
    }
    key = (id(run), tuple(weights.items()))
    kept: tuple[Any, Result] | None = st.session_state.get(_RESULT)
    if kept is None or kept[0] != key:
        made = bridge.designer.result(run, bridge.designer.weights(weights))
        st.session_state[_RESULT] = kept = (key, made)
    return kept[1]


def sentence(run: Run, result: Result) -> str:
    """What came out, in one sentence of Markdown."""
    n = len(result.candidates)
    if not n:
        return f"No candidate after {result.seconds:.0f} s: {theme.plain(result.ended)}."
    best = result.candidates[0]
    front = sum(candidate.pareto for candidate in result.candidates)
    clean = sum(not candidate.alerts for candidate in result.candidates)
    return (
        f"**{theme.counted(n, 'candidate', 'candidates')}** out of {theme.number(result.judged)} molecules judged in "
        f"{result.seconds:.0f} s ({theme.plain(result.ended)}); the best scores **{best.score:.2f}**, "
        f"{theme.number(front)} are best trade-offs ◆, {theme.number(clean)} raise no alert."
    )


def _withheld(result: Result) -> list[str]:
    return [f"Withheld, {name}: {theme.counted(n, 'molecule', 'molecules')}." for name, n in result.withheld.items()]


def _files(bridge: BridgeService, run: Run, result: Result) -> None:
    tips = {
        "sdf": ("chemical/x-mdl-sdfile", "Structures with every score and the lineage as data fields."),
        "csv": ("text/csv", "The table with all scores and the lineage."),
        "smi": ("chemical/x-daylight-smiles", "One SMILES a line with its id."),
    }
    label = run.evidence.parts[0].label
    with st.container(horizontal=True, gap="small", key="design_files"):
        for form, (mime, tip) in tips.items():
            export.download(form, mime, partial(bridge.designer.export, run, result, form),
                            export.named(f"design_{label}", form), f"design download {form}", tip)  # fmt: skip
        make = partial(bridge.designer.report, run, result, datetime.now(UTC))
        tip = "A report to read and to keep: one file that opens without a network."
        export.download("html", "text/html", make, export.named(f"design_{label}", "html"), "design download html", tip)


def _gallery(bridge: BridgeService, run: Run, result: Result) -> None:
    shown = min(st.session_state.get(_SHOWN, _PAGE), len(result.candidates))
    dark = charts.is_dark()
    with st.container(key="design_gallery"):
        for candidate in result.candidates[:shown]:
            with st.container(border=True, key=f"design_card_{candidate.id}"):
                st.html(card(bridge, candidate, dark=dark))
                _actions(bridge, run, candidate)
    if shown < len(result.candidates):
        left = len(result.candidates) - shown
        st.button(f"Show {theme.number(min(left, _PAGE))} more", key="design more", icon=":material/expand_more:",
                  on_click=_more, args=(shown,))  # fmt: skip


def _more(shown: int) -> None:
    st.session_state[_SHOWN] = shown + _PAGE


def card(bridge: BridgeService, candidate: Candidate, *, dark: bool) -> str:
    """One candidate as HTML."""
    svg = draw_sheet.picture(bridge.depict(candidate.smiles, 260, 160, dark=dark), f"Structure of {candidate.id}")
    bars = "".join(
        f'<dt title="{escape(PARTS[name][1])}">{escape(PARTS[name][0])}</dt>'
        f'<dd><i><b style="width:{100 * value:.0f}%"></b></i></dd><dd>{value:.2f}</dd>'
        for name, value in ordered(candidate.parts)
    )
    near = f"nearest known drug: {escape(theme.shorten(candidate.nearest_name, 40))} ({candidate.similarity:.2f})"
    if candidate.moses is not None:
        said = "is in MOSES" if candidate.moses.same else f"nearest of MOSES: {candidate.moses.similarity:.2f}"
        near += f" · {said}"
    raised = f"▲ {escape('; '.join(candidate.alerts))}" if candidate.alerts else "no PAINS or BRENK alert"
    mark = (
        ' <span title="Best trade-off: no other is at least as good in everything">◆</span>' if candidate.pareto else ""
    )
    return (
        f'<div class="bb-cand"><div class="bb-head"><span>{escape(candidate.id)}{mark}</span>'
        f'<span title="Weighted score">{candidate.score:.2f}</span></div>{svg}<dl>{bars}</dl>'
        f'<div class="bb-note">{near}<br>{raised}</div></div>'
    )


def ordered(parts: Mapping[str, float]) -> list[tuple[str, float]]:
    """Parts of a score in the order in which they are told."""
    return [(name, parts[name]) for name in PARTS if name in parts]


def _actions(bridge: BridgeService, run: Run, candidate: Candidate) -> None:
    with st.container(horizontal=True, gap="xsmall", key=f"design_act_{candidate.id}"):
        if st.button("Lineage", icon=":material/account_tree:", key=f"design lineage {candidate.id}"):
            design_lineage.dialog(bridge, run, candidate)
        if st.button("Draw", icon=":material/draw:", key=f"design draw {candidate.id}", help="Open on the page Draw."):
            nav.go("draw", {"smiles": candidate.smiles})
        design_shortlist.star(bridge, run, candidate)


def _table(bridge: BridgeService, run: Run, result: Result) -> None:
    columns = st.column_config
    names = {name: PARTS[name][0] for name, _ in ordered(result.candidates[0].parts)}
    rows = []
    for c in result.candidates:
        row: dict[str, Any] = {"structure": _image(bridge, c.smiles), "id": c.id, "score": c.score,
               "front": "◆" if c.pareto else "", **{names[name]: c.parts[name] for name in names}}  # fmt: skip
        for part in run.evidence.parts:
            if said := c.bridge.get(part.key):
                row[f"{theme.shorten(part.label, 24)}: belief"] = theme.percent(said.belief)
                row[f"{theme.shorten(part.label, 24)}: percentile"] = round(said.percentile, 1)
        t = c.traits
        row |= {"MW": round(t.weight, 1), "logP": round(t.log_p, 1), "TPSA": round(t.tpsa), "QED": round(t.qed, 2),
                "SA": round(t.sa, 1), "nearest known drug": c.nearest_name, "similarity": round(c.similarity, 2),
                "nearest of MOSES": c.moses.similarity if c.moses else None, "alerts": "; ".join(c.alerts),
                "generator": c.generator, "SMILES": c.smiles, "InChIKey": c.inchikey}  # fmt: skip
        rows.append(row)
    config: dict[str, Any] = {"structure": columns.ImageColumn("Structure", width=130)}
    config |= {
        PARTS[n][0]: columns.ProgressColumn(PARTS[n][0], help=PARTS[n][1], min_value=0, max_value=1, format="%.2f")
        for n in names
    }
    config["score"] = columns.NumberColumn("Score", help="Weighted mean of the parts, 0 to 1.", format="%.2f")
    config["front"] = columns.TextColumn(
        "◆", help="Best trade-off: no other is at least as good in everything and better in something."
    )
    config["similarity"] = columns.NumberColumn(
        "similarity", help="ECFP4 Tanimoto with the nearest known drug, 0 to 1."
    )
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, column_config=config, row_height=70, height=520, key="design table"
    )


def _image(bridge: BridgeService, smiles: str) -> str:
    svg = bridge.depict(smiles, 200, 110, dark=charts.is_dark())
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _trade_offs(bridge: BridgeService, run: Run, result: Result) -> None:
    names = [name for name, _ in ordered(result.candidates[0].parts)]
    sliders, chart = st.columns([2, 3], gap="medium")
    with sliders:
        st.caption(
            "What counts for the score. A slider ranks everything that was found anew; nothing is searched again."
        )
        usual = bridge.designer.weights({})
        for name in names:
            key = f"design weight {name}"
            st.session_state.setdefault(key, float(getattr(usual, name)))
            st.slider(PARTS[name][0], 0.0, 5.0, step=0.5, key=key, help=PARTS[name][1], persist_state="session")
    with chart:
        axes = st.columns(2)
        x = axes[0].selectbox(
            "Across",
            names,
            format_func=lambda n: PARTS[n][0],
            index=0 if "wanted" not in names else names.index("wanted"),
            key="design x",
        )
        rest = [name for name in names if name != x]
        y = axes[1].selectbox(
            "Up",
            rest,
            format_func=lambda n: PARTS[n][0],
            index=rest.index("unwanted") if "unwanted" in rest else 0,
            key="design y",
        )
        charts.show(
            front(result.candidates, x, y),
            "design front",
            "Candidates by two parts of the score, best trade-offs filled",
        )
        st.caption(
            "◆ filled: best trade-offs, which no other candidate beats in every part of the score. ◇: the others."
        )


def front(candidates: Sequence[Candidate], x: str, y: str) -> Any:
    """Candidates by two parts of their score; those on the Pareto front are filled."""
    import plotly.graph_objects as go

    look = charts.palette()
    fig = go.Figure()
    for best, symbol, name in ((False, "diamond-open", "others"), (True, "diamond", "best trade-offs")):
        group = [c for c in candidates if c.pareto is best]
        fig.add_scatter(
            x=[c.parts[x] for c in group], y=[c.parts[y] for c in group], mode="markers", name=name,
            marker={"symbol": symbol, "size": 10, "color": look.accent if best else look.muted, "line": {"width": 1.5}},
            text=[f"<b>{escape(c.id)}</b> · score {c.score:.2f}" for c in group],
            hovertemplate="%{text}<br>%{x:.2f}, %{y:.2f}<extra></extra>",
        )  # fmt: skip
    charts.layout(fig, height=420, x=PARTS[x][0], y=PARTS[y][0])
    return fig
