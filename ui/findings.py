"""Findings of a patient, picked out of a sentence: what they point at together, above what the sentence says as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from biobridge_core.types import Query, QueryKind
from ui import asking, nav, service, theme

if TYPE_CHECKING:
    from biobridge_core.compare import Signature
    from biobridge_core.findings import Finding
    from biobridge_core.service import BridgeService

_FINDINGS, _DISEASE = "phenotype", "disease"
_BEST = 5
_MOST = 30  #: findings asked together


def show(bridge: BridgeService, query: Query) -> None:
    """Say which findings a text speaks of and which diseases fit them; nothing unless phenotypes are described."""
    if query.kind is not QueryKind.TEXT or query.modality != _FINDINGS:
        return
    found, together = _picked(bridge, query)
    present = [finding for finding in found if not finding.denied]
    if not present:
        return
    with st.container(key="findings", border=True, gap="small"):
        st.markdown(f"##### {_sentence(present, together)}")
        if together is not None:
            st.markdown(_best(together))
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="findings_asked"):
            ids = ",".join(finding.entity.id for finding in present)
            if nav.exists("compare") and st.button(
                "See all that they share", type="primary", icon=":material/join:", key="findings together"
            ):
                nav.go("compare", {"set": ids, "to": _DISEASE})
            for finding in present:
                label = theme.plain(finding.entity.name, 40)
                icon = theme.style_of(_FINDINGS).icon
                name = finding.entity.id
                st.button(label, icon=icon, key=f"finding {name}", on_click=asking.ask, args=(name,))
        st.caption(" ".join(_told(finding) for finding in found))
    st.caption("Below: the sentence read as one description, which is vaguer than its findings.")


def _picked(bridge: BridgeService, query: Query) -> tuple[list[Finding], Signature | None]:
    """The findings of a text and what they share, kept while the same text is in view."""
    kept = st.session_state.get("picked")
    if kept is None or kept[0] != query.value:
        with service.telling() as tell, st.spinner("Picking out the findings …"):
            found = bridge.comparer.findings(query.value, tell)
            asked = [
                Query(f.entity.id, QueryKind.ENTITY, _FINDINGS, f.entity.id, f.entity.name)
                for f in found
                if not f.denied
            ][:_MOST]
            together = bridge.comparer.signature(asked, _DISEASE, _BEST, progress=tell) if asked else None
        kept = st.session_state["picked"] = (query.value, found, together)
    return kept[1], kept[2]


def _sentence(present: list[Finding], together: Signature | None) -> str:
    names = " and ".join(f"**{theme.plain(f.entity.name, 50)}**" for f in present[:2])
    if len(present) > 2:
        names = f"**{len(present)} findings**"
    if together is None or not together.hits:
        return f"Your words speak of {names}."
    fit = {1: "fit it", 2: "fit both"}.get(len(present), "fit all of them")
    of = theme.counted(together.n_candidates, *service.words(_DISEASE))
    return f"Your words speak of {names}; of {of}, these {fit} best."


def _best(together: Signature) -> str:
    """The best fitting ones as a Markdown list, each with how many of the findings the graph knows of it."""
    lines = []
    n = len(together.queries)
    for hit in together.hits:
        known = sum(member.known for member in hit.members)
        mark = "●" if known == n else "◐" if known else "○"
        told = "known with all" if known == n else f"known with {known} of {n}" if known else "predicted"
        told = "known" if n == 1 and known else told
        lines.append(f"1. **{theme.plain(hit.entity.name, 80)}** {mark} {told}")
    return "\n".join(lines)


def _told(finding: Finding) -> str:
    words, name = theme.plain(finding.words, 60), theme.plain(finding.entity.name, 60)
    if finding.denied:
        return f"“{words}”: {name} is left out, since the sentence says that it is absent."
    near = "" if finding.cosine is None else f" (other words, likeness {finding.cosine:.2f}; check it)"
    return f"“{words}” is read as {name}{near}."
