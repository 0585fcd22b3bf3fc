"""The modalities and relations of the starter graph: the words that every source and every later stage uses."""

from __future__ import annotations

from biobridge_core.types import InputKind, Modality, Relation

MODALITIES: dict[str, Modality] = {
    modality.name: modality
    for modality in (
        Modality("protein", "protein", "proteins", InputKind.SEQUENCE),
        Modality("drug", "drug", "drugs", InputKind.SMILES),
        Modality("disease", "disease", "diseases", InputKind.TEXT),
        Modality("biological_process", "biological process", "biological processes", InputKind.TEXT),
        Modality("molecular_function", "molecular function", "molecular functions", InputKind.TEXT),
        Modality("cellular_component", "cellular component", "cellular components", InputKind.TEXT),
        Modality("phenotype", "phenotype", "phenotypes", InputKind.TEXT),
        Modality("therapeutic_class", "therapeutic class", "therapeutic classes", InputKind.TEXT),
    )
}

#: name, head, tail, label, label of the inverse
_LINKS = (
    (
        "protein_participates_in_biological_process",
        "protein",
        "biological_process",
        "takes part in",
        "has the participant",
    ),
    ("protein_enables_molecular_function", "protein", "molecular_function", "enables", "is enabled by"),
    (
        "protein_located_in_cellular_component",
        "protein",
        "cellular_component",
        "is located in",
        "is the location of",
    ),
    ("protein_associated_with_disease", "protein", "disease", "is associated with", "is associated with"),
    ("drug_inhibits_protein", "drug", "protein", "inhibits", "is inhibited by"),
    ("drug_agonist_of_protein", "drug", "protein", "is an agonist of", "is activated by"),
    ("drug_antagonist_of_protein", "drug", "protein", "is an antagonist of", "is antagonised by"),
    ("drug_modulates_protein", "drug", "protein", "modulates", "is modulated by"),
    ("drug_blocks_protein", "drug", "protein", "blocks", "is blocked by"),
    ("drug_binds_protein", "drug", "protein", "acts on", "is acted on by"),
    ("disease_has_phenotype", "disease", "phenotype", "shows", "is shown in"),
    ("drug_in_therapeutic_class", "drug", "therapeutic_class", "belongs to", "contains the drug"),
    ("therapeutic_class_used_for_disease", "therapeutic_class", "disease", "is used for", "has drugs in the class"),
)

#: Modalities ordered by is-a. The relation is ``<modality>_is_a``, child → parent.
_HIERARCHIES = (
    "biological_process",
    "molecular_function",
    "cellular_component",
    "phenotype",
    "disease",
    "therapeutic_class",
)

INVERSE_SUFFIX = "_inverse"


def _both_ways(name: str, head: str, tail: str, label: str, back: str, *, hierarchical: bool) -> list[Relation]:
    inverse = name + INVERSE_SUFFIX
    return [
        Relation(name, head, tail, inverse, label, hierarchical=hierarchical, forward=True),
        Relation(inverse, tail, head, name, back, hierarchical=hierarchical, forward=False),
    ]


RELATIONS: dict[str, Relation] = {
    relation.name: relation
    for relations in (
        *(_both_ways(name, head, tail, label, back, hierarchical=False) for name, head, tail, label, back in _LINKS),
        *(_both_ways(f"{m}_is_a", m, m, "is a kind of", "has the kind", hierarchical=True) for m in _HIERARCHIES),
    )
    for relation in relations
}
