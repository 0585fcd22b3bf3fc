"""Where a candidate comes from: who gave which fragment, and its parents down to the evidence, drawn as a tree."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from ui import cards, charts, draw_sheet, service, theme

if TYPE_CHECKING:
    from biobridge_core.design.candidate import Candidate
    from biobridge_core.design.evidence import Item
    from biobridge_core.design.run import Run
    from biobridge_core.design.tree import Giver, Node
    from biobridge_core.service import BridgeService

_HOW = (
    "**How it came about**, from the candidate back to the evidence. On a coloured ground: what each molecule shares "
    "with the one that it became."
)

#: Static, holds nothing foreign.
CSS = """
.bb-givers {display: grid; gap: .7rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr));}
.bb-giver {border: 1px solid color-mix(in srgb, currentColor 22%, transparent); border-radius: .4rem; padding: .5rem;
  font-size: .88rem; overflow-wrap: anywhere; line-height: 1.4;}
.bb-giver.bb-predicted {border-style: dashed;}
.bb-giver a {color: inherit; text-decoration: underline; text-underline-offset: 2px;}
.bb-giver img {width: 100%; height: auto; max-height: 120px; object-fit: contain;}
.bb-giver code {font-size: .8rem;}
.bb-tree, .bb-tree ul {list-style: none; margin: 0 !important; padding: 0 0 0 1.1rem !important;}
.bb-tree {padding-left: 0 !important; overflow-x: auto;}
.bb-tree ul > li {position: relative; padding: .35rem 0 0 .6rem;
  border-left: 2px solid color-mix(in srgb, currentColor 30%, transparent);}
.bb-tree ul > li:last-child {border-left-color: transparent;}
.bb-tree ul > li::before {content: ""; position: absolute; left: -2px; top: 0; width: .8rem; height: 2.2rem;
  border-left: 2px solid color-mix(in srgb, currentColor 30%, transparent);
  border-bottom: 2px solid color-mix(in srgb, currentColor 30%, transparent); border-bottom-left-radius: .4rem;}
.bb-node {display: flex; gap: .6rem; align-items: center; max-width: 34rem; font-size: .86rem; line-height: 1.35;
  overflow-wrap: anywhere;}
.bb-node img {width: 150px; height: auto; flex: none;}
.bb-node a {color: inherit; text-decoration: underline; text-underline-offset: 2px;}
@media (max-width: 640px) {.bb-node img {width: 100px;} .bb-tree ul {padding-left: .3rem !important;}}
"""


def dialog(bridge: BridgeService, run: Run, candidate: Candidate) -> None:
    """Open it over the page."""
    st.dialog(f"{candidate.id}: where it comes from", width="large")(_body)(bridge, run, candidate)


def _body(bridge: BridgeService, run: Run, candidate: Candidate) -> None:
    st.html(f"<style>{CSS}{draw_sheet.CSS}</style>")
    with service.caught(), st.container(key="design_lineage"):
        dark = charts.is_dark()
        found = bridge.designer.givers(run, candidate)
        st.html(
            draw_sheet.picture(
                bridge.designer.painted(candidate, found, 560, 260, dark),
                "The candidate, each fragment coloured by what it comes from",
            )
        )
        st.markdown(sentence(found, candidate))
        st.html(f'<div class="bb-givers">{"".join(_giver(bridge, giver, dark=dark) for giver in found)}</div>')
        st.markdown(_HOW)
        st.html(f'<ul class="bb-tree"><li>{_node(bridge, bridge.designer.tree(run, candidate), dark=dark)}</li></ul>')
        st.code(candidate.smiles, language=None, wrap_lines=True)


def sentence(found: tuple[Giver, ...], candidate: Candidate) -> str:
    """Who gave how much, in one sentence of Markdown."""
    whole = max(candidate.traits.heavy, 1)
    parts = []
    for giver in found:
        share = round(100 * sum(len(f.atoms) for f in giver.fragments) / whole)
        if giver.item is not None:
            parts.append(f"**{theme.plain(giver.name, 60)}** gave {share} % of its atoms")
        elif not giver.name:
            parts.append(f"{share} % are in no molecule of the evidence")
        else:
            if giver.name == "CReM":
                parts.append(f"{share} % were put in by CReM")
                continue
            parts.append(f"{share} % are common fragments, as in {theme.plain(giver.name, 60)}")
    return "; ".join(parts) + "."


def _giver(bridge: BridgeService, giver: Giver, *, dark: bool) -> str:
    svg = (
        draw_sheet.picture(bridge.designer.painted_giver(giver, 240, 130, dark), f"Structure of {giver.name}")
        if giver.smiles
        else ""
    )
    pieces = ", ".join(f"<code>{escape(f.smiles)}</code>" for f in giver.fragments)
    if giver.item is None:
        common = f"common fragments of known drugs, here from {escape(theme.shorten(giver.name, 60))}"
        where = common if giver.name else "fragments that the generator made itself"
        where = "put in by CReM, in no known drug here" if giver.name == "CReM" else where
        return f'<div class="bb-giver">{svg}{where}<br>{pieces}</div>'
    status = giver.item.status
    return (
        f'<div class="bb-giver bb-{status.value}">{svg}{theme.STATUS_WORDS[status]} · {_name(giver.item)}'
        f"{_over(giver.item)}<br>gave {pieces}</div>"
    )


def _name(item: Item) -> str:
    return (
        cards.link(item.entity, 60)
        if ":" in item.entity.id
        else f"<b>{escape(theme.shorten(item.entity.name, 60))}</b>"
    )


def _over(item: Item) -> str:
    if item.probability is not None:
        return f" · chance {escape(theme.percent(item.probability))}"
    source = item.sources[0] if item.sources else ""
    return f" · {escape(theme.shorten(source, 60))}" if source else ""


def _node(bridge: BridgeService, node: Node, *, dark: bool) -> str:
    svg = draw_sheet.picture(bridge.designer.painted_node(node, 220, 130, dark), "A molecule on the way")
    said = (
        f"{theme.STATUS_WORDS[node.item.status]} · {_name(node.item)}"
        if node.item
        else escape(theme.shorten(node.operation, 220))
    )
    more = f"<br>{node.more} earlier not drawn" if node.more else ""
    below = "".join(f"<li>{_node(bridge, parent, dark=dark)}</li>" for parent in node.parents)
    return f'<div class="bb-node">{svg}<span>{said}{more}</span></div>' + (f"<ul>{below}</ul>" if below else "")
