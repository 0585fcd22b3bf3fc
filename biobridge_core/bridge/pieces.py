"""Likeness of the inputs themselves: shared stretches of sequence, substructures or words, the rarer the heavier.

A frozen model's space is one view of an input; what two inputs literally share is another, and errs elsewhere:
close homologues share four-residue words, analogues share ECFP4 substructures (doi:10.1021/ci100050t), and diseases of
one kind share the words of their descriptions. Weighted by inverse document frequency, compared by cosine.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from biobridge_core.kg.hierarchy import Sparse
from biobridge_core.types import InputKind

_K = 4  # residues to a word
_BITS = 5  # of a residue
_CODES = 1 << (_BITS * _K)
_WORD = re.compile(r"[a-z0-9]+")
_EXPONENT = {InputKind.SMILES: 0.5}  # of the rarity: analogues share common substructures too


class PieceSpace:
    """Inputs of one kind as sets of weighted pieces.

    Parameters
    ----------
    kind
        Which pieces an input has.
    inputs
        n inputs that decide how rare a piece is. A piece that only one of them has tells nothing of likeness.
    """

    def __init__(self, kind: InputKind, inputs: Sequence[str]) -> None:
        self.kind = kind
        counts, codes = _pieces(kind, inputs)
        every: NDArray[np.integer]
        if kind is InputKind.SEQUENCE:  # few enough codes to count without sorting ten million of them
            every, place = np.arange(_CODES), codes
        else:
            every, place = np.unique(codes, return_inverse=True)
        having = np.bincount(place, minlength=len(every))
        shared = having > 1
        self._codes = every[shared]  # ascending
        rarity = np.log(max(1, len(inputs)) / having[shared])
        self._weights = (rarity ** _EXPONENT.get(kind, 1.0)).astype(np.float32)
        self.matrix = self._unit(counts, shared[place], (np.cumsum(shared) - 1)[place])
        self.transposed = self.matrix.T.tocsr()

    def unit(self, inputs: Sequence[str]) -> Sparse:
        """m inputs -> float32 csr (m, n_pieces), rows of unit length (or empty)."""
        counts, codes = _pieces(self.kind, inputs)
        place = np.searchsorted(self._codes, codes)
        return self._unit(counts, np.append(self._codes, -1)[place] == codes, place)

    def likeness(self, unit: Sparse) -> NDArray[np.float32]:
        """Cosines of m inputs, csr (m, n_pieces), with the n: float32 (m, n)."""
        return np.asarray((unit @ self.transposed).toarray(), dtype=np.float32)

    def _unit(self, counts: NDArray[np.integer], kept: NDArray[np.bool_], places: NDArray[np.integer]) -> Sparse:
        """Rows of unit length from the ``kept`` pieces: ``counts`` (n,) of each input, all ``places`` in a line."""
        ends = np.append(0, np.cumsum(counts))
        kept_ends = np.append(0, np.cumsum(kept))[ends]
        places = places[kept].astype(np.int32)
        weights, sizes = self._weights[places], np.diff(kept_ends)
        rows = np.repeat(np.arange(len(sizes)), sizes)
        length = np.sqrt(np.bincount(rows, weights=weights.astype(np.float64) ** 2, minlength=len(sizes)))
        values = (weights / np.maximum(length, 1e-12)[rows]).astype(np.float32)
        shape = (len(sizes), len(self._codes))
        matrix = sparse.csr_array((values, places, kept_ends.astype(np.int32)), shape=shape)
        matrix.sum_duplicates()
        return matrix


def _pieces(kind: InputKind, inputs: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.integer]]:
    """The distinct pieces of each input: how many it has, (n,), and their numbers, one input after another."""
    if kind is InputKind.SEQUENCE:
        return _words_of_sequences(inputs)
    if kind is InputKind.SMILES:
        from biobridge_core.chem.fingerprints import substructures

        found = substructures(inputs)
    else:
        found = [_words_of_text(text) for text in inputs]
    return np.array([len(codes) for codes in found], dtype=np.int64), np.concatenate([*found, np.empty(0, np.int64)])


def _words_of_sequences(sequences: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """All stretches of four residues, cut from all sequences at once: a loop over residues would take half a minute."""
    joined = ("@" * (_K - 1)).join([*sequences, ""])  # "@" is no residue, and no stretch with it counts
    letters = np.frombuffer(joined.encode("ascii", "replace"), dtype=np.uint8) - np.uint8(ord("@"))
    letters[letters >= 1 << _BITS] = 0
    n = max(len(letters) - _K + 1, 0)
    codes, whole = np.zeros(n, dtype=np.int32), np.ones(n, dtype=bool)
    for i in range(_K):
        codes |= letters[i : i + n].astype(np.int32) << (_BITS * i)
        whole &= letters[i : i + n] > 0
    ends = np.append(0, np.cumsum([len(sequence) + _K - 1 for sequence in sequences], dtype=np.int64))
    ends = np.append(0, np.cumsum(whole))[np.minimum(ends, n)]
    # sorting within each row is far faster than sorting all of them at once
    words = sparse.csr_array((np.ones(ends[-1], np.int8), codes[whole], ends), shape=(len(sequences), _CODES))
    words.sum_duplicates()
    return np.diff(words.indptr), words.indices


def _words_of_text(text: str) -> NDArray[np.int64]:
    words = _WORD.findall(text.lower())
    pairs = [f"{first} {second}" for first, second in pairwise(words)]
    return np.array([zlib.crc32(piece.encode()) for piece in {*words, *pairs}], dtype=np.int64)
