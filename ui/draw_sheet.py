"""What is calculated from a drawn molecule: drawing, shape, formula, properties, rules, alerts."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from biobridge_core.errors import BioBridgeError
from ui import charts, theme, viewers

if TYPE_CHECKING:
    from biobridge_core.drawn import Alert, Molecule, Sheet
    from biobridge_core.service import BridgeService

_DRAWN = (460, 250)
_MEANING = {
    "PAINS": "Pieces that answer many assays for the wrong reason (Baell and Holloway 2010).",
    "BRENK": "Pieces that are unstable, toxic or bad for the body's handling of a drug (Brenk 2008).",
}

#: Static, holds nothing foreign.
CSS = """
.bb-picture img {max-width: 100%; height: auto; display: block; margin: 0 auto;}
.bb-facts {display: grid; grid-template-columns: repeat(auto-fill, minmax(8.2rem, 1fr)); gap: .35rem .9rem;
  margin: 0 !important; padding: 0 !important;}
.bb-facts div {border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent); padding-bottom: .15rem;}
.bb-alerts li {margin: 0 !important;}
.bb-facts dt {font-size: .8rem; opacity: .8;}
.bb-facts dd {margin: 0 !important; font-weight: 600; overflow-wrap: anywhere;}
.bb-facts .bb-broken dd::before {content: "▲ "; font-size: .8em;}
.bb-alerts {margin: .3rem 0 0 !important; padding: 0 !important; list-style: none; line-height: 1.6;}
.bb-alerts span {border: 1px solid color-mix(in srgb, currentColor 45%, transparent); border-radius: .4rem;
  padding: .05rem .45rem; margin-right: .25rem; white-space: nowrap; font-size: .86rem;}
.st-key-draw_sheet {gap: .5rem;}
.st-key-draw_load > :first-child {flex: 1 1 auto; min-width: 0;}
"""


def show(bridge: BridgeService, molecule: Molecule) -> None:
    """All of it."""
    smiles = molecule.query.value
    sheet = bridge.drawn.sheet(smiles)
    _pictures(bridge, smiles, sheet)
    st.html(facts(sheet))
    st.html(in_words(sheet.alerts))
    with st.expander("SMILES and InChIKey"):
        st.code(smiles, language=None, wrap_lines=True)
        st.code(sheet.properties.inchikey, language=None)


@st.fragment
def _pictures(bridge: BridgeService, smiles: str, sheet: Sheet) -> None:
    flat, space = st.tabs([":material/draw: 2D", ":material/view_in_ar: 3D"], key="draw_pictures", on_change="rerun")
    with flat:
        marked = any(sheet.marks)
        dark = charts.is_dark()
        try:
            svg = (
                bridge.depict_weights(smiles, sheet.marks, *_DRAWN, dark=dark)
                if marked
                else bridge.depict(smiles, *_DRAWN, dark=dark)
            )
        except BioBridgeError as error:
            st.info(f"{theme.plain(error.message, 300)} {theme.plain(error.hint, 300)}", icon=":material/info:")
        else:
            st.html(picture(svg, "Drawing of the molecule"))
            if marked:
                st.caption("Atoms that raise an alert stand on a coloured ground.")
    with space:
        if space.open:
            _shape(bridge, smiles)


def picture(svg: str, alt: str) -> str:
    """An SVG as an image: nothing in it can act."""
    data = base64.b64encode(svg.encode()).decode()
    return f'<div class="bb-picture"><img src="data:image/svg+xml;base64,{data}" alt="{escape(alt)}"></div>'


def _shape(bridge: BridgeService, smiles: str) -> None:
    try:
        with st.spinner("Laying the molecule out in space …", show_time=True):
            shape = bridge.shapes.conformer(smiles)
    except BioBridgeError as error:
        st.info(f"{theme.plain(error.message, 300)} {theme.plain(error.hint, 300)}", icon=":material/info:")
        return
    viewers.molecule_3d(shape.molblock, f"draw shape {hash(smiles):x}", height=270)
    st.caption(
        f"One of the shapes that it takes, calculated (ETKDG{', MMFF94' if shape.relaxed else ''}); not the shape in "
        f"which it binds. {theme.plain(shape.note)}"
    )


def facts(sheet: Sheet) -> str:
    """Properties as HTML, with what each means in its tooltip."""
    found, effort, veber = sheet.properties, sheet.accessibility, sheet.veber
    broken = len(found.violations)
    cells = (
        ("Formula", found.formula, "Atoms of each element.", False),
        ("Weight", f"{found.weight:.1f} g/mol", "Average molecular weight.", found.weight > 500),
        ("logP", f"{found.log_p:.1f}", "Calculated preference for oil over water, a power of ten (Crippen).",
         found.log_p > 5),
        ("TPSA", f"{found.tpsa:.0f} Å²", "Polar surface area; above 140 Å² few molecules pass the gut, above 90 Å² few "
         "enter the brain.", found.tpsa > 140),
        ("H-bond donors", str(found.donors), "N–H and O–H, as Lipinski counts them.", found.donors > 5),
        ("H-bond acceptors", str(found.acceptors), "N and O, as Lipinski counts them.", found.acceptors > 10),
        ("Rotatable bonds", str(found.rotatable), "Bonds it can turn about; many make it floppy.",
         found.rotatable > 10),
        ("QED", f"{found.qed:.2f}", "Drug-likeness from eight properties, 0 (unlike drugs) to 1 (Bickerton 2012).",
         False),
        ("SA score", f"{effort:.1f} of 10", "How hard it is to make: 1 easy, 10 hard (Ertl and Schuffenhauer 2009).",
         effort > 6),
        ("Rule of five", f"{broken} broken" if broken else "kept",
         f"Lipinski. {'Broken: ' + ', '.join(found.violations) if broken else 'None of the four is broken'}.",
         broken > 0),
        ("Veber's rule", "broken" if veber else "kept",
         f"At most 10 rotatable bonds and 140 Å² of polar surface. {'Broken: ' + ', '.join(veber) if veber else ''}",
         bool(veber)),
        ("Stereo centres", f"{found.stereo_centres}" + (f" ({found.undefined_centres} open)" if found.undefined_centres
         else ""), "Open ones: the structure does not say which form is meant.", False),
    )  # fmt: skip
    lines = "".join(
        f'<div title="{escape(tip)}"{" class=bb-broken" if bad else ""}><dt>{escape(label)}</dt>'
        f"<dd>{escape(value)}</dd></div>"
        for label, value, tip, bad in cells
    )
    return f'<dl class="bb-facts">{lines}</dl>'


def in_words(alerts: Sequence[Alert]) -> str:
    """Alerts as HTML, one line a catalogue."""
    lines = []
    for name, meaning in _MEANING.items():
        own = [alert for alert in alerts if alert.catalogue == name]
        said = "".join(
            f"<span>▲ {escape(a.name)}{f' ×{len(a.places)}' if len(a.places) > 1 else ''}</span>" for a in own
        )
        lines.append(f'<li title="{escape(meaning)}"><b>{name} alerts</b> {said or "none found"}</li>')
    return f'<ul class="bb-alerts">{"".join(lines)}</ul>'
