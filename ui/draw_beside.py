"""A drawn molecule beside others: known drugs most like it, and a reference with the differences marked."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from biobridge_core.errors import BioBridgeError
from biobridge_core.types import Entity, InputKind
from ui import cards, charts, draw_sheet, service, theme

if TYPE_CHECKING:
    from biobridge_core.drawn import Molecule
    from biobridge_core.service import BridgeService

_NEAREST = 6
_BY = {"pieces": "By shared pieces (ECFP4)", "space": "In the model's space"}

#: Static, holds nothing foreign.
CSS = """
.bb-near {display: grid; grid-template-columns: repeat(auto-fill, minmax(10.5rem, 1fr)); gap: .6rem;}
.bb-near > div {border: 1px solid color-mix(in srgb, currentColor 22%, transparent); border-radius: .4rem;
  padding: .45rem .6rem; line-height: 1.35; overflow-wrap: anywhere;}
.bb-near img {width: 100%; height: auto;}
.bb-near a {color: inherit; font-weight: 600; text-underline-offset: 2px;}
.bb-near small {opacity: .85;}
"""


@st.fragment
def nearest(bridge: BridgeService, molecule: Molecule) -> None:
    """Known drugs most like it, by fingerprint or in the space that the bridge reads."""
    st.html(f"<style>{CSS}</style>")
    st.subheader("Known drugs most like it", anchor=False)
    with service.caught():
        way = st.segmented_control(
            "Alike by", list(_BY), default="pieces", format_func=_BY.__getitem__, key="draw alike", required=True,
            label_visibility="collapsed",
        )  # fmt: skip
        smiles = molecule.query.value
        with service.telling() as tell, st.spinner("Comparing …", show_time=True):
            if way == "space":
                listed = bridge.retrieve(molecule.query, to=[molecule.query.modality], k=_NEAREST + 1, progress=tell)
                pairs = [(hit.entity, hit.score) for hit in listed.lists[0].hits if hit.entity.input != smiles]
                tip = "cosine"
            else:
                pairs = list(bridge.facts.similar_molecules(smiles, _NEAREST, tell))
                tip = "Tanimoto"
        st.html(f'<div class="bb-near">{"".join(_near(bridge, e, v, tip) for e, v in pairs[:_NEAREST])}</div>')
        same = "how alike the frozen model finds both structures" if way == "space" else "share of pieces both have"
        st.caption(f"{tip.capitalize()}: {same}; 1 is the same.")


def _near(bridge: BridgeService, entity: Entity, alike: float, tip: str) -> str:
    picture = ""
    if entity.input_kind is InputKind.SMILES:
        try:
            drawn = bridge.depict(entity.input, width=200, height=110, dark=charts.is_dark())
            picture = draw_sheet.picture(drawn, "")
        except BioBridgeError:
            picture = ""
    approved = " · approved" if "approved" in entity.flags else ""
    return f"<div>{picture}{cards.link(entity, 60)}<br><small>{escape(tip)} {alike:.2f}{approved}</small></div>"


@st.fragment
def reference(bridge: BridgeService, molecule: Molecule) -> None:
    """A molecule to compare with, and where the two differ."""
    st.subheader("Beside a reference", anchor=False)
    smiles = molecule.query.value
    text = st.text_input(
        "Reference",
        key="draw reference",
        placeholder="A known drug or a SMILES, e.g. erlotinib",
        label_visibility="collapsed",
    ).strip()
    with service.caught():
        if text:
            other, curie = bridge.drawn.named(text, bridge.interpret)
            other = bridge.drawn.read(other).query.value
            name = bridge.entity(curie).name if curie else "the reference"
        else:
            closest = bridge.facts.similar_molecules(smiles, 1)
            if not closest or closest[0][0].input_kind is not InputKind.SMILES:
                st.caption("Name a molecule to compare with.")
                return
            other, name = bridge.drawn.read(closest[0][0].input).query.value, closest[0][0].name
            st.caption("The known drug that shares most pieces stands here until you name another one.")
        found = bridge.drawn.difference(smiles, other, charts.is_dark())
        named = theme.plain(name, 60)
        st.markdown(
            f"The same molecule as **{named}**."
            if found.same
            else f"Shares **{found.common} of {found.sizes[0]}** heavy atoms with **{named}** ({found.sizes[1]}); "
            f"Tanimoto (ECFP4) {found.tanimoto:.2f}."
        )
        own, theirs = st.columns(2)
        with own:
            st.html(draw_sheet.picture(found.drawings[0], "The drawn molecule, its own atoms marked"))
            st.caption("As drawn")
        with theirs:
            st.html(draw_sheet.picture(found.drawings[1], "The reference, its own atoms marked"))
            st.caption(named)
        st.caption(
            "Atoms on a coloured ground are outside the largest part that both share, whole rings only."
            + ("" if found.complete else " The search was cut off, so that more may be shared.")
        )
