"""How the memory is read, chosen on validation links alone; writes benchmarks/results/memory_choices.json.

    python benchmarks/memory_choices.py [--sample 80] [--limit-minutes 25]

Validation links of two evaluation splits, seed 0: known heads of the transductive one, unseen heads of the cold one.
Test links are never opened. The weights of the reading are fitted on one half of the queries and the filtered MRR is
measured on the other, both ways round. One setting after another is changed, and a change is kept if the mean of known
and unseen queries gains; then each vote is left out. Every trial is kept under build/<profile>/studies/memory_choices,
and is not tried again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import sys
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np
import torch
from common import write_result
from numpy.typing import NDArray
from retrieval.cases import SPLITS, World
from retrieval.scorers import BRIDGES, CONTENT, code_of
from scipy import sparse

from biobridge_core.bridge.data import scores
from biobridge_core.bridge.memory import TERMS, Memory, Query, Readout, Votes
from biobridge_core.bridge.model import Bridge
from biobridge_core.bridge.reading import Example, Weights, fit_weights
from biobridge_core.bridge.validation import Task, make_task
from biobridge_core.config import Settings
from biobridge_core.evaluate.bridges import bridge_key
from biobridge_core.kg.hierarchy import ancestor_matrix
from biobridge_core.kg.split import TrainingView
from biobridge_core.metrics import link_ranks

ENOUGH = 200  #: validation links of an ordered pair of modalities that counts
GAIN = 0.001  #: of the mean MRR, below which a setting stays as it is
SEED = 0
#: where the search starts
FIRST = Readout(
    k=50,
    content_scale=12.0,
    pieces_scale=20.0,
    profile_scale=10.0,
    tail_k=20,
    tail_scale=10.0,
    whiten=1.0,
    common=0.3,
)
#: setting -> what is tried in its place; first those that leave what a query is compared with as it is
CHOICES: Mapping[str, Sequence[float]] = {
    "tail_scale": (5.0, 2.5),
    "profile_scale": (5.0, 20.0),
    "tail_k": (50,),
    "pieces_scale": (40.0, 10.0),
    "content_scale": (20.0, 6.0),
    "k": (100, 20),
    "whiten": (0.5,),
    "common": (0.1, 1.0),
}
_CODE = tuple(f"biobridge_core/bridge/{name}.py" for name in ("memory", "pieces", "reading"))
_LOG = logging.getLogger("memory_choices")


@dataclass(frozen=True)
class Trial:
    """One way of reading: settings, and votes that are left out."""

    readout: Readout = FIRST
    without: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What it changes of that which the search starts from."""
        first = asdict(FIRST)
        told = [f"{key} {value}" for key, value in asdict(self.readout).items() if value != first[key]]
        return ", ".join([*told, *(f"without {term}" for term in self.without)]) or "first"


class Side:
    """Validation queries of one split, which the graph either knows or has never seen."""

    def __init__(self, world: World, split: str, *, known: bool, sample: int) -> None:
        self.split, self.known, self._sample = split, known, sample
        self._graph, self._content = world.graph, world.content("frozen")
        self._view: TrainingView = SPLITS[split](world.graph, SEED).training
        self.digest = self._view.digest
        self._memories: dict[Readout, Memory] = {}
        self._asked: dict[tuple[bytes, tuple[float, ...]], Query] = {}
        self._tasks = list(self._make_tasks())
        self.bridge = self._bridge(world)
        self._logits = {task.relation: self._bridge_logits(task) for task in self._tasks}

    @property
    def n_queries(self) -> int:
        """Queries that are asked in a trial."""
        return sum(len(task.heads) for task in self._tasks)

    def measure(self, trial: Trial) -> dict[str, float]:
        """Filtered MRR of each ordered pair of modalities, its relations weighed by their links."""
        voted = {task.relation: _without(self._votes(task, trial.readout), trial.without) for task in self._tasks}
        tables = [
            fit_weights([self._example(task, voted[task.relation], half) for task in self._tasks]) for half in (0, 1)
        ]
        pairs: dict[str, list[tuple[float, int]]] = {}
        for task in self._tasks:
            relation = self._graph.relations[task.relation]
            value = self._mrr(task, voted[task.relation], tables)
            pairs.setdefault(f"{relation.head} → {relation.tail}", []).append(
                (value, len(self._view.valid[task.relation]))
            )
        return {pair: sum(v * n for v, n in found) / sum(n for _, n in found) for pair, found in pairs.items()}

    # ------------------------------------------------------------------ queries

    def _make_tasks(self) -> Iterator[Task]:
        ancestors, linked = ancestor_matrix(self._graph), self._memory(FIRST).linked
        sizes: dict[tuple[str, str], int] = {}
        ends = {name: (self._graph.relations[name].head, self._graph.relations[name].tail) for name in self._view.valid}
        for name, links in self._view.valid.items():
            sizes[ends[name]] = sizes.get(ends[name], 0) + len(links)
        for name, links in sorted(self._view.valid.items()):
            mine = links[(linked[links[:, 0]] == self.known) & linked[links[:, 1]]]
            heads = np.unique(mine[:, 0])
            if sizes[ends[name]] < ENOUGH or len(heads) < 20:
                continue
            if len(heads) > self._sample:
                rng = np.random.default_rng([SEED, zlib.crc32(name.encode())])
                heads = np.sort(rng.choice(heads, self._sample, replace=False))
            true = np.concatenate([self._view.train[name], links])
            yield make_task(self._graph, name, mine, true, ancestors, heads.astype(np.int32))

    def _memory(self, readout: Readout) -> Memory:
        if readout not in self._memories:
            if self._memories:
                self._memories[readout] = next(iter(self._memories.values())).reread(readout)
            else:
                self._memories[readout] = Memory(self._graph, self._content, self._view.train, readout)
        return self._memories[readout]

    def _votes(self, task: Task, readout: Readout) -> Votes:
        deciding = [readout.whiten, readout.common]
        if not self.known:  # what is borrowed depends on who lends
            deciding += [readout.k, readout.content_scale, readout.pieces_scale]
        memory, key = self._memory(readout), (task.heads.tobytes(), tuple(deciding))
        if key not in self._asked:
            self._asked[key] = memory.ask(task.heads, own=self.known)
        return memory.votes(self._asked[key], task.relation)

    # ------------------------------------------------------------------ reading

    def _halves(self, task: Task) -> NDArray[np.int64]:
        rng = np.random.default_rng([SEED + 1, zlib.crc32(task.relation.encode())])
        return np.asarray(rng.permutation(len(task.heads)) % 2)

    def _example(self, task: Task, votes: Votes, half: int) -> Example:
        rows = np.flatnonzero(self._halves(task) == half)
        kept = np.isin(task.queries, rows)
        queries = np.searchsorted(rows, task.queries[kept])
        logits, filtered = self._logits[task.relation][rows], task.filtered[rows].toarray().astype(bool)
        dense = _some(votes, rows).dense()
        return Example.take(
            task.relation, logits, dense, queries, task.targets[kept], filtered, hardest=30, random=30, seed=SEED
        )

    def _mrr(self, task: Task, votes: Votes, tables: Sequence[Mapping[str, Weights]]) -> float:
        logits = self._logits[task.relation]
        scored = np.empty_like(logits)
        for half in (0, 1):
            rows = np.flatnonzero(self._halves(task) == half)
            scored[rows] = tables[1 - half][task.relation].score(logits[rows], _some(votes, rows))
        ranks = link_ranks(scored, task.queries, task.targets, task.filtered)
        return float((np.bincount(task.queries, weights=1 / ranks) / np.bincount(task.queries)).mean())

    def _bridge(self, world: World) -> Bridge | None:
        options = replace(BRIDGES[CONTENT], seed=SEED)
        name = bridge_key(self._content, self._view, options, data=world.catalogue.digest)
        folder = world.settings.build / "studies" / name
        return Bridge.load(folder) if folder.exists() else None

    def _bridge_logits(self, task: Task) -> NDArray[np.float32]:
        if self.bridge is None:
            n_tails = len(self._graph.rows(self._graph.relations[task.relation].tail))
            return np.zeros((len(task.heads), n_tails), np.float32)
        return scores(self.bridge, self._content, task.heads, task.relation) / self.bridge.temperature


def _some(votes: Votes, rows: NDArray[np.integer]) -> Votes:
    return Votes(votes.popularity, tuple(matrix[rows] for matrix in votes.matrices), votes.heads)


def _without(votes: Votes, terms: Sequence[str]) -> Votes:
    matrices = list(votes.matrices)
    for term in terms:
        if term != TERMS[0]:
            place = TERMS.index(term) - 1
            matrices[place] = sparse.csr_array(matrices[place].shape, dtype=np.float32)
    popularity = np.zeros_like(votes.popularity) if TERMS[0] in terms else votes.popularity
    return Votes(popularity, tuple(matrices), votes.heads)


class Study:
    """Trials on both sides, each kept as a file."""

    def __init__(self, sides: Mapping[str, Side], folder: Path, *, sample: int, deadline: float) -> None:
        self._sides, self._folder, self._sample, self._deadline = sides, folder, sample, deadline
        self.rows: dict[str, dict[str, object]] = {}

    def measure(self, trial: Trial) -> dict[str, float] | None:
        """Mean MRR of known and of unseen queries; None if there was no time."""
        means, row = {}, {"trial": trial.name, **asdict(trial.readout), "without": list(trial.without)}
        for name, side in self._sides.items():
            identity = [side.digest, side.bridge is not None, asdict(trial), self._sample, code_of(*_CODE)]
            key = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]
            path = self._folder / f"{name}-{key}.json"
            if not path.exists():
                if time.process_time() > self._deadline:
                    return None
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(json.dumps(side.measure(trial)), encoding="utf-8")
            by_pair: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))
            means[name] = float(np.mean(list(by_pair.values())))
            row[f"{name}_mrr"] = round(means[name], 4)
            row[f"{name}_by_pair"] = {pair: round(value, 4) for pair, value in by_pair.items()}
        self.rows[trial.name] = row
        _LOG.info("%s: %s", trial.name, {name: round(value, 4) for name, value in means.items()})
        return means

    def choose(self) -> tuple[Trial, dict[str, float], bool]:
        """Change one setting after another; the best trial, its figures, and whether all was tried."""
        best, whole = Trial(), True
        figures = self.measure(best) or {}
        for setting, values in CHOICES.items():
            for value in values:
                trial = Trial(replace(best.readout, **{setting: value}))  # type: ignore[arg-type]
                found = self.measure(trial)
                whole = whole and found is not None
                if found and np.mean(list(found.values())) > np.mean(list(figures.values())) + GAIN:
                    best, figures = trial, found
        return best, figures, whole


def main() -> None:
    """Try what was not tried before, and write the result file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sample", type=int, default=80, help="most queries of a relation")
    parser.add_argument("--limit-minutes", type=float, default=25, help="CPU minutes after which nothing more is tried")
    parser.add_argument("--results", type=Path, help="folder of the result file")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    world = World(Settings.from_env())
    sides = {
        "known": Side(world, "transductive", known=True, sample=arguments.sample),
        "unseen": Side(world, "cold_entity", known=False, sample=arguments.sample),
    }
    folder = world.settings.build / "studies" / "memory_choices"
    study = Study(sides, folder, sample=arguments.sample, deadline=60 * arguments.limit_minutes)
    best, figures, whole = study.choose()
    for term in TERMS:
        whole = study.measure(Trial(best.readout, (term,))) is not None and whole
    first = study.rows[Trial().name]
    write_result(
        "memory_choices",
        headline={
            **{f"{name}_mrr": round(value, 4) for name, value in figures.items()},
            **{f"{name}_mrr_first": float(str(first[f"{name}_mrr"])) for name in sides},
            "n_trials": len(study.rows),
        },
        rows=list(study.rows.values()),
        notes=[
            "Filtered MRR on validation links, weights of the reading fitted on one half of the queries and measured "
            f"on the other, both ways; mean over ordered pairs of modalities with at least {ENOUGH} such links, at "
            f"most {arguments.sample} queries a relation. No test link was read.",
            *(
                f"{name}: {side.split}, {side.n_queries} queries, "
                + ("with the bridge of this split." if side.bridge else "without a bridge: none is trained yet.")
                for name, side in sides.items()
            ),
            f"chosen: {best.name}; a setting is changed for a gain of more than {GAIN} in the mean of both.",
            *([] if whole else ["Some trials are missing: the time was spent."]),
        ],
        seeds=[SEED],
        manifest={name: side.digest for name, side in sides.items()},
        **({"folder": arguments.results} if arguments.results else {}),
    )


if __name__ == "__main__":
    main()
