"""What the bridge retrieved for a goal: known and predicted apart, each item to be struck out or pinned."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from biobridge_core.types import HitStatus, QueryKind
from ui import service, theme

if TYPE_CHECKING:
    from biobridge_core.design.evidence import Evidence, Item, Part
    from biobridge_core.service import BridgeService

_STRUCK, _PINNED, _MADE = "design struck", "design pinned", "design evidence made"
_TITLE = "Evidence: strike out what you do not believe"
_ROLES = {"target": "wanted", "disease": "wanted", "avoid": "unwanted", "start": "starting molecule"}
#: What an item is -> heading; an item belongs to the first that fits.
_GROUPS: Mapping[tuple[str, HitStatus, bool], str] = {
    ("drug", HitStatus.KNOWN, True): "● known drugs",
    ("drug", HitStatus.PREDICTED, True): "○ predicted drugs",
    ("drug", HitStatus.KNOWN, False): "● known drugs of a related or linked protein",
    ("protein", HitStatus.KNOWN, True): "● known proteins",
    ("protein", HitStatus.PREDICTED, True): "○ predicted proteins",
    ("protein", HitStatus.SIMILAR, True): "◇ similar proteins",
}


def forget() -> None:
    """Let go of what was struck out and pinned in an earlier evidence."""
    st.session_state[_MADE] = st.session_state.get(_MADE, 0) + 1
    st.session_state[_STRUCK], st.session_state[_PINNED] = frozenset(), frozenset()


def chosen(evidence: Evidence) -> Evidence:
    """The evidence as it was left: without what is struck out, with what is pinned."""
    struck, pinned = st.session_state[_STRUCK], st.session_state[_PINNED]
    return evidence.pin(pinned - struck).strike(struck)


def show(
    bridge: BridgeService, evidence: Evidence, search: Callable[[BridgeService, Evidence], None], *, searched: bool
) -> None:
    """All of it, folded once there are candidates to look at."""
    with st.expander(_TITLE, expanded=not searched, icon=":material/fact_check:"):
        _body(bridge, evidence, search, searched)


@st.fragment
def _body(
    bridge: BridgeService, evidence: Evidence, search: Callable[[BridgeService, Evidence], None], searched: bool
) -> None:
    left = chosen(evidence)
    st.markdown(sentence(left))
    for note in evidence.notes:
        st.markdown(f":orange[:material/info:] {theme.plain(note, 300)}")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="design_generate"):
        label = "Design again from this evidence" if searched else "Design from this evidence"
        if st.button(label, type="primary", icon=":material/experiment:", key="design generate"):
            with service.caught():
                search(bridge, left)
                st.rerun()
        if left.struck:
            st.button("Restore all", icon=":material/undo:", key="design restore", on_click=_restore)
    for part in evidence.parts:
        _part(evidence, part)
    _pins(evidence)
    _table(left)


def _restore() -> None:
    st.session_state[_STRUCK] = frozenset()
    st.session_state[_MADE] += 1


def _use(key: str, ids: Iterable[str]) -> None:
    """Strike out what is no longer chosen of some items, restore what is."""
    struck: frozenset[str] = st.session_state[_STRUCK]
    st.session_state[_STRUCK] = (struck - frozenset(ids)) | (frozenset(ids) - frozenset(st.session_state[key] or ()))


def _pin(key: str) -> None:
    st.session_state[_PINNED] = frozenset(st.session_state[key])


def sentence(evidence: Evidence) -> str:
    """What there is, in one sentence of Markdown."""
    drugs = evidence.molecules()
    known = sum(item.status is HitStatus.KNOWN and item.direct for item in drugs)
    predicted = sum(item.status is HitStatus.PREDICTED for item in drugs)
    over = len(drugs) - known - predicted
    said = (
        f"Fragments come from **{theme.counted(len(drugs), 'molecule', 'molecules')}**: {theme.number(known)} known, "
        f"{theme.number(predicted)} predicted, {theme.number(over)} known for a related protein."
    )
    return said + (f" {theme.number(len(evidence.struck))} struck out." if evidence.struck else "")


def _part(evidence: Evidence, part: Part) -> None:
    """One part of the goal with what was retrieved for it."""
    own = [item for item in evidence.items if item.part == part.key and not item.problem]
    st.markdown(f"**{theme.plain(part.label, 80)}** · {_ROLES[part.role.value]}" + _understood(part))
    if not own and part.role.value == "avoid":
        st.caption("Candidates that the bridge links to it score worse; nothing is taken from its drugs.")
    for place, (kind, title) in enumerate(_GROUPS.items()):
        group = [item for item in own if (item.entity.modality, item.status, item.direct) == kind]
        if not group:
            continue
        names = {item.id: theme.shorten(item.entity.name, 40) for item in group}
        key = f"design use {part.key} {place} {st.session_state[_MADE]}"
        st.session_state.setdefault(key, [id_ for id_ in names if id_ not in st.session_state[_STRUCK]])
        with st.container(key=f"design_items_{evidence.parts.index(part)}_{place}_{kind[1].value}"):
            st.pills(
                f"{title} ({theme.number(len(group))})",
                list(names),
                selection_mode="multi",
                format_func=names.__getitem__,
                key=key,
                on_change=_use,
                args=(key, tuple(names)),
                help="Click to strike out, click again to restore. What is struck out is crossed through.",
            )


def _understood(part: Part) -> str:
    """What a part was taken for, where its label does not say it all."""
    if part.entity is None:
        free = part.query.kind is QueryKind.TEXT
        return f" · free text, read as {theme.plain(part.query.modality.replace('_', ' '))}" if free else ""
    full = f"{theme.plain(part.entity.full_name, 80)}, " if part.entity.full_name not in {"", part.label} else ""
    return f" · {full}{theme.plain(part.entity.id)}"


def _pins(evidence: Evidence) -> None:
    names = {item.id: theme.shorten(item.entity.name, 40) for item in evidence.items if item.is_molecule}
    offered = [id_ for id_ in names if id_ not in st.session_state[_STRUCK]]
    key = f"design pins {st.session_state[_MADE]}"
    st.session_state[key] = [id_ for id_ in offered if id_ in st.session_state[_PINNED]]
    st.multiselect(
        "Pinned: these count twice",
        offered,
        format_func=names.__getitem__,
        key=key,
        on_change=_pin,
        args=(key,),
        placeholder="Choose drugs whose fragments should be used more",
    )


def _table(evidence: Evidence) -> None:
    with st.popover("As a table, with sources", icon=":material/table:"):
        st.dataframe(rows(evidence, evidence.items), hide_index=True, key="design evidence table", height=380)


def rows(evidence: Evidence, items: Iterable[Item]) -> pd.DataFrame:
    """Items as a table."""
    labels = {part.key: part.label for part in evidence.parts}
    return pd.DataFrame(
        [
            {
                "use": "struck out"
                if not evidence.is_live(item)
                else "pinned"
                if item.id in evidence.pinned
                else "used",
                "status": theme.STATUS_WORDS[item.status],
                "name": item.entity.name,
                "id": item.entity.id,
                "for": labels.get(item.part, item.part),
                "weight": item.weight,
                "over": ", ".join(evidence.item(id_).entity.name for id_ in item.over),
                "sources": "; ".join(item.sources),
                "left out because": item.problem,
            }
            for item in items
        ]
    )
