"""What every report has: the shell of the document, its header, and what made it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from biobridge_core.errors import BioBridgeError
from biobridge_core.report.style import CSS
from biobridge_core.report.text import link, pairs, t, table
from biobridge_core.types import Entity, HitStatus, InputKind, Modality, Provenance, QueryKind, Relation

if TYPE_CHECKING:
    from biobridge_core.kg.graph import Source

PURPOSE = "Research use, not medical advice."
MARKS = {HitStatus.KNOWN: "● known", HitStatus.PREDICTED: "○ predicted", HitStatus.SIMILAR: "◇ similar"}
READ_AS = {
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


def document(title: str, when: datetime, sections: Sequence[str]) -> bytes:
    """One file without scripts that loads nothing, in UTF-8; ``title`` is text, the sections are HTML."""
    header = (
        f'<header><p class="brand">BioBridge Studio · report of {when:%Y-%m-%d %H:%M %Z}</p>'
        f'<h1>{t(title)}</h1><p class="purpose">{PURPOSE} A predicted link is a suggestion to look into; the absence '
        f"of a link is no evidence that there is none.</p></header>"
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="referrer" content="no-referrer">'
        f"<title>{t(title)} · BioBridge Studio</title><style>{CSS}</style></head>"
        f"<body><main>{header}{''.join(sections)}</main></body></html>\n"
    ).encode()


def origin(made: Provenance, asked: str, again: str, context: Context) -> str:
    """What made it, as HTML: when it was asked, the versions, the command that gives the same, and the sources."""
    versions = [
        ("Asked", t(asked)),
        ("Encoder", t(made.encoder)),
        ("Bridge", t(made.bridge)),
        ("Graph", t(made.graph)),
        ("Profile", t(made.profile)),
        ("Device", t(made.device)),
        ("Version", t(made.version)),
        ("The same again", f"<code>{t(again)}</code>" if again else ""),
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


def drawing(smiles: str, context: Context) -> str:
    """A molecule as an ``<img>`` that holds its own picture; empty where there is none or it cannot be drawn."""
    if not smiles or context.depict is None:
        return ""
    try:
        svg = context.depict(smiles)
    except BioBridgeError:
        return ""
    data = base64.b64encode(svg.encode()).decode()
    return f'<img alt="structure {t(smiles)}" src="data:image/svg+xml;base64,{data}">'


def smiles_of(entity: Entity | None) -> str:
    """The structure of an entity that is read from one, else an empty string."""
    return entity.input if entity is not None and entity.input_kind is InputKind.SMILES else ""


def entity_rows(entity: Entity) -> list[tuple[str, str]]:
    """What an entity is, as names with HTML values."""
    return [
        ("Entity", f"{t(entity.name)} ({t(entity.id)})"),
        ("In full", t(entity.full_name) if entity.full_name != entity.name else ""),
        ("Also called", t(", ".join(entity.synonyms[:12]))),
        ("Definition", t(entity.definition)),
    ]
