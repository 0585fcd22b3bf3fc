"""A disease or a phenotype: what it is, in the words of its database and in plain ones, its signs, its genes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.entity import common, links, place, plain, term
from ui.entity.common import Subject

if TYPE_CHECKING:
    from biobridge_core.service import BridgeService

_OF_DISEASE = (
    "protein", "drug", "therapeutic_class", "biological_process", "molecular_function", "cellular_component",
)  # fmt: skip
_OF_PHENOTYPE = ("protein", "drug", "biological_process", "molecular_function", "cellular_component")


def show(bridge: BridgeService, about: Subject) -> None:
    """All sections of a disease, a phenotype, or a text that is read as one."""
    other = "phenotype" if about.modality == "disease" else "disease"
    if about.entity is not None:
        common.plain_words(plain.sentences(bridge.facts, about.entity))
        term.definition(about)
        place.section(bridge, about)
    signs = "Signs and symptoms" if other == "phenotype" else "Diseases that show it"
    if about.entity is not None and other in bridge.modalities:
        links.section(bridge, about, [other], signs, "signs", predict=False)
    kinds = _OF_DISEASE if about.modality == "disease" else _OF_PHENOTYPE
    ranked = [*kinds, other] if other in bridge.modalities else list(kinds)
    links.section(
        bridge, about, [k for k in ranked if k in bridge.modalities], "Genes, drugs and more", "links", told=other
    )
