"""Training speed of the released BioBridge step (Wang et al. 2024, arXiv:2310.03320) beside ours, on the starter graph.

    git clone https://github.com/RyanWangZf/BioBridge ../BioBridge
    python benchmarks/reference_step.py --reference ../BioBridge

The released model, loss, data set and collator are imported from the checkout and run unchanged: 768 wide, 6 layers,
12 heads, five sampled negatives a triple, float32. Around them stands what ``train_bind.py`` asks of its trainer:
AdamW, a learning rate of 1.6e-3 warmed up over a tenth of the steps and then falling linearly, gradients clipped at 1.
Inputs are the vectors of our catalogue, and every triple of our training view may be drawn. Both sides run in one
process, a block of ours after a block of theirs.

A triple is one true (head, relation, tail). Their step sees one a row; ours sees all true tails of every query at once.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import logging
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from common import write_result
from numpy.typing import NDArray
from released import HEADS, LAYERS, WIDTH, Data, Reference

from biobridge_core.bridge import train
from biobridge_core.bridge.data import Content, Groups
from biobridge_core.config import Settings

RELEASED = ("src/model.py", "src/losses.py", "src/collator.py", "src/dataset.py", "train_bind.py")
Row = dict[str, object]


class Stop(Exception):  # noqa: N818 (it ends a run that went as planned)
    """Enough steps were made."""


class Clock:
    """Seconds and triples of our training steps, without validation and without what runs between them."""

    def __init__(self) -> None:
        self.seconds, self.triples, self.steps = 0.0, 0, 0
        self._mark = time.perf_counter()

    def step_done(self) -> None:
        """Count the time since the last mark to the steps."""
        self.seconds += time.perf_counter() - self._mark
        self.steps += 1
        self.mark()

    def mark(self) -> None:
        """What follows is a step's."""
        self._mark = time.perf_counter()

    @contextmanager
    def watching(self, *, float32: bool = False) -> Iterator[None]:
        """Count the triples of every batch and pause while validating."""
        module: Any = train
        loss, validate, fast = module.batch_loss, module.validate, module.has_fast_bfloat16

        def counted(
            bridge: Any, content: Content, groups: Groups, chosen: NDArray[np.integer], *rest: Any, **named: Any
        ) -> Any:
            if not self.triples:
                self.mark()  # what came before is no training: grouping the links, fitting the inputs
            self.triples += int(groups.true[chosen].nnz)
            return loss(bridge, content, groups, chosen, *rest, **named)

        def paused(*arguments: Any, **named: Any) -> Any:
            start = time.perf_counter()
            try:
                return validate(*arguments, **named)
            finally:
                self._mark += time.perf_counter() - start

        module.batch_loss, module.validate = counted, paused
        if float32:
            module.has_fast_bfloat16 = lambda device: False
        try:
            yield
        finally:
            module.batch_loss, module.validate, module.has_fast_bfloat16 = loss, validate, fast


def our_run(
    data: Data, options: train.TrainOptions, clock: Clock, after: Callable[[Path], None], **watch: bool
) -> None:
    """Train until ``after``, called with the work folder after every step, raises Stop."""
    with tempfile.TemporaryDirectory() as folder, clock.watching(**watch):
        work = Path(folder)

        def progress(done: int, total: int) -> None:
            clock.step_done()
            after(work)
            clock.mark()

        try:
            train.fit(data.graph, data.content, data.view, options, work=work, progress=progress)
        except Stop:
            return


def speed(
    name: str, data: Data, options: train.TrainOptions, reference: Reference, chosen: argparse.Namespace, **watch: bool
) -> tuple[float, Row]:
    """Triples per second of both over all blocks, a block of ours before each of theirs, and their ratio."""
    theirs: list[float] = []
    ours: list[float] = []
    clock = Clock()
    quiet = dataclasses.replace(options, validate_every=10**9, checkpoint_every=10**9)
    reference.start(chosen.steps * (chosen.blocks + 1))
    marks: list[tuple[int, float]] = []  # triples and seconds of ours before the first block and after each

    def after(work: Path) -> None:
        if clock.steps == chosen.warm_up:  # both are warm
            reference.step()
            marks.append((clock.triples, clock.seconds))
            reference.triples, reference.seconds, reference.prepared = 0, 0.0, 0.0
        if clock.steps < chosen.warm_up + chosen.our_steps * (len(ours) + 1):
            return
        marks.append((clock.triples, clock.seconds))
        ours.append(_rate(marks[-2], marks[-1]))
        before = reference.triples, reference.seconds
        for _ in range(chosen.steps):
            reference.step()
        theirs.append(_rate(before, (reference.triples, reference.seconds)))
        if len(ours) == chosen.blocks:
            raise Stop

    our_run(data, quiet, clock, after, **watch)
    # Totals, since the relations that a few of our steps draw differ in true tails a query.
    our_rate, their_rate = _rate(marks[0], marks[-1]), reference.triples / reference.seconds
    ratio = our_rate / their_rate
    row: Row = {
        "what": name, "speedup": round(ratio, 2), "blocks": chosen.blocks,
        "our_rate": round(our_rate, 1), "reference_rate": round(their_rate, 1),
        "our_triples_per_second": [round(each, 1) for each in ours],
        "reference_triples_per_second": [round(each, 1) for each in theirs],
        "our_steps_per_block": chosen.our_steps, "reference_steps_per_block": chosen.steps,
        "our_triples_per_step": round(clock.triples / clock.steps, 1), "reference_triples_per_step": reference.batch,
        "reference_share_making_batches": round(reference.prepared / reference.seconds, 3),
        "speedup_without_their_batch_making": round(ratio * (1 - reference.prepared / reference.seconds), 2),
        "options": dataclasses.asdict(options),
    }  # fmt: skip
    print(json.dumps({key: value for key, value in row.items() if key != "options"}), flush=True)
    return ratio, row


def _rate(before: tuple[int, float], after: tuple[int, float]) -> float:
    """Triples per second between two marks."""
    return (after[0] - before[0]) / (after[1] - before[1])


def time_to_quality(
    data: Data, options: train.TrainOptions, reference: Reference, chosen: argparse.Namespace, rate: float
) -> tuple[float, Row]:
    """Their seconds to the best validation MRR of a run of so many minutes, over ours to the same MRR."""
    budget = 60 * chosen.minutes
    steps = max(2, round(budget * rate / reference.batch))
    reference.start(steps)
    curve: list[dict[str, float]] = []
    for step in range(1, 2 * steps):
        loss = reference.step()
        if reference.seconds >= budget * (len(curve) + 1) / chosen.looks or step == steps:
            curve.append({"step": step, "seconds": round(reference.seconds, 1), "loss": round(loss, 4)})
            curve[-1]["validation_mrr"] = round(reference.mrr(), 5)
            print("reference", curve[-1], flush=True)
        if reference.seconds >= budget or step == steps:
            break
    best = max(curve, key=lambda point: point["validation_mrr"])
    clock, reached = Clock(), [0.0]
    often = dataclasses.replace(options, validate_every=chosen.our_look)

    def after(work: Path) -> None:
        if clock.steps % chosen.our_look == 0:
            last = json.loads((work / "metrics.jsonl").read_text(encoding="utf-8").splitlines()[-1])
            print("ours", last["step"], round(clock.seconds, 1), last["validation_mrr"], flush=True)
            reached[0] = last["validation_mrr"]
            if reached[0] >= best["validation_mrr"]:
                raise Stop

    our_run(data, often, clock, after)
    if reached[0] < best["validation_mrr"]:
        raise SystemExit(f"Ours never reached the reference's validation MRR of {best['validation_mrr']}.")
    ratio = best["seconds"] / clock.seconds
    return ratio, {
        "what": "time to the reference's quality", "reference_curve": curve, "reference_mrr": best["validation_mrr"],
        "reference_seconds": best["seconds"], "our_seconds": round(clock.seconds, 1), "our_mrr": reached[0],
        "our_steps": clock.steps, "ratio": round(ratio, 2),
    }  # fmt: skip


def shipped_options(bundle: Path) -> train.TrainOptions:
    """What the bundle's bridge was trained with."""
    stored = json.loads((bundle / "bridge" / train.METRICS).read_text(encoding="utf-8"))["options"]
    known = {field.name for field in dataclasses.fields(train.TrainOptions)}
    return train.TrainOptions(**{name: value for name, value in stored.items() if name in known})


def digest_of(checkout: Path) -> str:
    """sha256 over the released files that are run or followed."""
    missing = [name for name in RELEASED if not (checkout / name).is_file()]
    if missing:
        raise SystemExit(f"{checkout} is no checkout of the released code: {missing[0]} is missing.")
    return hashlib.sha256(b"".join((checkout / name).read_bytes() for name in RELEASED)).hexdigest()


NOTES = [
    "Released files model.py, losses.py, collator.py and dataset.py are imported as they are; nothing is stubbed or "
    "patched. The transformers trainer around them is replaced by a plain loop with its optimiser, schedule and "
    "clipping, which only saves them time.",
    "Made easier for the reference: batches are made in the training process (its four loader workers would compete "
    "for two cores and send every vector through shared memory), vectors are numpy rows (its build script stores "
    "Python lists), directions have relation ids of their own, and the learning rate is fitted to the run's length.",
    "What is slow in it: every triple passes the transformer alone, though a head and relation have many tails; four "
    "tokens pass the last layer where one is read; vectors are stacked from lists of single tensors (seven a triple); "
    "the 50 listed negatives of a triple are parsed from text with eval at every step, and five of them are used.",
    "train_speedup_vs_reference_*: true triples per second. Ours scores each query against all tails of the modality, "
    "theirs against one true and five sampled ones. Ours multiplies in bfloat16 where the processor can, theirs runs "
    "in float32 as released; the row in float32 takes that apart.",
    "seconds_to_reference_quality_ratio: seconds of training (validation taken off on both sides) until the best "
    "validation MRR of the reference's run, theirs over ours, at the shipped setting.",
]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write benchmarks/results/training.json."""
    settings = Settings.from_env()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--reference", type=Path, required=True, help="checkout of the released code")
    parser.add_argument("--graph", type=Path, default=settings.bundle / "kg")
    parser.add_argument("--catalogue", type=Path, default=settings.bundle / "catalogue")
    parser.add_argument("--minutes", type=float, default=30, help="training time of the reference; 0: speed alone")
    parser.add_argument("--looks", type=int, default=10, help="validations of the reference in that time")
    parser.add_argument("--our-look", type=int, default=20, help="our steps between two validations")
    parser.add_argument("--batch", type=int, default=1024, help="triples in a step of the reference; train_bind's own")
    parser.add_argument("--blocks", type=int, default=5)
    parser.add_argument("--steps", type=int, default=2, help="steps of the reference in a block")
    parser.add_argument("--our-steps", type=int, default=40, help="our steps in a block")
    parser.add_argument("--warm-up", type=int, default=3)
    parser.add_argument("--results", type=Path, help="folder for training.json (default: benchmarks/results)")
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    released = digest_of(chosen.reference)
    shipped = shipped_options(settings.bundle)
    data = Data(chosen.graph, chosen.catalogue, shipped)
    reference = Reference(chosen.reference, data, batch=chosen.batch, seed=shipped.seed)
    paper = dataclasses.replace(shipped, width=WIDTH, layers=LAYERS, heads=HEADS)
    few = argparse.Namespace(**{**vars(chosen), "our_steps": max(1, chosen.our_steps // 4)})
    same, first = speed("same dimensions", data, paper, reference, few)
    _, second = speed("same dimensions, ours in float32", data, paper, reference, few, float32=True)
    ship, third = speed("shipped setting", data, shipped, reference, chosen)
    headline = {
        "train_speedup_vs_reference_same_dims": round(same, 2),
        "train_speedup_vs_reference_shipped": round(ship, 2),
    }
    rows = [first, second, third]
    if chosen.minutes:
        rate = reference.triples / reference.seconds
        reference = Reference(chosen.reference, data, batch=chosen.batch, seed=shipped.seed)
        quality, fourth = time_to_quality(data, shipped, reference, chosen, rate)
        headline["seconds_to_reference_quality_ratio"] = round(quality, 2)
        rows.append(fourth)
    write_result(
        "training",
        headline=headline,
        rows=rows,
        seeds=[shipped.seed],
        manifest={"graph": data.graph.digest, "split": data.view.digest, "released_code_sha256": released},
        notes=NOTES,
        **({"folder": chosen.results} if chosen.results else {}),
    )


if __name__ == "__main__":
    main()
