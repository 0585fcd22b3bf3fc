"""The answer to one query: a sentence first, then hits kind by kind, then the controls, then what made it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import streamlit as st

from biobridge_core.types import Hit, HitList, HitStatus, InputKind, Query, QueryKind, Retrieval
from ui import export, hits, service, state, theme

if TYPE_CHECKING:
    from biobridge_core.service import BridgeService

_SHOWN = (10, state.DEFAULT_SHOWN, 50, 100, state.MAX_SHOWN)
_RAW = {
    QueryKind.ENTITY: "this entity",
    QueryKind.SEQUENCE: "this sequence",
    QueryKind.SMILES: "this molecule",
    QueryKind.TEXT: "this text",
}
_READ = {InputKind.SEQUENCE: "sequence", InputKind.SMILES: "structure", InputKind.TEXT: "description"}
_KEPT = 6  #: results kept a visitor, so that going back costs nothing


@st.fragment
def show(bridge: BridgeService, query: Query) -> None:
    """Everything about one query. A fragment: its controls redraw it alone."""
    with service.caught(otherwise=state.unanswered):
        ask = state.current()
        retrieval, when = _retrieve(bridge, query, ask.k)
        ask = _in_view(ask, retrieval)
        state.write(state.to_address(ask, query))
        listed = next(item for item in retrieval.lists if item.modality == ask.to)
        with st.container(key="result"):
            with st.container(
                horizontal=True,
                horizontal_alignment="distribute",
                vertical_alignment="center",
                key="answer",
                gap="small",
            ):
                st.markdown(f"##### {sentence(retrieval, listed)}")
                _filters(ask)
            _warnings(retrieval)
            for line in rests_on(bridge, retrieval, listed):
                st.caption(line)
            tabs = {item.modality: _tab(item, retrieval) for item in retrieval.lists}
            _control("Kind", "to", tabs, ask.to, "What to look for. The number is how many links the graph knows.")
            _hits(bridge, listed, ask, key=f"{state.sense_of(query)} {ask.q[:60]} {ask.to} {ask.show} {ask.k}")
            _below(bridge, retrieval, when, ask)


def sentence(retrieval: Retrieval, listed: HitList) -> str:
    """The answer in one sentence of Markdown."""
    one, many = service.words(listed.modality)
    who = f"**{theme.plain(retrieval.entity.name, 60)}**" if retrieval.entity else _RAW[retrieval.query.kind]
    best = next((hit for hit in listed.hits if hit.status is not HitStatus.KNOWN), None)
    linked = f"{who} is linked to {theme.counted(listed.n_known, one, many)} in the graph"
    if best is None:
        return f"{linked}; nothing else ranks as high." if listed.n_known else f"{linked}."
    name = f"**{theme.plain(best.entity.name, 80)}**"
    ranked = theme.counted(listed.n_candidates, one, many)
    if best.status is HitStatus.SIMILAR:
        return f"Of {ranked}, {name} is most like {who}."
    if retrieval.entity and listed.n_known:
        return f"{linked}; of the others, the bridge ranks {name} highest."
    if retrieval.entity and not listed.route:
        return f"The graph links {who} to no {one}; the bridge ranks {name} highest of {ranked}."
    return f"Of {ranked}, the bridge ranks {name} highest for {who}."


def _retrieve(bridge: BridgeService, query: Query, k: int) -> tuple[Retrieval, datetime]:
    kept: OrderedDict[tuple[Query, int], tuple[Retrieval, datetime]] = st.session_state.setdefault(
        "kept", OrderedDict()
    )
    if (query, k) not in kept:
        doing = "Ranking" if query.kind is QueryKind.ENTITY else "Reading the input and ranking"
        with service.telling() as tell, st.spinner(f"{doing} …", show_time=True):
            own_last = sorted(bridge.modalities, key=lambda name: name == query.modality)
            kept[query, k] = (bridge.retrieve(query, to=own_last, k=k, progress=tell), datetime.now(UTC))
        while len(kept) > _KEPT:
            kept.popitem(last=False)
    return kept[query, k]


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


def rests_on(bridge: BridgeService, retrieval: Retrieval, listed: HitList) -> list[str]:
    """What these hits rest on, one line of Markdown each: the one place where that is worded.

    The query's own links, or those of the known entities that it is nearest to; nothing for a list of similar entities,
    which is that nearness itself.
    """
    query, entity = retrieval.query, retrieval.entity
    if listed.modality == query.modality:
        return []
    if retrieval.own_memory and entity is not None:
        read = _READ[entity.input_kind]
        return [f"Rests on the links of {theme.plain(entity.name, 60)} in the graph, and on its {read}."]
    lent = ", ".join(f"{theme.plain(e.name, 40)} ({100 * share:.2g} %)" for e, share in retrieval.read_from)
    if entity is not None:
        held = any(item.n_known for item in retrieval.lists)
        why = "Its links were held back from training" if held else "The graph has no link of it"
        return [f"{why}: read as if it were new, by the links of its nearest known neighbours, {lent}."] if lent else []
    if not lent:
        near = " · ".join(f"{theme.plain(e.name, 60)} {cosine:.2f}" for e, cosine in retrieval.nearest_known[:3])
        return [f"Not in the graph itself. Nearest there, with cosine in the encoder's space: {near}"] if near else []
    line = f"Not in the graph itself: read by the links of its nearest known neighbours, {lent}."
    if query.kind is QueryKind.SEQUENCE:
        nearest = retrieval.read_from[0][0]
        line += f" {theme.plain(nearest.name, 40)} is {bridge.compare(query, nearest.id)}."
    return [line]


def _filters(ask: state.Ask) -> None:
    shows = {"both": "All", "known": "● Known", "predicted": "○ Predicted"}
    with st.container(horizontal=True, vertical_alignment="center", width="content", key="filters", gap="small"):
        _control(
            "Links",
            "show",
            shows,
            ask.show.value,
            "● known: in the graph. ○ predicted: not there, proposed by the bridge.",
        )
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
    ask = state.current()
    match name:
        case "to":
            ask = replace(ask, to=value)
        case "show":
            ask = replace(ask, show=state.Show(value))
        case _:
            ask = replace(ask, k=int(value))
    state.put(ask)


def _hits(bridge: BridgeService, listed: HitList, ask: state.Ask, key: str) -> None:
    chosen = hits.ordered(listed, ask.show, ask.k)
    if not chosen:
        one, _ = service.words(listed.modality)
        what = "known link to" if ask.show is state.Show.KNOWN else f"{ask.show.value} link to"
        st.info(f"There is no {what} any {one} here. Choose “All”, or another kind.", icon=":material/filter_alt_off:")
        return
    with st.container(key=f"kind_{listed.modality}"):
        hits.draw(chosen, bridge, listed.n_candidates, key)
    st.caption(order_of(listed, chosen, ask.k))


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
    st.download_button(
        ending.upper(),
        make,
        export.file_name(retrieval, ending),
        mime,
        icon=":material/download:",
        on_click="ignore",
        key=f"download {ending}",
        help="Every kind of hit, with the query, models and data that made it.",
    )


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
