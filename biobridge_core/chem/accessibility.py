"""How hard a molecule is to make: the synthetic accessibility score of Ertl and Schuffenhauer.

J. Cheminform. 2009 (doi:10.1186/1758-2946-1-8), with the changes of RDKit's contributed script. The contributions of
fragments come with RDKit as a text pickle. It is read here as lines of numbers: nothing in it is carried out.
"""

from __future__ import annotations

import gzip
import math
import re
from functools import cache
from pathlib import Path
from typing import Any, cast

from rdkit import Chem, RDConfig
from rdkit.Chem import rdFingerprintGenerator, rdMolDescriptors

from biobridge_core.chem.standardise import Mol
from biobridge_core.errors import ArtifactError

_MISSING = -4.0  #: contribution of a fragment that was not among the million molecules counted
_LINE = re.compile(rb"([FI])(-?\d+(?:\.\d+)?(?:[eE]-?\d+)?)\n|a|\(lp\d+\n|\.$")


def accessibility(mol: Mol) -> float:
    """1 (easy to make) to 10 (hard), of one molecule.

    Raises
    ------
    ArtifactError
        If RDKit's table of fragments is missing or damaged.
    """
    counts = _generator().GetSparseCountFingerprint(mol).GetNonzeroElements()
    table = _contributions()
    total = sum(counts.values())
    raw: float = sum(table.get(bit, _MISSING) * count for bit, count in counts.items()) / max(total, 1)
    n = int(mol.GetNumAtoms())
    centres = len(cast(Any, Chem).FindMolChiralCenters(mol, includeUnassigned=True))
    raw -= n**1.005 - n
    raw -= math.log10(centres + 1)
    raw -= math.log10(rdMolDescriptors.CalcNumSpiroAtoms(mol) + 1)
    raw -= math.log10(rdMolDescriptors.CalcNumBridgeheadAtoms(mol) + 1)
    if any(len(ring) > 8 for ring in mol.GetRingInfo().AtomRings()):
        raw -= math.log10(2)
    if n > len(counts) > 0:
        raw += 0.5 * math.log(n / len(counts))
    score = 11.0 - (raw + 5.0) / 6.5 * 9.0
    if score > 8.0:
        score = 8.0 + math.log(score - 8.0)
    return float(min(max(score, 1.0), 10.0))


@cache
def _generator() -> Any:
    return rdFingerprintGenerator.GetMorganGenerator(radius=2)


@cache
def _contributions() -> dict[int, float]:
    path = Path(RDConfig.RDContribDir) / "SA_Score" / "fpscores.pkl.gz"
    hint = "Run `pip install --force-reinstall -r requirements.txt`."
    try:
        raw = gzip.decompress(path.read_bytes())
    except (OSError, EOFError) as error:
        raise ArtifactError(f"RDKit's table of fragment contributions cannot be read: {error}.", hint) from error
    found: dict[int, float] = {}
    contribution, end = 0.0, 0
    for match in _LINE.finditer(raw):
        if match.start() != end:
            break
        end = match.end()
        if match.group(1) == b"F":
            contribution = float(match.group(2))
        elif match.group(1) == b"I":
            found[int(match.group(2))] = contribution
    if end != len(raw) or not raw.endswith(b".") or not found:
        raise ArtifactError("RDKit's table of fragment contributions is not the plain list that is known here.", hint)
    return found
