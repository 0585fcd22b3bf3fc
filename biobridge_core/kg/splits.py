"""Held-out links that cannot fool us: no test pair stands in training, neither reversed nor under another name.

The released BioBridge split keeps the reverse of each test edge in training; this one cannot be built that way. The
unit that is held out is an unordered pair of synonym groups: all actions of a drug on a protein, both directions, and
the same link through an entity with the same encoder input go to one side together. Hierarchies (is-a) always stay in
training.
"""

from __future__ import annotations

import hashlib
import logging
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from biobridge_core.errors import GraphError, LeakageError

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph
    from biobridge_core.types import Relation

Links = NDArray[np.int32]  #: (n, 2) head row, tail row
Sparse = Any  #: scipy.sparse.csr_array, which carries no types

_LOG = logging.getLogger(__name__)
_TRAIN, _VALID, _TEST = 0, 1, 2


@dataclass(frozen=True, slots=True)
class TrainingView:
    """All that a trainer may read: links by relation name, inverse relations included.

    ``train`` has every relation, hierarchies too; ``valid`` only relations between modalities.
    """

    train: Mapping[str, Links]
    valid: Mapping[str, Links]
    digest: str  #: sha256 over the training and validation links: what a checkpoint was trained on


class Split:
    """Training, validation and test links of one graph, checked against leakage when it is made.

    Parameters
    ----------
    graph
        The graph whose links are split.
    train, valid, test
        Relation name -> (n, 2) rows; for every forward relation and its inverse.
    groups
        int (n_entities,) a number for each entity, the same for entities that are one thing under two names.
    seed
        What drew it.

    Raises
    ------
    LeakageError
        If a validation or test pair, its inverse, or its duplicate through a synonymous entity is in training, or a
        test link follows from a training link through the hierarchy.
    """

    def __init__(
        self,
        graph: KnowledgeGraph,
        train: Mapping[str, Links],
        valid: Mapping[str, Links],
        test: Mapping[str, Links],
        *,
        groups: NDArray[np.integer],
        seed: int,
    ) -> None:
        between = [relation for relation in graph.relations.values() if not relation.hierarchical]
        for name, held in (("validation", valid), ("test", test)):
            _check_pairs(graph, between, train, held, groups, name)
        _check_ancestors(graph, between, train, test)
        self.training = TrainingView(dict(train), dict(valid), _digest(train, valid))
        self.seed = seed
        self.__test = dict(test)

    @property
    def test(self) -> Mapping[str, Links]:
        """Refused: whoever reads test labels must say so.

        Raises
        ------
        LeakageError
            Always.
        """
        raise LeakageError("Test labels cannot be read here.", "Evaluation code calls open_for_evaluation().")

    def open_for_evaluation(self) -> Mapping[str, Links]:
        """Test links by relation name, inverse relations included. Nothing that trains may call this."""
        return dict(self.__test)

    def __repr__(self) -> str:
        sizes = [sum(len(links) for links in part.values()) for part in (self.training.train, self.training.valid)]
        return f"Split(seed={self.seed}, train={sizes[0]}, valid={sizes[1]})"

    def __getstate__(self) -> object:
        raise LeakageError("A split is not serialised with its test labels.", "Draw it again from its seed.")


def transductive(
    graph: KnowledgeGraph,
    *,
    seed: int = 0,
    valid: float = 0.1,
    test: float = 0.1,
    groups: NDArray[np.integer] | None = None,
) -> Split:
    """Hold out a share of the pairs of every relation between modalities.

    Pairs are drawn at random within each relation, a pair with several relations (drug actions) within the rarest of
    them, and moved with all of these relations, both directions and all synonyms. An entity may lose all its links:
    it still has its content, and leaving it in would favour well-linked entities. A held-out link that follows from a
    training link through the hierarchy (its tail is an ancestor of a training tail of the same head and relation, or
    the same with the roles exchanged) goes back to training, where it adds nothing that is not there already.

    Parameters
    ----------
    valid, test
        Share of the pairs of each relation.
    groups
        See `Split`; by default entities of one modality with the same encoder input are one group.

    Raises
    ------
    GraphError
        If no relation between modalities has a link.
    """
    relations = [r for r in graph.relations.values() if r.forward and not r.hierarchical]
    group_of = synonym_groups(graph) if groups is None else np.asarray(groups)
    edges = [graph.edges(relation.name) for relation in relations]
    if not sum(len(links) for links in edges):
        raise GraphError("The graph has no link between two modalities.", "Build the graph with at least one relation.")
    links = np.concatenate(edges)
    relation_of = np.repeat(np.arange(len(relations)), [len(e) for e in edges])
    units, unit_of = np.unique(_pair_keys(links, group_of), return_inverse=True)
    state = _draw(relations, relation_of, unit_of, len(units), seed=seed, valid=valid, test=test)
    _return_implied(graph, relations, links, relation_of, unit_of, state)
    parts: list[dict[str, Links]] = [{}, {}, {}]
    for index, relation in enumerate(relations):
        mine, part_of = links[relation_of == index], state[unit_of[relation_of == index]]
        for part, table in enumerate(parts):
            table[relation.name] = mine[part_of == part]
            table[relation.inverse] = table[relation.name][:, ::-1]
    for relation in graph.relations.values():
        if relation.hierarchical:
            parts[_TRAIN][relation.name] = graph.edges(relation.name)
    return Split(graph, *parts, groups=group_of, seed=seed)


def synonym_groups(graph: KnowledgeGraph) -> NDArray[np.int64]:
    """Number entities so that those of one modality with the same encoder input share a number; int64 (n_entities,)."""
    seen: dict[tuple[int, str], int] = {}
    modality_of = graph.modality_of_row
    inputs = graph.inputs(np.arange(graph.n_entities))
    return np.array(
        [seen.setdefault((int(modality_of[row]), text), row) for row, text in enumerate(inputs)], dtype=np.int64
    )


def ancestor_matrix(graph: KnowledgeGraph) -> Sparse:
    """Boolean csr (n_entities, n_entities): [child, ancestor] over all is-a relations, an entity not its own
    ancestor."""
    n = graph.n_entities
    edges = [graph.edges(r.name) for r in graph.relations.values() if r.hierarchical and r.forward]
    links = np.concatenate([*edges, np.empty((0, 2), np.int32)])
    closure = link_matrix(links, n)
    while True:  # each round doubles the length of the paths that are covered
        longer = (closure + closure @ closure).astype(bool)
        if longer.nnz == closure.nnz:
            break
        closure = longer
    pairs = closure.tocoo()
    strict = pairs.row != pairs.col  # a cycle in a damaged hierarchy would make an entity its own ancestor
    return link_matrix(np.stack([pairs.row[strict], pairs.col[strict]], axis=1).astype(np.int32), n)


def link_matrix(links: Links, n_entities: int) -> Sparse:
    """Boolean csr (n_entities, n_entities) with one entry a link."""
    ones = np.ones(len(links), dtype=bool)
    return sparse.csr_array((ones, (links[:, 0], links[:, 1])), shape=(n_entities, n_entities), dtype=bool)


def implied_links(links: Links, train: Links, ancestors: Sparse) -> NDArray[np.bool_]:
    """Which links follow from a training link of the same relation through the hierarchy; bool (n,).

    A link follows if its tail is an ancestor of a training tail of its head, or its head one of a training head of its
    tail.
    """
    n = ancestors.shape[0]
    if not len(links) or not len(train):
        return np.zeros(len(links), dtype=bool)
    known = link_matrix(train, n)
    heads, tails = np.unique(links[:, 0], return_inverse=True), np.unique(links[:, 1], return_inverse=True)
    upward = (known[heads[0]] @ ancestors).tocsr()  # (heads, n): ancestors of each head's training tails
    by_head = (known.T.tocsr()[tails[0]] @ ancestors).tocsr()  # (tails, n): ancestors of each tail's training heads
    found = np.asarray(upward[heads[1], links[:, 1]]).ravel() | np.asarray(by_head[tails[1], links[:, 0]]).ravel()
    return np.asarray(found, dtype=np.bool_)


def _pair_keys(links: Links, groups: NDArray[np.integer]) -> NDArray[np.int64]:
    """One number for an unordered pair of synonym groups; int64 (n,)."""
    first, second = groups[links[:, 0]].astype(np.int64), groups[links[:, 1]].astype(np.int64)
    n = int(groups.max(initial=0)) + 1
    keys: NDArray[np.int64] = np.minimum(first, second) * n + np.maximum(first, second)
    return keys


def _draw(
    relations: list[Relation],
    relation_of: NDArray[np.integer],
    unit_of: NDArray[np.integer],
    n_units: int,
    *,
    seed: int,
    valid: float,
    test: float,
) -> NDArray[np.int8]:
    """Part of each unit, drawn within the rarest relation that it has; int8 (n_units,)."""
    sizes = np.bincount(relation_of, minlength=len(relations))
    rank = np.argsort(np.argsort(sizes, kind="stable"))  # 0 is the rarest
    best = np.full(n_units, len(relations))
    np.minimum.at(best, unit_of, rank[relation_of])
    state = np.zeros(n_units, dtype=np.int8)
    for index, relation in enumerate(relations):
        mine = np.flatnonzero(best == rank[index])
        # a stream of its own for each relation, so that adding one to the graph leaves the others' draw alone
        order = np.random.default_rng([seed, zlib.crc32(relation.name.encode())]).permutation(mine)
        n_test, n_valid = round(test * len(mine)), round(valid * len(mine))
        state[order[:n_test]] = _TEST
        state[order[n_test : n_test + n_valid]] = _VALID
    return state


def _return_implied(
    graph: KnowledgeGraph,
    relations: list[Relation],
    links: Links,
    relation_of: NDArray[np.integer],
    unit_of: NDArray[np.integer],
    state: NDArray[np.int8],
) -> None:
    """Set the state of units that follow from training back to training, until nothing follows any more."""
    ancestors = ancestor_matrix(graph)
    returned = 0
    while True:
        before = int((state == _TRAIN).sum())
        for index in range(len(relations)):
            mine = np.flatnonzero(relation_of == index)
            part = state[unit_of[mine]]
            held = mine[part != _TRAIN]
            implied = implied_links(links[held], links[mine[part == _TRAIN]], ancestors)
            state[unit_of[held[implied]]] = _TRAIN
        returned += int((state == _TRAIN).sum()) - before
        if int((state == _TRAIN).sum()) == before:
            break
    _LOG.info("%d held-out pairs followed from training through the hierarchy and went back to it.", returned)


def _check_pairs(
    graph: KnowledgeGraph,
    between: list[Relation],
    train: Mapping[str, Links],
    held: Mapping[str, Links],
    groups: NDArray[np.integer],
    what: str,
) -> None:
    known = [train[r.name] for r in between if len(train.get(r.name, ()))]
    if not known:
        return
    keys = np.unique(_pair_keys(np.concatenate(known), groups))
    for relation in between:
        links = held.get(relation.name, np.empty((0, 2), np.int32))
        leaked = np.flatnonzero(np.isin(_pair_keys(links, groups), keys))
        if len(leaked):
            head, tail = (graph.ids[row] for row in links[leaked[0]])
            raise LeakageError(
                f"{len(leaked)} {what} links of {relation.name} are in training too, itself, reversed or through a "
                f"synonym, the first: {head} – {tail}.",
                "Draw the split with biobridge_core.kg.splits.",
            )


def _check_ancestors(
    graph: KnowledgeGraph, between: list[Relation], train: Mapping[str, Links], test: Mapping[str, Links]
) -> None:
    ancestors = ancestor_matrix(graph)
    empty: Links = np.empty((0, 2), np.int32)
    for relation in between:
        links = test.get(relation.name, empty)
        implied = np.flatnonzero(implied_links(links, train.get(relation.name, empty), ancestors))
        if len(implied):
            head, tail = (graph.ids[row] for row in links[implied[0]])
            raise LeakageError(
                f"{len(implied)} test links of {relation.name} follow from training through the hierarchy, the first: "
                f"{head} – {tail}.",
                "Leave such links out of the test.",
            )


def _digest(train: Mapping[str, Links], valid: Mapping[str, Links]) -> str:
    digest = hashlib.sha256()
    for part in (train, valid):
        for name, links in sorted(part.items()):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(links, dtype=np.int32).tobytes())
    return digest.hexdigest()
