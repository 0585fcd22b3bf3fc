"""What the pictures of a result need: maps, the branches of an ontology, the network of the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from biobridge_core.catalogue import Catalogue
from biobridge_core.errors import ArtifactError
from biobridge_core.explain.paths import PathFinder
from biobridge_core.explain.web import Web, web
from biobridge_core.kg.areas import Areas
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.map import Maps, Points, place
from biobridge_core.types import Entity, Retrieval

_COMPACT = 0.5  #: a branch keeps together if half of it strays less than this share of the whole map's mean deviation
_NEIGHBOURS = 4  #: nearest known entities that stand for a query without links of its own


@dataclass(frozen=True, slots=True)
class Area:
    """A branch of an ontology, and which of the entities that were asked about lie in it."""

    entity: Entity
    members: frozenset[str]


class Pictures:
    """Read-only after construction; safe to share between threads.

    Parameters
    ----------
    folders
        Where the maps may lie; the first that has them is taken.
    """

    def __init__(
        self, graph: KnowledgeGraph, catalogue: Catalogue, finder: PathFinder, folders: Sequence[Path]
    ) -> None:
        self._graph, self._catalogue, self._finder = graph, catalogue, finder
        self._folders = tuple(folders)
        self._areas: dict[str, Areas] = {}

    @cached_property
    def maps(self) -> Maps:
        """The maps of all modalities.

        Raises
        ------
        ArtifactError
            If there are none, or they belong to another graph or catalogue.
        """
        there = next((folder for folder in self._folders if folder.is_dir()), None)
        if there is None:
            raise ArtifactError("The maps are not there.", "Run `biobridge build map` to draw them.")
        return Maps.load(there, self._graph.digest, self._catalogue.digest)

    def points(self, modality: str) -> Points:
        """Points (n, 2) of all entities of a modality, within -1 .. 1.

        Raises
        ------
        ArtifactError
            See :attr:`maps`.
        """
        return self.maps.points.get(modality, np.zeros((0, 2), dtype=np.float32))

    def at(self, curies: Sequence[str]) -> Points:
        """Points (n, 2) of entities.

        Raises
        ------
        ArtifactError, UnknownEntityError
            See :attr:`maps`; or the graph has no such entity.
        """
        rows = [self._graph.row(curie) for curie in curies]
        first = {name: int(self._graph.rows(name)[0]) for name in {self._graph.modality(row) for row in rows}}
        found = [self.points(name)[row - first[name]] for row in rows for name in (self._graph.modality(row),)]
        return np.array(found, dtype=np.float32).reshape(-1, 2)

    def place(self, result: Retrieval) -> tuple[float, float] | None:
        """Where the query lies on the map of its own modality: its own point, or the weighted mean of its nearest.

        None for a raw query that has no nearest entities.

        Raises
        ------
        ArtifactError
            See :attr:`maps`.
        """
        if result.entity is not None:
            x, y = self.at([result.entity.id])[0]
            return float(x), float(y)
        if not result.nearest_known:
            return None
        points = self.at([entity.id for entity, _ in result.nearest_known])
        return place(points, [cosine for _, cosine in result.nearest_known])

    def areas(self, modality: str, curies: Sequence[str]) -> tuple[Area, ...]:
        """The top branches of a modality's ontology in which any of these entities lie, the fullest first."""
        found = self._branches(modality).of(curies)
        return tuple(Area(self._graph.entity(area), frozenset(inside)) for area, inside in found.items())

    def regions(self, modality: str, most: int = 12) -> tuple[tuple[Entity, float, float], ...]:
        """The largest branches whose entities keep together on the map, with their middle, for labels.

        Raises
        ------
        ArtifactError
            See :attr:`maps`.
        """
        points, first = self.points(modality), int(self._graph.rows(modality)[0])
        if not len(points):
            return ()
        found = []
        usual = np.abs(points - np.median(points, axis=0)).mean()
        for area, rows in self._branches(modality).members.items():
            middle = np.median(points[rows - first], axis=0)
            if np.median(np.abs(points[rows - first] - middle)) < _COMPACT * usual:
                found.append((self._graph.entity(area), float(middle[0]), float(middle[1])))
        return tuple(found[:most])

    def web(self, result: Retrieval, curies: Sequence[str]) -> Web:
        """The network that joins a query, or its nearest known entities, with some of its hits."""
        starts: list[tuple[int, float | None]] = (
            [(self._graph.row(result.entity.id), None)]
            if result.entity is not None
            else [(self._graph.row(e.id), cosine) for e, cosine in result.nearest_known[:_NEIGHBOURS]]
        )
        return web(self._finder, starts, [self._graph.row(curie) for curie in curies])

    def _branches(self, modality: str) -> Areas:
        return self._areas.setdefault(modality, Areas(self._graph, modality))
