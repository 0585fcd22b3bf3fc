"""Where an entity stands in its ontology: the way from the root, what is above it and what is below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from biobridge_core.types import Entity
from ui import asking, service, theme
from ui.entity.common import Subject

if TYPE_CHECKING:
    from biobridge_core.service import BridgeService

_SHOWN = 12


def section(bridge: BridgeService, about: Subject, title: str = "Its place") -> None:
    """Path from the root, parents and children, each opens its own page; nothing where it stands alone."""
    place = bridge.facts.position(about.curie) if about.curie else None
    if place is None or not (place.n_above or place.n_below):
        return
    many = theme.plain(service.words(about.modality)[1])
    st.subheader(title, anchor=False)
    if len(place.path) > 1:
        with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", key="place_path"):
            for step in place.path[:-1]:
                _button(step, "path")
                st.markdown("›", width="content")
            st.markdown(f"**{theme.plain(place.path[-1].name, 80)}**", width="content")
        above = f"One way from the root; {theme.number(place.n_above)} {many} lie above it in all"
    else:
        above = f"Nothing lies above it among the {many}"
    st.caption(f"{above}, {theme.number(place.n_below) if place.n_below else 'none'} below.")
    others = [parent for parent in place.parents if parent.id not in {step.id for step in place.path}]
    if others:
        _row("Also a kind of", others, len(others), "parents")
    if place.n_children:
        _row("Its kinds", place.children, place.n_children, "children")


def _row(title: str, entities: Sequence[Entity], total: int, name: str) -> None:
    st.markdown(f"{title} · {theme.number(total)}")
    with st.container(horizontal=True, gap="small", key=f"place_{name}"):
        for each in entities[:_SHOWN]:
            _button(each, name)
    if len(entities) > _SHOWN:
        with (
            st.expander(f"{theme.number(len(entities) - _SHOWN)} more by name"),
            st.container(horizontal=True, gap="small"),
        ):
            for each in entities[_SHOWN:]:
                _button(each, name)
    if total > len(entities):
        st.caption(f"The first {theme.number(len(entities))} of {theme.number(total)} by name.")


def _button(entity: Entity, name: str) -> None:
    st.button(
        theme.plain(entity.name, 60),
        key=f"place {name} {entity.id}",
        type="tertiary",
        on_click=asking.ask,
        args=(entity.id,),
        help=theme.plain(entity.id),
    )
