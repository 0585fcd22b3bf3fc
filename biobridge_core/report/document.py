"""The whole document: what was asked, what was found, why, what made it, and what it may be used for."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from biobridge_core.errors import BioBridgeError
from biobridge_core.report import plot, why
from biobridge_core.report.style import CSS
from biobridge_core.report.text import THIN, link, number, pairs, t, table, two
from biobridge_core.types import (
    Entity,
    Hit,
    HitList,
    HitStatus,
    InputKind,
    Modality,
    QueryKind,
    Relation,
    Retrieval,
    Why,
)

if TYPE_CHECKING:
    from biobridge_core.kg.graph import Source

PURPOSE = "Research use, not medical advice."
_MARKS = {HitStatus.KNOWN: "● known", HitStatus.PREDICTED: "○ predicted", HitStatus.SIMILAR: "◇ similar"}
_OPEN_ROWS = 60  #: further rows are folded
_DRAWN = 60  #: structures drawn for each kind
_EXPLAINED = {HitStatus.KNOWN: 1, HitStatus.PREDICTED: 2}  #: hits of each kind that are explained
_READ_AS = {
    QueryKind.ENTITY: "an entity of the graph",
    QueryKind.SEQUENCE: "a protein sequence",
    QueryKind.SMILES: "a molecule (SMILES)",
    QueryKind.TEXT: "free text",
}
#: Nothing in the file may load or run anything, whatever its text says.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@dataclass(frozen=True)
class Context:
    """What a report needs beside the result: words of the graph, its sources, and how a molecule is drawn."""

    modalities: Mapping[str, Modality] = field(default_factory=dict)
    relations: Mapping[str, Relation] = field(default_factory=dict)
    sources: Sequence[Source] = ()
    depict: Callable[[str], str] | None = None  #: SMILES -> SVG text; may raise BioBridgeError

    def words(self, modality: str) -> tuple[str, str]:
        """Singular and plural of a modality."""
        found = self.modalities.get(modality)
        plain = modality.replace("_", " ")
        return (plain, plain) if found is None else (found.label, found.plural)


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
        _header(title, retrieved),
        _asked(retrieval, context),
        _summary(retrieval, context),
        *(_kind(listed, retrieval, context) for listed in retrieval.lists),
        "" if explain is None else _explained(to_explain(retrieval), explain),
        _reading(),
        _origin(retrieval, retrieved, context),
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="referrer" content="no-referrer">'
        f"<title>{t(title)} · BioBridge Studio</title><style>{CSS}</style></head>"
        f"<body><main>{''.join(body)}</main></body></html>\n"
    ).encode()


def to_explain(retrieval: Retrieval) -> tuple[Hit, ...]:
    """The hits whose explanation belongs into the report: of each kind the best known and the best predicted ones."""
    chosen: list[Hit] = []
    for listed in retrieval.lists:
        for status, most in _EXPLAINED.items():
            chosen += sorted((hit for hit in listed.hits if hit.status is status), key=lambda hit: hit.rank)[:most]
    return tuple(chosen)


def _header(title: str, retrieved: datetime) -> str:
    return (
        f'<header><p class="brand">BioBridge Studio · report of {retrieved:%Y-%m-%d %H:%M %Z}</p>'
        f'<h1>{t(title)}</h1><p class="purpose">{PURPOSE} A predicted link is a suggestion to look into; the absence '
        f"of a link is no evidence that there is none.</p></header>"
    )


def _asked(retrieval: Retrieval, context: Context) -> str:
    query, entity = retrieval.query, retrieval.entity
    rows = [
        ("As typed", f"<pre>{t(query.text)}</pre>"),
        ("Read as", f"{_READ_AS[query.kind]}, asked as {t(context.words(query.modality)[0])}"),
        ("Value", f"<pre>{t(query.value)}</pre>" if query.value != query.text else ""),
    ]
    if entity is not None:
        rows += _entity_rows(entity)
    smiles = query.value if query.kind is QueryKind.SMILES else _smiles(entity)
    rows.append(("Structure", _drawing(smiles, context)))
    warnings = "".join(f"<li>{t(warning)}</li>" for warning in retrieval.warnings)
    rows.append(("Warnings", f"<ul>{warnings}</ul>" if warnings else "none"))
    rows += _rests(retrieval)
    return f"<section><h2>What was asked</h2>{pairs(rows)}</section>"


def _entity_rows(entity: Entity) -> list[tuple[str, str]]:
    return [
        ("Entity", f"{t(entity.name)} ({t(entity.id)})"),
        ("In full", t(entity.full_name) if entity.full_name != entity.name else ""),
        ("Also called", t(", ".join(entity.synonyms[:12]))),
        ("Definition", t(entity.definition)),
    ]


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
    pictures = [_drawing(_smiles(hit.entity), context) if drawn and i < _DRAWN else "" for i, hit in enumerate(hits)]
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
    return f'<span class="n">{_MARKS[hit.status]}</span>{often}'


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


def _smiles(entity: Entity | None) -> str:
    return entity.input if entity is not None and entity.input_kind is InputKind.SMILES else ""


def _drawing(smiles: str, context: Context) -> str:
    if not smiles or context.depict is None:
        return ""
    try:
        svg = context.depict(smiles)
    except BioBridgeError:
        return ""
    data = base64.b64encode(svg.encode()).decode()
    return f'<img alt="structure {t(smiles)}" src="data:image/svg+xml;base64,{data}">'


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
    versions = [
        ("Asked", f"{retrieved.isoformat(timespec='seconds')}, answered in {two(retrieval.seconds)} s"),
        ("Encoder", t(made.encoder)),
        ("Bridge", t(made.bridge)),
        ("Graph", t(made.graph)),
        ("Profile", t(made.profile)),
        ("Device", t(made.device)),
        ("Version", t(made.version)),
        ("The same again", f"<code>{t(again)}</code>" if short else ""),
    ]
    sources = [
        (t(s.key), link(s.name, s.url), t(s.version), t(s.date), t(s.licence), t(s.citation)) for s in context.sources
    ]
    heads = ("key", "source", "version", "date", "licence", "to cite")
    listed = table("Data sources and their licences", heads, sources) if sources else ""
    return (
        f"<section><h2>What made it</h2>{pairs(versions)}{listed}"
        f'<p class="purpose">{PURPOSE} Method: Wang et al., ICLR 2024, arXiv:2310.03320.</p></section>'
    )
