"""What a geneticist's or a chemist's notation, a question or a list of names means in a graph.

Comes after names and before free text: nothing here is ever handed to the text model unasked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from biobridge_core import notation
from biobridge_core.alignment import mutate
from biobridge_core.chem.standardise import from_inchi, standardise
from biobridge_core.errors import InputError, UnknownEntityError
from biobridge_core.names import Names, normalise
from biobridge_core.notation import IdKind, Variant
from biobridge_core.protein import MIN_RESIDUES
from biobridge_core.types import Entity, InputKind, Link, Query, QueryKind, Resolution

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph

_CAN_READ = "Write gene and protein change, as SCN1A R1648H or SCN1A p.Arg1648His."
_CAN_FIND = "Type the name of the drug, its PubChem CID, DrugBank id or InChIKey, or paste its SMILES."
_NOT_HERE = "The graph holds no {kind} ids, so {value} cannot be looked up without a network."
FINDINGS = "phenotype"  #: what the findings of a patient are, where the graph has such a modality
_MOST_CHOICES = 8
_MOST_TOGETHER = 30
_DIGITS = 7  #: that ontologies fill their numbers up to


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads notations over one graph.

    Attributes
    ----------
    named
        What a name means by itself; None where nothing is called so.
    texts
        (typed, cleaned) -> the ways to search it as words.
    near
        Entities whose names are near a misspelt one, best first.
    """

    graph: KnowledgeGraph
    names: Names
    named: Callable[[str], Resolution | None]
    texts: Callable[[str, str], tuple[Query, ...]]
    near: Callable[[str], list[int]]

    def identified(self, text: str, cleaned: str, notes: tuple[str, ...]) -> Resolution | None:
        """An id of a molecule, or a bare number; None for other text.

        Raises
        ------
        InputError, UnknownEntityError
            If it is one that cannot be looked up here, with what can.
        """
        found = notation.identifier(cleaned)
        return self._identified(text, *found, notes) if found else None

    def changed(self, text: str, cleaned: str, notes: tuple[str, ...]) -> Resolution | None:
        """A gene with a change of its protein, or a change that cannot be placed; None for other text.

        Raises
        ------
        InputError
            If it is a change that cannot be read here and names no gene, with what can.
        """
        read = notation.variant(cleaned)
        return self._variant(text, cleaned, read, notes) if read else None

    def question(self, text: str, cleaned: str, notes: tuple[str, ...]) -> Resolution | None:
        """The thing that a question is about, where exactly that is a name; None for other text."""
        asked = notation.question(cleaned)
        found = self.named(asked[0]) if asked else None
        if asked is None or found is None:
            return None
        thing, to = asked
        said = f"Read as a question about “{thing}”: that name is looked up, the other words are left out."
        entities = tuple(query for query in found.alternatives if query.kind is QueryKind.ENTITY)
        own = found.chosen.modality if found.chosen else ""
        return replace(
            found,
            text=text,
            alternatives=(*entities, *self.texts(text, cleaned)),
            notes=(*notes, said, *found.notes),
            to=to if to in self.graph.modalities and to != own else "",
        )

    def several(self, text: str, cleaned: str, notes: tuple[str, ...]) -> Resolution | None:
        """Several names in a list, or symbols and drugs with nothing but spaces between; None for other text."""
        parts, spaced = notation.several(cleaned)
        read = [self._one(part, spaced) for part in parts[:_MOST_TOGETHER]]
        found = {query.value: query for query in read if query is not None}
        missing = [part for part, query in zip(parts, read, strict=False) if query is None]
        raw = {self._modality(InputKind.SEQUENCE), self._modality(InputKind.SMILES)}
        if len(found) < 2 or (missing and (spaced or len(missing) > len(found))):
            return None
        queries = tuple(found.values())
        if missing and not {query.modality for query in queries} <= raw:  # rather a name with commas in it
            return None
        if findings := self._findings(text, cleaned, parts):
            return replace(findings, notes=(*notes, *findings.notes))
        said = f"These are {len(queries)} names: {', '.join(query.label for query in queries[:_MOST_CHOICES])}"
        said += ", …." if len(queries) > _MOST_CHOICES else "."
        said += f" Nothing is called “{'”, “'.join(missing[:3])}”." if missing else ""
        together = "both" if len(queries) == 2 else f"all {len(queries)}"
        links = [_link("compare", f"Ask with {together} together", set=",".join(found))]
        if len(queries) == 2 and queries[0].modality != queries[1].modality:
            a, b = queries
            links.append(_link("compare", f"Is {a.label} linked to {b.label}?", a=a.value, b=b.value))
        said += " Ask with them together, or choose one."
        return Resolution(text, None, queries, (*notes, said), links=tuple(links))

    def _findings(self, text: str, cleaned: str, parts: tuple[str, ...]) -> Resolution | None:
        """A list in which every name is that of a phenotype, read as a description of a patient."""
        for part in parts:
            found = self.named(part)
            readings = () if found is None else (found.chosen, *found.alternatives)
            if not any(q and (q.kind, q.modality) == (QueryKind.ENTITY, FINDINGS) for q in readings):
                return None
        texts = self.texts(text, cleaned)
        query = next((query for query in texts if query.modality == FINDINGS), None)
        said = "Read as a list of findings, so as a description of phenotypes."
        return None if query is None else Resolution(text, query, texts, (said,))

    def _one(self, part: str, spaced: bool) -> Query | None:
        """The entity that a name in a list means; where nothing but spaces is between, only plain ones."""
        found = self.named(part)
        query = None if found is None else found.chosen
        if query is None or query.kind is not QueryKind.ENTITY or len(part) < 2:
            return None
        if not spaced:  # type is a synonym of a gene, and a word
            is_word = part.isalpha() and part.islower() and query.modality == self._modality(InputKind.SEQUENCE)
            return None if is_word and part != query.label.casefold() else query
        if query.modality == self._modality(InputKind.SEQUENCE):  # cat and rest are genes, and words
            return query if part.isupper() or any(character.isdigit() for character in part) else None
        return query if query.modality == self._modality(InputKind.SMILES) and len(part) > 3 else None

    # ids

    def _identified(self, text: str, kind: IdKind, value: str, notes: tuple[str, ...]) -> Resolution | None:
        if kind is IdKind.INCHI:
            return self._inchi(text, value, notes)
        if kind is IdKind.INCHIKEY:
            return self._inchikey(text, value, notes)
        if kind is IdKind.NUMBER:
            return self._number(text, value, notes)
        if kind is IdKind.ATC:
            return self._atc(text, value, notes)
        curie = value if kind in (IdKind.CHEMBL, IdKind.CAS) else f"{kind.value}:{value}"
        if rows := self._rows(curie):
            return self._entities(text, rows, notes)
        if kind is IdKind.CHEMBL and not value.startswith("CHEMBL"):
            value = f"CHEMBL{value}"
        if kind is IdKind.CAS and not notation.checks(value):
            raise InputError(f"{value} is no CAS number: its last digit does not fit the others.", _CAN_FIND)
        if kind in (IdKind.CHEMBL, IdKind.CAS):
            named = "numbers" if kind is IdKind.CAS else "ids"
            said = _NOT_HERE.replace("ids", named).format(kind=kind.value, value=value)
            raise UnknownEntityError(said, _CAN_FIND)
        named = f"{kind.value} CID {value}" if kind is IdKind.PUBCHEM else f"{kind.value} id {value}"
        raise UnknownEntityError(f"The graph has no drug with the {named}.", "Type its name, or paste its SMILES.")

    def _inchi(self, text: str, value: str, notes: tuple[str, ...]) -> Resolution:
        standard = standardise(from_inchi(value))
        said = "The molecule is read from its InChI."
        said += f" It was standardised: {', '.join(standard.notes)}." if standard.notes else ""
        label = f"molecule {standard.formula}"
        query = Query(value, QueryKind.SMILES, self._modality(InputKind.SMILES), standard.smiles, label)
        return Resolution(text, query, (), (*notes, said))

    def _inchikey(self, text: str, value: str, notes: tuple[str, ...]) -> Resolution | None:
        if rows := self._rows(f"InChIKey:{value}"):
            return self._entities(text, rows, notes)
        row = self.names.structures.get(value[:14])
        if row is None:
            if "-" not in value:
                return None
            raise UnknownEntityError(
                f"No drug of the graph has the InChIKey {value}.",
                "A key cannot be turned back into a structure: paste the SMILES or the InChI of the molecule.",
            )
        whole = "only the first block of an InChIKey was given" if "-" not in value[:15] else "none has the whole key"
        said = (
            f"{self.graph.names[row]} has the same skeleton (first block of the InChIKey); {whole}, so its "
            "stereochemistry, isotopes or charge may differ. Paste the SMILES to ask about exactly your molecule."
        )
        return Resolution(text, self._entity(text, row), (), (*notes, said))

    def _number(self, text: str, value: str, notes: tuple[str, ...]) -> Resolution:
        curies = [
            f"{prefix}:{digits}" for prefix in sorted(self.names.prefixes) for digits in (value, value.zfill(_DIGITS))
        ]
        rows = [row for curie in dict.fromkeys(curies) for row in self._rows(curie)]
        said = "A number alone does not say what it is."
        hint = f"Write where it is from, as CID {value} or OMIM:{value}."
        if not rows:
            raise UnknownEntityError(said, hint)
        queries = tuple(self._entity(text, row) for row in dict.fromkeys(rows))[:_MOST_CHOICES]
        return Resolution(text, None, queries, (*notes, f"{said} {hint} {value} is an id of these."))

    def _atc(self, text: str, code: str, notes: tuple[str, ...]) -> Resolution:
        if rows := self._rows(f"ATC:{code}"):
            return self._entities(text, rows, notes)
        above = next(
            (rows for end in (5, 4, 3, 1) if end < len(code) and (rows := self._rows(f"ATC:{code[:end]}"))), []
        )
        one = len(code) == 7
        said = f"{code} is the ATC code of a single substance" if one else f"The graph has no ATC class {code}"
        said += "; the graph keeps the classes, not the substances' own codes." if one else "."
        if not above:
            raise UnknownEntityError(said, _CAN_FIND)
        query = self._entity(text, above[0])
        said = (
            f"{said} The class above it is {query.value.partition(':')[2]}, {query.label}. For the drug, type its name."
        )
        return Resolution(text, None, (query,), (*notes, said))

    # changes

    def _variant(self, text: str, cleaned: str, read: Variant, notes: tuple[str, ...]) -> Resolution | None:
        found = self.named(read.name) if read.name else None
        if found is None:
            return self._unplaced(text, cleaned, read, notes)
        entities = [q for q in (found.chosen, *found.alternatives) if q is not None and q.kind is QueryKind.ENTITY]
        proteins = [q for q in entities if q.modality == self._modality(InputKind.SEQUENCE)]
        if found.chosen is not None and found.chosen in proteins:
            proteins = [found.chosen]
        if not read.changes:
            said = f"{_cannot(read)} {_CAN_READ} Or ask about {read.name} itself."
            choices = tuple(proteins or entities)[:_MOST_CHOICES]
            return Resolution(text, None, choices, (*notes, said))
        if not proteins:
            if not read.sure:
                return None
            said = f"{', '.join(read.changes)} is a change of a protein, and “{read.name}” is none. {_CAN_READ}"
            choices = (*entities[:_MOST_CHOICES], *self.texts(text, cleaned))
            return Resolution(text, None, choices, (*notes, said))
        fitting = [query for query in proteins if self._fits(query, read)]
        if len(proteins) > 1 and len(fitting) != 1:
            said = (
                f"“{read.name}” can mean {len(proteins)} different genes. Choose one, and add the change to its symbol."
            )
            return Resolution(text, None, tuple(proteins), (*notes, said))
        return self._changed(text, cleaned, (fitting or proteins)[0], read, notes)

    def _fits(self, query: Query, read: Variant) -> bool:
        try:
            mutate(self.graph.entity(query.value).input, " ".join(read.changes))
        except InputError:
            return False
        return True

    def _changed(self, text: str, cleaned: str, query: Query, read: Variant, notes: tuple[str, ...]) -> Resolution:
        """A gene of the graph with a change of its protein; the gene is asked, and the mutant is one step away."""
        entity, change = self.graph.entity(query.value), " ".join(read.changes)
        query = replace(query, text=read.name)
        if read.unread:
            left = ", ".join(what for what, _ in read.unread)
            notes = (*notes, f"Left out, since it cannot be placed without a transcript or a database: {left}.")
        if entity.input_kind is not InputKind.SEQUENCE:
            said = f"The graph has no sequence of {entity.name}, so {change} cannot be made."
            return Resolution(text, query, self.texts(text, cleaned), (*notes, said))
        try:
            mutant = mutate(entity.input, change, entity.name)
        except InputError as error:
            said, links = self._misplaced(entity, read, error)
            return Resolution(text, query, self.texts(text, cleaned), (*notes, said), links=links)
        if mutant == entity.input:
            said = f"{change} leaves {entity.name} as it is, so {entity.name} is asked."
            return Resolution(text, query, self.texts(text, cleaned), (*notes, said))
        said = (
            f"{change} fits the sequence of {entity.name}. Reading it as {entity.name} shows the unchanged protein; "
            "the comparison shows what the change moves."
        )
        more, others = [_compared(entity, change)], self.texts(text, cleaned)
        if len(mutant) >= MIN_RESIDUES:
            label = f"{entity.name} {change}"
            others = (Query(text, QueryKind.SEQUENCE, query.modality, mutant, label), *others)
            mutated = {"q": cleaned, "as": QueryKind.SEQUENCE.value}
            more.append(_link("explore", "Ask with the mutant's sequence", **mutated))
        return Resolution(text, query, others, (*notes, said), links=tuple(more))

    def _misplaced(self, entity: Entity, read: Variant, error: InputError) -> tuple[str, tuple[Link, ...]]:
        """What is wrong with a change that the sequence does not allow, and what may have been meant."""
        shifted = " ".join(re.sub(r"\d+", lambda at: str(int(at[0]) + 1), change) for change in read.changes)
        try:
            mutate(entity.input, shifted)
        except InputError:
            pass
        else:
            said = f"{error.message} Counted with the first methionine, which older names leave out, it is {shifted}."
            return said, (_compared(entity, shifted),)
        said = f"{error.message} {error.hint} {entity.name} is asked, without the change."
        if all(set(change) - set("0123456789") <= set("ACGT") for change in read.changes):
            said += " If it is a change of the DNA (c.), it cannot be read here."
        return said, ()

    def _unplaced(self, text: str, cleaned: str, read: Variant, notes: tuple[str, ...]) -> Resolution | None:
        """A change without a gene that the graph knows."""
        symbol = bool(read.name) and " " not in read.name and len(read.name) <= 15
        if not read.sure or (read.name and not symbol and not read.unread):
            return None
        rows = [row for row in self.near(read.name) if self._is_protein(row)] if symbol else []
        what = ", ".join(read.changes)
        if read.unread and not read.changes:
            said = _cannot(read)
        elif symbol:
            said = f"Nothing in the graph is called “{read.name}”, so {what} cannot be placed."
        else:
            said = f"{what} is a change of a protein, but no gene is named."
        if rows:
            near = tuple(self._entity(text, row) for row in rows)
            return Resolution(text, None, near, (*notes, f"{said} {_CAN_READ} Did you mean one of these?"))
        if "p." in cleaned.casefold() or read.unread or symbol:
            raise InputError(said, _CAN_READ)
        return Resolution(text, None, self.texts(text, cleaned), (*notes, f"{said} {_CAN_READ}"))

    def _is_protein(self, row: int) -> bool:
        return self.graph.modality(row) == self._modality(InputKind.SEQUENCE)

    def _rows(self, curie: str) -> list[int]:
        return [row for _, row in self.names[normalise(curie)]]

    def _entities(self, text: str, rows: list[int], notes: tuple[str, ...]) -> Resolution:
        queries = tuple(self._entity(text, row) for row in rows)
        return Resolution(text, queries[0], queries[1:_MOST_CHOICES], notes)

    def _entity(self, text: str, row: int) -> Query:
        entity = self.graph.entity(row)
        return Query(text, QueryKind.ENTITY, entity.modality, entity.id, entity.name)

    def _modality(self, kind: InputKind) -> str:
        return next((m.name for m in self.graph.modalities.values() if m.input_kind is kind), "")


def _cannot(read: Variant) -> str:
    what, kind = read.unread[0]
    if kind == notation.LONGER:
        return f"“{what}” is {kind}, which is not made here: paste the mutant's whole sequence on the page Compare."
    return f"“{what}” is {kind}, which cannot be read here: it takes a transcript or a database over a network."


def _compared(entity: Entity, change: str) -> Link:
    return _link("compare", f"Compare {entity.name} with its mutant {change}", wild=entity.id, mutant=change)


def _link(page: str, label: str, **params: str) -> Link:
    return Link(page, tuple(params.items()), label)
