"""Design against hidden ligands; writes benchmarks/results/design.json.

    python benchmarks/design                              # all of it, for hours on two cores
    python benchmarks/design --small                      # minutes; writes build/<profile>/studies/design/small
    python benchmarks/design --development --only-seeds 1 # the proteins on which choices may be made; prints a table

Bridge, fragments and the answer of every method to every goal are kept under build/<profile>/studies/design, each under
what decided it, and are not made again: a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def main() -> None:
    """Ask what was not asked before, and write the table."""
    # here, since every process that makes molecules reads this file first
    import torch
    from common import RESULTS

    from biobridge_core.config import Settings
    from design import figures
    from design.methods import METHODS, Budget
    from design.run import Run, world_of

    arguments = _arguments(list(METHODS))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(arguments.threads)
    settings = Settings.from_env()
    world = world_of(settings, small=arguments.small)
    deadline = time.monotonic() + 60 * arguments.limit_minutes
    world.prepare()
    run = Run(world, world.folder, Budget(arguments.candidates, arguments.seconds), deadline, arguments.lock)
    cases = world.cases
    if arguments.development:
        rows = run.rows(cases.group("development")[: arguments.targets], arguments.only_seeds, arguments.methods)
        _print(figures.summary(rows))
        return
    folder = arguments.results or (world.folder if arguments.small else RESULTS)
    proteins = cases.group("proteins")
    asked = [*proteins[: arguments.targets], *cases.group("goals")[: arguments.goals]]
    enriched = run.enrichment(proteins[: arguments.targets])
    rows = run.rows(asked, arguments.only_seeds, arguments.methods)
    run.write(rows, enriched, arguments.only_seeds, folder)


def _print(rows: list[dict[str, object]]) -> None:
    for row in rows:
        print("  ".join(f"{key} {value:.3f}" if isinstance(value, float) else str(value) for key, value in row.items()))


def _arguments(methods: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks/design", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--only-seeds", nargs="+", type=int, default=[1, 2, 3], metavar="SEED")
    parser.add_argument("--targets", type=int, metavar="N", help="the first proteins alone")
    parser.add_argument("--goals", type=int, metavar="N", help="the first goals in words alone")
    parser.add_argument("--methods", nargs="+", choices=methods, default=methods)
    parser.add_argument("--candidates", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--development", action="store_true", help="the proteins on which choices may be made")
    parser.add_argument("--small", action="store_true", help="two proteins, a goal, one seed, 3 s, hardly trained")
    parser.add_argument("--limit-minutes", type=float, default=float("inf"), help="ask nothing more after these")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--lock", type=Path, help="file whose lock is held while a method has its seconds")
    parser.add_argument("--results", type=Path, help="folder of the result file")
    arguments = parser.parse_args()
    if arguments.small:
        arguments.targets, arguments.goals = arguments.targets or 2, 1 if arguments.goals is None else arguments.goals
        arguments.only_seeds, arguments.seconds = arguments.only_seeds[:1], min(arguments.seconds, 3.0)
    return arguments


if __name__ == "__main__":
    main()
