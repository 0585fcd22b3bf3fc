"""What was asked and answered in one visit, and the questions that are on their way. Nothing here draws anything."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import streamlit as st

from biobridge_core.answer.types import Answer, Attachment, Understanding
from biobridge_core.types import Entity, QueryKind

if TYPE_CHECKING:
    from biobridge_core.service import BridgeService

MAX_IN_ADDRESS = 200  #: characters of a question; a longer one stays out of the address

MAX_TURNS = 30  #: kept of one thread

_SOMEBODY = re.compile(
    r"\b(i|me|my|mine|we|us|our|he|him|his|she|her|son|daughter|child|mother|father|wife|husband)\b", re.IGNORECASE
)

_THREAD, _WAITING, _WRITTEN, _COUNT = "ask thread", "ask waiting", "ask written", "ask count"


@dataclass(frozen=True, slots=True)
class Request:
    """A question on its way."""

    question: str
    attached: tuple[Attachment, ...] = ()
    shown: str = ""  #: the question in the words of the person, where ``question`` names an entity by its id
    instead: bool = False  #: whether it takes the place of the newest turn, which was understood wrongly


@dataclass(frozen=True, slots=True)
class Turn:
    """One question with its answer."""

    request: Request
    answer: Answer
    when: datetime
    key: str  #: tells the turns of a visit apart


def turns() -> list[Turn]:
    """The thread, oldest first."""
    return st.session_state.setdefault(_THREAD, [])  # type: ignore[no-any-return]


def waiting() -> Request | None:
    """The question that is not answered yet."""
    return st.session_state.get(_WAITING)


def put(request: Request) -> None:
    """Ask; answered when the page is next drawn."""
    st.session_state[_WAITING] = request


def done() -> None:
    """Nothing is on its way any more, whatever came of it."""
    st.session_state.pop(_WAITING, None)


def before(request: Request) -> tuple[Answer, ...]:
    """What a question may speak of as “it”."""
    kept = turns()[:-1] if request.instead else turns()
    return tuple(turn.answer for turn in kept)


def add(request: Request, answer: Answer, when: datetime) -> None:
    """Keep an answer."""
    number = st.session_state[_COUNT] = int(st.session_state.get(_COUNT, 0)) + 1
    if request.instead and turns():
        turns().pop()
    turns().append(Turn(request, answer, when, f"{number}"))
    del turns()[:-MAX_TURNS]


def start_over() -> None:
    """Forget the thread."""
    st.session_state[_THREAD] = []
    done()
    st.session_state[_WRITTEN] = {}
    st.query_params.clear()


def read_address() -> None:
    """Ask what the address asks, once; that begins a new thread."""
    here = dict(st.query_params)
    if here == st.session_state.get(_WRITTEN, {}):
        return
    st.session_state[_WRITTEN] = here
    if question := here.get("q", "").strip():
        st.session_state[_THREAD] = []
        put(Request(question))


def write_address(bridge: BridgeService) -> None:
    """Put a question in the address where it stands alone, is short, names what it is about and speaks of nobody."""
    params: dict[str, str] = {}
    if len(turns()) == 1 and may_be_shared(bridge, turns()[0]):
        params = {"q": turns()[0].request.question.strip()}
    if dict(st.query_params) != params:
        st.query_params.from_dict(params)
    st.session_state[_WRITTEN] = params


def may_be_shared(bridge: BridgeService, turn: Turn) -> bool:
    """Whether a question may stand in an address, which ends up in histories and logs."""
    question, understood = turn.request.question.strip(), turn.answer.understanding
    named = [m for m in (*understood.mentions, understood.target) if m is not None]
    return (
        0 < len(question) <= MAX_IN_ADDRESS
        and not turn.request.attached
        and turn.answer.refusal is None
        and bool(named)
        and all(mention.query.kind is QueryKind.ENTITY for mention in named)
        and not bridge.speaks_of_a_person(question)
        and not _SOMEBODY.search(question)
    )


def with_entity(request: Request, understood: Understanding, place: int | None, entity: Entity) -> Request:
    """The same question with another entity meant.

    Parameters
    ----------
    place
        Which mention it stands for; None where the words that were not clear are not known, and then the entity is
        attached.
    """
    shown = request.shown or request.question
    if place is not None:
        mention = understood.mentions[place]
        if 0 <= mention.start < mention.end <= len(request.question):
            text = f"{request.question[: mention.start]}{entity.id}{request.question[mention.end :]}"
            return Request(text, request.attached, shown, instead=True)
    chosen = Attachment(entity.name, entity.id.encode())
    return Request(request.question, (*request.attached, chosen), shown, instead=True)


def unclear(understood: Understanding, choices: Sequence[Entity]) -> int | None:
    """Which mention a person has to choose for; None where that cannot be told."""
    offered = {entity.id for entity in choices}
    for place, mention in enumerate(understood.mentions):
        named = {entity.id for entity in (mention.entity, *mention.others) if entity is not None}
        if named & offered:
            return place
    return None


def databases(bridge: BridgeService) -> Mapping[str, str]:
    """The names of the databases by their short keys."""
    return {source.key: source.name for source in bridge.graph.sources.values()}
