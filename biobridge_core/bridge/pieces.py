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
        rows, codes = _pieces(kind, inputs)
        every: NDArray[np.int64]
        if kind is InputKind.SEQUENCE:  # few enough codes to count without sorting ten million of them
            every, place = np.arange(_CODES), codes
        else:
            every, place = np.unique(codes, return_inverse=True)
        having = np.bincount(place, minlength=len(every))
        shared = having > 1
        self._codes = every[shared]  # ascending
        rarity = np.log(max(1, len(inputs)) / having[shared])
        self._weights = (rarity ** _EXPONENT.get(kind, 1.0)).astype(np.float32)
        kept = shared[place]
        places = (np.cumsum(shared) - 1)[place[kept]]
        self.matrix = self._unit(rows[kept], places, len(inputs))  #: float32 csr (n, n_pieces), rows of unit length
        self._transposed = self.matrix.T.tocsr()

    def unit(self, inputs: Sequence[str]) -> Sparse:
        """m inputs -> float32 csr (m, n_pieces), rows of unit length (or empty)."""
        rows, codes = _pieces(self.kind, inputs)
        place = np.searchsorted(self._codes, codes)
        there = np.append(self._codes, -1)[place] == codes
        return self._unit(rows[there], place[there], len(inputs))

    def likeness(self, unit: Sparse) -> NDArray[np.float32]:
        """Cosines of m inputs, csr (m, n_pieces), with the n: float32 (m, n)."""
        return np.asarray((unit @ self._transposed).toarray(), dtype=np.float32)

    def _unit(self, rows: NDArray[np.int64], places: NDArray[np.int64], n: int) -> Sparse:
        weights = self._weights[places]
        length = np.sqrt(np.bincount(rows, weights=weights.astype(np.float64) ** 2, minlength=n))
        values = (weights / np.maximum(length, 1e-12)[rows]).astype(np.float32)
        return sparse.csr_array((values, (rows, places)), shape=(n, len(self._codes)))


def _pieces(kind: InputKind, inputs: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The distinct pieces of each input: row and number of each, int64 (n_pieces,)."""
    if kind is InputKind.SEQUENCE:
        return _words_of_sequences(inputs)
    if kind is InputKind.SMILES:
        from biobridge_core.chem.fingerprints import substructures

        found = substructures(inputs)
    else:
        found = [_words_of_text(text) for text in inputs]
    rows = np.repeat(np.arange(len(found)), [len(codes) for codes in found])
    return rows, np.concatenate([*found, np.empty(0, np.int64)])


def _words_of_sequences(sequences: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All stretches of four residues, cut from all sequences at once: a loop over residues would take half a minute."""
    joined = ("@" * (_K - 1)).join([*sequences, ""])  # "@" is no residue, and no stretch with it counts
    letters = (np.frombuffer(joined.encode("ascii", "replace"), dtype=np.uint8) - ord("@")).astype(np.int64)
    letters[letters >= 1 << _BITS] = 0
    n = max(len(letters) - _K + 1, 0)
    codes, whole = np.zeros(n, dtype=np.int64), np.ones(n, dtype=bool)
    for i in range(_K):
        codes |= letters[i : i + n] << (_BITS * i)
        whole &= letters[i : i + n] > 0
    rows = np.repeat(np.arange(len(sequences)), [len(sequence) + _K - 1 for sequence in sequences])[:n]
    pairs = np.unique(rows[whole] << (_BITS * _K) | codes[whole])
    return pairs >> (_BITS * _K), pairs & (_CODES - 1)


def _words_of_text(text: str) -> NDArray[np.int64]:
    words = _WORD.findall(text.lower())
    pairs = [f"{first} {second}" for first, second in pairwise(words)]
    return np.array([zlib.crc32(piece.encode()) for piece in {*words, *pairs}], dtype=np.int64)
