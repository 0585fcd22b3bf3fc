"""What every page of an entity begins with: what it is, what else it is called, where it is at home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.errors import StreamlitAPIException

from biobridge_core.types import Entity, Query, QueryKind
from ui import asking, nav, service, state, theme

if TYPE_CHECKING:
    from biobridge_core.service import BridgeService

#: label, input, what it shows
EXAMPLES = (
    ("Gene SCN1A", "UniProtKB:P35498", "A protein: its sequence and structure, what it does, diseases and drugs"),
    ("Imatinib", "imatinib", "A molecule: its drawing and shape, properties, targets and known drugs like it"),
    ("Dravet syndrome", "MONDO:0100135", "A disease: its signs with frequency, its place, its genes, in plain words"),
)
_SYNONYMS = 12
_XREFS = 8
_FLAGS = {
    "approved": ("approved drug", "green"),
    "withdrawn": ("withdrawn drug", "orange"),
    "endogenous": ("made by the body", "gray"),
    "peptide": ("peptide", "gray"),
    "antibody": ("antibody", "gray"),
    "labelled": ("radioactively labelled", "gray"),
}

#: Static. On a phone, cards stand in for tables; the sections keep a line's distance.
CSS = """
.st-key-entity_head h3 {padding: 0; font-size: 1.5rem;}
.st-key-entity_head .stCaptionContainer p {margin-bottom: .1rem;}
[class*=st-key-known_cards] {display: none;}
.bb-plain {border-left: 4px solid color-mix(in srgb, currentColor 35%, transparent); padding: .1rem 0 .1rem .9rem;
  max-width: 150ch; line-height: 1.5; columns: 2 46ch; column-gap: 3rem;}
.bb-plain p {margin: 0 0 .45rem; break-inside: avoid;}
.bb-picture img {max-width: 100%; height: auto; display: block; margin: 0 auto;}
.st-key-properties [data-testid=stMetricValue] {font-size: 1.15rem;}
.st-key-properties [data-testid=stMetricLabel] p {font-size: .82rem;}
.st-key-place_path {row-gap: 0;}
.bb-steps {line-height: 1.7; overflow-wrap: anywhere;}
@media (max-width: 640px) {
  [class*=st-key-known_table] {display: none;}
  [class*=st-key-known_cards] {display: block;}
}
"""


@dataclass(frozen=True, slots=True)
class Subject:
    """What the page is about: an entity of the graph, or a raw input, or both where the input is one of them."""

    query: Query
    entity: Entity | None
    warnings: tuple[str, ...] = ()
    nearest: tuple[tuple[Entity, float], ...] = ()  #: of a raw input: entities of its kind, with cosine

    @property
    def modality(self) -> str:
        """Machine name of its kind."""
        return self.query.modality

    @property
    def curie(self) -> str:
        """Its id in the graph; empty for an input that the graph does not hold."""
        return self.entity.id if self.entity else ""

    @property
    def name(self) -> str:
        """What to call it in a sentence, not escaped."""
        if self.entity:
            return self.entity.name
        return {QueryKind.SEQUENCE: "this sequence", QueryKind.SMILES: "this molecule"}.get(
            self.query.kind, "this text"
        )

    @property
    def input(self) -> str:
        """What the encoder reads: sequence, SMILES or text."""
        return self.query.value if self.query.kind is not QueryKind.ENTITY or not self.entity else self.entity.input

    @property
    def key(self) -> str:
        """Tells the widgets of one subject from those of another."""
        return f"{state.sense_of(self.query)} {hash(self.query.value):x}"


def subject(bridge: BridgeService, query: Query) -> Subject:
    """Look up what a query is about; a raw input is encoded, which may take seconds."""
    if query.kind is QueryKind.ENTITY:
        return Subject(query, bridge.entity(query.value))
    with service.telling() as tell, st.spinner("Reading the input …", show_time=True):
        found = bridge.retrieve(query, to=[query.modality], k=5, progress=tell)
    return Subject(query, found.entity, found.warnings, found.nearest_known)


def examples() -> None:
    """Three things to try, each with what it shows."""
    with st.container(horizontal=True, key="entity_examples", gap="small"):
        for number, (label, text, why) in enumerate(EXAMPLES):
            with st.container(key=f"entity_example_{number}", width=300, gap="xxsmall"):
                st.button(label, key=f"entity example {label}", on_click=asking.ask, args=(text,), width="stretch")
                st.caption(why)


def heading(bridge: BridgeService, about: Subject) -> None:
    """Name, kind, ids with their pages, other names; the way to the other pages."""
    st.html(f"<style>{CSS}</style>")
    entity = about.entity
    style = theme.style_of(about.modality)
    kind = service.words(about.modality)[0]
    title = theme.plain(entity.name if entity else about.query.label or about.name, 120)
    with st.container(key="entity_head", gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.subheader(title, anchor=False, width="content")
            st.badge(theme.plain(kind), icon=style.icon, color=style.colour)
            for words, colour in flags(entity):
                st.badge(words, color=colour)  # type: ignore[arg-type]
        if entity is not None:
            if entity.full_name and entity.full_name != entity.name:
                st.markdown(theme.plain(entity.full_name, 200))
            if places := homes(bridge, entity):
                st.caption(places)
            if entity.synonyms:
                st.caption(_also(entity))
        else:
            st.caption("Not in the graph itself: what follows is calculated from the input, or predicted.")
    _doors(about)
    for warning in about.warnings:
        st.markdown(f":orange[:material/info:] {theme.plain(warning, 400)}")
    if about.entity is None and about.nearest:
        near = " · ".join(f"{theme.plain(e.name, 50)} {cosine:.2f}" for e, cosine in about.nearest[:3])
        many = theme.plain(service.words(about.modality)[1])
        st.caption(f"Nearest known {many}, cosine in the model's space: {near}")


def flags(entity: Entity | None) -> list[tuple[str, str]]:
    """Words and colours of what the graph remarks on an entity."""
    return [_FLAGS[flag] for flag in (entity.flags if entity else ()) if flag in _FLAGS]


def homes(bridge: BridgeService, entity: Entity) -> str:
    """Ids of an entity in Markdown, each a link where its database has a page."""
    ids = dict.fromkeys((entity.id, *(x for x in entity.xrefs if not x.startswith("SMILES:"))))
    shown = list(ids)[: _XREFS + 1]
    more = len(ids) - len(shown)
    words = []
    for curie in shown:
        url = bridge.facts.home_page(curie)
        words.append(f"[{theme.plain(curie, 60)}]({url})" if url else theme.plain(curie, 60))
    return " · ".join(words) + (f" · {more} more" if more else "")


def _also(entity: Entity) -> str:
    named = [theme.plain(word, 60) for word in entity.synonyms[:_SYNONYMS]]
    more = len(entity.synonyms) - len(named)
    return f"Also called: {', '.join(named)}" + (f" and {more} more" if more else "")


def _doors(about: Subject) -> None:
    params = state.link(state.Ask(q=state.current().q, sense=state.current().sense), about.query)
    with st.container(horizontal=True, gap="small", key="entity_doors"):
        if params and nav.exists("explore"):
            st.page_link(nav.file_of("explore"), label="Open in Explore", icon=":material/search:", query_params=params)
        if about.curie and nav.exists("compare"):
            st.page_link(
                nav.file_of("compare"),
                label="Compare with another",
                icon=":material/compare_arrows:",
                query_params={"a": about.curie},
            )


def plain_words(lines: Sequence[str]) -> None:
    """A box of sentences for a reader without a background. The sentences are plain text and are escaped here."""
    if lines:
        body = "".join(f"<p>{escape(line)}</p>" for line in lines)
        st.html(f'<div class="bb-plain">{body}</div>')
        st.caption("Put together from the entries of the graph, word by word; nothing is added.")


def redraw() -> None:
    """Draw the fragment again, or the page where it is being drawn as a whole."""
    try:
        st.rerun(scope="fragment")
    except StreamlitAPIException:
        st.rerun()


def follow() -> None:
    """Inside a fragment: redraw the whole page where a button in it asked about something else."""
    if st.session_state.get("fresh"):
        st.rerun()
