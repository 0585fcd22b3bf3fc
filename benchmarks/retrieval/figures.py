"""Rows and headline of the result file, from what the scorers answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from biobridge_core.evaluate.kge import MODELS
from biobridge_core.evaluate.results import Figure, Means, TaskResult, headline, means_over
from retrieval.cases import ECFP4, FROZEN, MASKED
from retrieval.scorers import CONTENT, GROUPS, KGE_FORMS, MEMORY, PAPER, SIMPLE

Row = dict[str, object]
METRICS = ("hits_at_1", "hits_at_3", "hits_at_10", "recall_at_10", "recall_at_100", "ndcg_at_10")

#: what is said of a table: which heads and tails it counts
ENDS = {"all": ("all", "all"), "cold": ("cold", "known"), "both": ("cold", "cold"), "known": ("known", "cold")}


@dataclass(frozen=True)
class Table:
    """Results of one split, content and choice of ends, by seed; a scorer may be missing under some seeds."""

    split: str
    content: str
    ends: str  #: key of `ENDS`
    by_seed: Mapping[int, Sequence[TaskResult]]

    @property
    def place(self) -> Row:
        """What every row of the table starts with."""
        heads, tails = ENDS[self.ends]
        return {"split": self.split, "content": self.content, "heads": heads, "tails": tails}

    def scorers(self) -> list[str]:
        """All that have answered under any seed, in order of appearance."""
        return list(dict.fromkeys(name for results in self.by_seed.values() for r in results for name in r.metrics))

    def seeds(self, *scorers: str) -> list[int]:
        """Seeds under which all of these have answered every task."""
        return [
            seed
            for seed, results in self.by_seed.items()
            if results and all(name in result.metrics for result in results for name in scorers)
        ]

    def counted(self, *scorers: str) -> list[TaskResult]:
        """Results that count for a headline mean, of the seeds under which all scorers have answered."""
        return [result for seed in self.seeds(*scorers) for result in headline(self.by_seed[seed])]


def all_evidence(results: Iterable[TaskResult]) -> list[TaskResult]:
    """Results with enough links, whatever the evidence."""
    return [result for result in results if result.counts and result.evidence == "all"]


def rows_of(table: Table, means: Mapping[tuple[int, ...], Means]) -> list[Row]:
    """Means over tasks, degree bins and comparisons; ``means`` from `means_of`."""
    rows = []
    for scorer in table.scorers():
        seeds = table.seeds(scorer)
        results = table.counted(scorer)
        if not results:
            continue
        figure = means[tuple(seeds)].figure(scorer)
        row: Row = {"kind": "mean", **table.place, "scorer": scorer, "seeds": seeds, **_figure("mrr", figure)}
        row |= {name: _mean([r.values(scorer, name).mean() for r in results]) for name in METRICS}
        every = all_evidence(result for seed in seeds for result in table.by_seed[seed])
        row["mrr_all_evidence"] = _mean([r.values(scorer).mean() for r in every])
        row["n_tasks"] = len({r.name for r in results})
        row["hub_share"] = _mean([r.hubs[scorer].share for r in results])
        row["hub_skewness"] = round(float(np.mean([r.hubs[scorer].skewness for r in results])), 2)
        row["mrr_by_tail_degree"] = _bins(results, scorer)
        rows.append(row)
    return rows


def means_of(table: Table) -> dict[tuple[int, ...], Means]:
    """Means over the counted tasks for each set of seeds that some scorers share, resampled together."""
    groups: dict[tuple[int, ...], list[str]] = {}
    names = table.scorers()
    for name in names:
        groups.setdefault(tuple(table.seeds(name)), []).append(name)
    found = {}
    for seeds in groups:
        present = [name for name in names if set(seeds) <= set(table.seeds(name))]
        results = [result for seed in seeds for result in headline(table.by_seed[seed])]
        if results:
            found[seeds] = means_over(results, present)
    return found


def task_rows(table: Table) -> list[Row]:
    """One row for each task, evidence and seed: the mean reciprocal rank of everyone, and their Hits@10."""
    rows = []
    for seed, results in table.by_seed.items():
        for result in results:
            names = list(result.metrics)
            means = means_over([result], names)
            row: Row = {"kind": "task", **table.place, "seed": seed, "task": result.name, "evidence": result.evidence}
            row |= {
                "relations": list(result.relations),
                "counts": result.counts,
                "in_mean": result in headline(results),
            }
            row |= {"n_test_links": result.n_links, "n_queries": result.n_queries}
            row["mrr"] = {name: _interval(means.figure(name)) for name in names}
            row["hits_at_10"] = {name: _mean([result.values(name, "hits_at_10").mean()]) for name in names}
            rows.append(row)
    return rows


def comparison(table: Table, first: str, second: str, means: Mapping[tuple[int, ...], Means]) -> Row | None:
    """How one scorer compares with another, in the mean and task by task; None where they never met."""
    seeds = table.seeds(first, second)
    results = table.counted(first, second)
    if not results:
        return None
    both = next((m for s, m in means.items() if list(s) == seeds and {first, second} <= set(m.names)), None)
    both = both or means_over(results, [first, second])
    gaps = {}
    for task in dict.fromkeys(r.name for r in results):
        gaps[task] = means_over([r for r in results if r.name == task], [first, second]).difference(first, second)
    behind = [task for task, gap in gaps.items() if gap.high < 0]
    return {
        "kind": "comparison",
        **table.place,
        "first": first,
        "second": second,
        "seeds": seeds,
        **_figure("ratio", both.ratio(first, second)),
        **_figure("difference", both.difference(first, second)),
        "n_tasks": len(gaps),
        "n_tasks_ahead": sum(gap.mean > 0 for gap in gaps.values()),
        "n_tasks_ahead_95": sum(gap.low > 0 for gap in gaps.values()),
        "tasks_behind": [task for task, gap in gaps.items() if gap.mean < 0],
        "tasks_behind_95": behind,
    }


def best_of(table: Table, names: Iterable[str]) -> str | None:
    """The scorer with the largest mean over the counted tasks; with the test links, which favours the rivals.

    Over the seeds that it shares with the bridge, where the bridge has answered.
    """
    found = {}
    for name in names:
        results = table.counted(name, MEMORY) if table.seeds(MEMORY) else table.counted(name)
        if results:
            found[name] = float(np.mean([r.values(name).mean() for r in results]))
    return max(found, key=lambda name: found[name], default=None)


def kge_names(form: str) -> list[str]:
    """What the table calls the embeddings of one form."""
    return [KGE_FORMS[form].format(model) for model in MODELS]


def headline_of(tables: Sequence[Table]) -> dict[str, float]:
    """Headline keys that these tables can fill; a key that was not measured is absent."""
    by_place = {(t.split, t.content, t.ends): t for t in tables}
    found: dict[str, float | None] = {}
    known = by_place.get(("transductive", FROZEN, "all"))
    if known is not None:
        found["transductive_memory_mrr"] = _exact(known, MEMORY)
        found["transductive_content_mrr"] = _exact(known, CONTENT)
        found["transductive_paper_setting_mrr"] = _exact(known, best_of(known, PAPER.values()))
        for form in KGE_FORMS:
            best = best_of(known, kge_names(form))
            found[f"transductive_best_{form}_kge_mrr"] = _exact(known, best)
            found[f"memory_vs_{form}_kge"] = _ratio(known, MEMORY, best)
    cold = by_place.get(("cold_entity", FROZEN, "cold"))
    if cold is not None:
        found["cold_mrr"] = _exact(cold, MEMORY)
        found["cold_best_simple_mrr"] = _exact(cold, best_of(cold, SIMPLE))
        found["cold_plain_content_mrr"] = _exact(cold, CONTENT)
    for key, place in {
        "cold_vs_simple": ("cold_entity", FROZEN, "cold"),
        "cold_cluster_vs_simple": ("cold_cluster", FROZEN, "cold"),
        "cold_scaffold_vs_simple": ("cold_scaffold", FROZEN, "cold"),
        "cold_branch_vs_simple": ("cold_branch", FROZEN, "cold"),
        "cold_drug_vs_simple_ecfp4": ("cold_entity", ECFP4, "cold"),
        "masked_text_vs_simple": ("cold_entity", MASKED, "cold"),
    }.items():
        if place in by_place:
            table = by_place[place]
            found[key] = _ratio(table, MEMORY, best_of(table, SIMPLE))
    return {key: value for key, value in found.items() if value is not None}


def missing_groups(tables: Sequence[Table]) -> list[str]:
    """Groups of scorers of which no one has answered anything."""
    there = {name for table in tables for name in table.scorers()}
    return [group for group, names in GROUPS.items() if not there & set(names)]


def _exact(table: Table, scorer: str | None) -> float | None:
    results = table.counted(scorer) if scorer else []
    return round(float(np.mean([r.values(scorer or "").mean() for r in results])), 4) if results else None


def _ratio(table: Table, first: str, second: str | None) -> float | None:
    results = table.counted(first, second) if second else []
    if not results or second is None:
        return None
    sums = [sum(float(r.values(name).mean()) for r in results) for name in (first, second)]
    return round(sums[0] / sums[1], 3)


def _bins(results: Sequence[TaskResult], scorer: str) -> dict[str, list[float]]:
    """Bin of tail degree -> links, mean reciprocal rank over all links of the counted tasks."""
    sums: dict[str, list[float]] = {}
    for result in results:
        for name, (links, mean) in result.by_tail_degree(scorer).items():
            total = sums.setdefault(name, [0, 0.0])
            total[0] += links
            total[1] += links * mean
    return {name: [int(links), round(total / links, 4)] for name, (links, total) in sums.items()}


def _figure(name: str, figure: Figure) -> Row:
    mean, low, high = _interval(figure)
    return {name: mean, f"{name}_low": low, f"{name}_high": high}


def _interval(figure: Figure) -> list[float]:
    return [round(figure.mean, 4), round(figure.low, 4), round(figure.high, 4)]


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 4) if values else 0.0
