"""What the bridge says of candidates, in both directions, many at once.

*Towards the target*: the molecule is asked as if it were a query, read with bridge and memory as any unseen drug is;
the score tells how much of the belief falls on the wanted protein. Only proteins with drugs are rivals: others get no
measurable share. *From the target*: the protein is asked for drugs, and the molecule stands among the known drugs by
the bridge's cosine.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from biobridge_core.design.edited_memory import EditedMemory
from biobridge_core.design.evidence import Evidence, Part, Role
from biobridge_core.types import HitStatus, InputKind

if TYPE_CHECKING:
    from biobridge_core.batch import Models
    from biobridge_core.bundle import Bundle
    from biobridge_core.queueing import Progress
    from biobridge_core.retrieve import Head, Retriever

_Floats = NDArray[np.float32]
_CERTAIN = math.log(0.5)  #: a share of the belief that counts as full marks
_TOP = 3.0  #: minus log10 of the share of known drugs above, that counts as full marks: one in a thousand
FORWARD_SHARE = 0.6  #: of the score; the rest is the way back


@dataclass(frozen=True, slots=True)
class PartScore:
    """What the bridge says of one molecule for one part of the goal."""

    score: float  #: 0 (no better than chance) to 1, both directions together
    belief: float  #: share of the belief over all proteins that falls on the part's, 0..1
    percentile: float  #: of the molecule among known drugs, asked from the part's side, 0..100


@dataclass(frozen=True)
class _Aim:
    """The proteins that stand for one part."""

    part: Part
    columns: NDArray[np.int64]  #: places among the rivals
    shares: _Floats
    moved: _Floats  #: (d,) the part's proteins moved to the drugs' side
    sorted_known: _Floats  #: cosines of the known drugs with it, ascending


class BridgeScorer:
    """Scores molecules for the parts of one goal. Belongs to one run."""

    def __init__(self, bundle: Bundle, retriever: Retriever, models: Models, evidence: Evidence) -> None:
        self._bundle, self._retriever, self._models = bundle, retriever, models
        self._bridge, self.graph = bundle.bridge, bundle.graph
        self._first, self._first_drug = (int(self.graph.rows(name)[0]) for name in ("protein", "drug"))
        self._n = len(self.graph.rows("protein"))
        weights = {part.key: self._proteins(part, evidence) for part in evidence.parts if part.role is not Role.START}
        wanted = sorted({row for rows in weights.values() for row in rows})
        memory, reading = bundle.reader.memory, bundle.reader.reading
        self._asks = memory.ask_inputs
        self._memory = EditedMemory(
            memory, reading, [row - self._first for row in wanted], self._links(wanted, evidence)
        )
        self._tails = self._projected(self._memory.rivals + self._first)
        self._aims = [self._aim(part, weights[part.key]) for part in evidence.parts if weights.get(part.key)]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts that can be scored."""
        return tuple(aim.part for aim in self._aims)

    def score(self, smiles: Sequence[str], say: Progress) -> list[dict[str, PartScore]]:
        """What the bridge says of each molecule, by key of the part.

        Raises
        ------
        InputError, WeightsError, BusyError
            If one cannot be encoded, the model is missing, or too many wait for it.
        """
        if not smiles or not self._aims:
            return [{} for _ in smiles]
        vectors, _ = self._models.vectors(InputKind.SMILES, smiles, say, background=True)
        beliefs = self._beliefs(smiles, vectors)  # (n, rivals), natural log
        with torch.inference_mode():
            placed = self._bridge.project(torch.tensor(vectors), "drug", InputKind.SMILES).float().cpu().numpy()
        placed /= np.maximum(np.linalg.norm(placed, axis=1, keepdims=True), 1e-9)
        result: list[dict[str, PartScore]] = [{} for _ in smiles]
        for aim in self._aims:
            share = np.exp(beliefs[:, aim.columns]) @ aim.shares  # (n,)
            place = np.searchsorted(aim.sorted_known, placed @ aim.moved) / max(len(aim.sorted_known), 1)
            for found, belief, percentile in zip(result, share.tolist(), place.tolist(), strict=True):
                found[aim.part.key] = self._part_score(belief, percentile)
        return result

    def _part_score(self, belief: float, place: float) -> PartScore:
        chance = -math.log(self._n)
        forward = (math.log(max(belief, 1e-30)) - chance) / (_CERTAIN - chance)
        back = -math.log10(1 - place + 10**-_TOP) / _TOP
        score = FORWARD_SHARE * min(max(forward, 0.0), 1.0) + (1 - FORWARD_SHARE) * min(max(back, 0.0), 1.0)
        return PartScore(round(score, 4), round(min(belief, 1.0), 6), round(100 * place, 2))

    def _proteins(self, part: Part, evidence: Evidence) -> dict[int, float]:
        """Rows of the proteins that stand for a part, with weights that sum to 1."""
        if part.entity is not None and part.entity.modality == "protein":
            return {self.graph.row(part.entity.id): 1.0}
        items = [i for i in evidence.live((part.role,)) if i.part == part.key and i.entity.modality == "protein"]
        found = {self.graph.row(item.entity.id): max(evidence.weight(item), 1e-3) for item in items}
        if any(item.status is HitStatus.SIMILAR for item in items):  # of a raw sequence: the likest alone, sharply
            top = max(found.values())
            found = {row: math.exp(20 * (weight - top)) for row, weight in found.items()}
        whole = sum(found.values())
        return {row: weight / whole for row, weight in found.items()}

    def _links(self, wanted: Sequence[int], evidence: Evidence) -> dict[str, list[tuple[int, int, float]]]:
        """What the graph knows of drugs of the proteins of the goal, without what is struck out, pinned ones twice."""
        struck = {item.entity.id for item in evidence.items if not evidence.is_live(item)}
        struck -= {item.entity.id for item in evidence.items if evidence.is_live(item)}
        pinned = {evidence.item(id_).entity.id for id_ in evidence.pinned}
        found: dict[str, list[tuple[int, int, float]]] = {}
        for row in wanted:
            for drug, triples in sorted(self.graph.known(row, "drug").items()):
                id_ = self.graph.ids[drug]
                if id_ not in struck:
                    weight = 2.0 if id_ in pinned else 1.0
                    name = self.graph.relations[triples[0].relation].inverse
                    found.setdefault(name, []).append((drug - self._first_drug, row - self._first, weight))
        return found

    def _projected(self, rows: NDArray[np.int64]) -> torch.Tensor:
        """Proteins as the bridge places them, unit vectors (n, w)."""
        heads = [self._retriever.head(int(row)) for row in rows]
        placed = torch.zeros(len(rows), self._bridge.config.width)
        for kind in {head.kind for head in heads}:
            mine = [place for place, head in enumerate(heads) if head.kind is kind]
            vectors = torch.tensor(np.stack([heads[place].vector for place in mine]))
            with torch.inference_mode():
                placed[mine] = self._bridge.project(vectors, "protein", kind).float().cpu()
        return torch.nn.functional.normalize(placed, dim=-1)

    def _aim(self, part: Part, weights: Mapping[int, float]) -> _Aim:
        rows = list(weights)
        shares = np.array([weights[row] for row in rows], dtype=np.float32)
        columns = np.searchsorted(self._memory.rivals, np.array(rows) - self._first)
        moved = sum(
            (share * self._moved(self._retriever.head(row)) for row, share in weights.items()),
            start=np.zeros(self._bridge.config.width, dtype=np.float32),
        )
        moved = np.asarray(moved / max(float(np.linalg.norm(moved)), 1e-9), dtype=np.float32)
        known = np.sort(self._retriever.index("drug").scores(moved[None])[0])
        return _Aim(part, columns, shares, moved, known)

    def _moved(self, head: Head) -> _Floats:
        """A protein moved towards drugs, the mean over the relations that may hold, by their share of the links."""
        names = [r.inverse for r in self._memory.relations]
        sizes = np.array([self._memory.sizes[r.name] for r in self._memory.relations], dtype=np.float32)
        with torch.inference_mode():
            vector = torch.tensor(head.vector[None], device=self._retriever.device)
            embedded = self._bridge.embed(vector, head.modality, head.kind)
            moved = self._bridge.query(embedded.repeat(len(names), 1), names).float().cpu().numpy()
        return np.asarray((sizes / sizes.sum()) @ moved, dtype=np.float32)

    def _beliefs(self, smiles: Sequence[str], vectors: _Floats) -> _Floats:
        """Natural log of the share of the belief on each rival, the most over the relations: (n, rivals)."""
        asked = self._asks(smiles, vectors, "drug", InputKind.SMILES)
        names = [relation.name for relation in self._memory.relations]
        with torch.inference_mode():
            embedded = self._bridge.embed(torch.tensor(vectors), "drug", InputKind.SMILES)
            moved = self._bridge.query(embedded.repeat(len(names), 1), [name for name in names for _ in smiles])
            logits = (moved.float() @ self._tails.T / self._bridge.temperature).cpu().numpy()
        parts = np.split(logits, len(names))
        read = [self._memory.read(asked, name, part) for name, part in zip(names, parts, strict=True)]
        found: _Floats = np.max(np.stack(read), axis=0)
        return found
