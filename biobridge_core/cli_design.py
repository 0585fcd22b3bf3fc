"""The command line's ``design``. Thin, like all of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from biobridge_core.errors import InputError

if TYPE_CHECKING:
    from biobridge_core.design.evidence import Evidence
    from biobridge_core.design.goal import Goal
    from biobridge_core.design.results import Result


def design(
    target: Annotated[
        list[str] | None, typer.Option(help="Wanted: gene, accession or sequence; several times.")
    ] = None,
    disease: Annotated[list[str] | None, typer.Option(help="Wanted: disease or phenotype; several times.")] = None,
    avoid: Annotated[list[str] | None, typer.Option(help="Unwanted target, such as KCNH2; several times.")] = None,
    window: Annotated[list[str] | None, typer.Option(help="E.g. weight=250:500 or log_p=:4; several times.")] = None,
    admet: Annotated[list[str] | None, typer.Option(help="Predicted endpoint, e.g. hERG=:0.3; several times.")] = None,
    keep: Annotated[str, typer.Option(help="SMARTS that every candidate has.")] = "",
    without: Annotated[str, typer.Option(help="SMARTS that no candidate has.")] = "",
    start: Annotated[str, typer.Option(help="SMILES of a molecule to set out from.")] = "",
    n: Annotated[int, typer.Option("--n", help="Candidates, 1 to 1000.")] = 100,
    seconds: Annotated[float, typer.Option(help="Most time that the search may take.")] = 300.0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same candidates.")] = 1,
    workers: Annotated[int, typer.Option(help="Processes; their number changes nothing in the result.")] = 1,
    generator: Annotated[str, typer.Option(help="fragments, language-model (where one is configured), or both.")] = (
        "fragments"
    ),
    strike: Annotated[list[str] | None, typer.Option(help="Evidence to leave out: a drug's or protein's id.")] = None,
    build: Annotated[
        bool, typer.Option("--build", help="First make what is missing for CReM and MOSES, once.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="File, .sdf, .csv or .smi; SMILES are printed otherwise.")] = None,
) -> None:
    """Design molecules from what the bridge retrieves, each with its lineage."""
    from biobridge_core.design.export import FORMATS
    from biobridge_core.design.goal import Goal, check, parse_window
    from biobridge_core.design.language import choose
    from biobridge_core.service import BridgeService

    form = out.suffix.lower().removeprefix(".") if out is not None else "smi"
    if form not in FORMATS:
        raise InputError(f"Candidates cannot be written as {form!r}.", f"Name a file with .{', .'.join(FORMATS)}.")
    if out is not None and (out.is_dir() or not out.parent.is_dir()):
        raise InputError(f"{out} cannot be written.", "Name a file in a folder that is there.")
    windows = tuple(parse_window(text) for text in window or ())
    bounds = tuple(parse_window(text) for text in admet or ())
    wanted, ill, unwanted = (tuple(entries or ()) for entries in (target, disease, avoid))
    if build and not (wanted or ill or start):
        print(BridgeService.open(progress=_say()).designer.extras.build(_say()), file=sys.stderr)
        return
    goal = check(Goal(wanted, ill, unwanted, windows, keep, without, start, bounds, n, seconds, seed))
    say = _say()
    bridge = BridgeService.open(progress=say)
    designer, model = bridge.designer, bridge.language_model if generator != "fragments" else None
    choose(generator, model)
    if build:
        print(designer.extras.build(say), file=sys.stderr)
    evidence = _without(designer.evidence(goal, say), strike or [])
    print(_told(evidence), *evidence.notes, sep="\n! ", file=sys.stderr)
    run = designer.run(evidence, workers=workers, generator=generator, model=model, progress=say)
    try:
        run.run(say)
    except KeyboardInterrupt:
        run.cancel()
        run.close()
    result = designer.result(run)
    whole = designer.export(run, result, form)
    if out is None:
        sys.stdout.write(whole.decode())
    else:
        try:
            out.write_bytes(whole)
        except OSError as error:
            raise InputError(f"{out} cannot be written: {error.strerror}.", "Name another file.") from error
    print(_summary(goal, result), file=sys.stderr)


def _without(evidence: Evidence, ids: list[str]) -> Evidence:
    unknown = [id_ for id_ in ids if not any(id_ in (item.id, item.entity.id) for item in evidence.items)]
    if unknown:
        raise InputError(f"The evidence has no {unknown[0]!r}.", "Give the id of a drug or protein that it lists.")
    return evidence.strike(item.id for item in evidence.items if {item.id, item.entity.id} & set(ids))


def _told(evidence: Evidence) -> str:
    drugs = evidence.molecules()
    known = sum(item.status.value == "known" and item.direct for item in drugs)
    predicted = sum(item.status.value == "predicted" for item in drugs)
    over = len(drugs) - known - predicted
    return f"Evidence: {known} known drugs, {predicted} predicted, {over} of related proteins."


def _summary(goal: Goal, result: Result) -> str:
    lines = [
        f"{len(result.candidates):,} candidates out of {result.judged:,} molecules judged in {result.seconds:.1f} s: "
        f"{result.ended}."
    ]
    lines += [f"! withheld, {name}: {count:,}" for name, count in sorted(result.withheld.items())]
    lines += [f"! {note}" for note in result.notes]
    return "\n".join([*lines, f"Goal: {json.dumps(goal.as_dict(), ensure_ascii=False)}", _LAST])


def _say() -> Callable[[str, float], None]:
    if not sys.stderr.isatty():
        return lambda _message, _done: None
    return lambda message, done: print(f"[{100 * done:5.1f} %] {message}", file=sys.stderr, flush=True)


_LAST = "Research use, not medical advice."
