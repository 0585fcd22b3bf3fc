"""What can be calculated of a molecule from its structure alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from rdkit import Chem, rdBase
from rdkit.Chem import QED, Crippen, Descriptors, Lipinski, rdMolDescriptors

from biobridge_core.errors import InputError

#: RDKit ships no types for these.
_ALL, _CRIPPEN, _LIPINSKI, _QED, _CHEM = (cast(Any, module) for module in (Descriptors, Crippen, Lipinski, QED, Chem))

MAX_CHARACTERS = 10_000
MAX_ATOMS = 400


@dataclass(frozen=True, slots=True)
class Properties:
    """Calculated, not measured."""

    formula: str  #: Hill order
    weight: float  #: average molecular weight, g/mol
    log_p: float  #: octanol/water, Wildman and Crippen 1999 (doi:10.1021/ci990307l)
    tpsa: float  #: topological polar surface area, Å², Ertl et al. 2000 (doi:10.1021/jm000942e)
    donors: int  #: N–H and O–H, as Lipinski counts them
    acceptors: int  #: N and O, as Lipinski counts them
    rotatable: int  #: rotatable bonds
    rings: int
    fraction_sp3: float  #: share of carbons with four single bonds, 0..1
    qed: float  #: drug-likeness, 0..1, Bickerton et al. 2012 (doi:10.1038/nchem.1243)
    violations: tuple[str, ...]  #: which of Lipinski's four rules are broken (doi:10.1016/S0169-409X(00)00129-0)
    stereo_centres: int
    undefined_centres: int  #: stereo centres of which the SMILES does not say which form is meant
    inchikey: str


def properties(smiles: str) -> Properties:
    """Calculate the properties of one molecule as it is drawn.

    Raises
    ------
    InputError
        If the SMILES is empty, does not parse or has more than 400 heavy atoms.
    """
    text = smiles.strip()
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(text) if 0 < len(text) <= MAX_CHARACTERS else None
        if mol is None or mol.GetNumAtoms() == 0:
            raise InputError("This is not a SMILES that can be read.", "Check brackets, ring digits and elements.")
        if mol.GetNumHeavyAtoms() > MAX_ATOMS:
            raise InputError(
                f"The molecule has {mol.GetNumHeavyAtoms()} heavy atoms; properties are given up to {MAX_ATOMS}.",
                "For a peptide or a protein paste its amino-acid sequence.",
            )
        weight, log_p = _ALL.MolWt(mol), _CRIPPEN.MolLogP(mol)
        donors, acceptors = _LIPINSKI.NHOHCount(mol), _LIPINSKI.NOCount(mol)
        centres = _CHEM.FindMolChiralCenters(mol, includeUnassigned=True, useLegacyImplementation=False)
        return Properties(
            formula=rdMolDescriptors.CalcMolFormula(mol),
            weight=float(weight),
            log_p=float(log_p),
            tpsa=float(rdMolDescriptors.CalcTPSA(mol)),
            donors=int(donors),
            acceptors=int(acceptors),
            rotatable=int(rdMolDescriptors.CalcNumRotatableBonds(mol)),
            rings=int(rdMolDescriptors.CalcNumRings(mol)),
            fraction_sp3=float(rdMolDescriptors.CalcFractionCSP3(mol)),
            qed=float(_QED.qed(mol)),
            violations=_violations(weight, log_p, donors, acceptors),
            stereo_centres=len(centres),
            undefined_centres=sum(label == "?" for _, label in centres),
            inchikey=str(Chem.MolToInchiKey(mol)),  # type: ignore[no-untyped-call]
        )


def _violations(weight: float, log_p: float, donors: int, acceptors: int) -> tuple[str, ...]:
    rules = (
        (weight > 500, "weight over 500 g/mol"),
        (log_p > 5, "logP over 5"),
        (donors > 5, "more than 5 hydrogen-bond donors"),
        (acceptors > 10, "more than 10 hydrogen-bond acceptors"),
    )
    return tuple(words for broken, words in rules if broken)
