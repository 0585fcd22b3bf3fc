"""Study of the page Design: how near candidates come to ligands that were hidden from everything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui import evidence_parts as parts
from ui import theme

if TYPE_CHECKING:
    from biobridge_core.results import Result

_OURS = "ours"
_HELP = {
    "method": "Who made the candidates. All of them see the same molecules and have the same time.",
    "nearest": "ECFP4 Tanimoto of each hidden ligand with the candidate nearest to it, averaged over ligands.",
    "within 0.6, %": "Targets and seeds with a candidate that is at least 0.6 alike to a hidden ligand.",
    "within 0.4, %": "The same with 0.4.",
    "new, %": "Candidates that are not among anything that the method could see.",
    "diversity": "1 minus the mean Tanimoto of pairs of candidates.",
    "QED": "Drug-likeness, 0 to 1.",
    "SA": "How hard to make: 1 easy, 10 hard.",
    "first 20": "Likeness of the first 20 candidates with the nearest withheld ligand, averaged.",
    "ours ahead by": "Ours minus this method.",
    "from": "Lower end of the 95 % interval of that.",
    "to": "Upper end of it.",
}


def figure(result: Result) -> parts.Figure | None:
    """How near candidates come to hidden ligands, beside the best other method."""
    head = result.headline
    if "mean_best_similarity_best_other" not in head:
        return None
    return parts.Figure(
        "likeness of hidden ligands with the nearest candidate",
        parts.two(head["mean_best_similarity_ours"]),
        f"best other method {parts.two(head['mean_best_similarity_best_other'])}",
    )


def design(result: Result) -> None:
    """What it means, then every method, for proteins and for diseases in words."""
    head = result.headline
    if "mean_best_similarity_best_other" in head:
        parts.says(_words(result), _LIMIT)
    for kind, title in (("proteins", "#### Proteins"), ("goals", "#### Diseases in words")):
        rows = result.where(kind="method", of=kind)
        if rows:
            st.markdown(title)
            parts.table([_row(row, kind) for row in rows], _HELP, f"design table {kind}", decimals=2)
    rows = result.where(kind="enrichment")
    if rows:
        st.markdown("#### The bridge's own judgement")
        told = [f"{name} {parts.two(head[key])}" for key, name in _ENCODERS.items() if key in head]
        parts.says(
            "Asked which of the hidden ligands and of decoys that are like them on paper bind the protein, the bridge "
            f"puts a ligand first with a chance (AUROC) of: {', '.join(told)}. 0.5 is guessing.",
            "anything of how strongly they bind. Decoys are ligands of other proteins; some may bind this one too.",
        )


_ENCODERS = {"enrichment_auroc": "ChemNet as molecule encoder", "enrichment_auroc_ecfp4": "ECFP4 in its place"}
_LIMIT = (
    "that any candidate binds. Likeness with a known ligand is a stand-in, and good molecules of a new kind count as "
    "misses."
)


def _words(result: Result) -> str:
    head = result.headline
    rows = [row for row in result.where(kind="method", of="proteins") if row["method"] == _OURS]
    targets = f"{theme.number(int(rows[0]['cases']))} proteins" if rows else "some proteins"
    mine, best = head["mean_best_similarity_ours"], head["mean_best_similarity_best_other"]
    least = head.get("difference_low_95", 0.0)
    if least > 0:
        verdict = f"ahead of every other method (difference at least {parts.two(least)} at 95 %)"
    elif mine > best:
        verdict = "ahead of the others, by less than chance allows to tell"
    else:
        verdict = "not ahead of the best other method"
    return (
        f"**Half of the known ligands of {targets} were hidden from everything, and 200 candidates designed for each. "
        f"A hidden ligand has on average a likeness of {parts.two(mine)} with the candidate nearest to it; with the "
        f"best other method {parts.two(best)}. Our design is {verdict}.** For "
        f"{parts.percent(head['share_tanimoto06_ours'])} of the proteins a candidate comes within 0.6 of a hidden "
        f"ligand (best other method: {parts.percent(head['share_tanimoto06_best_other'])}). "
        f"{parts.percent(head['validity'])} of the candidates are valid, {parts.percent(head['novelty'])} new; 200 "
        f"take {parts.two(head['seconds_per_200'])}{theme.THIN_SPACE}s."
    )


def _row(found: Mapping[str, Any], kind: str) -> dict[str, object]:
    shown: dict[str, object] = {"method": str(found["method"])}
    if kind == "goals":
        shown["first 20"] = found.get("mean_of_first_20")
    else:
        shown["nearest"] = found["mean_best"]
        shown |= {"within 0.6, %": 100 * found["share_06"], "within 0.4, %": 100 * found["share_04"]}
    shown |= {"ours ahead by": found.get("ahead"), "from": found.get("ahead_low"), "to": found.get("ahead_high")}
    shown |= {"new, %": 100 * found["novelty"], "diversity": found["diversity"]}
    return shown | {"QED": found.get("qed"), "SA": found.get("sa")}
