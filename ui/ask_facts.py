"""The facts of an answer as a table, as cards, and as files."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

import pandas as pd
import streamlit as st

from biobridge_core import spreadsheet
from biobridge_core.answer.types import Fact
from biobridge_core.errors import BioBridgeError
from biobridge_core.types import HitStatus, InputKind
from ui import ask_parts, charts, export, theme
from ui.ask_thread import Turn

if TYPE_CHECKING:
    from streamlit.elements.lib.column_types import ColumnConfig

    from biobridge_core.service import BridgeService

_ROW, _DRAWING_ROW, _HEADER = 27, 76, 37
_MOST_DRAWN = 40
_HELP = {
    "number": "The number that the sentences cite.",
    "drawing": "Double-click to enlarge.",
    "answer": "Opens the page of the entity.",
    "status": "● known: every link is in the graph. ○ predicted: the bridge suggests at least one of them.",
    "chance": "Chance that the graph holds the predicted link, measured on links that were held back. “Not confident” "
    "stands where it is too low to rely on. Nothing stands where it could not be measured.",
    "path": "The links from what was asked about to the answer.",
    "sources": "Databases behind the known links. The numbers in the sentences open the evidence.",
}


def show(bridge: BridgeService, turn: Turn, names: Mapping[str, str]) -> None:
    """All facts: a table on a wide screen, cards on a phone. Weak guesses beside what is known are folded."""
    facts = turn.answer.facts
    weak = [fact for fact in facts if fact.weak]
    if not turn.answer.n_known:
        weak = []
    _listed(bridge, turn, names, [fact for fact in facts if fact not in weak], "")
    if weak:
        with st.expander(f"{len(weak)} weak guesses, chance below 5 % or not measured", key=f"ask weak {turn.key}"):
            _listed(bridge, turn, names, weak, "_weak")


def _listed(bridge: BridgeService, turn: Turn, names: Mapping[str, str], facts: Sequence[Fact], part: str) -> None:
    if not facts:
        return
    drawings = [_drawing(bridge, fact, place) for place, fact in enumerate(facts)]
    with st.container(key=f"ask_table{part}_{turn.key}"):
        _table(facts, drawings, names, f"{turn.key}{part}")
    with st.container(key=f"ask_cards{part}_{turn.key}"):
        st.html(ask_parts.cards(facts, drawings, names))


def frame_of(facts: Sequence[Fact], drawings: Sequence[str], names: Mapping[str, str]) -> pd.DataFrame:
    """One row a fact; columns that say nothing for any fact are left out."""
    table = pd.DataFrame(
        {
            "number": [fact.number for fact in facts],
            "drawing": list(drawings),
            "answer": [f"entity?q={quote(fact.answer.id, safe=':')}" for fact in facts],
            "status": [theme.STATUS_WORDS[fact.status] for fact in facts],
            "chance": [ask_parts.chance(fact).removeprefix("chance ") for fact in facts],
            "path": [ask_parts.path(fact) for fact in facts],
            "sources": ["; ".join(ask_parts.databases(fact, names)) for fact in facts],
        }
    )
    empty = [name for name in ("drawing", "chance", "path", "sources") if not table[name].astype(bool).any()]
    return table.drop(columns=empty)


def _table(facts: Sequence[Fact], drawings: Sequence[str], names: Mapping[str, str], key: str) -> None:
    table = frame_of(facts, drawings, names)
    row = _DRAWING_ROW if "drawing" in table else _ROW
    called = {url: fact.answer.name for url, fact in zip(table["answer"], facts, strict=True)}
    st.dataframe(
        table.style.format({"answer": lambda url: theme.shorten(called[str(url)], 80)}).map(_tint, subset=["status"]),
        hide_index=True,
        row_height=row,
        height=min(len(facts), 12 if row == _ROW else 4) * row + _HEADER,
        column_config=_columns(name=330 if row == _ROW else 200),
        placeholder="",
        key=f"ask facts {key}",
        alt="The facts of the answer, with what they rest on.",
    )


def _columns(name: int) -> dict[str, ColumnConfig | str | None]:
    c = st.column_config
    return {
        "number": c.NumberColumn("No.", width=50, help=_HELP["number"]),
        "drawing": c.ImageColumn("Structure", width=130, help=_HELP["drawing"]),
        "answer": c.LinkColumn("Answer", width=name, help=_HELP["answer"]),
        "status": c.TextColumn("Link", width=95, help=_HELP["status"]),
        "chance": c.TextColumn("Chance", width=150, help=_HELP["chance"]),
        "path": c.TextColumn("How it is linked", width=400, help=_HELP["path"]),
        "sources": c.TextColumn("Sources", width=260, help=_HELP["sources"]),
    }


def _tint(word: object) -> str:
    return "background-color: #7fa8ae40" if str(word) == theme.STATUS_WORDS[HitStatus.KNOWN] else ""


def _drawing(bridge: BridgeService, fact: Fact, place: int) -> str:
    entity = fact.answer
    if place >= _MOST_DRAWN or entity.input_kind is not InputKind.SMILES or not entity.input:
        return ""
    try:
        svg = bridge.depict(entity.input, width=116, height=72, dark=charts.is_dark())
    except BioBridgeError:
        return ""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def downloads(bridge: BridgeService, turn: Turn) -> None:
    """The answer as files; each is made when it is asked for."""
    name = partial(export.named, turn.request.shown or turn.request.question)
    with st.container(horizontal=True, gap="small", key=f"ask_files_{turn.key}"):
        key = f"ask file {turn.key}"
        make = partial(bridge.asker.report, turn.answer, turn.when)
        tip = "The answer with its sources, to read; loads nothing."
        export.download("html", "text/html", make, name("html"), f"{key} html", tip)
        if turn.answer.facts:
            export.download(
                "csv", "text/csv", partial(to_csv, turn), name("csv"), f"{key} csv", "The facts, one row each link."
            )
        export.download(
            "json",
            "application/json",
            partial(_json, bridge, turn),
            name("json"),
            f"{key} json",
            "Everything.",
        )


def _json(bridge: BridgeService, turn: Turn) -> bytes:
    return bridge.asker.to_json(turn.answer, turn.when).encode()


def to_csv(turn: Turn) -> bytes:
    """One row a link of a fact; text that a spreadsheet would run gets a leading apostrophe."""
    return spreadsheet.write(row for fact in turn.answer.facts for row in _rows(turn, fact))


def _rows(turn: Turn, fact: Fact) -> list[dict[str, object]]:
    made = turn.answer.provenance
    versions = {} if made is None else asdict(made)
    said = {
        "question": turn.request.question,
        "fact": fact.number,
        "answer_id": fact.answer.id,
        "answer": fact.answer.name,
        "modality": fact.answer.modality,
        "status": fact.status.value,
        "probability": "" if fact.probability is None else f"{fact.probability:.4g}",
        "confident": "" if fact.confident is None else fact.confident,
    }
    links: list[dict[str, object]] = [
        {
            "head_id": edge.head.id,
            "head": edge.head.name,
            "relation": edge.relation,
            "tail_id": edge.tail.id,
            "tail": edge.tail.name,
            "link": "predicted" if guessed else "known",
            "sources": "; ".join(edge.sources),
        }
        for edge, guessed in zip(fact.edges, fact.predicted, strict=True)
    ]
    blank: dict[str, object] = dict.fromkeys(("head_id", "head", "relation", "tail_id", "tail", "link", "sources"), "")
    last = {**versions, "retrieved": turn.when.isoformat(timespec="seconds")}
    return [{**said, **link, **last} for link in links or [blank]]
