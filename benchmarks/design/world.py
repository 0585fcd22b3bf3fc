"""One world without the hidden molecules: graph, bridge, memory, fragments, MOSES and CReM's database.

The molecules leave before anything is made: the graph is cut, and all else is made from what is left. The bridge is
trained on the cut graph, with the split that the shipped one has. The catalogue keeps the principal directions that it
was fitted with on all vectors, hidden molecules' among them, without their links; their vectors are gone.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from ask.reduced import Reduced, without
from numpy.typing import NDArray
from retrieval.scorers import OPTIONS, code_of

from biobridge_core.artifacts import read_manifest, write_folder, write_manifest
from biobridge_core.bridge.calibrating import fit_calibration
from biobridge_core.bridge.calibration import Calibration
from biobridge_core.bridge.calibration_stage import read_back
from biobridge_core.bridge.data import Content
from biobridge_core.bridge.memory import Memory
from biobridge_core.bridge.memory_files import save_memory
from biobridge_core.bridge.model import Bridge
from biobridge_core.bridge.reader import Reader, fit_reading
from biobridge_core.bridge.reading import READING, Reading
from biobridge_core.bundle import STAGE as BUNDLE
from biobridge_core.catalogue import Catalogue
from biobridge_core.chem.properties import properties
from biobridge_core.chem.standardise import standardise
from biobridge_core.config import Settings
from biobridge_core.design import moses
from biobridge_core.design.goal import Goal
from biobridge_core.design.moses import Moses
from biobridge_core.errors import ArtifactError, InputError
from biobridge_core.evaluate.bridges import bridge_key, trained_bridge
from biobridge_core.evaluate.contents import ecfp4_content
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.kg.shipped_split import shipped
from biobridge_core.service import BridgeService
from design.cases import Cases

SEED = 0
CHEMNET, ECFP4 = "ChemNet", "ECFP4"
_FORMAT = 1
_FEW = 20  #: queries of a relation that the quick form reads
_LOG = logging.getLogger("design")


@dataclass
class World:
    """The whole graph, what is hidden, and all that is left.

    Parameters
    ----------
    folder
        Where everything is kept.
    steps
        Training steps in place of those of `OPTIONS`; 0 for those.
    """

    settings: Settings
    folder: Path
    steps: int = 0
    cache_folder: Path | None = None  #: what needs no bridge; beside the rest by default

    @cached_property
    def graph(self) -> KnowledgeGraph:
        """The whole graph."""
        return KnowledgeGraph.load(self.settings.build / "kg")

    @cached_property
    def cases(self) -> Cases:
        """Everything that is asked, with everything that is hidden; drawn once for graph and code."""
        key = digest_of([self.graph.digest, code_of("benchmarks/design/cases.py")])
        path = (self.cache_folder or self.folder) / f"cases-{key}.json"
        if path.exists():
            return Cases.from_dict(json.loads(path.read_text(encoding="utf-8")))
        drawn = Cases.draw(self.graph)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(drawn.as_dict()), encoding="utf-8")
        return drawn

    @cached_property
    def reduced(self) -> Reduced:
        """The graph without the hidden molecules."""
        return without(self.graph, {}, [self.graph.ids[row] for row in sorted(self.cases.rows)])

    @cached_property
    def catalogue(self) -> Catalogue:
        """Frozen vectors of what is left."""
        whole = Catalogue.load(self.settings.build / "catalogue")
        if whole.graph_digest != self.graph.digest:
            raise ArtifactError("The catalogue was built from another graph.", "Run `biobridge build catalogue` again.")
        return self.reduced.catalogue(whole)

    @cached_property
    def split(self) -> object:
        """What the bridge is trained without, as the shipped one: some links, some entities."""
        return shipped(self.reduced.graph, seed=SEED)

    @cached_property
    def view(self) -> object:
        """The links that the bridge is trained and its memory read with."""
        return self.split.training

    def content(self, name: str) -> Content:
        """Frozen vectors with one of two molecule encoders."""
        content = Content.from_catalogue(self.reduced.graph, self.catalogue)
        return content if name == CHEMNET else ecfp4_content(self.reduced.graph, content)

    def trained(self, name: str) -> tuple[Bridge, Content, Path]:
        """The bridge with one molecule encoder, trained where it was not yet; goes on where it was stopped."""
        content = self.content(name)
        options = replace(OPTIONS, steps=self.steps) if self.steps else OPTIONS
        data, view = self.catalogue.digest, self.view
        bridge = trained_bridge(self.reduced.graph, content, view, options, self.folder, data=data)
        return bridge, content, self.folder / bridge_key(content, view, options, data=data)

    def reader(self, name: str) -> Reader:
        """The bridge with its memory of the training links and the reading of it, fitted once."""
        bridge, content, folder = self.trained(name)
        memory = Memory(self.reduced.graph, content, self.view.train)
        kept = folder.with_name(f"{folder.name}-reading-{_reading_code()[:8]}")
        if (kept / READING).exists():
            reading = Reading.load(kept)
        else:
            reading = fit_reading(
                self.reduced.graph, content, self.view, bridge, memory, seed=SEED, sample=_FEW if self.steps else 400
            )  # fmt: skip
            kept.mkdir(parents=True, exist_ok=True)
            reading.save(kept)
        return Reader(bridge.eval(), content, memory, reading)

    # ------------------------------------------------------------------ the service

    @cached_property
    def service(self) -> BridgeService:
        """The service as visitors have it, opened on what is left, with caches of its own."""
        settings = replace(self.settings, bundle=self.bundle(), cache=self.cache)
        service = BridgeService.open(settings)
        left = [id_ for id_ in (self.graph.ids[row] for row in self.cases.rows) if id_ in service.graph]
        if left:
            raise ArtifactError(f"{left[0]} is still in the graph.", "Delete the bundle, and run again.")
        return service

    @property
    def cache(self) -> Path:
        """Where fragments, MOSES and CReM's database lie."""
        return (self.cache_folder or self.folder) / f"cache-{self.digest[:8]}"

    @property
    def digest(self) -> str:
        """Identity of what is left: the cut graph names it whole."""
        return self.reduced.graph.digest

    @cached_property
    def bundle_digest(self) -> str:
        """Identity of graph, vectors, bridge and reading together."""
        return self.service._bundle.bridge_digest

    def bundle(self) -> Path:
        """The folder of the bundle; made where it is missing or out of date."""
        identity = {"graph": self.digest, "catalogue": self.catalogue.digest, "format": str(_FORMAT)}
        identity |= {"steps": str(self.steps), "reading": _reading_code()}
        folder = self.folder / "bundle"
        try:
            if dict(read_manifest(folder, BUNDLE).inputs) == identity:
                return folder
        except ArtifactError:
            _LOG.info("Making the bundle without the hidden molecules.")
        reader = self.reader(CHEMNET)
        trained = self.trained(CHEMNET)[2]
        with write_folder(folder, BUNDLE, inputs=identity, meta={"hidden": len(self.cases.rows)}) as new:
            self.reduced.graph.save(new / "kg", inputs={"graph": self.graph.digest})
            self.catalogue.save(new / "catalogue")
            self._bridge(new, trained, reader)
            write_manifest(new, BUNDLE, inputs=identity, meta={})
        return folder

    def _bridge(self, bundle: Path, trained: Path, reader: Reader) -> None:
        graph, view = self.reduced.graph, self.view
        inputs = {"graph": graph.digest, "catalogue": self.catalogue.digest, "split": view.digest}
        meta: dict[str, object] = {"options": read_manifest(trained).meta["options"]}
        with write_folder(bundle / "bridge", "bridge", inputs=inputs, meta=meta) as new:
            for file in ("bridge.safetensors", "config.json"):
                shutil.copyfile(trained / file, new / file)
            reader.reading.save(new)
            save_memory(new, reader.memory, view.train)
            if self.steps:  # the quick form borrows the shipped chances, which take minutes to fit
                Calibration.load(self.settings.bundle / "bridge").save(new)
            else:
                fit_calibration(read_back(new, graph, reader.content), view, seed=SEED, progress=_say).save(new)

    # ------------------------------------------------------------------ what designs draw on

    @cached_property
    def moses(self) -> Moses:
        """The sample of MOSES without the hidden molecules, where the design looks for it."""
        folder = self.cache / "design"
        note = folder / "moses-filtered.json"
        found = Moses.open(folder) if note.exists() else None
        if found is None:
            with_all = Moses.make(folder, _say)
            found = visible_moses(with_all, {block: self.cases.smiles[block] for block in self.cases.hidden})
            moses._keep(folder, found)
            note.write_text(json.dumps({"taken out": len(with_all.smiles) - len(found.smiles)}), encoding="utf-8")
        return found

    @cached_property
    def seen(self) -> frozenset[str]:
        """First InChIKey blocks of everything that a method can see: the visible molecules and the sample of MOSES."""
        path = self.cache / "design" / "moses-blocks.json"
        if not path.exists():
            path.write_text(json.dumps([_block_as_drawn(text) for text in self.moses.smiles]), encoding="utf-8")
        blocks: list[str] = json.loads(path.read_text(encoding="utf-8"))
        if len(blocks) != len(self.moses.smiles):
            raise ArtifactError(f"{path} is about another sample.", "Delete it, and run again.")
        return frozenset(blocks) | (self.cases.smiles.keys() - self.cases.hidden)

    def prepare(self) -> None:
        """Make all that a design draws on, so that no clock runs meanwhile."""
        assert len(self.moses.smiles)
        self.service.designer.extras.build(_say)
        designer = self.service.designer
        designer.background(_say)
        case = self.cases.group("development")[0]  # models and memory are read now, and off no method's time
        goal = Goal((case.protein.removeprefix("UniProtKB:"),), n=1, seconds=1.0)
        designer.run(designer.evidence(goal), rounds=1).run(_say)
        designer.evidence(Goal(diseases=("cough",), n=1))


def visible_moses(sample: Moses, hidden: Mapping[str, str]) -> Moses:
    """A sample of MOSES without some molecules: first InChIKey block -> SMILES of the parent."""
    formulas = {_atoms(smiles) for smiles in hidden.values()}  # equal blocks have equal atoms; keys take long
    keep = np.array([_atoms(s) not in formulas or block_of(s) not in hidden for s in sample.smiles], dtype=bool)
    return Moses(tuple(text for text, stays in zip(sample.smiles, keep, strict=True) if stays), sample.bits[keep])


def _atoms(smiles: str) -> str:
    """Atoms other than hydrogen, counted."""
    found = re.findall(r"Cl|Br|[BCNOSPFI]|[bcnosp]|Se|Si", re.sub(r"\[H\]|@|H\d*", "", smiles))
    return str(sorted(Counter(atom.capitalize() for atom in found).items()))


def block_of(smiles: str) -> str:
    """First InChIKey block of the parent of a molecule; empty where it cannot be read."""
    try:
        return standardise(smiles, max_atoms=2000).inchikey14
    except InputError:
        return ""


def _block_as_drawn(smiles: str) -> str:
    """First InChIKey block of a molecule of MOSES, all of which are neutral and in one part."""
    return properties(smiles).inchikey.split("-", maxsplit=1)[0]


def digest_of(values: object) -> str:
    """Short hash of plain values."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


def bits_of(smiles: Sequence[str]) -> NDArray[np.float32]:
    """ECFP4, float32 (n, 2048)."""
    from biobridge_core.chem.fingerprints import ecfp4

    return ecfp4(list(smiles)).astype(np.float32)


def _reading_code() -> str:
    return code_of(*(f"biobridge_core/bridge/{name}.py" for name in ("memory", "pieces", "data", "reader", "reading")))


def _say(message: str, share: float) -> None:
    _LOG.debug("%3.0f %% %s", 100 * share, message)
