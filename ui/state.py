"""What a page is asked, to and from its address, e.g. ``/explore?q=UniProtKB:P35498&to=disease``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

import streamlit as st

from biobridge_core.types import Query, QueryKind, Resolution
from ui import theme

MAX_IN_ADDRESS = 500  #: longer inputs stay out of the address
MAX_SHOWN = 200
DEFAULT_SHOWN = 20

_ASK, _WRITTEN = "ask", "written"


class Show(StrEnum):
    """Which hits a table holds."""

    BOTH = "both"
    KNOWN = "known"
    PREDICTED = "predicted"


@dataclass(frozen=True, slots=True)
class Ask:
    """Everything that decides what the page shows."""

    q: str = ""  #: what was typed, or a CURIE
    sense: str = ""  #: which reading of it, see :func:`sense_of`; empty for the first
    to: str = ""  #: modality in view; empty for the first
    show: Show = Show.BOTH
    k: int = DEFAULT_SHOWN
    relation: str = ""  #: only hits of this relation
    least: int = 0  #: only predicted hits whose chance is at least so many percent
    approved: bool = False  #: only drugs that are approved somewhere
    area: str = ""  #: only entities below this term of their ontology, a CURIE

    @property
    def narrowed(self) -> bool:
        """Whether more than known against predicted decides which hits are shown."""
        return bool(self.relation or self.least or self.approved or self.area)


def sense_of(query: Query) -> str:
    """A short word that tells one reading of an input from another: ``smiles``, ``sequence``, a modality, a CURIE."""
    if query.kind is QueryKind.ENTITY:
        return query.value
    return query.modality if query.kind is QueryKind.TEXT else query.kind.value


def readings(resolution: Resolution) -> tuple[Query, ...]:
    """Every way to read the input, the chosen one first, none twice."""
    first = () if resolution.chosen is None else (resolution.chosen,)
    by_sense: dict[str, Query] = {}
    for query in (*first, *resolution.alternatives):
        by_sense.setdefault(sense_of(query), query)
    return tuple(by_sense.values())


def from_address(params: Mapping[str, str]) -> tuple[Ask, tuple[str, ...]]:
    """Read an address.

    Returns
    -------
    tuple of Ask and messages
        A value that cannot be used is replaced by its default and named in a message.
    """
    problems: list[str] = []
    k = DEFAULT_SHOWN
    if "k" in params:
        text = params["k"].strip()
        if text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= MAX_SHOWN:
            k = int(text)
        else:
            problems.append(
                f"The address asks for k = “{theme.plain(text, 20)}” hits, which is no whole number from 1 to "
                f"{MAX_SHOWN}. {DEFAULT_SHOWN} are shown."
            )
    show = Show.BOTH
    if "show" in params:
        try:
            show = Show(params["show"])
        except ValueError:
            problems.append(
                f"The address asks to show “{theme.plain(params['show'], 20)}”. It can be {', '.join(Show)}; "
                "both are shown."
            )
    least = _least(params, problems)
    approved = params.get("approved", "") == "1"
    relation, area = params.get("rel", ""), params.get("area", "")
    asked = params.get("q", ""), params.get("as", ""), params.get("to", "")
    return Ask(*asked, show, k, relation, least, approved, area), tuple(problems)


def _least(params: Mapping[str, str], problems: list[str]) -> int:
    text = params.get("p", "0").strip()
    if text.isascii() and text.isdigit() and len(text) < 3:
        return int(text)
    problems.append(
        f"The address asks for a chance of at least p = “{theme.plain(text, 20)}” percent, which is no whole number "
        "from 0 to 99. Every chance is shown."
    )
    return 0


def to_address(ask: Ask, query: Query) -> dict[str, str]:
    """Write an address that leads back to ``query``, or an empty one where the input is too long for it.

    Free text stays out of it too: it may speak of a patient, and addresses end up in histories and logs. A person can
    still copy a link that holds it, see :func:`link`.
    """
    if query.kind is QueryKind.TEXT:
        return {}
    return link(ask, query)


def link(ask: Ask, query: Query) -> dict[str, str]:
    """The address of ``query`` whatever it is, or an empty one where the input is too long for an address."""
    q = query.value if query.kind is QueryKind.ENTITY else ask.q.strip()
    if not q or len(q) >= MAX_IN_ADDRESS:
        return {}
    params = {"q": q}
    if ask.sense and query.kind is not QueryKind.ENTITY:
        params["as"] = ask.sense
    if ask.to:
        params["to"] = ask.to
    if ask.show is not Show.BOTH:
        params["show"] = ask.show.value
    if ask.k != DEFAULT_SHOWN:
        params["k"] = str(ask.k)
    narrowed = {"rel": ask.relation, "p": str(ask.least or ""), "approved": "1" * ask.approved, "area": ask.area}
    return params | {name: value for name, value in narrowed.items() if value}


def current() -> Ask:
    """What is asked now: from the address when it is new, otherwise from what was done on the page since."""
    here = dict(st.query_params)
    if not here and _ASK in st.session_state and st.session_state["came_from"] != st.session_state["page"]:
        st.session_state[_WRITTEN] = here  # back from another page: go on with what was asked
        st.session_state["fresh"] = True
    if _ASK not in st.session_state or here != st.session_state.get(_WRITTEN):
        ask, problems = from_address(here)
        st.session_state[_ASK] = ask
        st.session_state[_WRITTEN] = here
        st.session_state["problems"] = problems
        st.session_state["fresh"] = True
    return st.session_state[_ASK]  # type: ignore[no-any-return]


def put(ask: Ask) -> None:
    """Ask something else; takes effect when the script next reads :func:`current`."""
    st.session_state[_ASK] = ask
    st.session_state["problems"] = ()


def write(params: Mapping[str, str]) -> None:
    """Put ``params`` in the address bar, unless they stand there."""
    if dict(st.query_params) != dict(params):
        st.query_params.from_dict(dict(params))
    st.session_state[_WRITTEN] = dict(params)


def unanswered() -> None:
    """Empty the address where it belongs to an earlier question than the one that got no answer."""
    if from_address(dict(st.query_params))[0] != current():
        write({})


def take_problems() -> tuple[str, ...]:
    """What was wrong with the address that led here."""
    return tuple(st.session_state.get("problems", ()))


def check_target(ask: Ask, targets: Collection[str]) -> str:
    """A message where the address asks for a modality that there is none of, else an empty string."""
    if not ask.to or ask.to in targets:
        return ""
    return f"There is no kind of entity called “{theme.plain(ask.to, 40)}”. One of: {', '.join(targets)}."
