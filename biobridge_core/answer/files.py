"""An answer as a file: JSON with everything, and lines of text for a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from biobridge_core.answer.types import Answer, Fact, Sentence
from biobridge_core.answer.words import percent
from biobridge_core.links import home_page
from biobridge_core.types import Entity, HitStatus

PURPOSE = "Research use, not medical advice."
_MARKS = {HitStatus.KNOWN: "●", HitStatus.PREDICTED: "○"}


def answer_to_json(answer: Answer, when: datetime | None = None) -> str:
    """The whole answer: how the question was read, sentences, facts with all links and sources, stages, versions.

    An entity is told by its id, kind, names and page; what the encoders read of it is left out.
    """
    whole: dict[str, Any] = {"note": PURPOSE, **_plain(answer)}
    if when is not None:
        whole["asked_at"] = when.isoformat(timespec="seconds")
    return json.dumps(whole, ensure_ascii=False, indent=1)


def answer_to_text(answer: Answer, *, lay: bool = False, everything: bool = False) -> str:
    """The answer for a terminal: sentences with the numbers of their facts, then these facts with their sources.

    Parameters
    ----------
    lay
        In everyday words.
    everything
        Whether facts that no sentence cites are listed too.
    """
    lines = [f"Read as: {answer.understanding.reading}"] if answer.understanding.reading else []
    lines += [f"! {note}" for note in (*answer.understanding.notes, *answer.warnings)]
    if answer.refusal is not None:
        lines += ["", f"Not answered ({answer.refusal.reason.value.replace('_', ' ')}): {answer.refusal.message}"]
        lines += [f"  {entity.name} ({entity.id})" for entity in answer.understanding.choices]
        lines += [f"  You could ask: {question}" for question in answer.refusal.instead]
        return "\n".join([*lines, "", PURPOSE])
    told = answer.lay if lay else (*((answer.summary,) if answer.summary else ()), *answer.sentences)
    lines += ["", *(_sentence(sentence) for sentence in told)]
    cited = {number for sentence in told if not sentence.struck for number in sentence.cites}
    shown = [fact for fact in answer.facts if everything or fact.number in cited]
    if shown:
        lines += ["", "Facts (● known in the graph, ○ predicted):"]
        lines += [line for fact in shown for line in _fact(fact)]
    if len(shown) < len(answer.facts):
        lines.append(f"{len(answer.facts) - len(shown)} more facts: --all lists them.")
    by = "written from facts" if answer.writer == "facts" else f"worded by {answer.writer}, checked against the facts"
    return "\n".join([*lines, "", f"{answer.seconds:.2g} s, {by}. {PURPOSE}"])


def path_words(fact: Fact) -> Iterator[tuple[str, bool, tuple[str, ...]]]:
    """Each link of a fact: in words, whether it is predicted, and its sources."""
    for edge, predicted in zip(fact.edges, fact.predicted, strict=True):
        yield f"{edge.head.name} {edge.label} {edge.tail.name}", predicted, edge.sources


def chance_words(fact: Fact) -> str:
    """``chance 23 %``, or that there is none; empty for a known fact."""
    if fact.status is HitStatus.KNOWN:
        return ""
    return "no calibrated chance" if fact.probability is None else f"chance {percent(fact.probability)}"


def _sentence(sentence: Sentence) -> str:
    cites = f" [{', '.join(map(str, sentence.cites))}]" if sentence.cites else ""
    if sentence.struck:
        return f"(removed) {sentence.text}{cites} {sentence.struck}"
    return f"{sentence.text}{cites}"


def _fact(fact: Fact) -> Iterator[str]:
    chance = f" ({chance_words(fact)})" if chance_words(fact) else ""
    if not fact.edges:
        yield f"  [{fact.number}] {_MARKS[fact.status]} {fact.answer.name} ({fact.answer.id}), its entry"
    for place, (words, predicted, sources) in enumerate(path_words(fact)):
        number = f"[{fact.number}]" if place == 0 else " " * len(f"[{fact.number}]")
        mark = _MARKS[HitStatus.PREDICTED if predicted else HitStatus.KNOWN]
        rest = chance if predicted else f"; {'; '.join(sources)}" if sources else ""
        yield f"  {number} {mark} {words}{rest}"


def _plain(value: Any) -> Any:
    if isinstance(value, Entity):
        return {
            "id": value.id,
            "modality": value.modality,
            "name": value.name,
            "full_name": value.full_name,
            "url": home_page(value.id),
        }
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value
