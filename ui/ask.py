"""The page of questions: the box, the thread with the newest answer on top, examples for three kinds of people.

``/ask?q=Which diseases is SCN1A linked to?``
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import streamlit as st

from biobridge_core.answer.types import Answer, Attachment
from ui import answer as answers
from ui import ask_model, ask_thread, ask_turn, ask_with, asking, service, theme
from ui.ask_thread import Request, Turn

if TYPE_CHECKING:
    from biobridge_core.service import BridgeService

_BOX = "ask box"
PLACEHOLDER = "Which diseases is SCN1A linked to?"


@dataclass(frozen=True, slots=True)
class Example:
    """A question to ask with one click."""

    question: str
    why: str
    attached: tuple[Attachment, ...] = ()


#: who asks -> what they ask
EXAMPLES: dict[str, tuple[Example, ...]] = {
    "A geneticist": (
        Example("Which diseases is SCN1A linked to?", "Known links with their sources, then what the bridge suggests"),
        Example(
            "Which diseases is this protein linked to?",
            "A sequence that no database has: sickle-cell haemoglobin",
            (Attachment("the patient's haemoglobin", asking.SICKLE_HBB.encode()),),
        ),
        Example("What do BRCA1, BRCA2 and PALB2 have in common?", "What several genes share"),
    ),
    "A chemist": (
        Example("Which proteins does imatinib inhibit?", "Targets of a drug"),
        Example(
            "Which proteins does this molecule act on?",
            "A structure that was drawn, without a name",
            (Attachment("the quinazoline", b"COc1cc2ncnc(Nc3cccc(C#C)c3)c2cc1OCCOC"),),
        ),
        Example("Which processes do the targets of imatinib take part in?", "Two steps in one question"),
    ),
    "Someone with clinicians": (
        Example("What are the signs of Marfan syndrome?", "Names, not codes; switch on plain words"),
        Example("Is Dravet syndrome linked to SCN1A?", "A yes, or not known, with the evidence"),
        Example("What should I take against migraine?", "Refused: what it does not do, and what to ask instead"),
    ),
}
ICONS = (":material/genetics:", ":material/pill:", ":material/stethoscope:")


def box() -> None:
    """The question and what comes with it. Enter asks."""
    ask_thread.read_address()
    st.html(f"<style>{_CSS}</style>")
    begun = bool(ask_thread.turns()) or ask_thread.waiting() is not None
    with st.container(key="ask_question", gap="small"):
        with st.container(key="ask_box"):  # outside a container the box would stick to the bottom of the window
            words = "Ask on, such as “and which drugs?”" if begun else PLACEHOLDER
            st.chat_input(words, key=_BOX, on_submit=_submit)
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="ask_tools"):
            ask_with.popover()
            if begun:
                with st.popover("Examples", icon=":material/lightbulb:", key=f"ask more {len(ask_thread.turns())}"):
                    _examples("more")
                st.button(
                    "Start over", icon=":material/restart_alt:", key="ask over", on_click=ask_thread.start_over,
                    help="Forgets the thread; the next question stands alone.",
                )  # fmt: skip
        ask_with.chips()
    if not begun:
        nothing_yet()


def _submit() -> None:
    ask_thread.put(Request(str(st.session_state[_BOX] or ""), ask_with.attached()))
    ask_with.clear()


def nothing_yet() -> None:
    """What this is, and nine questions to try."""
    st.markdown(
        "Ask in plain English. The answer is made of facts: what the graph **knows** (● known) with its sources, then "
        "what the bridge **suggests** (○ predicted) with its chance. Every sentence cites what it rests on, and where "
        "there is nothing to rest on, the page says so. Sequences, molecules and files can come along."
    )
    _examples("first")


def _examples(where: str) -> None:
    with st.container(key=f"ask_examples_{where}", horizontal=where == "first", gap="medium"):
        for place, (who, examples) in enumerate(EXAMPLES.items()):
            with st.container(
                key=f"ask_who_{where}_{place}", width=400 if where == "first" else "stretch", gap="xsmall"
            ):
                st.markdown(f"**{ICONS[place]} {who}**")
                for number, example in enumerate(examples):
                    clip = ":material/attach_file:" if example.attached else None
                    key = f"ask example {where} {place} {number}"
                    st.button(
                        example.question, icon=clip, key=key, help=example.why if where == "more" else None,
                        on_click=_try, args=(example,), width="stretch",
                    )  # fmt: skip
                    if where == "first":
                        st.caption(example.why)


def _try(example: Example) -> None:
    ask_thread.start_over()
    ask_thread.put(Request(example.question, example.attached))


def show(bridge: BridgeService) -> None:
    """Answer what is asked, then show the thread, newest first."""
    if (request := ask_thread.waiting()) is not None:
        _answer(bridge, request)
    thread = ask_thread.turns()
    if thread:
        ask_thread.write_address(bridge)
        ask_turn.show(bridge, thread[-1], newest=True)
    if len(thread) > 1:
        st.markdown("###### Earlier in this thread")
        for turn in reversed(thread[:-1]):
            _earlier(bridge, turn)
    with st.container(key="ask_foot"):
        ask_model.setting(bridge)


def _answer(bridge: BridgeService, request: Request) -> None:
    made: list[Answer] = []
    before, doing = ask_thread.before(request), "Understanding, looking up, writing; mostly under two seconds"
    with service.caught(), answers.loading(doing, "ask") as tell:
        writer = ask_model.writer(bridge)
        made.append(bridge.asker.ask(request.question, request.attached, before, writer=writer, progress=tell))
    ask_thread.done()
    if made:
        ask_thread.add(request, made[0], datetime.now(UTC))
    else:
        st.button("Try again", icon=":material/refresh:", key="ask again", on_click=ask_thread.put, args=(request,))


def _earlier(bridge: BridgeService, turn: Turn) -> None:
    told = turn.answer
    said = told.summary.text if told.summary is not None else "not answered" if told.refusal else ""
    words = theme.plain(turn.request.shown or turn.request.question, 90)
    label = f"{words} — {theme.plain(said, 120)}" if said else words
    with st.expander(label, key=f"ask turn {turn.key}", on_change="rerun") as folded:
        if folded.open:
            ask_turn.show(bridge, turn, newest=False)


_CSS = """
.st-key-ask_question {gap: .4rem;}
[class*=st-key-ask_turn] {gap: .6rem;}
[class*=st-key-ask_said] {gap: .4rem;}
[class*=st-key-ask_examples] button {justify-content: flex-start; text-align: left;}
[class*=st-key-ask_choices] button, [class*=st-key-ask_instead] button {text-align: left;}
.st-key-ask_examples_first {display: grid !important;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 19rem), 1fr));}
.st-key-ask_examples_first > *, .st-key-ask_examples_first > * > * {width: 100% !important; max-width: none !important;}
"""
