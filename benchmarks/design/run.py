"""Ask every method for every goal, keep each answer, and write the result file as it grows."""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from common import ROOT, write_result
from retrieval.scorers import code_of

from biobridge_core.config import Settings
from design import figures
from design.cases import Case
from design.enrichment import enrichment
from design.judging import judge
from design.methods import CODE, DRUGS, METHODS, Budget, Outcome
from design.world import CHEMNET, ECFP4, World

_LOG = logging.getLogger("design")
_JUDGING = ("benchmarks/design/judging.py", "benchmarks/design/enrichment.py")
Row = dict[str, object]


class Run:
    """One call of the benchmark.

    Parameters
    ----------
    deadline
        Value of the monotonic clock after which nothing more is asked.
    lock
        A file whose lock is held while a method has its seconds: other work on the machine can take turns with it.
    """

    def __init__(self, world: World, studies: Path, budget: Budget, deadline: float, lock: Path | None = None) -> None:
        self.world, self.budget = world, budget
        self._studies, self._deadline, self._lock = studies, deadline, lock
        self.missing: list[str] = []

    def rows(self, cases: Sequence[Case], seeds: Sequence[int], names: Sequence[str]) -> list[Row]:
        """A row for each (goal, method, seed) that was answered, now or before; the first seed of all goes first."""
        found: list[Row] = []
        for seed in seeds:
            for case in cases:
                for name in names:
                    if name == DRUGS and not case.text:
                        continue
                    row = self._row(case, name, seed)
                    if row is None:
                        self.missing.append(f"{name} on {case.name}, seed {seed}: not reached within the time limit.")
                    else:
                        found.append(row)
        return found

    def enrichment(self, cases: Sequence[Case]) -> list[Row]:
        """Rows of both encoders; kept until world or code change."""
        rows: list[Row] = []
        for name in (CHEMNET, ECFP4):
            trained = [self.world.digest, self.world.steps, [case.name for case in cases]]
            path = self._path("enrichment", name, 0, [trained, code_of(_JUDGING[1])])
            if not path.exists():
                if time.monotonic() >= self._deadline:
                    self.missing.append(f"enrichment with {name}: not reached within the time limit.")
                    continue
                _keep(path, enrichment(self.world, name, cases))
            rows += json.loads(path.read_text(encoding="utf-8"))
        return rows

    def _row(self, case: Case, name: str, seed: int) -> Row | None:
        identity = [code(name), self._bundle(), asdict(self.budget), asdict(case)]
        path = self._path(name, f"{case.group}-{case.name}", seed, identity)
        if path.exists():
            kept = json.loads(path.read_text(encoding="utf-8"))
        else:
            if time.monotonic() >= self._deadline:
                return None
            with _alone(self._lock):
                since = time.monotonic()
                outcome: Outcome = METHODS[name](self.world, case, seed, self.budget)
            kept = {"outcome": asdict(outcome), "judged": {}}
            _keep(path, kept)
            _LOG.info("%s, %s, seed %d: %.1f s", case.name, name, seed, time.monotonic() - since)
        judging = code_of(_JUDGING[0])[:16]
        if kept["judged"].get("code") != judging:
            smiles, hidden = kept["outcome"]["smiles"], [self.world.cases.smiles[block] for block in case.hidden]
            told = judge(smiles, hidden, self.world.seen, case.hidden, self.budget.n)
            kept["judged"] = {"code": judging, "figures": told}
            _keep(path, kept)
        own = {key: kept["outcome"][key] for key in ("seconds", "judged", "proposed", "failed")}
        row: Row = {"kind": case.group, "case": case.name, "method": name, "seed": seed}
        return row | {key: round(value, 4) for key, value in {**kept["judged"]["figures"], **own}.items()}

    def _bundle(self) -> str:
        return self.world.bundle_digest

    def _path(self, method: str, case: str, seed: int, identity: object) -> Path:
        key = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]
        name = re.sub(r"[^a-z0-9]+", "_", f"{method}_{case}_{seed}".lower())
        return self._studies / "answers" / f"{name}-{key}.json"

    def write(self, rows: Sequence[Row], enriched: Sequence[Row], seeds: Sequence[int], folder: Path) -> None:
        """The result file."""
        cases = self.world.cases
        write_result(
            "design",
            headline=figures.headline(rows, enriched),
            rows=[*figures.summary(rows), *enriched, *rows],
            notes=[*figures.notes(cases, self.budget), *(f"missing: {reason}" for reason in self.missing)],
            seeds=seeds,
            manifest={"graph": self.world.graph.digest, "left": self.world.digest, "bundle": self._bundle()},
            folder=folder,
        )


def code(name: str) -> str:
    """What decides the candidates of a method: syntax of its modules without comments and docstrings."""
    paths = sorted({str(p.relative_to(ROOT)) for pattern in CODE[name] for p in ROOT.glob(pattern)})
    return code_of(*paths)


@contextmanager
def _alone(lock: Path | None) -> Iterator[None]:
    if lock is None:
        yield
        return
    with lock.open("a", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _keep(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    beside.write_text(json.dumps(value), encoding="utf-8")
    beside.replace(path)


def world_of(settings: Settings, *, small: bool) -> World:
    """The world of the benchmark, or a quick one whose bridge is hardly trained."""
    studies = settings.build / "studies" / "design"
    return World(settings, studies / "small" if small else studies, 40 if small else 0, studies)
