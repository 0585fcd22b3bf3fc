"""What candidates are worth: against the hidden ligands, and by themselves."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from biobridge_core.chem.properties import properties
from biobridge_core.chem.traits import traits
from biobridge_core.design.scoring import tanimoto
from biobridge_core.errors import InputError
from design.world import bits_of, block_of

CLOSE, NEAR = 0.6, 0.4  #: ECFP4 Tanimoto with a hidden ligand that counts as found, and as near


def judge(
    smiles: Sequence[str], hidden: Sequence[str], seen: Collection[str], hidden_blocks: Collection[str], wanted: int
) -> dict[str, float]:
    """Figures of one method on one case.

    Parameters
    ----------
    smiles
        Candidates, best first.
    hidden
        SMILES of the hidden ligands of this case.
    seen
        First InChIKey blocks of everything that the method could see.
    hidden_blocks
        Those of the hidden ligands of this case.
    wanted
        How many candidates were asked for; fewer count against validity.

    Returns
    -------
    dict
        validity (share of those given that can be read), given (share of those asked for), uniqueness and novelty
        (shares of the valid and of the unique ones), diversity (1 - mean Tanimoto of pairs), qed, sa, best (highest
        Tanimoto with a hidden ligand), mean_best (mean over the hidden ligands of the highest with any candidate),
        again (hidden ligands that came out).
    """
    read = [(text, key) for text, key in ((text, _key(text)) for text in smiles) if key]
    unique = {key: text for text, key in reversed(read)}
    blocks = {block_of(text) or key for key, text in unique.items()}
    figures = {
        "n": float(len(smiles)),
        "given": len(smiles) / wanted,
        "validity": len(read) / max(len(smiles), 1),
        "uniqueness": len(unique) / max(len(read), 1),
        "novelty": novelty(blocks, seen),
        "again": float(len(blocks & set(hidden_blocks))),
    }
    if not unique:
        return figures | {"diversity": 0.0, "best": 0.0, "mean_best": 0.0}
    bits = bits_of([text for text, _ in read])
    likeness = tanimoto(bits, bits_of(hidden))  # (candidates, hidden)
    made = [_traits(text) for text, _ in read]
    return figures | {
        "diversity": diversity(bits),
        "qed": float(np.mean([one[0] for one in made])),
        "sa": float(np.mean([one[1] for one in made])),
        "best": float(likeness.max()),
        "mean_best": float(likeness.max(axis=0).mean()),
        "mean_of_first_20": float(likeness[:20].max(axis=1).mean()),
        "best_of_first_20": float(likeness[:20].max()),
    }


def novelty(blocks: Collection[str], seen: Collection[str]) -> float:
    """Share of molecules that are none of those seen; 0 of none."""
    return sum(block not in seen for block in blocks) / len(blocks) if blocks else 0.0


def diversity(bits: NDArray[np.float32]) -> float:
    """1 minus the mean ECFP4 Tanimoto over all pairs of rows (n, 2048); 0 for fewer than two."""
    if len(bits) < 2:
        return 0.0
    likeness = tanimoto(bits, bits)
    return float(1 - likeness[np.triu_indices(len(bits), 1)].mean())


def paired_low(
    ours: Sequence[float], other: Sequence[float], *, draws: int = 10_000, seed: int = 0
) -> tuple[float, float, float]:
    """Mean of ours minus another, with its 95 % bootstrap interval over targets."""
    difference = np.asarray(ours) - np.asarray(other)
    rng = np.random.default_rng(seed)
    means = difference[rng.integers(0, len(difference), (draws, len(difference)))].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(difference.mean()), float(low), float(high)


def _key(smiles: str) -> str:
    """First InChIKey block as drawn; empty where it cannot be read."""
    try:
        return properties(smiles).inchikey.split("-", maxsplit=1)[0] if smiles else ""
    except InputError:
        return ""


def _traits(smiles: str) -> tuple[float, float]:
    from rdkit import Chem

    found = traits(Chem.MolFromSmiles(smiles))
    return found.qed, found.sa
