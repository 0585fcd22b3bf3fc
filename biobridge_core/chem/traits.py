"""What a designed molecule is judged by from its structure alone, all at once and as fast as RDKit can."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, cast

from rdkit import Chem, rdBase
from rdkit.Chem import QED, rdFingerprintGenerator, rdMolDescriptors

from biobridge_core.chem.accessibility import accessibility
from biobridge_core.chem.fingerprints import N_BITS
from biobridge_core.chem.fragments import flat
from biobridge_core.chem.standardise import Mol

_QED = cast(Any, QED)

#: What a window can be set on: machine name -> words with unit.
PROPERTIES = {
    "weight": "molecular weight (g/mol)",
    "log_p": "logP",
    "tpsa": "polar surface area (Å²)",
    "donors": "hydrogen-bond donors",
    "acceptors": "hydrogen-bond acceptors",
    "rotatable": "rotatable bonds",
    "rings": "rings",
    "heavy": "heavy atoms",
    "qed": "QED",
    "sa": "synthetic accessibility (1 easy, 10 hard)",
}


@dataclass(frozen=True, slots=True)
class Traits:
    """Calculated, not measured. Sources as in `properties.Properties` and `accessibility`."""

    weight: float  #: average molecular weight, g/mol
    log_p: float
    tpsa: float  #: Å²
    donors: int
    acceptors: int
    rotatable: int
    rings: int
    heavy: int  #: atoms other than hydrogen
    qed: float  #: 0..1
    sa: float  #: 1 easy to make, 10 hard

    def as_dict(self) -> dict[str, float]:
        """By name, in the order of `PROPERTIES`."""
        return asdict(self)


def traits(mol: Mol) -> Traits:
    """Calculate them for one sanitised molecule."""
    parts = _QED.properties(mol)
    return Traits(
        weight=round(float(parts.MW), 3),
        log_p=round(float(parts.ALOGP), 3),
        tpsa=round(float(parts.PSA), 3),
        donors=int(rdMolDescriptors.CalcNumLipinskiHBD(mol)),
        acceptors=int(rdMolDescriptors.CalcNumLipinskiHBA(mol)),
        rotatable=int(rdMolDescriptors.CalcNumRotatableBonds(mol)),
        rings=int(rdMolDescriptors.CalcNumRings(mol)),
        heavy=int(mol.GetNumHeavyAtoms()),
        qed=round(float(_QED.qed(mol, qedProperties=parts)), 4),
        sa=round(accessibility(mol), 3),
    )


def bits(mol: Mol) -> bytes:
    """ECFP4 (2,048 bits) as 256 bytes."""
    return bytes(Chem.DataStructs.BitVectToBinaryText(_morgan().GetFingerprint(mol)))


def packed(smiles: str) -> bytes:
    """ECFP4 of a SMILES, without its stereo, as `bits` packs it.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    with rdBase.BlockLogs():
        return bits(flat(smiles))


def n_bits() -> int:
    """Length of the fingerprint that `bits` packs."""
    return N_BITS


@cache
def _morgan() -> Any:
    return rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=N_BITS)
