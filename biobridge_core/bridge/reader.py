"""Bridge and memory together: one score for every tail, for entities of the graph and for raw inputs alike."""

from __future__ import annotations

import logging
import zlib
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from biobridge_core.bridge.data import Content, scores
from biobridge_core.bridge.model import Bridge
from biobridge_core.bridge.reading import Example, Reading, Weights, fit_weights
from biobridge_core.bridge.validation import Task, make_task
from biobridge_core.errors import TrainingError
from biobridge_core.kg.hierarchy import ancestor_matrix

if TYPE_CHECKING:
    from biobridge_core.bridge.memory import Memory, Query
    from biobridge_core.kg.graph import KnowledgeGraph
    from biobridge_core.kg.split import TrainingView
    from biobridge_core.types import InputKind

_Floats = NDArray[np.float32]
_FEW = 20  # queries of unseen entities below which known ones, read as if unseen, stand in for them
_LOG = logging.getLogger(__name__)


class Reader:
    """Scores tails by what the bridge says of the query's content and what the memory says of its neighbours.

    Scores are log P(relation, tail | query): a softmax over the tails, times the relation's share of the links between
    the two modalities, so that relations between the same modalities can be compared.
    """

    def __init__(self, bridge: Bridge, content: Content, memory: Memory, reading: Reading) -> None:
        self.bridge, self.content, self.memory, self.reading = bridge, content, memory, reading
        self._prior: dict[str, float] = {}
        graph = memory.graph
        for relation in bridge.config.relations:
            ends = graph.relations[relation]
            rivals = [r.name for r in graph.relations_between(ends.head, ends.tail)] or [relation]
            sizes = {name: memory.adjacent(name).nnz + 1 for name in rivals}
            self._prior[relation] = float(np.log(sizes.get(relation, 1) / sum(sizes.values())))

    def scores(self, heads: NDArray[np.integer], relation: str) -> _Floats:
        """Score entities of the graph: (n,) rows -> (n, n_tails). One without a training link is read as unseen."""
        heads = np.asarray(heads)
        logits = scores(self.bridge, self.content, heads, relation)
        total = np.empty_like(logits)
        for known in (True, False):
            mine = np.flatnonzero(self.memory.linked[heads] == known)
            if len(mine):
                total[mine] = self.read(self.memory.ask(heads[mine], own=known), logits[mine], relation)
        return total

    def ask(self, rows: NDArray[np.integer], *, own: bool = True) -> Query:
        """As `Memory.ask`."""
        return self.memory.ask(rows, own=own)

    def ask_input(self, text: str, vector: _Floats, modality: str, kind: InputKind) -> Query:
        """As `Memory.ask_input`."""
        return self.memory.ask_input(text, vector, modality, kind)

    def read(self, query: Query, cosines: _Floats, relation: str) -> _Floats:
        """Score prepared queries.

        Parameters
        ----------
        query
            n queries, from `Memory.ask` or `Memory.ask_input`.
        cosines
            (n, n_tails) of the bridge.

        Returns
        -------
        scores
            float32 (n, n_tails), natural log of a probability.
        """
        weights = self.reading.weights(relation, known=query.places is not None)
        total = weights.score(cosines / self.bridge.temperature, self.memory.votes(query, relation))
        return self._log_probability(total, relation)

    def _log_probability(self, total: _Floats, relation: str) -> _Floats:
        return np.asarray(total - logsumexp(total, axis=1, keepdims=True) + self._prior[relation], dtype=np.float32)


def fit_reading(
    graph: KnowledgeGraph,
    content: Content,
    view: TrainingView,
    bridge: Bridge,
    memory: Memory,
    *,
    sample: int = 400,
    seed: int = 0,
) -> Reading:
    """Learn how far each vote counts, from the validation links.

    Known queries are heads with training links of their own, unseen ones heads without. Where validation has hardly
    any of one sort, as when a split holds out links alone or entities alone, known heads are read as if unseen, or
    the other sort's weights are taken.

    Parameters
    ----------
    memory
        Made from the training links of ``view`` alone.
    sample
        Most queries of a relation.

    Raises
    ------
    TrainingError
        If the view has no validation link.
    """
    ancestors = ancestor_matrix(graph)
    tables: list[dict[str, Weights]] = []
    for known in (True, False):
        examples = []
        for relation, links in sorted(view.valid.items()):
            linked = memory.linked[links]
            usable = links[(linked[:, 0] == known) & linked[:, 1]]
            if not known and len(np.unique(usable[:, 0])) < _FEW:
                usable = max(usable, links[linked.all(axis=1)], key=len)
            if relation not in bridge.config.relations or not len(usable):
                continue
            heads = np.unique(usable[:, 0])
            if len(heads) > sample:
                rng = np.random.default_rng([seed, zlib.crc32(relation.encode())])
                heads = np.sort(rng.choice(heads, sample, replace=False))
            true = np.concatenate([view.train[relation], links])
            task = make_task(graph, relation, usable, true, ancestors, heads.astype(np.int32))
            examples.append(_example(task, bridge, content, memory, own=known))
        tables.append(fit_weights(examples) if examples else {})
        _LOG.info("Reading of %s queries fitted on %d relations.", "known" if known else "unseen", len(examples))
    known_table, unseen_table = tables
    if not known_table and not unseen_table:
        raise TrainingError("There is no validation link to fit the reading on.", "Hold out some links.")
    return Reading(known_table or unseen_table, unseen_table or known_table)


def _example(task: Task, bridge: Bridge, content: Content, memory: Memory, *, own: bool) -> Example:
    logits = scores(bridge, content, task.heads, task.relation) / bridge.temperature
    votes = memory.votes(memory.ask(task.heads, own=own), task.relation).dense()
    return Example.take(task.relation, logits, votes, task.queries, task.targets, task.filtered.toarray().astype(bool))
