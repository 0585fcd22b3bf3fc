"""A sequence that is almost a known protein's: what it differs in, and what the graph knows of that protein."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

import streamlit as st

from biobridge_core.types import HitList, HitStatus, Query, QueryKind, Relative, Retrieval
from ui import nav, service, theme

if TYPE_CHECKING:
    from biobridge_core.service import BridgeService

_CLOSE = 0.9  #: share of identical residues from which on what is known of the one is worth reading beside the other
_NAMED = 4


def of(bridge: BridgeService, retrieval: Retrieval) -> Relative | None:
    """How the query differs from its nearest known protein; nothing unless it is a new sequence with a neighbour."""
    if retrieval.query.kind is not QueryKind.SEQUENCE or retrieval.entity is not None or not retrieval.read_from:
        return None
    return bridge.relative(retrieval.query, retrieval.read_from[0][0].id)


def close(near: Relative | None) -> TypeGuard[Relative]:
    """Whether it is the same protein but for a little."""
    return near is not None and near.identity >= _CLOSE


def show(bridge: BridgeService, near: Relative, listed: HitList) -> None:
    """Name the protein, its known links of the kind in view, and the way to a comparison."""
    entity = near.entity
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="relative"):
        told = f"{theme.plain(str(near), 120)} to {theme.plain(entity.name, 40)}"
        st.markdown(f"**{told}.** {_known(bridge, near, listed)}")
        if near.changes and near.exchanges and st.button("What the change moves", icon=":material/compare_arrows:"):
            nav.go("compare", {"wild": entity.id, "mutant": " ".join(near.changes)})


def _known(bridge: BridgeService, near: Relative, listed: HitList) -> str:
    """What the graph holds of the known protein, in the kind that is looked at."""
    entity = near.entity
    if listed.modality == entity.modality:
        return ""
    asked = Query(entity.id, QueryKind.ENTITY, entity.modality, entity.id)
    hits = bridge.retrieve(asked, to=[listed.modality], k=1).lists[0].hits
    known = [hit.entity.name for hit in hits if hit.status is HitStatus.KNOWN]
    name = theme.plain(entity.name, 40)
    if not known:
        return f"The graph links {name} to no {service.words(listed.modality)[0]}."
    told = ", ".join(theme.plain(each, 60) for each in known[:_NAMED])
    more = f" and {theme.number(len(known) - _NAMED)} more" if len(known) > _NAMED else ""
    return f"● Known of {name}, not of this sequence: {told}{more}."
