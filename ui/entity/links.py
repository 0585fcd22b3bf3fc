"""Links of an entity, kind by kind: what the graph knows with its sources, then what the bridge proposes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from biobridge_core.types import HitList, Query
from ui import asking, hits, service, state, theme, why
from ui.entity import common
from ui.entity.common import Subject

if TYPE_CHECKING:
    from biobridge_core.describe import Link, Links
    from biobridge_core.service import BridgeService

_PAGE = 15  #: known links shown at once
_MOST = 3000  #: known links that can be paged through
_PREDICTED = 20
_MOST_RANKED = 1000
_KEPT = 24  #: answers kept a visitor
#: What people call a source; the page about has the full names.
_SHORT = {
    "hpo": "HPO", "uniprot": "UniProt", "goa_human": "GO annotations", "gtopdb": "Guide to Pharmacology",
    "drugbank_admet_ai": "DrugBank", "curated_class_disease": "curated here",
}  # fmt: skip
_VALUE = {
    ("disease", "phenotype"): (
        "Frequency",
        "How many people with the disease have it: patients with it of patients seen, or a class of the source.",
    ),
    ("drug", "protein"): ("Affinity", "How strongly it binds: −log10 of a molar concentration; 9 is 1 nM, 6 is 1 µM."),
}


@st.fragment
def section(
    bridge: BridgeService,
    about: Subject,
    kinds: Sequence[str],
    title: str,
    name: str,
    predict: bool = True,
    told: str = "",
) -> None:
    """Known and predicted links of the chosen kind. A fragment: choosing another redraws it alone.

    Parameters
    ----------
    kinds
        Modalities to choose from, the first in view.
    name
        Tells this section from others of the page.
    predict
        Whether the bridge is asked too.
    told
        A kind whose known links stand elsewhere on the page.
    """
    with service.caught():
        common.follow()
        counts = bridge.facts.counts(about.curie) if about.curie else {}
        st.subheader(title, anchor=False)
        elsewhere = {kind: count for kind, count in counts.items() if kind != told}
        kind = _chosen(kinds, elsewhere, f"{name} kind {about.key}")
        if about.curie and kind != told:
            _known(bridge, about, kind, counts.get(kind, 0), name)
        if predict:
            _predicted(bridge, about, kind, counts.get(kind, 0), name)


def _chosen(kinds: Sequence[str], counts: dict[str, int], key: str) -> str:
    if len(kinds) == 1:
        return kinds[0]
    chosen = st.segmented_control(
        "Kind",
        list(kinds),
        default=next((kind for kind in kinds if counts.get(kind)), kinds[0]),
        format_func=lambda kind: _tab(kind, counts),
        key=key,
        required=True,
        label_visibility="collapsed",
        help="The number is how many links the graph knows.",
    )
    return str(chosen or kinds[0])


def _tab(kind: str, counts: dict[str, int]) -> str:
    style = theme.style_of(kind)
    count = f" · {theme.number(counts[kind])}" if counts.get(kind) else ""
    return f":{style.colour}[{style.icon}] {service.words(kind)[1]}{count}"


def _known(bridge: BridgeService, about: Subject, kind: str, count: int, name: str) -> None:
    one, many = service.words(kind)
    if not count:
        st.markdown(f"**● Known** · the graph links {theme.plain(about.name, 60)} to no {theme.plain(one)}.")
        return
    position = bridge.facts.position(about.curie)
    narrower = bool(position and position.n_below) and st.toggle(
        "Count what holds for narrower terms too", key=f"narrower {name} {kind} {about.key}",
        help="A protein that takes part in a narrower process takes part in the wider one.",
    )  # fmt: skip
    found = bridge.facts.links(about.curie, kind, limit=_MOST, narrower=narrower)
    st.markdown(f"**● Known** · {theme.counted(found.total, theme.plain(one), theme.plain(many))} in the graph")
    pages = -(-len(found.links) // _PAGE)
    key = f"page {name} {kind} {narrower} {about.key}"
    page = min(int(st.session_state.get(key, 1)), pages)
    shown = found.links[(page - 1) * _PAGE : page * _PAGE]
    names = bridge.facts.source_names()
    with st.container(key=f"known_table_{name}"):
        _table(bridge, shown, names, f"{key} {page}")
    with st.container(key=f"known_cards_{name}"):
        st.html("".join(_card(bridge, link, names) for link in shown))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if pages > 1:
            st.pagination(pages, key=key)
        st.caption(_counted(found, page))


def _counted(found: Links, page: int) -> str:
    first = (page - 1) * _PAGE + 1
    last = min(page * _PAGE, len(found.links))
    words = f"{theme.number(first)}–{theme.number(last)} of {theme.number(found.total)}"
    if len(found.links) < found.total:
        words += f"; the {theme.number(len(found.links))} best supported can be paged through"
    return words + ". Most frequent, strongest or best supported first."


def _table(bridge: BridgeService, links: Sequence[Link], names: dict[str, str], key: str) -> None:
    c = st.column_config
    ends = sorted((links[0].relation.head, links[0].relation.tail)) if links else ("", "")
    value, tip = _VALUE.get((ends[0], ends[1]), ("Remark", "As the source gives it."))
    table = pd.DataFrame(
        {
            "name": [link.entity.name for link in links],
            "full": [link.entity.full_name if link.entity.full_name != link.entity.name else "" for link in links],
            "how": [link.relation.label for link in links],
            "value": ["; ".join(link.values) for link in links],
            "evidence": [bridge.facts.in_words(link) for link in links],
            "source": [_sources(link, names) for link in links],
            "id": [bridge.facts.home_page(link.entity.id) or f"entity?q={link.entity.id}" for link in links],
            "open": [":material/arrow_forward:"] * len(links),
        }
    )
    table = table.drop(columns=[column for column in ("full", "value", "evidence") if not table[column].any()])
    ids = dict(zip(table["id"], (link.entity.id for link in links), strict=True))
    clicked = f"open {key}"
    st.dataframe(
        table.style.format({"id": lambda url: ids[str(url)]}),
        hide_index=True,
        row_height=27,
        height=len(links) * 27 + 37,
        column_config={
            "name": c.TextColumn("Name", width="medium", help="Gene symbol, or the name in the home database."),
            "full": c.TextColumn("In full", width="medium", help="The long name."),
            "how": c.TextColumn("Link", width="small", help="How the graph words the link."),
            "value": c.TextColumn(value, width="medium", help=tip),
            "evidence": c.TextColumn("Evidence", width="medium", help="What the source bases the link on."),
            "source": c.TextColumn("Source", width="medium", help="The database that holds the link."),
            "id": c.LinkColumn("Database page", width=145, help="Its page at home (needs the internet)."),
            "open": c.ButtonColumn(
                "Open", width=55, type="tertiary", key=clicked, on_click=open_row,
                args=(clicked, tuple(link.entity.id for link in links)), help="Its own page here.",
            ),
        },
        key=f"table {key}",
        alt="Known links, best supported first",
    )  # fmt: skip


def _sources(link: Link, names: dict[str, str]) -> str:
    return "; ".join(_SHORT.get(key) or names.get(key, key) for key in link.sources)


def open_row(key: str, ids: tuple[str, ...]) -> None:
    """Open the page of the row whose button was clicked."""
    click = st.session_state.get(key)
    if click is not None and 0 <= click["row"] < len(ids):
        asking.ask(ids[click["row"]])


def _card(bridge: BridgeService, link: Link, names: dict[str, str]) -> str:
    """One known link as HTML for a phone. Every foreign word in it is escaped."""
    entity = link.entity
    facts = [link.relation.label, *link.values, bridge.facts.in_words(link), _sources(link, names), entity.id]
    lines = "".join(f"<span>{escape(fact)}</span>" for fact in facts if fact)
    full = f'<div class="bb-full">{escape(entity.full_name)}</div>' if entity.full_name != entity.name else ""
    return (
        f'<div class="bb-card bb-known"><div class="bb-text"><b><a href="/entity?q={escape(entity.id, quote=True)}" '
        f'target="_self">{escape(entity.name)}</a></b>{full}<div class="bb-line"><span>● known</span>{lines}</div>'
        "</div></div>"
    )


def _predicted(bridge: BridgeService, about: Subject, kind: str, count: int, name: str) -> None:
    listed = ranked(bridge, about.query, kind, _PREDICTED + count)
    chosen = hits.ordered(listed, state.Show.PREDICTED, listed.n_candidates)[:_PREDICTED]
    one, many = service.words(kind)
    if not chosen:
        st.caption(f"The bridge proposes no other {theme.plain(one)}.")
        return
    st.markdown(
        f"**○ Predicted** · the {len(chosen)} that the bridge ranks highest of the others, of "
        f"{theme.counted(listed.n_candidates, theme.plain(one), theme.plain(many))}"
    )
    key = f"{name} {kind} {about.key}"
    picked = hits.draw(chosen, bridge, listed.n_candidates, key)
    if left := st.session_state.pop("leave for", ""):
        asking.ask(left)
        st.rerun()
    if picked is not None:
        why.panel(bridge, about.query, picked)
    else:
        st.caption("Select a row to see why it is there.")
    if listed.note:
        st.caption(theme.plain(listed.note, 300))


def ranked(bridge: BridgeService, query: Query, kind: str, k: int = _PREDICTED) -> HitList:
    """Hits of one modality, at least ``k``, kept for the visitor so that coming back costs nothing."""
    ready = kept(query, kind, k)
    if ready is None:
        with service.telling() as tell, st.spinner("Ranking …", show_time=True):
            asked = min(k, _MOST_RANKED)
            ready = bridge.retrieve(query, to=[kind], k=asked, progress=tell).lists[0]
            _answers()[query, kind] = (asked, ready)
        while len(_answers()) > _KEPT:
            _answers().popitem(last=False)
    return ready


def kept(query: Query, kind: str, k: int = 1) -> HitList | None:
    """What `ranked` gave before, if it held ``k`` hits."""
    asked, found = _answers().get((query, kind), (0, None))
    return found if found is not None and asked >= min(k, _MOST_RANKED) else None


def _answers() -> OrderedDict[tuple[Query, str], tuple[int, HitList]]:
    found: OrderedDict[tuple[Query, str], tuple[int, HitList]] = st.session_state.setdefault(
        "entity_ranked", OrderedDict()
    )
    return found
