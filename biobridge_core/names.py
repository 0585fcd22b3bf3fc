"""Every word that the entities of a graph can be called by, folded and indexed by whole columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph

#: What a word is to its entity; the lower, the better the match.
ID, NAME, FULL_NAME, SYNONYM, XREF = range(5)
_FOLDED = {ord(dash): " " for dash in "-_\u2010\u2011\u2012\u2013\u2014\u2015"} | {0x2019: "'"}
_BLOCK = 50_000  #: words whose letters are gathered at once
#: Bit of a byte: its own for a-z and 0-9, none for the blank that parts are joined by, one for all others.
_BIT_OF_BYTE = np.full(256, 1 << 40, dtype=np.uint64)
_BIT_OF_BYTE[np.frombuffer(b"abcdefghijklmnopqrstuvwxyz0123456789", dtype=np.uint8)] = [1 << n for n in range(36)]
_BIT_OF_BYTE[ord(" ")] = 0


def normalise(name: str) -> str:
    """Fold a name so that case, dashes, quotes and spacing do not matter."""
    if not name.isascii():
        name = unicodedata.normalize("NFKC", name)
    return " ".join(name.casefold().translate(_FOLDED).split())


def misspelt(key: str, words: Sequence[str], slips: int, limit: int | None = None) -> list[tuple[int, int]]:
    """(position, slips) of the words that are at most ``slips`` slips from ``key``, nearest first.

    A slip is a letter more, less, other, or two that changed places (optimal string alignment).
    """
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    judged = process.extract(key, words, scorer=OSA.distance, score_cutoff=slips, limit=limit)
    return [(position, int(distance)) for _, distance, position in judged]


class Names:
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
            (ids, rows, ID),
            (pa.array(graph.names, pa.string()), rows, NAME),
            (_whole(texts["full_name"]), rows, FULL_NAME),
            (synonyms, synonym_rows, SYNONYM),
            (xrefs, xref_rows, XREF),
            (local.filter(pa.array(bare)), curie_rows[bare], XREF),
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
        return self.members(place)

    def members(self, place: int) -> list[tuple[int, int]]:
        """(tier, row) of every entity that is called by the word at ``place``."""
        here = slice(self._starts[place], self._starts[place + 1])
        return list(zip(self._tiers[here].tolist(), self._rows[here].tolist(), strict=True))

    def many(self, keys: Sequence[str]) -> list[tuple[int, str]]:
        """(place, word) of those of ``keys`` that are a word, in one pass over all words."""
        found = pc.is_in(self._words, value_set=pa.array(list(keys), pa.string()))
        return self._at(np.flatnonzero(_mask(found)))

    def going_on(self, key: str) -> list[tuple[int, str]]:
        """(place, word) of all words that begin with ``key`` and have at least one part more."""
        return self._at(np.flatnonzero(_mask(pc.starts_with(self._words, f"{key} "))))

    def near(self, key: str, slips: int) -> list[tuple[int, str]]:
        """(place, word) of all words that may be ``slips`` edits away from ``key``, and of few others.

        One edit adds at most one letter to the set of a word's letters and takes at most one away, and changes its
        length by at most one; what that leaves over is a hundredth of all words, which the exact distance then judges.
        """
        mine = _letters_of(key)
        masks, lengths = self._shapes
        rough = np.abs(lengths - len(key.encode())) <= slips + (len(key.encode()) - len(key))
        places = np.flatnonzero(rough)
        missing, added = np.bitwise_count(mine & ~masks[places]), np.bitwise_count(masks[places] & ~mine)
        return self._at(places[(missing <= slips) & (added <= slips)])

    def with_parts(self, parts: Sequence[str]) -> list[tuple[int, str]]:
        """(place, word) of all words that hold every one of ``parts`` as the beginning of a part of theirs."""
        mine = _letters_of("".join(parts))
        masks, _ = self._shapes
        places = np.flatnonzero((mine & ~masks) == 0)
        for part in sorted(parts, key=len, reverse=True):
            places = places[_mask(pc.match_substring(self._words.take(pa.array(places)), part))]
        return [(place, word) for place, word in self._at(places) if all(f" {part}" in f" {word}" for part in parts)]

    def prepare(self) -> None:
        """Make what the search for misspelt names needs, so that the first one does not wait for it."""
        _ = self._shapes

    def _at(self, places: NDArray[np.int64]) -> list[tuple[int, str]]:
        words: list[str] = self._words.take(pa.array(places)).to_pylist()
        return list(zip(places.tolist(), words, strict=True))

    @cached_property
    def _shapes(self) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
        """Which letters each word has, as bits (n_words,), and how many bytes it is long (n_words,)."""
        words = self._words
        lengths: NDArray[np.int32] = pc.binary_length(words).to_numpy(zero_copy_only=False).astype(np.int32)
        offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        letters = np.frombuffer(b"".join(_chunks(words)), dtype=np.uint8)
        masks = np.zeros(len(words), dtype=np.uint64)
        for first in range(0, len(words), _BLOCK):
            last = min(first + _BLOCK, len(words))
            bits = _BIT_OF_BYTE[letters[offsets[first] : offsets[last]]]
            if len(bits):  # no word is empty
                masks[first:last] = np.bitwise_or.reduceat(bits, offsets[first:last] - offsets[first])
        return masks, lengths


def _chunks(words: pa.StringArray) -> list[bytes]:
    start, stop = words.offset, words.offset + len(words)
    offsets = np.frombuffer(words.buffers()[1], dtype=np.int32)
    return [words.buffers()[2].slice(int(offsets[start]), int(offsets[stop] - offsets[start])).to_pybytes()]


def _letters_of(text: str) -> np.uint64:
    bits = _BIT_OF_BYTE[np.frombuffer(text.encode(), dtype=np.uint8)]
    return np.uint64(np.bitwise_or.reduce(bits)) if len(bits) else np.uint64(0)


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
    kept = ~_mask(pc.equal(folded, "")) & ~(is_number & (tiers == XREF))
    words = folded.filter(pa.array(kept)).dictionary_encode()
    groups, rows, tiers = words.indices.to_numpy().astype(np.int64), rows[kept], tiers[kept]
    members = groups * (int(rows.max(initial=0)) + 1) + rows
    order = np.argsort(members * (XREF + 1) + tiers)
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
