"""Design as a page, the command line and a notebook ask for it: goal, evidence, run, result, files."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import biobridge_core
from biobridge_core.admet.predict import Admet
from biobridge_core.chem.traits import PROPERTIES
from biobridge_core.chem.workshop import Crew, Limits, Workshop
from biobridge_core.design import export, report, results
from biobridge_core.design import tree as lineages
from biobridge_core.design.background import Background
from biobridge_core.design.bridge_score import BridgeScorer
from biobridge_core.design.evidence import Evidence, Gatherer
from biobridge_core.design.extras import Extras
from biobridge_core.design.generator import Generator
from biobridge_core.design.goal import Goal, check
from biobridge_core.design.language import FRAGMENTS, LANGUAGE_MODEL, chosen
from biobridge_core.design.late import Examiner, check_bounds, endpoints
from biobridge_core.design.library import library
from biobridge_core.design.mutation import Mutation
from biobridge_core.design.run import BATCH, Run
from biobridge_core.design.scoring import Weights
from biobridge_core.errors import InputError
from biobridge_core.types import InputKind

if TYPE_CHECKING:
    from biobridge_core.batch import Models
    from biobridge_core.bundle import Bundle
    from biobridge_core.design.candidate import Candidate
    from biobridge_core.language_model import LanguageModel
    from biobridge_core.queueing import Progress
    from biobridge_core.retrieve import Head, Retriever
    from biobridge_core.types import Query, Resolution

_JUDGED_EACH = 12  #: molecules judged for each candidate asked for, when time allows
_LEAST_ROUNDS = 8


class Designer:
    """Designs molecules from what one bundle retrieves. Safe to share between threads; a `Run` is not.

    Examples
    --------
    >>> designer = service.designer                                                        # doctest: +SKIP
    >>> evidence = designer.evidence(Goal(targets=("EGFR",), avoid=("KCNH2",), n=50))      # doctest: +SKIP
    >>> run = designer.run(evidence)                                                       # doctest: +SKIP
    >>> run.run(say)                                                                       # doctest: +SKIP
    >>> designer.result(run).candidates[0].smiles                                          # doctest: +SKIP
    """

    def __init__(
        self,
        bundle: Bundle,
        retriever: Retriever,
        models: Models,
        find: Callable[[str], Resolution],
        head_of: Callable[[Query, Progress | None], tuple[Head, tuple[str, ...]]],
        cache: Path,
        background: Background | None = None,
        admet: Admet | None = None,
    ) -> None:
        self._bundle, self._retriever, self._models, self._cache = bundle, retriever, models, cache
        self._gatherer = Gatherer(bundle.graph, retriever, find, head_of)
        self._background = background
        self._admet = admet or Admet()
        self.extras = Extras(cache / "design", self.background)  #: fragments for CReM, a sample of MOSES
        self._lock = threading.Lock()

    def background(self, progress: Progress | None = None) -> Background:
        """The known drugs taken apart; the first call on a machine takes some twenty seconds."""
        with self._lock:
            if self._background is None:
                self._background = Background.of_graph(self._bundle.graph, self._cache / "design", progress or _quiet)
            return self._background

    @property
    def properties(self) -> Mapping[str, str]:
        """What a window of a goal can be set on: name -> words with unit."""
        return PROPERTIES

    @property
    def endpoints(self) -> Mapping[str, str]:
        """ADMET endpoints that a goal can bound: key -> words with unit.

        Raises
        ------
        WeightsError
            If the package is not installed.
        """
        return endpoints(self._admet)

    @staticmethod
    def goal(raw: Mapping[str, Any]) -> Goal:
        """A goal from the fields of `Goal` as plain values, checked.

        Raises
        ------
        InputError
            If there is no such field, or the goal makes no sense.
        """
        return check(Goal.from_dict(raw))

    @staticmethod
    def weights(raw: Mapping[str, float]) -> Weights:
        """Weights of the score by name; what is left out has its usual weight.

        Raises
        ------
        InputError
            If there is no such weight, or they make no sense.
        """
        names = [field.name for field in fields(Weights)]
        if unknown := sorted(set(raw) - set(names)):
            raise InputError(f"The score has no part {', '.join(unknown)}.", f"It has: {', '.join(names)}.")
        return Weights(**raw).check()

    def evidence(self, goal: Goal, progress: Progress | None = None) -> Evidence:
        """What the bridge retrieves for a goal; strike out, restore and pin items on it.

        Raises
        ------
        InputError, UnknownEntityError
            If the goal makes no sense, names something unknown, or nothing to design from was found.
        """
        goal = check(goal)
        check_bounds(goal.admet, self._admet)
        return self._gatherer.gather(goal, progress or _quiet)

    def run(
        self,
        evidence: Evidence,
        *,
        rounds: int | None = None,
        workers: int = 1,
        weights: Weights | None = None,
        generators: Callable[[Workshop], list[Generator]] | None = None,
        generator: str = FRAGMENTS,
        mutate: bool = True,
        model: LanguageModel | None = None,
        progress: Progress | None = None,
    ) -> Run:
        """Prepare a run; go on with `Run.step` or `Run.run`.

        Parameters
        ----------
        rounds
            How often molecules are proposed; by the number of candidates where it is left out. The time budget of the
            goal can end a run earlier.
        workers
            Processes that make molecules; the result is the same whatever their number.
        generators
            Makes other generators than ``generator`` says, in the workshop that the run has.
        generator
            ``fragments`` (recombination), ``language-model`` (``model`` is asked), or ``both``.
        mutate
            Whether CReM changes the best molecules too, where its fragments were made; see `extras`.
        model
            See `biobridge_core.language_model`.

        Raises
        ------
        InputError
            If nothing to design from is left of the evidence, or the generator is unknown or has no model.
        """
        say = progress or _quiet
        crews: list[Crew] = []

        def crew(workshop: Workshop) -> Crew:
            crews[:] = crews or [Crew(workshop, workers)]
            return crews[0]

        generators = generators or chosen(generator, evidence, model, crew)
        background = self.background(say)
        goal, usable = evidence.goal, library(evidence, background)
        workshop = Workshop(usable, Limits(goal.keep, goal.without))
        made = generators(workshop)
        if mutate and generator != LANGUAGE_MODEL and (database := self.extras.database) is not None:
            made.append(Mutation(workshop, goal.seed, database, background.example, crew(workshop)))
        if not made:
            raise InputError("There is no generator.", "Choose at least one.")
        say("Preparing the bridge for this goal", 0.0)
        scorer = BridgeScorer(self._bundle, self._retriever, self._models, evidence)
        first = workshop.start(usable.starts[0])
        scorer.score([first.smiles] if first.smiles else [], say)  # what is loaded once is not taken off the budget
        examiner = Examiner(goal.admet, self._admet)
        count = rounds if rounds is not None else max(_LEAST_ROUNDS, -(-_JUDGED_EACH * goal.n // BATCH))
        return Run(
            evidence,
            made,
            scorer,
            background,
            usable,
            max(1, count),
            examiner,
            self.extras.moses(),
            (weights or Weights()).check(),
        )

    def result(self, run: Run, weights: Weights | None = None) -> results.Result:
        """The candidates of a run, finished or not; with other weights, chosen and ranked by those.

        Raises
        ------
        InputError
            If the weights make no sense.
        """
        return results.result(run, weights)

    def export(self, run: Run, result: results.Result, form: str) -> bytes:
        """Candidates as a file: ``sdf``, ``csv`` or ``smi``.

        Raises
        ------
        InputError
            If there is no such format.
        """
        return export.export(run, result, form)

    def report(self, run: Run, result: results.Result, when: datetime) -> bytes:
        """Candidates as one HTML file that loads nothing."""
        graph, encoders = self._bundle.graph.digest[:12], self._bundle.catalogue.encoder_ids
        made = [("Bridge", self._bundle.bridge_digest[:12]), ("Graph", graph), ("Version", biobridge_core.__version__)]
        made += [("Molecule model", encoders[InputKind.SMILES])]
        return report.html(run, result, when, made, [f"{extra.note.capitalize()}." for extra in self.extras.states()])

    def export_rows(self, rows: Sequence[Mapping[str, Any]], form: str) -> bytes:
        """Rows from `row`, of one run or of several, as a file: ``sdf``, ``csv`` or ``smi``.

        Raises
        ------
        InputError
            If there is no such format.
        """
        return export.export_rows(rows, form)

    def row(self, run: Run, candidate: Candidate) -> Mapping[str, Any]:
        """All that is known of a candidate, by name, as the files have it."""
        return results.as_row(run, candidate)

    def tree(self, run: Run, candidate: Candidate) -> lineages.Node:
        """A candidate with its parents, and theirs, down to the evidence."""
        return lineages.tree(run, candidate)

    def givers(self, run: Run, candidate: Candidate) -> tuple[lineages.Giver, ...]:
        """Who gave the fragments of a candidate, the largest share of its atoms first."""
        return lineages.givers(run, candidate)

    painted = staticmethod(lineages.candidate_svg)
    painted_giver = staticmethod(lineages.giver_svg)
    painted_node = staticmethod(lineages.node_svg)


def _quiet(_message: str, _done: float) -> None:
    """Progress that nobody listens to."""
