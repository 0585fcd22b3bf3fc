"""Which hits of a list are shown: known or predicted, relation, chance, approved drugs, branch of the ontology."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from biobridge_core.types import Hit, HitList, HitStatus
from ui import service, state, theme

if TYPE_CHECKING:
    from biobridge_core.pictures import Area
    from biobridge_core.service import BridgeService

_SHOWN = (10, state.DEFAULT_SHOWN, 50, 100, state.MAX_SHOWN)
_CHANCES = (0, 5, 10, 20, 30, 50, 70, 90)
_WITH_AREAS = ("disease", "phenotype")  #: kinds whose ontology has branches that people narrow a list by
_SHOWS = {"both": "All", "known": "● Known", "predicted": "○ Predicted"}


def chosen(listed: HitList, ask: state.Ask, area: frozenset[str] | None) -> list[Hit]:
    """The hits to show: known links first, then the others, each by rank.

    ``k`` bounds the predicted (or similar) ones that pass; a known link is shown whatever its rank. ``area`` holds the
    ids that lie in the branch asked for, None where none is.
    """
    known: list[Hit] = []
    others: list[Hit] = []
    for hit in listed.hits:
        if not _passes(hit, ask, area):
            continue
        (known if hit.status is HitStatus.KNOWN else others).append(hit)
    others = others[: ask.k] if ask.narrowed else [hit for hit in others if hit.rank <= max(ask.k, 1)]
    if ask.show is state.Show.KNOWN:
        return known
    return others if ask.show is state.Show.PREDICTED else known + others


def _passes(hit: Hit, ask: state.Ask, area: frozenset[str] | None) -> bool:
    if ask.relation and hit.relation != ask.relation:
        return False
    if ask.least and hit.status is HitStatus.PREDICTED and 100 * (hit.probability or 0.0) < ask.least:
        return False
    if ask.approved and hit.entity.modality == "drug" and not is_approved(hit):
        return False
    return area is None or hit.entity.id in area


def is_approved(hit: Hit) -> bool:
    """Whether a drug is approved somewhere and was not withdrawn."""
    return "approved" in hit.entity.flags and "withdrawn" not in hit.entity.flags


def areas_of(bridge: BridgeService, listed: HitList) -> tuple[Area, ...]:
    """The branches that the hits of a list lie in, the fullest first; none for kinds without such."""
    if listed.modality not in _WITH_AREAS:
        return ()
    return bridge.pictures.areas(listed.modality, [hit.entity.id for hit in listed.hits])


def applicable(ask: state.Ask, listed: HitList, areas: tuple[Area, ...]) -> tuple[state.Ask, list[str]]:
    """Drop what makes no sense for this list, e.g. a disease area among drugs, and say so."""
    relations = {hit.relation for hit in listed.hits}
    problems = []
    if ask.relation and ask.relation not in relations:
        problems.append(f"No hit here has the relation “{theme.plain(ask.relation, 60)}”, so all relations are shown.")
        ask = replace(ask, relation="")
    if ask.area and ask.area not in {area.entity.id for area in areas}:
        problems.append(f"No hit here lies in the area “{theme.plain(ask.area, 40)}”, so all areas are shown.")
        ask = replace(ask, area="")
    if ask.least and not _has_chances(listed):
        problems.append("These hits carry no chance, so none is left out for a low one.")
        ask = replace(ask, least=0)
    if ask.approved and listed.modality != "drug":
        ask = replace(ask, approved=False)  # goes on to hold for drugs once they are in view again
    return ask, problems


def controls(bridge: BridgeService, ask: state.Ask, listed: HitList, areas: tuple[Area, ...]) -> None:
    """The row of filters above the hits."""
    with st.container(horizontal=True, vertical_alignment="center", width="content", key="filters", gap="small"):
        st.session_state["set show"] = ask.show.value
        st.segmented_control(
            "Links",
            list(_SHOWS),
            key="set show",
            format_func=_SHOWS.__getitem__,
            on_change=_set,
            args=("show",),
            required=True,
            help="● known: in the graph. ○ predicted: not there, proposed by the bridge.",
            label_visibility="collapsed",
        )
        _more(bridge, ask, listed, areas)
        st.session_state["set k"] = ask.k
        st.selectbox(
            "How many of the best to rank; known links are shown whatever their rank",
            sorted({*_SHOWN, ask.k}),
            key="set k",
            format_func=lambda k: f"best {k}",
            on_change=_set,
            args=("k",),
            label_visibility="collapsed",
            width=115,
        )


def _more(bridge: BridgeService, ask: state.Ask, listed: HitList, areas: tuple[Area, ...]) -> None:
    counted = Counter(hit.relation for hit in listed.hits if hit.relation)
    with_relation = len(counted) > 1 or bool(ask.relation)
    with_chance, with_approved = _has_chances(listed), listed.modality == "drug"
    if not (with_relation or with_chance or with_approved or areas):
        return
    active = sum(map(bool, (ask.relation, ask.least, ask.approved, ask.area)))
    with st.popover(f"Filters ({active})" if active else "Filters", icon=":material/tune:", key="more_filters"):
        if with_relation:
            labels = {name: _label(bridge, name) for name in counted}
            _menu("Relation", "relation", ask.relation, labels, "any relation")
        if with_chance:
            st.session_state["set least"] = ask.least
            st.select_slider(
                "Chance of a predicted link, at least",
                sorted({*_CHANCES, ask.least}),
                key="set least",
                format_func=lambda p: f"{p} %" if p else "any",
                on_change=_set,
                args=("least",),
                help="The chance that the graph holds the link, as measured on links that were held back.",
            )
        if with_approved:
            st.session_state["set approved"] = ask.approved
            st.toggle(
                "Approved drugs only",
                key="set approved",
                on_change=_set,
                args=("approved",),
                help="Approved by some authority according to the Guide to Pharmacology, and not withdrawn.",
            )
        if areas:
            one = service.words(listed.modality)[0]
            names = {a.entity.id: f"{theme.shorten(a.entity.name, 50)} ({theme.number(len(a.members))})" for a in areas}
            _menu(f"Area of the {one} ontology", "area", ask.area, names, "any area")


def _menu(label: str, name: str, value: str, options: dict[str, str], none: str) -> None:
    key = f"set {name}"
    st.session_state[key] = value
    st.selectbox(
        label,
        ["", *options],
        key=key,
        format_func=lambda option: options.get(option, option) if option else none,
        on_change=_set,
        args=(name,),
    )


def summary(bridge: BridgeService, ask: state.Ask, areas: tuple[Area, ...], left: int, of: int) -> None:
    """What is left out and how to get it back; nothing where nothing is."""
    if not ask.narrowed:
        return
    area = next((theme.plain(a.entity.name, 60) for a in areas if a.entity.id == ask.area), "")
    parts = (
        f"relation “{theme.plain(_label(bridge, ask.relation), 60)}”" if ask.relation else "",
        f"chance of at least {ask.least} %" if ask.least else "",
        "approved drugs" if ask.approved else "",
        f"area “{area}”" if area else "",
    )
    with st.container(horizontal=True, vertical_alignment="center", key="narrowed", gap="small"):
        st.caption(
            f":material/filter_alt: {', '.join(part for part in parts if part)}: {theme.number(left)} shown, of the "
            f"{theme.number(of)} best and known.",
            width="content",
        )
        st.button("Clear filters", key="clear filters", type="tertiary", on_click=clear)


def clear() -> None:
    """Show every hit again."""
    state.put(replace(state.current(), relation="", least=0, approved=False, area=""))


def _label(bridge: BridgeService, name: str) -> str:
    relation = bridge.relations.get(name)
    return name.replace("_", " ") if relation is None else relation.label


def _has_chances(listed: HitList) -> bool:
    return any(hit.probability is not None for hit in listed.hits)


def _set(name: str) -> None:
    value = st.session_state[f"set {name}"]
    ask = state.current()
    match name:
        case "show":
            ask = replace(ask, show=state.Show(value))
        case "relation":
            ask = replace(ask, relation=value)
        case "least":
            ask = replace(ask, least=int(value))
        case "approved":
            ask = replace(ask, approved=bool(value))
        case "area":
            ask = replace(ask, area=value)
        case _:
            ask = replace(ask, k=int(value))
    state.put(ask)
