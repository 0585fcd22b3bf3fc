"""The box, the examples, and the line that says what an input was taken for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal, NoReturn

import streamlit as st

from biobridge_core.types import Link, Query, QueryKind, Resolution
from ui import nav, service, state, theme

#: A patient's haemoglobin beta: glutamate 7 (6 without the first methionine) is valine, as in sickle cell disease.
SICKLE_HBB = (
    "MVHLTPVEKSAVTALWGKVNVDEVGGEALGRLLVVYPWTQRFFESFGDLSTPDAVMGNPKVKAHGKKVLGAFSDGLAHLDNLKGTFATLSELHCDKLHVDPENFRLLGNVLVCV"
    "LAHHFGKEFTPPVQAAYQKVVAGVANALAHKYH"
)

#: label, input, what it shows
EXAMPLES = (
    ("Gene TP53", "TP53", "A gene symbol: the protein, its diseases and drugs"),
    (
        "A raw sequence",
        SICKLE_HBB,
        "A protein with one residue changed, as no database has it: sickle-cell haemoglobin",
    ),
    ("Aspirin as SMILES", "CC(=O)Oc1ccccc1C(=O)O", "A molecule as a structure, without its name"),
    (
        "A clinical sentence",
        "My patient has seizures and a small head",
        "Findings in plain words: diseases and genes that fit them",
    ),
)

#: one icon an example, in the same order
ICONS = (":material/genetics:", ":material/format_align_left:", ":material/pill:", ":material/stethoscope:")
PLACEHOLDER = "A gene, disease or drug · a protein sequence or FASTA · a SMILES · a sentence"

_BOX = "box"
_OTHERS = 3  #: other things that a misspelt name may have meant, beside the likeliest
_LINK_ICONS = {"compare": ":material/compare_arrows:", "explore": ":material/search:"}
_KIND_WORDS = {QueryKind.SEQUENCE: "a protein sequence", QueryKind.SMILES: "a molecule (SMILES)"}


def ask(text: str, sense: str = "", *, elsewhere: bool = False) -> None:
    """Ask about ``text`` from now on, keeping the kind in view unless ``elsewhere``: a hit is of that kind itself."""
    now = state.current()
    state.put(replace(now, q=text, sense=sense, relation="", area="", to="" if elsewhere else now.to))
    st.session_state["fresh"] = True


def box(placeholder: str = PLACEHOLDER) -> None:
    """The one box. Enter asks, Shift+Enter starts a line, pasted lines are kept; it shows what was asked last.

    Once something was asked, the examples stand beside it, folded.
    """
    asked = state.current().q
    if st.session_state.pop("fresh", False):
        st.session_state[_BOX] = asked
    # Outside a container the box would stick to the bottom of the window.
    with st.container(key="question", horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        st.chat_input(placeholder, key=_BOX, on_submit=_submit)
        if asked.strip():
            with st.popover("Examples", icon=":material/lightbulb:", key=f"examples {asked[:60]}"):
                examples()


def _submit() -> None:
    ask(st.session_state[_BOX] or "")


def examples() -> None:
    """Four things to try, each with what it shows."""
    with st.container(horizontal=True, key="examples", gap="small"):
        for number, (label, text, why) in enumerate(EXAMPLES):
            with st.container(key=f"example_{number}", width=270, gap="xxsmall"):
                st.button(label, key=f"example {label}", on_click=ask, args=(text,), width="stretch")
                st.caption(why)


def describe(query: Query) -> str:
    """What a reading is, in Markdown: a badge with the kind, then the name."""
    style = theme.style_of(query.modality)
    badge = f":{style.colour}-badge[{style.icon} {theme.plain(service.words(query.modality)[0])}]"
    if query.kind is QueryKind.TEXT:
        return f"{badge} in words"
    return f"{badge} **{theme.plain(query.label or query.value, 80)}**"


def _also(query: Query, asked: str) -> str:
    """What else an entity goes by, in Markdown; empty for raw input."""
    if query.kind is not QueryKind.ENTITY:
        return ""
    named = service.get().entity(query.value)
    typed = asked.strip().casefold()
    same = {named.id.casefold(), named.name.casefold(), named.full_name.casefold()}
    parts = (
        named.full_name if named.full_name != named.name else "",
        named.id,
        f"also called “{theme.shorten(asked, 40)}”" if not any(typed in name for name in same) else "",
    )
    return " · ".join(theme.plain(part, 120) for part in parts if part)


def option(query: Query) -> str:
    """A reading as one line of a menu, without Markdown."""
    kind = service.words(query.modality)[0]
    if query.kind is QueryKind.ENTITY:
        return f"{kind}: {theme.shorten(query.label, 60)} ({query.value})"
    if query.kind is QueryKind.TEXT:
        return f"free text as {kind}"
    return _KIND_WORDS[query.kind]


def nothing_yet(words: str, examples: Callable[[], None], more: str) -> NoReturn:
    """What a page says before anything is asked, in Markdown, with things to try; the run ends here."""
    st.markdown(words)
    examples()
    st.caption(more)
    for problem in state.take_problems():
        st.warning(problem)
    service.get()
    st.stop()


def understood(resolution: Resolution, ask_now: state.Ask) -> Query | None:
    """Say what the input was taken for, with a way to switch. None while a person has to choose first."""
    options = state.readings(resolution)
    by_sense = {state.sense_of(query): query for query in options}
    chosen = by_sense.get(ask_now.sense, resolution.chosen)
    if ask_now.sense and ask_now.sense not in by_sense:
        st.warning(f"This input cannot be read as “{theme.plain(ask_now.sense, 40)}”; another reading is shown.")
    if chosen is None and resolution.guess is not None and not ask_now.sense:
        _confirm(resolution, options)
        return resolution.guess
    if chosen is None:
        _choose(resolution, options)
        return None
    _turn_to(resolution.to, ask_now)
    now = state.sense_of(chosen)
    with st.container(horizontal=True, vertical_alignment="center", key="understood", gap="small"):
        st.markdown(f"Read as {describe(chosen)}", width="content")
        if also := _also(chosen, chosen.text):
            with st.container(key="also", width="content"):
                st.caption(also)
        if len(options) > 1:
            key = f"sense {now} {ask_now.q[:60]}"
            st.selectbox(
                "Read it as something else",
                [sense for sense in by_sense if sense != now],
                index=None,
                placeholder="or read it as …",
                format_func=lambda sense: option(by_sense[sense]),
                key=key,
                on_change=_switch,
                args=(key,),
                label_visibility="collapsed",
                width=190,
            )
    if resolution.links:
        with st.container(key="elsewhere", border=True, gap="xsmall"):
            for note in resolution.notes:
                st.markdown(theme.plain(note, 400))
            links([link for link in resolution.links if dict(link.params).get("as") != now])
        return chosen
    for note in resolution.notes:
        st.caption(theme.plain(note, 400))
    return chosen


def links(offered: Sequence[Link]) -> None:
    """Other pages that answer an input, the best first; one that is not there is left out."""
    with st.container(horizontal=True, gap="small", key="links"):
        for number, link in enumerate(link for link in offered if nav.exists(link.page)):
            kind: Literal["primary", "secondary"] = "secondary" if number else "primary"
            icon = _LINK_ICONS.get(link.page)
            if st.button(theme.plain(link.label, 120), type=kind, icon=icon, key=f"link {link.page} {link.label}"):
                nav.go(link.page, dict(link.params))


def _turn_to(kind: str, ask_now: state.Ask) -> None:
    """Show the kind that the words ask for, once: whoever turns to another kind afterwards stays there."""
    if st.session_state.get("turned") == ask_now.q:
        return
    st.session_state["turned"] = ask_now.q
    if kind:
        state.put(replace(state.current(), to=kind, relation="", area=""))


def _confirm(resolution: Resolution, options: tuple[Query, ...]) -> None:
    """A misspelt name was most likely one certain thing: say so, answer for that, and offer the others."""
    guess = resolution.guess
    assert guess is not None
    others = [q for q in options if q.kind is QueryKind.ENTITY and q.value != guess.value][:_OTHERS]
    words = next((q for q in options if q.kind is QueryKind.TEXT), None)
    with st.container(key="confirm", border=True, gap="xsmall"):
        st.markdown(
            f":material/spellcheck: Nothing is called “{theme.plain(resolution.text, 40)}”. "
            f"Took it for {describe(guess)}?"
        )
        with st.container(horizontal=True, gap="small", key="confirm_choices"):
            st.button(
                "Yes", type="primary", icon=":material/check:", key="guess yes", on_click=ask, args=(guess.value,)
            )
            for query in others:
                label = f"{theme.plain(query.label, 40)} · {service.words(query.modality)[0]}"
                st.button(label, key=f"guess {query.value}", on_click=ask, args=(query.value,))
            if words is not None:
                st.button(
                    "No, search the words",
                    key="guess words",
                    on_click=ask,
                    args=(resolution.text, state.sense_of(words)),
                )


def _switch(key: str) -> None:
    if st.session_state[key]:
        state.put(replace(state.current(), sense=st.session_state[key]))


def _choose(resolution: Resolution, options: tuple[Query, ...]) -> None:
    for note in resolution.notes or ("This can mean several things. Choose one.",):
        st.info(theme.plain(note, 400), icon=":material/help:")
    if resolution.links:
        links(resolution.links)
    entities = [query for query in options if query.kind is QueryKind.ENTITY]
    others = [query for query in options if query.kind is not QueryKind.ENTITY]
    with st.container(horizontal=True, gap="small", key="choices"):
        for query in entities:
            st.button(
                f"{theme.plain(query.label, 60)} · {service.words(query.modality)[0]} · {theme.plain(query.value)}",
                icon=theme.style_of(query.modality).icon,
                key=f"choose {query.value}",
                on_click=ask,
                args=(query.value,),
            )
    if others:
        st.caption("Or search for it as free text that describes a …")
    with st.container(horizontal=True, gap="small", key="choices_text"):
        for query in others:
            st.button(
                theme.plain(service.words(query.modality)[0]),
                icon=theme.style_of(query.modality).icon,
                key=f"choose {state.sense_of(query)}",
                on_click=ask,
                args=(resolution.text, state.sense_of(query)),
            )
