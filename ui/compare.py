"""What the page of comparisons is asked, to and from its address, and what its three parts share.

``/compare?a=UniProtKB:P35498&b=MONDO:0100135``, ``/compare?set=HP:0001250,HP:0000252&to=disease``,
``/compare?wild=UniProtKB:P35498&mutant=R1648H``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

import streamlit as st

from biobridge_core.errors import BioBridgeError
from biobridge_core.types import Query, QueryKind
from ui import asking, export, service, state, theme

if TYPE_CHECKING:
    from biobridge_core.report.comparison import Comparison
    from biobridge_core.service import BridgeService

Mode = Literal["pair", "set", "variant"]

_ASKED, _WRITTEN, _MODE = "compared", "compare written", "compare mode"
_MODES: dict[str, str] = {
    "pair": "Is A linked to B?",
    "set": "Several at once",
    "variant": "Variant",
}
_MAX_IN_SET = 30
_HELP = {
    "csv": "The table, for a spreadsheet.",
    "json": "Everything, with the models and data that made it.",
    "html": "A report to read and to keep: one file that opens without a network.",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything that decides what the page shows."""

    mode: Mode = "pair"
    a: str = ""
    b: str = ""
    members: tuple[str, ...] = ()  #: CURIEs or short inputs
    absent: tuple[str, ...] = ()  #: CURIEs of findings that are said not to be there
    wild: str = ""
    mutant: str = ""  #: a change such as R1648H, or a sequence
    to: str = ""  #: modality looked for; empty for the first choice
    how: str = ""  #: how a set is combined; empty for the first choice
    fresh: bool = False  #: it came with the address, so the boxes have to follow


def from_address(params: Mapping[str, str]) -> Asked:
    """Read an address; what it does not say is left at its default."""
    members = tuple(part.strip() for part in params.get("set", "").split(",") if part.strip())[:_MAX_IN_SET]
    absent = tuple(part.strip() for part in params.get("not", "").split(",") if part.strip())[:_MAX_IN_SET]
    wild, mutant = params.get("wild", ""), params.get("mutant", "")
    mode: Mode = "set" if members else "variant" if wild or mutant else "pair"
    return Asked(
        mode, params.get("a", ""), params.get("b", ""), members, absent, wild, mutant, params.get("to", ""),
        params.get("how", ""), fresh=True,
    )  # fmt: skip


def to_address(asked: Asked) -> dict[str, str]:
    """An address that leads back; what is too long for one, or several words of free text, stays out of it."""
    match asked.mode:
        case "pair":
            parts = {"a": asked.a, "b": asked.b}
        case "set":
            parts = {"set": ",".join(asked.members), "not": ",".join(asked.absent), "how": asked.how}
        case _:
            parts = {"wild": asked.wild, "mutant": asked.mutant}
    needed = parts.keys() - {"how", "not"}
    if not all(parts[name] for name in needed) or sum(map(len, parts.values())) >= state.MAX_IN_ADDRESS:
        return {}
    return {name: value for name, value in (parts | {"to": asked.to}).items() if value}


def current() -> Asked:
    """What is asked now: from the address when it is new, otherwise from what was done on the page since."""
    here = dict(st.query_params)
    back = not here and _ASKED in st.session_state
    if not back and (_ASKED not in st.session_state or here != st.session_state.get(_WRITTEN)):
        st.session_state[_ASKED] = from_address(here)
        st.session_state[_WRITTEN] = here
        st.session_state[_MODE] = st.session_state[_ASKED].mode
    asked: Asked = st.session_state[_ASKED]
    if asked.fresh:
        st.session_state[_ASKED] = replace(asked, fresh=False)
    return asked


def put(asked: Asked) -> None:
    """Ask something else; takes effect with the next run."""
    st.session_state[_ASKED] = replace(asked, fresh=False)


def now() -> Asked:
    """What is asked, as it was put last."""
    found: Asked = st.session_state.get(_ASKED, Asked())
    return found


def write(asked: Asked) -> None:
    """Put what was answered in the address bar."""
    params = to_address(asked)
    if dict(st.query_params) != params:
        st.query_params.from_dict(params)
    st.session_state[_WRITTEN] = params


def unanswered() -> None:
    """Take an address away that belongs to an earlier question."""
    if from_address(dict(st.query_params)) != replace(now(), fresh=True):
        st.query_params.clear()
        st.session_state[_WRITTEN] = {}


def choose(asked: Asked) -> Mode:
    """Which of the three comparisons is looked at."""
    st.session_state.setdefault(_MODE, asked.mode)
    picked = st.segmented_control(
        "What to compare",
        list(_MODES),
        key=_MODE,
        format_func=_MODES.__getitem__,
        required=True,
        label_visibility="collapsed",
        on_change=_switch,
    )
    return "set" if picked == "set" else "variant" if picked == "variant" else "pair"


def _switch() -> None:
    picked = st.session_state[_MODE]
    put(replace(now(), mode="set" if picked == "set" else "variant" if picked == "variant" else "pair"))


def example(asked: Asked) -> None:
    """Take an example over, boxes included."""
    st.session_state[_ASKED] = replace(asked, fresh=True)
    st.session_state[_MODE] = asked.mode


def examples(offered: Sequence[tuple[str, Asked]]) -> None:
    """Things to try, as buttons."""
    with st.container(horizontal=True, gap="small", key="compare examples"):
        for label, asked in offered:
            st.button(label, key=f"compare example {label}", on_click=example, args=(asked,))


def resolved(bridge: BridgeService, text: str, which: str) -> Query | None:
    """What one input means; None while a person has to choose, or where it cannot be read (which is then said)."""
    try:
        with service.telling() as tell:
            found = bridge.find(text, tell)
    except BioBridgeError as error:
        service.show_error(error)
        return None
    if found.chosen is not None:
        for note in found.notes:
            st.caption(f"{theme.plain(which)}: {theme.plain(note, 300)}")
        return found.chosen
    options = {state.sense_of(query): query for query in found.alternatives}
    key = f"compare sense {which} {text[:60]}"
    note = found.notes[-1] if found.notes else "This can mean several things."
    sense = st.selectbox(
        f"{which}: {note}",
        list(options),
        index=None,
        placeholder="Choose what is meant",
        format_func=lambda name: asking.option(options[name]),
        key=key,
    )
    return options[sense] if sense else None


def value_of(query: Query) -> str:
    """What stands for a query in the address: its CURIE, or what was typed; nothing for free text."""
    if query.kind is QueryKind.ENTITY:
        return query.value
    return "" if query.kind is QueryKind.TEXT else query.text.strip()


def target(bridge: BridgeService, asked: Asked, first: Sequence[str], key: str) -> str:
    """The kind to look for; an unknown one in the address is said and replaced."""
    kinds = sorted(bridge.modalities, key=lambda name: first.index(name) if name in first else len(first))
    if asked.to and asked.to not in kinds:
        st.warning(f"There is no kind of entity called “{theme.plain(asked.to, 40)}”. One of: {', '.join(kinds)}.")
    index = kinds.index(asked.to) if asked.to in kinds else 0
    picked: str = st.selectbox(
        "Look for", kinds, index=index, format_func=lambda name: service.words(name)[1], key=f"{key} {asked.to}"
    )
    return picked


def downloads(compared: Comparison, bridge: BridgeService, csv: Callable[[], bytes] | None = None) -> None:
    """Offer a comparison as files."""
    from biobridge_core.report.comparison import title

    offers: list[tuple[str, str, Callable[[], bytes]]] = [
        ("json", "application/json", partial(bridge.files.json, compared)),
        ("html", "text/html", partial(bridge.files.html, compared)),
    ]
    if csv is not None:
        offers.insert(0, ("csv", "text/csv", csv))
    with st.container(horizontal=True, vertical_alignment="center", key="compare below", gap="small"):
        for ending, mime, make in offers:
            export.download(
                ending, mime, make, export.named(title(compared), ending), f"compare {ending}", _HELP[ending]
            )
