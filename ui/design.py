"""The page of design: goal, evidence, search, candidates.

``/design?target=UniProtKB:P00533&avoid=UniProtKB:Q12809``. A click on *Design* retrieves the evidence and searches at
once; whoever wants to see the evidence first strikes out what is not to count, then searches.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui import charts, design_evidence, design_goal, design_results, draw_sheet, service, theme
from ui.design_job import Job

if TYPE_CHECKING:
    from biobridge_core.design.evidence import Evidence
    from biobridge_core.design.run import Run
    from biobridge_core.queueing import Progress
    from biobridge_core.service import BridgeService

_EVIDENCE, _JOB, _ASKED = "design evidence", "design job", "design asked"
_RAW = "design raw"  #: the goal as it stands in the boxes now
_LOOK = 2.0  #: seconds between two looks at a search
_QUICK = 0.4  #: seconds within which a search that ends at once is not shown as running

#: Static, holds nothing foreign.
CSS = """
.st-key-design_wanted, .st-key-design_structures, .st-key-design_budget, .st-key-design_bounds,
.st-key-design_admet_bounds, .st-key-design_examples {
  display: grid !important; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); gap: .4rem 1rem;
  align-items: end;}
.st-key-design_wanted > *, .st-key-design_structures > *, .st-key-design_budget > *, .st-key-design_bounds > *,
.st-key-design_examples > * {width: 100% !important; max-width: none !important;}
.st-key-design_unwanted > :first-child {flex: 1 1 auto; min-width: 0;}
.st-key-design_unwanted > :last-child {flex: none;}
.bb-best {display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .5rem;}
.bb-best figure {margin: 0 !important; border: 1px dashed color-mix(in srgb, currentColor 30%, transparent);
  border-radius: .4rem; padding: .3rem; text-align: center;}
.bb-best img {width: 100%; height: auto;}
.bb-best figcaption {font-size: .82rem; opacity: .85;}
"""


def show(bridge: BridgeService) -> None:
    """The whole page."""
    st.html(f"<style>{CSS}{draw_sheet.CSS}{design_results.CSS}</style>")
    if design_goal.read_address():
        _forget()
        st.session_state["design look"] = True
    _goal(bridge)
    _begin(bridge)
    evidence: Evidence | None = st.session_state.get(_EVIDENCE)
    job: Job | None = st.session_state.get(_JOB)
    with st.empty().container(key="design_below"):
        if evidence is None:
            _nothing_yet()
            return
        design_goal.write_address(evidence)
        if job is not None and not job.done and not job.wait(_QUICK):
            _watch(bridge)
            return
        if job is not None and job.error is not None:
            service.show_error(job.error)
        if job is not None and job.run is not None:
            design_results.show(bridge, job.run)
        design_evidence.show(bridge, evidence, _search, searched=job is not None)


@st.fragment
def _goal(bridge: BridgeService) -> None:
    """The boxes and the two ways on. A fragment: filling a box moves nothing else."""
    with st.container(border=True, key="design_goal"):
        raw = st.session_state[_RAW] = design_goal.boxes(bridge)
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="design_go"):
            if st.button("Design molecules", type="primary", icon=":material/experiment:", key="design now"):
                _ask(raw, search=True)
            if st.button("Show the evidence first", icon=":material/fact_check:", key="design look first"):
                _ask(raw, search=False)
            asked: Mapping[str, Any] | None = st.session_state.get(_ASKED)
            if asked is not None and asked != raw and st.session_state.get(_EVIDENCE) is not None:
                st.caption(":material/update: The goal was changed since.")
    if st.session_state.pop("design look", False):  # an address led here
        _ask(raw, search=False)
    if st.session_state.pop("design run example", False):
        _ask(raw, search=True)


def _ask(raw: Mapping[str, Any], *, search: bool) -> None:
    st.session_state[_ASKED] = raw
    st.session_state["design begin"] = search
    st.rerun()


def _begin(bridge: BridgeService) -> None:
    """Retrieve the evidence for what was just asked, and search where that was wanted."""
    if "design begin" not in st.session_state:
        return
    search = bool(st.session_state.pop("design begin"))
    _forget()
    with service.caught(), service.telling() as say:
        say("Retrieving the evidence", 0.0)
        evidence = bridge.designer.evidence(bridge.designer.goal(st.session_state[_ASKED]), say)
        st.session_state[_EVIDENCE] = evidence
        design_evidence.forget()
        if search:
            _search(bridge, evidence)


def _search(bridge: BridgeService, evidence: Evidence) -> None:
    """Start a search in the background, in the place of the last one."""
    old: Job | None = st.session_state.get(_JOB)
    if old is not None:
        old.cancel()
    raw: Mapping[str, Any] = st.session_state.get(_RAW, st.session_state[_ASKED])
    evidence = evidence.bounded(bridge.designer.goal(raw))
    st.session_state[_ASKED] = raw
    design_results.forget()
    generator, model = design_goal.generator(bridge)

    def prepare(say: Progress) -> Run:
        return bridge.designer.run(evidence, generator=generator, model=model, progress=say)

    st.session_state[_JOB] = Job(evidence, prepare)


def _forget() -> None:
    old: Job | None = st.session_state.pop(_JOB, None)
    if old is not None:
        old.cancel()
    st.session_state.pop(_EVIDENCE, None)
    design_results.forget()


def _nothing_yet() -> None:
    st.markdown(
        "Say what a molecule is to act on. The bridge retrieves drugs, targets and diseases for it, **● known** and "
        "**○ predicted**; their fragments are joined anew, and every candidate says which of them it comes from. "
        "Three goals to try:"
    )
    with st.container(key="design_examples"):
        for label, (fields, why) in design_goal.EXAMPLES.items():
            with st.container(gap="xsmall"):
                st.button(label, key=f"design example {label}", on_click=_example, args=(fields,))
                st.caption(why)


def _example(fields: Mapping[str, Any]) -> None:
    design_goal.fill(fields)
    st.session_state["design run example"] = True


@st.fragment(run_every=_LOOK)
def _watch(bridge: BridgeService) -> None:
    """How far the search is, and the best so far. Looks again every second; the whole page follows at the end."""
    job: Job | None = st.session_state.get(_JOB)
    if job is None or job.done:
        st.rerun()
    job.look()
    run = job.run
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="design_progress"):
        st.button("Stop and keep what was found", icon=":material/stop:", key="design cancel", on_click=job.cancel)
        st.progress(run.share if run else 0.0, theme.plain(_so_far(job, run), 200))
    if run is None or not run.curve:
        return
    best, curve = st.columns([3, 2], gap="medium")
    with curve:
        charts.show(_curve(run), "design curve", "Score of the best molecule so far against time")
    with best:
        if run.leaders:
            st.html(_leaders(bridge, run))
        else:
            st.caption("Nothing new lies within the bounds yet.")


def _so_far(job: Job, run: Run | None) -> str:
    if run is None or not run.curve:
        return job.message
    last, left = run.curve[-1], run.seconds_left
    time_left = max(run.evidence.goal.seconds - last.seconds, 0.0) if left is None else left
    told = f"best score {last.best:.2f} · {theme.number(last.judged)} molecules judged"
    return f"{told} · {max(1, round(time_left))} s left at most"


def _curve(run: Run) -> Any:
    import plotly.graph_objects as go

    look = charts.palette()
    marks = run.curve
    fig = go.Figure()
    fig.add_scatter(
        x=[0.0, *(mark.seconds for mark in marks)], y=[0.0, *(mark.best for mark in marks)], mode="lines",
        line={"color": look.accent, "width": 2.5, "shape": "hv"}, hovertemplate="%{x:.1f} s: %{y:.2f}<extra></extra>",
    )  # fmt: skip
    charts.layout(fig, height=230, x="seconds", y="best score so far", legend=False)
    fig.update_yaxes(range=[0, 1])
    fig.update_xaxes(range=[0, max(run.evidence.goal.seconds, marks[-1].seconds)])
    return fig


def _leaders(bridge: BridgeService, run: Run) -> str:
    from html import escape

    dark = charts.is_dark()
    figures = []
    for found in run.leaders:
        picture = draw_sheet.picture(bridge.depict(found.smiles, 200, 130, dark=dark), "A candidate so far")
        figures.append(f"<figure>{picture}<figcaption>{escape(f'{run.score_of(found):.2f}')}</figcaption></figure>")
    return f'<div class="bb-best">{"".join(figures)}</div>'
