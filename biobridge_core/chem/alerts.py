"""Structures that often mislead an assay (PAINS) or make trouble in a drug (BRENK)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from rdkit import Chem, rdBase
from rdkit.Chem import FilterCatalog

from biobridge_core.errors import InputError


@dataclass(frozen=True, slots=True)
class Alert:
    """One pattern that a molecule has."""

    catalogue: str  #: ``PAINS`` or ``BRENK``
    name: str  #: as the catalogue calls it, underscores as spaces
    places: tuple[tuple[int, ...], ...]  #: atoms of the SMILES, once for each place where it is


def alerts(smiles: str) -> tuple[Alert, ...]:
    """The patterns that a molecule has, PAINS first.

    Baell & Holloway 2010 (doi:10.1021/jm901137j), Brenk et al. 2008 (doi:10.1002/cmdc.200700139), as RDKit ships them.

    Raises
    ------
    InputError
        If the SMILES cannot be read.
    """
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(smiles.strip())
        if mol is None or mol.GetNumAtoms() == 0:
            raise InputError("This is not a SMILES that can be read.", "Check brackets, ring digits and elements.")
        found = []
        for catalogue, patterns in _catalogues():
            for entry in patterns.GetMatches(mol):
                places: dict[frozenset[int], tuple[int, ...]] = {}
                for match in entry.GetFilterMatches(mol):
                    atoms = tuple(sorted(int(pair[1]) for pair in match.atomPairs))
                    places.setdefault(frozenset(atoms), atoms)
                name = str(entry.GetDescription()).split("(", maxsplit=1)[0].replace("_", " ")
                found.append(Alert(catalogue, name, tuple(sorted(places.values()))))
        return tuple(found)


@cache
def _catalogues() -> tuple[tuple[str, Any], ...]:
    kinds: Any = FilterCatalog.FilterCatalogParams.FilterCatalogs
    made = []
    for name, kind in (("PAINS", kinds.PAINS), ("BRENK", kinds.BRENK)):
        params = FilterCatalog.FilterCatalogParams()
        params.AddCatalog(kind)
        made.append((name, FilterCatalog.FilterCatalog(params)))
    return tuple(made)
