"""Filtered ranking of held-out links against all entities of the tail modality, for anything that can score.

Every scorer is asked the same queries; what it answered is kept per link (rank, score), so that cold and known ends,
evidence, tail degrees and paired differences are told apart afterwards without scoring again::

    tasks = make_tasks(graph, split)
    answers = {scorer.name: answer(tasks, scorer) for scorer in scorers}     # save_answers / load_answers to resume
    results = results_of(tasks, answers, heads="cold", tails="known")

``evaluate`` does all of it in one call.
"""

from __future__ import annotations

import json
import logging
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from biobridge_core.errors import ArtifactError, BioBridgeError
from biobridge_core.evaluate.results import Hubs, TaskResult
from biobridge_core.evaluate.scorer import Scorer
from biobridge_core.evaluate.tasks import EXPERIMENTAL, Task, make_tasks
from biobridge_core.kg.split import KNOWN
from biobridge_core.metrics import link_ranks, query_metrics

if TYPE_CHECKING:
    from biobridge_core.kg.graph import KnowledgeGraph
    from biobridge_core.kg.split import Split

__all__ = [
    "EXPERIMENTAL", "Answers", "Ends", "Task", "TaskResult", "answer", "answer_together", "evaluate", "load_answers",
    "make_tasks", "results_of", "save_answers",
]  # fmt: skip

Ends = Literal["all", "cold", "known"]  #: which heads or tails of test links are counted

_BLOCK = 512  # queries scored at once
_HUB_QUERIES = 1024  # of a task, whose ten best tails are counted
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answers:
    """What one scorer made of one task."""

    ranks: NDArray[np.float32]  #: (n_links,) filtered, realistic ties
    scores: NDArray[np.float32]  #: (n_links,) of the true tail
    in_top_10: NDArray[np.int32]  #: (n_tails,) of the asked queries, how many have this tail among their ten best
    n_asked: int  #: queries behind ``in_top_10``
    seconds: float  #: wall time, scoring and ranking


def evaluate(
    graph: KnowledgeGraph,
    split: Split,
    scorers: Sequence[Scorer],
    *,
    heads: Ends = "all",
    tails: Ends = "all",
    merged: bool = True,
    sample: float | None = None,
    seed: int = 0,
    filter_ancestors: bool = True,
) -> list[TaskResult]:
    """Rank the test links of a split by every scorer.

    Parameters
    ----------
    heads, tails
        Which links count, by what `Split.cold` says of their ends. In the test of a cold split "cold" heads with
        "known" tails are the headline.
    merged, sample, seed, filter_ancestors
        See `make_tasks`.

    Returns
    -------
    results
        One for each task with a counted link; for links with GO terms a second one with experimental evidence alone.

    Raises
    ------
    BioBridgeError
        If two scorers have one name, or a score is not finite.
    """
    if len({scorer.name for scorer in scorers}) < len(scorers):
        raise BioBridgeError("Two scorers have the same name.", "Name each scorer differently.")
    tasks = make_tasks(graph, split, merged=merged, sample=sample, seed=seed, filter_ancestors=filter_ancestors)
    return results_of(tasks, {scorer.name: answer(tasks, scorer) for scorer in scorers}, heads=heads, tails=tails)


def answer(tasks: Sequence[Task], scorer: Scorer) -> list[Answers]:
    """Let one scorer rank the test links of all tasks."""
    return [answer_together(task, [scorer])[0] for task in tasks]


def answer_together(task: Task, scorers: Sequence[Scorer]) -> list[Answers]:
    """Let several scorers rank the test links of one task, block by block in turn.

    Scorers that read the same memory are then asked about the same queries one after the other, and can share what
    they look up.
    """
    sheets = [_Sheet(task, scorer) for scorer in scorers]
    blocks = range(0, len(task.heads), _BLOCK)
    every = max(1, round(len(blocks) * _BLOCK / _HUB_QUERIES))  # blocks are by row, so spread those that are counted
    for number, first in enumerate(blocks):
        for sheet in sheets:
            sheet.fill(first, counted=number % every == 0)
    for sheet in sheets:
        _LOG.info(
            "%s, %s: mean reciprocal rank per link %.4f (%d links, %.1f s)",
            sheet.scorer.name,
            task.name,
            float((1 / sheet.ranks).mean()),
            task.n_links,
            sheet.seconds,
        )
    return [sheet.answers() for sheet in sheets]


def results_of(
    tasks: Sequence[Task],
    answers: Mapping[str, Sequence[Answers]],
    *,
    heads: Ends = "all",
    tails: Ends = "all",
) -> list[TaskResult]:
    """Average what the scorers answered over the links that count; see `evaluate`."""
    results = []
    for index, task in enumerate(tasks):
        mine = {name: parts[index] for name, parts in answers.items()}
        counted = _ends(task.head_cold, heads) & _ends(task.tail_cold, tails)
        results.append(_result(task, mine, counted, "all"))
        if task.experimental is not None:
            results.append(_result(task, mine, counted & task.experimental, "experimental"))
    return [result for result in results if result is not None]


def save_answers(path: Path, tasks: Sequence[Task], answers: Sequence[Answers]) -> None:
    """Write what one scorer answered, as npz without objects, so that a killed run need not ask it again."""
    arrays: dict[str, NDArray[np.generic]] = {}
    meta = []
    for index, (task, part) in enumerate(zip(tasks, answers, strict=True)):
        arrays |= {f"{index}.ranks": part.ranks, f"{index}.scores": part.scores, f"{index}.in_top_10": part.in_top_10}
        meta.append({"task": task.digest, "n_asked": part.n_asked, "seconds": part.seconds})
    arrays["meta"] = np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    with unfinished.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    unfinished.replace(path)


def load_answers(path: Path, tasks: Sequence[Task]) -> list[Answers]:
    """Read what `save_answers` wrote.

    Raises
    ------
    ArtifactError
        If it cannot be read, or answers other tasks.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            meta = json.loads(file["meta"].tobytes())
            if [entry["task"] for entry in meta] != [task.digest for task in tasks]:
                raise ArtifactError(f"{path} answers other tasks.", "Remove it, and evaluate again.")
            return [
                Answers(
                    file[f"{i}.ranks"], file[f"{i}.scores"], file[f"{i}.in_top_10"], entry["n_asked"], entry["seconds"]
                )
                for i, entry in enumerate(meta)
            ]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ArtifactError(f"{path} cannot be read: {error}", "Remove it, and evaluate again.") from error


class _Sheet:
    """What one scorer has answered so far."""

    def __init__(self, task: Task, scorer: Scorer) -> None:
        self.scorer, self._task = scorer, task
        self.ranks = np.empty(task.n_links, np.float32)
        self._own = np.empty(task.n_links, np.float32)
        self._counts = np.zeros(task.filtered.shape[1], dtype=np.int32)
        self._asked = 0
        self.seconds = 0.0

    def fill(self, first: int, *, counted: bool) -> None:
        """Answer the block of queries that starts at ``first``; ``counted``: note who is among the ten best."""
        start = time.perf_counter()
        task = self._task
        heads = task.heads[first : first + _BLOCK]
        low, high = np.searchsorted(task.queries, [first, first + len(heads)])
        queries, targets = task.queries[low:high] - first, task.targets[low:high]
        scores = reduce(np.maximum, (self.scorer.scores(heads, name) for name in task.relations))  # (block, n_tails)
        self.ranks[low:high] = link_ranks(scores, queries, targets, task.filtered[first : first + len(heads)])
        self._own[low:high] = scores[queries, targets]
        if counted:
            n_tails = scores.shape[1]
            best = np.argpartition(scores, -min(10, n_tails), axis=1)[:, -10:]
            self._counts += np.bincount(best.ravel(), minlength=n_tails).astype(np.int32)
            self._asked += len(heads)
        self.seconds += time.perf_counter() - start

    def answers(self) -> Answers:
        """All that is kept."""
        return Answers(self.ranks, self._own, self._counts, self._asked, self.seconds)


def _ends(cold: NDArray[np.int8], ends: Ends) -> NDArray[np.bool_]:
    if ends == "all":
        return np.ones(len(cold), dtype=bool)
    return np.asarray(cold == KNOWN if ends == "known" else cold != KNOWN)


def _result(task: Task, answers: Mapping[str, Answers], counted: NDArray[np.bool_], evidence: str) -> TaskResult | None:
    if not counted.any():
        return None
    places, queries = np.unique(task.queries[counted], return_inverse=True)
    metrics, ranks, hubs = {}, {}, {}
    for name, part in answers.items():
        ranks[name] = part.ranks[counted].astype(np.float64)
        joint = ranks[name] + _ahead_of(part.scores[counted], queries)
        metrics[name] = query_metrics(ranks[name], joint, queries, len(places))
        hubs[name] = Hubs.of(part.in_top_10, part.n_asked)
    return TaskResult(
        task.name,
        task.head,
        task.tail,
        task.relations,
        evidence,
        heads=task.heads[places],
        queries=queries,
        tail_degrees=task.tail_degrees[counted],
        metrics=metrics,
        ranks=ranks,
        hubs=hubs,
    )


def _ahead_of(scores: NDArray[np.float32], queries: NDArray[np.integer]) -> NDArray[np.float64]:
    """Counted links of the same query that stand before each link, a tie counting half; (n_links,)."""
    ahead = np.zeros(len(scores))
    starts = np.flatnonzero(np.diff(queries, prepend=-1))
    for first, last in zip(starts, [*starts[1:], len(queries)], strict=True):
        if last - first > 1:
            mine = scores[first:last]
            ordered = np.sort(mine)
            better = len(mine) - np.searchsorted(ordered, mine, side="right")
            equal = np.searchsorted(ordered, mine, side="right") - np.searchsorted(ordered, mine, side="left") - 1
            ahead[first:last] = better + equal / 2
    return ahead
