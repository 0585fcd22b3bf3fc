"""A term of an ontology or a class of drugs: its definition, its place and its members."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import theme
from ui.entity import common, links, place, plain
from ui.entity.common import Subject

if TYPE_CHECKING:
    from biobridge_core.service import BridgeService

_FIRST = ("protein", "drug", "disease", "phenotype")


def show(bridge: BridgeService, about: Subject) -> None:
    """All sections of a term or a class."""
    if about.entity is not None:
        common.plain_words(plain.sentences(bridge.facts, about.entity))
        definition(about)
        place.section(bridge, about)
    counts = bridge.facts.counts(about.curie) if about.curie else {}
    others = [kind for kind in bridge.modalities if kind != about.modality]
    kinds = sorted(others, key=lambda kind: (not counts.get(kind), kind not in _FIRST))
    links.section(bridge, about, kinds, "Members and other links", "links")


def definition(about: Subject) -> None:
    """The definition as its database words it; nothing where there is none."""
    if about.entity is not None and about.entity.definition:
        st.markdown(f"**Definition** · {theme.plain(about.entity.definition, 2000)}")
