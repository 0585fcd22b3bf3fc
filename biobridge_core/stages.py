"""The build, stage after stage: graph, vectors, catalogue, bridge, bundle. Every stage can be killed and run again."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np

from biobridge_core.artifacts import MANIFEST, read_manifest
from biobridge_core.bundle import assemble, bridge_is_current, catalogue_is_current
from biobridge_core.catalogue import Catalogue
from biobridge_core.config import Settings
from biobridge_core.encoders import create
from biobridge_core.errors import ArtifactError
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.store import EmbeddingStore
from biobridge_core.types import InputKind

Progress = Callable[[str, float], None]  #: (what is being done, share done)

#: Kinds whose raw dimensions are brought to unit variance before the principal components.
STANDARDISED: frozenset[InputKind] = frozenset()

_LOG = logging.getLogger(__name__)
_KINDS = list(InputKind)
_CHOSEN = "chosen.json"  # which store in the vectors folder serves which input kind


def build_graph(settings: Settings, *, drugbank_structures: bool = True, progress: Progress | None = None) -> Path:
    """Read the package tables and write the knowledge graph; see ``kg.build.build_kg``."""
    from biobridge_core.kg.build import build_kg

    return build_kg(settings, drugbank_structures=drugbank_structures, progress=progress)


def build_vectors(
    settings: Settings, *, progress: Progress | None = None, kinds: Collection[InputKind] = tuple(InputKind)
) -> dict[InputKind, Path]:
    """Encode every entity of the built graph; vectors that are there already are kept.

    Returns
    -------
    dict
        Folder of the embedding store of each kind.

    Raises
    ------
    ArtifactError
        If the graph is missing or damaged, or an encoder refuses an entity (all are named, the others are stored).
    WeightsError
        If the weights of an encoder cannot be found.
    """
    say = progress or _quiet
    graph = KnowledgeGraph.load(settings.build / "kg")
    folder = settings.build / "vectors"
    chosen = _read_chosen(folder)
    folders = {}
    for code, kind in enumerate(_KINDS):
        rows = np.flatnonzero(graph.kind_of_row == code)
        if kind not in kinds or not len(rows):
            continue
        say(f"Loading the {kind} encoder {settings.encoders[kind]}", 0.0)
        encoder = create(settings.encoders[kind], settings)
        identity = encoder.identity
        ids = [graph.ids[row] for row in rows]
        label = f"Encoding {len(ids):,} {kind} inputs with {identity.id}"
        with EmbeddingStore(folder / identity.id, identity.id, identity.dim) as store:
            if not _is_complete(store, graph.digest):
                store.fill(encoder, ids, graph.inputs(rows), progress=_shares(say, label))
                store.complete(ids, graph_digest=graph.digest)
        chosen[kind.value] = {"encoder": identity.id, "dim": identity.dim}
        temporary = folder / f".{_CHOSEN}"
        temporary.write_text(json.dumps(chosen, indent=1, sort_keys=True), encoding="utf-8")
        os.replace(temporary, folder / _CHOSEN)
        folders[kind] = store.folder
    return folders


def build_catalogue(settings: Settings, *, progress: Progress | None = None) -> Path:
    """Compress the vectors of all entities to what is shipped.

    Raises
    ------
    ArtifactError
        If the graph or the vectors are missing, damaged or not complete.
    """
    say = progress or _quiet
    start = time.perf_counter()
    graph = KnowledgeGraph.load(settings.build / "kg")
    say("Compressing the vectors", 0.1)
    folder = settings.build / "vectors"
    stores = {}
    for kind, entry in _read_chosen(folder).items():
        path = folder / str(entry["encoder"])
        if read_manifest(path, "vectors").inputs["graph"] != graph.digest:
            raise ArtifactError(f"{path} was made for another graph.", "Run `biobridge build vectors` again.")
        stores[InputKind(kind)] = EmbeddingStore(path, str(entry["encoder"]), int(entry["dim"]))
    catalogue = Catalogue.fit(graph, stores, standardise=STANDARDISED)
    seconds = time.perf_counter() - start
    meta = {
        "seconds": round(seconds, 3),
        "vector_seconds": {store.encoder_id: round(store.seconds, 1) for store in stores.values()},
    }
    catalogue.save(settings.build / "catalogue", meta=meta)
    say("Catalogue built", 1.0)
    return settings.build / "catalogue"


def build_bridge(settings: Settings, *, progress: Progress | None = None) -> Path:
    """Train the bridge on the built graph and catalogue; see ``bridge.train.train_bridge``."""
    from biobridge_core.bridge.train import train_bridge

    return train_bridge(settings, progress=_shares(progress or _quiet, "Training the bridge"))


def build_map(settings: Settings, *, progress: Progress | None = None) -> Path:
    """Draw the map of every modality from the built graph and catalogue; see ``map.build_map``."""
    from biobridge_core.map import build_map as draw

    graph, catalogue = KnowledgeGraph.load(settings.build / "kg"), Catalogue.load(settings.build / "catalogue")
    return draw(graph, catalogue, settings.build / "map", progress)


def build_all(settings: Settings, *, progress: Progress | None = None) -> dict[str, int]:
    """Run every stage that is not finished, and assemble the bundle.

    Returns
    -------
    dict
        Bytes of each part of the bundle.

    Raises
    ------
    BioBridgeError
        Whatever the stage that failed says; run it again to go on from there.
    """
    say = progress or _quiet
    if not (settings.build / "kg" / MANIFEST).exists():
        build_graph(settings, progress=progress)
    build_vectors(settings, progress=progress)
    graph = KnowledgeGraph.load(settings.build / "kg")
    chosen = {kind: str(entry["encoder"]) for kind, entry in _read_chosen(settings.build / "vectors").items()}
    if not catalogue_is_current(settings.build / "catalogue", graph, chosen):
        build_catalogue(settings, progress=progress)
    if not bridge_is_current(settings.build / "bridge", graph, Catalogue.load(settings.build / "catalogue")):
        build_bridge(settings, progress=progress)
    say("Assembling the bundle", 0.9)
    return assemble(settings)


def _is_complete(store: EmbeddingStore, graph_digest: str) -> bool:
    """Whether the store was completed for exactly this graph (its digest covers the inputs)."""
    try:
        return read_manifest(store.folder, "vectors").inputs["graph"] == graph_digest
    except ArtifactError:
        return False


def _read_chosen(folder: Path) -> dict[str, dict[str, str | int]]:
    path = folder / _CHOSEN
    if not path.exists():
        return {}
    try:
        chosen: dict[str, dict[str, str | int]] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{path} is damaged: {error}.", "Delete it and run `biobridge build vectors`.") from error
    return chosen


def _shares(say: Progress, label: str) -> Callable[[int, int], None]:
    """Turn (done, total) into a message with the share, and a rough time left."""
    start = time.perf_counter()
    first: list[int] = []

    def report(done: int, total: int) -> None:
        first.append(done) if not first else None
        say(f"{label}: {done:,} of {total:,}{_left(start, done - first[0], total - done)}", done / max(total, 1))

    return report


def _left(start: float, done: int, todo: int) -> str:
    return f", about {(time.perf_counter() - start) / done * todo / 60:.0f} min left" if done > 0 and todo else ""


def _quiet(_message: str, _share: float) -> None:
    """Progress that nobody asked for."""
