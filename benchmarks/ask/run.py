"""Answer the questions of the Ask benchmark and those of its rivals, and write benchmarks/results/ask.json.

    python benchmarks/ask/run.py                            # everything; about an hour on two cores
    python benchmarks/ask/run.py --half seen --sample 5     # five of each kind; writes build/<profile>/ask/results
    python benchmarks/ask/run.py --kinds two_hop shared     # the same for some kinds

Run ``python benchmarks/ask/generate.py`` first. Answers are kept under build/<profile>/ask/answers by the digest of the
code that gave them and are not asked for again. Only a run with all unseen questions and with rivals writes the result
file of the repository; the headline is of the unseen wordings alone.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from common import RESULTS, write_result

from ask.asking import Asking, Question
from ask.lying import measure
from ask.opened import SEED, read_questions
from ask.rivals import Rivals
from ask.table import NOTES, headline_of, judge, rows_of
from ask.wordings import HALVES
from biobridge_core.config import Settings


def main() -> int:
    """Ask, judge, write."""
    arguments = _arguments()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    settings = Settings.from_env()
    torch.set_num_threads(max(1, settings.threads))
    questions = read_questions(settings)
    asked = chosen(questions, arguments.half, arguments.kinds, arguments.sample)
    asking = Asking(settings, questions)
    records = asking.answers(asked, _say)
    others = Rivals(asking, settings)
    rivals = others.answers(asked, records, _say) if arguments.rivals else {}
    lying = measure(asking.whole, encode=others.encode) if arguments.rivals else None
    judged = judge(asking, asked, records, rivals, lying)
    whole = (
        arguments.rivals
        and not arguments.kinds
        and {q["id"] for q in questions if q["half"] == "unseen"} <= {q["id"] for q in asked}
    )
    write_result(
        "ask",
        headline=headline_of(judged),
        rows=rows_of(judged),
        notes=[*NOTES, *_left_out(questions, asked)],
        seeds=[SEED],
        manifest={"graph": _graph(asking), **asking.digests},
        folder=RESULTS if whole else settings.build / "ask" / "results",
    )
    return 0


def chosen(questions: Sequence[Question], halves: Sequence[str], kinds: Sequence[str], sample: int) -> list[Question]:
    """The questions that are asked: of some halves and kinds, all of the unseen half, a sample of each seen kind.

    A sample is drawn by the seed within each kind, so that a smaller one is a part of a larger one.
    """
    found: list[Question] = []
    for half in halves:
        for kind in dict.fromkeys(question["kind"] for question in questions):
            mine = [question for question in questions if (question["half"], question["kind"]) == (half, kind)]
            if kinds and kind not in kinds:
                continue
            if sample and half == "seen":
                mine = random.Random(f"{SEED} {kind}").sample(mine, len(mine))[:sample]
            found += mine
    return found


def _left_out(questions: Sequence[Question], asked: Sequence[Question]) -> list[str]:
    notes = []
    for half in HALVES:
        n, of = (sum(question["half"] == half for question in some) for some in (asked, questions))
        if n < of:
            notes.append(f"{half} wordings: {n} of {of} questions were asked, drawn by the seed within each kind.")
    return notes


def _graph(asking: Asking) -> str:
    return str(asking.whole.digest)


def _say(message: str) -> None:
    print(message, flush=True)


def _arguments() -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", nargs="+", choices=HALVES, default=list(HALVES))
    parser.add_argument("--kinds", nargs="+", default=[], metavar="KIND")
    parser.add_argument("--sample", type=int, default=0, help="questions of each kind of the seen half; all by default")
    parser.add_argument(
        "--no-rivals", dest="rivals", action="store_false", help="ask our service alone, and no lying model"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
