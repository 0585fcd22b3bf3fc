"""Candidates that a visitor keeps, from any search of the session."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui import export, nav, theme

if TYPE_CHECKING:
    from biobridge_core.design.candidate import Candidate
    from biobridge_core.design.run import Run
    from biobridge_core.service import BridgeService

_FORMS = {"sdf": "chemical/x-mdl-sdfile", "csv": "text/csv", "smi": "chemical/x-daylight-smiles"}
_KEPT = "design shortlist"  #: SMILES -> (row of the table, goal in words)


def star(bridge: BridgeService, run: Run, candidate: Candidate) -> None:
    """The button that keeps a candidate or lets it go."""
    kept = candidate.smiles in _kept()
    st.button(
        "Kept" if kept else "Keep",
        icon=":material/star:" if kept else ":material/star_outline:",
        key=f"design keep {candidate.id}",
        help="Take it off the shortlist." if kept else "Put it on the shortlist, which stays through other searches.",
        on_click=_toggle,
        args=(bridge, run, candidate),
    )


def show(bridge: BridgeService) -> None:
    """What was kept, with its files."""
    kept = _kept()
    if not kept:
        return
    with st.container(border=True, key="design_shortlist"):
        st.markdown(
            f"**Shortlist: {theme.counted(len(kept), 'candidate', 'candidates')}**, kept until the session ends"
        )
        for smiles, (row, goal) in kept.items():
            told = f"{theme.plain(goal, 60)} · score {row['score']:.2f} · `{theme.shorten(smiles, 70)}`"
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(f"**{row['id']}** · {told}")
                if st.button("Draw", icon=":material/draw:", key=f"design short draw {smiles}"):
                    nav.go("draw", {"smiles": smiles})
                st.button(
                    "Remove", icon=":material/close:", key=f"design short off {smiles}", on_click=_drop, args=(smiles,)
                )
        rows = [row for row, _ in kept.values()]
        with st.container(horizontal=True, gap="small"):
            for form, mime in _FORMS.items():
                make = partial(bridge.designer.export_rows, rows, form)
                name, tip = f"biobridge_shortlist.{form}", "The shortlist as a file."
                export.download(form, mime, make, name, f"design short {form}", tip)


def _drop(smiles: str) -> None:
    _kept().pop(smiles, None)


def _kept() -> dict[str, tuple[Mapping[str, Any], str]]:
    found: dict[str, tuple[Mapping[str, Any], str]] = st.session_state.setdefault(_KEPT, {})
    return found


def _toggle(bridge: BridgeService, run: Run, candidate: Candidate) -> None:
    kept = _kept()
    if kept.pop(candidate.smiles, None) is None:
        goal = ", ".join(part.label for part in run.evidence.parts)
        kept[candidate.smiles] = (bridge.designer.row(run, candidate), goal)
