"""The transductive protocol: filtered ranking of held-out links against all entities of the tail modality.

A task is one ordered pair of modalities under one relation, or under all relations between them (drug actions merged).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.bridge.data import Content, scores
from biobridge_core.bridge.model import Bridge
from biobridge_core.evaluate.baselines import Popularity
from biobridge_core.kg.splits import Links, Sparse, Split, ancestor_matrix, link_matrix
from biobridge_core.metrics import QueryMetrics, concatenate, evaluate_scores, paired_bootstrap

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph

#: GO evidence by experiment or by an author's statement (DESIGN.md §6); the rest is homology-made or electronic.
EXPERIMENTAL = frozenset(
    "EXP IDA IPI IMP IGI IEP HTP HDA HMP HGI HEP TAS IC".split()  # noqa: SIM905  (codes read better in a row)
)

_BLOCK = 512  # queries scored at once
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TaskResult:
    """One task: the same queries ranked by the bridge and by popularity."""

    name: str  #: relation name, or ``drug → protein`` where several relations are merged
    head: str
    tail: str
    relations: tuple[str, ...]
    evidence: str  #: ``all`` or ``experimental``: which test links were counted
    n_links: int
    bridge: QueryMetrics
    popularity: QueryMetrics

    @property
    def n_queries(self) -> int:
        """Queries with at least one counted test link."""
        return len(self.bridge.mrr)

    def row(self, *, seed: int = 0) -> dict[str, object]:
        """Flat figures for a result file, with the bootstrap interval of the difference in MRR over queries."""
        low, high = paired_bootstrap(self.bridge.mrr, self.popularity.mrr, seed=seed)
        figures: dict[str, object] = {
            "task": self.name,
            "head": self.head,
            "tail": self.tail,
            "relations": list(self.relations),
            "evidence": self.evidence,
            "n_test_links": self.n_links,
            "n_queries": self.n_queries,
        }
        for model in ("bridge", "popularity"):
            figures |= {f"{model}_{name}": round(value, 5) for name, value in getattr(self, model).means().items()}
        return figures | {"mrr_difference_low": round(low, 5), "mrr_difference_high": round(high, 5)}


class Transductive:
    """Evaluate a bridge on the test links of a split.

    Parameters
    ----------
    filter_ancestors
        Whether ancestors of a query's true tails are filtered like true tails.
    """

    def __init__(self, graph: KnowledgeGraph, content: Content, split: Split, *, filter_ancestors: bool = True) -> None:
        self.graph, self.content = graph, content
        self._train, self._valid = split.training.train, split.training.valid
        self._test = split.open_for_evaluation()
        self._ancestors: Sparse | None = ancestor_matrix(graph) if filter_ancestors else None

    def relation_tasks(self) -> list[tuple[str, ...]]:
        """Every relation and inverse between modalities that has test links, one task each."""
        return [(name,) for name, links in self._test.items() if len(links)]

    def merged_tasks(self) -> list[tuple[str, ...]]:
        """One task for each ordered pair of modalities, all relations between them together."""
        pairs: dict[tuple[str, str], list[str]] = {}
        for (name,) in self.relation_tasks():
            relation = self.graph.relations[name]
            pairs.setdefault((relation.head, relation.tail), []).append(name)
        return [tuple(names) for names in pairs.values()]

    def evaluate(self, bridge: Bridge, relations: tuple[str, ...], *, experimental: bool = False) -> TaskResult | None:
        """Rank one task's test links; None if none is left.

        A pair under several relations counts once; its score is the best over the relations, as retrieval shows it.
        Relations on which the bridge was not trained are left out of the score.

        Parameters
        ----------
        experimental
            Count only test links with experimental or author evidence (`EXPERIMENTAL`); the others stay filtered.
        """
        links = _merge(self._test, relations)
        if experimental:
            links = links[self._experimental(links, relations)]
        if not len(links):
            return None
        definition = self.graph.relations[relations[0]]
        train = _merge(self._train, relations)
        popularity = Popularity(self.graph, [train])
        seen = np.concatenate([train, _merge(self._valid, relations)])
        true = np.concatenate([seen, _merge(self._test, relations)])
        heads = np.unique(links[:, 0])
        usable = [name for name in relations if name in bridge.config.relations]
        parts: list[tuple[QueryMetrics, QueryMetrics]] = []
        for start in range(0, len(heads), _BLOCK):
            block = heads[start : start + _BLOCK]
            mine = links[(links[:, 0] >= block[0]) & (links[:, 0] <= block[-1])]
            best = reduce(np.maximum, [scores(bridge, self.content, block, name) for name in usable])
            parts.append(self._rank(best, popularity, block, mine, true, seen, definition.tail))
        names = definition.name if len(relations) == 1 else f"{definition.head} → {definition.tail}"
        ours, theirs = (concatenate(column) for column in zip(*parts, strict=True))
        evidence = "experimental" if experimental else "all"
        result = TaskResult(names, definition.head, definition.tail, relations, evidence, len(links), ours, theirs)
        _LOG.info("%s (%s): bridge %.4f, popularity %.4f", names, evidence, ours.mrr.mean(), theirs.mrr.mean())
        return result

    def _rank(
        self,
        bridge_scores: NDArray[np.float32],
        popularity: Popularity,
        heads: NDArray[np.int32],
        links: Links,
        true: Links,
        seen: Links,
        tail: str,
    ) -> tuple[QueryMetrics, QueryMetrics]:
        tails = self.graph.rows(tail)
        queries, targets = np.searchsorted(heads, links[:, 0]), links[:, 1] - int(tails[0])
        filtered, before = (self._filter(part, heads, tails) for part in (true, seen))
        rivals = (bridge_scores, popularity.scores(len(heads), tails))
        ours, theirs = (evaluate_scores(model, queries, targets, filtered, before) for model in rivals)
        return ours, theirs

    def _filter(self, links: Links, heads: NDArray[np.int32], tails: NDArray[np.int32]) -> Sparse:
        known = link_matrix(links, self.graph.n_entities)[heads]  # (n_heads, n_entities)
        if self._ancestors is not None:
            known = (known + known @ self._ancestors).astype(bool).tocsr()
        return known[:, int(tails[0]) : int(tails[-1]) + 1]

    def _experimental(self, links: Links, relations: Sequence[str]) -> NDArray[np.bool_]:
        """Which links rest on at least one experimental or author evidence code; bool (n,)."""
        triples = self.graph.triples
        forward = [n if self.graph.relations[n].forward else self.graph.relations[n].inverse for n in relations]
        triples = triples[triples["relation"].isin(forward)]
        codes = {text for text in triples["evidence"].unique() if EXPERIMENTAL & set(_codes(str(text)))}
        good = triples[triples["evidence"].isin(codes)]
        pairs = np.stack([good["head"].to_numpy(), good["tail"].to_numpy()], axis=1).astype(np.int64)
        if not self.graph.relations[relations[0]].forward:
            pairs = pairs[:, ::-1]
        n = self.graph.n_entities
        return np.isin(links[:, 0].astype(np.int64) * n + links[:, 1], pairs[:, 0] * n + pairs[:, 1])


def _codes(evidence: str) -> list[str]:
    """Words of an evidence text: ``IDA|ISS``, ``IDA, TAS``."""
    return "".join(letter if letter.isalnum() else " " for letter in evidence).split()


def _merge(part: Mapping[str, Links], relations: Sequence[str]) -> Links:
    found = [part[name] for name in relations if name in part]
    merged: Links = np.unique(np.concatenate([*found, np.empty((0, 2), np.int32)]), axis=0).astype(np.int32)
    return merged
