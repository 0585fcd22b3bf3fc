"""Services opened without what the questions ask for: no held-out link, no entity behind an attachment.

    python benchmarks/ask/opened.py          # builds both bundles where they are missing or out of date, and opens them

``transductive``: the shipped graph less the test links of that split; every named entity is asked there. ``cold``: the
shipped graph less every entity that stands behind an attachment, with all its links, and less the test links of the
cold-entity split. Both have the bridge that was trained on the split's training links, a memory of these links alone,
and reading and calibration fitted on its validation links. The graph embedding and the maps are left out: they were
made from all links.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import common  # noqa: F401 - first: it makes the package importable from a checkout
from retrieval.cases import SPLITS, Case, Opened, World
from retrieval.scorers import CONTENT, MEMORY, Field, code_of

from ask.facts import Held
from ask.reduced import leaks, without
from biobridge_core.artifacts import read_manifest, write_folder, write_manifest
from biobridge_core.bridge.calibrating import fit_calibration
from biobridge_core.bridge.calibration_stage import read_back
from biobridge_core.bridge.data import Content
from biobridge_core.bridge.memory import Memory
from biobridge_core.bridge.memory_files import save_memory
from biobridge_core.bridge.reading import Reading
from biobridge_core.bundle import PARTS
from biobridge_core.bundle import STAGE as BUNDLE
from biobridge_core.catalogue import Catalogue
from biobridge_core.config import Settings
from biobridge_core.errors import ArtifactError
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.kg.split import TrainingView
from biobridge_core.service import BridgeService

SEED = 0
#: name of the service -> split whose bridge it has
OPENED: Mapping[str, str] = {"transductive": "transductive", "cold": "cold_entity"}
STAGE = "bridge"

_LOG = logging.getLogger(__name__)
_FORMAT = 1  #: raised when bundles must be made again; what only makes the same numbers sooner is no reason


def removed_ids(questions: Iterable[Mapping[str, object]]) -> list[str]:
    """Every entity that a question says must be taken out, ascending."""
    return sorted({str(id_) for question in questions for id_ in _list(question.get("removed"))})


def build(settings: Settings, name: str, removed: Collection[str]) -> Path:
    """Make the bundle of a service, whole or not at all; one that is up to date stays as it is.

    Parameters
    ----------
    name
        One of `OPENED`.
    removed
        Ids taken out of the graph of ``cold``.

    Raises
    ------
    ArtifactError
        If the bridge of the split was not trained, or graph and catalogue do not fit together.
    """
    case = Case(OPENED[name], SEED)
    folder = settings.build / "ask" / "bundle" / name
    world = World(settings)
    removed = sorted(removed) if name == "cold" else []
    identity = {"graph": world.graph.digest, "catalogue": world.catalogue.digest, "removed": _digest(removed)}
    identity |= {"code": code_of("benchmarks/ask/reduced.py"), "split": case.name, "format": str(_FORMAT)}
    try:
        if dict(read_manifest(folder, BUNDLE).inputs) == identity:
            return folder
    except ArtifactError:
        _LOG.info("Making the bundle %s.", name)
    split = SPLITS[case.split](world.graph, case.seed)
    field = Field(Opened(world, case, split), train=False)
    reading = field.entry(MEMORY).make()._reader.reading  # type: ignore[attr-defined]
    reduced = without(world.graph, split.open_for_evaluation(), removed)
    view = TrainingView(reduced.links(split.training.train), reduced.links(split.training.valid), split.training.digest)
    with write_folder(folder, BUNDLE, inputs=identity, meta={"seed": SEED, "removed": len(removed)}) as new:
        reduced.graph.save(new / "kg", inputs={"graph": world.graph.digest})
        catalogue = reduced.catalogue(world.catalogue)
        catalogue.save(new / "catalogue")
        _bridge(new, field.bridge_folder(CONTENT), reduced.graph, catalogue, view, reading)
        write_manifest(new, BUNDLE, inputs=identity, meta={})
        assert all((new / part).is_dir() for part in PARTS)
    return folder


def _bridge(
    bundle: Path, trained: Path, graph: KnowledgeGraph, catalogue: Catalogue, view: TrainingView, reading: Reading
) -> None:
    """The bridge with its memory, its reading, and chances fitted on the validation links of its own split."""
    content = Content.from_catalogue(graph, catalogue)
    inputs = {"graph": graph.digest, "catalogue": catalogue.digest, "split": view.digest}
    meta: dict[str, object] = {"options": read_manifest(trained).meta["options"]}
    with write_folder(bundle / "bridge", STAGE, inputs=inputs, meta=meta) as new:
        for file in ("bridge.safetensors", "config.json"):
            shutil.copyfile(trained / file, new / file)
        reading.save(new)
        save_memory(new, Memory(graph, content, view.train), view.train)
        fit_calibration(read_back(new, graph, content), view, seed=SEED, progress=_say).save(new)


def open_service(settings: Settings, name: str, questions: Iterable[Mapping[str, object]]) -> BridgeService:
    """Open a service of `OPENED`, its bundle built first where it is missing.

    Raises
    ------
    ArtifactError
        If it lacks something, or knows a held-out link all the same.
    """
    removed = removed_ids(questions)
    service = BridgeService.open(replace(settings, bundle=build(settings, name, removed)))
    left = [id_ for id_ in removed if name == "cold" and id_ in service.graph]
    if left:
        raise ArtifactError(f"{left[0]} is still in the graph.", "Build the bundle again.")
    return service


def _digest(ids: Collection[str]) -> str:
    return hashlib.sha256(json.dumps(list(ids)).encode()).hexdigest()


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []


def _say(message: str, share: float) -> None:
    _LOG.info("%3.0f %% %s", 100 * share, message)


def read_questions(settings: Settings) -> list[dict[str, object]]:
    """All questions of the file that ``generate.py`` writes.

    Raises
    ------
    ArtifactError
        If there is none.
    """
    path = settings.build / "ask" / "questions.jsonl"
    if not path.is_file():
        raise ArtifactError(f"There are no questions at {path}.", "Run `python benchmarks/ask/generate.py`.")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def main() -> int:
    """Build both and count what they still know of what is held out, which must be nothing."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    import torch

    settings = Settings.from_env()
    torch.set_num_threads(max(1, settings.threads))
    questions = read_questions(settings)
    whole = KnowledgeGraph.load(settings.bundle / "kg")
    held = Held.draw(whole, seed=SEED)
    bad = 0
    for name, links in (("transductive", held.links), ("cold", held.cold_links)):
        graph = open_service(settings, name, questions).graph
        found = leaks(graph, whole, links)
        print(f"{name}: {graph.n_entities} entities, {graph.n_triples} links, {found} held-out links among them")
        bad += found
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
