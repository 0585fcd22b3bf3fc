"""A comparison as files: JSON with everything, and an HTML report to read. Both say what made them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from biobridge_core import compare_words
from biobridge_core.compare import Combine, Pair, Signature, Variant
from biobridge_core.report import why
from biobridge_core.report.page import (
    MARKS,
    PURPOSE,
    READ_AS,
    Context,
    document,
    drawing,
    entity_rows,
    origin,
    smiles_of,
)
from biobridge_core.report.text import THIN, number, pairs, t, table, two
from biobridge_core.types import QueryKind, Retrieval

if TYPE_CHECKING:
    from biobridge_core.types import Edge, Entity, Provenance, Query

_KINDS = {Pair: "pair", Signature: "set", Variant: "variant"}
_HOW = {
    Combine.PROBABILITIES: "what all of them support: the mean of the logarithms of their probabilities",
    Combine.RANKS: "what some of them rank very high: reciprocal-rank fusion",
}
_ALONE = 10  #: best hits of each by itself
_LONG = 500  #: characters from which on an input is not repeated in a command


@dataclass(frozen=True)
class Comparison:
    """A comparison with what a file has to say beside it."""

    found: Pair | Signature | Variant
    when: datetime  #: with its time zone
    made: Provenance
    asked: Mapping[str, str] = field(
        default_factory=dict
    )  #: of a variant: ``name``, ``from``, ``change``, ``wild``, ``mutant``
    alone: Sequence[Retrieval] = ()  #: of several asked together: the answer to each by itself


def to_json(comparison: Comparison) -> bytes:
    """The whole comparison: what was asked, what was found, versions, and when."""
    whole: dict[str, Any] = {
        "compared": _KINDS[type(comparison.found)],
        "note": PURPOSE,
        "asked": dict(comparison.asked),
        "found": asdict(comparison.found),
        "alone": [asdict(retrieval) for retrieval in comparison.alone],
        "provenance": asdict(comparison.made),
        "compared_at": comparison.when.isoformat(timespec="seconds"),
    }
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


def title(comparison: Comparison) -> str:
    """What is compared, in a few words of plain text."""
    found = comparison.found
    if isinstance(found, Pair):
        return f"{found.a.label or found.a.value[:60]} and {found.b.label or found.b.value[:60]}"
    if isinstance(found, Signature):
        names = [query.label or query.value[:60] for query in found.queries]
        return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    change = comparison.asked.get("change", "")
    return f"{comparison.asked.get('name') or 'A protein'} and {change if 0 < len(change) < 60 else 'a mutant'}"


def render(comparison: Comparison, context: Context) -> bytes:
    """Write the report: UTF-8, one file without scripts that loads nothing."""
    found = comparison.found
    if isinstance(found, Pair):
        sections = _pair(found, context)
    elif isinstance(found, Signature):
        sections = _signature(found, comparison.alone, context)
    else:
        sections = _variant(found, comparison.asked, context)
    when = comparison.when.isoformat(timespec="seconds")
    last = origin(comparison.made, when, _again(comparison), context)
    return document(title(comparison), comparison.when, (*sections, _reading(), last))


def _pair(found: Pair, context: Context) -> tuple[str, ...]:
    ends = {way.hit.entity.id: way.hit.entity for way in found.ways}
    asked = "".join(
        f"<h3>{name}: {t(query.label or query.value[:60])}</h3>{pairs(_query(query, ends.get(query.value), context))}"
        for name, query in (("A", found.a), ("B", found.b))
    )
    held = "".join(f"<li>{_edge(edge)}</li>" for edge in found.known)
    mark = MARKS[compare_words.status(found)] if found.ways else ""
    answer = f"<p><b>{t(found.answer)}</b> {mark}</p>"
    answer += pairs([("In the graph", f"<ul>{held}</ul>" if held else ""), ("Disagreement", t(found.disagreement))])
    if found.ways:
        rows = compare_words.pair_rows(found, context.words, context.relations)
        heads = ("", *(f"asked from {way.asked.label or way.asked.value[:40]}" for way in found.ways))
        cells = [
            (f"<b>{t(label)}</b><br><small>{t(meaning)}</small>", *map(_kept_together, line))
            for label, meaning, line in rows
        ]
        answer += table("Where each stands when the other is asked", heads, cells)
    reasons = "".join(
        f"<p>Asked from <b>{t(way.asked.label or way.asked.value[:60])}</b>:</p>{why.section(way.why)}"
        for way in found.ways
    )
    return (
        f"<section><h2>Is A linked to B?</h2>{answer}</section>",
        f"<section><h2>What was asked</h2>{asked}</section>",
        f"<section><h2>Why</h2>{reasons}</section>" if reasons else "",
    )


def _signature(found: Signature, alone: Sequence[Retrieval], context: Context) -> tuple[str, ...]:
    before, best, after = compare_words.together(found, context.words)
    notes = "".join(f"<p>{t(note)}</p>" for note in found.notes)
    names = [query.label or query.value[:40] for query in found.queries]
    joint = [
        (
            number(hit.rank),
            f'<div class="name"><b>{t(hit.entity.name)}</b><br><small>{t(compare_words.against(hit))}</small></div>',
            *(f'<span class="n">{t(compare_words.member(seen))}</span>' for seen in hit.members),
            f'<span class="n">{compare_words.linked(hit)}</span>',
            two(hit.score),
            t(hit.entity.id),
        )
        for hit in found.hits
    ]
    heads = ("rank", "name", *names, "known", "score", "id")
    caption = "Each column is one of those asked: known or predicted there, and the rank for it alone"
    asked = [
        (t(query.label or query.value[:60]), t(query.value), t(_read_as(query, context))) for query in found.queries
    ]
    parts = [
        f"<section><h2>What they point at together</h2><p>{before} <b>{t(best)}</b>{t(after)}</p>{notes}"
        f"<p>Put first: {_HOW[found.how]}.</p>{table(caption, heads, joint, 'hits')}</section>",
        f"<section><h2>What was asked</h2>{table('Asked together', ('name', 'id', 'read as'), asked)}</section>",
    ]
    if len(found.queries) > 1 and alone:
        parts.append(_one_by_one(names, alone, context.words(found.to)[1]))
    return tuple(parts)


def _one_by_one(names: Sequence[str], alone: Sequence[Retrieval], plural: str) -> str:
    lists = []
    for name, retrieval in zip(names, alone, strict=True):
        hits = sorted((hit for listed in retrieval.lists for hit in listed.hits), key=lambda hit: hit.rank)[:_ALONE]
        rows = [(number(hit.rank), t(hit.entity.name), MARKS[hit.status], t(hit.entity.id)) for hit in hits]
        lists.append(table(f"Best {plural} for {name} alone", ("rank", "name", "link", "id"), rows))
    return f"<section><h2>One by one</h2>{''.join(lists)}</section>"


def _variant(found: Variant, asked: Mapping[str, str], context: Context) -> tuple[str, ...]:
    name = asked.get("name") or "the wild type"
    measured, stressed, rest = compare_words.shift(found)
    meaning = f"{t(measured)} <b>{t(stressed)}</b>{t(rest)}" if stressed else f"{t(measured)} {t(rest)}"
    near = [
        "" if one is None else f"{t(one.entity.name)} ({t(one.entity.id)}), {t(compare_words.identity(one.alignment))}"
        for one in found.nearest
    ]
    rows = [
        ("The two are", t(compare_words.identity(found.alignment))),
        ("", t(compare_words.changes(found.alignment))),
        ("Nearest known protein, wild type", near[0]),
        ("Nearest known protein, mutant", near[1]),
        ("Notes", " ".join(t(note) for note in found.notes)),
        ("Aligned by", t(found.alignment.method)),
    ]
    hits = [
        (
            f'<div class="name"><b>{t(hit.entity.name)}</b></div>',
            *(f'<span class="n">{number(rank)}</span>' for rank in hit.ranks),
            f'<span class="n">{t(compare_words.moved(hit))}</span>',
            f'<span class="n">{t(compare_words.score(hit))}</span>',
            t(hit.entity.id),
        )
        for hit in found.hits
    ]
    heads = ("name", "rank, wild type", "rank, mutant", "moved", "score, mutant over wild type", "id")
    caption = f"Ranks among {compare_words.counted(found.n_candidates, context.words(found.to))}"
    given = [
        ("Wild type", t(name)),
        ("Its sequence", f"<pre>{t(asked.get('wild', ''))}</pre>" if asked.get("wild") else ""),
        ("Mutant, as given", f"<pre>{t(asked.get('change', ''))}</pre>" if asked.get("change") else ""),
        ("Its sequence", f"<pre>{t(asked.get('mutant', ''))}</pre>" if asked.get("mutant") else ""),
    ]
    return (
        f"<section><h2>Which hits move</h2><p><b>{t(compare_words.stays(found, name, context.words))}</b></p>"
        f"<p>{meaning}</p>{pairs(rows)}<p>Both are read as if the graph had never seen them, so that they can be "
        f"compared.</p>{table(caption, heads, hits, 'hits')}</section>",
        f"<section><h2>What was asked</h2>{pairs(given)}</section>",
    )


def _query(query: Query, entity: Entity | None, context: Context) -> list[tuple[str, str]]:
    return [
        ("As typed", f"<pre>{t(query.text)}</pre>"),
        ("Read as", t(_read_as(query, context))),
        ("Value", f"<pre>{t(query.value)}</pre>" if query.value != query.text else ""),
        *([] if entity is None else entity_rows(entity)),
        ("Structure", drawing(query.value if query.kind is QueryKind.SMILES else smiles_of(entity), context)),
    ]


def _read_as(query: Query, context: Context) -> str:
    return f"{READ_AS[query.kind]}, asked as {context.words(query.modality)[0]}"


def _edge(edge: Edge) -> str:
    cited = f" <small>[{t('; '.join(edge.sources))}]</small>" if edge.sources else ""
    return f"{t(edge.head.name)} <i>{t(edge.label)}</i> {t(edge.tail.name)}{cited}"


def _kept_together(cell: str) -> str:
    """Text of a cell in which no line ends inside a number or before its unit."""
    return t(cell).replace(THIN, "&#8239;").replace(" %", "&nbsp;%")


def _reading() -> str:
    lines = (
        "<b>● known</b>: the graph holds this link. <b>○ predicted</b>: it does not; the bridge proposes it. "
        "<b>◇ similar</b>: of the same kind and near; no link is meant.",
        "<b>Rank</b>: how high something stands among all entities of its kind, not how sure it is. <b>Chance</b>: how "
        "often, of hits scored like this one, the graph held the link when links were held back.",
        "<b>Known</b> means in the loaded graph, in the version below. What was published later counts as unknown.",
    )
    return "<section><h2>How to read this</h2><ul>" + "".join(f"<li>{line}</li>" for line in lines) + "</ul></section>"


def _again(comparison: Comparison) -> str:
    """The command that gives the same; empty where it would be too long, or the command line cannot."""
    found = comparison.found
    if isinstance(found, Pair):
        words = [_word(found.a), _word(found.b)]
    elif isinstance(found, Signature):
        if found.how is not Combine.PROBABILITIES or any(q.kind is not QueryKind.ENTITY for q in found.queries):
            return ""
        words = [
            "--set",
            ",".join(query.value for query in found.queries),
            "--to",
            found.to,
            "--k",
            str(len(found.hits)),
            *(("--without", ",".join(query.value for query in found.absent)) if found.absent else ()),
        ]
    else:
        wild, change = comparison.asked.get("from", ""), comparison.asked.get("change", "")
        if not wild or not change:
            return ""
        words = [wild, "--change", change, "--to", found.to, "--k", str(found.k)]
    command = shlex.join(["biobridge", "compare", *words])
    return command if all(words) and len(command) < _LONG and "\n" not in command else ""


def _word(query: Query) -> str:
    return query.value if query.kind is QueryKind.ENTITY else query.text
