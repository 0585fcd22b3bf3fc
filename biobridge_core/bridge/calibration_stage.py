"""Calibrate a bridge as it lies in its folder: what is measured is what is written, read and served."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from biobridge_core.artifacts import MANIFEST, verify_folder, write_folder
from biobridge_core.bridge.calibrating import Progress, fit_calibration
from biobridge_core.bridge.calibration import CALIBRATION
from biobridge_core.bridge.data import Content
from biobridge_core.bridge.memory_files import load_memory
from biobridge_core.bridge.model import Bridge
from biobridge_core.bridge.reader import Reader
from biobridge_core.bridge.reading import Reading
from biobridge_core.errors import ArtifactError
from biobridge_core.kg.shipped_split import shipped

if TYPE_CHECKING:
    from biobridge_core.artifacts import Manifest
    from biobridge_core.config import Settings
    from biobridge_core.kg.graph import KnowledgeGraph
    from biobridge_core.kg.split import TrainingView


@dataclass(frozen=True)
class Trained:
    """A trained bridge as it is served, with the links that it was trained with and without."""

    reader: Reader
    view: TrainingView
    manifest: Manifest
    seed: int


def open_trained(root: Path) -> Trained:
    """Open graph, catalogue and bridge below a build or bundle folder and draw the split of the bridge again.

    Raises
    ------
    ArtifactError
        If a part is missing or damaged, or the bridge was trained on other links than its options draw from the graph.
    """
    from biobridge_core.catalogue import Catalogue
    from biobridge_core.kg.graph import KnowledgeGraph

    manifest = verify_folder(root / "bridge", "bridge")
    graph = KnowledgeGraph.load(root / "kg")
    content = Content.from_catalogue(graph, Catalogue.load(root / "catalogue"))
    options = manifest.meta.get("options")
    way_out = "Train the bridge again: `biobridge build bridge`."
    if not isinstance(options, dict) or not {"seed", "held_out", "held_out_entities"} <= options.keys():
        raise ArtifactError(f"{root / 'bridge' / MANIFEST} does not say which links were held out.", way_out)
    seed = int(options["seed"])
    view = shipped(graph, seed=seed, links=options["held_out"], entities=options["held_out_entities"]).training
    if view.digest != manifest.inputs.get("split"):
        raise ArtifactError(f"{root / 'bridge'} was trained on other links than its options draw now.", way_out)
    return Trained(read_back(root / "bridge", graph, content), view, manifest, seed)


def read_back(folder: Path, graph: KnowledgeGraph, content: Content) -> Reader:
    """The bridge and its memory of the training links from their files, as they are served."""
    bridge = Bridge.load(folder).to(content.device).eval()
    return Reader(bridge, content, load_memory(folder, graph, content), Reading.load(folder))


def add_calibration(settings: Settings, *, progress: Progress | None = None) -> Path:
    """Calibrate the built bridge and write ``calibration.json`` beside it, without training it again.

    Returns
    -------
    Path
        Folder of the bridge, whose manifest now names the calibration.

    Raises
    ------
    ArtifactError
        See `open_trained`.
    """
    import torch

    if settings.threads:
        torch.set_num_threads(settings.threads)
    trained = open_trained(settings.build)
    calibration = fit_calibration(trained.reader, trained.view, seed=trained.seed, progress=progress)
    folder, manifest = settings.build / "bridge", trained.manifest
    with write_folder(folder, "bridge", inputs=manifest.inputs, meta=dict(manifest.meta)) as new:
        for name in manifest.files:
            if name != CALIBRATION:
                shutil.copyfile(folder / name, new / name)
        calibration.save(new)
    return folder
