"""Which entities are one thing under two names, so that a split can hold them out together.

Two entities of one modality are synonyms if

- their encoder inputs or their names are equal (case and punctuation aside),
- their molecules share the first InChIKey block (stereoisomers, isotope labels, protonation),
- their sequences are at least 95 % identical: edits are at most 5 % of the shorter one, wherever it lies in the longer,
- they carry the same OMIM, ORPHA, DECIPHER or MONDO code, or one has the other's id as a code, or the name of one such
  disease is a synonym of the other: an OMIM and an ORPHA entry of one disease, a MONDO class and its only form.

The relation is closed: a synonym of a synonym is one too.
"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from biobridge_core.errors import InputError
from biobridge_core.types import InputKind

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph

IDENTITY = 0.95  #: of sequences that count as one

_DISEASE_CODES = ("OMIM:", "ORPHA:", "DECIPHER:", "MONDO:")
#: Codes that name one substance; a shared one makes two drugs one.
_DRUG_CODES = ("PubChem:", "DrugBank:", "GtoPdb:")
_INCHIKEY = "InChIKey:"
_PIECE = 10  # residues; a shorter sequence must be equal
_SIEVE = 25  # bits
_SEQUENCE = re.compile(r"[A-Z]+")
_LOG = logging.getLogger(__name__)
_CACHE: WeakKeyDictionary[KnowledgeGraph, NDArray[np.int64]] = WeakKeyDictionary()

Pairs = list[tuple[int, int]]


def synonym_groups(graph: KnowledgeGraph) -> NDArray[np.int64]:
    """Number entities so that synonyms share a number, the lowest row of the group; int64 (n_entities,).

    Costs some seconds on a graph of 80,000 entities and is kept for as long as the graph object lives.
    """
    if graph not in _CACHE:
        pairs = [*_same_input(graph), *_same_name(graph), *_same_code(graph), *_same_skeleton(graph)]
        pairs += [*_disease_synonyms(graph), *_near_sequences(graph)]
        _CACHE[graph] = join_groups(np.arange(graph.n_entities), pairs)
        shared = np.bincount(_CACHE[graph], minlength=1) > 1
        _LOG.info("%d groups of synonyms among %d entities.", int(shared.sum()), graph.n_entities)
    return _CACHE[graph].copy()


def same_input_groups(graph: KnowledgeGraph) -> NDArray[np.int64]:
    """Groups by equal encoder input alone, as the first bridge was trained with; int64 (n_entities,)."""
    return join_groups(np.arange(graph.n_entities), _same_input(graph))


def join_groups(groups: NDArray[np.integer], pairs: Iterable[tuple[int, int]]) -> NDArray[np.int64]:
    """Merge the groups of each pair of rows; the lowest row of each group is its number; int64 (n_entities,)."""
    n = len(groups)
    links = np.array([*pairs, *zip(range(n), groups.tolist(), strict=True)], dtype=np.int64).reshape(-1, 2)
    graph = sparse.coo_array((np.ones(len(links), dtype=np.int8), (links[:, 0], links[:, 1])), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    first = np.unique(label, return_index=True)[1]
    lowest: NDArray[np.int64] = first[label].astype(np.int64)
    return lowest


def normalise_name(text: str) -> str:
    """Small letters and digits of any script, one space between words."""
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def _chain(keys: Iterable[tuple[object, int]]) -> Pairs:
    """Pair each row with the first row that has the same key."""
    seen: dict[object, int] = {}
    return [(first, row) for key, row in keys if (first := seen.setdefault(key, row)) != row]


def _same_input(graph: KnowledgeGraph) -> Pairs:
    inputs = graph.inputs(np.arange(graph.n_entities))
    return _chain(((int(graph.modality_of_row[row]), text), row) for row, text in enumerate(inputs))


def _same_name(graph: KnowledgeGraph) -> Pairs:
    """Equal names; proteins are left out, whose gene name two products may share."""
    sequences = {name for name, modality in graph.modalities.items() if modality.input_kind is InputKind.SEQUENCE}
    found = []
    for modality in graph.modalities.keys() - sequences:
        names = ((normalise_name(graph.names[row]), int(row)) for row in graph.rows(modality))
        found += _chain((name, row) for name, row in names if name)
    return found


def _same_code(graph: KnowledgeGraph) -> Pairs:
    """The same code as id or cross reference."""
    xrefs = graph.text_columns()["xrefs"].to_pylist()
    prefixes = (*_DISEASE_CODES, *_DRUG_CODES)
    return _chain(
        ((int(graph.modality_of_row[row]), code), row)
        for row, codes in enumerate(xrefs)
        for code in (graph.ids[row], *codes)
        if code.startswith(prefixes)
    )


def _same_skeleton(graph: KnowledgeGraph) -> Pairs:
    """The same first InChIKey block, as stated, or worked out for a molecule that does not state it."""
    from biobridge_core.chem.standardise import standardise

    keys = []
    for row, codes in enumerate(graph.text_columns()["xrefs"].to_pylist()):
        keys += [(row, code[len(_INCHIKEY) :][:14]) for code in codes if code.startswith(_INCHIKEY)]
    molecules = np.flatnonzero(graph.kind_of_row == list(InputKind).index(InputKind.SMILES))
    silent = np.setdiff1d(molecules, [row for row, _ in keys])
    for row, smiles in zip(silent.tolist(), graph.inputs(silent), strict=True):
        try:
            keys.append((row, standardise(smiles, max_atoms=2000).inchikey14))
        except InputError:
            continue  # what cannot be read is a synonym of an equal input alone
    return _chain(((int(graph.modality_of_row[row]), block), row) for row, block in keys)


def _disease_synonyms(graph: KnowledgeGraph) -> Pairs:
    """Name of one equal to a synonym of another, where entities carry disease codes."""
    columns = graph.text_columns()
    found: Pairs = []
    for modality in graph.modalities:
        rows = graph.rows(modality).tolist()
        if not any(graph.ids[row].startswith(_DISEASE_CODES) for row in rows):
            continue
        by_name: dict[str, list[int]] = defaultdict(list)
        for row in rows:
            by_name[normalise_name(graph.names[row])].append(row)
        synonyms = columns["synonyms"].slice(rows[0], len(rows)).to_pylist()
        for row, texts in zip(rows, synonyms, strict=True):
            found += [(other, row) for text in texts for other in by_name.get(normalise_name(text), ()) if other != row]
    return found


def _near_sequences(graph: KnowledgeGraph) -> Iterator[tuple[int, int]]:
    for modality in graph.modalities:
        rows = graph.rows(modality)
        rows = rows[graph.kind_of_row[rows] == list(InputKind).index(InputKind.SEQUENCE)]
        for first, second in near_identical(graph.inputs(rows)):
            yield int(rows[first]), int(rows[second])


def near_identical(sequences: Sequence[str], identity: float = IDENTITY) -> Pairs:
    """All pairs of sequences whose shorter one lies in the longer one with few edits.

    Exact: no pair is missed. Cut into pieces of ten residues, a sequence with ``e`` edits keeps all but ``e`` of its
    pieces, so only pairs that share so many are aligned (Myers 1999, doi:10.1145/316542.316550).

    Parameters
    ----------
    sequences
        Amino-acid sequences in capital letters; others are passed over.
    identity
        ``1 - edits / length of the shorter`` from which a pair counts; sequences of fewer than ten residues must be
        equal.

    Returns
    -------
    pairs
        Indices into ``sequences``, the lower first, each pair once.
    """
    order = sorted(
        (i for i, text in enumerate(sequences) if _SEQUENCE.fullmatch(text)), key=lambda i: (len(sequences[i]), i)
    )
    texts = [sequences[i] for i in order]
    pairs = _chain((text, order[i]) for i, text in enumerate(texts))
    pairs += [
        (order[i], order[j])
        for i, j in _share_pieces(texts, identity)
        if texts[i] != texts[j] and infix_edits(texts[i], texts[j]) <= _edits(len(texts[i]), identity)
    ]
    return sorted({(min(pair), max(pair)) for pair in pairs})


def infix_edits(pattern: str, text: str) -> int:
    """Fewest edits that turn ``pattern`` into some stretch of ``text`` (Myers' bit-vectors on Python's integers)."""
    letters: dict[str, int] = defaultdict(int)
    for i, letter in enumerate(pattern):
        letters[letter] |= 1 << i
    mask, last = (1 << len(pattern)) - 1, 1 << (len(pattern) - 1)
    plus, minus, score = mask, 0, len(pattern)
    best = score
    for letter in text:
        equal = letters.get(letter, 0)
        vertical = equal | minus
        horizontal = (((equal & plus) + plus) ^ plus) | equal
        up = minus | (~(horizontal | plus) & mask)
        down = plus & horizontal
        score += bool(up & last) - bool(down & last)
        up, down = (up << 1) & mask, (down << 1) & mask
        plus = down | (~(vertical | up) & mask)
        minus = up & vertical
        best = min(best, score)
    return best


def _edits(length: int, identity: float) -> int:
    return int((1 - identity) * length + 1e-9)


def _share_pieces(texts: Sequence[str], identity: float) -> Iterator[tuple[int, int]]:
    """Pairs (shorter, longer) of which the longer holds enough of the shorter's pieces; ``texts`` by length."""
    long = [i for i, text in enumerate(texts) if len(text) >= _PIECE]
    if not long:
        return
    windows = [_window_codes(texts[i]) for i in long]
    pieces = [np.unique(codes[::_PIECE]) for codes in windows]
    vocabulary, column = np.unique(np.concatenate(pieces), return_inverse=True)
    shape = (len(long), len(vocabulary))
    starts = np.concatenate([[0], np.cumsum([len(codes) for codes in pieces])])
    cut = sparse.csr_array((np.ones(len(column), np.int32), column, starts), shape=shape)
    owner = np.repeat(np.arange(len(long)), [len(codes) for codes in windows])
    every = np.concatenate(windows)
    likely = np.zeros(1 << _SIEVE, dtype=bool)  # most windows are no piece of any sequence
    likely[_sieve(vocabulary)] = True
    kept = np.flatnonzero(likely[_sieve(every)])
    place = np.minimum(np.searchsorted(vocabulary, every[kept]), len(vocabulary) - 1)
    there = vocabulary[place] == every[kept]
    place, owner = place[there], owner[kept[there]]
    hold = sparse.csr_array((np.ones(len(place), np.int32), (place, owner)), shape=shape[::-1])
    hold.sum_duplicates()
    hold.data[:] = 1
    needed = np.array([len(codes) - _edits(len(texts[i]), identity) for i, codes in zip(long, pieces, strict=True)])
    for begin in range(0, len(long), 2000):
        shared = (cut[begin : begin + 2000] @ hold).tocoo()
        first, second = shared.row + begin, shared.col
        good = (second > first) & (shared.data >= np.maximum(1, needed[first]))
        yield from ((long[i], long[j]) for i, j in zip(first[good].tolist(), second[good].tolist(), strict=True))


def _window_codes(text: str) -> NDArray[np.int64]:
    """Every window of ten letters as a number, five bits a letter; int64 (len(text) - 9,)."""
    letters = np.frombuffer(text.encode("ascii"), dtype=np.uint8).astype(np.int64) & 31
    n = len(letters) - _PIECE + 1
    codes: NDArray[np.int64] = np.zeros(n, dtype=np.int64)
    for i in range(_PIECE):
        codes = (codes << 5) | letters[i : i + n]
    return codes


def _sieve(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """A short hash of each code (multiplicative, Knuth)."""
    mixed = codes.view(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed >> np.uint64(64 - _SIEVE)).view(np.int64)
