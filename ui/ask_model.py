"""Whether a language model words the answers: off unless whoever runs the app named one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from biobridge_core.errors import BioBridgeError
from ui import theme

if TYPE_CHECKING:
    from biobridge_core.language_model import LanguageModel
    from biobridge_core.service import BridgeService

_KEY = "ask language model"


def writer(bridge: BridgeService) -> LanguageModel | None:
    """The model that words the answers; None where none is configured, or a visitor switched it off."""
    if not st.session_state.get(_KEY, True):
        return None
    try:
        return bridge.language_model
    except BioBridgeError:  # said by `setting`; answers do not need it
        return None


def setting(bridge: BridgeService) -> None:
    """What is configured, and what it is sent."""
    problem: BioBridgeError | None = None
    model = None
    try:
        model = bridge.language_model
    except BioBridgeError as error:
        problem = error
    on = model is not None and bool(st.session_state.get(_KEY, True))
    with st.popover(
        f"Language model: {'on' if on else 'off'}", icon=":material/edit_note:", type="tertiary", key="ask model"
    ):
        if problem is not None:
            st.error(f"{theme.plain(problem.message, 400)} {theme.plain(problem.hint, 400)}", icon=":material/error:")
        if model is None:
            st.markdown(
                "**None is used.** Answers are written from the facts by fixed rules, on this machine, without a "
                "network. Whoever runs the app can name a model that words them: `BIOBRIDGE_LLM_URL` (with "
                "`BIOBRIDGE_LLM_MODEL` and `BIOBRIDGE_LLM_KEY`) for an endpoint that speaks the OpenAI protocol, or "
                "`BIOBRIDGE_LLM_FOLDER` for weights on this machine."
            )
        else:
            st.toggle("Let it word the answers", value=True, key=_KEY)
            st.markdown(f"**{theme.plain(model.name, 200)}**{_where(bridge)}")
        st.markdown(
            "A model is sent how the question was read and the facts that were retrieved, nothing else: no attachment "
            "and no earlier turn. It may only reword them. Each of its sentences is checked against the facts "
            "that it cites, and one that says more is struck out and shown as removed."
        )


def _where(bridge: BridgeService) -> str:
    if bridge.settings.llm_url:
        return " is asked at that address: how your question was read and the facts are sent there."
    return " runs on this machine."
