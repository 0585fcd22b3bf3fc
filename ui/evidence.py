"""How good this is: one study at a time, each read from the result files of the benchmarks.

A study is a `Study`: its files, the one figure for the overview, and the function that draws it. To add one, write the
two functions and a line in `STUDIES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from biobridge_core import results
from ui import evidence_ask as asked
from ui import evidence_design as designed
from ui import evidence_more as more
from ui import evidence_parts as parts
from ui import evidence_retrieval as retrieval
from ui import evidence_trust as trust
from ui import service

if TYPE_CHECKING:
    from biobridge_core.results import Result

Found = Mapping[str, "Result"]

INTRO = """
Every figure here was measured on links or entities that were **held back from training**, by a script that anyone can
run again, and is read from its result file. A held-out link is a question with a known answer: given the one end, how
high does the other end come among all entities of its kind?
"""
_KNOWN_LIMIT = (
    "how many of the predicted links are true. A true link that no database holds yet counts as wrong here, and "
    "databases hold most about what is studied most."
)
_UNSEEN_LIMIT = (
    "how it does on things that no database describes. Held-out entities are ordinary ones whose links were all hidden."
)


@dataclass(frozen=True, slots=True)
class Study:
    """One question about quality, and how its answer is shown."""

    key: str  #: word in the address
    title: str
    files: tuple[tuple[str, ...], ...]  #: result files that it reads; of each tuple the first that is there
    figure: Callable[[Found], parts.Figure | None]
    draw: Callable[[Found], None]

    def read(self) -> dict[str, Result]:
        """The results that are there, each under the first name of its tuple."""
        found = {names[0]: results.first(names) for names in self.files}
        return {name: result for name, result in found.items() if result is not None}


def _one(name: str, act: Callable[[Result], parts.Figure | None]) -> Callable[[Found], parts.Figure | None]:
    return lambda found: act(found[name]) if name in found else None


def _ranked(name: str, place: retrieval.Place, limit: str, found: Found) -> None:
    retrieval.show(found[name], place, name, limit)


def _harder(found: Found) -> None:
    st.markdown(
        "Unseen entities can still resemble known ones. Here what resembles them was held back too, or the easy clues "
        "were taken away."
    )
    for title, place in retrieval.HARDER.items():
        if place.rows(found["retrieval"], "mean"):
            st.markdown(f"#### {title}")
            retrieval.show(found["retrieval"], place, title, _UNSEEN_LIMIT)


STUDIES = (
    Study(
        "known",
        "Known entities",
        (("retrieval",),),
        _one("retrieval", lambda result: retrieval.figure(result, retrieval.KNOWN)),
        partial(_ranked, "retrieval", retrieval.KNOWN, _KNOWN_LIMIT),
    ),
    Study(
        "unseen",
        "Never-seen entities",
        (("retrieval",),),
        _one("retrieval", lambda result: retrieval.figure(result, retrieval.UNSEEN)),
        partial(_ranked, "retrieval", retrieval.UNSEEN, _UNSEEN_LIMIT),
    ),
    Study(
        "harder",
        "Harder cases",
        (("retrieval",),),
        lambda found: None,
        _harder,
    ),
    Study(
        "chances",
        "Chances",
        (("calibration",),),
        _one("calibration", trust.calibration_figure),
        lambda found: trust.calibration(found["calibration"]),
    ),
    Study(
        "attribution",
        "Marked residues and atoms",
        (("attribution",),),
        _one("attribution", trust.attribution_figure),
        lambda found: trust.attribution(found["attribution"]),
    ),
    Study(
        "ask",
        "Questions in words",
        (("ask",),),
        _one("ask", asked.figure),
        lambda found: asked.ask(found["ask"]),
    ),
    Study(
        "design",
        "Designed molecules",
        (("design",),),
        _one("design", designed.figure),
        lambda found: designed.design(found["design"]),
    ),
    Study(
        "popularity",
        "Against popularity",
        (("first_bridge",),),
        _one("first_bridge", more.first_bridge_figure),
        lambda found: more.first_bridge(found["first_bridge"]),
    ),
    Study(
        "two-steps",
        "Drug–disease in two steps",
        (("composition",),),
        _one("composition", more.composition_figure),
        lambda found: more.composition(found["composition"]),
    ),
    Study(
        "speed",
        "Speed",
        (("app",), ("latency",), ("encoders",), ("build",)),
        lambda found: more.speed_figure(dict(found)),
        lambda found: more.speed(dict(found)),
    ),
)


#: Static. On a phone two figures stand side by side.
CSS = """
.st-key-overview [data-testid=stMetricValue] {font-size: 1.5rem;}
.st-key-overview > div {height: auto;}
.st-key-evidence {gap: .9rem;}
@media (max-width: 640px) {
  .st-key-overview {flex-direction: row !important; flex-wrap: wrap !important; gap: .5rem !important;}
  .st-key-overview > div {width: calc(50% - .4rem) !important; min-width: 0 !important; flex: none;}
  .st-key-overview > div > div {width: 100% !important; min-width: 0 !important; height: 100%;}
}
"""


def show() -> None:
    """The whole page."""
    st.html(f"<style>{CSS}</style>")
    with st.container(key="evidence"):
        _page()


def _page() -> None:
    st.markdown(INTRO)
    with service.caught():
        overview()
    _studies()


def overview() -> None:
    """One figure a study, where there is one."""
    with st.container(horizontal=True, key="overview", gap="small"):
        for study in STUDIES:
            found = study.read()
            figure = study.figure(found) if found else None
            if figure is None:
                continue
            early = any(result.preliminary for result in found.values())
            with st.container(key=f"overview_{study.key}", width=250, border=True, gap="xxsmall"):
                st.metric(study.title, figure.value, help=figure.what + (" (preliminary)" if early else ""))
                lines = (figure.what, figure.beside, "preliminary" if early else "")
                st.caption(" · ".join(line for line in lines if line))


@st.fragment
def _studies() -> None:
    by_key = {study.key: study for study in STUDIES}
    asked = st.query_params.get("study", "")
    if asked and asked not in by_key:
        st.warning(f"There is no study of that name. One of: {', '.join(by_key)}.", icon=":material/link_off:")
    st.session_state["study"] = asked if asked in by_key else STUDIES[0].key
    key = st.segmented_control(
        "Study",
        list(by_key),
        key="study",
        format_func=lambda name: by_key[name].title,
        required=True,
        on_change=_chosen,
        label_visibility="collapsed",
    )
    with service.caught(), st.container(key="study_body"):
        _study(by_key[key or STUDIES[0].key])


def _chosen() -> None:
    st.query_params["study"] = st.session_state["study"]


def _study(study: Study) -> None:
    st.subheader(study.title, anchor=False)
    found = study.read()
    if not found:
        parts.missing(study.title, study.files[0][0])
        return
    for result in found.values():
        if result.preliminary:
            parts.preliminary(result)
    study.draw(found)
    for result in found.values():
        parts.origin(result)
