"""Retrieval on every split by everyone who is compared; writes benchmarks/results/retrieval.json.

    python benchmarks/retrieval                                  # all of it, for days on two cores
    python benchmarks/retrieval --small                          # minutes; writes build/<profile>/studies/small
    python benchmarks/retrieval --splits transductive cold_entity --seeds 0 --models simple bridge kge --no-train

Trained bridges, tuned votes and the answers of every scorer to every task are kept under build/<profile>/studies, each
under what decided it, and are not asked for again. Graph embeddings come from benchmarks/kge.py.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from common import RESULTS

from biobridge_core.config import Settings
from retrieval.cases import ECFP4, FROZEN, MASKED, SPLITS, World, cases_of
from retrieval.run import Run
from retrieval.scorers import GROUPS, names_of

_SMALL_STEPS, _SMALL_HEADS = 40, 20


def main() -> None:
    """Answer what was not answered before, and write the table."""
    arguments = _arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(arguments.threads)
    settings = Settings.from_env()
    studies = settings.build / "studies"
    if arguments.small:
        studies /= "small"
    names = names_of(arguments.models)
    deadline = time.monotonic() + 60 * arguments.limit_minutes
    run = Run(
        World(settings),
        names,
        studies,
        most=arguments.most,
        ends=arguments.ends,
        train=not arguments.no_train,
        steps=_SMALL_STEPS if arguments.small else 0,
        deadline=deadline,
    )
    run.write(cases_of(arguments.splits, arguments.seeds, arguments.contents), arguments.results or RESULTS)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks/retrieval", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--splits", nargs="+", choices=list(SPLITS), default=list(SPLITS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--models", nargs="+", choices=list(GROUPS), default=list(GROUPS))
    parser.add_argument("--contents", nargs="+", choices=[FROZEN, ECFP4, MASKED], default=[FROZEN, ECFP4, MASKED])
    parser.add_argument("--ends", choices=["headline", "all"], default="all", help="cold heads alone, or others too")
    parser.add_argument("--most", type=int, metavar="HEADS", help="most heads of each task that are asked")
    parser.add_argument("--no-train", action="store_true", help="use the bridges that are trained already")
    parser.add_argument("--small", action="store_true", help="one seed, few heads, hardly trained: does it work?")
    parser.add_argument("--limit-minutes", type=float, default=float("inf"), help="ask no further task after these")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--results", type=Path, help="folder of the result file")
    arguments = parser.parse_args()
    if arguments.small:
        arguments.seeds, arguments.most = arguments.seeds[:1], arguments.most or _SMALL_HEADS
        arguments.results = arguments.results or Settings.from_env().build / "studies" / "small"
    return arguments


if __name__ == "__main__":
    main()
