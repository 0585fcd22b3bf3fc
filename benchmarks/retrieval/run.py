"""Ask everyone on every case, keep each answer, and write the result file as it grows."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Sequence
from pathlib import Path

from common import write_result

from biobridge_core.errors import ArtifactError
from biobridge_core.evaluate.protocols import Answers, Task, answer_together, load_answers, results_of, save_answers
from biobridge_core.evaluate.results import ENOUGH_LINKS, TaskResult
from biobridge_core.evaluate.scorer import Scorer
from retrieval.cases import SPLITS, Case, Opened, World
from retrieval.figures import (
    ENDS,
    Row,
    Table,
    best_of,
    comparison,
    headline_of,
    kge_names,
    means_of,
    rows_of,
    task_rows,
)  # fmt: skip
from retrieval.scorers import CONTENT, LINEAR, MEMORY, PAPER, SIMPLE, SPACES, Entry, Field, MissingError, asked_of

_LOG = logging.getLogger("retrieval")

NOTES = (
    "Filtered MRR against all entities of the tail modality, realistic ties, mean per query, then per task, then over "
    "tasks: one task for each ordered pair of modalities (a pair under several relations counts once, with its best).",
    f"Means are over tasks with at least {ENOUGH_LINKS} test links (rows of kind task with in_mean); the others stand "
    "in their task rows. protein–GO tasks count test links with experimental or author evidence; mrr_all_evidence is "
    "the same mean with all evidence.",
    "low and high: 95 % bootstrap over queries, paired in comparisons. Several seeds are averaged task by task.",
    "A rival is the best of its group by the mean on the test links themselves, which favours the rival.",
    "heads cold, tails known is the headline of cold splits; other ends stand in rows of their own.",
    "ecfp4: ECFP4 in place of the molecule encoder, drug heads alone; masked: diseases read by their bare names, gene "
    "names and numbers taken out, disease heads alone; bridge, memory and votes alike see the other vectors.",
    "vote by graph profile, vote by shared pieces: one space of our memory each, without the bridge; they are no "
    "rivals of others, so best simple leaves them out, and stand here to show how far such a vote gets.",
    "Graph embeddings have no vector of an entity that they were not trained on: cold splits are asked without them.",
)  # fmt: skip


class Run:
    """One call of the benchmark.

    Parameters
    ----------
    names
        Scorers that are compared.
    studies
        Folder of all that is kept.
    deadline
        Value of the monotonic clock after which nothing more is asked.
    """

    def __init__(
        self, world: World, names: list[str], studies: Path, *, most: int | None, ends: str, train: bool,
        steps: int, deadline: float,
    ) -> None:  # fmt: skip
        self._world, self._names, self._studies = world, names, studies
        self._most, self._ends, self._train, self._steps = most, ends, train, steps
        self._deadline = deadline
        self._found: dict[tuple[str, str, str], dict[int, list[TaskResult]]] = {}
        self._models: list[Row] = []
        self._missing: dict[str, None] = {}

    def write(self, cases: Sequence[Case], folder: Path) -> None:
        """Go through the cases; the result file is written after each."""
        for case in cases:
            if time.monotonic() >= self._deadline:
                self._missing[f"{case.name}: not reached within the time limit."] = None
                continue
            try:
                split = SPLITS[case.split](self._world.graph, case.seed)
                opened = Opened(self._world, case, split, self._most)
            except ArtifactError as error:
                self._missing[f"{case.name}: {error.message}"] = None
                _LOG.warning("%s", error.message)
                continue
            self._case(opened)
            self._write(folder)

    # ------------------------------------------------------------------ asking

    def _case(self, opened: Opened) -> None:
        case = opened.case
        field = Field(opened, train=self._train, steps=self._steps, folder=self._studies)
        entries: list[Entry] = []
        for name in asked_of(case.content, self._names, cold=bool(opened.split.cold.any())):
            try:
                entries.append(field.entry(name))
            except MissingError as reason:
                self._missing[reason.message] = None
        scorers: dict[str, Scorer] = {}
        for part, tasks in opened.tasks(self._ends).items():
            answers: dict[str, list[Answers]] = {entry.name: [] for entry in entries}
            for task in tasks:
                for name, answer in self._task(case, part, task, entries, scorers).items():
                    answers[name].append(answer)
            whole = {name: found for name, found in answers.items() if len(found) == len(tasks)}
            for name in answers.keys() - whole.keys():
                self._missing[f"{name} has not answered all of {case.name} ({part} heads)."] = None
            for ends in ("all",) if part == "all" else ("cold", "both") if part == "cold" else ("known",):
                heads, tails = ENDS[ends]
                place = case.split, case.content, ends
                results = results_of(tasks, whole, heads=heads, tails=tails)  # type: ignore[arg-type]
                self._found.setdefault(place, {})[case.seed] = results
        for entry in entries:
            try:
                facts = entry.facts()
            except ArtifactError:
                continue  # it was not trained, and stands among the missing
            if facts:
                self._models.append({"kind": "model", "scorer": entry.name, "case": case.name, **facts})

    def _task(
        self, case: Case, part: str, task: Task, entries: list[Entry], scorers: dict[str, Scorer]
    ) -> dict[str, Answers]:
        """Kept answers, and those of everyone who has not answered yet."""
        found, asked = {}, []
        for entry in entries:
            try:
                found[entry.name] = load_answers(self._path(case, part, task, entry), [task])[0]
            except ArtifactError:
                asked.append(entry)
        if not asked or time.monotonic() >= self._deadline:
            return found
        for entry in asked:
            if entry.name not in scorers:
                start = time.monotonic()
                scorers[entry.name] = entry.make()
                _LOG.info("%s: %s is ready (%.0f s)", case.name, entry.name, time.monotonic() - start)
        given = answer_together(task, [scorers[entry.name] for entry in asked])
        for entry, answers in zip(asked, given, strict=True):
            save_answers(self._path(case, part, task, entry), [task], [answers])
            found[entry.name] = answers
        return {entry.name: found[entry.name] for entry in entries}

    def _path(self, case: Case, part: str, task: Task, entry: Entry) -> Path:
        name = f"{_slug(task.head)}-{_slug(task.tail)}-{task.digest[:8]}.npz"
        return self._studies / "answers" / case.name / f"{_slug(entry.name)}-{entry.key}" / part / name

    # ------------------------------------------------------------------ writing

    def _asked_note(self) -> list[str]:
        if self._most is None:
            return []
        drawn = f"At most {self._most} heads of each task were asked, drawn by the seed"
        return [f"{drawn}; the intervals tell what that costs."]

    def _write(self, folder: Path) -> None:
        tables = [Table(*place, by_seed) for place, by_seed in self._found.items() if any(by_seed.values())]
        rows: list[Row] = []
        for table in tables:
            means = means_of(table)
            rows += rows_of(table, means)
            rivals = [*SIMPLE, *SPACES, CONTENT, LINEAR, *PAPER.values()]
            rivals += [name for name in (best_of(table, kge_names(form)) for form in ("tuned", "paper")) if name]
            rows += [row for rival in rivals if (row := comparison(table, MEMORY, rival, means))]
        rows += [row for table in tables for row in task_rows(table)]
        write_result(
            "retrieval",
            headline=headline_of(tables),
            rows=[*rows, *self._models],
            notes=[*NOTES, *self._asked_note(), *(f"not in the table: {reason}" for reason in self._missing)],
            seeds=sorted({seed for by_seed in self._found.values() for seed in by_seed}),
            manifest={"graph": self._world.graph.digest, "catalogue": self._world.catalogue.digest},
            folder=folder,
        )


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
