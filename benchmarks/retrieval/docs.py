"""Tables for people, from benchmarks/results/retrieval.json: docs/retrieval.md, and figures for the README.

python -c "import sys; sys.path.insert(0, 'benchmarks'); from retrieval.docs import main; main()"
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESULT, DOCUMENT = ROOT / "benchmarks" / "results" / "retrieval.json", ROOT / "docs" / "retrieval.md"

#: headline key, what it is, decimals, unit: rows for the README in the manner of benchmarks/readme.py
FIGURES = (
    ("transductive_memory_mrr", "held-out links of known entities, mean filtered MRR: bridge with memory", 3, ""),
    ("transductive_content_mrr", "… bridge on content alone", 3, ""),
    ("transductive_paper_setting_mrr", "… bridge in the paper's setting", 3, ""),
    ("transductive_best_tuned_kge_mrr", "… best tuned graph embedding", 3, ""),
    ("transductive_best_paper_kge_mrr", "… best graph embedding as papers run it", 3, ""),
    ("memory_vs_tuned_kge", "… bridge with memory against the best tuned embedding", 2, " ×"),
    ("memory_vs_paper_kge", "… against the best embedding as papers run it", 2, " ×"),
    ("cold_mrr", "entities that were never seen, mean filtered MRR: bridge with memory", 3, ""),
    ("cold_best_simple_mrr", "… best simple rival", 3, ""),
    ("cold_plain_content_mrr", "… bridge on content alone", 3, ""),
    ("cold_vs_simple", "… bridge with memory against the best simple rival", 2, " ×"),
    ("cold_cluster_vs_simple", "… the same, unseen clusters of proteins", 2, " ×"),
    ("cold_scaffold_vs_simple", "… the same, unseen scaffolds of drugs", 2, " ×"),
    ("cold_branch_vs_simple", "… the same, unseen branches of the hierarchies", 2, " ×"),
    ("cold_drug_vs_simple_ecfp4", "… the same, unseen drugs read by ECFP4", 2, " ×"),
    ("masked_text_vs_simple", "… the same, unseen diseases read by masked names", 2, " ×"),
)
_SPLITS = {
    "transductive": "Held-out links of known entities",
    "cold_entity": "Unseen entities",
    "cold_cluster": "Unseen clusters of proteins",
    "cold_scaffold": "Unseen scaffolds of drugs",
    "cold_branch": "Unseen branches of the hierarchies",
}
_CONTENTS = {"frozen": "", "ecfp4": ", drugs read by ECFP4", "masked": ", diseases read by masked names"}

Result = Mapping[str, Any]
Place = tuple[str, str, str, str]


def readme_rows(result: Result) -> list[str]:
    """Lines of the README's table, for the keys that were measured."""
    lines = []
    for key, what, decimals, unit in FIGURES:
        if key in result["headline"]:
            number = f"{result['headline'][key]:,.{decimals}f}".replace(",", "\u2009")
            lines.append(f"| {what} | {number}{unit} | `retrieval.json` | `{key}` |")
    return lines


def document(result: Result) -> str:
    """docs/retrieval.md."""
    lines = ["# Retrieval: everyone on every split", ""]
    lines += [f"From `benchmarks/results/retrieval.json` (seeds {', '.join(map(str, result['seeds']))}); "]
    lines[-1] += "`make bench-retrieval` repeats it."
    for place in dict.fromkeys(_place(row) for row in result["rows"] if row["kind"] == "mean"):
        mine = [row for row in result["rows"] if row["kind"] != "model" and _place(row) == place]
        lines += ["", f"## {_title(place)}", "", *_means(mine), "", *_tasks(mine)]
    models = [row for row in result["rows"] if row["kind"] == "model"]
    if models:
        lines += ["", "## How the models were made", "", *_models(models)]
    notes = [result["notes"]] if isinstance(result["notes"], str) else result["notes"]
    return "\n".join([*lines, "", "## Notes", "", *(f"- {note}" for note in notes), ""])


def _place(row: Result) -> Place:
    return row["split"], row["content"], row["heads"], row["tails"]


def _title(place: Place) -> str:
    split, content, heads, tails = place
    title = _SPLITS[split] + _CONTENTS[content]
    if split == "transductive" or (heads, tails) == ("cold", "known"):
        return title
    return f"{title}: {heads} head, {tails} tail"


def _means(rows: Sequence[Result]) -> list[str]:
    lines = ["| scorer | MRR | 95 % | Hits@1 | Hits@10 | recall@100 | nDCG@10 | all evidence | hubs | tasks | seeds |"]
    lines += ["|---" * 11 + "|"]
    means = sorted((row for row in rows if row["kind"] == "mean"), key=lambda row: -row["mrr"])
    for row in means:
        cells = [row["scorer"], f"{row['mrr']:.3f}", f"{row['mrr_low']:.3f}–{row['mrr_high']:.3f}"]
        cells += [f"{row[name]:.3f}" for name in ("hits_at_1", "hits_at_10", "recall_at_100", "ndcg_at_10")]
        cells += [f"{row['mrr_all_evidence']:.3f}", f"{row['hub_share']:.2f}", str(row["n_tasks"])]
        lines.append("| " + " | ".join([*cells, str(len(row["seeds"]))]) + " |")
    return lines


def _tasks(rows: Sequence[Result], most: int = 6) -> list[str]:
    """MRR task by task of the first seed, for the scorers with the largest means."""
    means = sorted((row for row in rows if row["kind"] == "mean"), key=lambda row: -row["mrr"])
    names = [row["scorer"] for row in means][:most]
    tasks = [row for row in rows if row["kind"] == "task"]
    tasks = [row for row in tasks if row["seed"] == tasks[0]["seed"]]
    lines = ["| task | test links | " + " | ".join(names) + " |", "|---" * (2 + len(names)) + "|"]
    for row in sorted(tasks, key=lambda row: not row["in_mean"]):
        values = [row["mrr"].get(name) for name in names]
        best = max((value[0] for value in values if value), default=None)
        cells = ["–" if v is None else f"**{v[0]:.3f}**" if v[0] == best else f"{v[0]:.3f}" for v in values]
        label = row["task"] + (" (experimental)" if row["evidence"] == "experimental" else "")
        label += "" if row["in_mean"] else " *"
        lines.append(f"| {label} | {row['n_test_links']:,} | ".replace(",", "\u2009") + " | ".join(cells) + " |")
    return [*lines, "", "\\* not in the mean: too few test links, or all evidence where experimental links are told."]


def _models(rows: Sequence[Result]) -> list[str]:
    lines = ["| scorer | on | minutes | search | steps | validation MRR | other than the defaults |", "|---" * 7 + "|"]
    for row in rows:
        options = ", ".join(f"{name} {value}" for name, value in row.get("options", {}).items())
        search = row.get("search_minutes", "–")
        cells = [row["scorer"], row["case"], row["minutes"], search, row["steps"], row["validation_mrr"], options]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return lines


def main() -> None:
    """Write docs/retrieval.md from the result file."""
    DOCUMENT.write_text(document(json.loads(RESULT.read_text(encoding="utf-8"))), encoding="utf-8")
