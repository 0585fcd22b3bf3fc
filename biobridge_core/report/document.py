"""The whole document: what was asked, what was found, why, what made it, and what it may be used for."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from biobridge_core.errors import BioBridgeError
from biobridge_core.report import plot, why
from biobridge_core.report.page import MARKS, READ_AS, Context, document, drawing, entity_rows, origin, smiles_of
from biobridge_core.report.text import THIN, link, number, pairs, t, table, two
from biobridge_core.types import (
    Hit,
    HitList,
    HitStatus,
    QueryKind,
    Relation,
    Retrieval,
    Why,
)

_OPEN_ROWS = 60  #: further rows are folded
_DRAWN = 60  #: structures drawn for each kind
_EXPLAINED = {HitStatus.KNOWN: 1, HitStatus.PREDICTED: 2}  #: hits of each kind that are explained


def render(
    retrieval: Retrieval, retrieved: datetime, context: Context, explain: Callable[[str], Why] | None = None
) -> bytes:
    """Write the report.

    Parameters
    ----------
    retrieval
        The result.
    retrieved
        When it was asked, with its time zone.
    context
        Words, sources and drawings of the graph that was asked.
    explain
        Tells why the entity with this CURIE is a hit; the best hits are explained. May raise BioBridgeError.

    Returns
    -------
    bytes
        UTF-8; one file without scripts that loads nothing.
    """
    query = retrieval.query
    title = retrieval.entity.name if retrieval.entity else query.label or query.value[:60]
    body = (
        _asked(retrieval, context),
        _summary(retrieval, context),
        *(_kind(listed, retrieval, context) for listed in retrieval.lists),
        "" if explain is None else _explained(to_explain(retrieval), explain),
        _reading(),
        _origin(retrieval, retrieved, context),
    )
    return document(title, retrieved, body)


def to_explain(retrieval: Retrieval) -> tuple[Hit, ...]:
    """The hits whose explanation belongs into the report: of each kind the best known and the best predicted ones."""
    chosen: list[Hit] = []
    for listed in retrieval.lists:
        for status, most in _EXPLAINED.items():
            chosen += sorted((hit for hit in listed.hits if hit.status is status), key=lambda hit: hit.rank)[:most]
    return tuple(chosen)


def _asked(retrieval: Retrieval, context: Context) -> str:
    query, entity = retrieval.query, retrieval.entity
    rows = [
        ("As typed", f"<pre>{t(query.text)}</pre>"),
        ("Read as", f"{READ_AS[query.kind]}, asked as {t(context.words(query.modality)[0])}"),
        ("Value", f"<pre>{t(query.value)}</pre>" if query.value != query.text else ""),
    ]
    if entity is not None:
        rows += entity_rows(entity)
    smiles = query.value if query.kind is QueryKind.SMILES else smiles_of(entity)
    rows.append(("Structure", drawing(smiles, context)))
    warnings = "".join(f"<li>{t(warning)}</li>" for warning in retrieval.warnings)
    rows.append(("Warnings", f"<ul>{warnings}</ul>" if warnings else "none"))
    rows += _rests(retrieval)
    return f"<section><h2>What was asked</h2>{pairs(rows)}</section>"


def _rests(retrieval: Retrieval) -> list[tuple[str, str]]:
    lent = ", ".join(f"{t(e.name)} ({two(100 * share)}{THIN}%)" for e, share in retrieval.read_from)
    near = ", ".join(f"{t(e.name)} ({cosine:.3f})" for e, cosine in retrieval.nearest_known[:5])
    far = retrieval.distance_percentile
    return [
        ("Rests on", "its own links in the graph and its content" if retrieval.own_memory else ""),
        ("Borrows the links of", lent),
        ("Nearest known entities (cosine)", near),
        (
            "Distance from training",
            "" if far is None else f"farther than {two(far)}{THIN}% of entities that were not seen in training",
        ),
    ]


def _summary(retrieval: Retrieval, context: Context) -> str:
    rows: list[tuple[str, ...]] = []
    for listed in retrieval.lists:
        best = next((hit for hit in listed.hits if hit.status is not HitStatus.KNOWN), None)
        rows.append(
            (
                f'<a href="#{t(listed.modality)}">{t(context.words(listed.modality)[1])}</a>',
                number(listed.n_candidates),
                number(listed.n_known),
                "" if best is None else t(best.entity.name),
                "" if best is None else _chance(best),
            )
        )
    heads = ["kind", "ranked", "known links", "best without a known link", "chance"]
    if not any(row[-1] for row in rows):
        heads, rows = heads[:-1], [row[:-1] for row in rows]
    return f"<section><h2>What was found</h2>{table('Kinds of entities', heads, rows)}</section>"


def _kind(listed: HitList, retrieval: Retrieval, context: Context) -> str:
    plural = context.words(listed.modality)[1]
    own = listed.modality == retrieval.query.modality
    title = f"Similar {plural}" if own else plural[:1].upper() + plural[1:]
    notes = [note for note in (listed.note, f"Reached over {listed.route}." if listed.route else "") if note]
    hits = sorted(listed.hits, key=lambda hit: (hit.status is not HitStatus.KNOWN, hit.rank))
    first, rest = hits[:_OPEN_ROWS], hits[_OPEN_ROWS:]
    shown = _hits(first, f"{title}, known links first", context, drawn=True) if first else "<p>no evidence found</p>"
    if rest:
        shown += (
            f"<details><summary>{number(len(rest))} more rows</summary>"
            f"{_hits(rest, f'{title}, further rows', context, drawn=False)}</details>"
        )
    figure = plot.scores(listed.hits, listed.n_candidates, plural)
    said = "".join(f"<p>{t(note)}</p>" for note in notes)
    return f'<section id="{t(listed.modality)}"><h2>{t(title)}</h2>{said}<figure>{figure}</figure>{shown}</section>'


def _hits(hits: Sequence[Hit], caption: str, context: Context, *, drawn: bool) -> str:
    pictures = [drawing(smiles_of(hit.entity), context) if drawn and i < _DRAWN else "" for i, hit in enumerate(hits)]
    any_chance = any(hit.probability is not None for hit in hits)
    columns: dict[str, list[str]] = {
        "structure": pictures,
        "name": [_name(hit) for hit in hits],
        "link": [_link(hit) for hit in hits],
        "chance": [_chance(hit) if any_chance else "" for hit in hits],
        "rank": [f'<span class="n">{number(hit.rank)}</span>' for hit in hits],
        "percentile": [f"{hit.percentile:.2f}" for hit in hits],
        "score": [two(hit.score) for hit in hits],
        "how": [t(_how(hit, context.relations)) for hit in hits],
        "sources": [t("; ".join(hit.sources)) for hit in hits],
        "id": [link(hit.entity.id, hit.url) for hit in hits],
    }
    kept = {name: cells for name, cells in columns.items() if any(cells)}
    return table(caption, list(kept), zip(*kept.values(), strict=True), "hits")


def _name(hit: Hit) -> str:
    full = hit.entity.full_name
    second = f"<br><small>{t(full)}</small>" if full not in {"", hit.entity.name} else ""
    return f'<div class="name"><b>{t(hit.entity.name)}</b>{second}</div>'


def _link(hit: Hit) -> str:
    often = "<br><small>high for most queries</small>" if hit.unspecific else ""
    return f'<span class="n">{MARKS[hit.status]}</span>{often}'


def _chance(hit: Hit) -> str:
    if hit.probability is None:
        return ""
    return f"{two(100 * hit.probability)}{THIN}%" + ("" if hit.confident else " <small>not confident</small>")


def _how(hit: Hit, relations: Mapping[str, Relation]) -> str:
    if hit.route:
        return hit.route
    relation = relations.get(hit.relation)
    label = hit.relation.replace("_", " ") if relation is None else relation.label
    return f"possibly {label.removeprefix('is ')}" if hit.status is HitStatus.PREDICTED and label else label


def _explained(hits: Sequence[Hit], explain: Callable[[str], Why]) -> str:
    parts = []
    for hit in hits:
        try:
            parts.append(why.section(explain(hit.entity.id)))
        except BioBridgeError as error:
            parts.append(f"<p>{t(hit.entity.name)} could not be explained: {t(error.message)}</p>")
    return f"<section><h2>Why these hits</h2>{''.join(parts)}</section>" if parts else ""


def _reading() -> str:
    lines = (
        "<b>● known</b>: the graph holds this link; its sources stand beside it. <b>○ predicted</b>: the graph does "
        "not hold it; the bridge proposes it. <b>◇ similar</b>: of the same kind and near; no link is meant.",
        "<b>Chance</b>: how often, of hits scored like this one, the graph turned out to hold the link when links were "
        "held back. It is given where it could be measured; <i>not confident</i> marks a low one.",
        "<b>Rank and percentile</b>: how high the hit stands among all entities of its kind, not how sure it is. "
        "<b>Score</b>: share of belief over all entities of the kind.",
        "<b>Known</b> means in the loaded graph, in the versions below. What was published later counts as unknown.",
    )
    return "<section><h2>How to read this</h2><ul>" + "".join(f"<li>{line}</li>" for line in lines) + "</ul></section>"


def _origin(retrieval: Retrieval, retrieved: datetime, context: Context) -> str:
    made, query = retrieval.provenance, retrieval.query
    asked = query.value if query.kind is QueryKind.ENTITY else query.text
    short = len(asked) < 500 and "\n" not in asked
    again = f"biobridge query {shlex.quote(asked)} --modality {shlex.quote(query.modality)}"
    when = f"{retrieved.isoformat(timespec='seconds')}, answered in {retrieval.seconds:.2g} s"
    return origin(made, when, again if short else "", context)
