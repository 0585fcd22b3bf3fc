"""The parts of the first page. It says everything that it can say before the models are loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from biobridge_core.config import Settings
from ui import asking, nav, service, state, theme

if TYPE_CHECKING:
    from biobridge_core.service import BridgeService

_POLL_SECONDS = 0.5
_STEP = "tour"  #: key of the step of the tour that is open
_READS = {"sequence": "sequences", "smiles": "molecules", "text": "text"}

#: What the other pages are for; one that is not there is left out.
DOORS = (
    ("ask", "Questions in plain English, answered from facts that each sentence cites, or refused."),
    ("entity", "Everything about one protein, molecule, disease or term: sequence, structure, annotations, hits."),
    ("compare", "Is A linked to B? Several genes or symptoms at once. Wild type against mutant."),
    ("batch", "Upload FASTA, CSV, SDF or SMILES files and get ranked hits for each row."),
    ("draw", "Draw a molecule: its predicted targets, properties and the known drugs most like it."),
    ("evidence", "How good the predictions are, measured on links that were held back."),
    ("about", "Method, data sources with licences, and limits."),
)

WHAT = """
**Ask about a gene, a molecule, a disease or a symptom, in whatever form you have it: a name, an id, a raw sequence, a
drawn structure or a sentence.** You see what a knowledge graph of public databases **knows** about it, with its
sources, and what a trained network **predicts** beyond that, ranked and marked as such. It works for things that no
database has yet, such as a patient's mutated protein or a molecule that was never made.
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the guided tour."""

    title: str
    text: str


TOUR = (
    Step(
        "Ask in any form",
        "The box takes a gene symbol, a drug or disease name, an id, a protein sequence, a SMILES string or a "
        "sentence. It says what it took your words for, and lets you switch where it took them wrongly.",
    ),
    Step(
        "Read the answer from the top",
        "The first line is the answer in one sentence. Below it stand the hits, one tab for each kind of thing: "
        "diseases, proteins, drugs, processes, phenotypes.",
    ),
    Step(
        "Tell known from predicted",
        "**● known** is a link that a public database holds; its source stands beside it. **○ predicted** is a link "
        "that no loaded database holds: the network proposes it. **◇ similar** is a thing of the same kind that is "
        "alike.",
    ),
    Step(
        "Judge how sure it is",
        "Where it could be measured, a predicted link carries the chance that the graph holds it, and says **not "
        "confident** where that chance is low. The rank says how high the hit stands among all of its kind.",
    ),
    Step(
        "Look behind a hit",
        "Select a row to see why it is there: paths through the graph, similar things with the same link, and, on "
        "demand, the residues or atoms that count. The map and the network show the same as pictures.",
    ),
    Step(
        "Take it with you",
        "Download the hits as CSV or JSON, or copy a link that opens the same view. Every file names the models, the "
        "data and the date. Remember what this is: suggestions for research, not medical advice.",
    ),
)


def welcome() -> None:
    """What this is, and the way into the tour."""
    with st.container(key="welcome", gap="small"):
        st.markdown(WHAT)
        st.button(
            "Take the two-minute tour",
            icon=":material/tour:",
            key="open tour",
            type="tertiary",
            on_click=_turn,
            args=(0,),
        )
    if _STEP in st.session_state:
        _tour()


def _leave() -> None:
    st.session_state.pop(_STEP, None)


@st.dialog("How to use it", width="medium", on_dismiss=_leave)
def _tour() -> None:
    place = min(max(int(st.session_state[_STEP]), 0), len(TOUR) - 1)
    step = TOUR[place]
    st.progress((place + 1) / len(TOUR), f"Step {place + 1} of {len(TOUR)}")
    st.markdown(f"##### {step.title}")
    st.markdown(step.text)
    with st.container(horizontal=True, horizontal_alignment="distribute", key="tour_buttons"):
        st.button("Back", key="tour back", disabled=place == 0, on_click=_turn, args=(-1,))
        if place + 1 < len(TOUR):
            st.button("Next", key="tour next", type="primary", on_click=_turn, args=(1,))
        elif st.button("Try the first example", key="tour end", type="primary"):
            _leave()
            open_example(0)


def _turn(by: int) -> None:
    st.session_state[_STEP] = int(st.session_state.get(_STEP, 0)) + by


def forward() -> None:
    """An address that asks something belongs to the page ``explore``, also where it lacks that word."""
    if "q" in st.query_params:
        nav.go("explore", dict(st.query_params))


def box() -> None:
    """The same box as on ``explore``; what is asked is answered there."""
    with st.container(key="question"):
        asked = st.chat_input(asking.PLACEHOLDER, key="home box")
    if asked and asked.strip():
        _open(asked)


def examples() -> None:
    """Four questions, each with what it shows."""
    st.markdown("##### Four questions to start with")
    with st.container(horizontal=True, key="home_examples", gap="small"):
        for number, (label, _, why) in enumerate(asking.EXAMPLES):
            with st.container(key=f"home_example_{number}", width=280, gap="xxsmall", border=True):
                if st.button(label, key=f"home example {number}", width="stretch", icon=asking.ICONS[number]):
                    open_example(number)
                st.caption(why)


def open_example(number: int) -> None:
    """Ask an example on the page ``explore``."""
    _open(asking.EXAMPLES[number][1])


def _open(text: str) -> None:
    state.put(state.Ask(q=text))
    nav.go("explore")


def doors() -> None:
    """The other pages, each with what it is for."""
    there = [(name, what) for name, what in DOORS if nav.exists(name)]
    if not there:
        return
    titles = dict(nav.PAGES)
    st.markdown("##### What else there is")
    with st.container(horizontal=True, key="doors", gap="small"):
        for name, what in there:
            with st.container(key=f"door_{name}", width=280, gap="xxsmall"):
                st.page_link(nav.file_of(name), label=f"**{titles[name]}**", icon=":material/arrow_forward:")
                st.caption(what)


def loaded() -> None:
    """Models, graph and device; looks again by itself until they are there, and the rest of the page never waits."""
    opening = service.opening()
    waiting = not opening.done
    st.markdown("##### Loaded on this machine")
    st.fragment(_loaded, run_every=_POLL_SECONDS if waiting else None)(waiting)


def _loaded(waiting: bool) -> None:
    opening = service.opening()
    if not opening.done:
        message, done = opening.steps[-1] if opening.steps else ("Starting", 0.0)
        st.progress(min(max(done, 0.0), 1.0), f"{theme.plain(message)} … {opening.seconds():.0f} s")
        st.caption("You can ask already; the answer comes as soon as this is done.")
        return
    if waiting:
        st.rerun()  # ends the looking again
    with service.caught():
        _status(service.get())


def _stay() -> str:
    """What leaves this machine, which is nothing unless somebody named a language model elsewhere."""
    if not Settings.from_env().llm_url:
        return "Nothing you type leaves the machine that this app runs on."
    return (
        "Nothing but what the page Ask sends to the language model that was named: how a question was read, and facts."
    )


def _status(bridge: BridgeService) -> None:
    status = bridge.status()
    nodes = ", ".join(
        theme.counted(count, bridge.modalities[name].label, bridge.modalities[name].plural)
        for name, count in status.counts.items()
    )
    waiting = dict.fromkeys(status.waiting_encoders, " (being loaded)")
    models = ", ".join(
        f"{theme.plain(name)} for {_READS.get(kind, theme.plain(kind))}{waiting.get(kind, '')}"
        for kind, name in status.encoders.items()
    )
    rows = {
        "Graph": f"{theme.number(status.n_triples)} links between {nodes}",
        "Models": f"{models}; bridge {theme.plain(status.bridge)}",
        "Device": f"{theme.plain(status.device)}. {theme.plain(status.device_note, 200)}",
        "Data stay here": _stay(),
    }
    for kind, why in status.missing_encoders.items():
        rows[f"Not usable: {_READS.get(kind, kind)}"] = theme.plain(why, 300)
    st.markdown("\n".join(f"- **{name}**: {text}" for name, text in rows.items()))
