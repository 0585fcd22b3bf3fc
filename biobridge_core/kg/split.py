"""A split that is checked against leakage when it is made, and that hands out its test links to evaluation alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.errors import LeakageError
from biobridge_core.kg.hierarchy import Links, ancestor_matrix, implied_links

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph
    from biobridge_core.types import Relation

KNOWN, VALID_COLD, TEST_COLD = 0, 1, 2  #: what `Split.cold` says of an entity


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
    cold
        int8 (n_entities,) which entities are unseen: `KNOWN`, `VALID_COLD` or `TEST_COLD`; by default all are known.

    Raises
    ------
    LeakageError
        If a validation or test pair, its inverse, or its duplicate through a synonymous entity is in training, a test
        link follows from a training link through the hierarchy, a cold entity has a training link of any kind, a
        test-cold one a validation link, or a synonym of a cold entity is not as cold as it is.
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
        cold: NDArray[np.int8] | None = None,
    ) -> None:
        self.cold = np.zeros(graph.n_entities, dtype=np.int8) if cold is None else np.asarray(cold, dtype=np.int8)
        _check_cold(graph, self.cold, groups, train, valid)
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


def pair_keys(links: Links, groups: NDArray[np.integer]) -> NDArray[np.int64]:
    """One number for an unordered pair of synonym groups; int64 (n,)."""
    first, second = groups[links[:, 0]].astype(np.int64), groups[links[:, 1]].astype(np.int64)
    n = int(groups.max(initial=0)) + 1
    keys: NDArray[np.int64] = np.minimum(first, second) * n + np.maximum(first, second)
    return keys


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
    keys = np.unique(pair_keys(np.concatenate(known), groups))
    for relation in between:
        links = held.get(relation.name, np.empty((0, 2), np.int32))
        leaked = np.flatnonzero(np.isin(pair_keys(links, groups), keys))
        if len(leaked):
            head, tail = (graph.ids[row] for row in links[leaked[0]])
            raise LeakageError(
                f"{len(leaked)} {what} links of {relation.name} are in training too, itself, reversed or through a "
                f"synonym, the first: {head} – {tail}.",
                "Draw the split with biobridge_core.kg.splits.",
            )


def _check_cold(
    graph: KnowledgeGraph,
    cold: NDArray[np.int8],
    groups: NDArray[np.integer],
    train: Mapping[str, Links],
    valid: Mapping[str, Links],
) -> None:
    for part, state, what in ((train, VALID_COLD, "training"), (valid, TEST_COLD, "validation")):
        for name, links in part.items():
            touched = np.flatnonzero((cold[links] >= state).any(axis=1))
            if len(touched):
                head, tail = (graph.ids[row] for row in links[touched[0]])
                raise LeakageError(
                    f"{len(touched)} {what} links of {name} belong to an entity that is cold, the first: "
                    f"{head} – {tail}.",
                    "Leave every link of a cold entity out, is-a included.",
                )
    coldest = np.zeros(int(groups.max(initial=0)) + 1, dtype=np.int8)
    np.maximum.at(coldest, groups, cold)
    differing = np.flatnonzero(cold != coldest[groups])
    if len(differing):
        row = int(differing[0])
        twin = int(np.flatnonzero((groups == groups[row]) & (cold == coldest[groups[row]]))[0])
        raise LeakageError(
            f"{graph.ids[twin]} is cold, but {graph.ids[row]}, which is the same thing, is not as cold "
            f"({len(differing)} such entities).",
            "Hold a whole group of synonyms out together.",
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
