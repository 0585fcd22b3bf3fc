"""The answer to one query: a sentence first, then hits kind by kind, then the controls, then what made it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import streamlit as st

from biobridge_core.types import Hit, HitList, HitStatus, InputKind, Query, QueryKind, Relative, Retrieval
from ui import charts, export, filters, headline, hits, map, nav, network, relative, service, state, theme, why

if TYPE_CHECKING:
    from biobridge_core.service import BridgeService

_READ = {InputKind.SEQUENCE: "sequence", InputKind.SMILES: "structure", InputKind.TEXT: "description"}
_LEAST_SHARE = 0.001  #: of what is borrowed, from which on a neighbour is named
_KEPT = 6  #: results kept a visitor, so that going back costs nothing


@st.fragment
def show(bridge: BridgeService, query: Query, asked: str = "") -> None:
    """Everything about one query. A fragment: its controls redraw it alone.

    ``asked`` is what the box held; where a row was asked about since, the whole page is redrawn for that.
    """
    _leave(asked)
    with st.container(key="result"), service.caught(otherwise=state.unanswered):
        ask = state.current()
        retrieval, when = _retrieve(bridge, query, _wanted(ask, query))
        ask = _in_view(ask, retrieval)
        listed = next(item for item in retrieval.lists if item.modality == ask.to)
        areas = filters.areas_of(bridge, listed)
        ask, problems = filters.applicable(ask, listed, areas)
        state.write(state.to_address(ask, query))
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="answer", gap="small"
        ):
            st.markdown(f"##### {headline.sentence(retrieval, listed)}")
            filters.controls(bridge, ask, listed, areas)
        for problem in problems:
            st.warning(problem, icon=":material/link_off:")
        _warnings(retrieval)
        near = relative.of(bridge, retrieval)
        if relative.close(near):
            relative.show(bridge, near, listed)
        for line in rests_on(retrieval, listed, None if relative.close(near) else near):
            st.caption(line)
        tabs = {item.modality: _tab(item, retrieval) for item in retrieval.lists}
        _control("Kind", "to", tabs, ask.to, "What to look for. The number is how many links the graph knows.")
        inside = next((area.members for area in areas if area.entity.id == ask.area), None)
        chosen = filters.chosen(listed, ask, inside)
        filters.summary(bridge, ask, areas, len(chosen), len(listed.hits))
        key = f"{state.sense_of(query)} {asked[:60]} {ask.to} {ask.show} {ask.k} {ask.relation} {ask.least} {ask.area}"
        _hits(bridge, retrieval, listed, chosen, ask, f"{key} {ask.approved}")
        _below(bridge, _as_shown(retrieval, ask), when, ask)
        if chosen:
            _views(bridge, retrieval, listed, chosen)


def _leave(asked: str) -> None:
    """Go where a button in a row leads: to the page of its hit, or to a question about it."""
    st.session_state.pop("asked in why", None)
    if curie := st.session_state.pop("leave for", ""):
        nav.go("entity", {"q": curie})
    if asked and state.current().q != asked:
        st.rerun()


def _wanted(ask: state.Ask, query: Query) -> int:
    """How many hits to rank: more than are shown where some may be left out, or where asking again costs seconds."""
    return state.MAX_SHOWN if ask.narrowed or query.kind is not QueryKind.ENTITY else ask.k


def _as_shown(retrieval: Retrieval, ask: state.Ask) -> Retrieval:
    """The result with as many hits of each kind as were asked for, known links apart: what a file holds."""
    lists = tuple(
        replace(item, hits=tuple(h for h in item.hits if h.rank <= ask.k or h.status is HitStatus.KNOWN))
        for item in retrieval.lists
    )
    return replace(retrieval, lists=lists)


def _views(bridge: BridgeService, retrieval: Retrieval, listed: HitList, chosen: Sequence[Hit]) -> None:
    """The same hits as pictures; only the one in view is drawn."""
    key = f"{listed.modality} {len(chosen)}"
    plot, on_map, as_network = st.tabs(
        [
            ":material/scatter_plot: Score and percentile",
            ":material/map: Map",
            ":material/hub: Network of the evidence",
        ],
        key="views",
        on_change="rerun",
    )
    with plot:
        if plot.open:
            charts.show(
                charts.standing(chosen, listed.n_candidates, listed.modality), f"plot {key}", "Score and percentile"
            )
    with on_map:
        if on_map.open:
            map.show(bridge, retrieval, listed.modality, chosen, key)
    with as_network:
        if as_network.open:
            network.show(bridge, retrieval, chosen, key)


def _retrieve(bridge: BridgeService, query: Query, k: int) -> tuple[Retrieval, datetime]:
    kept: OrderedDict[tuple[Query, int], tuple[Retrieval, datetime]] = st.session_state.setdefault(
        "kept", OrderedDict()
    )
    if (query, k) not in kept:
        doing = "Ranking" if query.kind is QueryKind.ENTITY else "Reading the input and ranking"
        with loading(doing) as tell:
            own_last = sorted(bridge.modalities, key=lambda name: name == query.modality)
            kept[query, k] = (bridge.retrieve(query, to=own_last, k=k, progress=tell), datetime.now(UTC))
        while len(kept) > _KEPT:
            kept.popitem(last=False)
    return kept[query, k]


@contextmanager
def loading(doing: str, key: str = "ranking") -> Iterator[Callable[[str, float], None]]:
    """Say what is being done; whatever stands below, such as the answer to the last question, is hidden meanwhile.

    Gives a function that is told when it takes longer, see :func:`service.telling`.
    """
    place = st.empty()
    try:
        with place.container(key=f"loading_{key}"), service.telling() as tell, st.spinner(f"{doing} …", show_time=True):
            st.html('<div class="bb-ghost"></div>' * 4)
            yield tell
    finally:
        place.empty()


def _in_view(ask: state.Ask, retrieval: Retrieval) -> state.Ask:
    targets = [item.modality for item in retrieval.lists]
    problem = state.check_target(ask, targets)
    for message in (*state.take_problems(), *([problem] if problem else [])):
        st.warning(message, icon=":material/link_off:")
    if ask.to in targets:
        return ask
    others = [name for name in targets if name != retrieval.query.modality]
    direct = [item.modality for item in retrieval.lists if item.modality in others and not item.route]
    about_disease = retrieval.query.kind is QueryKind.TEXT and retrieval.query.modality == "disease"
    if "disease" in (direct or others) or (about_disease and "disease" in targets):
        return replace(ask, to="disease")  # of a text about a disease, the diseases that it fits
    return replace(ask, to=(direct or others or targets)[0])  # what a relation leads to, before what only a route does


def _warnings(retrieval: Retrieval) -> None:
    for warning in retrieval.warnings:
        st.markdown(f":orange[:material/info:] {theme.plain(warning, 400)}")


def rests_on(retrieval: Retrieval, listed: HitList, near: Relative | None = None) -> list[str]:
    """What these hits rest on, one line of Markdown each: the one place where that is worded.

    The query's own links, or those of the known entities that it is nearest to; nothing for a list of similar entities,
    which is that nearness itself. ``near`` is the known protein that a new sequence is nearest to.
    """
    query, entity = retrieval.query, retrieval.entity
    if listed.modality == query.modality:
        return []
    if retrieval.own_memory and entity is not None:
        read = _READ[entity.input_kind]
        return [f"Rests on the links of {theme.plain(entity.name, 60)} in the graph, and on its {read}."]
    lenders = [(e, share) for e, share in retrieval.read_from if share >= _LEAST_SHARE] or retrieval.read_from[:1]
    lent = ", ".join(f"{theme.plain(e.name, 40)} ({theme.percent(share)})" for e, share in lenders)
    if entity is not None:
        held = any(item.n_known for item in retrieval.lists)
        why = "Its links were held back from training" if held else "The graph has no link of it"
        return [f"{why}: read as if it were new, by the links of its nearest known neighbours, {lent}."] if lent else []
    if not lent:
        nearest = " · ".join(f"{theme.plain(e.name, 60)} {cosine:.2f}" for e, cosine in retrieval.nearest_known[:3])
        told = f"Not in the graph itself. Nearest there, with cosine in the encoder's space: {nearest}"
        return [told] if nearest else []
    line = f"Not in the graph itself: read by the links of its nearest known neighbours, {lent}."
    if near is not None:
        line += f" {theme.plain(near.entity.name, 40)} is {near}."
    return [line]


def _tab(item: HitList, retrieval: Retrieval) -> str:
    plural = service.words(item.modality)[1]
    word = f"similar {plural}" if item.modality == retrieval.query.modality else plural
    count = f" · {theme.number(item.n_known)}" if item.n_known else ""
    style = theme.style_of(item.modality)
    return f":{style.colour}[{style.icon}] {word}{count}"


def _control(label: str, name: str, options: dict[str, str], value: str, tip: str) -> None:
    key = f"set {name}"
    st.session_state[key] = value
    st.segmented_control(
        label,
        list(options),
        key=key,
        format_func=options.__getitem__,
        on_change=_set,
        args=(name,),
        required=True,
        help=tip,
        label_visibility="collapsed",
    )


def _set(name: str) -> None:
    value = st.session_state[f"set {name}"]
    state.put(replace(state.current(), to=value, relation="", area=""))  # no other kind has the same


def _hits(
    bridge: BridgeService, retrieval: Retrieval, listed: HitList, chosen: Sequence[Hit], ask: state.Ask, key: str
) -> None:
    if not chosen:
        one, _ = service.words(listed.modality)
        what = "known link to" if ask.show is state.Show.KNOWN else f"{ask.show.value} link to"
        way = "Clear the filters, or choose another kind." if ask.narrowed else "Choose “All”, or another kind."
        what = f"link that passes the filters to any {one}" if ask.narrowed else f"{what} any {one}"
        st.info(f"There is no {what} here. {way}", icon=":material/filter_alt_off:")
        return
    with st.container(key=f"kind_{listed.modality}"):
        selected = hits.draw(chosen, bridge, listed.n_candidates, key)
    st.caption(order_of(listed, chosen, ask.k))
    if selected is not None:
        _why(key)(bridge, retrieval.query, selected)


def _why(key: str) -> Callable[[BridgeService, Query, Hit], None]:
    """The panel beside the table; closing it takes the selection back."""

    def inside(bridge: BridgeService, query: Query, hit: Hit) -> None:
        if st.session_state.pop("asked in why", False):
            st.rerun()
        why.panel(bridge, query, hit)
        with st.container(horizontal=True, gap="small"):
            st.button(
                "Ask about this",
                icon=":material/arrow_forward:",
                key="why ask",
                on_click=_ask_instead,
                args=(key, hit.entity.id),
            )
            if nav.exists("entity") and st.button("Open its page", icon=":material/description:", key="why open"):
                nav.go("entity", {"q": hit.entity.id})

    return st.dialog("Why this hit", width=760, position="right", on_dismiss=lambda: hits.forget(key))(inside)


def _ask_instead(key: str, curie: str) -> None:
    hits.forget(key)
    state.put(state.Ask(q=curie))
    st.session_state["fresh"] = True
    st.session_state["asked in why"] = True


def order_of(listed: HitList, chosen: Sequence[Hit], k: int) -> str:
    """How many hits are shown and why in this order, in Markdown."""
    one, many = service.words(listed.modality)
    parts = [f"{theme.number(len(chosen))} of {theme.counted(listed.n_candidates, one, many)}."]
    known = [hit for hit in chosen if hit.status is HitStatus.KNOWN]
    if known:
        found = sum(hit.rank <= k for hit in known)
        parts.append(
            f"The known link comes first, whatever its rank: it is {'' if found else 'not '}among the best {k}."
            if len(known) == 1
            else f"Known links come first, whatever their rank: {found or 'none'} of these {theme.number(len(known))} "
            f"{'is' if found == 1 else 'are'} among the best {k}."
        )
        if len(known) < listed.n_known:
            parts.append(f"The graph knows {theme.number(listed.n_known)}; the others rank lower still.")
    else:
        parts.append("Best first.")
    return " ".join([*parts, theme.plain(listed.note, 300)]).strip()


def _below(bridge: BridgeService, retrieval: Retrieval, when: datetime, ask: state.Ask) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="below", gap="small"):
        _download("csv", "text/csv", partial(export.to_csv, retrieval, when), retrieval)
        _download("json", "application/json", partial(export.to_json, retrieval, when), retrieval)
        _download("html", "text/html", partial(export.to_html, bridge, retrieval, when), retrieval)
        params = state.link(ask, retrieval.query)
        if params:
            with st.popover("Link", icon=":material/link:"):
                st.caption("A link to this view. It holds what you asked; free text is put into an address only here.")
                st.code(f"/explore?{urlencode(params)}", language=None, wrap_lines=True)
        with st.popover("How", icon=":material/info:"):
            _provenance(retrieval, when)


def _download(ending: str, mime: str, make: Callable[[], bytes], retrieval: Retrieval) -> None:
    tip = "Every kind of hit, with the query, models and data that made it."
    export.download(ending, mime, make, export.file_name(retrieval, ending), f"download {ending}", tip)


def _provenance(retrieval: Retrieval, when: datetime) -> None:
    made = retrieval.provenance
    rows = {
        "encoder": made.encoder,
        "bridge": made.bridge,
        "graph": made.graph,
        "profile": made.profile,
        "device": made.device,
        "version": made.version,
        "asked": f"{when:%Y-%m-%d %H:%M} UTC, {retrieval.seconds:.2g} s",
    }
    st.markdown(
        "A frozen foundation model turns the input into a vector; the bridge, trained on the links of the graph, moves "
        "it into the space of the other kinds. Its memory adds the links of the entity itself or, for a new input, of "
        "the known ones nearest to it."
    )
    for name, value in rows.items():
        st.text(f"{name}: {value}")
