"""A reader of OBO files: the terms of an ontology with what the graph needs of them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from biobridge_core.errors import GraphError

logger = logging.getLogger(__name__)

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(\w*)')
_ESCAPE = re.compile(r"\\(.)")


@dataclass
class OboTerm:
    """One ``[Term]`` stanza."""

    id: str
    name: str = ""
    definition: str = ""
    synonyms: list[str] = field(default_factory=list)  #: of scope EXACT, in the file's order
    xrefs: list[str] = field(default_factory=list)
    parents: list[str] = field(default_factory=list)  #: by ``is_a``
    alt_ids: list[str] = field(default_factory=list)
    obsolete: bool = False


def read_obo(path: Path) -> dict[str, OboTerm]:
    """Read the terms of an OBO 1.2/1.4 file, obsolete ones too, by id.

    Raises
    ------
    GraphError
        If the file holds no term.
    """
    terms = {term.id: term for term in _terms(path)}
    if not terms:
        raise GraphError(f"{path} holds no [Term].", "Fetch its package again.")
    return terms


def _terms(path: Path) -> Iterator[OboTerm]:
    term: OboTerm | None = None
    inside = False
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("["):
                if term is not None:
                    yield term
                term, inside = None, line.startswith("[Term]")
                continue
            tag, colon, value = line.rstrip("\n").partition(": ")
            if not (inside and colon):
                continue
            if tag == "id":
                term = OboTerm(value.strip())
            elif term is not None:
                _put(term, tag, value)
    if term is not None:
        yield term


def _put(term: OboTerm, tag: str, value: str) -> None:
    if tag == "name":
        term.name = value.strip()
    elif tag == "def":
        term.definition = _quoted(value)[0]
    elif tag == "synonym":
        text, scope = _quoted(value)
        if scope == "EXACT" and text:
            term.synonyms.append(text)
    elif tag == "xref":
        term.xrefs.append(value.split(" ", 1)[0])
    elif tag == "is_a":
        term.parents.append(value.split(" ", 1)[0])
    elif tag == "alt_id":
        term.alt_ids.append(value.strip())
    elif tag == "is_obsolete":
        term.obsolete = value.strip() == "true"


def _quoted(value: str) -> tuple[str, str]:
    match = _QUOTED.match(value)
    if match is None:
        return "", ""
    text = _ESCAPE.sub(lambda escaped: " " if escaped.group(1) == "n" else escaped.group(1), match.group(1))
    return " ".join(text.split()), match.group(2)


def ancestors(ids: Iterable[str], parents: Mapping[str, Sequence[str]]) -> set[str]:
    """Return ``ids`` and everything above them; an id without an entry in ``parents`` is a root."""
    seen = set(ids)
    stack = list(seen)
    while stack:
        for parent in parents.get(stack.pop(), ()):
            if parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return seen


def descendants(root: str, parents: Mapping[str, Sequence[str]]) -> set[str]:
    """Return ``root`` and everything below it."""
    children: dict[str, list[str]] = {}
    for child, above in parents.items():
        for parent in above:
            children.setdefault(parent, []).append(child)
    return ancestors([root], children)
