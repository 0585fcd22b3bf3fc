"""Bundle: graph, catalogue and bridge that belong together, checked whenever they are opened."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from biobridge_core.artifacts import MANIFEST, Manifest, read_manifest, verify_folder, write_folder, write_manifest
from biobridge_core.bridge.calibration import Calibration
from biobridge_core.bridge.data import Content
from biobridge_core.bridge.memory_files import load_memory
from biobridge_core.bridge.model import Bridge
from biobridge_core.bridge.quick import QuickReader
from biobridge_core.bridge.reader import Reader
from biobridge_core.bridge.reading import Reading
from biobridge_core.catalogue import Catalogue
from biobridge_core.config import Settings
from biobridge_core.errors import ArtifactError
from biobridge_core.kg.graph import KnowledgeGraph

Progress = Callable[[str, float], None]  #: (what is being done, share done)

STAGE = "bundle"
PARTS = ("kg", "catalogue", "bridge")
OPTIONAL = ("map", "embedding")  #: go along where they were built from this graph; nothing fails without them
MAX_BYTES = 60 * 10**6

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Bundle:
    """What the service answers from."""

    graph: KnowledgeGraph
    catalogue: Catalogue
    bridge: Bridge
    reader: Reader  #: the bridge with the memory of the links that it was trained and calibrated with
    calibration: Calibration
    manifest: Manifest  #: of the whole: file hashes, seconds and bytes of each part
    manifests: Mapping[str, Manifest]  #: by part, see ``PARTS``

    @property
    def bridge_digest(self) -> str:
        """Identity of the bridge: its files and everything that it was made from."""
        return self.manifests["bridge"].digest

    @classmethod
    def open(cls, folder: Path, progress: Progress | None = None) -> Bundle:
        """Open a bundle after checking every file's sha256 and that its parts were made from one another.

        Raises
        ------
        ArtifactError
            Naming the file that is missing or damaged, or the two parts that do not belong together.
        """
        say = progress or _quiet
        if not folder.is_dir():
            raise ArtifactError(
                f"There is no bundle at {folder}.",
                "Run `biobridge build all`, restore the folder from the repository, or set BIOBRIDGE_BUNDLE.",
            )
        say("Checking every file", 0.0)
        manifest = verify_folder(folder, STAGE)
        more = [part for part in OPTIONAL if (folder / part).is_dir()]
        manifests = {part: read_manifest(folder / part, part) for part in (*PARTS, *more)}
        _check_parts(folder, manifest, manifests)
        say("Opening the knowledge graph", 0.5)
        graph = KnowledgeGraph.load(folder / "kg", verify=False)
        say("Opening the catalogue", 0.7)
        catalogue = Catalogue.load(folder / "catalogue", verify=False)
        say("Opening the bridge", 0.9)
        bridge = Bridge.load(folder / "bridge")
        _check_chain(folder, graph, catalogue, manifests)
        content = Content.from_catalogue(graph, catalogue)
        memory = load_memory(folder / "bridge", graph, content)
        reader = QuickReader(bridge, content, memory, Reading.load(folder / "bridge"))
        calibration = Calibration.load(folder / "bridge")
        say("Bundle opened", 1.0)
        return cls(graph, catalogue, bridge, reader, calibration, manifest, manifests)


def assemble(settings: Settings, *, max_bytes: int = MAX_BYTES) -> dict[str, int]:
    """Copy the built graph, catalogue and bridge to the bundle folder, whole or not at all.

    Returns
    -------
    dict
        Bytes of each part.

    Raises
    ------
    ArtifactError
        If a part is missing or damaged, the parts do not belong together, or they exceed ``max_bytes``.
    """
    manifests = {part: verify_folder(settings.build / part, part) for part in PARTS}
    manifests |= _optional(settings.build, manifests["catalogue"].inputs["graph"])
    inputs = {part: manifest.digest for part, manifest in manifests.items()}
    meta: dict[str, object] = {"profile": settings.profile, "seconds": _seconds(manifests)}
    with write_folder(settings.bundle, STAGE, inputs=inputs, meta=meta) as new:
        for part, manifest in manifests.items():
            for name in (*manifest.files, MANIFEST):
                target = new / part / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(settings.build / part / name, target)
        sizes = {part: _size(new / part) for part in manifests}
        meta["bytes"] = sizes
        _check_size(sizes, max_bytes)
        write_manifest(new, STAGE, inputs=inputs, meta=meta)  # early, so that what is about to replace can be opened
        Bundle.open(new)
    for part, size in sizes.items():
        _LOG.info("%-10s %6.1f MB", part, size / 1e6)
    _LOG.info("%-10s %6.1f MB in %s", STAGE, sum(sizes.values()) / 1e6, settings.bundle)
    return sizes


def _optional(build: Path, graph_digest: str) -> dict[str, Manifest]:
    """The optional parts that were built from this graph; others are named and left out."""
    found = {}
    for part in OPTIONAL:
        if not (build / part / MANIFEST).is_file():
            continue
        manifest = verify_folder(build / part, part)
        if manifest.inputs.get("graph") == graph_digest:
            found[part] = manifest
        else:
            _LOG.warning("%s was made from another graph and is left out of the bundle.", build / part)
    return found


def catalogue_is_current(folder: Path, graph: KnowledgeGraph, encoder_ids: Mapping[str, str]) -> bool:
    """Whether a built catalogue lies in ``folder`` and was made from this graph by these encoders (kind -> id)."""
    try:
        inputs = read_manifest(folder, "catalogue").inputs
    except ArtifactError:
        return False
    return inputs == {"graph": graph.digest} | {f"encoder {kind}": id_ for kind, id_ in encoder_ids.items()}


def bridge_is_current(folder: Path, graph: KnowledgeGraph, catalogue: Catalogue) -> bool:
    """Whether a trained bridge lies in ``folder`` and was made from this graph and catalogue."""
    try:
        inputs = read_manifest(folder, "bridge").inputs
    except ArtifactError:
        return False
    return inputs.get("graph") == graph.digest and inputs.get("catalogue") == catalogue.digest


def _check_chain(folder: Path, graph: KnowledgeGraph, catalogue: Catalogue, manifests: Mapping[str, Manifest]) -> None:
    way_out = "Restore the whole folder from the repository, or run `biobridge build all`."
    if catalogue.graph_digest != graph.digest:
        raise ArtifactError(f"{folder / 'catalogue'} was made from another graph than {folder / 'kg'}.", way_out)
    rows = np.sort(np.concatenate([space.rows for space in catalogue.spaces.values()]))
    if not np.array_equal(rows, np.arange(graph.n_entities)):
        raise ArtifactError(
            f"{folder / 'catalogue'} has vectors for {len(rows)} entities, {folder / 'kg'} has {graph.n_entities}.",
            way_out,
        )
    inputs = manifests["bridge"].inputs
    if inputs.get("graph") != graph.digest:
        raise ArtifactError(f"{folder / 'bridge'} was trained on another graph than {folder / 'kg'}.", way_out)
    if inputs.get("catalogue") != catalogue.digest:
        raise ArtifactError(
            f"{folder / 'bridge'} was trained on another catalogue than {folder / 'catalogue'}.", way_out
        )


def _check_parts(folder: Path, manifest: Manifest, manifests: Mapping[str, Manifest]) -> None:
    """Refuse a part that was put there from another bundle."""
    for part, inner in manifests.items():
        for name, entry in inner.files.items():
            if manifest.files.get(f"{part}/{name}", {}).get("sha256") != entry["sha256"]:
                raise ArtifactError(
                    f"{folder / part / name} is not what {folder / MANIFEST} says: {part} comes from another bundle.",
                    "Restore the whole folder from the repository, or run `biobridge build all`.",
                )


def _check_size(sizes: Mapping[str, int], max_bytes: int) -> None:
    if sum(sizes.values()) > max_bytes:
        listed = ", ".join(f"{part} {size / 1e6:.1f} MB" for part, size in sizes.items())
        raise ArtifactError(
            f"The bundle would take {sum(sizes.values()) / 1e6:.1f} MB ({listed}); {max_bytes / 1e6:.0f} MB is "
            "the most that is shipped.",
            "Keep fewer catalogue dimensions, or train a narrower bridge.",
        )


def _seconds(manifests: Mapping[str, Manifest]) -> dict[str, object]:
    """What each stage of the build took, the encoders apart."""
    seconds: dict[str, object] = {part: manifest.meta.get("seconds") for part, manifest in manifests.items()}
    return seconds | {"vectors": manifests["catalogue"].meta.get("vector_seconds")}


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _quiet(_message: str, _share: float) -> None:
    """Progress that nobody asked for."""
