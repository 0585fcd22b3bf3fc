"""Candidates as an HTML report: one file that loads nothing, for people."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime

from biobridge_core.chem.kinship import painted
from biobridge_core.design.candidate import Candidate
from biobridge_core.design.evidence import Evidence, Role
from biobridge_core.design.results import Result
from biobridge_core.design.run import Run
from biobridge_core.design.tree import candidate_svg, givers
from biobridge_core.report.page import MARKS, document
from biobridge_core.report.text import number, pairs, t, table
from biobridge_core.types import HitStatus

_WORDS = {Role.TARGET: "wanted", Role.DISEASE: "wanted", Role.AVOID: "unwanted", Role.START: "set out from"}
_STYLE = (
    "<style>.cands img {width: 220px; height: 140px;} .cands td {vertical-align: top;} "
    ".cands code {font-size: .75rem; overflow-wrap: anywhere;}</style>"
)


def html(run: Run, result: Result, when: datetime, made_by: Sequence[tuple[str, str]], notes: Sequence[str]) -> bytes:
    """The report.

    Parameters
    ----------
    made_by
        Versions of what made it, as names with values.
    notes
        What has to be said beside the result's own notes.
    """
    told = [*result.notes, *notes, *(f"Withheld, {name}: {number(n)}" for name, n in result.withheld.items())]
    listed = "".join(f"<li>{t(note)}</li>" for note in told)
    sections = [
        _STYLE,
        f"<section><h2>Goal</h2>{pairs(_goal(run))}</section>",
        f"<section><h2>How it went</h2>{pairs(_course(run, result))}<ul>{listed}</ul></section>",
        f"<section>{table('Candidates', _HEADS, [_row(run, one) for one in result.candidates], 'cands')}</section>",
        f"<section>{table('Evidence', _ITEM, _evidence(run.evidence))}</section>",
        f"<section><h2>What made it</h2>{pairs((name, t(value)) for name, value in made_by)}</section>",
    ]
    label = ", ".join(part.label for part in run.evidence.parts)
    return document(f"Design: {label}", when, sections)


_ITEM = ("For", "Status", "Name", "Id", "Use", "Sources")
_HEADS = ("", "Candidate", "Score and its parts (0 to 1)", "Properties", "Novelty and alerts", "Where it comes from")


def _row(run: Run, candidate: Candidate) -> Sequence[str]:
    found = givers(run, candidate)
    svg = candidate_svg(candidate, found, 330, 210, False) if found else painted(candidate.smiles, (), 330, 210)
    picture = base64.b64encode(svg.encode()).decode()
    traits, near = candidate.traits, candidate.moses
    whole = max(traits.heavy, 1)
    gave = [
        f"{MARKS[g.item.status] if g.item else 'replacement'}: {g.name or 'the generator'}, "
        f"{100 * sum(len(f.atoms) for f in g.fragments) / whole:.0f} % of its atoms"
        for g in found
    ]
    predicted = [f"{name}: {value:.2g} (predicted)" for name, value in candidate.admet.items()]
    moses = "not compared with MOSES" if near is None else "in MOSES" if near.same else f"MOSES: {near.similarity:.2f}"
    return (
        f'<img alt="structure of {t(candidate.id)}" src="data:image/svg+xml;base64,{picture}">',
        f"<b>{t(candidate.id)}</b>{' ◆' if candidate.pareto else ''}<br><code>{t(candidate.smiles)}</code><br>"
        f"<code>{t(candidate.inchikey)}</code>",
        _lines([f"score {candidate.score:.2f}", *(f"{name} {value:.2f}" for name, value in candidate.parts.items())]),
        _lines([f"MW {traits.weight:.1f}",
                f"logP {traits.log_p:.1f}", f"TPSA {traits.tpsa:.0f}", f"QED {traits.qed:.2f}",
                f"SA {traits.sa:.1f}", *predicted]),
        _lines([f"nearest known drug: {candidate.nearest_name} ({candidate.similarity:.2f})", moses,
                *(candidate.alerts or ("no PAINS or BRENK alert",))]),
        _lines([*gave, f"by {candidate.generator}, round {candidate.round + 1}"]),
    )  # fmt: skip


def _lines(texts: Sequence[str]) -> str:
    return "<br>".join(t(text) for text in texts)


def _goal(run: Run) -> list[tuple[str, str]]:
    evidence, goal = run.evidence, run.evidence.goal
    rows = [(_WORDS[part.role].capitalize(), t(part.label)) for part in evidence.parts if part.role is not Role.START]
    rows += [("Within", t(window.words)) for window in (*goal.windows, *goal.admet)]
    return [
        *rows, ("Has", t(goal.keep)), ("Has not", t(goal.without)), ("Set out from", t(goal.start)),
        ("Seed", str(goal.seed)), ("Time budget", f"{goal.seconds:g} s"),
    ]  # fmt: skip


def _course(run: Run, result: Result) -> list[tuple[str, str]]:
    return [
        ("Candidates", number(len(result.candidates))), ("Molecules judged", number(result.judged)),
        ("Rounds", number(result.rounds)), ("Time", f"{result.seconds:.1f} s"), ("Ended because", t(result.ended)),
        ("Generators", t(", ".join(generator.name for generator in run.generators))),
    ]  # fmt: skip


def _evidence(evidence: Evidence) -> list[Sequence[str]]:
    labels = {part.key: part.label for part in evidence.parts}
    rows: list[Sequence[str]] = []
    for item in evidence.items:
        used = "pinned" if item.id in evidence.pinned else "used" if evidence.is_live(item) else "struck out"
        sources = "; ".join(item.sources) if item.status is HitStatus.KNOWN else ""
        values = (labels.get(item.part, ""), MARKS[item.status], item.entity.name, item.entity.id, item.problem or used)
        rows.append([*(t(value) for value in values), t(sources)])
    return rows
