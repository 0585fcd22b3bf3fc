"""A reading in plain words, and questions that would be answered instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from biobridge_core.answer.chains import plural_verb
from biobridge_core.answer.relations import (
    ACTIONS,
    CLASS,
    DISEASE,
    DRUG,
    FUNCTION,
    LOCATION,
    PHENOTYPE,
    PROCESS,
    PROTEIN,
)
from biobridge_core.answer.types import Mention, Shape, Step

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph

#: relation -> words between the answers and the start
_WORDS = {
    "protein_participates_in_biological_process": "that {x} takes part in",
    "protein_participates_in_biological_process_inverse": "that take part in {x}",
    "protein_enables_molecular_function": "that {x} enables",
    "protein_enables_molecular_function_inverse": "that enable {x}",
    "protein_located_in_cellular_component": "that {x} is located in",
    "protein_located_in_cellular_component_inverse": "located in {x}",
    "protein_associated_with_disease": "associated with {x}",
    "protein_associated_with_disease_inverse": "associated with {x}",
    "drug_inhibits_protein": "that {x} inhibits",
    "drug_inhibits_protein_inverse": "that inhibit {x}",
    "drug_agonist_of_protein": "that {x} is an agonist of",
    "drug_agonist_of_protein_inverse": "that are agonists of {x}",
    "drug_antagonist_of_protein": "that {x} is an antagonist of",
    "drug_antagonist_of_protein_inverse": "that are antagonists of {x}",
    "drug_modulates_protein": "that {x} modulates",
    "drug_modulates_protein_inverse": "that modulate {x}",
    "drug_blocks_protein": "that {x} blocks",
    "drug_blocks_protein_inverse": "that block {x}",
    "drug_binds_protein": "that {x} binds",
    "drug_binds_protein_inverse": "that bind {x}",
    "disease_has_phenotype": "seen in {x}",
    "disease_has_phenotype_inverse": "that show {x}",
    "drug_in_therapeutic_class": "that {x} belongs to",
    "drug_in_therapeutic_class_inverse": "in {x}",
    "therapeutic_class_used_for_disease": "that {x} is used for",
    "therapeutic_class_used_for_disease_inverse": "used for {x}",
}
_MOST_INSTEAD = 3
_ASKED = {
    PROTEIN: (
        "Which diseases is {x} associated with?", "Which drugs act on {x}?",
        "Which biological processes does {x} take part in?",
    ),
    DRUG: ("What are the targets of {x}?", "Which therapeutic class does {x} belong to?", "What is {x} used for?"),
    DISEASE: (
        "Which genes are associated with {x}?", "Which phenotypes does {x} show?", "Which drugs are used for {x}?",
    ),
    PHENOTYPE: ("Which diseases show {x}?", "Which broader phenotype is {x} a kind of?"),
    PROCESS: ("Which proteins take part in {x}?", "Which drugs act on proteins that take part in {x}?"),
    FUNCTION: ("Which proteins enable {x}?", "Which broader function is {x} a kind of?"),
    LOCATION: ("Which proteins are located in {x}?", "Which cellular components are kinds of {x}?"),
    CLASS: ("Which drugs belong to the class {x}?", "Which diseases is the class {x} used for?"),
}  # fmt: skip

_ALSO_CALLED = {"proteins": ("genes", "targets"), "therapeutic classes": ("therapeutic class",)}
_OVER_PROTEINS = "Which drugs act on proteins associated with {x}?"


def reading_of(
    graph: KnowledgeGraph,
    shape: Shape,
    mentions: Sequence[Mention],
    steps: Sequence[Step],
    target: Mention | None = None,
) -> str:
    """How a question was read: "drugs that inhibit EGFR"."""
    names = [mention.query.label or mention.text for mention in mentions]
    x = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""
    if shape is Shape.DESCRIBE or not steps:
        return f"what {x} is" if shape is Shape.DESCRIBE else x
    if shape is Shape.SHARED:
        x = f"all of {x}" if len(names) > 2 else f"both {x}"
    for step in steps:
        x = _phrase(graph, step, x)
    if shape is Shape.VERIFY and target is not None:
        return f"whether {target.query.label or target.text} is among the {x}"
    if shape is Shape.COUNT:
        return f"number of {x}"
    return f"{x}, negated" if shape is Shape.NEGATED else x


def question_of(graph: KnowledgeGraph, shape: Shape, mentions: Sequence[Mention], steps: Sequence[Step]) -> str:
    """A question that is read as this plan."""
    if shape is Shape.SHARED and len({graph.relations[name].tail for name in steps[-1].relations}) > 1:
        names = [mention.query.label or mention.text for mention in mentions]
        return f"What do {', '.join(names[:-1])} and {names[-1]} have in common?"
    phrase = reading_of(graph, shape, mentions, steps)
    return f"Which {phrase}?" if " that are " in phrase else f"What are the {phrase}?"


def _phrase(graph: KnowledgeGraph, step: Step, x: str) -> str:
    relations = [graph.relations[name] for name in step.relations]
    kinds = list(dict.fromkeys(graph.modalities[relation.tail].plural for relation in relations))
    first = relations[0]
    if first.hierarchical:
        kind = kinds[0]
        return f"{kind} that {x} is a kind of" if first.forward else f"{kind} that are kinds of {x}"
    if len(kinds) > 1:
        return f"{', '.join(kinds[:-1])} and {kinds[-1]} linked to {x}"
    if len(relations) > 1:
        back = {name + "_inverse" for name in ACTIONS}
        return f"{kinds[0]} that act on {x}" if first.name in back else f"{kinds[0]} that {x} acts on"
    words = _WORDS.get(first.name, "linked to {x}")
    begin, middle, rest = words.partition("{x} ")
    many = any(x.startswith(f"{kind.plural} ") for kind in graph.modalities.values())
    words = f"{begin}{middle}{plural_verb(rest)}" if many and rest else words
    return f"{kinds[0]} {words.format(x=x)}"


def instead_of(
    graph: KnowledgeGraph, mention: Mention, steps: Sequence[Step], failed: Sequence[Step] = ()
) -> tuple[str, ...]:
    """Questions about the same thing that would be answered.

    Parameters
    ----------
    failed
        Steps that led to nothing: questions for the same kind of thing are not offered, but where drugs of a disease
        were asked for, those that act on its proteins.
    """
    name = mention.query.label or mention.text
    asked = [text.format(x=name) for text in _ASKED.get(mention.query.modality, ("What is {x}?",))]
    if steps:
        asked = [question_of(graph, Shape.LIST, (mention,), steps), *asked]
    if failed:
        kinds = {graph.modalities[graph.relations[relation].tail].plural for relation in failed[-1].relations}
        asked = [
            text for text in asked if not any(kind in text for kind in (*kinds, *_ALSO_CALLED.get(min(kinds), ())))
        ]
        if mention.query.modality == DISEASE and graph.modalities[DRUG].plural in kinds and len(failed) > 1:
            over_proteins = "protein_associated_with_disease_inverse" in failed[0].relations
            asked = asked if over_proteins else [_OVER_PROTEINS.format(x=name), *asked]
    return tuple(asked[:_MOST_INSTEAD])
