"""Several genes, drugs or symptoms at once: what they point at together, and each by itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from biobridge_core import compare_words, spreadsheet
from biobridge_core.errors import BioBridgeError
from biobridge_core.types import QueryKind
from ui import cards, compare, findings, joint, service, theme
from ui.compare import Asked

if TYPE_CHECKING:
    from biobridge_core.compare import Combine, Signature
    from biobridge_core.queueing import Progress
    from biobridge_core.service import BridgeService
    from biobridge_core.types import Query, Retrieval

_SENTENCE = "My patient has seizures and a small head"
_EXAMPLES = (
    ("Seizure, Microcephaly", Asked("set", members=("HP:0001250", "HP:0000252"), to="disease")),
    ("BRCA1, BRCA2, PALB2", Asked("set", members=("UniProtKB:P38398", "UniProtKB:P51587", "UniProtKB:Q86YC2"))),
    ("Marfan-like: four findings", Asked("set", members=("HP:0000098", "HP:0001166", "HP:0001083", "HP:0002616"))),
)
_HOW = {"probabilities": "what all support", "ranks": "what some rank very high"}
_BOX, _MEMBERS, _ABSENT, _SAID = "compare text", "compare members", "compare absent", "compare said"
_K, _ALONE = 30, 10
_OPEN = 4  #: so many lists are open from the first; more are folded
_STYLE = (
    "<style>.bb-lists {display: grid; gap: .4rem 1.5rem;"
    "grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr));}"
    ".bb-lists ol {margin: .2rem 0 .6rem; padding-left: 1.7rem; font-size: .92rem; overflow-wrap: anywhere;}"
    ".bb-lists a {color: inherit; text-decoration: underline; text-underline-offset: 2px;}</style>"
)


def show(bridge: BridgeService, asked: Asked) -> None:
    """The box, what was understood, and what all of it points at."""
    if asked.fresh:
        st.session_state[_SAID] = []
        st.session_state[_BOX] = ""
    with (
        st.form("compare set", border=False, clear_on_submit=True),
        st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="compare boxes"),
    ):
        st.text_area(
            "Genes, drugs, diseases or symptoms, separated by commas or lines; or a sentence about a patient",
            key=_BOX,
            placeholder=_SENTENCE,
            height=70,
            help="Of a sentence, the symptoms are picked out; you see each and can take it away.",
        )
        added = st.form_submit_button("Add", type="primary", icon=":material/add:")
    if added and st.session_state[_BOX].strip():
        with service.telling() as tell:
            _add(bridge, st.session_state[_BOX], tell)
    if said := st.session_state.get(_SAID):
        st.caption(" ".join(said))
    members = _members(bridge)
    if not members:
        st.markdown("Ask with several things at once and see what they have in common. Three to try, or a sentence:")
        compare.examples(_EXAMPLES)
        st.button(_SENTENCE, key="compare sentence", on_click=_try_sentence, args=(bridge,))
        return
    absent = _absent(bridge)
    asked = compare.now()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="compare how"):
        to = compare.target(bridge, asked, ("disease", "protein", "drug"), "compare set to")
        how = _how(asked)
    with service.telling() as tell, st.spinner("Asking all of them …", show_time=True):
        found = bridge.comparer.signature(members, to, _K, how, tell, absent)
        alone = [bridge.retrieve(query, to=[to], k=_ALONE, progress=tell) for query in members]
    asked = replace(asked, mode="set", to=to, how="" if how == "probabilities" else how.value)
    members_in = tuple(query.value for query in members)
    compare.write(replace(asked, members=members_in, absent=tuple(query.value for query in absent)))
    _answer(found, alone)
    compare.downloads(bridge.files.compared(found, datetime.now(UTC), alone=alone), bridge, partial(_csv, found))


def _try_sentence(bridge: BridgeService) -> None:
    with service.caught():
        _add(bridge, _SENTENCE, lambda _message, _done: None)


def _add(bridge: BridgeService, text: str, tell: Progress) -> None:
    """Take named things as they are; of anything else, the findings that it speaks of."""
    said: list[str] = []
    curies, denied = list(compare.now().members), []
    named, unread = _named(bridge, text)
    if unread:
        read = bridge.comparer.read(text, tell)
        said += [findings.told(finding) for finding in read.findings]
        named += [finding.entity.id for finding in read.present]
        denied = [finding.entity.id for finding in read.absent]
        if missed := findings.not_understood(read):
            said.append(missed)
        if denied and not (read.present or curies):
            said.append("Say also what is there: nothing is ranked by what is absent alone.")
        if not read.findings:
            said.append(f"Nothing in “{theme.plain(text, 80)}” was recognised. Use names or ids, or describe symptoms.")
    fresh = [curie for curie in dict.fromkeys(named) if curie not in curies]
    members = (*curies, *fresh)
    absent = [curie for curie in dict.fromkeys((*compare.now().absent, *denied)) if curie not in members]
    compare.put(replace(compare.now(), mode="set", members=members, absent=tuple(absent)))
    st.session_state[_SAID] = said


def _named(bridge: BridgeService, text: str) -> tuple[list[str], bool]:
    """CURIEs of the parts that name an entity, and whether any part does not."""
    parts = [part.strip() for part in re.split(r"[,;\n]", text) if part.strip()]
    found: list[str] = []
    for part in parts:
        if len(part) > 100 or len(part.split()) > 8:
            return [], True
        try:
            query = bridge.find(part).chosen
        except BioBridgeError:
            query = None
        if query is None or query.kind is not QueryKind.ENTITY:
            return [], True
        found.append(query.value)
    return found, False


def _members(bridge: BridgeService) -> list[Query]:
    """Everything asked about, each removable; an id that the graph does not have is said."""
    queries: dict[str, Query] = {}
    for text in compare.now().members:
        try:
            query = bridge.find(text).chosen
        except BioBridgeError as error:
            service.show_error(error)
            continue
        if query is None or query.kind is not QueryKind.ENTITY:
            st.warning(f"“{theme.plain(text, 60)}” in the address names no entity of the graph.")
            continue
        queries[query.value] = query
    if tuple(queries) != compare.now().members:
        compare.put(replace(compare.now(), members=tuple(queries)))
    if not queries:
        return []
    key = f"{_MEMBERS} {' '.join(queries)}"
    st.session_state.setdefault(key, list(queries))
    st.multiselect(
        "Asked together",
        list(queries),
        key=key,
        format_func=lambda curie: (
            f"{theme.shorten(queries[curie].label, 40)} ({service.words(queries[curie].modality)[0]})"
        ),
        help="Take one away with its ×.",
        on_change=_removed,
        args=(key,),
    )
    return list(queries.values())


def _absent(bridge: BridgeService) -> list[Query]:
    """Findings that are said not to be there, each removable."""
    queries: dict[str, Query] = {}
    for curie in compare.now().absent:
        try:
            query = bridge.find(curie).chosen
        except BioBridgeError as error:
            service.show_error(error)
            continue
        if query is not None and query.kind is QueryKind.ENTITY:
            queries[query.value] = query
    if tuple(queries) != compare.now().absent:
        compare.put(replace(compare.now(), absent=tuple(queries)))
    if not queries:
        return []
    key = f"{_ABSENT} {' '.join(queries)}"
    st.session_state.setdefault(key, list(queries))
    st.multiselect(
        "Said to be absent",
        list(queries),
        key=key,
        format_func=lambda curie: theme.shorten(queries[curie].label, 40),
        help="What the graph says shows it is marked and goes down. Take one away with its ×.",
        on_change=_let_go,
        args=(key,),
    )
    return list(queries.values())


def _let_go(key: str) -> None:
    compare.put(replace(compare.now(), absent=tuple(st.session_state[key])))


def _removed(key: str) -> None:
    compare.put(replace(compare.now(), members=tuple(st.session_state[key])))


def _how(asked: Asked) -> Combine:
    from biobridge_core.compare import Combine

    options = [how.value for how in Combine]
    picked = st.selectbox(
        "Put first",
        options,
        index=options.index(asked.how) if asked.how in options else 0,
        format_func=_HOW.__getitem__,
        key=f"compare how {asked.how}",
        help="What all support: the mean of the logarithms of their probabilities. What some rank very high: "
        "reciprocal-rank fusion, one over 60 plus the rank, summed.",
    )
    return Combine(picked)


def _answer(found: Signature, alone: Sequence[Retrieval]) -> None:
    before, best, after = compare_words.together(found, service.words)
    st.markdown(f"##### {before} **{theme.plain(best, 160)}**{after}")
    if lower := joint.set_back(found):
        st.caption(lower)
    for note in found.notes:
        st.caption(theme.plain(note, 300))
    st.caption(
        "● known: the graph has the link (of a symptom, to it or to a more specific one). ○ predicted: proposed by the "
        "bridge. Its rank for each alone beside it."
    )
    with st.container(key="hits_table"):
        joint.table(found, f"compare joint {found.to} {found.how} {hash(found.queries)} {hash(found.absent)}")
    with st.container(key="hits_cards"):
        st.html(joint.card_list(found))
    if len(found.queries) > 1:
        _one_by_one(joint.short_columns(found), alone)


def _csv(found: Signature) -> bytes:
    columns = joint.columns_of([query.label or query.value for query in found.queries])
    return spreadsheet.write(
        {
            "rank": hit.rank,
            "name": hit.entity.name,
            **{name: compare_words.member(seen) for name, seen in zip(columns, hit.members, strict=True)},
            "linked": compare_words.linked(hit),
            **({"against": compare_words.against(hit)} if found.absent else {}),
            "id": hit.entity.id,
        }
        for hit in found.hits
    )


def _one_by_one(columns: Sequence[str], alone: Sequence[Retrieval]) -> None:
    with st.expander(f"One by one: the best {_ALONE} of each by itself", expanded=len(alone) <= _OPEN):
        st.html(f'{_STYLE}<div class="bb-lists">{"".join(map(_alone, columns, alone))}</div>')


def _alone(name: str, retrieval: Retrieval) -> str:
    """The best hits of one by itself. Everything in it is escaped."""
    best = sorted(retrieval.lists[0].hits, key=lambda hit: hit.rank)[:_ALONE]
    rows = "".join(f"<li>{theme.STATUS_WORDS[hit.status][0]}&nbsp;{cards.link(hit.entity)}</li>" for hit in best)
    return f"<div><b>{escape(name)}</b><ol>{rows}</ol></div>"
