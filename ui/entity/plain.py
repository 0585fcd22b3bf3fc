"""Facts of the graph as sentences for a reader without a background. A sentence holds what entries say, no more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from biobridge_core.types import Entity
from ui import theme

if TYPE_CHECKING:
    from biobridge_core.describe import Facts, Link, Links

_NAMED = 5
_HOW_MANY = (
    (0.995, "Everyone described with it has"),
    (0.8, "Most people with it (80 or more of 100) have"),
    (0.3, "Many people with it (30 to 79 of 100) have"),
    (0.05, "Some people with it (5 to 29 of 100) have"),
)
_TERMS = {
    "biological_process": "something that happens in cells or in the body, made up of many steps",
    "molecular_function": "something that a single protein does",
    "cellular_component": "a place in or around a cell, or a structure of it",
    "therapeutic_class": "a group of medicines, as the World Health Organization sorts them",
}


def sentences(facts: Facts, entity: Entity) -> list[str]:
    """What the graph says of an entity, in plain words; at most half a dozen sentences, not escaped."""
    makers = {"protein": _protein, "drug": _drug, "disease": _disease, "phenotype": _phenotype}
    made = makers.get(entity.modality, _term)(facts, entity)
    return [sentence for sentence in made if sentence]


def listed(names: Sequence[str], total: int, limit: int = _NAMED) -> str:
    """``a, b and c``, or ``a, b and 7 more``."""
    shown = list(names[:limit])
    left = total - len(shown)
    if any("," in name or " and " in name for name in shown):  # such names need a stronger sign between them
        return "; ".join([*shown, *([f"{theme.number(left)} more"] if left > 0 else [])])
    if left > 0:
        return f"{', '.join(shown)} and {theme.number(left)} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _names(links: Iterable[Link]) -> list[str]:
    return [link.entity.name for link in links]


def _all(found: Links) -> str:
    return listed(_names(found.links), found.total)


def _protein(facts: Facts, entity: Entity) -> list[str]:
    where = facts.links(entity.id, "cellular_component", limit=3)
    does = facts.links(entity.id, "biological_process", limit=3)
    diseases = facts.links(entity.id, "disease", limit=_NAMED)
    drugs = facts.links(entity.id, "drug", limit=_NAMED)
    full = f" ({entity.full_name})" if entity.full_name and entity.full_name != entity.name else ""
    return [
        f"{entity.name}{full} is a human protein: a small machine of the body, built from the gene of that name.",
        f"It is found in: {listed(_names(where.links), where.total, 3)}." if where.total else "",
        f"It takes part in: {listed(_names(does.links), does.total, 3)}." if does.total else "",
        f"The graph links it to {theme.counted(diseases.total, 'disease', 'diseases')}: {_all(diseases)}."
        if diseases.total
        else "The graph links it to no disease.",
        f"{theme.counted(drugs.total, 'molecule', 'molecules').capitalize()} in the graph "
        f"{'acts' if drugs.total == 1 else 'act'} on it: {_all(drugs)}."
        if drugs.total
        else "",
    ]


def _drug(facts: Facts, entity: Entity) -> list[str]:
    targets = facts.links(entity.id, "protein", limit=_NAMED)
    classes = facts.links(entity.id, "therapeutic_class", limit=_NAMED)
    uses, found = facts.composed(entity.id, "therapeutic_class", "disease", limit=_NAMED)
    what = "a medicine that has been approved" if "approved" in entity.flags else "a molecule that acts in the body"
    what = "a medicine that has been withdrawn" if "withdrawn" in entity.flags else what
    how = targets.links[0].relation.label if targets.links else ""
    same = [link for link in targets.links if link.relation.label == how]
    return [
        f"{entity.name} is {what}.",
        f"It belongs to the group: {_all(classes)}." if classes.total else "",
        f"It {how} {listed(_names(same), len(same))}"
        + (f"; in all, the graph knows {theme.number(targets.total)} targets." if targets.total > len(same) else ".")
        if targets.total
        else "The graph knows no target of it.",
        f"Medicines of its group are used for {listed([each.entity.name for each in found], uses)}; whether this one "
        "is, the graph does not say."
        if uses
        else "",
    ]


def _disease(facts: Facts, entity: Entity) -> list[str]:
    place = facts.position(entity.id)
    genes = facts.links(entity.id, "protein", limit=_NAMED)
    groups = facts.links(entity.id, "therapeutic_class", limit=_NAMED)
    kind = listed([parent.name for parent in place.parents], len(place.parents)) if place else ""
    return [
        f"{entity.name} is a disease" + (f", a kind of: {kind}." if kind else "."),
        *_signs(facts, entity),
        f"It is linked to {theme.counted(genes.total, 'gene', 'genes')}: {_all(genes)}."
        if genes.total
        else "The graph links it to no gene.",
        f"Groups of medicines that are used for it: {_all(groups)}." if groups.total else "",
    ]


def _signs(facts: Facts, entity: Entity) -> list[str]:
    """One sentence a frequency, most frequent first."""
    found = facts.links(entity.id, "phenotype", limit=500)
    by_words: dict[str, list[str]] = {}
    for link in found.links:
        share = max((value for each in link.values if (value := facts.frequency(each)) is not None), default=None)
        words = next((words for least, words in _HOW_MANY if share is not None and share >= least), "")
        if words:
            by_words.setdefault(words, []).append(link.entity.name)
    if by_words:
        return [f"{words}: {listed(names, len(names))}." for words, names in list(by_words.items())[:3]]
    return [f"Signs that belong to it: {_all(found)}."] if found.total else []


def _phenotype(facts: Facts, entity: Entity) -> list[str]:
    place = facts.position(entity.id)
    diseases = facts.links(entity.id, "disease", limit=_NAMED)
    kind = listed([parent.name for parent in place.parents], len(place.parents)) if place else ""
    called = [word for word in entity.synonyms if word.casefold() != entity.name.casefold()][:3]
    return [
        f"{entity.name} is a sign or symptom" + (f", a kind of: {kind}." if kind else "."),
        f"It is also called {listed(called, len(called))}." if called else "",
        f"It belongs to {theme.counted(diseases.total, 'disease', 'diseases')} in the graph. It is most frequent in: "
        f"{_all(diseases)}."
        if diseases.total
        else "The graph links it to no disease.",
    ]


def _term(facts: Facts, entity: Entity) -> list[str]:
    place = facts.position(entity.id)
    counts = facts.counts(entity.id)
    kind = listed([parent.name for parent in place.parents], len(place.parents)) if place else ""
    what = _TERMS.get(entity.modality, "")
    words = {"protein": ("protein", "proteins"), "drug": ("drug", "drugs"), "disease": ("disease", "diseases")}
    members = [theme.counted(counts[name], *words[name]) for name in words if counts.get(name)]
    return [
        f"{entity.name} is a {theme.words(entity.modality)[0]}: {what}." if what else "",
        f"It is a kind of: {kind}." if kind else "",
        f"The graph links it to {listed(members, len(members))}." if members else "",
    ]
