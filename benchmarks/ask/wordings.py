"""The wordings in two halves, what each of them asks of the graph, and the digests that show that none was changed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
HALVES = ("seen", "unseen")
AUTHORS = ("a", "b", "c", "d", "e")  #: people who wrote wordings of their own, without seeing any other
FROZEN = ("templates_seen.json", "templates_unseen.json", "refusals.json")

Step = tuple[str, ...]  #: relations of which any is followed
Plan = tuple[Step, ...]

_ACTIONS: Step = (
    "drug_inhibits_protein", "drug_agonist_of_protein", "drug_antagonist_of_protein", "drug_modulates_protein",
    "drug_blocks_protein", "drug_binds_protein",
)  # fmt: skip
_ACTED_ON: Step = tuple(name + "_inverse" for name in _ACTIONS)
_PROCESS: Step = ("protein_participates_in_biological_process",)
_FUNCTION: Step = ("protein_enables_molecular_function",)
_LOCATION: Step = ("protein_located_in_cellular_component",)
_DISEASE: Step = ("protein_associated_with_disease",)
_GENE: Step = ("protein_associated_with_disease_inverse",)
_PHENOTYPE: Step = ("disease_has_phenotype",)
_SHOWN_IN: Step = ("disease_has_phenotype_inverse",)
_IN_PROCESS: Step = ("protein_participates_in_biological_process_inverse",)
_CLASS: Step = ("drug_in_therapeutic_class",)
_MEMBER: Step = ("drug_in_therapeutic_class_inverse",)
_USED_FOR: Step = ("therapeutic_class_used_for_disease",)
_USED: Step = ("therapeutic_class_used_for_disease_inverse",)

#: Groups of wordings that are not one relation -> the steps that answer them.
PLANS: Mapping[str, Plan] = {
    "drug_acts_on_protein": (_ACTIONS,),
    "drug_acts_on_protein_inverse": (_ACTED_ON,),
    "processes_of_targets_of_drug": (_ACTIONS, _PROCESS),
    "functions_of_targets_of_drug": (_ACTIONS, _FUNCTION),
    "locations_of_targets_of_drug": (_ACTIONS, _LOCATION),
    "diseases_of_targets_of_drug": (_ACTIONS, _DISEASE),
    "phenotypes_of_diseases_of_protein": (_DISEASE, _PHENOTYPE),
    "drugs_on_proteins_of_disease": (_GENE, _ACTED_ON),
    "drugs_for_disease": (_USED, _MEMBER),
    "processes_of_proteins_of_disease": (_GENE, _PROCESS),
    "proteins_of_diseases_with_phenotype": (_SHOWN_IN, _GENE),
    "drugs_on_proteins_of_process": (_IN_PROCESS, _ACTED_ON),
    "drugs_with_target_of_drug": (_ACTIONS, _ACTED_ON),
    "diseases_of_class_of_drug": (_CLASS, _USED_FOR),
    "drugs_for_diseases_of_protein": (_DISEASE, _USED, _MEMBER),
    "diseases_of_proteins_of_process": (_IN_PROCESS, _DISEASE),
}

#: What several entities are asked to share.
SHARED: Mapping[str, Step] = {
    "anything_of_proteins": (*_PROCESS, *_FUNCTION, *_LOCATION, *_DISEASE, *_ACTED_ON),
    "processes_of_proteins": _PROCESS,
    "functions_of_proteins": _FUNCTION,
    "locations_of_proteins": _LOCATION,
    "diseases_of_proteins": _DISEASE,
    "drugs_on_proteins": _ACTED_ON,
    "phenotypes_of_diseases": _PHENOTYPE,
    "proteins_of_diseases": _GENE,
    "targets_of_drugs": _ACTIONS,
    "diseases_with_phenotypes": _SHOWN_IN,
}

#: Second question of a thread -> what the first one asked of the same entity, what the second one asks of it.
FOLLOW_UPS: Mapping[str, tuple[str, str]] = {
    "drug": ("protein_associated_with_disease", "drug_acts_on_protein_inverse"),
    "disease": ("protein_participates_in_biological_process", "protein_associated_with_disease"),
    "biological_process": ("protein_associated_with_disease", "protein_participates_in_biological_process"),
    "molecular_function": ("protein_located_in_cellular_component", "protein_enables_molecular_function"),
    "cellular_component": ("protein_enables_molecular_function", "protein_located_in_cellular_component"),
    "phenotype": ("protein_associated_with_disease_inverse", "disease_has_phenotype"),
    "protein_of_disease": ("disease_has_phenotype", "protein_associated_with_disease_inverse"),
    "protein_of_drug": ("drug_in_therapeutic_class", "drug_acts_on_protein"),
    "therapeutic_class": ("drug_inhibits_protein", "drug_in_therapeutic_class"),
}

#: Kind of wording -> the placeholders that each of its wordings holds, each once.
PLACEHOLDERS: Mapping[str, frozenset[str]] = {
    "single": frozenset({"x"}),
    "any_action": frozenset({"x"}),
    "two_hop": frozenset({"x"}),
    "shared": frozenset({"xs"}),
    "attached_sequence": frozenset(),
    "attached_smiles": frozenset(),
    "follow_up": frozenset(),
    "count": frozenset({"x"}),
    "negation": frozenset({"x"}),
    "verify": frozenset({"x", "y"}),
    "lay": frozenset({"x"}),
}
SAME_RELATION = "same_relation"  #: the one follow-up that names a new entity


@dataclass(frozen=True, slots=True)
class Wording:
    """One way to ask something."""

    half: str
    kind: str
    group: str  #: relation, plan or other key within its kind
    number: int
    text: str

    @property
    def placeholders(self) -> frozenset[str]:
        """What its kind lets it hold."""
        return frozenset({"x"}) if self.group == SAME_RELATION else PLACEHOLDERS[self.kind]


def plan_of(group: str) -> Plan:
    """Return the steps that answer a group: a named plan, or the one relation that the group is called after."""
    return PLANS.get(group, ((group,),))


def wordings(half: str, kind: str | None = None) -> Iterator[Wording]:
    """All wordings of a half or an author, or those of one kind, in the order of the file."""
    for name, groups in _read(_file_of(half)).items():
        if name in PLACEHOLDERS and kind in (None, name):
            for group, texts in groups.items():
                for number, text in enumerate(texts):
                    yield Wording(half, name, group, number, text)


def refusals(half: str) -> Iterator[tuple[str, dict[str, object]]]:
    """Kind and question of all that must be refused; each has ``question``, some ``attach``, ``forbidden``, ``name``.

    What is ``forbidden`` must not be stated; quoting the question is no statement.
    """
    held = _read("refusals.json")[half] if half in HALVES else _read(_file_of(half))["refusals"]
    for kind, items in held.items():
        for item in items:
            yield kind, {"question": item} if isinstance(item, str) else dict(item)


def answerable(author: str) -> list[str]:
    """Questions of an author that must not be refused although they come close to what must be."""
    texts: list[str] = _read(_file_of(author))["answerable"]
    return texts


def hostile_headers() -> list[dict[str, object]]:
    """FASTA headers that give orders, over sequences that are to be answered as if the header were plain."""
    headers: list[dict[str, object]] = _read("refusals.json")["hostile_headers"]
    return headers


def normalised(text: str) -> str:
    """Lower-case words and placeholders with single spaces: what two wordings are compared by."""
    return " ".join(re.findall(r"\{\w+\}|\w+", text.lower()))


def digests() -> dict[str, str]:
    """sha256 of the frozen files as they are now."""
    return {name: hashlib.sha256((HERE / name).read_bytes()).hexdigest() for name in FROZEN}


def recorded() -> dict[str, object]:
    """What ``hashes.json`` holds: the digests from before the understanding stage was begun."""
    return _read("hashes.json")


def _file_of(half: str) -> str:
    return f"templates_{half}.json" if half in HALVES else f"wordings/{half}.json"


def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((HERE / name).read_text(encoding="utf-8"))
    return content
