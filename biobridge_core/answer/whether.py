"""Yes-or-no questions whose ends the graph does not link as they stand: findings that drugs help with; no way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from biobridge_core.answer.masking import Start
from biobridge_core.answer.relations import CLASS, DISEASE, DRUG, PHENOTYPE, cues
from biobridge_core.names import normalise
from biobridge_core.types import QueryKind

if TYPE_CHECKING:
    from biobridge_core.answer.types import Mention
    from biobridge_core.kg.graph import KnowledgeGraph

_USED = "therapeutic_class_used_for_disease"


class Whether:
    """Read-only after construction; safe to share between threads."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self.graph = graph

    def as_disease(self, starts: Sequence[Start]) -> list[Start] | None:
        """Two starts with the disease that is named by a finding in its place; None where there is none.

        Drugs are linked to diseases alone: "high cholesterol" is asked of familial hypercholesterolemia.
        """
        kinds = [{m.query.modality for _, m in start.mentions} for start in starts]
        if len(starts) != 2 or not any(kind & {DRUG, CLASS} for kind in kinds):
            return None
        for place, start in enumerate(starts):
            found = next((m for _, m in start.mentions if m.query.modality == PHENOTYPE), None)
            if found is not None and DISEASE not in kinds[place] and (row := self._disease(found)) is not None:
                made = list(starts)
                made[place] = replace(start, mentions=((0.0, self._read_as(found, row)),))
                return made
        return None

    def _disease(self, finding: Mention) -> int | None:
        entity = finding.entity
        wanted = {frozenset(normalise(name).split()) for name in (entity.name, *entity.synonyms)} if entity else set()
        fits = [(len(words), row) for words, row in self._used if any(words >= one for one in wanted)]
        return min(fits)[1] if fits else None

    @cached_property
    def _used(self) -> list[tuple[frozenset[str], int]]:
        """Words of the names of diseases that a class of drugs is used for, and their rows."""
        rows = sorted({int(tail) for _, tail in self.graph.edges(_USED)}) if _USED in self.graph.relations else []
        return [(frozenset(normalise(self.graph.names[row]).split()), row) for row in rows]

    def _read_as(self, finding: Mention, row: int) -> Mention:
        entity = self.graph.entity(row)
        query = replace(finding.query, kind=QueryKind.ENTITY, modality=DISEASE, value=entity.id, label=entity.name)
        note = f"“{finding.text}” is a finding, and drugs are linked to diseases here: read as {entity.name}."
        others = (finding.entity,) if finding.entity else ()
        return replace(finding, query=query, entity=entity, others=others, note=note)

    def no_way(self, masked: str, starts: Sequence[Start]) -> str:
        """What is said where nothing leads from one of two named things to the other; empty where more is asked."""
        kinds = [start.mentions[0][1].query.modality for start in starts]
        more = any(cue.tag == "kind" and cue.value not in kinds for cue in cues(masked))
        if len(starts) != 2 or kinds[0] == kinds[1] or more:
            return ""
        one, other = (start.mentions[0][1].query.label for start in starts)
        from_, to = (self.graph.modalities[kind].plural for kind in kinds)
        return (
            f"No evidence found: the graph has no links between {from_} and {to}, so nothing can be said of "
            f"{one} and {other} together."
        )
