"""Gene Ontology: terms with their definitions and is-a links, and what human proteins are annotated with.

Terms: ``GO.db`` 3.16; annotations: ``org.Hs.eg.db`` 3.16 (GO of 2022-07-01, NCBI gene2go of 2022-09; Ashburner et al.
2000, doi:10.1038/75556; The Gene Ontology Consortium 2023, doi:10.1093/genetics/iyad031).
That table has no qualifier: a NOT annotation cannot be told from a positive one there.
"""

from __future__ import annotations

import logging
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from biobridge_core.kg.schema import ENTITY_COLUMNS, TRIPLE_COLUMNS, Context, Tables
from biobridge_core.kg.sources.starter.describe import distinct
from biobridge_core.kg.sources.starter.proteins import ORG_DB
from biobridge_core.types import InputKind

if TYPE_CHECKING:
    from pathlib import Path

    from biobridge_core.kg.packages import Packages

logger = logging.getLogger(__name__)

SOURCE = "go"  #: terms and is-a links
ANNOTATION_SOURCE = "goa_human"
GO_DB = ("r-bioc-go.db", "usr/lib/R/site-library/GO.db/extdata/GO.sqlite")
ROOTS = {"GO:0008150": "biological_process", "GO:0003674": "molecular_function", "GO:0005575": "cellular_component"}

#: branch in the tables -> modality, relation
_BRANCHES = {
    "BP": ("biological_process", "protein_participates_in_biological_process"),
    "MF": ("molecular_function", "protein_enables_molecular_function"),
    "CC": ("cellular_component", "protein_located_in_cellular_component"),
}

#: https://geneontology.org/docs/guide-go-evidence-codes/
_EVIDENCE_KINDS = {
    "experimental": ("EXP", "IDA", "IPI", "IMP", "IGI", "IEP"),
    "high_throughput": ("HTP", "HDA", "HMP", "HGI", "HEP"),
    "author": ("TAS", "NAS"),
    "curator": ("IC",),
    "homology": ("ISS", "ISO", "ISA", "ISM", "IGC", "IBA", "IBD", "IKR", "IRD"),
    "computational": ("RCA",),
    "electronic": ("IEA",),
    "no_data": ("ND",),
}
_KIND_OF_CODE = {code: kind for kind, codes in _EVIDENCE_KINDS.items() for code in codes}


@dataclass(frozen=True, slots=True)
class Term:
    """One GO term."""

    id: str
    name: str
    branch: str  #: BP, MF or CC
    definition: str
    synonyms: tuple[str, ...]
    former: tuple[str, ...]  #: ids that were merged into this one


def evidence_kind(code: str) -> str:
    """Say what a GO evidence code rests on.

    Returns
    -------
    str
        experimental (EXP, IDA, IPI, IMP, IGI, IEP), high_throughput (HTP, HDA, HMP, HGI, HEP), author (TAS, NAS),
        curator (IC), homology (ISS, ISO, ISA, ISM, IGC, IBA, IBD, IKR, IRD: from sequence or phylogeny), computational
        (RCA), electronic (IEA), no_data (ND), or unknown for any other code.

    Examples
    --------
    >>> evidence_kind("IDA"), evidence_kind("IBA"), evidence_kind("IEA")
    ('experimental', 'homology', 'electronic')
    """
    return _KIND_OF_CODE.get(code, "unknown")


def is_experimental(evidence: str) -> bool:
    """Whether a triple's evidence has a code that homology and programs did not make.

    Those codes are EXP, IDA, IPI, IMP, IGI, IEP, the HTP family, TAS and IC. ``evidence`` is as ``read`` writes it.

    >>> is_experimental("IBA|IDA"), is_experimental("IBA|IEA")
    (True, False)
    """
    return any(
        code == "TAS" or evidence_kind(code) in {"experimental", "high_throughput", "curator"}
        for code in evidence.split("|")
    )


def read(packages: Packages, context: Context) -> Tables:
    """Read annotations of the context's proteins, the terms they name, all that lies above those, and the is-a links.

    A triple's ``evidence`` joins all codes of the pair by ``|``; its ``value`` is ``homology``, ``computational`` or
    ``electronic`` where nothing better stands behind the link (see ``weakest``), else empty.
    """
    terms, parents = read_terms(packages.open(*GO_DB))
    annotations = read_annotations(packages.open(*ORG_DB))
    return tables(terms, parents, annotations, context.proteins_by_entrez)


def tables(
    terms: Mapping[str, Term],
    parents: Mapping[str, set[str]],
    annotations: Iterable[tuple[str, str, str]],
    proteins: Mapping[str, str],
) -> Tables:
    """Make the tables.

    Parameters
    ----------
    terms
        By id.
    parents
        is-a parents by id.
    annotations
        NCBI gene id, GO id, evidence code.
    proteins
        CURIE by NCBI gene id.
    """
    links, dropped = _links(terms, annotations, proteins)
    annotated = {term for _, term in links}
    kept = sorted(ancestors(annotated, parents))
    triples = [
        (protein, _BRANCHES[terms[term].branch][1], term, ANNOTATION_SOURCE, "|".join(sorted(codes)), weakest(codes))
        for (protein, term), codes in sorted(links.items())
    ]
    triples += [
        (child, f"{_BRANCHES[terms[child].branch][0]}_is_a", parent, SOURCE, "", "")
        for child in kept
        for parent in sorted(parents.get(child, ()))
    ]
    logger.info("gene ontology: %d terms, %d links", len(kept), len(triples))
    return Tables(
        pd.DataFrame(
            [_entity(terms[id_], isa_only=id_ not in annotated) for id_ in kept], columns=list(ENTITY_COLUMNS)
        ),
        pd.DataFrame(triples, columns=list(TRIPLE_COLUMNS)),
        dropped,
    )


def weakest(codes: Iterable[str]) -> str:
    """Return what a pair rests on where that is weak, else an empty string.

    >>> weakest(["IEA"]), weakest(["IEA", "IBA"]), weakest(["IEA", "IDA"])
    ('electronic', 'homology', '')
    """
    kinds = {evidence_kind(code) for code in codes}
    if not kinds <= {"electronic", "homology", "computational"}:
        return ""
    return next(kind for kind in ("homology", "computational", "electronic") if kind in kinds)


def ancestors(ids: Iterable[str], parents: Mapping[str, set[str]]) -> set[str]:
    """Return the ids and all that lies above them."""
    found: set[str] = set()
    waiting = list(ids)
    while waiting:
        id_ = waiting.pop()
        if id_ not in found:
            found.add(id_)
            waiting.extend(parents.get(id_, ()))
    return found


def read_terms(go_db: Path) -> tuple[dict[str, Term], dict[str, set[str]]]:
    """Read current terms and their is-a parents, both by id."""
    with closing(sqlite3.connect(f"file:{go_db}?mode=ro", uri=True)) as connection:
        rows = connection.execute(
            "SELECT _id, go_id, term, ontology, definition FROM go_term WHERE ontology IN ('BP', 'MF', 'CC')"
        ).fetchall()
        synonyms: dict[int, list[str]] = defaultdict(list)
        former: dict[int, list[str]] = defaultdict(list)
        for key, text, is_id in connection.execute("SELECT _id, synonym, like_go_id FROM go_synonym ORDER BY 1, 2"):
            (former if is_id else synonyms)[key].append(text)
        id_of = {row[0]: row[1] for row in rows}
        parents: dict[str, set[str]] = defaultdict(set)
        for branch in ("bp", "mf", "cc"):
            for child, parent in connection.execute(
                f"SELECT _id, _parent_id FROM go_{branch}_parents WHERE relationship_type = 'isa'"
            ):
                if child in id_of and parent in id_of:
                    parents[id_of[child]].add(id_of[parent])
    terms = {
        id_: Term(
            id_, name, branch, definition or "", tuple(distinct(synonyms[key], name)), tuple(dict.fromkeys(former[key]))
        )
        for key, id_, name, branch, definition in rows
    }
    return terms, dict(parents)


def read_annotations(org_db: Path) -> list[tuple[str, str, str]]:
    """Read direct annotations: NCBI gene id, GO id, evidence code."""
    found: list[tuple[str, str, str]] = []
    with closing(sqlite3.connect(f"file:{org_db}?mode=ro", uri=True)) as connection:
        for branch in ("bp", "mf", "cc"):
            found += connection.execute(f"SELECT gene_id, go_id, evidence FROM go_{branch} JOIN genes USING (_id)")
    return found


def _links(
    terms: Mapping[str, Term], annotations: Iterable[tuple[str, str, str]], proteins: Mapping[str, str]
) -> tuple[dict[tuple[str, str], set[str]], dict[str, int]]:
    """Evidence codes by protein and term, and the annotations left out."""
    now = {old: term.id for term in terms.values() for old in term.former} | {id_: id_ for id_ in terms}
    links: dict[tuple[str, str], set[str]] = defaultdict(set)
    dropped: Counter[str] = Counter()
    for gene, term, code in annotations:
        protein, current = proteins.get(gene), now.get(term)
        if protein is None:
            dropped["annotation: gene without a protein in the graph"] += 1
        elif code == "ND":
            dropped["annotation: evidence ND (no data)"] += 1
        elif current is None:
            dropped["annotation: unknown or obsolete term"] += 1
        elif current in ROOTS:
            dropped["annotation: to the root of an ontology"] += 1
        else:
            links[protein, current].add(code)
    return dict(links), dict(dropped)


def _entity(term: Term, *, isa_only: bool) -> dict[str, object]:
    definition = " ".join(term.definition.split())
    ended = definition if definition.endswith(".") or not definition else definition + "."
    return {
        "id": term.id,
        "modality": _BRANCHES[term.branch][0],
        "name": term.name,
        "full_name": "",
        "synonyms": list(term.synonyms),
        "definition": definition,
        "xrefs": list(term.former),
        "input_kind": InputKind.TEXT.value,
        "input": f"{term.name}. {ended}".strip(),
        "source": SOURCE,
        "flags": ["isa_only"] if isa_only else [],
    }
