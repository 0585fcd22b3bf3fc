"""Findings of a patient, picked out of a sentence: what they point at together is the answer.

The sentence read as one description is vaguer than its findings; it stands below, folded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import streamlit as st

from biobridge_core.types import Query, QueryKind
from ui import answer, asking, joint, nav, service, state, theme

if TYPE_CHECKING:
    from biobridge_core.compare import Signature
    from biobridge_core.findings import Finding, Reading
    from biobridge_core.service import BridgeService

_FINDINGS, _DISEASE = "phenotype", "disease"
_BEST = 20
_MOST = 30  #: findings asked together
_WORDS = 12  #: words that were not understood, told one by one
_STYLE = (
    "<style>.st-key-joint_cards {display: none;}"
    ".st-key-findings-kind .stButtonGroup > div:last-child {flex-wrap: nowrap; overflow-x: auto;"
    "scrollbar-width: none;}"
    ".st-key-findings-kind button {flex: none;}"
    "@media (max-width: 700px) {.st-key-joint_table {display: none;} .st-key-joint_cards {display: block;}}</style>"
)


@dataclass(frozen=True, slots=True)
class _Picked:
    """What was understood of one text, and what was ranked for it."""

    text: str
    read: Reading
    ranked: dict[str, Signature] = field(default_factory=dict)  #: modality -> what the findings point at there

    def asked(self, denied: bool) -> list[Query]:
        """The findings as queries."""
        told = self.read.absent if denied else self.read.present
        return [Query(f.entity.id, QueryKind.ENTITY, _FINDINGS, f.entity.id, f.entity.name) for f in told][:_MOST]


def show(bridge: BridgeService, query: Query, asked: str = "") -> bool:
    """Answer a text that describes phenotypes by its findings; whether that was done."""
    if query.kind is not QueryKind.TEXT or query.modality != _FINDINGS:
        return False
    picked = _picked(bridge, query)
    read = picked.read
    told = replace(query, value=read.affirmed or query.value, label=theme.shorten(read.affirmed or query.value, 60))
    if not read.present:
        return _nothing_there(bridge, read, told, asked)
    above = st.container()
    fold = st.expander(
        "The sentence read as one description: vaguer than its findings, and another ranking",
        icon=":material/notes:",
        key="one description",
        on_change="rerun",
    )
    with above:
        _joint(bridge, query, picked, bool(fold.open))
    if fold.open:
        with fold:
            if read.absent:
                st.caption(f"Asked without what is denied: “{theme.plain(told.value, 200)}”")
            answer.show(bridge, told, asked)
    return True


def _picked(bridge: BridgeService, query: Query) -> _Picked:
    """What was understood of a text, kept while the same text is in view."""
    kept: _Picked | None = st.session_state.get("picked")
    if kept is None or kept.text != query.value:
        st.session_state.pop("one description", None)
        with service.telling() as tell, st.spinner("Picking out the findings …"):
            kept = st.session_state["picked"] = _Picked(query.value, bridge.comparer.read(query.value, tell))
    return kept


def _nothing_there(bridge: BridgeService, read: Reading, told: Query, asked: str) -> bool:
    """No finding is said to be there: say what was denied and what was not understood, then read the words as one."""
    with st.container(key="findings", border=True, gap="small"):
        if read.absent:
            names = " and ".join(f"**{theme.plain(f.entity.name, 50)}**" for f in read.absent[:3])
            st.markdown(f"##### Your words say what is absent, {names}, and no finding that is there.")
        else:
            st.markdown("##### No single finding was recognised in your words, so they are read as one description.")
        _notes(read)
        left = any(words in read.affirmed for words in read.unread)
        if read.absent and not left:
            st.markdown("Say also what the patient has: nothing is ranked by what is absent alone.")
    if left or not read.absent:
        answer.show(bridge, told, asked)
    else:
        state.unanswered()
    return True


@st.fragment
def _joint(bridge: BridgeService, query: Query, picked: _Picked, folded_open: bool) -> None:
    """What the findings point at, kind by kind. A fragment: choosing a kind redraws it alone."""
    st.html(_STYLE)
    state.write(state.to_address(state.current(), query))
    kinds = sorted(bridge.modalities, key=lambda name: (name == _FINDINGS, name != _DISEASE))
    to = st.session_state.get("findings kind")
    to = to if to in kinds else _DISEASE if _DISEASE in kinds else kinds[0]
    with st.container(key="findings", border=True, gap="small"):
        found = _ranked(bridge, picked, to)
        st.markdown(f"##### {_sentence(picked.read.present, found)}")
        _finding_buttons(picked.read, to)
        _notes(picked.read)
    st.session_state["findings kind"] = to
    st.segmented_control(
        "Kind",
        kinds,
        key="findings kind",
        format_func=_tab,
        required=True,
        help="What to look for; ranked by all findings together.",
        label_visibility="collapsed",
    )
    with st.container(key=f"{'joint_' if folded_open else ''}kind_{to}"):
        with st.container(key="joint_table"):
            joint.table(found, f"findings joint {to} {hash(found.queries)} {hash(found.absent)}")
        with st.container(key="joint_cards"):
            st.html(joint.card_list(found))
    if lower := joint.set_back(found):
        st.caption(lower)
    for note in found.notes:
        st.caption(theme.plain(note, 300))
    st.caption(
        "Ranked by all findings together. ● known: the graph has the link, to the finding or to a more specific one. "
        "○ predicted: proposed by the bridge. The number beside it is the rank for that finding alone."
    )


def _ranked(bridge: BridgeService, picked: _Picked, to: str) -> Signature:
    if to not in picked.ranked:
        with service.telling() as tell, st.spinner("Asking all findings …"):
            picked.ranked[to] = bridge.comparer.signature(
                picked.asked(False), to, _BEST, progress=tell, absent=picked.asked(True) if to == _DISEASE else ()
            )
    return picked.ranked[to]


def _tab(name: str) -> str:
    plural, style = service.words(name)[1], theme.style_of(name)
    return f":{style.colour}[{style.icon}] {f'similar {plural}' if name == _FINDINGS else plural}"


def _finding_buttons(read: Reading, to: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="findings_asked"):
        params = {"set": ",".join(finding.entity.id for finding in read.present), "to": to}
        if read.absent:
            params["not"] = ",".join(finding.entity.id for finding in read.absent)
        if nav.exists("compare") and st.button(
            "See all that they share", type="primary", icon=":material/join:", key="findings together"
        ):
            nav.go("compare", params)
        for finding in read.present:
            label = theme.plain(finding.entity.name, 40)
            icon = theme.style_of(_FINDINGS).icon
            name = finding.entity.id
            st.button(label, icon=icon, key=f"finding {name}", on_click=asking.ask, args=(name,))


def _sentence(present: Sequence[Finding], found: Signature) -> str:
    names = " and ".join(f"**{theme.plain(f.entity.name, 50)}**" for f in present[:2])
    if len(present) > 2:
        names = f"**{len(present)} findings**"
    if not found.hits:
        return f"Your words speak of {names}."
    fits = {1: "fits it", 2: "fits both"}.get(len(present), "fits all of them")
    of = theme.counted(found.n_candidates, *service.words(found.to))
    best = found.hits[0]
    known = sum(member.known for member in best.members)
    whole = {1: "it", 2: "both"}.get(len(present), "all of them")
    linked = whole if known == len(present) else f"{known} of the {len(present)}" if known else "none of them"
    tail = "; the graph links the two" if len(present) == known == 1 else f"; the graph links it to {linked}"
    tail = "" if found.to == _FINDINGS else tail
    return f"Your words speak of {names}; of {of}, **{theme.plain(best.entity.name, 120)}** {fits} best{tail}."


def _notes(read: Reading) -> None:
    """How each finding was understood, and which words were not."""
    if read.findings:
        st.caption(" ".join(told(finding) for finding in read.findings))
    if missed := not_understood(read):
        st.markdown(f":orange[:material/info:] {missed}")


def told(finding: Finding) -> str:
    """How one finding was understood, in Markdown."""
    words, name = theme.plain(finding.words, 60), theme.plain(finding.entity.name, 60)
    if finding.denied:
        return f"“{words}”: **{name}** is left out, since the sentence says that it is absent."
    near = "" if finding.cosine is None else f" (other words, likeness {finding.cosine:.2f}; check it)"
    return f"“{words}” is read as **{name}**{near}."


def not_understood(read: Reading) -> str:
    """Which words no finding was made of, in Markdown; empty where all were understood."""
    if not read.unread:
        return ""
    words = ", ".join(f"“{theme.plain(words, 60)}”" for words in read.unread[:_WORDS])
    more = f" and {len(read.unread) - _WORDS} more" if len(read.unread) > _WORDS else ""
    return f"Not understood: {words}{more}."
