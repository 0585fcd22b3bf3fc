"""Studies beside retrieval: confidence, attribution, links over two steps, speed and size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ui import evidence_parts as parts
from ui import theme

if TYPE_CHECKING:
    from biobridge_core.results import Result

_SETS = {
    "pharmacotherapydb": "PharmacotherapyDB",
    "labeledin": "LabeledIn",
    "drugmechdb": "DrugMechDB",
    "chembl_phase4": "ChEMBL, phase 4",
    "predict_omim": "PREDICT (OMIM)",
}
_ROUTES = {"class": "over its therapeutic class", "target": "over a target protein", "either": "either route"}

#: result file, headline key -> what it is, unit, what the value is divided by before it is shown
SPEED = (
    ("app", "cold_start_s", "the app starts until its first page answers", "s"),
    ("app", "page_switch_s_p95", "another page is opened (95 % of the time at most)", "s"),
    ("app", "query_to_drawn_s_p50", "a known entity is asked, until its page is drawn (median)", "s"),
    ("app", "why_s_p50", "“why this hit” without residues or atoms (median)", "s"),
    ("app", "attribution_seconds_500", "which of 500 residues carry a score", "s"),
    ("app", "batch_1000_smiles_s", "a batch of 1,000 molecules", "s"),
    ("app", "batch_200_proteins_s", "a batch of 200 proteins", "s"),
    ("app", "ten_users_ratio", "ten people at once, against one alone (median)", "times slower"),
    ("app", "errors_under_load", "errors while ten people asked for two minutes", ""),
    ("app", "rss_gb", "memory of the app", "GB"),
    ("app", "rss_growth_mb_500_queries", "memory added by 500 questions", "MB"),
    ("latency", "retrieve_catalogue_ms_p50", "a known entity, all kinds ranked, without a page (median)", "ms"),
    ("latency", "retrieve_sequence400_s_p50", "a new sequence of 400 residues (median)", "s"),
    ("latency", "retrieve_smiles_ms_p50", "a new molecule (median)", "ms"),
    ("latency", "retrieve_text_ms_p50", "a sentence (median)", "ms"),
    ("encoders", "unirep_proteins_per_second_float32", "proteins read by UniRep in a second", ""),
    ("build", "build_minutes", "everything is built from downloaded packages", "min"),
    ("build", "bundle_mb", "what is shipped", "MB"),
)


def first_bridge_figure(result: Result) -> parts.Figure:
    """How often a right answer is among the ten best, with popularity beside."""
    head = result.headline
    return parts.Figure(
        "right answer among ten best, all drug actions apart",
        parts.percent(head["mean_hits_at_10_bridge"]),
        f"popularity {parts.percent(head['mean_hits_at_10_popularity'])}",
    )


def first_bridge(result: Result) -> None:
    """The bridge against popularity on every held-out link, one training run."""
    head = result.headline
    parts.says(
        f"**The bridge beats popularity on {head['n_tasks_ahead_95']:.0f} of {head['n_tasks']:.0f} relations, "
        f"with the right answer among the ten best in {parts.percent(head['mean_hits_at_10_bridge'])} of the questions "
        f"instead of {parts.percent(head['mean_hits_at_10_popularity'])}.**",
        "how it compares with stronger rivals than popularity; the first study has those.",
    )
    rows = sorted((row for row in result.rows if row["counts"]), key=lambda row: -float(row["bridge_mrr"]))
    names = {"bridge": "bridge, memory", "content": "bridge, content", "popularity": "popularity"}
    series = {
        shown: [
            parts.Point(
                theme.words(str(row["task"]))[0] + (" (experimental)" if row["evidence"] == "experimental" else ""),
                row[f"{name}_mrr"],
                row.get(f"{name}_mrr_low"),
                row.get(f"{name}_mrr_high"),
            )
            for row in rows
        ]
        for name, shown in names.items()
    }
    parts.dots(
        series,
        "mean reciprocal rank",
        "first bridge",
        "Mean reciprocal rank of bridge and popularity for each relation",
    )


def composition_figure(result: Result) -> parts.Figure:
    """Recall over the therapeutic class on PharmacotherapyDB."""
    return parts.Figure(
        "listed indications reached in two steps", parts.percent(result.headline["pharmacotherapydb_class_recall"])
    )


def composition(result: Result) -> None:
    """Drug–disease links that the graph implies over two steps, against lists that were never read."""
    head = result.headline
    parts.says(
        "**The graph holds no drug–disease links; it implies some over two steps. Against PharmacotherapyDB, "
        f"{parts.percent(head['pharmacotherapydb_class_precision'])} of the pairs over a therapeutic class are listed "
        f"indications, but over a target protein only {parts.percent(head['pharmacotherapydb_target_precision'])}.**",
        "that a pair outside these lists is wrong: no list holds every indication.",
    )
    rows = [row for row in result.rows if row["route"] != "either"]
    series = {
        _ROUTES[route]: [
            parts.Point(_SETS.get(str(row["set"]), str(row["set"])), float(row["precision"]))
            for row in rows
            if row["route"] == route
        ]
        for route in ("class", "target")
    }
    parts.dots(
        series,
        "share that are listed indications",
        "composition",
        "Precision of implied drug–disease pairs on five lists of indications",
    )
    parts.table(
        [
            {
                "list": _SETS.get(str(row["set"]), str(row["set"])),
                "route": _ROUTES.get(str(row["route"]), str(row["route"])),
                "indications": row["indications"],
                "implied pairs": row["composed"],
                "precision": row["precision"],
                "recall": row["recall"],
                "recall, reachable": row["recall_coverable"],
            }
            for row in result.rows
        ],
        {
            "precision": "Share of the implied pairs of the list's drugs that the list has.",
            "recall": "Share of the list's indications that are implied.",
            "recall, reachable": "The same among indications whose disease the route can lead to at all.",
        },
        "composition table",
    )


def speed_figure(found: dict[str, Result]) -> parts.Figure | None:
    """From question to drawn page, or without a page where that was not measured."""
    if "app" in found and "query_to_drawn_s_p50" in found["app"].headline:
        return parts.Figure("question to drawn page", f"{parts.two(found['app'].headline['query_to_drawn_s_p50'])} s")
    if "latency" in found:
        return parts.Figure(
            "a known entity, all kinds ranked",
            f"{parts.two(found['latency'].headline['retrieve_catalogue_ms_p50'])} ms",
        )
    return None


def speed(found: dict[str, Result]) -> None:
    """How long things take and how much memory they need."""
    machines = sorted({result.machine for result in found.values() if result.machine})
    parts.says(
        "**A known entity is answered in about a tenth of a second, a new sequence in about a second, on a small "
        "machine without a GPU.**"
        if "latency" in found and found["latency"].headline["retrieve_catalogue_ms_p50"] < 200
        else "**How long it takes on a small machine without a GPU.**",
        "how fast it is on another machine, or while other work keeps this one busy.",
    )
    rows = [
        {"what": what, "figure": f"{parts.two(found[name].headline[key])} {unit}".strip(), "file": f"{name}.json"}
        for name, key, what, unit in SPEED
        if name in found and key in found[name].headline
    ]
    parts.table(rows, {"figure": "Measured, not promised.", "file": "In benchmarks/results."}, "speed table")
    if machines:
        st.caption(f"Measured on {theme.plain('; '.join(machines), 300)}.")
    if "app" not in found:
        parts.missing("The app as a whole (start, pages, several people at once)", "app")
