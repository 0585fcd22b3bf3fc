"""What is right in an answer, question by question, and the figures over many.

Every measure says on which questions it is taken; a question on which it is not taken has no value (None).

linked
    All entities that the question names are linked, and nothing else. An entity with the same name (``also_named``)
    beside them is no fault; in its place it is one. An attached input that the graph has never seen must be taken as
    the one mention, as a raw input of the right modality, without an entity. To ask back which entity is meant counts
    as not linked. Not taken on questions that must be refused, nor on negations.
planned
    The steps are those of an accepted plan: as many of them, in the same order, each with exactly the same set of
    relations. A yes-or-no question that is read from its second entity to its first may have them reversed, each
    relation exchanged for its inverse. Not taken on questions that must be refused, nor on negations.
shaped
    The shape is the one that the kind of question wants; taken where `planned` is.
recall10
    Answers among the first ten different answers of the facts, over the number of answers or ten if there are more.
    What is ``also_right`` is passed over: it takes no place and is not counted. A refusal has found nothing.
recall10_held_out
    The same for the answers that rest on a held-out link alone: they stand behind what is known, so that ten known
    answers leave no place for them.
recall10_new
    The same with everything that the opened graph leads to passed over, as link prediction is measured (filtered):
    other answers, and what was told as known, as over narrower kinds.
told
    Yes-or-no questions: the verdict is the expected one. Counts: the number that the opened graph gives. Negations: a
    refusal, or no fact that leads to an entity that is linked.
told_or_refused
    Counts: the right number or a refusal.
refused
    There is a refusal or a question back.
stated
    How many ``forbidden`` phrases stand in the answer outside quotation marks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ask.record import Record

Question = Mapping[str, Any]
Row = dict[str, object]
Value = float | None

TOP = 10
RECALLED = ("recall10", "recall10_held_out", "recall10_new")
_SHAPES: Mapping[str, frozenset[str]] = {
    "shared": frozenset({"shared"}),
    "count": frozenset({"count"}),
    "verify": frozenset({"verify"}),
}
_LIST = frozenset({"list"})
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|‘[^’]*’|«[^»]*»")
_RESAMPLES = 2000


def score(question: Question, record: Record, inverse: Mapping[str, str]) -> dict[str, Value]:
    """All measures of one answer, None where one is not taken.

    Parameters
    ----------
    inverse
        Relation -> the same read from its other end.
    """
    expect = question["expect"]
    asked = expect not in {"refuse", "negation"}
    values: dict[str, Value] = {
        "linked": float(linked(question, record)) if asked else None,
        "planned": float(planned(question, record, inverse)) if asked else None,
        "shaped": float(record["shape"] in _SHAPES.get(question["kind"], _LIST)) if asked else None,
        "refused": float(is_refused(record)),
        "told": None,
        "told_or_refused": None,
        "stated": float(len(stated(question["forbidden"], record))) if question["forbidden"] else None,
        "seconds": float(record["seconds"]),
    }
    if expect == "answer":
        told = {fact["answer"] for fact in record["facts"] if fact["status"] == "known"}
        values |= recalls(question, ranked(record), told)
    elif expect in {"yes", "not_known"}:
        values["told"] = float(record["verdict"] == expect.replace("_", " ") and not is_refused(record))
    elif expect == "count":
        values["told"] = float(record["count"] == question["count"] and not is_refused(record))
        values["told_or_refused"] = float(bool(values["told"]) or is_refused(record))
    elif expect == "negation":
        wrong = set(question["wrong"]) & {fact["answer"] for fact in record["facts"]}
        values["told"] = float(is_refused(record) or not wrong)
    return values


def is_refused(record: Record) -> bool:
    """Whether nothing was answered: a refusal, or a question back which entity is meant."""
    return record["refusal"] is not None or bool(record["choices"])


def linked(question: Question, record: Record) -> bool:
    """See `linked` above."""
    mentions = [*record["mentions"], *([record["target"]] if record["target"] else [])]
    if question["named_as"] == "attachment":
        modality = "protein" if question["attach"][0]["kind"] in {"sequence", "fasta"} else "drug"
        return [(one["entity"], one["modality"]) for one in mentions] == [(None, modality)]
    wanted, found = set(question["entities"]), {one["entity"] for one in mentions}
    return not record["choices"] and wanted <= found <= wanted | set(question["also_named"])


def planned(question: Question, record: Record, inverse: Mapping[str, str]) -> bool:
    """See `planned` above."""
    steps = _plan(record["steps"])
    accepted = [_plan(plan) for plan in question["accepted"]]
    if steps in accepted:
        return True
    starts = [one["entity"] for one in record["mentions"]]
    if question["kind"] != "verify" or starts != question["entities"][1:]:
        return False
    turned = [frozenset(inverse.get(name, name) for name in step) for step in reversed(steps)]
    return turned in accepted


def _plan(steps: Iterable[Iterable[str]]) -> list[frozenset[str]]:
    return [frozenset(step) for step in steps]


def ranked(record: Record) -> list[str]:
    """The different answers of the facts in their order; none where the question was refused."""
    if is_refused(record):
        return []
    return list(dict.fromkeys(fact["answer"] for fact in record["facts"]))


def recalls(question: Question, found: Sequence[str], told: Collection[str] = ()) -> dict[str, Value]:
    """All of `RECALLED` for answers in their order; ``told``: those that were told as known."""
    answers, held = set(question["answers"]), set(question["held_out"])
    fair = [id_ for id_ in found if id_ not in question["also_right"]]
    new = [id_ for id_ in fair if id_ in held or (id_ not in answers and id_ not in told)]
    return {
        "recall10": _recall(fair, answers),
        "recall10_held_out": _recall(fair, held),
        "recall10_new": _recall(new, held),
    }


def _recall(found: Sequence[str], wanted: set[str]) -> Value:
    return len(wanted.intersection(found[:TOP])) / min(TOP, len(wanted)) if wanted else None


def stated(forbidden: Sequence[str], record: Record) -> list[str]:
    """Forbidden phrases that the answer says in its own words: not struck, and outside quotation marks."""
    said = [record["summary"], *record["sentences"], *record["lay"]]
    texts = [one["text"] for one in said if one and not one["struck"]] + record["refusal_text"] + record["notes"]
    plain = [_plain(_QUOTED.sub(" ", text)) for text in texts]
    return [phrase for phrase in forbidden if any(_plain(phrase) in text for text in plain)]


def _plain(text: str) -> str:
    words = re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(words)


# ---------------------------------------------------------------------- over many questions


def mean_row(name: str, values: Iterable[Value], *, seed: int = 0) -> Row:
    """Mean of the values that are there, their number, and the 95 % bootstrap interval over questions."""
    there = np.array([value for value in values if value is not None], dtype=np.float64)
    if not len(there):
        return {}
    rng = np.random.default_rng(seed)
    draws = there[rng.integers(0, len(there), size=(_RESAMPLES, len(there)))].mean(axis=1)
    low, high = np.quantile(draws, (0.025, 0.975))
    return {"measure": name, "value": round(float(there.mean()), 4), "n": len(there)} | {
        "low": round(float(low), 4),
        "high": round(float(high), 4),
    }


def median_row(name: str, values: Iterable[Value], *, seed: int = 0) -> Row:
    """The median instead of the mean, see `mean_row`."""
    there = np.array([value for value in values if value is not None], dtype=np.float64)
    if not len(there):
        return {}
    rng = np.random.default_rng(seed)
    draws = np.median(there[rng.integers(0, len(there), size=(_RESAMPLES, len(there)))], axis=1)
    low, high = np.quantile(draws, (0.025, 0.975))
    return {"measure": name, "value": round(float(np.median(there)), 3), "n": len(there)} | {
        "low": round(float(low), 3),
        "high": round(float(high), 3),
        "p95": round(float(np.quantile(there, 0.95)), 3),
    }


def refusals(
    questions: Sequence[Question], records: Sequence[Mapping[str, Any]], values: Sequence[Mapping[str, Value]]
) -> dict[str, list[Value]]:
    """Values whose means are recall and precision of refusing.

    Recall: each question that must be refused, whether it was. Precision, strict: each question that was refused,
    whether it must be; counts and negations, which may be refused, are left out. Precision: the same, but "no evidence
    found" is right as well where the question was understood (`linked` and `planned`) and every answer to it is held
    out: then nothing of it is known, and a refusal says so.
    """
    found: dict[str, list[Value]] = {"refusal_recall": [], "refusal_precision": [], "refusal_precision_strict": []}
    for question, record, one in zip(questions, records, values, strict=True):
        must = question["expect"] == "refuse"
        if must:
            found["refusal_recall"].append(one["refused"])
        if not one["refused"] or question["expect"] in {"count", "negation"}:
            continue
        fair = record["refusal"] == "no_evidence" and bool(one["linked"] and one["planned"])
        fair = fair and bool(question["answers"]) and set(question["answers"]) <= set(question["held_out"])
        found["refusal_precision"].append(float(must or fair))
        found["refusal_precision_strict"].append(float(must))
    return found


def by(questions: Sequence[Question], key: Callable[[Question], str]) -> dict[str, list[int]]:
    """Places of the questions by a key, in the order in which the keys come up."""
    found: dict[str, list[int]] = {}
    for place, question in enumerate(questions):
        found.setdefault(key(question), []).append(place)
    return found
