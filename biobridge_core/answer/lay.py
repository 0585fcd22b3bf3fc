"""The same answer in everyday words: short, without symbols that are not explained, with the same citations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from biobridge_core.answer.chains import Style, chain, key_of, spoken
from biobridge_core.answer.types import Fact, Sentence, Shape, Understanding, Voice
from biobridge_core.answer.words import in_ten, number, several
from biobridge_core.answer.write import cites_of
from biobridge_core.everyday import EVERYDAY
from biobridge_core.types import HitStatus

if TYPE_CHECKING:
    from biobridge_core.answer.gather import Gathered
    from biobridge_core.kg.graph import KnowledgeGraph
    from biobridge_core.types import Edge, Entity

_NAMED = 5  #: answers that are named
_SENTENCES = 4  #: about what is known, and about what is suggested
_KINDS: Mapping[str, tuple[str, str, str]] = {  # what one is, one, several
    "protein": ("a protein", "protein", "proteins"),
    "drug": ("a drug", "drug", "drugs"),
    "disease": ("a disease", "disease", "diseases"),
    "biological_process": ("a process in the body", "process in the body", "processes in the body"),
    "molecular_function": ("a job that proteins do", "job that proteins do", "jobs that proteins do"),
    "cellular_component": ("a part of the cell", "part of the cell", "parts of the cell"),
    "phenotype": ("a symptom", "symptom", "symptoms"),
    "therapeutic_class": ("a group of drugs", "group of drugs", "groups of drugs"),
}
_LABELS: Mapping[str, str] = {
    "protein_enables_molecular_function": "does the job",
    "protein_enables_molecular_function_inverse": "is a job of",
    "protein_participates_in_biological_process_inverse": "involves",
    "protein_located_in_cellular_component": "is found in",
    "protein_located_in_cellular_component_inverse": "is where one finds",
    "protein_associated_with_disease": "has been linked to",
    "protein_associated_with_disease_inverse": "has been linked to",
    "drug_inhibits_protein": "slows down",
    "drug_inhibits_protein_inverse": "is slowed down by",
    "drug_agonist_of_protein": "switches on",
    "drug_agonist_of_protein_inverse": "is switched on by",
    "drug_antagonist_of_protein": "keeps signals away from",
    "drug_antagonist_of_protein_inverse": "is shielded from its signals by",
    "drug_modulates_protein": "tunes",
    "drug_modulates_protein_inverse": "is tuned by",
    "disease_has_phenotype": "can come with",
    "disease_has_phenotype_inverse": "can come with",
    "drug_in_therapeutic_class": "belongs to the group",
    "drug_in_therapeutic_class_inverse": "includes",
    "therapeutic_class_used_for_disease_inverse": "has medicines in the group",
}


class Everyday(Style):
    """Everyday words for links and names."""

    suggests = "the computer model (the bridge) suggests that "

    def __init__(self) -> None:
        self._plain: dict[str, str] = {}
        for phrase, curie in EVERYDAY.items():
            self._plain.setdefault(curie, phrase)

    def name(self, entity: Entity) -> str:
        """With what people call a finding behind its name."""
        plain = self._plain.get(entity.id, "")
        return f"{spoken(entity)} ({plain})" if plain and plain != entity.name.casefold() else spoken(entity)

    def first(self, entity: Entity) -> str:
        """With the kind of thing that it is."""
        if entity.id.startswith("input:"):
            return spoken(entity)
        kind = _KINDS.get(entity.modality)
        return f"{self.name(entity)}, {kind[0]}," if kind else self.name(entity)

    uncalibrated = ""

    def label(self, edge: Edge, several_ends: bool = False) -> str:
        """What the head does to the tail, or to several."""
        return _LABELS.get(edge.relation) or super().label(edge, several_ends)

    def chance(self, fact: Fact) -> str:
        """In tens."""
        return f" ({in_ten(fact.probability)})" if fact.probability is not None else ""


def lay(graph: KnowledgeGraph, understood: Understanding, found: Gathered) -> tuple[Sentence, ...]:
    """The answer in everyday words; ``found`` must have no refusal."""
    return _Lay(graph, understood, found).written()


class _Lay:
    """Writes one answer."""

    def __init__(self, graph: KnowledgeGraph, understood: Understanding, found: Gathered) -> None:
        self.graph, self.understood, self.found = graph, understood, found
        self.style = Everyday()
        self.known = [fact for fact in found.facts if fact.status is HitStatus.KNOWN]
        self.predicted = [fact for fact in found.facts if fact.status is HitStatus.PREDICTED]

    def written(self) -> tuple[Sentence, ...]:
        """All sentences."""
        shape = self.understood.shape
        if shape is Shape.DESCRIBE and self.known:
            return (*self._described(), _LAST)
        if shape is Shape.VERIFY and self.found.verdict:
            return (*self._verified(), _LAST)
        if shape is Shape.SHARED and len(self.found.starts) > 1:
            return (*self._shared(), _LAST)
        return (*self._counted(), *self._told(self.known), *self._guesses(), _LAST)

    def _counted(self) -> list[Sentence]:
        count = self.found.count if self.found.count is not None else self.found.n_known
        if not count:
            words = "Nothing of this is known here yet." if self.predicted else "The data hold none of this."
            return [Sentence(words, (), Voice.TOLD)]
        if count <= _NAMED:
            return []
        one, many = self._kind()
        return [Sentence(f"{number(count)} {one if count == 1 else many} are known here.", (), Voice.TOLD)]

    def _kind(self) -> tuple[str, str]:
        kinds = {fact.answer.modality for fact in (*self.known, *self.predicted)}
        known = _KINDS.get(next(iter(kinds))) if len(kinds) == 1 else None
        return (known[1], known[2]) if known else ("thing", "things")

    def _told(self, facts: Sequence[Fact]) -> list[Sentence]:
        groups: dict[tuple[object, ...], list[Fact]] = {}
        for fact in facts[:_NAMED]:
            groups.setdefault(key_of(fact), []).append(fact)
        made = []
        for members in list(groups.values())[:_SENTENCES]:
            words = chain(members, self.style)
            voice = Voice.PREDICTED if any(members[0].predicted) else Voice.KNOWN
            capital = words[0].upper() if words.startswith("the ") else words[0]
            made.append(Sentence(f"{capital}{words[1:]}.", cites_of(members), voice))
        return made

    def _guesses(self) -> list[Sentence]:
        worth = [fact for fact in self.predicted if not (self.known and fact.weak)]
        made = self._told(worth[:3])
        if made:
            made.append(Sentence("What it suggests is a guess to look into, not something known.", (), Voice.TOLD))
        return made

    def _shared(self) -> list[Sentence]:
        names = several([self.style.name(start.entity) for start in self.found.starts])
        one, many = self._kind()
        made = []
        if self.known:
            few, total = self.known[:_NAMED], self.found.n_known
            ends = several([self.style.name(fact.answer) for fact in few])
            some = f", such as {ends}" if total > len(few) else f": {ends}"
            words = f"{names} have {number(total)} {one if total == 1 else many} in common{some}."
            made.append(Sentence(words, cites_of(few), Voice.KNOWN))
        few = [fact for fact in self.predicted if not (self.known and fact.weak)][:3]
        if few:
            ends = several([self.style.name(fact.answer) + self.style.chance(fact) for fact in few])
            words = f"The computer model (the bridge) suggests that they have this in common as well: {ends}."
            made.append(Sentence(words, cites_of(few), Voice.PREDICTED))
        return made

    def _verified(self) -> list[Sentence]:
        if self.found.verdict == "yes":
            words = f"Yes: {chain([self.known[0]], self.style)}."
            return [Sentence(words, (self.known[0].number,), Voice.KNOWN)]
        if self.found.another:
            link = chain([self.known[0]], self.style)
            words = f"Known is another link: {link}. The one asked for may be there and is not known here."
            told = Sentence(words, (self.known[0].number,), Voice.KNOWN)
            return [told, *self._told(self.known[1:]), *self._guesses()]
        words = "That is not known here, which does not mean that it is not so."
        return [Sentence(words, (), Voice.TOLD), *self._told(self.known), *self._guesses()]

    def _described(self) -> list[Sentence]:
        entry, *links = self.known
        entity = entry.answer
        kind = _KINDS.get(entity.modality, (self.graph.modalities[entity.modality].label,))[0]
        made = [Sentence(f"{self.style.name(entity)} is {kind}.", (entry.number,), Voice.KNOWN)]
        for modality, count in self.found.counts[:3]:
            facts = [fact for fact in links if fact.answer.modality == modality and fact.edges[-1].head.id == entity.id]
            facts = [f for f in facts if not self.graph.relations[f.edges[-1].relation].hierarchical]
            ends = several([self.style.name(fact.answer) for fact in facts])
            several_ = _KINDS.get(modality, ("", modality, modality))
            words = f"It is linked to {number(count)} {several_[1 if count == 1 else 2]}, such as {ends}."
            if facts:
                made.append(Sentence(words, cites_of(facts), Voice.KNOWN))
        return made


_LAST = Sentence("This is for research and no advice on what anybody should take or do.", (), Voice.TOLD)
