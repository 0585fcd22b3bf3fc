"""The facade that pages, CLI and notebooks call. Nothing else calls the stages.

Examples
--------
>>> from biobridge_core.service import BridgeService
>>> service = BridgeService.open()                                         # doctest: +SKIP
>>> service.ask("TP53", to=["disease"]).lists[0].hits[0].entity.name       # doctest: +SKIP
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property

import torch

import biobridge_core
from biobridge_core import card
from biobridge_core.answer.asker import Asker
from biobridge_core.batch import Batch, Engine
from biobridge_core.bundle import Bundle
from biobridge_core.chem.depict import svg, weights_svg
from biobridge_core.compare import Comparer
from biobridge_core.config import Settings
from biobridge_core.describe import Facts
from biobridge_core.design.designer import Designer
from biobridge_core.drawn import Drawn
from biobridge_core.encoders.device import pick_device
from biobridge_core.encoding import Encoders
from biobridge_core.errors import InputError, WeightsError
from biobridge_core.explain.asked import attributed
from biobridge_core.explain.embedding import GraphEmbedding
from biobridge_core.explain.why import Explainer
from biobridge_core.heads import Heads, quiet
from biobridge_core.language_model import LanguageModel, language_model
from biobridge_core.lookup import Lookup, spoken_of_a_patient
from biobridge_core.many import Many
from biobridge_core.pictures import Pictures
from biobridge_core.queueing import Progress
from biobridge_core.relative import relative
from biobridge_core.report.writer import Writer
from biobridge_core.retrieve import Retriever
from biobridge_core.shapes import Shapes
from biobridge_core.status import Status, status_of
from biobridge_core.types import (
    FAR,
    Attribution,
    Entity,
    InputKind,
    Modality,
    Provenance,
    Query,
    QueryKind,
    Relation,
    Relative,
    Resolution,
    Retrieval,
    Why,
)
from biobridge_core.uploads import ReadAs, Row

__all__ = ["BridgeService", "Status"]


class BridgeService:
    """One opened bundle with its encoders. Read-only and shared between all users of a process."""

    def __init__(self, settings: Settings, bundle: Bundle, progress: Progress | None = None) -> None:
        say = progress or quiet
        self.settings = settings
        placement = pick_device(settings.device)
        self.device, self._device_note = placement.device, placement.reason
        if settings.threads > 0:
            torch.set_num_threads(settings.threads)
        say("Projecting the catalogue through the bridge", 0.5)
        self._bundle = bundle
        self.graph = bundle.graph
        self._retriever = Retriever(bundle, self.device)
        self._explainer = Explainer(bundle, self._retriever, GraphEmbedding.of_bundle(settings.bundle, bundle.graph))
        say("Indexing names", 0.8)
        self._lookup = Lookup(bundle.graph)
        self._encoders = Encoders(settings, self.device, bundle.catalogue)
        self._heads = Heads(self.graph, self._lookup, self._encoders, self._retriever)
        say("Ready", 1.0)

    @classmethod
    def open(cls, settings: Settings | None = None, progress: Progress | None = None) -> BridgeService:
        """Open the bundle of a profile and verify it.

        A frozen encoder is loaded when a raw input first needs it, or by `load_encoders`. One whose weights are missing
        does not stop the service: named entities still work, and a raw input of that kind says what is missing.

        Raises
        ------
        ArtifactError
            If a file of the bundle is missing or damaged (the message names it).
        """
        settings = settings or Settings.from_env()
        (progress or quiet)("Checking the knowledge graph and the trained bridge", 0.05)
        return cls(settings, Bundle.open(settings.bundle), progress)

    def prepare(self) -> None:
        """Read the memory of every kind of entity now, so that no question waits for it."""
        self._lookup.prepare()
        self._retriever.prepare()
        self._explainer.prepare()

    def load_encoders(self, progress: Progress | None = None) -> None:
        """Load every frozen encoder now, so that no raw input waits for one; `status` says which cannot be used."""
        self._encoders.load(progress or quiet)

    def find(self, text: str, progress: Progress | None = None) -> Resolution:
        """Decide what an input is: an entity, a sequence, a molecule or free text.

        Free text is read as the kind of thing that it is nearest to; ``progress`` is told when that has to load the
        text model.

        Raises
        ------
        InputError, UnknownEntityError
            With what is wrong and the way out.
        """
        resolution = self._lookup.find(text)
        query = resolution.chosen
        if query is None or query.kind is not QueryKind.TEXT or spoken_of_a_patient(query.value):
            return resolution
        texts = [q for q in resolution.alternatives if q.kind is QueryKind.TEXT]
        if query != texts[0]:  # a list of findings: settled by its names
            return resolution
        try:
            vector = self._heads.vector(InputKind.TEXT, query.value, progress)[0]
        except WeightsError:  # said when it is asked; until then any reading is as good
            return resolution
        best = self._retriever.closest_modality(vector, InputKind.TEXT, [q.modality for q in texts])
        return replace(resolution, chosen=next(q for q in texts if q.modality == best))

    def interpret(self, text: str, modality: str) -> Query:
        """Take an input as a query of one given modality (the way to switch).

        Raises
        ------
        InputError, UnknownEntityError
            If it cannot be read as that modality, or there is no such modality.
        """
        return self._lookup.interpret(text, modality)

    def ask(
        self,
        text: str,
        modality: str | None = None,
        to: Sequence[str] | None = None,
        k: int = 20,
        progress: Progress | None = None,
    ) -> Retrieval:
        """Find what ``text`` means and retrieve for it; with ``modality``, read it as that.

        Raises
        ------
        InputError
            Also when several entities fit equally well; the message lists them.
        """
        if modality:
            return self.retrieve(self.interpret(text, modality), to, k, progress)
        resolution = self.find(text, progress)
        if resolution.chosen is None:
            named = "; ".join(f"{q.label} ({q.value})" for q in resolution.alternatives if q.kind is QueryKind.ENTITY)
            note = resolution.notes[-1] if resolution.notes else "This can mean several things."
            raise InputError(note, f"Choices: {named}." if named else "Name the modality to search it as free text.")
        result = self.retrieve(resolution.chosen, to, k, progress)
        return replace(result, warnings=(*resolution.notes, *result.warnings))

    def retrieve(
        self, query: Query, to: Sequence[str] | None = None, k: int = 20, progress: Progress | None = None
    ) -> Retrieval:
        """Rank the entities of other modalities for a query.

        Parameters
        ----------
        query
            From `find` or `interpret`.
        to
            Modalities to rank; every one but the query's own where None.
        k
            Hits per modality, 1 to 1,000; every known link is listed beyond that.
        progress
            Told when a model has to be loaded first.

        Raises
        ------
        InputError, UnknownEntityError, WeightsError
            The query cannot be encoded, ``to`` or ``k`` make no sense, or the weights for this input are missing.
        """
        started = time.perf_counter()
        head, warnings = self._heads.of(query, progress)
        targets = list(to) if to else self._retriever.others(head.modality)
        lists = self._retriever.retrieve(head, targets, k)
        raw = query.kind is not QueryKind.ENTITY
        nearest = self._retriever.nearest(head, 15) if raw else ()
        distance = self._retriever.distance_percentile(head)
        entity = self.graph.entity(head.row) if head.row is not None else None
        if raw and entity is not None:
            same = f"Identical to {entity.name} ({entity.id}): what the graph knows of it counts as known."
            warnings = (same, *warnings)
        elif raw and distance is not None and distance >= FAR:
            warnings = (*warnings, "Far from everything the bridge was trained on: read these hits as guesses.")
        return Retrieval(
            query=query,
            entity=entity,
            lists=tuple(lists),
            provenance=self._provenance(head.kind),
            warnings=warnings,
            seconds=time.perf_counter() - started,
            nearest_known=nearest,
            own_memory=self._retriever.has_memory(head),
            read_from=self._retriever.read_from(head),
            distance_percentile=distance,
        )

    def why(self, query: Query, tail: str, progress: Progress | None = None) -> Why:
        """Why the entity ``tail`` (a CURIE) is a hit of a query: paths, neighbours, agreement; under a second.

        Raises
        ------
        InputError, UnknownEntityError, WeightsError
            If the graph has no such entity, or the query cannot be encoded.
        """
        return self._explainer.why(query, self._heads.of(query, progress)[0], self.graph.row(tail))

    def attribute(
        self, query: Query, tail: str, relation: str | None = None, progress: Progress | None = None
    ) -> Attribution:
        """Which residues, atoms or words of a query carry the bridge's cosine with ``tail`` (a CURIE).

        Raises
        ------
        InputError, UnknownEntityError, WeightsError, BusyError
            If it cannot be measured: no such entity or relation, too short or too long, the model cannot be used.
        """
        head = self._heads.of(query, progress)[0]
        return attributed(self._bundle, self._encoders, head, self.graph.row(tail), relation, progress or quiet)

    @cached_property
    def comparer(self) -> Comparer:
        """Compares queries: pairs, several at once, wild type and mutant; see its methods."""
        return Comparer(self.graph, self._retriever, self._explainer, self._encoders, self._heads.of)

    @cached_property
    def designer(self) -> Designer:
        """Designs molecules from what the bridge retrieves for a goal; see its methods."""
        of, cache, admet = self._heads.of, self.settings.cache, self.drawn.admet
        return Designer(self._bundle, self._retriever, self._encoders, self.find, of, cache, admet=admet)

    @cached_property
    def asker(self) -> Asker:
        """Answers questions from facts, with citations, or refuses; see its methods."""
        return Asker(self._bundle, self._lookup, self._encoders, self._retriever, self._heads, self._provenance)

    @cached_property
    def language_model(self) -> LanguageModel | None:
        """The language model that the settings name, for whoever may reword facts; None where they name none.

        Raises
        ------
        LanguageModelError
            If it cannot be used as it is named.
        """
        return language_model(self.settings)

    @staticmethod
    def speaks_of_a_person(text: str) -> bool:
        """Whether a text speaks of a patient, so that it belongs in no address and no log."""
        return spoken_of_a_patient(text)

    def batch(self, rows: Sequence[Row], read_as: ReadAs, to: str, relation: str = "", k: int = 10) -> Batch:
        """Prepare a file of queries (see `uploads.rows`) to be asked chunk by chunk; ``relation`` may be empty.

        Raises
        ------
        InputError
            If there are no rows or too many, or ``to``, ``relation`` or ``k`` makes no sense.
        """
        many = Many(self._bundle, self._retriever)
        engine = Engine(self._lookup, many, self._encoders, self._retriever.head, self._heads.is_far, self._provenance)
        return Batch(engine, rows, read_as, to, relation, k)

    def entity(self, curie: str) -> Entity:
        """One entity of the graph by its CURIE.

        Raises
        ------
        UnknownEntityError
            If the graph does not have it.
        """
        return self.graph.entity(curie)

    def report(self, found: Retrieval, when: datetime, progress: Progress | None = None) -> bytes:
        """A result as one HTML file that loads nothing, its best hits explained; takes a few seconds.

        A hit that cannot be explained does not stop it: the report says so.
        """
        return self.files.result(found, when, progress)

    @cached_property
    def files(self) -> Writer:
        """Writes results and comparisons as files; see its methods."""
        return Writer(self.graph, self.depict, self.why, self._provenance)

    def card(self) -> card.Card:
        """Which frozen models and which bridge are loaded, and what it was trained on.

        Raises
        ------
        ArtifactError
            If the bundle does not say.
        """
        return card.read(self.settings.bundle)

    def relative(self, query: Query, curie: str) -> Relative:
        """How a sequence differs from an entity's.

        Raises
        ------
        UnknownEntityError
            If the graph does not have it.
        """
        return relative(query.value, self.graph.entity(curie))

    @property
    def modalities(self) -> Mapping[str, Modality]:
        """The modalities of the graph by name."""
        return self.graph.modalities

    @property
    def relations(self) -> Mapping[str, Relation]:
        """The relations of the graph by name, inverses included."""
        return self.graph.relations

    def depict(self, smiles: str, width: int = 220, height: int = 150, dark: bool = False) -> str:
        """2D drawing of a molecule as SVG text.

        Raises
        ------
        InputError
            If the SMILES does not parse.
        """
        return svg(smiles, width=width, height=height, dark=dark)

    def depict_weights(
        self, smiles: str, weights: Sequence[float], width: int = 420, height: int = 300, dark: bool = False
    ) -> str:
        """2D drawing of a molecule as SVG text, with a number for each atom as the colour of its ground.

        Raises
        ------
        InputError
            If the SMILES does not parse, or has another number of atoms.
        """
        return weights_svg(smiles, weights, width, height, dark)

    @cached_property
    def facts(self) -> Facts:
        """What the graph and its structure tell of an entity: links with sources, ontology, properties."""
        return Facts(self.graph)

    @cached_property
    def pictures(self) -> Pictures:
        """What maps, networks and filters by ontology branch need."""
        folders = (self.settings.bundle / "map", self.settings.build / "map")
        return Pictures(self.graph, self._bundle.catalogue, self._explainer.paths, folders)

    @cached_property
    def drawn(self) -> Drawn:
        """Reads drawn molecules, judges and compares them."""
        return Drawn(self.graph)

    @cached_property
    def shapes(self) -> Shapes:
        """Shapes in space of proteins and molecules."""
        return Shapes(self.settings.models, self.device)

    def status(self) -> Status:
        """What is loaded, on which device, and what is missing."""
        return status_of(
            self.settings, self.device, self._device_note, self._retriever.engine, self._encoders, self._bundle
        )

    def _provenance(self, kind: InputKind) -> Provenance:
        return Provenance(
            profile=self.settings.profile,
            encoder=self._bundle.catalogue.encoder_ids[kind],
            bridge=self._bundle.bridge_digest[:12],
            graph=self.graph.digest[:12],
            device=str(self.device),
            version=biobridge_core.__version__,
        )
