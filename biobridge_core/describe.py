"""What the graph tells of one entity: its links and their sources, its place in an ontology, what two links compose."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biobridge_core.chem.fingerprints import ecfp4
from biobridge_core.chem.properties import Properties, properties
from biobridge_core.errors import InputError
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.links import home_page
from biobridge_core.types import Entity, InputKind, Relation, Triple

_Rows = NDArray[np.int32]

#: Evidence codes of the Gene Ontology (http://geneontology.org/docs/guide-go-evidence-codes), strongest kind first.
EVIDENCE: Mapping[str, str] = {
    "EXP": "experiment", "IDA": "direct assay", "IPI": "physical interaction", "IMP": "mutant phenotype",
    "IGI": "genetic interaction", "IEP": "expression pattern", "HTP": "high-throughput experiment",
    "HDA": "high-throughput direct assay", "HMP": "high-throughput mutant phenotype",
    "HGI": "high-throughput genetic interaction", "HEP": "high-throughput expression pattern",
    "TAS": "traceable statement of an author", "IC": "inferred by a curator", "NAS": "statement of an author",
    "IBA": "ancestor in the family tree", "IBD": "descendant in the family tree", "IKR": "key residues",
    "IRD": "rapid divergence", "ISS": "sequence or structure similarity", "ISO": "orthologous sequence",
    "ISA": "sequence alignment", "ISM": "sequence model", "IGC": "genomic context",
    "RCA": "reviewed computational analysis", "IEA": "electronic, not reviewed", "ND": "no data",
}  # fmt: skip
_STRENGTH = {code: place for place, code in enumerate(EVIDENCE)}
_FREQUENCY = {"obligate": 1.0, "very frequent": 0.9, "frequent": 0.55, "occasional": 0.17, "very rare": 0.025}
_SHARE = re.compile(r"(?<![\d/])(\d+)/(\d+)(?![\d/])")
_AFFINITY = re.compile(r"p[A-Za-z0-9]+ [<>~]?(\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Link:
    """One neighbour with everything that the graph says of the link to it."""

    entity: Entity
    relation: Relation  #: as read from the entity that was asked about
    sources: tuple[str, ...]  #: keys into the graph's sources
    evidence: tuple[str, ...]
    values: tuple[str, ...]  #: frequency or affinity, as the sources word it


@dataclass(frozen=True, slots=True)
class Links:
    """Neighbours of one kind, best supported first; ``links`` may be a part of ``total``."""

    modality: str
    total: int
    links: tuple[Link, ...]
    narrower: bool = False  #: whether links of the kinds below the entity are among them


@dataclass(frozen=True, slots=True)
class Position:
    """Where an entity stands in its ontology."""

    path: tuple[Entity, ...]  #: from its widest root to the entity itself, by the fewest steps
    parents: tuple[Entity, ...]
    children: tuple[Entity, ...]  #: the first of ``n_children`` by name
    n_children: int
    n_above: int  #: all ancestors
    n_below: int  #: all descendants


@dataclass(frozen=True, slots=True)
class Composed:
    """An entity that two known links lead to. That is no known link itself."""

    entity: Entity
    via: tuple[Entity, ...]  #: the intermediates that lead to it


class _Edges:
    """Is-a links of one modality in one direction, as lists: walks over them take one step a time."""

    def __init__(self, pairs: NDArray[np.int32], n_entities: int) -> None:
        self._starts: list[int] = np.searchsorted(pairs[:, 0], np.arange(n_entities + 1)).tolist()
        self._ends: list[int] = pairs[:, 1].tolist()

    def ends(self, row: int) -> list[int]:
        return self._ends[self._starts[row] : self._starts[row + 1]]


class Facts:
    """Reads the graph for the page of an entity. Safe to share between threads."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self.graph = graph
        self._lock = threading.Lock()
        self._edges: dict[str, _Edges] = {}
        self._sizes: dict[int, int] = {}  #: how many entities lie under a root
        self._drugs: tuple[_Rows, NDArray[np.uint8]] | None = None

    def counts(self, curie: str) -> dict[str, int]:
        """How many entities of each modality the graph links this one to; modalities without any are left out.

        Raises
        ------
        UnknownEntityError
            If the graph does not have it (also of the methods below).
        """
        row = self.graph.row(curie)
        found = {name: len(self.graph.known_rows(row, name)) for name in self.graph.modalities}
        return {name: count for name, count in found.items() if count}

    def links(self, curie: str, modality: str, limit: int = 500, narrower: bool = False) -> Links:
        """Known neighbours of one modality.

        Parameters
        ----------
        limit
            Most of them; ``total`` counts all.
        narrower
            Whether what holds for the kinds below it (is-a) is counted too: a protein of a narrower process takes part
            in the wider one.
        """
        row = self.graph.row(curie)
        found: dict[int, list[Triple]] = {}
        for each in (row, *(self._below(row) if narrower else ())):
            for tail, triples in self.graph.known(each, modality).items():
                found.setdefault(tail, []).extend(triples)
        order = sorted(found, key=lambda tail: (*self._weight(found[tail]), self.graph.names[tail].casefold()))
        made = tuple(self._link(tail, found[tail]) for tail in order[:limit])
        return Links(modality, len(found), made, narrower)

    def position(self, curie: str, limit: int = 60) -> Position | None:
        """Place in the ontology of its modality; None where that has none."""
        row = self.graph.row(curie)
        up, down = self._hierarchy(self.graph.modality(row))
        if up is None or down is None:
            return None
        entity = self.graph.entity
        children = sorted(down.ends(row), key=lambda r: self.graph.names[r].casefold())
        path = self._path(row, up, down)
        return Position(
            tuple(entity(each) for each in path),
            tuple(entity(each) for each in up.ends(row)),
            tuple(entity(each) for each in children[:limit]),
            len(children),
            len(_reachable(row, up)),
            len(_reachable(row, down)),
        )

    def composed(self, curie: str, over: str, to: str, limit: int = 100) -> tuple[int, tuple[Composed, ...]]:
        """Entities that two known links lead to, most intermediates first: drug → protein → disease.

        Returns
        -------
        tuple of int and Composed
            How many there are, and the first of them.
        """
        row = self.graph.row(curie)
        via: dict[int, list[int]] = {}
        for middle in self.graph.known_rows(row, over).tolist():
            for end in self.graph.known_rows(middle, to).tolist():
                if end != row:
                    via.setdefault(end, []).append(middle)
        order = sorted(via, key=lambda end: (-len(via[end]), self.graph.names[end].casefold()))
        entity = self.graph.entity
        return len(via), tuple(Composed(entity(e), tuple(entity(m) for m in via[e])) for e in order[:limit])

    def similar_molecules(
        self, smiles: str, limit: int = 20, say: Callable[[str, float], None] | None = None
    ) -> tuple[tuple[Entity, float], ...]:
        """Known molecules most like this one by the Tanimoto coefficient of ECFP4, 0..1, itself left out.

        Raises
        ------
        InputError
            If the SMILES cannot be read.
        """
        own = ecfp4([smiles]).astype(np.float32)
        if not own.any():
            raise InputError("The molecule has no fingerprint.", "Draw a molecule with at least one bond.")
        rows, bits = self._fingerprints(say)
        shared = (np.unpackbits(bits, axis=1) @ own[0]) if len(rows) else np.zeros(0, np.float32)
        sizes = np.bitwise_count(bits).sum(axis=1, dtype=np.int64)
        tanimoto = shared / np.maximum(sizes + own.sum() - shared, 1)
        order = np.argsort(-tanimoto, kind="stable")
        same = {smiles}
        found = ((self.graph.entity(int(rows[i])), float(tanimoto[i])) for i in order[: limit + 20])
        return tuple((entity, value) for entity, value in found if entity.input not in same)[:limit]

    def properties(self, smiles: str) -> Properties:
        """What can be calculated of a molecule, see `chem.properties`.

        Raises
        ------
        InputError
            If the SMILES cannot be read.
        """
        return properties(smiles)

    def home_page(self, curie: str) -> str:
        """Address of the page that its home database has for a CURIE; empty where none is known."""
        return home_page(curie)

    def frequency(self, value: str) -> float | None:
        """Share of patients that a frequency stands for, see `frequency`."""
        return frequency(value)

    def in_words(self, link: Link) -> str:
        """The evidence of a link as a person reads it: codes of the Gene Ontology spelt out."""
        return "; ".join(evidence_words(evidence) for evidence in link.evidence)

    def source_names(self) -> dict[str, str]:
        """Keys of the graph's sources -> what they are called."""
        return {key: source.name for key, source in self.graph.sources.items()}

    # ------------------------------------------------------------------ inside

    def _link(self, tail: int, triples: list[Triple]) -> Link:
        return Link(
            self.graph.entity(tail),
            self.graph.relations[triples[0].relation],
            _once(t.source for t in triples),
            _once(t.evidence for t in triples),
            _once(t.value for t in triples),
        )

    @staticmethod
    def _weight(triples: list[Triple]) -> tuple[float, float]:
        """Sorts before the others what is more frequent or stronger, then what rests on better evidence."""
        codes = [code for t in triples for code in t.evidence.split("|") if code in _STRENGTH]
        strength = min((_STRENGTH[code] for code in codes), default=len(_STRENGTH))
        return -max(frequency(t.value) or affinity(t.value) or 0.0 for t in triples), strength

    def _hierarchy(self, modality: str) -> tuple[_Edges | None, _Edges | None]:
        """Child to parent and parent to child in a modality's is-a relation; None where it has none."""
        for relation in self.graph.relations.values():
            if relation.hierarchical and relation.forward and relation.head == modality:
                return self._sorted(relation.name), self._sorted(relation.inverse)
        return None, None

    def _sorted(self, relation: str) -> _Edges:
        if relation not in self._edges:
            self._edges[relation] = _Edges(self.graph.edges(relation), self.graph.n_entities)
        return self._edges[relation]

    def _below(self, row: int) -> list[int]:
        _, down = self._hierarchy(self.graph.modality(row))
        return [] if down is None else sorted(_reachable(row, down))

    def _path(self, row: int, up: _Edges, down: _Edges) -> list[int]:
        """Fewest steps up to the root that most lies under, root first."""
        came: dict[int, int] = {row: -1}
        queue = deque([row])
        roots = []
        while queue:
            last = queue.popleft()
            above = up.ends(last)
            if not above:
                roots.append(last)
            new = [each for each in above if each not in came]
            came.update(dict.fromkeys(new, last))
            queue.extend(new)
        path = [max(roots, key=lambda root: self._size(root, down))] if roots else [row]
        while came[path[-1]] >= 0:
            path.append(came[path[-1]])
        return path

    def _size(self, root: int, down: _Edges) -> int:
        if root not in self._sizes:
            self._sizes[root] = len(_reachable(root, down))
        return self._sizes[root]

    def _fingerprints(self, say: Callable[[str, float], None] | None) -> tuple[_Rows, NDArray[np.uint8]]:
        """Rows of all molecules and their packed fingerprints (n, 256), made once."""
        with self._lock:
            if self._drugs is None:
                kinds = list(InputKind)
                rows = np.flatnonzero(self.graph.kind_of_row == kinds.index(InputKind.SMILES)).astype(np.int32)
                inputs = self.graph.inputs(rows)
                bits = []
                for start in range(0, len(rows), 500):
                    if say is not None:
                        say(f"Comparing with {len(rows):,} known molecules, once for everyone", start / len(rows))
                    bits.append(np.packbits(ecfp4(inputs[start : start + 500]), axis=1))
                self._drugs = rows, np.concatenate([*bits, np.empty((0, 256), np.uint8)])
            return self._drugs


def frequency(value: str) -> float | None:
    """Share of patients that a frequency of the Human Phenotype Ontology stands for, 0..1; None where it is none.

    Counts are drawn towards a half as if one patient more with the sign and one without had been seen (Laplace): one
    patient of one is no "always".
    """
    counted = [(int(a), int(b)) for a, b in _SHARE.findall(value) if int(b)]
    if counted:
        return min((1 + sum(a for a, _ in counted)) / (2 + sum(b for _, b in counted)), 1.0)
    if percent := re.search(r"(?<![–\d.])(\d+(?:\.\d+)?)%", value):
        return min(float(percent[1]) / 100, 1.0)
    words = [share for word, share in _FREQUENCY.items() if re.search(rf"(?:^|; ){word}\b", value)]
    return max(words) if words else None


def affinity(value: str) -> float | None:
    """The -log10 of a molar affinity such as ``pIC50 7.3`` (100 nM is 7); None where there is none."""
    found = [float(number) for number in _AFFINITY.findall(value)]
    return max(found) if found else None


def evidence_words(evidence: str) -> str:
    """Codes of the Gene Ontology in words: ``IDA|IBA`` gives ``direct assay; ancestor in the family tree``."""
    codes = evidence.split("|")
    if not all(code in EVIDENCE for code in codes):
        return evidence
    return "; ".join(EVIDENCE[code] for code in sorted(codes, key=_STRENGTH.__getitem__))


def _reachable(row: int, edges: _Edges) -> set[int]:
    seen: set[int] = set()
    queue = [row]
    while queue:
        new = [each for each in edges.ends(queue.pop()) if each not in seen]
        seen.update(new)
        queue.extend(new)
    return seen - {row}


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))
