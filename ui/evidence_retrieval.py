"""Studies of retrieval: held-out links of known entities, entities never seen, and harder kinds of never seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui import evidence_parts as parts
from ui import theme

if TYPE_CHECKING:
    from biobridge_core.results import Result

OURS, CONTENT = "bridge, memory", "bridge, content"

#: What a scorer does, in plain words: the beginning of its name -> words.
WHO: Mapping[str, str] = {
    "bridge, memory": "BioBridge Studio: the bridge with its memory of the graph's links",
    "bridge, content": "the same bridge from sequences, structures and texts alone",
    "bridge, linear": "a bridge that is one matrix",
    "bridge, paper setting": "the bridge trained as the paper describes",
    "popularity": "ranks what has most links first, whatever is asked",
    "text only": "compares the texts of the two entities",
    "KG look-up": "counts paths through the graph",
    "neighbour vote": "the most similar known entities vote with their links",
    "vote by": "one part of our memory, without the bridge",
}
_EMBEDDING = "graph embedding: learns a vector for each entity from the links alone"
_SIMPLE = ("popularity", "text only", "KG look-up", "neighbour vote")
_HELP = {
    "method": "Who ranks. The bridge is ours; the others are what it has to beat.",
    "kind": "Ours, a simple rule, a part of our memory, or an embedding of the graph.",
    "MRR": "Mean reciprocal rank: 1 when the right answer always comes first, 0.1 when it typically comes tenth.",
    "from": "Lower end of the 95 % interval of the MRR.",
    "to": "Upper end of the 95 % interval of the MRR.",
    "first": "How often the right answer comes first (Hits@1), in percent.",
    "in best 10": "How often the right answer is among the ten best (Hits@10), in percent.",
    "found in 100": "Share of the right answers among the 100 best (recall@100), in percent.",
    "nDCG": "Ranking quality of the ten best; 1 is perfect.",
    "what it does": "In plain words.",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Which rows of the result file a study shows."""

    split: str
    content: str = "frozen"
    heads: str = "all"
    tails: str = "all"

    def rows(self, result: Result, kind: str) -> tuple[Mapping[str, Any], ...]:
        """Rows of one kind."""
        return result.where(kind=kind, split=self.split, content=self.content, heads=self.heads, tails=self.tails)


KNOWN = Place("transductive")
UNSEEN = Place("cold_entity", heads="cold", tails="known")
HARDER: Mapping[str, Place] = {
    "Proteins unlike any in training": Place("cold_cluster", heads="cold", tails="known"),
    "Drugs with a new scaffold": Place("cold_scaffold", heads="cold", tails="known"),
    "Diseases and terms of unseen branches": Place("cold_branch", heads="cold", tails="known"),
    "Unseen drugs, by plain fingerprints": Place("cold_entity", content="ecfp4", heads="cold", tails="known"),
    "Unseen diseases, names only": Place("cold_entity", content="masked", heads="cold", tails="known"),
    "Unseen on both sides": Place("cold_entity", heads="cold", tails="cold"),
}


def kind_of(scorer: str) -> str:
    """What sort of method a scorer is."""
    if scorer.startswith("bridge"):
        return "ours" if scorer in {OURS, CONTENT} else "bridge, other setting"
    if scorer.startswith("vote by"):
        return "part of our memory"
    return "simple" if scorer.startswith(_SIMPLE) else "graph embedding"


def best_rival(means: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The method with the largest MRR that is not ours and no part of ours."""
    rivals = [row for row in means if kind_of(str(row["scorer"])) in {"simple", "graph embedding"}]
    return max(rivals, key=lambda row: float(row["mrr"]), default=None)


def figure(result: Result, place: Place) -> parts.Figure | None:
    """How often ours has a right answer among the ten best, beside the best rival; None where it was not asked."""
    means = {str(row["scorer"]): row for row in place.rows(result, "mean")}
    if OURS not in means:
        return None
    rival = best_rival(list(means.values()))
    beside = f"best rival {parts.percent(rival['hits_at_10'])}" if rival else ""
    return parts.Figure("right answer among ten best", parts.percent(means[OURS]["hits_at_10"]), beside)


def show(result: Result, place: Place, key: str, limit: str) -> None:
    """Everything about one place: sentence, what it does not say, plot, table, by task, by degree."""
    means = place.rows(result, "mean")
    if not means:
        st.info("No method has been asked these links yet.", icon=":material/hourglass_empty:")
        return
    parts.says(sentence(means), limit)
    shown = sorted(means, key=lambda row: -float(row["mrr"]))
    points = [parts.Point(str(r["scorer"]), r["mrr"], r["mrr_low"], r["mrr_high"]) for r in shown]
    parts.dots(
        {"mean over relations, 95 % interval": points},
        "mean reciprocal rank",
        f"{key} methods",
        "Mean reciprocal rank of every method with its interval, best first",
    )
    parts.table([_row(row) for row in shown], _HELP, f"{key} table")
    _by_task(place.rows(result, "task"), key)
    _by_degree(shown, key)


def sentence(means: Sequence[Mapping[str, Any]]) -> str:
    """What the means say, in Markdown."""
    by_name = {str(row["scorer"]): row for row in means}
    rival = best_rival(means)
    if OURS not in by_name:
        text = "**The bridge itself has not been asked these links yet.**"
        if rival is None:
            return text
        return (
            f"{text} The best of the others, {theme.plain(str(rival['scorer']))}, has a right answer among the ten "
            f"best in {parts.percent(rival['hits_at_10'])} of the questions."
        )
    ours = by_name[OURS]
    text = (
        f"**The right answer is among the ten best in {parts.percent(ours['hits_at_10'])} of the questions, and the "
        f"very first in {parts.percent(ours['hits_at_1'])}**"
    )
    if rival is None:
        return f"{text}."
    text += (
        f"; the best rival, {theme.plain(str(rival['scorer']))}, has it among the ten best in "
        f"{parts.percent(rival['hits_at_10'])}."
    )
    own = [row for row in means if kind_of(str(row["scorer"])) == "part of our memory"]
    if own:
        part = max(own, key=lambda row: float(row["mrr"]))
        text += (
            f" A part of our own memory alone, {theme.plain(str(part['scorer']))}, has it in "
            f"{parts.percent(part['hits_at_10'])}."
        )
    apart = ours["mrr_low"] > rival["mrr_high"]
    return text + ("" if apart else " The two intervals overlap: the difference may be chance.")


def _row(row: Mapping[str, Any]) -> dict[str, object]:
    scorer = str(row["scorer"])
    return {
        "method": scorer,
        "kind": kind_of(scorer),
        "MRR": row["mrr"],
        "from": row["mrr_low"],
        "to": row["mrr_high"],
        "first": round(100 * row["hits_at_1"], 1),
        "in best 10": round(100 * row["hits_at_10"], 1),
        "found in 100": round(100 * row["recall_at_100"], 1),
        "nDCG": row["ndcg_at_10"],
        "relations": row["n_tasks"],
        "what it does": next((words for name, words in WHO.items() if scorer.startswith(name)), _EMBEDDING),
    }


def _by_task(rows: Sequence[Mapping[str, Any]], key: str) -> None:
    counted = [row for row in rows if row["in_mean"]]
    if not counted:
        return
    st.markdown("##### Relation by relation")
    scorers = list(dict.fromkeys(name for row in counted for name in row["mrr"]))
    chosen = st.multiselect(
        "Methods to compare",
        scorers,
        default=_first_choice(scorers, counted),
        key=f"{key} chosen",
        help="At most seven at once.",
        max_selections=7,
    )
    seeds = sorted({row["seed"] for row in counted})
    first = [row for row in counted if row["seed"] == seeds[0]]
    series = {
        name: [
            parts.Point(str(row["task"]).replace("_", " "), *row["mrr"][name]) for row in first if name in row["mrr"]
        ]
        for name in chosen
    }
    if any(series.values()):
        note = f" (seed {seeds[0]} of {len(seeds)})" if len(seeds) > 1 else ""
        parts.dots(
            series,
            f"mean reciprocal rank{note}",
            f"{key} tasks",
            "Mean reciprocal rank of the chosen methods for each relation",
        )
    small = sorted({str(row["task"]).replace("_", " ") for row in rows if not row["counts"]})
    if small:
        st.caption(f"Too few held-out links to count in the means: {', '.join(map(theme.plain, small))}.")


def _first_choice(scorers: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    def mean(name: str) -> float:
        values = [float(row["mrr"][name][0]) for row in rows if name in row["mrr"]]
        return sum(values) / len(values)

    wanted = [name for name in (OURS, CONTENT) if name in scorers]
    for kind in ("simple", "graph embedding"):
        wanted += sorted((n for n in scorers if kind_of(n) == kind), key=mean)[-1:]
    return wanted + [name for name in ("popularity",) if name in scorers and name not in wanted]


def _by_degree(means: Sequence[Mapping[str, Any]], key: str) -> None:
    rows = {str(row["scorer"]): row.get("mrr_by_tail_degree") or {} for row in means}
    rival = best_rival(means)
    wanted = [OURS, CONTENT, *([str(rival["scorer"])] if rival else []), "popularity"]
    series = {
        name: [(str(bin_), float(mean)) for bin_, (_links, mean) in rows[name].items()]
        for name in dict.fromkeys(wanted)
        if rows.get(name)
    }
    if not series:
        return
    st.markdown("##### Well-known answers and rare ones")
    st.markdown("The more links an answer has already, the easier it is to find. Rare answers are the hard ones.")
    parts.lines(
        series,
        "links that the answer has in training",
        "mean reciprocal rank",
        f"{key} degrees",
        "Mean reciprocal rank by the number of training links of the right answer",
    )
