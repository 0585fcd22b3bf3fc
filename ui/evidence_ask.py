"""Study of the page Ask: what is understood, found and refused, in wordings that nobody saw while it was built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui import evidence_parts as parts
from ui import theme

if TYPE_CHECKING:
    from biobridge_core.results import Result

_HALVES = {"unseen": "Wordings never seen while building", "seen": "Wordings used while building"}
_OURS = "ours"
#: kind of question in the file -> what it is called here
_KINDS = {
    "single": "one relation",
    "any_action": "whatever the action",
    "two_hop": "two steps",
    "shared": "what several share",
    "lay": "everyday words",
    "follow_up": "second turn of a thread",
    "typo": "a slip in the name",
    "brand": "brand name",
    "synonym": "synonym",
    "id": "database id",
    "attached_sequence": "unseen sequence",
    "attached_smiles": "unseen molecule",
    "attached_hostile": "sequence with orders in its header",
    "verify": "yes or not known",
    "count": "how many",
    "negation": "which do not",
}
_HELP = {
    "questions": "How many were asked.",
    "linked, %": "Everything named was linked, and nothing else.",
    "relation, %": "The relations asked for were understood exactly.",
    "found in ten, %": "Right answers among the first ten, of all right answers or of ten if there are more.",
    "best rival, %": "The same for the best of the rivals on these questions.",
    "hidden found, %": "The same for answers that rest on a held-out link, those that the graph tells passed over.",
    "right, %": "Yes or not known as expected; the right number; nothing told that is in fact linked.",
}


def figure(result: Result) -> parts.Figure | None:
    """How often the relation is understood in wordings never seen."""
    head = result.headline
    if "relation_accuracy_unseen_wording" not in head:
        return None
    beside = f"named things linked {parts.percent(head['linking_accuracy'])}"
    return parts.Figure(
        "relation understood in new wordings", parts.percent(head["relation_accuracy_unseen_wording"]), beside
    )


def ask(result: Result) -> None:
    """Figures over all questions, then by kind, against the rivals."""
    head = result.headline
    linked, related, ours, rival, cited, precision, recall = (
        parts.percent(head[name])
        for name in (
            "linking_accuracy", "relation_accuracy_unseen_wording", "recall10_ours", "recall10_best_baseline",
            "citation_precision", "refusal_precision", "refusal_recall",
        )
    )  # fmt: skip
    parts.says(
        f"**Of {theme.number(int(head['n_questions']))} questions in wordings that were not used while Ask was built, "
        f"{linked} had everything linked that they name, and {related} were read as the right relations.** Among its "
        f"first ten answers are {ours} of those expected; the best rival for each kind of question finds {rival}. "
        f"{recall} of what must be refused is refused, and {precision} of what is refused is refused rightly. "
        f"{cited} of all citations hold. The median answer takes {parts.two(head['seconds_p50'])}"
        f"{theme.THIN_SPACE}s.",
        "how Ask reads words of your own. These questions ask about relations that the graph has, one or two at a "
        "time; and an answer that no database holds yet counts as wrong.",
    )
    half = st.segmented_control(
        "Wordings",
        list(_HALVES),
        default="unseen",
        format_func=_HALVES.__getitem__,
        required=True,
        key="ask half",
        label_visibility="collapsed",
    )
    _found(result, str(half))
    _by_kind(result, str(half))
    _refused(result, str(half))


def _found(result: Result, half: str) -> None:
    rows = result.where(kind="ask", half=half, measure="recall10")
    kinds = [kind for kind in _KINDS if any(row["of"] == kind for row in rows)]
    names = list(dict.fromkeys(str(row["by"]) for row in rows))
    series = {
        name: [_point(row) for kind in kinds for row in rows if (row["of"], row["by"]) == (kind, name)]
        for name in names
    }
    series = {"Ask" if name == _OURS else name: found for name, found in series.items() if found}
    if series:
        parts.dots(
            series,
            "share of right answers among the first ten",
            f"ask recall {half}",
            "Share of right answers among the first ten by kind of question, for Ask and its rivals",
        )


def _point(row: Mapping[str, Any]) -> parts.Point:
    return parts.Point(_KINDS[row["of"]], row["value"], row["low"], row["high"])


def _by_kind(result: Result, half: str) -> None:
    rows = result.where(kind="ask", half=half)
    found = {name: _measured(rows, kind) for kind, name in {"all": "all", **_KINDS}.items()}
    lists = [_row(name, mine) | _recalled(mine) for name, mine in found.items() if "recall10" in mine]
    told = [_row(name, mine) | _told(mine) for name, mine in found.items() if "told" in mine and name != "all"]
    for shown, title in ((lists, ""), (told, "##### Yes or not known, how many, which do not")):
        if shown:
            st.markdown(title)
            parts.table(shown, _HELP, f"ask table {half} {title}", decimals=1)


def _measured(rows: Sequence[Mapping[str, Any]], kind: str) -> dict[str, Mapping[str, Any]]:
    return {str(row["measure"]): row for row in rows if row["of"] == kind and row.get("by", _OURS) == _OURS}


def _row(name: str, mine: Mapping[str, Mapping[str, Any]]) -> dict[str, object]:
    counted = [int(row["n"]) for measure, row in mine.items() if measure in {"linked", "recall10", "told"}]
    shown: dict[str, object] = {"question": name, "questions": max(counted)}
    columns = {"linked, %": "linked", "relation, %": "planned"}
    return shown | {header: 100 * mine[measure]["value"] for header, measure in columns.items() if measure in mine}


def _recalled(mine: Mapping[str, Mapping[str, Any]]) -> dict[str, object]:
    ours, new = (float(mine[name]["value"]) if name in mine else None for name in ("recall10", "recall10_new"))
    ahead = mine.get("recall10_ahead")
    rival = None if ahead is None or ours is None else 100 * (ours - float(ahead["value"]))
    shares = {"found in ten, %": ours, "hidden found, %": new}
    found: dict[str, object] = {header: None if share is None else 100 * share for header, share in shares.items()}
    return found | {"best rival, %": rival}


def _told(mine: Mapping[str, Mapping[str, Any]]) -> dict[str, object]:
    return {"right, %": 100 * float(mine["told"]["value"])}


def _refused(result: Result, half: str) -> None:
    rows = [
        row
        for row in result.where(kind="ask", half=half, measure="refusal_recall")
        if str(row["of"]).startswith("refuse_")
    ]
    if not rows:
        return
    st.markdown("##### What must be refused")
    shown = [
        {
            "question": str(row["of"]).removeprefix("refuse_").replace("_", " "),
            "questions": int(row["n"]),
            "refused, %": 100 * float(row["value"]),
        }
        for row in rows
    ]
    parts.table(shown, {"refused, %": "Refused, or asked back what is meant."}, f"ask refused {half}", decimals=1)
