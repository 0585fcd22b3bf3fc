"""A protein: its sequence with the residues that carry a score, its structure, its links."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, cast

import streamlit as st

from biobridge_core.errors import BioBridgeError
from biobridge_core.types import Attribution
from ui import service, theme, viewers
from ui.entity import carry, common, links, plain
from ui.entity.common import Subject

if TYPE_CHECKING:
    from biobridge_core.service import BridgeService
    from biobridge_core.structures import Structure

LINKS = (
    "disease", "drug", "biological_process", "molecular_function", "cellular_component", "phenotype",
    "therapeutic_class",
)  # fmt: skip
_KEPT = 4  #: structures kept a visitor
_READ_MB = 20


def show(bridge: BridgeService, about: Subject) -> None:
    """All sections of a protein or a raw sequence."""
    if about.entity is not None:
        common.plain_words(plain.sentences(bridge.facts, about.entity))
    sequence_and_structure(bridge, about)
    links.section(bridge, about, [k for k in LINKS if k in bridge.modalities], "What it does and is linked to", "links")


@st.fragment
def sequence_and_structure(bridge: BridgeService, about: Subject) -> None:
    """The sequence beside the structure, one selection for both. A fragment: a new structure redraws it alone."""
    with service.caught():
        sequence = about.input
        st.subheader("Sequence and structure", anchor=False)
        structure = _structures().get(about.key)
        carried = carry.shown(about)
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="structure_bar"):
            st.caption(f"{theme.number(len(sequence))} residues", width="content")
            with st.popover("Add a 3D structure" if structure is None else "Another structure", icon=":material/3d:"):
                _bring(bridge, about)
            if carried is not None:
                st.button("No colours", icon=":material/format_color_reset:", on_click=carry.clear, args=(about,))
            if structure is not None:
                st.button("Remove structure", icon=":material/close:", on_click=_remove, args=(about.key,))
            with st.popover("Residues that carry a score", icon=":material/format_color_text:"):
                carry.chooser(bridge, about, [k for k in LINKS if k in bridge.modalities], "residues")
        if about.key in _problems():
            service.show_error(_problems()[about.key])
        places = bridge.shapes.place(structure, sequence) if structure is not None else ()
        if structure is not None:
            _said(structure, bool(places))
        viewers.protein(
            sequence, f"viewer {about.key}", structure, places,
            values=_by_residue(carried[0], len(sequence)) if carried else None,
            values_label="What carries the score",
        )  # fmt: skip
        if carried is not None:
            carry.told(*carried)


def _structures() -> OrderedDict[str, Structure]:
    kept = st.session_state.setdefault("entity_structures", OrderedDict())
    return cast("OrderedDict[str, Structure]", kept)


def _try(about: Subject, make: Callable[[], Structure]) -> None:
    """Keep the structure that ``make`` gives, or what is wrong with it, and draw the fragment again."""
    problems = _problems()
    problems.pop(about.key, None)
    try:
        kept = _structures()
        kept[about.key] = make()
        while len(kept) > _KEPT:
            kept.popitem(last=False)
    except BioBridgeError as error:
        problems[about.key] = error
    common.redraw()


def _problems() -> dict[str, BioBridgeError]:
    """Why the last structure of a subject could not be had; stays until the next is tried."""
    found: dict[str, BioBridgeError] = st.session_state.setdefault("structure_problems", {})
    return found


def _remove(key: str) -> None:
    _structures().pop(key, None)
    _problems().pop(key, None)


def _bring(bridge: BridgeService, about: Subject) -> None:
    """The three ways to a structure; each says what it does before it does it."""
    file = st.file_uploader(
        f"A PDB or mmCIF file, up to {_READ_MB} MB",
        type=["pdb", "ent", "cif", "mmcif"],
        max_upload_size=_READ_MB,
        key=f"upload {about.key}",
        help="It is read on the machine that the app runs on, kept for this visit alone, and sent nowhere.",
    )
    if file is not None and st.session_state.get(f"read {about.key}") != file.file_id:
        st.session_state[f"read {about.key}"] = file.file_id
        _try(about, partial(bridge.shapes.read, file.getvalue(), theme.shorten(file.name, 60)))
    prefix, _, accession = about.curie.partition(":")
    if prefix == "UniProtKB":
        st.markdown("**AlphaFold DB** · a predicted model, by accession")
        agreed = st.checkbox(
            f"Send the accession {theme.plain(accession)} to {theme.plain(bridge.shapes.database.partition('://')[2])}",
            key=f"agree {about.key}",
        )
        if st.button("Fetch the model", disabled=not agreed, icon=":material/download:", key=f"fetch {about.key}"):
            with st.spinner("Asking AlphaFold DB; up to 15 seconds without an answer …"):
                _try(about, partial(bridge.shapes.from_alphafold, accession))
    st.markdown("**ESMFold** · predicted here from the sequence")
    if why := bridge.shapes.no_folding():
        st.caption(f"Not available: {theme.plain(why, 300)}.")
    elif st.button("Fold it", icon=":material/model_training:", key=f"fold {about.key}"):
        with st.spinner("Folding; a minute for 500 residues …", show_time=True):
            _try(about, partial(bridge.shapes.fold, about.input))


def _said(structure: Structure, placed: bool) -> None:
    """Where the structure comes from and how it lies on the sequence."""
    chains = theme.counted(sum(bool(chain.letters) for chain in structure.chains), "protein chain", "protein chains")
    parts = [f"{theme.plain(structure.name or 'Structure', 80)} ({structure.origin.value}): {chains}, "
             f"{theme.number(structure.n_atoms)} atoms."]  # fmt: skip
    if structure.origin.value == "AlphaFold DB":
        parts.append("Licence CC BY 4.0, Varadi et al. 2024.")
    if not placed:
        parts.append("It does not fit this sequence, so that a selection is not shared with it.")
    parts += [theme.plain(note, 300) for note in structure.notes]
    st.caption(" ".join(parts))


def _by_residue(carried: Attribution, length: int) -> list[float]:
    """One value a residue of the sequence, zero where nothing was measured."""
    values = [0.0] * length
    for (start, stop), value in zip(carried.spans, carried.values, strict=True):
        for place in range(start, min(stop, length)):
            values[place] = value
    return values
