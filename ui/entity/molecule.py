"""A molecule: its drawing and shape, its properties, its targets, diseases by composition, and known drugs like it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from biobridge_core.errors import BioBridgeError
from biobridge_core.types import Entity, HitStatus, InputKind
from ui import service, theme, viewers
from ui.entity import carry, common, links, plain
from ui.entity.common import Subject

if TYPE_CHECKING:
    from biobridge_core.describe import Composed
    from biobridge_core.service import BridgeService

LINKS = (
    "protein", "disease", "therapeutic_class", "phenotype", "biological_process", "molecular_function",
    "cellular_component",
)  # fmt: skip
_DRAWN = (520, 300)
_SIMILAR = 15
_COMPOSED = 50


def show(bridge: BridgeService, about: Subject) -> None:
    """All sections of a drug or a raw molecule."""
    smiles = smiles_of(about)
    if about.entity is not None:
        common.plain_words(plain.sentences(bridge.facts, about.entity))
    if smiles:
        drawing, space = st.columns(2, gap="medium")
        with drawing:
            _drawing(bridge, about, smiles)
        with service.caught():
            _properties(bridge, smiles)
    else:
        st.info("The graph holds no structure of this substance, so that there is nothing to draw or to calculate.")
    if about.entity is not None and about.entity.definition:
        st.caption(theme.plain(about.entity.definition, 600))
    links.section(bridge, about, [k for k in LINKS if k in bridge.modalities], "Targets and other links", "links")
    if about.curie:
        with service.caught():
            _diseases(bridge, about)
    if smiles:
        _similar(bridge, about, smiles)
        with space:  # last, since it may take seconds
            _shape(bridge, about, smiles)


def smiles_of(about: Subject) -> str:
    """The structure to draw; empty where the graph describes the substance by words or a sequence."""
    if about.query.kind.value == "smiles":
        return about.query.value
    entity = about.entity
    return entity.input if entity is not None and entity.input_kind is InputKind.SMILES else ""


@st.fragment
def _drawing(bridge: BridgeService, about: Subject, smiles: str) -> None:
    st.subheader("Structure", anchor=False)
    dark = st.context.theme.type == "dark"
    with service.caught():
        carried = carry.shown(about)
        if carried is not None:
            found = carried[0]
            svg = bridge.depict_weights(found.text, found.values, *_DRAWN, dark=dark)
        else:
            svg = bridge.depict(smiles, *_DRAWN, dark=dark)
        picture = f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
        st.html(f'<div class="bb-picture"><img src="{picture}" alt="Drawing of the molecule"></div>')
        if carried is not None:
            carry.told(*carried)
        with st.container(horizontal=True, gap="small"):
            with st.popover("Atoms that carry a score", icon=":material/format_color_fill:"):
                carry.chooser(bridge, about, [k for k in LINKS if k in bridge.modalities], "atoms")
            if carried is not None:
                st.button("No colours", icon=":material/format_color_reset:", on_click=carry.clear, args=(about,))
    with st.expander("SMILES"):
        st.code(smiles, language=None, wrap_lines=True)


@st.fragment
def _shape(bridge: BridgeService, about: Subject, smiles: str) -> None:
    st.subheader("In space", anchor=False)
    try:
        with st.spinner("Laying the molecule out in space …", show_time=True):
            shape = bridge.shapes.conformer(smiles)
    except BioBridgeError as error:
        st.info(f"{theme.plain(error.message, 300)} {theme.plain(error.hint, 300)}", icon=":material/info:")
        return
    viewers.molecule_3d(shape.molblock, f"shape {about.key}")
    st.caption(
        f"One of the shapes that it takes, calculated (ETKDG{', MMFF94' if shape.relaxed else ''}), "
        f"{theme.number(shape.atoms)} atoms with hydrogens; not the shape in which it binds. {theme.plain(shape.note)}"
    )


def _properties(bridge: BridgeService, smiles: str) -> None:
    found = bridge.facts.properties(smiles)
    broken = len(found.violations)
    cells = (
        ("Formula", found.formula, "Atoms of each element."),
        ("Weight", f"{found.weight:.1f} g/mol", "Average molecular weight."),
        ("logP", f"{found.log_p:.1f}", "Calculated preference for oil over water, a power of ten (Crippen)."),
        ("TPSA", f"{found.tpsa:.0f} Å²", "Polar surface area; above 140 Å² few molecules pass the gut, above 90 Å² "
         "few enter the brain."),
        ("H-bond donors", str(found.donors), "N–H and O–H, as Lipinski counts them."),
        ("H-bond acceptors", str(found.acceptors), "N and O, as Lipinski counts them."),
        ("Rotatable bonds", str(found.rotatable), "Bonds it can turn about; many make it floppy."),
        ("QED", f"{found.qed:.2f}", "Drug-likeness from eight properties, 0 (unlike drugs) to 1 (Bickerton 2012)."),
        ("Rule of five", "kept" if not broken else f"{broken} broken",
         "Lipinski: weight ≤ 500 g/mol, logP ≤ 5, at most 5 donors and 10 acceptors. "
         + (f"Broken: {', '.join(found.violations)}." if broken else "None broken.")),
        ("Stereo centres", f"{found.stereo_centres}" + (f" ({found.undefined_centres} open)" if found.undefined_centres
         else ""), "Open ones: the structure does not say which form is meant."),
    )  # fmt: skip
    st.subheader("Properties", anchor=False, help="Calculated from the structure, not measured.")
    with st.container(horizontal=True, gap="small", key="properties"):
        for label, value, tip in cells:
            st.metric(label, value, help=tip, width=136)


def _diseases(bridge: BridgeService, about: Subject) -> None:
    st.subheader("Diseases by composition", anchor=False)
    st.caption(
        "What two known links lead to. That is no known link itself: a drug that acts on a protein of a disease may "
        "help, harm or do nothing."
    )
    for over, words in (
        ("therapeutic_class", "drug → therapeutic class → disease"),
        ("protein", "drug → protein → disease"),
    ):
        if over not in bridge.modalities:
            continue
        total, found = bridge.facts.composed(about.curie, over, "disease", limit=_COMPOSED)
        if not total:
            st.markdown(f"**{words}** · none")
            continue
        st.markdown(f"**{words}** · {theme.counted(total, 'disease', 'diseases')}")
        _composed_table(bridge, found, f"composed {over} {about.key}")
        if total > len(found):
            st.caption(f"The {len(found)} with the most intermediates of {theme.number(total)}.")


def _composed_table(bridge: BridgeService, found: Sequence[Composed], key: str) -> None:
    c = st.column_config
    st.dataframe(
        pd.DataFrame(
            {
                "name": [each.entity.name for each in found],
                "via": [", ".join(middle.name for middle in each.via[:8]) for each in found],
                "n": [len(each.via) for each in found],
                "id": [bridge.facts.home_page(each.entity.id) for each in found],
            }
        ),
        hide_index=True,
        row_height=27,
        height=min(len(found), 8) * 27 + 37,
        column_config={
            "name": c.TextColumn("Disease", width="large"),
            "via": c.TextColumn("Via", width="large", help="What both links share."),
            "n": c.NumberColumn("Ways", width="small", help="How many intermediates lead to it."),
            "id": c.LinkColumn("Database page", display_text="open", width="small", help="Needs the internet."),
        },
        key=key,
        alt="Diseases that two known links lead to",
    )


@st.fragment
def _similar(bridge: BridgeService, about: Subject, smiles: str) -> None:
    with service.caught():
        common.follow()
        st.subheader("Known molecules like it", anchor=False)
        way = st.segmented_control(
            "Alike by",
            ["space", "pieces"],
            default="space",
            format_func={"space": "In the model's space", "pieces": "By shared pieces (ECFP4)"}.__getitem__,
            key=f"alike {about.key}",
            required=True,
            label_visibility="collapsed",
        )
        if way == "pieces":
            with service.telling() as tell, st.spinner("Comparing …", show_time=True):
                found = list(bridge.facts.similar_molecules(smiles, _SIMILAR, tell))
            tip = "Tanimoto coefficient of ECFP4 fingerprints: share of circular pieces that both have, 0 to 1."
        else:
            listed = links.ranked(bridge, about.query, about.modality)
            found = [(h.entity, h.score) for h in listed.hits if h.status is HitStatus.SIMILAR][:_SIMILAR]
            tip = "Cosine of the vectors that the frozen model makes of both structures; 1 is the same."
        _similar_table(bridge, found, tip, f"similar {way} {about.key}")


def _similar_table(bridge: BridgeService, found: Sequence[tuple[Entity, float]], tip: str, key: str) -> None:
    c = st.column_config
    clicked = f"open {key}"
    st.dataframe(
        pd.DataFrame(
            {
                "drawing": [_picture(bridge, entity) for entity, _ in found],
                "name": [entity.name for entity, _ in found],
                "alike": [value for _, value in found],
                "what": [", ".join(words for words, _ in common.flags(entity)) for entity, _ in found],
                "id": [bridge.facts.home_page(entity.id) or f"entity?q={entity.id}" for entity, _ in found],
                "open": [":material/arrow_forward:"] * len(found),
            }
        ),
        hide_index=True,
        row_height=76,
        height=min(len(found), 5) * 76 + 37,
        column_config={
            "drawing": c.ImageColumn("Structure", width=128, help="Double-click to enlarge."),
            "name": c.TextColumn("Name", width="medium"),
            "alike": c.ProgressColumn("Alike", min_value=0, max_value=1, format="%.2f", width=120, help=tip),
            "what": c.TextColumn("What it is", width="medium", help="As the Guide to Pharmacology or DrugBank says."),
            "id": c.LinkColumn("Database page", display_text="open", width="small", help="Needs the internet."),
            "open": c.ButtonColumn(
                "Open", width=55, type="tertiary", key=clicked, on_click=links.open_row,
                args=(clicked, tuple(entity.id for entity, _ in found)), help="Its own page here.",
            ),
        },
        key=key,
        alt="Known molecules most like this one",
    )  # fmt: skip


def _picture(bridge: BridgeService, entity: Entity) -> str:
    if entity.input_kind is not InputKind.SMILES:
        return ""
    try:
        svg = bridge.depict(entity.input, width=116, height=72, dark=st.context.theme.type == "dark")
    except BioBridgeError:
        return ""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
