"""Wild type against mutant: how the sequences differ, what each is nearest to, and which hits moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from biobridge_core import compare_words
from biobridge_core.errors import InputError
from biobridge_core.types import Query, QueryKind
from ui import cards, compare, service, theme
from ui.compare import Asked

if TYPE_CHECKING:
    from biobridge_core.compare import Moved, Variant
    from biobridge_core.queueing import Progress
    from biobridge_core.service import BridgeService

_EXAMPLES = (
    ("HBB E7V (sickle cell)", Asked("variant", wild="UniProtKB:P68871", mutant="E7V", to="disease")),
    ("TP53 R175H", Asked("variant", wild="UniProtKB:P04637", mutant="R175H", to="disease")),
    ("KRAS G12D", Asked("variant", wild="UniProtKB:P01116", mutant="G12D", to="drug")),
)
_K = 20


def show(bridge: BridgeService, asked: Asked) -> None:
    """The boxes and the comparison."""
    if asked.fresh:
        st.session_state["compare wild"], st.session_state["compare mutant"] = asked.wild, asked.mutant
    with (
        st.form("compare variant", border=False),
        st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="compare boxes"),
    ):
        st.text_area(
            "Wild type",
            key="compare wild",
            placeholder="SCN1A, UniProtKB:P35498, or a sequence",
            height=70,
            help="A protein of the graph by name or id, or a sequence.",
        )
        st.text_area(
            "Mutant",
            key="compare mutant",
            placeholder="R1648H, p.Arg1648His, or the whole sequence",
            height=70,
            help="Exchanges, stops (R1648*) and lost residues (K12del), several separated by spaces, numbered as in "
            "the wild type; or the whole sequence of the mutant.",
        )
        to = compare.target(bridge, asked, ("disease", "drug", "phenotype"), "compare variant to")
        st.form_submit_button("Compare", type="primary", on_click=_submit)
    asked = replace(compare.now(), to=to)
    if not asked.wild.strip() or not asked.mutant.strip():
        st.markdown("Paste two sequences, or name a protein and a change, and see which hits move.")
        compare.examples(_EXAMPLES)
        return
    pair = _sequences(bridge, asked)
    if pair is None:
        return
    name, wild, mutant, short = pair
    with (
        service.telling() as tell,
        st.spinner("Reading both sequences; a long protein takes a while …", show_time=True),
    ):
        found, when = _kept(bridge, wild, mutant, to, tell)
    compare.write(replace(asked, wild=short))
    _answer(found, name)
    given = {"name": name, "from": short or wild, "change": asked.mutant.strip(), "wild": wild, "mutant": mutant}
    compare.downloads(bridge.files.compared(found, when, given), bridge)


def _submit() -> None:
    wild, mutant = st.session_state["compare wild"], st.session_state["compare mutant"]
    compare.put(replace(compare.now(), mode="variant", wild=wild, mutant=mutant))


def _sequences(bridge: BridgeService, asked: Asked) -> tuple[str, str, str, str] | None:
    """Name, wild type, mutant, and what stands for the wild type in the address."""
    from biobridge_core.alignment import is_change, mutate

    query = compare.resolved(bridge, asked.wild, "Wild type")
    if query is None:
        return None
    wild = _residues(bridge, query)
    text = asked.mutant.strip()
    if is_change(text):
        return query.label, wild, mutate(wild, text, query.label), compare.value_of(query)
    mutant = bridge.interpret(text, query.modality)
    return query.label, wild, _residues(bridge, mutant), compare.value_of(query)


def _residues(bridge: BridgeService, query: Query) -> str:
    if query.kind is QueryKind.SEQUENCE:
        return query.value
    entity = bridge.entity(query.value) if query.kind is QueryKind.ENTITY else None
    if entity is None or entity.input_kind.value != "sequence":
        raise InputError(f"{query.label or query.value} is no protein.", "Name a protein, or paste a sequence.")
    return entity.input


def _kept(bridge: BridgeService, wild: str, mutant: str, to: str, tell: Progress) -> tuple[Variant, datetime]:
    key = (wild, mutant, to)
    kept: tuple[tuple[str, str, str], Variant, datetime] | None = st.session_state.get("compare variant kept")
    if kept is None or kept[0] != key:
        kept = (key, bridge.comparer.variant(wild, mutant, to, _K, tell), datetime.now(UTC))
        st.session_state["compare variant kept"] = kept
    return kept[1:]


def _answer(found: Variant, name: str) -> None:
    st.markdown(f"##### {theme.plain(compare_words.stays(found, theme.shorten(name, 60), service.words), 300)}")
    st.markdown(sentence(found))
    changes = theme.plain(compare_words.changes(found.alignment), 400)
    st.caption(f"The two are {compare_words.identity(found.alignment)}. {changes}")
    for who, near in zip((theme.plain(name, 40), "The mutant"), found.nearest, strict=True):
        if near is not None:
            st.caption(
                f"{who}: nearest known protein {theme.plain(near.entity.name, 40)} "
                f"({theme.plain(near.entity.id, 30)}), {compare_words.identity(near.alignment)}."
            )
    for note in found.notes:
        st.caption(theme.plain(note, 300))
    with st.container(key="hits_table"):
        _table(found)
    with st.container(key="hits_cards"):
        st.html("".join(_card(hit) for hit in found.hits))
    st.caption(
        f"Both are read as if the graph had never seen them, so that they can be compared; ranks among "
        f"{theme.counted(found.n_candidates, *service.words(found.to))}. Aligned by {found.alignment.method}."
    )


def sentence(found: Variant) -> str:
    """What the shift of the vector means, in Markdown."""
    measured, stressed, rest = compare_words.shift(found)
    return f"{measured} **{stressed}**{rest}" if stressed else f"{measured} {rest}"


def _table(found: Variant) -> None:
    table = pd.DataFrame(
        {
            "name": [hit.entity.name for hit in found.hits],
            "wild": [hit.ranks[0] for hit in found.hits],
            "mutant": [hit.ranks[1] for hit in found.hits],
            "moved": [compare_words.moved(hit) for hit in found.hits],
            "score": [compare_words.score(hit) for hit in found.hits],
            "id": [f"entity?q={hit.entity.id}" for hit in found.hits],
        }
    )
    c = st.column_config
    st.dataframe(
        table,
        hide_index=True,
        row_height=27,
        height=37 + 27 * min(len(table), 22),
        column_config={
            "name": c.TextColumn("Name", width=380),
            "wild": c.NumberColumn("Wild type", width=85, help="Rank of the hit when the wild type is asked."),
            "mutant": c.NumberColumn("Mutant", width=85, help="Rank of the hit when the mutant is asked."),
            "moved": c.TextColumn("Moved", width=85, help="▲ higher for the mutant, ▼ lower, in ranks."),
            "score": c.TextColumn("Score", width=90, help="Score for the mutant over that for the wild type."),
            "id": c.LinkColumn("Open", width=130, display_text=r"entity\?q=(.*)", help="Everything about it."),
        },
        key=f"compare variant {found.to} {len(found.hits)}",
    )


def _card(hit: Moved) -> str:
    """One hit for a phone. Everything in it is escaped."""
    return (
        f'<div class="bb-card"><div class="bb-text"><b>{cards.link(hit.entity)}</b><div class="bb-line">'
        f"<span>wild type {theme.number(hit.ranks[0])}</span><span>mutant {theme.number(hit.ranks[1])}</span>"
        f"<span>{compare_words.moved(hit)}</span></div></div></div>"
    )
