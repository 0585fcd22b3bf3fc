"""Hits that several queries point at together, as a table on a wide screen and as cards on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from biobridge_core import compare_words
from biobridge_core.types import HitStatus
from ui import cards, theme

if TYPE_CHECKING:
    from biobridge_core.compare import JointHit, Signature

_FIXED = ("rank", "name", "linked", "against", "id")


def columns_of(names: Sequence[str]) -> list[str]:
    """Headers of columns, none twice and none that the table has already."""
    made: list[str] = []
    for place, name in enumerate(names, start=1):
        made.append(f"{name} ({place})" if name in made or name in _FIXED else name)
    return made


def short_columns(found: Signature) -> list[str]:
    """A header for each of those asked together."""
    return columns_of([theme.shorten(query.label, 24) for query in found.queries])


def status(found: Signature, hit: JointHit) -> HitStatus:
    """Known where the graph links a hit to all of those asked together; else at least one link is only proposed."""
    if any(query.modality == found.to for query in found.queries):
        return HitStatus.SIMILAR
    return HitStatus.KNOWN if all(seen.known for seen in hit.members) else HitStatus.PREDICTED


def table(found: Signature, key: str) -> None:
    """The hits as a table; a column for each of those asked together."""
    columns = short_columns(found)
    shown = pd.DataFrame(
        {
            "rank": [hit.rank for hit in found.hits],
            "name": [hit.entity.name for hit in found.hits],
            **{name: [compare_words.member(hit.members[i]) for hit in found.hits] for i, name in enumerate(columns)},
            "linked": [compare_words.linked(hit) for hit in found.hits],
            "against": [f"⚠ {told}" if (told := compare_words.against(hit)) else "" for hit in found.hits],
            "id": [f"entity?q={hit.entity.id}" for hit in found.hits],
        }
    )
    opposed = bool(shown["against"].astype(bool).any())
    if not opposed:
        shown = shown.drop(columns="against")
    c = st.column_config
    st.dataframe(
        shown,
        hide_index=True,
        row_height=27,
        height=37 + 27 * min(len(shown), 20),
        column_config={
            "rank": c.NumberColumn("Rank", width=55),
            "name": c.TextColumn("Name", width=560 if len(columns) < 4 and not opposed else 400),
            **{
                name: c.TextColumn(
                    name, width=110, help=f"● known or ○ predicted, and the rank for {query.label} alone."
                )
                for name, query in zip(columns, found.queries, strict=True)
            },
            "linked": c.TextColumn("Known", width=65, help="How many of them the graph links to it."),
            "against": c.TextColumn(
                "Against", width=330, help="What the graph says it shows, though it is said to be absent."
            ),
            "id": c.LinkColumn("Open", width=130, display_text=r"entity\?q=(.*)", help="Everything about it."),
        },
        key=key,
    )


def set_back(found: Signature) -> str:
    """What went down most for what is said to be absent, in Markdown; empty where nothing did."""
    named = [
        f"**{theme.plain(hit.entity.name, 80)}** ⚠ {theme.plain(compare_words.against(hit), 200)}; now rank "
        f"{theme.number(hit.rank)}"
        for hit in found.set_back
    ]
    return f"Set back: {'. '.join(named)}." if named else ""


def card_list(found: Signature) -> str:
    """The hits as HTML for a phone. Everything in it is escaped."""
    columns = short_columns(found)
    return "".join(_card(found, hit, columns) for hit in found.hits)


def _card(found: Signature, hit: JointHit, columns: Sequence[str]) -> str:
    state = status(found, hit)
    ranks = "".join(
        f"<span>{escape(name)} {compare_words.member(m)}</span>" for name, m in zip(columns, hit.members, strict=True)
    )
    share = f"{100 * hit.share:.2g} %" if hit.share >= 1e-4 else "<0.01 %"
    told = compare_words.against(hit)
    warned = f'<div class="bb-line"><span>⚠ {escape(told)}</span></div>' if told else ""
    edge = "bb-known" if state is HitStatus.KNOWN else "bb-predicted"
    return (
        f'<div class="bb-card {edge}"><div class="bb-text"><b>{cards.link(hit.entity)}</b>'
        f'<div class="bb-line"><span>{theme.STATUS_WORDS[state]}</span>'
        f"<span>rank {theme.number(hit.rank)} of {theme.number(found.n_candidates)}</span>"
        f'<span>share {escape(share)}</span></div><div class="bb-line">{ranks}'
        f"<span>known: {compare_words.linked(hit)}</span></div>{warned}</div></div>"
    )
