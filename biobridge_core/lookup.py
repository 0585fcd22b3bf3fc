"""What did a person mean? A name, an id, a sequence, a molecule or free text."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING

import numpy as np

from biobridge_core.chem.standardise import looks_like_smiles, molecules_in, standardise
from biobridge_core.errors import InputError, UnknownEntityError
from biobridge_core.names import FULL_NAME, NAME, SYNONYM, Names, misspelt, normalise
from biobridge_core.protein import MIN_RESIDUES, looks_like_sequence, parse_sequence
from biobridge_core.reading import FINDINGS as _FINDINGS
from biobridge_core.reading import Reader
from biobridge_core.types import InputKind, Query, QueryKind, Resolution

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph

MAX_INPUT = 200_000  #: characters looked at; beyond it nothing is read
MAX_TEXT = 10_000  #: characters of free text
_MAX_CHOICES = 12
_MAX_SUGGESTED = 5
_CURIE = re.compile(r"([A-Za-z][A-Za-z0-9_.]*)[:_](\S+)")
_TAG = re.compile(r"<[^<>]{0,2000}>")
_LETTERS_PER_TYPO = 6  #: a name of so many letters may differ in one of them and still be offered as "did you mean"
_FAR_AHEAD = 5  #: of two entities that share a synonym, one with so many times the links is taken without asking
_LEAST_BEGINNING = 3  #: letters of a beginning that is completed: HIV
#: What follows a name without naming anything else: lithium ion is lithium, HIV infectious disease is HIV.
_KIND_OF_THING = re.compile(r"((ion|infections?|infectious|diseases?|syndrome|disorder|protein|gene|receptor) ?)+")
_MOST_PARTS = 5  #: words of a name that is looked for by its words in any order
_LEAST_CERTAIN = 6  #: letters from which on a single slip leaves little doubt what was meant; symbols are shorter
#: A person is spoken of, so what follows are findings. "with" or "has" alone say nothing: diseases have those too.
_PATIENT = re.compile(
    r"\b(patients?|proband|presents? with|presented with|presenting with|complain(s|ed|ing)? of|suffer(s|ed|ing)? from"
    r"|(year|month)[- ]old|(boy|girl|infant|newborn|baby|child|man|woman|son|daughter)\b.* (has|had|have|with|shows?)"
    r"|symptoms?( are| include|:)|(he|she|they) (has|have|had|shows?))\b",
    re.IGNORECASE,
)
_LONGEST_SYMBOL = 12  #: characters of a gene symbol or code, in which dashes do not count
_FEW_RESIDUES = re.compile(r"[ACDEFGHIKLMNPQRSTVWY]{6,9}")
_SHORT_NAME = 40  #: longer input is a sentence, not a misspelt name


def clean(text: str) -> tuple[str, tuple[str, ...]]:
    """Take control characters and HTML tags out of what was typed; say so.

    Raises
    ------
    InputError
        If nothing is left or the input is longer than 200,000 characters.
    """
    if len(text) > MAX_INPUT:
        raise InputError(
            f"The input has {len(text):,} characters; at most {MAX_INPUT:,} are read.", "Ask about one thing at a time."
        )
    notes = []
    kept = "".join(c for c in text if c in "\n\t\r" or not unicodedata.category(c).startswith("C"))
    if len(kept) < len(text):
        notes.append("Control characters were left out.")
    if "<" in kept and (without_tags := _TAG.sub(" ", kept)) != kept:
        kept = without_tags
        notes.append("HTML tags were left out; only their text is read.")
    kept = kept.strip()
    if not kept:
        raise InputError(
            "There is nothing to search for.", "Type a name or an id, or paste a sequence, a SMILES or a sentence."
        )
    return kept, tuple(notes)


def spoken_of_a_patient(text: str) -> bool:
    """Whether a text speaks of a person, so that it lists findings and is no definition of a disease."""
    return bool(_PATIENT.search(text))


def _is_certain(typed: str, how: tuple[float, ...], rivals: list[tuple[float, ...]]) -> bool:
    """Whether the nearest name is most likely what a misspelt one was meant to be; see ``Lookup._near``."""
    way, distance = how[:2]
    clear = all(rival[:2] > (way, distance) for rival in rivals)
    return way == 1 and clear and len(typed) >= _LEAST_CERTAIN and not re.search(r"\d", typed)


class Lookup:
    """Finds entities of one graph by id, name, synonym, cross reference, sequence or structure."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self.graph = graph
        self._names = Names(graph)
        self._reader = Reader(
            graph, self._names, lambda name: self._by_name(name, name, ()), self._also_text, self.suggest
        )
        self._sequences: dict[bytes, int] | None = None
        self._degrees = np.bincount(graph.heads, minlength=graph.n_entities) + np.bincount(
            graph.tails, minlength=graph.n_entities
        )

    @property
    def names(self) -> Names:
        """Every word that an entity can be called by."""
        return self._names

    def find(self, text: str) -> Resolution:
        """Decide what a person meant.

        Order: exact id, exact name or synonym, id of a molecule, gene with a change, question about a name, FASTA or
        bare sequence, SMILES, several names, free text. A short unknown word is not searched as text without asking:
        close names are offered first.

        Raises
        ------
        InputError
            The input is empty, too short or too long, or is a sequence or molecule that cannot be used as given.
        UnknownEntityError
            The input has the form of an id of a known kind, but the graph has no such entity.
        """
        cleaned, notes = clean(text)
        if not cleaned.startswith(">"):
            named = self._by_name(text, cleaned, notes)
            if named is None:
                named = self._notated(text, cleaned, notes)
            if named is not None:
                return named
            self._refuse_unknown_id(cleaned)
        if looks_like_sequence(cleaned):
            query, said = self._sequence(text, cleaned)
            return Resolution(text, query, self._also_text(text, cleaned), (*notes, *said))
        if looks_like_smiles(cleaned):
            query, said = self._smiles(text, cleaned)
            return Resolution(text, query, self._also_text(text, cleaned), (*notes, *said))
        self._refuse_half_meant(cleaned)
        if (together := self._reader.several(text, cleaned, notes)) is not None:
            return together
        return self._as_text(text, cleaned, notes)

    def interpret(self, text: str, modality: str) -> Query:
        """Take an input as a query of one modality, whatever it looks like (the "way to switch").

        Raises
        ------
        InputError
            If the input cannot be read as that modality.
        UnknownEntityError
            If the graph has no such modality.
        """
        if modality not in self.graph.modalities:
            raise UnknownEntityError(
                f"There is no modality called {modality!r}.", f"Known: {', '.join(self.graph.modalities)}."
            )
        cleaned, _ = clean(text)
        matches = [row for _, row in self._names[normalise(cleaned)] if self._modality(row) == modality]
        if matches:
            return self._entity_query(text, matches[0])
        kind = self.graph.modalities[modality].input_kind
        read = self._notated(text, cleaned, ()) if kind is not InputKind.TEXT else None
        if read is not None and read.chosen is not None and read.chosen.modality == modality:
            return read.chosen
        if kind is InputKind.SEQUENCE:
            if len(cleaned.split()) > 1 and not looks_like_sequence(cleaned):
                raise InputError("These words are no protein sequence.", "Paste the one-letter code of one protein.")
            return self._sequence(text, cleaned)[0]
        if kind is InputKind.SMILES:
            return self._smiles(text, cleaned)[0]
        self._check_text(cleaned)
        return Query(text, QueryKind.TEXT, modality, cleaned, _short(cleaned))

    def identify(self, query: Query) -> int | None:
        """Row of the entity that a raw query is identical to (same sequence; same InChIKey connectivity), if any."""
        if query.kind is QueryKind.ENTITY:
            return self.graph.row(query.value)
        if query.kind is QueryKind.SEQUENCE:
            return self._sequence_table().get(_digest(query.value))
        if query.kind is QueryKind.SMILES:
            return self._names.structures.get(standardise(query.value).inchikey14)
        return None

    def suggest(self, text: str, limit: int = 5) -> list[int]:
        """Rows of entities whose names are near ``text``: they go on where it ends, are a slip of the finger away from
        it, or have all of its words.

        ``Alzheimer`` gives Alzheimer disease, ``TP35`` TP53, ``hemoglobin beta`` hemoglobin subunit beta. A long name
        may have two slips or more.
        """
        return [row for row, _ in self._near(normalise(text))][:limit]

    def prepare(self) -> None:
        """Make what the search for misspelt names needs, so that the first one does not wait for it."""
        self._names.prepare()

    def _near(self, key: str) -> list[tuple[int, tuple[float, ...]]]:
        """(row, how near) best first; how near: way (0 goes on, 1 slips, 2 all words), distance, tier, links.

        Of names that go on, one that only says what kind of thing it is comes first, then names before synonyms.
        """
        slips = max(1, len(key) // _LETTERS_PER_TYPO)
        near = self._names.near(key, slips)
        words = [word for _, word in near]
        found = [(near[position][0], 1, distance) for position, distance in misspelt(key, words, slips)]
        beginnings = {key, re.sub(r"'?s$", "", key)}  # Parkinson's, parkinsons
        for beginning in beginnings:
            if len(beginning) >= _LEAST_BEGINNING:
                going_on = self._names.going_on(beginning)
                found += [(place, 0, _left_over(word[len(beginning) + 1 :])) for place, word in going_on]
        parts = key.split()
        if not found and 1 < len(parts) <= _MOST_PARTS and max(map(len, parts)) >= _LEAST_BEGINNING:
            found += [(place, 2, len(word) - len(key)) for place, word in self._names.with_parts(parts)]
        best: dict[int, tuple[float, ...]] = {}
        for place, way, distance in found:
            for tier, row in self._names.members(place):
                if tier in (NAME, FULL_NAME, SYNONYM):
                    grade = min(distance, 1) if way == 0 else distance
                    order = (way, grade, tier, distance, self._modality(row) == _FINDINGS, -self._degree(row))
                    best[row] = min(best.get(row, order), order)
        return sorted(best.items(), key=lambda item: item[1])

    def _named(self, key: str) -> list[tuple[int, int]]:
        """(tier, row) of what is called ``key``; a symbol is also found where a dash is too many or missing (COX-2)."""
        found = self._names[key]
        if not found and len(key) <= _LONGEST_SYMBOL and any(c.isdigit() for c in key):
            found = self._names[key.replace(" ", "")] or self._names[re.sub(r"(?<=[a-z])(?=\d)", " ", key)]
        return found

    def _by_name(self, text: str, cleaned: str, notes: tuple[str, ...]) -> Resolution | None:
        matches = self._named(normalise(cleaned)) if len(cleaned) <= 500 else []
        if not matches:
            return None
        best = min(tier for tier, _ in matches)
        rows = [row for tier, row in matches if tier == best]
        if best == NAME:
            exact = [row for row in rows if self.graph.names[row] == cleaned]
            rows = exact if any(self._modality(row) != _FINDINGS for row in exact) else rows
        elif best == SYNONYM and len(rows) > 1:  # Advil is a brand, ADVIL a gene
            rows = [row for row in rows if cleaned in self.graph.entity(row).synonyms] or rows
        rows.sort(key=lambda row: (self._modality(row) == _FINDINGS, -self._degree(row)))  # Schizophrenia: the disease
        others = sorted((m for m in matches if m[1] not in rows), key=lambda m: (m[0], -self._degree(m[1])))
        queries = [self._entity_query(text, row) for row in rows]
        alternatives = (*queries, *(self._entity_query(text, row) for _, row in others))[:_MAX_CHOICES]
        if len(cleaned) > 1:
            alternatives = (*alternatives, *self._also_text(text, cleaned))
        clear = len(rows) > 1 and best >= SYNONYM and self._degree(rows[0]) >= _FAR_AHEAD * self._degree(rows[1])
        kinds = {query.modality for query in queries}
        gene_or_not = best == SYNONYM and len(kinds) > 1 and self._modality_of_kind(InputKind.SEQUENCE) in kinds
        if (len(kinds) < len(queries) or gene_or_not) and not clear:
            note = f"“{_short(cleaned)}” can mean {len(rows)} different things. Choose one."
            return Resolution(text, None, alternatives, (*notes, note))
        return Resolution(text, queries[0], alternatives[1:], notes)

    def _notated(self, text: str, cleaned: str, notes: tuple[str, ...]) -> Resolution | None:
        """An id of a molecule, a gene with a change, or a question; see `biobridge_core.reading`."""
        found = self._reader.identified(text, cleaned, notes)
        if found is None and not looks_like_sequence(cleaned) and not looks_like_smiles(cleaned):
            found = self._reader.changed(text, cleaned, notes) or self._reader.question(text, cleaned, notes)
        return found

    def _refuse_unknown_id(self, cleaned: str) -> None:
        match = _CURIE.fullmatch(cleaned)
        if match and match[1].casefold() in self._names.prefixes and re.search(r"\d", match[2]):
            raise UnknownEntityError(
                f"The graph has no entity {_short(cleaned)}.",
                "Check the id, or search by name; ids that are obsolete or have no link are not in the graph.",
            )

    def _refuse_half_meant(self, cleaned: str) -> None:
        """Refuse what is no text that anybody would search for: an id, a few residues, several molecules."""
        if re.fullmatch(r"[A-Za-z][A-Za-z_.]*:[A-Za-z]*\d+", cleaned):
            raise UnknownEntityError(
                f"The graph has no ids of the kind {_short(cleaned.partition(':')[0])}.",
                "Search by name, or by an id such as UniProtKB:P04637, MONDO:0005148 or GO:0006915.",
            )
        if (many := molecules_in(cleaned)) > 1:
            raise InputError(f"These are {many} molecules.", "Ask about one SMILES at a time.")
        if _FEW_RESIDUES.fullmatch(cleaned) and not self.suggest(cleaned):
            raise InputError(
                f"Nothing in the graph is called “{cleaned}”, and as a protein sequence it is too short: "
                f"{len(cleaned)} residues, at least {MIN_RESIDUES} are needed.",
                "Paste the whole sequence. A word in small letters is searched as words.",
            )

    def _as_text(self, text: str, cleaned: str, notes: tuple[str, ...]) -> Resolution:
        self._check_text(cleaned)
        alternatives = self._also_text(text, cleaned)
        if spoken_of_a_patient(cleaned) and (findings := [q for q in alternatives if q.modality == _FINDINGS]):
            said = "Read as findings of a patient, so as a description of phenotypes."
            return Resolution(text, findings[0], alternatives, (*notes, said))
        if len(cleaned) <= _SHORT_NAME and len(cleaned.split()) <= 3:
            note = f"Nothing in the graph is called “{cleaned}”."
            near = self._near(normalise(cleaned))[:_MAX_SUGGESTED]
            close = tuple(self._entity_query(text, row) for row, _ in near)
            if close:
                asked = f"{note} Did you mean one of these? Or search for it as free text."
                same = normalise(close[0].label)  # a disease and a phenotype of one name are no rivals
                rivals = [how for (_, how), q in zip(near, close, strict=True) if normalise(q.label) != same]
                guess = close[0] if _is_certain(cleaned, near[0][1], rivals) else None
                return Resolution(text, None, (*close, *alternatives), (*notes, asked), guess)
            notes = (*notes, f"{note} It was searched as free text.")
        return Resolution(text, alternatives[0], alternatives, notes)

    def _check_text(self, cleaned: str) -> None:
        if not re.search(r"\w", cleaned):
            raise InputError("There is no letter or digit in this.", "Type a name or an id, or describe it in words.")
        if not re.search(r"\w{2}", cleaned):
            one = "One character is" if len(cleaned) == 1 else "Single characters are"
            raise InputError(f"{one} too little to search for.", "Type at least a short name or a few words.")
        if len(cleaned) > MAX_TEXT:
            raise InputError(
                f"The text has {len(cleaned):,} characters; at most {MAX_TEXT:,} are read.",
                "Paste the few sentences that matter.",
            )

    def _also_text(self, text: str, cleaned: str) -> tuple[Query, ...]:
        if len(cleaned) > MAX_TEXT:
            return ()
        return tuple(
            Query(text, QueryKind.TEXT, modality.name, cleaned, _short(cleaned))
            for modality in self.graph.modalities.values()
            if modality.input_kind is InputKind.TEXT
        )

    def _sequence(self, text: str, raw: str) -> tuple[Query, tuple[str, ...]]:
        parsed = parse_sequence(raw)
        label = _short(parsed.header) or f"sequence of {len(parsed.residues)} residues"
        modality = self._modality_of_kind(InputKind.SEQUENCE)
        return Query(text, QueryKind.SEQUENCE, modality, parsed.residues, label), parsed.notes

    def _smiles(self, text: str, raw: str) -> tuple[Query, tuple[str, ...]]:
        standard = standardise(raw)
        label = f"molecule {standard.formula}"
        modality = self._modality_of_kind(InputKind.SMILES)
        said = (f"The molecule was standardised: {', '.join(standard.notes)}.",) if standard.notes else ()
        return Query(text, QueryKind.SMILES, modality, standard.smiles, label), said

    def _modality_of_kind(self, kind: InputKind) -> str:
        for modality in self.graph.modalities.values():
            if modality.input_kind is kind:
                return modality.name
        raise InputError(f"The loaded graph has nothing that is read from a {kind}.", "Ask by name or in words.")

    def _entity_query(self, text: str, row: int) -> Query:
        entity = self.graph.entity(row)
        return Query(text, QueryKind.ENTITY, entity.modality, entity.id, entity.name)

    def _modality(self, row: int) -> str:
        return self.graph.modality(row)

    def _degree(self, row: int) -> int:
        return int(self._degrees[row])

    def _sequence_table(self) -> dict[bytes, int]:
        if self._sequences is None:
            kinds = list(InputKind)
            rows = [r for r in range(self.graph.n_entities) if kinds[self.graph.kind_of_row[r]] is InputKind.SEQUENCE]
            table: dict[bytes, int] = {}
            for row, sequence in zip(rows, self.graph.inputs(rows), strict=True):
                table.setdefault(_digest(sequence), row)
            self._sequences = table
        return self._sequences


def _left_over(words: str) -> int:
    """How many words follow a beginning; none where they only say what kind of thing it is."""
    return 0 if _KIND_OF_THING.fullmatch(words) else words.count(" ") + 1


def _short(text: str, length: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"


def _digest(sequence: str) -> bytes:
    return hashlib.blake2b(sequence.encode(), digest_size=12).digest()
