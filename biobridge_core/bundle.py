"""Bundle: graph, catalogue and bridge that belong together, checked whenever they are opened."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from biobridge_core.artifacts import Manifest, read_manifest, verify_folder
from biobridge_core.bridge.model import Bridge
from biobridge_core.catalogue import Catalogue
from biobridge_core.config import Settings
from biobridge_core.errors import ArtifactError
from biobridge_core.kg.graph import KnowledgeGraph

Progress = Callable[[str, float], None]  #: (what is being done, share done)

PARTS = ("kg", "catalogue", "bridge")
MAX_BYTES = 60 * 10**6

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Bundle:
    """What the service answers from."""

    graph: KnowledgeGraph
    catalogue: Catalogue
    bridge: Bridge
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
        manifests = {}
        for i, part in enumerate(PARTS):
            say(f"Checking {part}", i / 6)
            manifests[part] = verify_folder(folder / part, part)
        say("Opening the knowledge graph", 0.5)
        graph = KnowledgeGraph.load(folder / "kg", verify=False)
        say("Opening the catalogue", 0.7)
        catalogue = Catalogue.load(folder / "catalogue", verify=False)
        say("Opening the bridge", 0.9)
        bridge = Bridge.load(folder / "bridge")
        _check_chain(folder, graph, catalogue, manifests)
        say("Bundle opened", 1.0)
        return cls(graph, catalogue, bridge, manifests)


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
    settings.bundle.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{settings.bundle.name}-", dir=settings.bundle.parent))
    try:
        new = temporary / "new"
        for part in PARTS:
            manifest = verify_folder(settings.build / part, part)
            for name in (*manifest.files, "manifest.json"):
                target = new / part / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(settings.build / part / name, target)
        Bundle.open(new)
        sizes = {part: _size(new / part) for part in PARTS}
        if sum(sizes.values()) > max_bytes:
            listed = ", ".join(f"{part} {size / 1e6:.1f} MB" for part, size in sizes.items())
            raise ArtifactError(
                f"The bundle would take {sum(sizes.values()) / 1e6:.1f} MB ({listed}); {max_bytes / 1e6:.0f} MB is "
                "the most that is shipped.",
                "Keep fewer catalogue dimensions, or a narrower bridge.",
            )
        if settings.bundle.exists():
            settings.bundle.rename(temporary / "old")
        new.rename(settings.bundle)
    except OSError as error:
        raise ArtifactError(
            f"Could not write {settings.bundle}: {error.strerror or error}.",
            "Free disk space or check the permissions.",
        ) from error
    finally:
        if (temporary / "old").exists() and not settings.bundle.exists():
            (temporary / "old").rename(settings.bundle)
        shutil.rmtree(temporary, ignore_errors=True)
    for part, size in sizes.items():
        _LOG.info("%-10s %6.1f MB", part, size / 1e6)
    _LOG.info("%-10s %6.1f MB in %s", "bundle", sum(sizes.values()) / 1e6, settings.bundle)
    return sizes


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


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _quiet(_message: str, _share: float) -> None:
    """Progress that nobody asked for."""
