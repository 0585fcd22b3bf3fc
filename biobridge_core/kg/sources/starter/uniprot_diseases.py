"""Diseases as UniProt describes them, and the proteins whose variants cause them.

Source: The UniProt Consortium 2023, doi:10.1093/nar/gkac1052, CC BY 4.0, as shipped in ``gnuhealth-genetics-uniprot``:
one table of diseases, one of variants (each with its protein) and one that names the disease of a variant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from biobridge_core.errors import GraphError

PACKAGE = "gnuhealth-genetics-uniprot"
_DATA = "trytond/modules/health_genetics_uniprot/data/"
DISEASES = _DATA + "protein_diseases.xml"
VARIANTS = _DATA + "gene_variants.xml"
VARIANT_DISEASES = _DATA + "variant_phenotypes.xml"

PATHOGENIC, UNCERTAIN, BENIGN = "lpp", "us", "lbb"


@dataclass(frozen=True, slots=True)
class UniProtDisease:
    """One disease of UniProt's controlled vocabulary."""

    id: str  #: DI-00001
    name: str
    acronym: str
    omim: str  #: OMIM:300438, or empty
    paragraph: str
    xrefs: tuple[str, ...]


@dataclass
class ProteinDiseases:
    """Pairs (UniProt accession, disease id) with the number of variants of each significance."""

    pairs: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    dropped: Counter[str] = field(default_factory=Counter)


def read_diseases(path: Path) -> list[UniProtDisease]:
    """Read the disease table.

    Raises
    ------
    GraphError
        If the file is not well-formed XML or holds no disease.
    """
    found = []
    for record_id, fields in _records(path):
        xrefs = [_xref(part) for part in (fields.get("xrefs") or "").split(",")]
        omim = _xref(fields.get("mim_reference") or "")
        found.append(
            UniProtDisease(
                id=record_id,
                name=fields.get("disease_name") or "",
                acronym=fields.get("acronym") or "",
                omim=omim if omim.startswith("OMIM:") else "",
                paragraph=" ".join((fields.get("description") or "").split()),
                xrefs=tuple(dict.fromkeys(xref for xref in xrefs if xref)),
            )
        )
    if not found:
        raise GraphError(f"{path} holds no disease.", "Fetch its package again.")
    return found


def read_protein_diseases(variants: Path, variant_diseases: Path) -> ProteinDiseases:
    """Join variants to diseases and count them per protein and disease.

    A pair whose variants are all benign or likely benign is no association: it is counted in ``dropped``.

    Raises
    ------
    GraphError
        If a file is not well-formed XML.
    """
    variant_of = {
        record: (fields.get("protein") or "", fields.get("significance") or "") for record, fields in _records(variants)
    }
    counted: dict[tuple[str, str], Counter[str]] = {}
    found = ProteinDiseases()
    for _, fields in _records(variant_diseases):
        variant, disease = fields.get("variant") or "", fields.get("phenotype") or ""
        if variant not in variant_of or not disease:
            found.dropped["protein–disease (UniProt): variant without a protein"] += 1
            continue
        protein, significance = variant_of[variant]
        counted.setdefault((protein, disease), Counter())[significance] += 1
    for pair, significances in counted.items():
        if set(significances) <= {BENIGN}:
            found.dropped["protein–disease (UniProt): benign variants only"] += 1
        else:
            found.pairs[pair] = significances
    return found


def evidence(significances: Counter[str]) -> str:
    """Word the evidence of a pair, e.g. "12 pathogenic variants, 3 of uncertain significance"."""
    parts = []
    pathogenic, uncertain = significances[PATHOGENIC], significances[UNCERTAIN]
    if pathogenic:
        parts.append(f"{pathogenic} pathogenic or likely pathogenic variant{'s' * (pathogenic > 1)}")
    if uncertain:
        parts.append(f"{uncertain} of uncertain significance")
    return ", ".join(parts)


def _records(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    try:
        for _, element in ElementTree.iterparse(path):
            if element.tag == "record":
                yield (
                    element.get("id") or "",
                    {child.get("name") or "": child.text or child.get("ref") or "" for child in element},
                )
                element.clear()
    except ElementTree.ParseError as error:
        raise GraphError(f"{path} is not well-formed: {error}.", "Fetch its package again.") from error


def _xref(text: str) -> str:
    prefix, colon, rest = text.strip().partition(":")
    if not colon or not rest:
        return ""
    return {"MIM": "OMIM", "MeSH": "MESH", "MedGen": "MEDGEN"}.get(prefix, prefix) + ":" + rest
