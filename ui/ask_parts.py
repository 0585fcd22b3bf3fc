"""The pieces of an answer as HTML: sentences with citations, and what each citation opens. All foreign words are
escaped here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import quote

from biobridge_core.answer.types import Fact, Sentence, Voice
from biobridge_core.types import Edge, Entity, HitStatus
from ui import theme, why_parts

#: Static, holds nothing foreign.
CSS = (
    why_parts.CSS
    + """
.bb-said {display: flex; gap: .7rem; align-items: baseline; padding: .3rem .65rem; margin-bottom: .4rem;
  line-height: 1.5; overflow-wrap: anywhere; border-radius: .4rem; border: 1px solid transparent;}
.bb-said.bb-is-known {border-left: 4px solid color-mix(in srgb, currentColor 75%, transparent);}
.bb-said.bb-is-predicted {border: 1px dashed color-mix(in srgb, currentColor 45%, transparent);}
.bb-said > b {flex: 0 0 8.4rem; font-size: .84rem; font-weight: 600;}
.bb-said > div {flex: 1; min-width: 0;}
.bb-said s {opacity: .8;}
.bb-said small {display: block; font-size: .84rem;}
.bb-summary {font-size: 1.12rem; line-height: 1.4; font-weight: 600; overflow-wrap: anywhere; margin: 0 0 .2rem;}
.bb-cite {font: inherit; font-size: .76rem; line-height: 1.35; min-width: 1.5rem; min-height: 1.5rem; padding: 0 .3rem;
  margin: 0 .1rem; border-radius: .35rem; cursor: pointer; color: inherit; font-weight: 600;
  background: color-mix(in srgb, currentColor 9%, transparent);
  border: 1px solid color-mix(in srgb, currentColor 40%, transparent);}
.bb-cite.bb-guess {background: none; border-style: dashed;}
.bb-cite:hover, .bb-cite:focus-visible {background: color-mix(in srgb, currentColor 22%, transparent);}
.bb-source {max-width: min(38rem, calc(100vw - 2rem)); max-height: 80vh; overflow: auto; padding: .9rem 1.1rem;
  border-radius: .5rem; border: 1px solid light-dark(#9fb0b6, #4a5c64); line-height: 1.45; overflow-wrap: anywhere;
  color: light-dark(#17252B, #E4EDF0); background: light-dark(#ffffff, #1A252B);
  box-shadow: 0 .5rem 2rem #0005;}
.bb-source::backdrop {background: #0003;}
.bb-source ol {list-style: none; margin: .4rem 0; padding: 0;}
.bb-source li {margin: 0 0 .7rem; line-height: 1.9;}
.bb-source li div {font-size: .88rem; line-height: 1.4;}
.bb-source p {margin: .3rem 0 0; font-size: .92rem;}
.bb-source a {color: inherit;}
.bb-source button {float: right; font: inherit; color: inherit; background: none; cursor: pointer; padding: .1rem .5rem;
  border: 1px solid color-mix(in srgb, currentColor 40%, transparent); border-radius: .35rem;}
[class*=st-key-ask_cards] {display: none;}
@media (max-width: 640px) {
  .bb-said {display: block;}
  .bb-said > b {display: block;}
  .bb-cite {min-width: 1.8rem; min-height: 1.8rem;}
  [class*=st-key-ask_cards] {display: block;}
  [class*=st-key-ask_table] {display: none;}
}
"""
)

_MARKS = {Voice.KNOWN: HitStatus.KNOWN, Voice.PREDICTED: HitStatus.PREDICTED}
_RAW = "input:"  #: how the id of an input begins that the graph does not have
_MOST_SOURCES = 6
_CHANCE = re.compile(r"chance|\d %|\bin 10\b", re.IGNORECASE)


def summary(sentence: Sentence, facts: Mapping[int, Fact], turn: str) -> str:
    """The line that stands first."""
    mark = _MARKS.get(sentence.voice)
    word = f"{theme.STATUS_WORDS[mark]} · " if mark is HitStatus.PREDICTED else ""
    return f'<p class="bb-summary">{escape(word)}{_text(sentence)}{_cites(sentence, facts, turn)}</p>'


def sentences(told: Sequence[Sentence], facts: Mapping[int, Fact], turn: str) -> str:
    """Each sentence with the marker and the word for how sure it is; a removed one is struck out, with the reason."""
    return "".join(_sentence(sentence, facts, turn) for sentence in told)


def _sentence(sentence: Sentence, facts: Mapping[int, Fact], turn: str) -> str:
    if sentence.struck:
        return (
            f'<div class="bb-said"><b>removed</b><div><s>{_text(sentence)}</s>'
            f"<small>{escape(sentence.struck)}</small></div></div>"
        )
    mark = _MARKS.get(sentence.voice)
    if mark is None:
        return f'<div class="bb-said"><div>{_text(sentence)}{_cites(sentence, facts, turn)}</div></div>'
    word = theme.STATUS_WORDS[mark]
    chance = "" if _CHANCE.search(sentence.text) else _chances([facts[n] for n in sentence.cites if n in facts])
    return (
        f'<div class="bb-said bb-is-{mark.value}"><b>{escape(word)}{chance}</b>'
        f"<div>{_text(sentence)}{_cites(sentence, facts, turn)}</div></div>"
    )


def _text(sentence: Sentence) -> str:
    return escape(theme.shorten(sentence.text, 2_000))


def _chances(facts: Sequence[Fact]) -> str:
    values = sorted(fact.probability for fact in facts if fact.probability is not None)
    if not values:
        return ""
    low, high = theme.percent(values[0]), theme.percent(values[-1])
    return f" · {low}" if low == high else f" · {low} to {high}"


def _cites(sentence: Sentence, facts: Mapping[int, Fact], turn: str) -> str:
    return " " + "".join(_cite(facts[n], turn) for n in sentence.cites if n in facts) if sentence.cites else ""


def _cite(fact: Fact, turn: str) -> str:
    guess = " bb-guess" if fact.status is HitStatus.PREDICTED else ""
    tip = escape(f"What fact {fact.number} rests on: {theme.shorten(fact.answer.name, 60)}", quote=True)
    return (
        f'<button type="button" class="bb-cite{guess}" popovertarget="{_id(turn, fact)}" title="{tip}" '
        f'aria-label="{tip}">{fact.number}</button>'
    )


def _id(turn: str, fact: Fact) -> str:
    return f"bb-source-{turn}-{fact.number}"


def sources(facts: Sequence[Fact], names: Mapping[str, str], turn: str) -> str:
    """What each citation opens: the links, their sources and evidence, and where to read on. ``names`` of databases."""
    return "".join(_source(fact, names, turn) for fact in facts)


def _source(fact: Fact, names: Mapping[str, str], turn: str) -> str:
    place = _id(turn, fact)
    links = "".join(_link(edge, guessed, fact, names) for edge, guessed in zip(fact.edges, fact.predicted, strict=True))
    if not links:
        links = f"<li>{_entry(fact.answer, names)}</li>"
    more = f"<p>{theme.counted(fact.more, 'further path leads', 'further paths lead')} there too.</p>"
    return (
        f'<div popover class="bb-source" id="{place}" role="dialog" aria-label="Fact {fact.number}">'
        f'<button type="button" popovertarget="{place}" popovertargetaction="hide">Close</button>'
        f"<b>Fact {fact.number}</b><ol>{links}</ol>{more if fact.more else ''}<p>{_onward(fact)}</p></div>"
    )


def _link(edge: Edge, guessed: bool, fact: Fact, names: Mapping[str, str]) -> str:
    status = HitStatus.PREDICTED if guessed else HitStatus.KNOWN
    if guessed:
        told = chance(fact)
        rests = "No database that is loaded holds this link: the bridge suggests it" + (f", {told}." if told else ".")
    else:
        rests = f"Source: {_cited(edge.sources, names)}" if edge.sources else "The graph names no source."
    return (
        f"<li><b>{theme.STATUS_WORDS[status]}</b> {_chip(edge.head)} "
        f'<span class="bb-by">{escape(edge.label)} →</span> {_chip(edge.tail)}<div>{rests}</div></li>'
    )


def _entry(entity: Entity, names: Mapping[str, str]) -> str:
    source = escape(names.get(entity.source, entity.source)) or "not named"
    definition = f"<div>{escape(theme.shorten(entity.definition, 500))}</div>" if entity.definition else ""
    return f"<b>{theme.STATUS_WORDS[HitStatus.KNOWN]}</b> {_chip(entity)}{definition}<div>Source: {source}</div>"


def _cited(cited: Sequence[str], names: Mapping[str, str]) -> str:
    told = []
    for source in cited[:_MOST_SOURCES]:
        key, dot, rest = source.partition(" · ")
        told.append(escape(theme.shorten(f"{names.get(key, key)}{dot}{rest}", 220)))
    more = f" and {theme.number(len(cited) - _MOST_SOURCES)} more" if len(cited) > _MOST_SOURCES else ""
    return "; ".join(told) + more


def _chip(entity: Entity) -> str:
    """An entity as a link to its own page; an input that the graph does not have leads nowhere."""
    if entity.id.startswith(_RAW):
        colour = theme.style_of(entity.modality).colour
        return f'<span class="bb-chip bb-{colour}">{escape(theme.shorten(entity.name, 70))}</span>'
    return why_parts.chip(entity).replace('target="_self"', 'target="_blank" rel="noopener"')


def _onward(fact: Fact) -> str:
    """Links to the page of the answer, and to everything about where the path begins."""
    ends = [_page("entity", fact.answer, f"Everything about {theme.shorten(fact.answer.name, 60)}")]
    for start in starts(fact):
        if not start.id.startswith(_RAW):
            words = f"Explore {theme.shorten(start.name, 60)}"
            ends.append(_page("explore", start, words, f"&amp;to={quote(fact.answer.modality, safe='')}"))
    return " · ".join(ends)


def _page(page: str, entity: Entity, words: str, more: str = "") -> str:
    href = f"/{page}?q={quote(entity.id, safe='')}{more}"
    return f'<a href="{href}" target="_blank" rel="noopener">{escape(words)}</a>'


def starts(fact: Fact) -> tuple[Entity, ...]:
    """Where the paths of a fact begin: one, or several where several things lead to the same answer."""
    heads = {edge.head.id: edge.head for edge in fact.edges}
    reached = {edge.tail.id for edge in fact.edges}
    return tuple(head for curie, head in heads.items() if curie not in reached)


def chance(fact: Fact) -> str:
    """``chance 62 %`` or ``chance 4.1 %, not confident``; empty where there is none."""
    if fact.probability is None:
        return ""
    sure = ", not confident" if fact.confident is False else ""
    return f"chance {theme.percent(fact.probability)}{sure}"


def path(fact: Fact) -> str:
    """The links of a fact as one line of plain text."""
    told, last = list[str](), ""
    for edge in fact.edges:
        if told:
            told[-1] += ", which" if last == edge.head.id else ";"
        told += [edge.label, edge.tail.name] if last == edge.head.id else [edge.head.name, edge.label, edge.tail.name]
        last = edge.tail.id
    return " ".join(told)


def cards(facts: Sequence[Fact], drawings: Sequence[str], names: Mapping[str, str]) -> str:
    """The facts for a phone."""
    return "".join(_card(fact, drawings[place], names) for place, fact in enumerate(facts))


def _card(fact: Fact, drawing: str, names: Mapping[str, str]) -> str:
    picture = f'<img src="{drawing}" alt="">' if drawing else ""
    lines = (theme.STATUS_WORDS[fact.status], chance(fact), fact.answer.id)
    cited = "; ".join(databases(fact, names))
    told = "".join(f"<span>{escape(line)}</span>" for line in lines if line)
    return (
        f'<div class="bb-card bb-{fact.status.value}"><div class="bb-text">'
        f'<b>{fact.number}. <a href="/entity?q={quote(fact.answer.id, safe="")}" target="_blank" rel="noopener">'
        f"{escape(theme.shorten(fact.answer.name, 120))}</a></b>"
        f'<div class="bb-full">{escape(theme.shorten(path(fact), 300))}</div><div class="bb-line">{told}</div>'
        + (f'<div class="bb-line">{escape(cited)}</div>' if cited else "")
        + f"</div>{picture}</div>"
    )


def databases(fact: Fact, names: Mapping[str, str]) -> list[str]:
    """The databases behind a fact, each once."""
    keys = dict.fromkeys(source.partition(" · ")[0] for edge in fact.edges for source in edge.sources)
    if not fact.edges and fact.answer.source:
        keys = {fact.answer.source: None}
    return [names.get(key, key) for key in keys]
