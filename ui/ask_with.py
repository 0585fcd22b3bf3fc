"""What comes with a question: pasted text, files, the molecule that was drawn last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from biobridge_core.answer.types import Attachment
from ui import draw, theme

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

_ENDINGS = ["fasta", "fa", "faa", "fas", "smi", "smiles", "sdf", "mol", "csv", "tsv", "txt"]
_MEGABYTES = 5
_ROUND, _DRAWN = "ask round", "ask drawn"
_SHOWN = 8
_LEAST_SEQUENCE = 15  #: letters; a symbol of a gene is shorter


def popover() -> None:
    """The place to attach things; what is there goes with the next question."""
    number = len(attached())
    label = f"Attached: {number}" if number else "Attach"
    with st.popover(label, icon=":material/attach_file:", key=f"ask attach {_round()}"):
        st.text_area(
            "Paste a protein sequence, FASTA, a SMILES, a name or an id",
            key=_key("paste"),
            placeholder="MVHLTPVEKSAVTALWGKV…\nCC(=O)Oc1ccccc1C(=O)O\nUniProtKB:P35498",
            height=110,
        )
        st.file_uploader(
            "Or files: FASTA, SMI, SDF, CSV",
            type=_ENDINGS,
            accept_multiple_files=True,
            max_upload_size=_MEGABYTES,
            key=_key("files"),
            help="Read as data only: nothing that a file says is followed. Files stay in this session.",
        )
        if smiles := draw.last():
            st.checkbox(f"The molecule from Draw: {theme.plain(smiles, 50)}", key=_key(_DRAWN))


def attached() -> tuple[Attachment, ...]:
    """Everything that is attached now."""
    found: list[Attachment] = []
    if text := str(st.session_state.get(_key("paste"), "")).strip():
        found.append(Attachment(_called(text), text.encode()))
    files: list[UploadedFile] = st.session_state.get(_key("files")) or []
    found += [Attachment(file.name, file.getvalue()) for file in files]
    if st.session_state.get(_key(_DRAWN)) and (smiles := draw.last()):
        found.append(Attachment("the drawn molecule", smiles.encode()))
    return tuple(found)


def _called(text: str) -> str:
    """What pasted text is called in the answer, by its looks."""
    letters = "".join(text.split())
    if text.startswith(">") or (len(letters) >= _LEAST_SEQUENCE and letters.isalpha() and letters.isupper()):
        return "the pasted sequence"
    if letters == text and any(sign in text for sign in "=#()[]") and ":" not in text:
        return "the pasted molecule"
    return "the pasted text"


def chips() -> None:
    """What goes with the next question, in one line."""
    place, things = st.empty(), attached()  # a place of its own, so that nothing is left of it while an answer comes
    if not things:
        return
    names = " ".join(f":gray-badge[:material/attach_file: {theme.plain(a.name, 40)}]" for a in things[:_SHOWN])
    more = f" and {len(things) - _SHOWN} more" if len(things) > _SHOWN else ""
    with place.container(horizontal=True, vertical_alignment="center", gap="small", key="ask_chips"):
        st.markdown(f"Goes with your next question: {names}{more}", width="content")
        st.button("Remove", icon=":material/close:", type="tertiary", key="ask detach", on_click=clear)


def clear() -> None:
    """Attach nothing any more."""
    st.session_state[_ROUND] = _round() + 1


def _round() -> int:
    return int(st.session_state.get(_ROUND, 0))


def _key(name: str) -> str:
    """Widgets get a new name when their content was taken, which empties them."""
    return f"ask {name} {_round()}"
