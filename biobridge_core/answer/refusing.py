"""Questions that are read and not answered: why, and what could be asked instead."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from biobridge_core.answer import refuse
from biobridge_core.answer.links import Linked
from biobridge_core.answer.masking import Start
from biobridge_core.answer.relations import MARK
from biobridge_core.answer.say import instead_of
from biobridge_core.answer.types import Mention, Reason, Refusal, Shape, Understanding

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph


class Refusing:
    """What `Understander` says where it does not go on."""

    graph: KnowledgeGraph

    def _refused(
        self, text: str, reason: Reason, said: str, starts: Sequence[Start] = (), instead: tuple[str, ...] = ()
    ) -> Understanding:
        if not instead and starts:
            instead = instead_of(self.graph, starts[0].mentions[0][1], ())
        return Understanding(text, Shape.LIST, refusal=Refusal(reason, said, instead or refuse.EXAMPLES))

    def _unknown(self, text: str, linked: Linked) -> Understanding:
        names = "”, “".join(linked.unknown[:3])
        near = [self.graph.names[row] for rows in linked.near for row in rows][:3]
        said = f"Nothing in the graph is called “{names}”."
        said += f" Called similarly: {', '.join(near)}." if near else " Check the spelling, or give an id or a synonym."
        return self._refused(text, Reason.UNKNOWN_ENTITY, said, instead=tuple(f"What is {name}?" for name in near))

    def _nothing_named(self, text: str) -> Understanding:
        said = (
            "The question names nothing that the graph knows: no gene, drug, disease, phenotype, process, function, "
            "location or class of drugs."
        )
        return self._refused(text, Reason.OFF_TOPIC, said)

    def _changed(self, text: str, change: str, genes: list[Start]) -> Understanding:
        """What one change of a gene does is not held; what is known of the gene is offered."""
        said = refuse.CHANGE.format(change=change, name=genes[0].mentions[0][1].query.label)
        return self._refused(text, Reason.NO_RELATION, said, genes)

    def _own_kind(self, text: str, mention: Mention) -> Understanding:
        """Genes of a gene: what could be asked of it instead."""
        name = mention.entity.name if mention.entity else mention.query.label
        kind = self.graph.modalities[mention.query.modality]
        said = f"{name} is itself a {kind.label}: the graph links it to no other {kind.plural} in the way asked for."
        named = mention if mention.entity is None else replace(mention, query=replace(mention.query, label=name))
        return self._refused(text, Reason.NO_RELATION, said, instead=instead_of(self.graph, named, ()))

    def _no_relation(self, text: str, starts: Sequence[Start], word: str = "") -> Understanding:
        name = starts[0].mentions[0][1].query.label
        said = f"What is asked of {name} is not in the graph, or was not understood."
        if word:
            names = {f"§{number}§": start.mentions[0][1].query.label for number, start in enumerate(starts)}
            word = re.sub(MARK, lambda found: names.get(found[0], name), word)
            said = f"The graph holds nothing of this kind about {name} (“{word}”)."
        return self._refused(text, Reason.NO_RELATION, said, starts)
