"""One turn of the thread: the answer first, then what it rests on, then how it was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from biobridge_core.answer.types import Answer, Reason, Sentence
from ui import ask_facts, ask_how, ask_parts, ask_thread, service, theme
from ui.ask_thread import Request, Turn

if TYPE_CHECKING:
    from biobridge_core.service import BridgeService

_WARNINGS = 4  #: shown at once
_TITLES = {
    Reason.EMPTY: "Nothing is asked yet.",
    Reason.TOO_LONG: "The question is too long.",
    Reason.LANGUAGE: "Ask in English, please.",
    Reason.NONSENSE: "No question was recognised.",
    Reason.OFF_TOPIC: "This is not about anything that the graph holds.",
    Reason.ADVICE: "No advice on a person is given here.",
    Reason.ORDERS: "Orders to the program are not followed.",
    Reason.UNKNOWN_ENTITY: "The graph does not have what you ask about.",
    Reason.AMBIGUOUS: "Which one is meant?",
    Reason.NO_RELATION: "What you want to know of it was not understood, or is not in the graph.",
    Reason.NEGATION: "A missing link is no knowledge.",
    Reason.NO_EVIDENCE: "No evidence found.",
    Reason.ATTACHMENT: "The attachment cannot be read.",
}


@st.fragment
def show(bridge: BridgeService, turn: Turn, *, newest: bool) -> None:
    """Everything about one turn. A fragment: its controls redraw it alone."""
    with st.container(key=f"ask_turn_{turn.key}", gap="small"), service.caught():
        _above(turn, newest=newest)
        answer = turn.answer
        if answer.refusal is not None:
            _refused(turn)
        else:
            _answered(bridge, turn)
        warnings(answer)
        if answer.refusal is None:
            ask_facts.show(bridge, turn, ask_thread.databases(bridge))
        ask_how.panel(bridge, turn)
        ask_facts.downloads(bridge, turn)


def _above(turn: Turn, *, newest: bool) -> None:
    """The question, and the switch to plain words: above the answer, so that it stays where it is."""
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key=f"ask_above_{turn.key}"
    ):
        if newest:
            asked(turn)
        if turn.answer.lay:
            st.toggle(
                "Plain words",
                key=f"ask plain {turn.key}",
                help="The same in everyday words, for readers who are no specialists.",
            )


def asked(turn: Turn) -> None:
    """The question, in the person's words, and what came with it."""
    request = turn.request
    names = " ".join(f":gray-badge[:material/attach_file: {theme.plain(a.name, 40)}]" for a in request.attached[:8])
    more = f" and {len(request.attached) - 8} more" if len(request.attached) > 8 else ""
    words = theme.plain(request.shown or request.question, 400) or "(no words)"
    st.markdown(f":gray[:material/help:] {words} {names}{more}", width="content")


def _answered(bridge: BridgeService, turn: Turn) -> None:
    answer = turn.answer
    facts = {fact.number: fact for fact in answer.facts}
    plain = bool(answer.lay) and bool(st.session_state.get(f"ask plain {turn.key}"))
    told = answer.lay if plain else answer.sentences
    st.html(f"<style>{ask_parts.CSS}</style>")
    with st.container(key=f"ask_said_{turn.key}", border=True, gap="small"):
        first = ask_parts.summary(answer.summary, facts, turn.key) if answer.summary is not None and not plain else ""
        st.html(f"{first}{ask_parts.sentences(told, facts, turn.key)}{_opened(bridge, answer, told, turn.key)}")
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"ask_under_{turn.key}"):
            ask_how.read_as(turn)
            ask_how.not_meant(turn)


def _opened(bridge: BridgeService, answer: Answer, told: tuple[Sentence, ...], key: str) -> str:
    """What the citations on screen open."""
    summary = (answer.summary,) if answer.summary is not None else ()
    cited = {number for sentence in (*summary, *told) for number in sentence.cites}
    return ask_parts.sources([f for f in answer.facts if f.number in cited], ask_thread.databases(bridge), key)


def _refused(turn: Turn) -> None:
    """Why there is no answer, and what could be asked instead."""
    refusal = turn.answer.refusal
    assert refusal is not None
    with st.container(key=f"ask_refused_{turn.key}", border=True, gap="small"):
        title = _TITLES.get(refusal.reason, "This is not answered.")
        st.markdown(f"##### :orange[:material/block:] {title}\n\n{theme.plain(refusal.message, 800)}")
        ask_how.choices(turn)
        if not turn.answer.understanding.choices:
            ask_how.not_meant(turn)
        if refusal.instead:
            st.markdown("You could ask instead:")
            with st.container(gap="xsmall", key=f"ask_instead_{turn.key}"):
                for number, question in enumerate(refusal.instead[:6]):
                    if st.button(theme.plain(question, 200), key=f"instead {turn.key} {number}"):
                        ask_thread.put(Request(question))
                        st.rerun()


def warnings(answer: Answer) -> None:
    """What a person should know about the answer; a long list is folded."""
    told = [
        f":orange[:material/info:] {theme.plain(warning, 500)}" for warning in dict.fromkeys(answer.warnings) if warning
    ]
    for line in told[:_WARNINGS]:
        st.markdown(line)
    if len(told) > _WARNINGS:
        with st.expander(f"{len(told) - _WARNINGS} more notes"):
            st.markdown("\n\n".join(told[_WARNINGS:]))
