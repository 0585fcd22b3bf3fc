"""The known drugs as a background: which fragments and bonds are common, and what is not new.

Taking all of them apart takes some twenty seconds of one core; it is done once and kept in the user's cache.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.chem.fingerprints import ecfp4
from biobridge_core.chem.fragments import Assembly, Joint, bond_kinds, cut, flat_smiles
from biobridge_core.errors import InputError
from biobridge_core.types import InputKind

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph
    from biobridge_core.queueing import Progress

logger = logging.getLogger(__name__)
_VERSION = 2  #: of the file


@dataclass(frozen=True, slots=True)
class Known:
    """One known molecule, taken apart."""

    id: str
    name: str
    smiles: str  #: canonical, without stereo
    assembly: Assembly
    bonds: dict[str, int]  #: kinds of bond, counted


@dataclass(frozen=True)
class Background:
    """Known molecules that new ones are compared with."""

    molecules: tuple[Known, ...]

    @cached_property
    def count(self) -> Counter[str]:
        """In how many molecules each core is."""
        return Counter(core for known in self.molecules for core in set(known.assembly.cores))

    @cached_property
    def bonds(self) -> Counter[str]:
        """In how many molecules each kind of bond is."""
        return Counter(kind for known in self.molecules for kind in known.bonds)

    @cached_property
    def sites(self) -> Mapping[str, Counter[tuple[int, ...]]]:
        """Of each core, the sets of atoms that bear joints, counted."""
        found: dict[str, Counter[tuple[int, ...]]] = defaultdict(Counter)
        for known in self.molecules:
            for core, sites in sites_of(known.assembly):
                found[core][sites] += 1
        return found

    @cached_property
    def example(self) -> Mapping[str, str]:
        """Of each core, the id of one molecule that has it."""
        return {core: known.id for known in reversed(self.molecules) for core in known.assembly.cores}

    @cached_property
    def by_id(self) -> Mapping[str, Known]:
        """Molecules by id."""
        return {known.id: known for known in self.molecules}

    @cached_property
    def smiles(self) -> Mapping[str, str]:
        """Canonical SMILES without stereo -> id."""
        return {known.smiles: known.id for known in reversed(self.molecules)}

    @cached_property
    def bits(self) -> NDArray[np.float32]:
        """ECFP4 of every molecule, float32 (n, 2048)."""
        return ecfp4([known.smiles for known in self.molecules]).astype(np.float32)

    def without(self, ids: Iterable[str]) -> Background:
        """The same without some molecules, as a benchmark needs that hides them."""
        hidden = frozenset(ids)
        return Background(tuple(known for known in self.molecules if known.id not in hidden))

    @classmethod
    def of(cls, molecules: Iterable[tuple[str, str, str]], say: Progress, total: int = 0) -> Background:
        """Take molecules apart: id, name, SMILES. What cannot be taken apart is left out."""
        found = []
        for place, (id_, name, smiles) in enumerate(molecules):
            if total and place % 50 == 0:
                say("Taking the known drugs apart, once", place / total)
            try:
                whole = flat_smiles(smiles)
                found.append(Known(id_, name, whole, cut(whole, id_), dict(bond_kinds(whole))))
            except InputError as error:
                logger.debug("%s is left out of the background: %s", id_, error)
        return cls(tuple(found))

    @classmethod
    def of_graph(cls, graph: KnowledgeGraph, folder: Path, say: Progress) -> Background:
        """The drugs of a graph, from the cache in ``folder`` or taken apart now and kept there."""
        path = folder / f"known-drugs-{graph.digest[:12]}-{_VERSION}.json"
        if (kept := _load(path)) is not None:
            return cls(kept)
        rows = graph.rows("drug")
        rows = rows[graph.kind_of_row[rows] == list(InputKind).index(InputKind.SMILES)]
        triples = zip(
            (graph.ids[row] for row in rows), (graph.names[row] for row in rows), graph.inputs(rows), strict=True
        )
        made = cls.of(triples, say, len(rows))
        _save(path, made)
        return made


def sites_of(assembly: Assembly) -> list[tuple[str, tuple[int, ...]]]:
    """Every core with the atoms of it that bear joints, ascending."""
    borne: dict[int, set[int]] = defaultdict(set)
    for joint in assembly.joints:
        borne[joint.a].add(joint.atom_a)
        borne[joint.b].add(joint.atom_b)
    return [(core, tuple(sorted(borne[place]))) for place, core in enumerate(assembly.cores)]


def _load(path: Path) -> tuple[Known, ...] | None:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return tuple(
            Known(
                id_, name, smiles,
                Assembly(tuple(cores), tuple(Joint(*joint) for joint in joints), (id_,) * len(cores)), bonds,
            )
            for id_, name, smiles, cores, joints, bonds in raw
        )  # fmt: skip
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        logger.warning("%s cannot be read and is made again: %s", path.name, error)
        return None


def _save(path: Path, made: Background) -> None:
    raw = [
        (k.id, k.name, k.smiles, k.assembly.cores, [list(asdict(j).values()) for j in k.assembly.joints], k.bonds)
        for k in made.molecules
    ]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as handle:
            json.dump(raw, handle, ensure_ascii=False, separators=(",", ":"))
        os.replace(handle.name, path)
    except OSError as error:  # it works without, only slower next time
        logger.warning("the known drugs taken apart cannot be kept in %s: %s", path.parent, error)
