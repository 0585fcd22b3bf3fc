"""From answers to the figures that the README and the page quote."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from design.cases import Cases
from design.enrichment import ALIKE, EACH, WINDOW
from design.judging import CLOSE, NEAR, paired_low
from design.methods import DRUGS, METHODS, OURS, Budget

Row = dict[str, object]
_MEANS = (
    "validity", "given", "uniqueness", "novelty", "diversity", "qed", "sa", "again", "best", "mean_best",
    "mean_of_first_20", "best_of_first_20", "seconds", "judged", "proposed",
)  # fmt: skip


def by_case(rows: Sequence[Row], group: str, method: str, key: str) -> dict[str, float]:
    """Case -> mean of a figure over its seeds."""
    found: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if (row["kind"], row["method"]) == (group, method) and key in row:
            found[str(row["case"])].append(float(row[key]))
    return {case: float(np.mean(values)) for case, values in found.items()}


def share(rows: Sequence[Row], group: str, method: str, least: float) -> float:
    """Share of (target, seed) with a candidate at least so like a hidden ligand."""
    best = [float(row["best"]) for row in rows if (row["kind"], row["method"]) == (group, method)]
    return float(np.mean([value >= least for value in best])) if best else float("nan")


def summary(rows: Sequence[Row]) -> list[Row]:
    """One row for each method and group, and how far ours is ahead of each other one."""
    found: list[Row] = []
    for group in dict.fromkeys(str(row["kind"]) for row in rows):
        key = "mean_of_first_20" if group == "goals" else "mean_best"
        ours = by_case(rows, group, OURS, key)
        for method in METHODS:
            mine = [row for row in rows if (row["kind"], row["method"]) == (group, method)]
            if not mine:
                continue
            row: Row = {"kind": "method", "of": group, "method": method, "cases": len({r["case"] for r in mine})}
            row |= {
                name: round(float(np.mean([float(one[name]) for one in mine if name in one])), 4)
                for name in _MEANS
                if any(name in one for one in mine)
            }
            row |= {"share_06": share(rows, group, method, CLOSE), "share_04": share(rows, group, method, NEAR)}
            other = by_case(rows, group, method, key)
            both = sorted(ours.keys() & other.keys())
            if method != OURS and both:
                told = paired_low([ours[case] for case in both], [other[case] for case in both])
                row |= dict(zip(("ahead", "ahead_low", "ahead_high"), (round(x, 4) for x in told), strict=True))
            found.append(row)
    return found


def headline(rows: Sequence[Row], enriched: Sequence[Row]) -> dict[str, float]:
    """The keys that are quoted; what was not measured yet is left out."""
    table = {str(row["method"]): row for row in summary(rows) if row["of"] == "proteins"}
    if OURS not in table:
        return {}
    ours, others = table[OURS], [row for name, row in table.items() if name not in {OURS, DRUGS}]
    head: dict[str, float] = {}

    def number(row: Row, key: str) -> float:
        return float(row[key])

    for name, key in (
        ("share_tanimoto06", "share_06"), ("share_tanimoto04", "share_04"), ("mean_best_similarity", "mean_best"),
    ):  # fmt: skip
        head[f"{name}_ours"] = number(ours, key)
        if others:
            head[f"{name}_best_other"] = max(number(row, key) for row in others)
    if others:
        best = max(others, key=lambda row: number(row, "mean_best"))
        head["difference_low_95"] = number(best, "ahead_low")
    for name, encoder in (("enrichment_auroc", "ChemNet"), ("enrichment_auroc_ecfp4", "ECFP4")):
        values = [number(row, "auroc") for row in enriched if row["encoder"] == encoder]
        if values:
            head[name] = float(np.mean(values))
    head |= {name: number(ours, name) for name in ("validity", "uniqueness", "novelty", "diversity")}
    head["seconds_per_200"] = number(ours, "seconds")
    goals = {str(row["method"]): row for row in summary(rows) if row["of"] == "goals"}
    if OURS in goals:
        head["goals_mean_of_first_20_ours"] = number(goals[OURS], "mean_of_first_20")
        rest = [number(row, "mean_of_first_20") for name, row in goals.items() if name not in {OURS, DRUGS}]
        if rest:
            head["goals_mean_of_first_20_best_other"] = max(rest)
        if DRUGS in goals:
            head["goals_mean_of_first_20_random_drugs"] = number(goals[DRUGS], "mean_of_first_20")
    return {name: round(value, 4) for name, value in head.items()}


def notes(cases: Cases, budget: Budget) -> list[str]:
    """What has to be said of how it was measured."""
    groups = {name: [case.name for case in cases.group(name)] for name in ("proteins", "goals", "development")}
    windows = ", ".join(f"{name} ± {width:g}" for name, width in WINDOW.items())
    return [
        f"Every method gives {budget.n} candidates in {budget.seconds:g} s on 2 cores, the retrieval of evidence and "
        "the choice counted in. Ours and its two reduced forms make molecules in two processes beside the one that "
        "scores; the others need a part of their time alone.",
        f"{len(cases.hidden)} molecules are hidden from everything at once: half of the ligands of each protein by "
        "whole Murcko scaffolds, with every salt, stereoisomer and synonym. They left graph, vectors, fragments, the "
        "sample of MOSES, CReM's database and the training of the bridge.",
        f"Proteins, below 40 % identity to one another and to those of development: {', '.join(groups['proteins'])}. "
        f"Development, on which choices were made: {', '.join(groups['development'])}. "
        f"Known targets of the goals in words: {', '.join(groups['goals'])}.",
        "mean_best: of each hidden ligand the highest ECFP4 Tanimoto with any candidate, its mean over the hidden "
        "ligands, then over targets and seeds. best: the highest of all. share_06, share_04: of targets and seeds "
        f"whose best is at least {CLOSE:g} or {NEAR:g}. again: hidden ligands that came out themselves.",
        "The best other method is the best by the mean over these very targets, which favours it; ahead_low and "
        "ahead_high are the 95 % interval of a paired bootstrap over targets, seeds averaged first.",
        "Novelty: first InChIKey block not among the visible molecules of the graph or the sample of MOSES.",
        "Goals in words: the first 20 candidates, ECFP4 similarity to the nearest withheld ligand of a known target of "
        "the disease, averaged; no method was told the target. CReM mutates the drugs that retrieval finds for it.",
        "Enrichment: AUROC of the bridge's belief in the protein for its hidden ligands against hidden ligands of "
        f"other proteins, ECFP4 below {ALIKE:g} to every visible ligand and alike on paper ({windows}; up to {EACH} "
        "for each). Decoys are hidden too, since a visible one would be told by its own links.",
        "The principal directions of the frozen vectors were fitted with the hidden molecules among 6,800, without "
        "any link.",
    ]
