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
        found = _pieces(kind, inputs)
        codes, having = np.unique(np.concatenate([*found, np.empty(0, np.int64)]), return_counts=True)
        shared = having > 1
        self._codes = codes[shared]  # ascending
        rarity = np.log(max(1, len(inputs)) / having[shared])
        self._weights = (rarity ** _EXPONENT.get(kind, 1.0)).astype(np.float32)
        self.matrix = self._unit(found)  #: float32 csr (n, n_pieces), rows of unit length

    def unit(self, inputs: Sequence[str]) -> Sparse:
        """m inputs -> float32 csr (m, n_pieces), rows of unit length (or empty)."""
        return self._unit(_pieces(self.kind, inputs))

    def _unit(self, found: list[NDArray[np.int64]]) -> Sparse:
        counts = [len(codes) for codes in found]
        every = np.concatenate([*found, np.empty(0, np.int64)])
        rows = np.repeat(np.arange(len(found)), counts)
        place = np.searchsorted(self._codes, every)
        there = np.flatnonzero(np.append(self._codes, -1)[place] == every)
        rows, place = rows[there], place[there]
        weights = self._weights[place]
        length = np.sqrt(np.bincount(rows, weights=weights.astype(np.float64) ** 2, minlength=len(found)))
        values = weights / np.maximum(length, 1e-12)[rows]
        shape = (len(found), len(self._codes))
        return sparse.csr_array((values.astype(np.float32), (rows, place)), shape=shape)


def _pieces(kind: InputKind, inputs: Sequence[str]) -> list[NDArray[np.int64]]:
    """The distinct pieces of each input, as numbers."""
    if kind is InputKind.SMILES:
        from biobridge_core.chem.fingerprints import substructures

        return substructures(inputs)
    cut = _words_of_sequence if kind is InputKind.SEQUENCE else _words_of_text
    return [cut(text) for text in inputs]


def _words_of_sequence(sequence: str) -> NDArray[np.int64]:
    letters = np.frombuffer(sequence.encode("ascii", "replace"), dtype=np.uint8).astype(np.int64)
    n = len(letters) - _K + 1
    if n < 1:
        return np.empty(0, np.int64)
    return np.unique(sum(letters[i : i + n] << (8 * i) for i in range(_K)))


def _words_of_text(text: str) -> NDArray[np.int64]:
    words = _WORD.findall(text.lower())
    pairs = [f"{first} {second}" for first, second in pairwise(words)]
    return np.unique(np.array([zlib.crc32(piece.encode()) for piece in {*words, *pairs}], dtype=np.int64))
