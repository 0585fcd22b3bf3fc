"""The pieces of the panel on why, as HTML. Every foreign word in them is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import quote

from biobridge_core.types import Edge, Entity, Likeness, Neighbour, Part, Path, Voice
from ui import theme

#: Static, holds nothing foreign. The colours of the kinds are those of .streamlit/config.toml, light and dark.
CSS = """
.st-key-why {gap: .6rem;}
.st-key-why h6 {padding: 0 0 .2rem; font-size: 1.02rem;}
.st-key-why [data-testid=stHeaderActionElements] {display: none;}
.bb-path {margin: 0 0 .55rem; padding: .45rem .6rem; border-radius: .4rem; line-height: 1.9; overflow-wrap: anywhere;
  border: 1px solid color-mix(in srgb, currentColor 16%, transparent);}
.bb-path .bb-by {font-size: .84rem; opacity: .85; padding: 0 .15rem;}
.bb-path details, .bb-known {font-size: .82rem; line-height: 1.45;}
.bb-path summary {cursor: pointer; opacity: .85;}
.bb-path ul, .bb-known ul {margin: .2rem 0 0; padding-left: 1.1rem;}
.bb-known {border-left: 4px solid color-mix(in srgb, currentColor 75%, transparent); padding: .1rem .6rem;
  overflow-wrap: anywhere;}
.bb-chip {display: inline-block; padding: 0 .5rem; border-radius: 1rem; line-height: 1.6; font-size: .9rem;
  text-decoration: none !important; color: inherit !important; border: 1.5px solid var(--kind);
  background: color-mix(in srgb, var(--kind) 13%, transparent);}
.bb-chip:hover, .bb-chip:focus-visible {background: color-mix(in srgb, var(--kind) 30%, transparent);}
.bb-chip small {opacity: .8;}
.bb-blue {--kind: light-dark(#0072B2, #56B4E9);} .bb-red {--kind: light-dark(#C24E00, #F0843C);}
.bb-violet {--kind: light-dark(#6F4FB8, #B79CF0);} .bb-green {--kind: light-dark(#00805E, #3CC69B);}
.bb-orange {--kind: light-dark(#B07A00, #E69F00);} .bb-primary {--kind: light-dark(#0B6B75, #4DB6C0);}
.bb-yellow {--kind: light-dark(#8A6A00, #F0E442);} .bb-gray {--kind: light-dark(#5F6B76, #A9B6BD);}
.bb-voters {width: 100%; border-collapse: collapse; font-size: .88rem; table-layout: fixed;}
.bb-voters th {text-align: left; font-weight: 600; font-size: .8rem; opacity: .85; padding: .15rem .3rem;}
.bb-voters td {padding: .22rem .3rem; vertical-align: middle; overflow-wrap: anywhere;
  border-top: 1px solid color-mix(in srgb, currentColor 12%, transparent);}
.bb-voters td div {line-height: 1.3;}
.bb-voters .bb-note {font-size: .78rem; opacity: .8;}
.bb-meter {display: flex; align-items: center; gap: .35rem; font-size: .78rem; line-height: 1.35;}
.bb-meter i {flex: 1 1 2.5rem; height: 6px; border-radius: 3px; min-width: 2rem; max-width: 9rem;
  background: color-mix(in srgb, currentColor 14%, transparent); overflow: hidden;}
.bb-meter i b {display: block; height: 6px; background: light-dark(#0B6B75, #4DB6C0);}
.bb-meter span {flex: none; min-width: 2.6rem;}
.bb-voice {display: grid; grid-template-columns: 9.5rem 1fr; gap: .1rem .6rem; align-items: center;
  font-size: .88rem; margin-bottom: .2rem;}
.bb-voice .bb-meter i {max-width: none; height: 8px;}
.bb-voice .bb-meter span {min-width: 6.6rem;}
@media (max-width: 640px) {.bb-voice {grid-template-columns: 7.6rem 1fr;} .bb-voice .bb-meter span {min-width: 5.4rem;}}
"""

_MANY = 3  #: sources of one link told at once
_ALIKE = {
    Likeness.CONTENT: ("model", "cosine of the foundation model's vectors, evened out"),
    Likeness.PIECES: ("pieces", "shared stretches of sequence, substructures or words; the rarer, the more they count"),
    Likeness.PROFILE: ("links", "how far the graph links both to the same things"),
}
_VOICES = {
    "bridge": ("Bridge, from the input", "the cosine of the bridge alone, without its memory"),
    "neighbours": ("Neighbours' votes", "the votes of similar entities alone"),
    "embedding": ("Graph embedding", "TransE, trained on the links alone"),
}


def chip(entity: Entity, degree: int | None = None) -> str:
    """An entity as a link to its own page, in the colour of its kind."""
    colour = theme.style_of(entity.modality).colour
    kind = theme.words(entity.modality)[0]
    links = f" <small>· {theme.number(degree)} links</small>" if degree is not None else ""
    title = escape(f"{kind}: {entity.full_name or entity.name} ({entity.id})", quote=True)
    name = escape(theme.shorten(entity.name, 70))
    href = f"/entity?q={quote(entity.id, safe='')}"
    return f'<a class="bb-chip bb-{colour}" href="{href}" target="_self" title="{title}">{name}{links}</a>'


def paths(found: Sequence[Path], sources: Mapping[str, str]) -> str:
    """Each path as a chain of chips, with what its links rest on folded below it."""
    return "".join(_path(path, sources) for path in found)


def _path(path: Path, sources: Mapping[str, str]) -> str:
    chain = [chip(path.edges[0].head)]
    for place, edge in enumerate(path.edges):
        degree = path.degrees[place] if place < len(path.degrees) else None
        chain.append(f'<span class="bb-by">{escape(edge.label)} →</span> {chip(edge.tail, degree)}')
    named = dict.fromkeys(name for edge in path.edges for name in _databases(edge, sources))
    items = "".join(
        f"<li>{escape(f'{edge.head.name} {edge.label} {edge.tail.name}')}: {_cited(edge.sources, sources)}</li>"
        for edge in path.edges
    )
    told = f"Sources: {escape(', '.join(named))}"
    return f'<div class="bb-path">{" ".join(chain)}<details><summary>{told}</summary><ul>{items}</ul></details></div>'


def known(edges: Sequence[Edge], sources: Mapping[str, str]) -> str:
    """The direct links with all that they rest on."""
    items = "".join(f"<li>{escape(edge.label)}: {_cited(edge.sources, sources, 20)}</li>" for edge in edges)
    return f'<div class="bb-known">Sources of this link<ul>{items}</ul></div>'


def neighbours(found: Sequence[Neighbour], hit: str) -> str:
    """The voters for a hit (its CURIE) as a table: who, how alike, how much of the vote."""
    rows = "".join(_voter(neighbour, hit) for neighbour in found)
    return (
        '<table class="bb-voters"><colgroup><col style="width:46%"><col style="width:33%"><col style="width:21%">'
        "</colgroup><thead><tr><th>Who votes</th>"
        '<th title="0 to 1, in each way of comparing that counted">How alike</th>'
        '<th title="of all that the votes lift the hit by">Share of votes</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _voter(neighbour: Neighbour, hit: str) -> str:
    if neighbour.like_hit:
        whose = "neighbours of the query are" if neighbour.borrowed else "the query is"
        likeness = "the hit itself" if neighbour.entity.id == hit else "like the hit"
        role = f"{likeness}; {whose} linked to it"
    else:
        role = "like the query; linked to the hit"
    cited = escape(theme.shorten("; ".join(neighbour.sources), 300), quote=True)
    source = f' title="{cited}"' if cited else ""
    bars = "".join(
        f'<div class="bb-meter" title="{escape(_ALIKE[way][1], quote=True)}"><span>{_ALIKE[way][0]}</span>'
        f"{_bar(value)}<span>{value:.2f}</span></div>"
        for way, value in neighbour.similarity
    )
    share = theme.percent(neighbour.share)
    return (
        f'<tr><td><div>{chip(neighbour.entity)}</div><div class="bb-note"{source}>{role}</div></td><td>{bars}</td>'
        f'<td><div class="bb-meter">{_bar(neighbour.share)}<span>{share}</span></div></td></tr>'
    )


def lifted(parts: Sequence[Part]) -> str:
    """Which part of the score lifts the hit, as a sentence without markup."""
    gains = {part.name: part.gain for part in parts}
    total = sum(max(gain, 0.0) for gain in gains.values())
    if total <= 0.05:
        return "Nothing lifts this hit over the average of its kind."
    words = {"memory": "the votes", "bridge": "the bridge's reading of the input", "popularity": "how linked it is"}
    told = [f"{words[name]} {theme.percent(gain / total)}" for name, gain in gains.items() if gain > 0.02 * total]
    against = [words[name] for name, gain in gains.items() if gain < -0.1]
    minus = f"; {' and '.join(against)} speak against it" if against else ""
    return f"What lifts the hit over the average of its kind: {', '.join(told)}{minus}."


def voices(found: Sequence[Voice]) -> str:
    """Three bars; each fifth of a bar is ten times fewer entities above the hit."""
    return "".join(_voice(voice) for voice in found)


def _voice(voice: Voice) -> str:
    label, explained = _VOICES.get(voice.name, (voice.name, ""))
    if voice.percentile is None:
        value = f'<div class="bb-note">{escape(voice.note)}</div>'
    else:
        above = max(100.0 - voice.percentile, 1e-3)
        value = f'<div class="bb-meter">{_bar(_tens(above))}<span>{_top(voice.percentile)}</span></div>'
    return f'<div class="bb-voice"><div title="{escape(explained, quote=True)}">{escape(label)}</div>{value}</div>'


def _tens(above: float) -> float:
    """Length of a bar, 0 to 1, for the percent of entities above."""
    from math import log10

    return min(max((2.0 - log10(above)) / 5.0, 0.0), 1.0)


def _top(percentile: float) -> str:
    above = 100.0 - percentile
    if above < 0.005:
        return "first"
    return f"top {above:.2g} %" if percentile >= 50 else "lower half"


def _bar(share: float) -> str:
    return f'<i><b style="width:{100 * min(max(share, 0.0), 1.0):.1f}%"></b></i>'


def _databases(edge: Edge, sources: Mapping[str, str]) -> list[str]:
    keys = dict.fromkeys(source.partition(" · ")[0] for source in edge.sources)
    return [sources.get(key, key) for key in keys]


def _cited(cited: Sequence[str], sources: Mapping[str, str], most: int = _MANY) -> str:
    """Sources with evidence, the database by its name."""
    told = []
    for source in cited[:most]:
        key, dot, rest = source.partition(" · ")
        name = sources.get(key, key)
        told.append(escape(theme.shorten(f"{name}{dot}{rest}", 220)))
    more = f" and {theme.number(len(cited) - most)} more" if len(cited) > most else ""
    return "; ".join(told) + more
