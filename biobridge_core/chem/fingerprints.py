"""Molecular fingerprints: which circular substructures a molecule has, learnt from no label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, rdBase
from rdkit.Chem import rdFingerprintGenerator

from biobridge_core.errors import InputError

N_BITS = 2048


def ecfp4(smiles: Sequence[str], *, n_bits: int = N_BITS) -> NDArray[np.uint8]:
    """Extended-connectivity fingerprints of diameter 4, folded (Rogers & Hahn 2010, doi:10.1021/ci100050t).

    Parameters
    ----------
    smiles
        n molecules; stereo is left out.
    n_bits
        Length after folding.

    Returns
    -------
    bits
        uint8 (n, n_bits), 0 or 1.

    Raises
    ------
    InputError
        Naming the first SMILES that cannot be read.
    """
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=n_bits)
    bits = np.zeros((len(smiles), n_bits), dtype=np.uint8)
    with rdBase.BlockLogs():
        for i, text in enumerate(smiles):
            molecule = Chem.MolFromSmiles(text)
            if molecule is None:
                raise InputError(f"{text[:60]!r} is not a SMILES that can be read.", "Paste a valid SMILES.")
            bits[i] = generator.GetFingerprintAsNumPy(molecule)
    return bits


def substructures(smiles: Sequence[str]) -> list[NDArray[np.int64]]:
    """Numbers of the circular substructures of diameter up to 4 that each molecule has, hardly folded (to 2²⁰).

    Parameters
    ----------
    smiles
        n molecules.

    Raises
    ------
    InputError
        Naming the first SMILES that cannot be read.
    """
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=1 << 20)
    found = []
    with rdBase.BlockLogs():
        for text in smiles:
            molecule = Chem.MolFromSmiles(text)
            if molecule is None:
                raise InputError(f"{text[:60]!r} is not a SMILES that can be read.", "Paste a valid SMILES.")
            found.append(np.array(list(generator.GetSparseFingerprint(molecule).GetOnBits()), dtype=np.int64))
    return found
