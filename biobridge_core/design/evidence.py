"""Evidence: what the bridge retrieves for a goal. It is all that a generator learns of the goal."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from biobridge_core.chem.fragments import MAX_ATOMS, heavy_atoms
from biobridge_core.chem.standardise import standardise
from biobridge_core.design.goal import Goal
from biobridge_core.errors import InputError, UnknownEntityError
from biobridge_core.types import Entity, Hit, HitStatus, InputKind, Query, QueryKind, Resolution

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph
    from biobridge_core.queueing import Progress
    from biobridge_core.retrieve import Head, Retriever

START = "start"  #: the part and the item of a molecule that is given to set out from
_PREDICTED, _KNOWN, _OVER = 60, 120, 25  #: drugs of a part: predicted, known, and known for each related target
_GUESS = 0.4  #: weight of the first predicted drug; the last of them has half of it
_RELATED, _LIKE = 4, 0.85  #: proteins like a target that lend it their drugs, and how like (cosine)
_PROTEINS = 10  #: of a disease
_PINNED = 2.0  #: how much more a pinned item weighs


class Role(StrEnum):
    """What a part of the goal is to a candidate."""

    TARGET = "target"
    DISEASE = "disease"
    AVOID = "avoid"
    START = "start"


@dataclass(frozen=True, slots=True)
class Part:
    """One thing of the goal, as it was understood."""

    key: str  #: e.g. ``target:UniProtKB:P00533``
    role: Role
    label: str
    query: Query
    entity: Entity | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that was retrieved for one part of the goal."""

    id: str  #: of part and entity together
    part: str  #: key of the part
    entity: Entity
    status: HitStatus
    weight: float  #: how much it counts, 0..1, from rank and chance of the retrieval
    relation: str = ""
    rank: int = 0
    probability: float | None = None
    sources: tuple[str, ...] = ()
    over: tuple[str, ...] = ()  #: items over which it was found; empty where it was found directly
    direct: bool = True
    problem: str = ""  #: why its structure cannot be used, of a drug; else empty

    @property
    def is_molecule(self) -> bool:
        """Whether its fragments can be used."""
        return self.entity.input_kind is InputKind.SMILES and not self.problem


@dataclass(frozen=True)
class Evidence:
    """All items, and which of them a person struck out or pinned."""

    goal: Goal
    parts: tuple[Part, ...]
    items: tuple[Item, ...]
    struck: frozenset[str] = frozenset()
    pinned: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    _by_id: dict[str, Item] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._by_id.update((item.id, item) for item in self.items)

    def item(self, id_: str) -> Item:
        """One item.

        Raises
        ------
        UnknownEntityError
            If there is none of this id.
        """
        if id_ not in self._by_id:
            raise UnknownEntityError(f"The evidence has no item {id_!r}.", "Take an id from `items`.")
        return self._by_id[id_]

    def strike(self, ids: Iterable[str]) -> Evidence:
        """The same evidence without some items; what was found over them alone goes too."""
        chosen = frozenset(self.item(id_).id for id_ in ids)
        return replace(self, struck=self.struck | chosen, pinned=self.pinned - chosen, _by_id={})

    def restore(self, ids: Iterable[str]) -> Evidence:
        """Take back what `strike` did."""
        return replace(self, struck=self.struck - frozenset(ids), _by_id={})

    def pin(self, ids: Iterable[str]) -> Evidence:
        """The same evidence with some items counting twice."""
        chosen = frozenset(self.item(id_).id for id_ in ids)
        return replace(self, pinned=self.pinned | chosen, struck=self.struck - chosen, _by_id={})

    def bounded(self, goal: Goal) -> Evidence:
        """The same evidence for a goal with other bounds, budget or seed.

        Raises
        ------
        InputError
            If the goal wants or avoids other things, for which evidence has to be retrieved.
        """
        named = [(g.targets, g.diseases, g.avoid, g.start) for g in (self.goal, goal)]
        if named[0] != named[1]:
            raise InputError(
                "The goal names other things than this evidence was retrieved for.",
                "Show the evidence for the new goal first, or take the change back.",
            )
        return replace(self, goal=goal, _by_id={})

    def is_live(self, item: Item) -> bool:
        """Whether it counts: not struck out, and not found over struck items alone."""
        if item.id in self.struck:
            return False
        return item.direct or any(self.is_live(self._by_id[id_]) for id_ in item.over)

    def live(self, roles: Sequence[Role] = (Role.TARGET, Role.DISEASE, Role.START)) -> tuple[Item, ...]:
        """Items that count, of parts in some roles."""
        keys = {part.key for part in self.parts if part.role in roles}
        return tuple(item for item in self.items if item.part in keys and self.is_live(item))

    def weight(self, item: Item) -> float:
        """How much an item counts, pinned ones twice."""
        return item.weight * (_PINNED if item.id in self.pinned else 1.0)

    def molecules(self) -> tuple[Item, ...]:
        """The drugs whose fragments may be used."""
        return tuple(item for item in self.live() if item.is_molecule)


class Gatherer:
    """Retrieves the evidence of goals.

    Parameters
    ----------
    find
        Decides what an input means; see `BridgeService.find`.
    head_of
        Makes a query ready to be asked.
    """

    def __init__(
        self,
        graph: KnowledgeGraph,
        retriever: Retriever,
        find: Callable[[str], Resolution],
        head_of: Callable[[Query, Progress | None], tuple[Head, tuple[str, ...]]],
    ) -> None:
        self.graph, self._retriever, self._find, self._head_of = graph, retriever, find, head_of

    def gather(self, goal: Goal, say: Progress) -> Evidence:
        """Retrieve for every part of a goal that was checked.

        Raises
        ------
        InputError, UnknownEntityError
            If a part means nothing, several things, or nothing that a molecule can be designed for; or if no drug with
            a structure was found for the goal.
        """
        parts = self._parts(goal, say)
        items: list[Item] = []
        for number, part in enumerate(parts):
            say(f"Retrieving for {part.label}", number / len(parts))
            if part.role is Role.START:
                items.append(self._start(part))
            elif part.role is Role.TARGET:
                items += self._for_target(part, say)
            elif part.role is Role.DISEASE:
                items += self._for_disease(part, say)
            elif part.entity is None:
                items += self._like(part, self._head_of(part.query, say)[0])
        found = Evidence(goal, parts, tuple(items), notes=tuple(_notes(parts, items)))
        if not found.molecules():
            near = ", ".join(dict.fromkeys(item.entity.name for item in items if item.entity.modality != "drug"))
            raise InputError(
                "No drug with a usable structure was found for this goal.",
                f"Ask for something near it: {near}." if near else "Name a target that has known drugs, such as EGFR.",
            )
        return found

    def _parts(self, goal: Goal, say: Progress) -> tuple[Part, ...]:
        wanted = [(Role.TARGET, text) for text in goal.targets] + [(Role.DISEASE, text) for text in goal.diseases]
        parts: dict[str, Part] = {}
        for role, text in [*wanted, *((Role.AVOID, text) for text in goal.avoid)]:
            query = self._target(text) if role is not Role.DISEASE else self._disease(text)
            entity = self._entity(query, say)
            key = entity.id if entity else hashlib.sha256(query.value.encode()).hexdigest()[:12]
            part = Part(f"{role.value}:{key}", role, query.label or _short(query.value), query, entity)
            parts.setdefault(part.key, part)
        unwanted = {part.entity.id for part in parts.values() if part.role is Role.AVOID and part.entity}
        for part in parts.values():
            if part.role is Role.TARGET and part.entity and part.entity.id in unwanted:
                raise InputError(f"{part.label} is both wanted and unwanted.", "Take it out of one of the two.")
        if goal.start:
            smiles = standardise(goal.start).smiles
            query = Query(goal.start, QueryKind.SMILES, "drug", smiles, "starting molecule")
            parts[START] = Part(START, Role.START, "starting molecule", query)
        return tuple(parts.values())

    def _entity(self, query: Query, say: Progress) -> Entity | None:
        """The entity that a query is: named, or a sequence that is identical to its own."""
        if query.kind is QueryKind.ENTITY:
            return self.graph.entity(query.value)
        row = self._head_of(query, say)[0].row if query.kind is QueryKind.SEQUENCE else None
        return self.graph.entity(row) if row is not None else None

    def _target(self, text: str) -> Query:
        found = self._find(text)
        options = [query for query in (found.chosen, *found.alternatives) if query is not None]
        for query in options:
            if query.modality == "protein" and query.kind is not QueryKind.TEXT:
                return query
        named = [f"{q.label} ({q.modality})" for q in [found.guess, *options] if q and q.kind is QueryKind.ENTITY][:3]
        raise UnknownEntityError(
            f"“{_short(text)}” is no protein that is known here.",
            f"Did you mean {' or '.join(named)}?"
            if named
            else "Give a gene symbol, a UniProt accession or a sequence.",
        )

    def _disease(self, text: str) -> Query:
        found = self._find(text)
        fit = ("disease", "phenotype")
        options = [
            query for query in (found.chosen, *found.alternatives) if query is not None and query.modality in fit
        ]
        if found.chosen is not None and found.chosen.kind is not QueryKind.TEXT:  # a thing of another kind is no text
            options = [query for query in options if query.kind is QueryKind.ENTITY]
        if options:
            return options[0]
        raise UnknownEntityError(
            f"“{_short(text)}” is no disease or phenotype that is known here.",
            "Name one, describe it in a sentence, or give the thing as a target if it is a protein.",
        )

    def _start(self, part: Part) -> Item:
        smiles = part.query.value
        entity = Entity(START, "drug", "starting molecule", input_kind=InputKind.SMILES, input=smiles, source="given")
        return Item(START, START, entity, HitStatus.KNOWN, 1.0, problem=_problem(entity))

    def _for_target(self, part: Part, say: Progress) -> list[Item]:
        head = self._head_of(part.query, say)[0]
        hits = self._retriever.retrieve(head, ["drug"], _KNOWN + _PREDICTED)[0].hits
        items = self._drugs(part, hits)
        have = {item.entity.id for item in items}
        for over in self._like(part, head):
            drugs = self._known_drugs(part, over, 0.35 * over.weight, have)
            if drugs or part.entity is None:
                items += [over, *drugs]
        return items

    def _like(self, part: Part, head: Head) -> list[Item]:
        """Proteins of the graph that are like a target; for one that is not in the graph they stand for it."""
        near = self._retriever.nearest(head, _RELATED)
        return [
            Item(f"{part.key}|{entity.id}", part.key, entity, HitStatus.SIMILAR, round(cosine, 4))
            for entity, cosine in near
            if cosine >= _LIKE
        ]

    def _for_disease(self, part: Part, say: Progress) -> list[Item]:
        head = self._head_of(part.query, say)[0]
        proteins, drugs = self._retriever.retrieve(head, ["protein", "drug"], _PREDICTED)
        items = self._drugs(part, drugs.hits)
        have = {item.entity.id for item in items}
        known = [hit for hit in proteins.hits if hit.status is HitStatus.KNOWN]
        rest = [hit for hit in proteins.hits if hit.status is not HitStatus.KNOWN]
        for hit in (known + rest)[:_PROTEINS]:
            over = _item(part, hit, 1.0 if hit.status is HitStatus.KNOWN else 0.5 * _chance(hit))
            items += [over, *self._known_drugs(part, over, over.weight, have)]
        return items

    def _drugs(self, part: Part, hits: Sequence[Hit]) -> list[Item]:
        known = [hit for hit in hits if hit.status is HitStatus.KNOWN][:_KNOWN]
        rest = [hit for hit in hits if hit.status is not HitStatus.KNOWN]
        predicted = [hit for hit in rest if not _problem(hit.entity)][:_PREDICTED] or rest[:_PREDICTED]
        items = [_item(part, hit, 1 - 0.5 * place / max(len(known), 1)) for place, hit in enumerate(known)]
        items += [_item(part, hit, _GUESS * (1 - 0.5 * place / _PREDICTED)) for place, hit in enumerate(predicted)]
        return items

    def _known_drugs(self, part: Part, over: Item, weight: float, have: set[str]) -> list[Item]:
        """Known drugs of a protein that were not found before."""
        row = self.graph.row(over.entity.id)
        found: list[Item] = []
        for drug, triples in sorted(self.graph.known(row, "drug").items()):
            entity = self.graph.entity(drug)
            if entity.id in have or len(found) >= _OVER:
                continue
            have.add(entity.id)
            cited = tuple(" · ".join(filter(None, (t.source, t.evidence, t.value))) for t in triples)
            found.append(
                Item(
                    f"{part.key}|{entity.id}",
                    part.key,
                    entity,
                    HitStatus.KNOWN,
                    round(weight, 4),
                    triples[0].relation,
                    sources=cited,
                    over=(over.id,),
                    direct=False,
                    problem=_problem(entity),
                )
            )
        return found


def _notes(parts: Sequence[Part], items: Sequence[Item]) -> Iterator[str]:
    """What has to be said about the evidence of each part."""
    for part in parts:
        drugs = [item for item in items if item.part == part.key and item.is_molecule]
        direct = [item for item in drugs if item.direct and item.status is HitStatus.KNOWN]
        if part.role is Role.TARGET and drugs and not direct:
            lent = any(not item.direct for item in drugs)
            rest = "predictions and the drugs of related proteins" if lent else "predictions"
            yield f"No drug of {part.label} with a usable structure is known; its evidence rests on {rest} alone."
        elif part.role in (Role.TARGET, Role.DISEASE) and not drugs:
            yield f"No drug with a usable structure was found for {part.label}."


def _item(part: Part, hit: Hit, weight: float) -> Item:
    problem = _problem(hit.entity) if hit.entity.modality == "drug" else ""
    return Item(
        f"{part.key}|{hit.entity.id}",
        part.key,
        hit.entity,
        hit.status,
        round(weight, 4),
        hit.relation,
        hit.rank,
        hit.probability,
        hit.sources,
        problem=problem,
    )


def _chance(hit: Hit) -> float:
    return hit.probability if hit.probability is not None else 0.5


def _problem(entity: Entity) -> str:
    if entity.input_kind is not InputKind.SMILES:
        return "no structure of a small molecule"
    if "." in entity.input or any(metal in entity.input for metal in ("[Pt", "[Fe", "[Gd")):
        return "a salt, a mixture or a metal complex"
    if (n := heavy_atoms(entity.input)) > MAX_ATOMS:
        return f"too large: {n} heavy atoms"
    return ""


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"
