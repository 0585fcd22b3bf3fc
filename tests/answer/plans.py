"""Questions as plans, for tests that do not need them understood first."""

from __future__ import annotations

from collections.abc import Sequence

from opened import real_service

from biobridge_core.answer.asker import Asker
from biobridge_core.answer.types import Answer, Mention, Shape, Step, Understanding
from biobridge_core.types import Query, QueryKind

ACTIONS = tuple(
    f"drug_{verb}_protein" for verb in ("inhibits", "agonist_of", "antagonist_of", "modulates", "blocks", "binds")
)
ACTED_ON = tuple(f"{name}_inverse" for name in ACTIONS)
PROCESS = "protein_participates_in_biological_process"

EGFR, ERBB2, TP53 = "UniProtKB:P00533", "UniProtKB:P04626", "UniProtKB:P04637"
MARFAN, APOPTOSIS, PHOSPHORYLATION = "MONDO:0007947", "GO:0006915", "GO:0006468"


def asker() -> Asker:
    return real_service().asker


def known(curie: str) -> Mention:
    """A mention of an entity."""
    entity = real_service().graph.entity(curie)
    return Mention(entity.name, Query(entity.name, QueryKind.ENTITY, entity.modality, curie, entity.name), entity, "id")


def called(name: str) -> Mention:
    """A mention of what a name means."""
    query = real_service().find(name).chosen
    assert query is not None
    return known(query.value)


def plan(
    shape: Shape, starts: Sequence[str | Mention], *steps: Sequence[str], target: str | Mention | None = None
) -> Understanding:
    def mention(thing: str | Mention) -> Mention:
        return known(thing) if isinstance(thing, str) else thing

    return Understanding(
        "a question",
        shape,
        tuple(map(mention, starts)),
        tuple(Step(tuple(step)) for step in steps),
        None if target is None else mention(target),
    )


def told(shape: Shape, starts: Sequence[str | Mention], *steps: Sequence[str], **more: str | Mention) -> Answer:
    """The answer to a plan."""
    return asker().answer(plan(shape, starts, *steps, **more))
