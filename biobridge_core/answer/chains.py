"""How paths and counts are put into sentences: the labels of the graph's relations with what stands at their ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from biobridge_core.answer.types import Fact
from biobridge_core.answer.words import percent, several

if TYPE_CHECKING:
    from biobridge_core.types import Edge, Entity

#: Relations whose label does not take a count: the answers stand first. One, several.
_ANSWERS_FIRST: Mapping[str, tuple[str, str]] = {
    "protein_participates_in_biological_process_inverse": ("takes part in", "take part in"),
    "protein_located_in_cellular_component_inverse": ("is located in", "are located in"),
    "protein_enables_molecular_function_inverse": ("enables", "enable"),
    "drug_in_therapeutic_class_inverse": ("belongs to", "belong to"),
    "therapeutic_class_used_for_disease_inverse": ("is used for", "are used for"),
}
_ENDS = {
    "has the participant": "has the participants",
    "contains the drug": "contains the drugs",
    "has the kind": "has the kinds",
    "has drugs in the class": "has drugs in the classes",
}
_PLURAL = {"is": "are", "has": "have"}


class Style:
    """How the parts of a sentence are worded; everyday words are another style."""

    suggests = "the bridge suggests that "

    def name(self, entity: Entity) -> str:
        """A thing."""
        return spoken(entity)

    def first(self, entity: Entity) -> str:
        """A thing that the sentence begins with."""
        return self.name(entity)

    uncalibrated = ", with no calibrated chance"

    def label(self, edge: Edge, several_ends: bool = False) -> str:
        """What the head does to the tail, or to several."""
        return _ENDS.get(edge.label, edge.label) if several_ends else edge.label

    def chance(self, fact: Fact) -> str:
        """What stands behind a suggested end."""
        return chance(fact)

    def end(self, fact: Fact) -> str:
        """The answer of a fact."""
        return self.name(fact.answer) + (self.chance(fact) if fact.predicted and fact.predicted[-1] else "")


def chance(fact: Fact) -> str:
    """`` (chance 23 %)``; nothing where there is no chance."""
    return "" if fact.probability is None else f" (chance {percent(fact.probability)})"


def spoken(entity: Entity) -> str:
    """Its name, in quotation marks where a comma in it would be taken for the end of it in a list."""
    return f"“{entity.name}”" if "," in entity.name or " and " in entity.name else entity.name


def plural_verb(label: str, every: str = "") -> str:
    """The label of a relation for several subjects: ``is inhibited by`` gives ``are both inhibited by``."""
    first, _, rest = label.partition(" ")
    verb = _PLURAL.get(first, first.removesuffix("s"))
    words = (verb, every, rest) if verb == "are" else (every, verb, rest)
    return " ".join(word for word in words if word)


def clause_of_count(subject: str, edge: Edge, counted: str, one: bool) -> str:
    """``EGFR is inhibited by 38 drugs``, ``38 proteins take part in apoptosis``."""
    if edge.relation in _ANSWERS_FIRST:
        return f"{counted} {_ANSWERS_FIRST[edge.relation][0 if one else 1]} {subject}"
    if edge.label == "has the kind":
        return f"{subject} has {counted} as narrower kind{'' if one else 's'}"
    if edge.label == "is a kind of":
        return f"{subject} is a kind of {counted}"
    return f"{subject} {edge.label} {counted}"


def key_of(fact: Fact) -> tuple[tuple[str, str, bool], ...]:
    """What facts that can stand in one sentence have in common: the whole path but its end."""
    return tuple((edge.head.id, edge.relation, flag) for edge, flag in zip(fact.edges, fact.predicted, strict=True))


def chain(facts: Sequence[Fact], style: Style | None = None) -> str:
    """A sentence for facts of one `key_of`: ``imatinib inhibits ABL1, which takes part in A and B``.

    The suggested link is marked as such with its chance.
    """
    style = style or Style()
    first = facts[0]
    told = ends(facts, style)
    words = ""
    for place, (edge, predicted) in enumerate(zip(first.edges, first.predicted, strict=True)):
        end = several(told) if place == len(first.edges) - 1 else style.name(edge.tail)
        if predicted and place < len(first.edges) - 1:
            end += style.chance(first)
        last = place == len(first.edges) - 1
        head, label = style.name(edge.head), style.label(edge, last and len(facts) > 1)
        if not words:
            words = f"{style.suggests if predicted else ''}{style.first(edge.head)} {label} {end}"
        elif predicted:
            words += f", and {style.suggests}{head} {label} {end}"
        else:
            words += f", which {label} {end}"
    missing = any(first.predicted) and any(fact.probability is None for fact in facts)
    return words + style.uncalibrated if missing else words


def ends(facts: Sequence[Fact], style: Style) -> list[str]:
    """The answers of some facts; of those that share a name, each with its id."""
    names = Counter(fact.answer.name for fact in facts)
    ids = {fact.answer.id for fact in facts}
    twice = {name for name, count in names.items() if count > 1} if len(ids) > 1 else set()
    return [
        style.end(fact).replace(spoken(fact.answer), f"{spoken(fact.answer)} [{fact.answer.id}]", 1)
        if fact.answer.name in twice
        else style.end(fact)
        for fact in facts
    ]


def sentence(words: str) -> str:
    """With a full stop, and a capital where the first word is not a name of its own spelling."""
    begins = words.startswith(("the ", "also "))
    return f"{words[0].upper() if begins else words[0]}{words[1:]}."
