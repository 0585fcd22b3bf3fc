"""A small graph embedding as a second opinion: TransE (Bordes et al. 2013) in eight bits a number.

It knows an entity by its links alone, so of an entity without links, or a raw input, it has nothing to say.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biobridge_core.artifacts import read_manifest, verify_folder, write_folder
from biobridge_core.errors import ArtifactError

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph

STAGE = "embedding"
_FILE = "embedding.safetensors"
_Floats = NDArray[np.float32]


class GraphEmbedding:
    """TransE vectors of every entity, and a translation for each relation.

    Parameters
    ----------
    codes, steps
        int8 (n_entities, w) and float16 (n_entities,): a vector is its codes times its step.
    translations
        Relation or inverse -> float32 (w,).
    trained
        bool (n_entities,): whether any link of the entity was trained on; the others' vectors mean nothing.
    """

    def __init__(
        self,
        graph: KnowledgeGraph,
        codes: NDArray[np.int8],
        steps: NDArray[np.float16],
        translations: Mapping[str, _Floats],
        trained: NDArray[np.bool_],
    ) -> None:
        self._graph, self._codes, self._steps = graph, codes, steps
        self._translations, self._trained = dict(translations), trained

    @classmethod
    def compress(
        cls,
        graph: KnowledgeGraph,
        vectors: _Floats,
        translations: Mapping[str, _Floats],
        trained: NDArray[np.bool_],
    ) -> GraphEmbedding:
        """Keep eight bits of each number of ``vectors`` float32 (n_entities, w)."""
        steps = (np.abs(vectors).max(axis=1) / 127).astype(np.float16)
        codes = np.rint(vectors / np.maximum(steps.astype(np.float32), 1e-9)[:, None])
        return cls(graph, np.clip(codes, -127, 127).astype(np.int8), steps, translations, trained)

    def knows(self, row: int) -> bool:
        """Whether an entity was trained on."""
        return bool(self._trained[row])

    def scores(self, head: int, relation: str) -> _Floats:
        """-|head + relation - tail|² for every tail of a relation, (n_tails,), higher is better.

        Raises
        ------
        KeyError
            If the relation was not trained.
        """
        query = self._vectors(np.array([head]))[0] + self._translations[relation]
        tails = self._vectors(self._graph.rows(self._graph.relations[relation].tail))
        return np.asarray(2 * (tails @ query) - np.square(tails).sum(axis=1), dtype=np.float32)

    def has(self, relation: str) -> bool:
        """Whether a relation was trained."""
        return relation in self._translations

    def _vectors(self, rows: NDArray[np.integer]) -> _Floats:
        return np.asarray(self._codes[rows].astype(np.float32) * self._steps[rows].astype(np.float32)[:, None])

    def save(self, folder: Path, *, meta: dict[str, object], inputs: Mapping[str, str] | None = None) -> None:
        """Write the folder with its manifest.

        Raises
        ------
        ArtifactError
            If the folder cannot be written.
        """
        from safetensors.numpy import save_file

        names = sorted(self._translations)
        arrays: dict[str, NDArray[np.generic]] = {
            "codes": self._codes,
            "steps": self._steps,
            "translations": np.stack([self._translations[name] for name in names]).astype(np.float32),
            "trained": np.packbits(self._trained),
        }
        with write_folder(folder, STAGE, inputs={"graph": self._graph.digest, **(inputs or {})}, meta=meta) as new:
            save_file(arrays, new / _FILE, metadata={"relations": json.dumps(names)})

    @classmethod
    def of_bundle(cls, bundle: Path, graph: KnowledgeGraph) -> GraphEmbedding | None:
        """The embedding of a bundle that was verified when it was opened; None where it has none."""
        return cls.load(bundle / STAGE, graph, verify=False) if (bundle / STAGE).is_dir() else None

    @classmethod
    def load(cls, folder: Path, graph: KnowledgeGraph, *, verify: bool = True) -> GraphEmbedding:
        """Open a folder that `save` wrote.

        Raises
        ------
        ArtifactError
            If a file is missing or damaged, or it was made for another graph.
        """
        from safetensors import SafetensorError, safe_open

        manifest = verify_folder(folder, STAGE) if verify else read_manifest(folder, STAGE)
        if manifest.inputs.get("graph") != graph.digest:
            raise ArtifactError(f"{folder} was made from another graph.", "Run `biobridge build kge` again.")
        try:
            with safe_open(folder / _FILE, framework="numpy") as handle:
                names = json.loads(handle.metadata()["relations"])
                codes, steps = handle.get_tensor("codes"), handle.get_tensor("steps")
                moved, bits = handle.get_tensor("translations"), handle.get_tensor("trained")
            trained = np.unpackbits(bits, count=graph.n_entities).astype(bool)
            if (len(codes), moved.shape) != (graph.n_entities, (len(names), codes.shape[1])):
                raise ValueError("its arrays do not fit together")
        except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
            raise ArtifactError(f"{folder / _FILE} cannot be read: {error}.", "Run `biobridge build kge`.") from error
        return cls(graph, codes, steps, dict(zip(names, moved, strict=True)), trained)
