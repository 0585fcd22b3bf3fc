"""Results and comparisons of one opened graph, as files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from biobridge_core.compare import Pair, Signature, Variant
from biobridge_core.report import comparison, document
from biobridge_core.report.comparison import Comparison
from biobridge_core.report.page import Context
from biobridge_core.types import InputKind, Provenance, Query, QueryKind, Retrieval, Why

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph
    from biobridge_core.queueing import Progress


class Writer:
    """Writes what was found in one graph as files that open anywhere.

    Parameters
    ----------
    depict
        SMILES -> SVG text; may raise BioBridgeError.
    explain
        Why the entity with a CURIE is a hit of a query; may raise BioBridgeError.
    made_by
        What made an answer to an input of one kind.
    """

    def __init__(
        self,
        graph: KnowledgeGraph,
        depict: Callable[[str], str],
        explain: Callable[[Query, str, Progress | None], Why],
        made_by: Callable[[InputKind], Provenance],
    ) -> None:
        self._graph, self._explain, self._made_by = graph, explain, made_by
        self._context = Context(graph.modalities, graph.relations, tuple(graph.sources.values()), depict)

    def result(self, found: Retrieval, when: datetime, progress: Progress | None = None) -> bytes:
        """A result as HTML, its best hits explained; takes a few seconds."""
        explain = self._explain
        return document.render(found, when, self._context, lambda curie: explain(found.query, curie, progress))

    def compared(
        self,
        found: Pair | Signature | Variant,
        when: datetime,
        asked: Mapping[str, str] | None = None,
        alone: Sequence[Retrieval] = (),
    ) -> Comparison:
        """Put what made it, and what was asked, beside a comparison; see `Comparison`."""
        if isinstance(found, Variant):
            kinds = {InputKind.SEQUENCE}
        else:
            queries = (found.a, found.b) if isinstance(found, Pair) else found.queries
            kinds = {self._kind(query) for query in queries}
        made = [self._made_by(kind) for kind in sorted(kinds)]
        whole = replace(made[0], encoder="; ".join(dict.fromkeys(one.encoder for one in made)))
        return Comparison(found, when, whole, asked or {}, tuple(alone))

    def html(self, compared: Comparison) -> bytes:
        """A comparison as HTML."""
        return comparison.render(compared, self._context)

    def json(self, compared: Comparison) -> bytes:
        """A comparison as JSON, whole."""
        return comparison.to_json(compared)

    def _kind(self, query: Query) -> InputKind:
        if query.kind is QueryKind.ENTITY:
            return self._graph.entity(query.value).input_kind
        return InputKind(query.kind.value)
