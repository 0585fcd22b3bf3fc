"""The page of drawn molecules: what is asked, the canvas, and the order in which answers appear.

``/draw?smiles=CCO``, ``/draw?q=GtoPdb:4941``. What is drawn lives where the other pages keep their question, so that a
molecule can be taken along to them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from biobridge_core.errors import BioBridgeError, InputError
from biobridge_core.types import QueryKind
from ui import answer, draw_admet, draw_beside, draw_sheet, nav, service, sketch, state, theme

if TYPE_CHECKING:
    from biobridge_core.drawn import Molecule
    from biobridge_core.service import BridgeService

_CANVAS, _BOX = "draw canvas", "draw box"
_SHOWN = "draw shown"  #: (what the canvas holds, as `state.Ask.q`; version; SMILES that was loaded)
_LAST = "draw last"  #: the last question that was a molecule
_MAX_ON_CANVAS = 2_000  #: characters of a SMILES that the editor is given

#: label, input, what it shows
EXAMPLES = (
    ("Gefitinib", "GtoPdb:4941", "A kinase inhibitor: change its halogens and see what it would hit"),
    ("A quinazoline", "COc1cc2ncnc(Nc3cccc(C#C)c3)c2cc1OC", "A structure without a name, as a chemist draws it"),
    ("Rhodanine", "O=C1C(=Cc2ccc(O)c(O)c2)SC(=S)N1CC(=O)O", "A molecule with pieces that mislead assays"),
)


def show(bridge: BridgeService) -> None:
    """The whole page."""
    _read_address()
    ask = _asked(bridge)
    problem: BioBridgeError | None = None
    molecule: Molecule | None = None
    if ask.q.strip():
        try:
            molecule = _molecule(bridge, ask)
            st.session_state[_LAST] = ask
        except BioBridgeError as error:
            problem = error
    st.html(f"<style>{draw_sheet.CSS}</style>")
    canvas, sheet = st.columns([3, 2], gap="medium")
    with canvas:
        _box(bridge)
        _editor(bridge, ask, molecule)
    with sheet, st.container(key="draw_sheet"):
        if problem is not None:
            service.show_error(problem)
            state.unanswered()
        if molecule is None:
            _nothing_yet(empty=problem is None)
            return
        for note in molecule.notes:
            st.markdown(f":orange[:material/info:] {theme.plain(note[:1].upper() + note[1:], 300)}.")
        with service.caught():
            draw_sheet.show(bridge, molecule)
    answer.show(bridge, molecule.query, ask.q)
    draw_admet.show(bridge, molecule.query.value)
    draw_beside.nearest(bridge, molecule)
    draw_beside.reference(bridge, molecule)


def last() -> str:
    """The molecule that was drawn or loaded last, as SMILES or id of a known drug; empty where there is none."""
    ask: state.Ask | None = st.session_state.get(_LAST)
    return "" if ask is None else ask.q.strip()


def _read_address() -> None:
    """Write ``?smiles=`` as the question that all pages understand."""
    params = dict(st.query_params)
    if smiles := params.pop("smiles", ""):
        st.query_params.from_dict(params | {"q": smiles, "as": QueryKind.SMILES.value})


def _asked(bridge: BridgeService) -> state.Ask:
    """What the canvas is to show; a question of another page that is no molecule is left to that page."""
    ask = state.current()
    if not ask.to and not state.take_problems() and "protein" in bridge.modalities:
        ask = replace(ask, to="protein")  # targets first
        state.put(ask)
    if not ask.q.strip() or st.query_params.get("q") == ask.q or _is_molecule(bridge, ask):
        return ask
    if st.session_state["came_from"] == st.session_state["page"]:  # asked in a row of the answer
        nav.go("explore", {"q": ask.q})
    last: state.Ask = st.session_state.get(_LAST, state.Ask(to=ask.to))
    state.put(last)
    return last


def _is_molecule(bridge: BridgeService, ask: state.Ask) -> bool:
    try:
        _molecule(bridge, ask)
    except InputError:
        return ask.sense == QueryKind.SMILES.value
    return True


def _molecule(bridge: BridgeService, ask: state.Ask) -> Molecule:
    """Read what is asked as a molecule.

    Raises
    ------
    InputError
        If it is none, or one that cannot be used.
    """
    if ask.sense == QueryKind.SMILES.value:
        return bridge.drawn.read(ask.q)
    return bridge.drawn.read(bridge.drawn.named(ask.q, bridge.interpret)[0])


def _box(bridge: BridgeService) -> None:
    """Paste a SMILES or load a known drug."""
    with (
        st.form("draw load", border=False),
        st.container(horizontal=True, vertical_alignment="bottom", gap="small", wrap=False, key="draw_load"),
    ):
        st.text_input(
            "Paste a SMILES, or load a known drug",
            key=_BOX,
            placeholder="COc1cc2ncnc(Nc3cccc(C#C)c3)c2cc1OC · gefitinib · GtoPdb:4941",
            label_visibility="collapsed",
        )
        st.form_submit_button("Load", icon=":material/download:", on_click=_typed, args=(bridge,))
    if words := st.session_state.pop("draw refused", ""):
        st.warning(words, icon=":material/help:")


def _typed(bridge: BridgeService) -> None:
    """Load what was typed; what cannot be read leaves the canvas as it is."""
    text = str(st.session_state[_BOX]).strip()
    if not text:
        return
    try:
        smiles, curie = bridge.drawn.named(text, bridge.interpret)
        bridge.drawn.read(smiles)
    except BioBridgeError as error:
        st.session_state["draw refused"] = f"{theme.plain(error.message, 400)} {theme.plain(error.hint, 400)}"
        return
    load(curie or smiles, raw=not curie)
    st.session_state[_BOX] = ""


def load(q: str, *, raw: bool) -> None:
    """Put another molecule on the canvas: a SMILES (``raw``) or the id of a known drug."""
    now = state.current()
    state.put(replace(now, q=q, sense=QueryKind.SMILES.value if raw else "", relation="", area=""))


def _editor(bridge: BridgeService, ask: state.Ask, molecule: Molecule | None) -> None:
    """The canvas. It is given a molecule only when that comes from elsewhere than the canvas itself."""
    held, version, smiles = st.session_state.get(_SHOWN, ("", 0, ""))
    if held != ask.q:
        held, version = ask.q, version + 1
        smiles = molecule.query.text if molecule is not None else ask.q if ask.sense else ""
        smiles = smiles if len(smiles) <= _MAX_ON_CANVAS else ""
        st.session_state[_SHOWN] = (held, version, smiles)
    sketch.editor(smiles, version, _CANVAS, _edited)


def _edited() -> None:
    """Ask about what was drawn."""
    made, (_, version, smiles) = sketch.edit(_CANVAS), st.session_state.get(_SHOWN, ("", 0, ""))
    if made is None or made.version != version:  # another molecule was loaded since
        return
    st.session_state[_SHOWN] = (made.smiles, version, smiles)
    load(made.smiles, raw=True)


def _nothing_yet(*, empty: bool) -> None:
    if empty:
        st.markdown(
            "Draw on the canvas, paste a SMILES or load a known drug. You see at once what the molecule looks like to "
            "the bridge (**○ predicted** targets, diseases and classes), what is calculated from it, and which known "
            "drugs are like it. Three things to try:"
        )
        state.unanswered()
    with st.container(key="draw_examples", gap="xsmall"):
        for label, q, why in EXAMPLES:
            st.button(label, key=f"draw example {label}", on_click=load, args=(q,), kwargs={"raw": ":" not in q})
            st.caption(why)
