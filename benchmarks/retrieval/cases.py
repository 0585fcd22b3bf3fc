"""What is asked: splits, seeds, and the frozen vectors that the scorers see."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from common import ROOT
from numpy.typing import NDArray

from biobridge_core.bridge.data import Content
from biobridge_core.catalogue import Catalogue
from biobridge_core.config import Settings
from biobridge_core.errors import ArtifactError
from biobridge_core.evaluate.contents import ecfp4_content, masked_names, masked_text_content
from biobridge_core.evaluate.protocols import Task, make_tasks
from biobridge_core.kg.clusters import read_clusters
from biobridge_core.kg.cold_splits import cold_branch, cold_cluster, cold_entity, cold_scaffold
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.kg.split import KNOWN, Split
from biobridge_core.kg.splits import transductive
from biobridge_core.types import InputKind

CLUSTERS = ROOT / "benchmarks" / "clusters" / "proteins.tsv"
FROZEN, ECFP4, MASKED = "frozen", "ecfp4", "masked"

#: content -> modalities of the heads that are asked; None for all. Another molecule encoder says something of drugs
#: alone, masked texts of diseases alone.
HEADS: Mapping[str, tuple[str, ...] | None] = {FROZEN: None, ECFP4: ("drug",), MASKED: ("disease",)}

SPLITS: Mapping[str, Callable[[KnowledgeGraph, int], Split]] = {
    "transductive": lambda graph, seed: transductive(graph, seed=seed),
    "cold_entity": lambda graph, seed: cold_entity(graph, seed=seed),
    "cold_cluster": lambda graph, seed: cold_cluster(graph, read_clusters(CLUSTERS, graph), seed=seed),
    "cold_scaffold": lambda graph, seed: cold_scaffold(graph, seed=seed),
    "cold_branch": lambda graph, seed: cold_branch(graph, seed=seed),
}
#: split -> other frozen vectors that it is asked with as well
OTHER_CONTENTS: Mapping[str, tuple[str, ...]] = {"cold_entity": (ECFP4, MASKED), "cold_scaffold": (ECFP4,)}


@dataclass(frozen=True, slots=True)
class Case:
    """One split, drawn by one seed, seen through one set of frozen vectors."""

    split: str
    seed: int
    content: str = FROZEN

    @property
    def name(self) -> str:
        """Name of the folder of its answers."""
        return f"{self.split}-{self.seed}" + ("" if self.content == FROZEN else f"-{self.content}")


def cases_of(splits: list[str], seeds: list[int], contents: list[str]) -> list[Case]:
    """Every case, the first seed of all splits first: a run that is stopped early has something of each."""
    cases = [Case(split, seed) for seed in seeds for split in splits]
    others = [Case(s, seed, c) for seed in seeds for s in splits for c in OTHER_CONTENTS.get(s, ())]
    return [case for case in [*cases, *others] if case.content in contents]


@dataclass
class World:
    """Graph and frozen vectors, read once."""

    settings: Settings
    graph: KnowledgeGraph = field(init=False)
    catalogue: Catalogue = field(init=False)

    def __post_init__(self) -> None:
        self.graph = KnowledgeGraph.load(self.settings.build / "kg")
        self.catalogue = Catalogue.load(self.settings.build / "catalogue")
        if self.catalogue.graph_digest != self.graph.digest:
            raise ArtifactError("The catalogue was built from another graph.", "Run `biobridge build catalogue` again.")
        self._contents: dict[str, Content] = {}

    def content(self, name: str) -> Content:
        """Frozen vectors under one of `FROZEN`, `ECFP4`, `MASKED`."""
        if name not in self._contents:
            if name == FROZEN:
                self._contents[name] = Content.from_catalogue(self.graph, self.catalogue)
            elif name == ECFP4:
                self._contents[name] = ecfp4_content(self.graph, self.content(FROZEN))
            else:
                self._contents[name] = masked_text_content(self.graph, self.content(FROZEN), self.settings)
        return self._contents[name]

    @cached_property
    def masked_inputs(self) -> dict[int, str]:
        """Row of a disease -> its masked name, which the memory then compares in place of its text."""
        rows = self.graph.rows("disease")
        rows = rows[self.graph.kind_of_row[rows] == list(InputKind).index(InputKind.TEXT)]
        return dict(zip(rows.tolist(), masked_names(self.graph, rows), strict=True))


class Opened:
    """A case with its split drawn; tasks are made on demand.

    Parameters
    ----------
    most
        Most heads of each task that are asked, drawn by the seed; all by default.
    """

    def __init__(self, world: World, case: Case, split: Split, most: int | None = None) -> None:
        self.world, self.case, self.split = world, case, split
        self.graph, self.view = world.graph, split.training
        self.content = world.content(case.content)
        self.inputs = world.masked_inputs if case.content == MASKED else None
        self._most = most

    @property
    def data(self) -> str:
        """Identity of the frozen vectors; encoders other than the catalogue's are told apart by their ids."""
        return self.world.catalogue.digest

    @property
    def studies(self) -> Path:
        """Where trained bridges are kept."""
        return self.world.settings.build / "studies"

    def tasks(self, ends: str) -> dict[str, list[Task]]:
        """Tasks by which heads they ask: ``all`` in a transductive split, else ``cold`` and, with ends ``all``,
        ``known`` (whose cold end is the tail)."""
        tasks = make_tasks(self.graph, self.split)
        asked = HEADS[self.case.content]
        tasks = [task for task in tasks if asked is None or task.head in asked]
        if not self.split.cold.any():
            return {"all": [self._drawn(task) for task in tasks]}
        parts = {"cold": [part_of(task, task.head_cold != KNOWN) for task in tasks]}
        if ends == "all" and asked is None:
            parts["known"] = [part_of(task, task.head_cold == KNOWN) for task in tasks]
        return {name: [self._drawn(task) for task in found if task is not None] for name, found in parts.items()}

    def _drawn(self, task: Task) -> Task:
        n = len(task.heads)
        if self._most is None or n <= self._most:
            return task
        rng = np.random.default_rng([self.case.seed, zlib.crc32(task.name.encode())])
        part = part_of(task, np.isin(task.queries, rng.choice(n, size=self._most, replace=False)))
        assert part is not None  # every query has a link
        return part


def part_of(task: Task, kept: NDArray[np.bool_]) -> Task | None:
    """The task with some of its links, bool (n_links,), and the queries that they need; None if there is none."""
    if not kept.any():
        return None
    places, queries = np.unique(task.queries[kept], return_inverse=True)
    return replace(
        task,
        heads=task.heads[places],
        queries=queries.astype(np.int64),
        targets=task.targets[kept],
        filtered=task.filtered[places],
        head_cold=task.head_cold[kept],
        tail_cold=task.tail_cold[kept],
        tail_degrees=task.tail_degrees[kept],
        experimental=None if task.experimental is None else task.experimental[kept],
    )
