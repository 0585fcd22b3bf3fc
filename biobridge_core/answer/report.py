"""An answer as one HTML file that opens without a network: sentences with their citations, the facts, what made it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import datetime

from biobridge_core.answer.files import chance_words, path_words
from biobridge_core.answer.types import Answer, Fact, Sentence, Voice
from biobridge_core.links import home_page
from biobridge_core.report.page import MARKS, Context, document, origin
from biobridge_core.report.text import link, pairs, t, table
from biobridge_core.types import HitStatus

_LONG = 500  #: characters from which on a question is not repeated in a command
_VOICES = {Voice.KNOWN: MARKS[HitStatus.KNOWN], Voice.PREDICTED: MARKS[HitStatus.PREDICTED], Voice.TOLD: ""}


def render(answer: Answer, when: datetime, context: Context) -> bytes:
    """Write the report: UTF-8, one file without scripts that loads nothing."""
    understood = answer.understanding
    title = " ".join(understood.question.split())[:120] or "A question"
    sections = [_asked(answer)]
    if answer.refusal is not None:
        instead = "".join(f"<li>{t(question)}</li>" for question in answer.refusal.instead)
        more = f"<p>What could be asked instead:</p><ul>{instead}</ul>" if instead else ""
        sections.append(f"<section><h2>Not answered</h2><p>{t(answer.refusal.message)}</p>{more}</section>")
    else:
        first = (answer.summary,) if answer.summary else ()
        sections.append(f"<section><h2>Answer</h2>{_sentences((*first, *answer.sentences))}</section>")
        sections.append(f"<section><h2>In everyday words</h2>{_sentences(answer.lay)}</section>" if answer.lay else "")
        sections.append(_facts(answer.facts))
    sections.append(_how(answer))
    if answer.provenance is not None:
        again = f"biobridge ask {shlex.quote(understood.question)}" if len(understood.question) <= _LONG else ""
        if any(mention.how in {"attachment", "thread"} for mention in understood.mentions):
            again = ""  # the command alone would ask something else
        sections.append(origin(answer.provenance, when.isoformat(timespec="seconds"), again, context))
    return document(title, when, sections)


def _asked(answer: Answer) -> str:
    understood = answer.understanding
    rows = [("Question", t(understood.question)), ("Read as", t(understood.reading))]
    for mention in understood.mentions:
        what = f"{mention.entity.name} ({mention.entity.id})" if mention.entity else "not in the graph"
        rows.append((f"“{mention.text[:60]}”", t(what)))
    notes = "".join(f"<p>{t(note)}</p>" for note in (*understood.notes, *answer.warnings))
    return f"<section><h2>What was asked</h2>{pairs(rows)}{notes}</section>"


def _sentences(sentences: Sequence[Sentence]) -> str:
    made = []
    for sentence in sentences:
        cites = " ".join(f'<a href="#fact-{number}">[{number}]</a>' for number in sentence.cites)
        words = f"<del>{t(sentence.text)}</del> {t(sentence.struck)}" if sentence.struck else t(sentence.text)
        mark = f"<small>{t(_VOICES[sentence.voice])}</small> " if _VOICES[sentence.voice] else ""
        made.append(f"<p>{mark}{words} {cites}</p>")
    return "".join(made)


def _facts(facts: Sequence[Fact]) -> str:
    if not facts:
        return ""
    rows = [
        (
            f'<span id="fact-{fact.number}">{fact.number}</span>',
            t(MARKS[fact.status]),
            f"<b>{link(fact.answer.name, home_page(fact.answer.id))}</b><br><small>{t(fact.answer.id)}</small>",
            _path(fact),
            t(chance_words(fact)),
        )
        for fact in facts
    ]
    return f"<section><h2>Facts</h2>{table('What the sentences cite', _HEADS, rows)}</section>"


def _path(fact: Fact) -> str:
    lines = []
    for words, predicted, sources in path_words(fact):
        told = MARKS[HitStatus.PREDICTED] if predicted else "; ".join(sources)
        lines.append(f"{t(words)}<br><small>{t(told)}</small>")
    more = f"<br><small>and {fact.more} more ways</small>" if fact.more else ""
    return "<br>".join(lines) + more if lines else "its entry in the graph"


def _how(answer: Answer) -> str:
    stages = [(f"{s.name} ({s.seconds:.2g} s)", "<br>".join(map(t, s.told))) for s in answer.stages]
    by = "from facts, without a language model" if answer.writer == "facts" else f"by {answer.writer}, then checked"
    return f"<section><h2>How this was answered</h2>{pairs([*stages, ('Worded', t(by))])}</section>"


_HEADS = ("no.", "status", "answer", "links and their sources", "chance")
