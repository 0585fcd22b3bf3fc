"""What did a person mean? A name, an id, a sequence, a molecule or free text."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from biobridge_core.chem.standardise import looks_like_smiles, standardise
from biobridge_core.errors import InputError, UnknownEntityError
from biobridge_core.protein import looks_like_sequence, parse_sequence
from biobridge_core.types import InputKind, Query, QueryKind, Resolution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from biobridge_core.kg.graph import KnowledgeGraph

MAX_INPUT = 200_000  #: characters looked at; beyond it nothing is read
MAX_TEXT = 10_000  #: characters of free text
_MAX_CHOICES = 12
_ID, _NAME, _FULL_NAME, _SYNONYM, _XREF = range(5)
_CURIE = re.compile(r"([A-Za-z][A-Za-z0-9_.]*)[:_](\S+)")
_TAG = re.compile(r"<[^<>]{0,2000}>")
_FOLDED = {ord(dash): " " for dash in "-_\u2010\u2011\u2012\u2013\u2014\u2015"} | {0x2019: "'"}
_LETTERS_PER_TYPO = 6  #: a name of so many letters may differ in one of them and still be offered as "did you mean"
_FAR_AHEAD = 5  #: of two entities that share a synonym, one with so many times the links is taken without asking
_SHORT_NAME = 40  #: longer input is a sentence, not a misspelt name


def normalise(name: str) -> str:
    """Fold a name so that case, dashes, quotes and spacing do not matter."""
    if not name.isascii():
        name = unicodedata.normalize("NFKC", name)
    return " ".join(name.casefold().translate(_FOLDED).split())


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


class _Names:
    """Every word that an entity can be called by, folded by `normalise`, and the rows that it stands for.

    Built by whole columns: a loop over the starter graph's 700,000 words takes 4 s, this under 1 s.
    """

    def __init__(self, graph: KnowledgeGraph) -> None:
        texts = graph.text_columns()
        rows = np.arange(graph.n_entities, dtype=np.int32)
        ids = pa.array(graph.ids, pa.string())
        synonyms, synonym_rows = _flat(texts["synonyms"])
        xrefs, xref_rows = _flat(texts["xrefs"])
        typed = ~_mask(pc.starts_with(xrefs, "SMILES:"))
        xrefs, xref_rows = xrefs.filter(pa.array(typed)), xref_rows[typed]
        curies, curie_rows = pa.concat_arrays([ids, xrefs]), np.concatenate([rows, xref_rows])
        parts = pc.extract_regex(curies, r"(?s)^(?P<prefix>[^:]*):(?P<local>.*)$")
        prefix, local = (pc.fill_null(pc.struct_field(parts, name), "") for name in ("prefix", "local"))
        is_structure = pc.equal(prefix, "InChIKey")
        bare = _mask(pc.and_(_is_bare_id(local), pc.invert(is_structure)))
        columns = (
            (ids, rows, _ID),
            (pa.array(graph.names, pa.string()), rows, _NAME),
            (_whole(texts["full_name"]), rows, _FULL_NAME),
            (synonyms, synonym_rows, _SYNONYM),
            (xrefs, xref_rows, _XREF),
            (local.filter(pa.array(bare)), curie_rows[bare], _XREF),
        )
        self.prefixes = {word.casefold() for word in pc.unique(prefix).to_pylist()}  #: of all ids, folded
        keys = pc.struct_field(pc.extract_regex(local.filter(is_structure), "^(?P<first>[^-]*)"), "first").to_pylist()
        found = curie_rows[_mask(is_structure)].tolist()
        #: First block of an InChIKey -> the first row that has it.
        self.structures: dict[str, int] = dict(zip(reversed(keys), reversed(found), strict=True))
        self._words, self._starts, self._tiers, self._rows = _grouped(columns)

    def __getitem__(self, key: str) -> list[tuple[int, int]]:
        """(tier, row) of every entity that is called so, in the order of the rows; empty for an unknown word."""
        place = pc.index(self._words, key).as_py()  # 2 ms; a dict would take half a second to build and 80 MB to keep
        if place < 0:
            return []
        here = slice(self._starts[place], self._starts[place + 1])
        return list(zip(self._tiers[here].tolist(), self._rows[here].tolist(), strict=True))

    def of_length(self, least: int, most: int) -> list[str]:
        """All words of ``least`` to ``most`` characters."""
        lengths = pc.utf8_length(self._words)
        fits = pc.and_(pc.greater_equal(lengths, least), pc.less_equal(lengths, most))
        found: list[str] = self._words.filter(fits).to_pylist()
        return found


class Lookup:
    """Finds entities of one graph by id, name, synonym, cross reference, sequence or structure."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self.graph = graph
        self._names = _Names(graph)
        self._sequences: dict[bytes, int] | None = None
        self._degrees = np.bincount(graph.heads, minlength=graph.n_entities) + np.bincount(
            graph.tails, minlength=graph.n_entities
        )

    def find(self, text: str) -> Resolution:
        """Decide what a person meant.

        Order: exact id, exact name or synonym, FASTA or bare sequence, SMILES, free text. A short unknown word is
        not searched as
        text without asking: close names are offered first.

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
            if named is not None:
                return named
            self._refuse_unknown_id(cleaned)
        if looks_like_sequence(cleaned):
            query, said = self._sequence(text, cleaned)
            return Resolution(text, query, self._also_text(text, cleaned), (*notes, *said))
        if looks_like_smiles(cleaned):
            query, said = self._smiles(text, cleaned)
            return Resolution(text, query, self._also_text(text, cleaned), (*notes, *said))
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
        """Rows of entities whose names are one slip of the finger from ``text`` (two or more for long names)."""
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        key = normalise(text)
        slips = max(1, len(key) // _LETTERS_PER_TYPO)
        names = self._names.of_length(len(key) - slips, len(key) + slips)
        found = process.extract(key, names, scorer=OSA.distance, score_cutoff=slips, limit=None)
        best: dict[int, tuple[float, int, int]] = {}
        for name, distance, _position in found:
            for tier, row in self._names[name]:
                if tier in (_NAME, _FULL_NAME, _SYNONYM):
                    order = (distance, tier, -self._degree(row))
                    best[row] = min(best.get(row, order), order)
        return sorted(best, key=lambda row: best[row])[:limit]

    def _by_name(self, text: str, cleaned: str, notes: tuple[str, ...]) -> Resolution | None:
        matches = self._names[normalise(cleaned)] if len(cleaned) <= 500 else []
        if not matches:
            return None
        best = min(tier for tier, _ in matches)
        rows = [row for tier, row in matches if tier == best]
        if best == _NAME:
            rows = [row for row in rows if self.graph.names[row] == cleaned] or rows
        rows.sort(key=self._degree, reverse=True)
        others = sorted((m for m in matches if m[1] not in rows), key=lambda m: (m[0], -self._degree(m[1])))
        queries = [self._entity_query(text, row) for row in rows]
        alternatives = (*queries, *(self._entity_query(text, row) for _, row in others))[:_MAX_CHOICES]
        if len(cleaned) > 1:
            alternatives = (*alternatives, *self._also_text(text, cleaned))
        clear = len(rows) > 1 and best >= _SYNONYM and self._degree(rows[0]) >= _FAR_AHEAD * self._degree(rows[1])
        if len({query.modality for query in queries}) < len(queries) and not clear:
            note = f"“{_short(cleaned)}” can mean {len(rows)} different things. Choose one."
            return Resolution(text, None, alternatives, (*notes, note))
        return Resolution(text, queries[0], alternatives[1:], notes)

    def _refuse_unknown_id(self, cleaned: str) -> None:
        match = _CURIE.fullmatch(cleaned)
        if match and match[1].casefold() in self._names.prefixes and re.search(r"\d", match[2]):
            raise UnknownEntityError(
                f"The graph has no entity {_short(cleaned)}.",
                "Check the id, or search by name; ids that are obsolete or have no link are not in the graph.",
            )

    def _as_text(self, text: str, cleaned: str, notes: tuple[str, ...]) -> Resolution:
        self._check_text(cleaned)
        alternatives = self._also_text(text, cleaned)
        if len(cleaned) <= _SHORT_NAME and len(cleaned.split()) <= 3:
            note = f"Nothing in the graph is called “{cleaned}”."
            close = tuple(self._entity_query(text, row) for row in self.suggest(cleaned))
            if close:
                asked = f"{note} Did you mean one of these? Or search for it as free text."
                return Resolution(text, None, (*close, *alternatives), (*notes, asked))
            notes = (*notes, f"{note} It was searched as free text.")
        return Resolution(text, alternatives[0], alternatives, notes)

    def _check_text(self, cleaned: str) -> None:
        if len(cleaned) < 2 or not re.search(r"\w{2}", cleaned):
            raise InputError("One character is too little to search for.", "Type at least a short name or a few words.")
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


def _is_bare_id(local: pa.StringArray) -> pa.BooleanArray:
    """Whether the part after the colon can be typed alone, as P04637 or DB00945, and be told from a name."""
    return pc.and_(pc.match_substring_regex(local, "[A-Za-z]"), pc.match_substring_regex(local, "[0-9]"))


def _grouped(
    columns: Sequence[tuple[pa.StringArray, NDArray[np.int32], int]],
) -> tuple[pa.StringArray, NDArray[np.int64], NDArray[np.int8], NDArray[np.int32]]:
    """Fold the words of (words, rows, tier) columns and group them.

    Returns
    -------
    tuple
        Every word once (n_words,); start of its members (n_words + 1,); tier and row of each member (n,), each row once
        a word with its best tier, in the order of the rows.
    """
    folded = pa.concat_arrays([_folded(words) for words, _, _ in columns])
    rows = np.concatenate([rows for _, rows, _ in columns])
    tiers = np.concatenate([np.full(len(rows), tier, dtype=np.int8) for _, rows, tier in columns])
    is_number = _mask(pc.match_substring_regex(folded, r"^[0-9]+$"))
    kept = ~_mask(pc.equal(folded, "")) & ~(is_number & (tiers == _XREF))
    words = folded.filter(pa.array(kept)).dictionary_encode()
    groups, rows, tiers = words.indices.to_numpy().astype(np.int64), rows[kept], tiers[kept]
    members = groups * (int(rows.max(initial=0)) + 1) + rows
    order = np.argsort(members * (_XREF + 1) + tiers)
    members, groups, rows, tiers = members[order], groups[order], rows[order], tiers[order]
    first = np.ones(len(rows), dtype=np.bool_)
    first[1:] = members[1:] != members[:-1]
    starts = np.searchsorted(groups[first], np.arange(len(words.dictionary) + 1))
    return words.dictionary, starts, tiers[first], rows[first]


def _folded(words: pa.StringArray) -> pa.StringArray:
    """`normalise` for a column: plain words by Arrow, the few others one by one."""
    spaced = pc.replace_substring(pc.replace_substring(pc.utf8_lower(words), "-", " "), "_", " ")
    odd = pc.or_(pc.invert(pc.string_is_ascii(words)), pc.match_substring_regex(spaced, r"\s\s|[\t\n\r\v\f\x1c-\x1f]"))
    others = [normalise(word) for word in words.filter(odd).to_pylist()]
    return pc.replace_with_mask(pc.ascii_trim_whitespace(spaced), odd, pa.array(others, pa.string()))


def _flat(column: pa.ChunkedArray) -> tuple[pa.StringArray, NDArray[np.int32]]:
    """Words of a column of lists, and the row of each."""
    lists = _whole(column)
    return pc.list_flatten(lists), pc.list_parent_indices(lists).to_numpy().astype(np.int32)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    joined = column.combine_chunks()
    return joined.chunk(0) if isinstance(joined, pa.ChunkedArray) else joined


def _mask(array: pa.BooleanArray) -> NDArray[np.bool_]:
    result: NDArray[np.bool_] = array.to_numpy(zero_copy_only=False)
    return result


def _short(text: str, length: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"


def _digest(sequence: str) -> bytes:
    return hashlib.blake2b(sequence.encode(), digest_size=12).digest()
