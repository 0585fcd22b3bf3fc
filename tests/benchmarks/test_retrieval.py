"""The parts of the retrieval benchmark that need no training: which cases, which links, which figures."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from bridge.conftest import Toy, make_toy

from biobridge_core.bridge.train import TrainOptions, fit
from biobridge_core.evaluate.bridges import trained_bridge
from biobridge_core.evaluate.memory_votes import MemoryVote, SharedMemory
from biobridge_core.evaluate.protocols import Task, answer, answer_together, make_tasks, results_of
from biobridge_core.evaluate.results import TaskResult
from biobridge_core.evaluate.scorer import Scorer
from biobridge_core.kg.splits import Split, cold_entity, transductive

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


class Fixed:
    """Scores that depend on row and place alone, better with a larger share of the truth mixed in."""

    def __init__(self, toy: Toy, name: str, truth: float) -> None:
        self.name, self._toy, self._truth = name, toy, truth

    def scores(self, heads: np.ndarray, relation: str) -> np.ndarray:
        graph = self._toy.graph
        tails = graph.rows(graph.relations[relation].tail)
        noise = np.random.default_rng([int(heads[0]), len(self.name)]).random((len(heads), len(tails)))
        edges = graph.edges(relation)
        true = np.zeros((graph.n_entities, len(tails)), dtype=np.float32)
        true[edges[:, 0], edges[:, 1] - tails[0]] = 1
        return (noise + self._truth * true[heads]).astype(np.float32)


@pytest.fixture(scope="module")
def parts() -> Iterator[dict[str, ModuleType]]:
    sys.path.insert(0, str(BENCHMARKS))
    yield {name: importlib.import_module(f"retrieval.{name}") for name in ("cases", "scorers", "figures", "docs")}
    sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def toy() -> Toy:
    return make_toy(n=300)


@pytest.fixture(scope="module")
def split(toy: Toy) -> Split:
    return transductive(toy.graph, seed=0, valid=0.1, test=0.2)


@pytest.fixture(scope="module")
def tasks(toy: Toy, split: Split) -> list[Task]:
    return make_tasks(toy.graph, split)


@pytest.fixture(scope="module")
def results(parts: dict[str, ModuleType], toy: Toy, tasks: list[Task]) -> list[TaskResult]:
    s = parts["scorers"]
    fields = {s.MEMORY: 0.9, s.CONTENT: 0.5, "popularity": 0.1, "neighbour vote": 0.3, "TransE, tuned": 0.4}
    return results_of(tasks, {name: answer(tasks, Fixed(toy, name, truth)) for name, truth in fields.items()})


def test_cases_come_seed_by_seed_and_other_vectors_last(parts: dict[str, ModuleType]) -> None:
    names = [
        case.name for case in parts["cases"].cases_of(["transductive", "cold_entity"], [0, 1], ["frozen", "ecfp4"])
    ]
    assert names == [
        "transductive-0",
        "cold_entity-0",
        "transductive-1",
        "cold_entity-1",
        "cold_entity-0-ecfp4",
        "cold_entity-1-ecfp4",
    ]


def test_a_part_of_a_task_asks_the_same_of_its_links(parts: dict[str, ModuleType], toy: Toy) -> None:
    cold = cold_entity(toy.graph, seed=0)
    scorer = Fixed(toy, "any", 0.2)
    for whole in make_tasks(toy.graph, cold):
        kept = whole.head_cold > 0
        part = parts["cases"].part_of(whole, kept)
        assert part is not None
        assert part.n_links == kept.sum()
        assert (part.heads[part.queries] == whole.heads[whole.queries][kept]).all()
        rest = parts["cases"].part_of(whole, ~kept)
        assert not set(part.heads) & set(rest.heads)  # a query is cold or known, never half of each
        # the filters go with the queries: a scorer that ignores blocks gets the same ranks
        scorer.scores = lambda heads, relation: np.tile(  # type: ignore[method-assign]
            np.arange(len(toy.graph.rows(toy.graph.relations[relation].tail)), dtype=np.float32), (len(heads), 1)
        )
        ranks = answer([whole], scorer)[0].ranks
        assert (answer([part], scorer)[0].ranks == ranks[kept]).all()
    assert parts["cases"].part_of(whole, np.zeros(whole.n_links, dtype=bool)) is None


def test_headline_keys_and_their_values(parts: dict[str, ModuleType], results: list[TaskResult]) -> None:
    f, s = parts["figures"], parts["scorers"]
    table = f.Table("transductive", "frozen", "all", {0: results})
    found = f.headline_of([table])
    mean = {n: np.mean([r.values(n).mean() for r in results if r.counts]) for n in results[0].metrics}
    assert found["transductive_memory_mrr"] == pytest.approx(mean[s.MEMORY], abs=1e-4)
    assert found["transductive_best_tuned_kge_mrr"] == pytest.approx(mean["TransE, tuned"], abs=1e-4)
    assert found["memory_vs_tuned_kge"] == pytest.approx(mean[s.MEMORY] / mean["TransE, tuned"], abs=1e-3)
    # what was not measured is absent
    assert not {
        "transductive_best_paper_kge_mrr",
        "memory_vs_paper_kge",
        "transductive_paper_setting_mrr",
        "cold_mrr",
    } & set(found)


def test_the_best_simple_rival_is_the_strongest_and_no_space_of_ours(
    parts: dict[str, ModuleType], results: list[TaskResult]
) -> None:
    f, s = parts["figures"], parts["scorers"]
    table = f.Table("cold_entity", "frozen", "cold", {0: results, 1: results})
    assert f.best_of(table, s.SIMPLE) == "neighbour vote"
    assert not set(s.SIMPLE) & set(s.SPACES)
    one = f.headline_of([f.Table("cold_entity", "frozen", "cold", {0: results})])
    assert f.headline_of([table]) == one  # a seed twice is the same mean
    assert one["cold_vs_simple"] == pytest.approx(one["cold_mrr"] / one["cold_best_simple_mrr"], rel=1e-3)


def test_rows_compare_pairwise_and_say_where_it_is_behind(
    parts: dict[str, ModuleType], results: list[TaskResult]
) -> None:
    f, s = parts["figures"], parts["scorers"]
    table = f.Table("transductive", "frozen", "all", {0: results})
    means = f.means_of(table)
    ahead = f.comparison(table, s.MEMORY, "popularity", means)
    assert ahead["n_tasks_ahead_95"] == ahead["n_tasks"] > 0
    assert ahead["difference_low"] > 0
    assert ahead["ratio_low"] > 1
    behind = f.comparison(table, "popularity", s.MEMORY, means)
    assert len(behind["tasks_behind_95"]) == behind["n_tasks"]
    assert f.comparison(table, s.MEMORY, "RotatE, tuned", means) is None
    by_name = {row["scorer"]: row for row in f.rows_of(table, means)}
    assert by_name[s.MEMORY]["mrr_low"] < by_name[s.MEMORY]["mrr"] < by_name[s.MEMORY]["mrr_high"]
    counted = sum(r.n_links for r in results if r.counts)
    assert sum(links for links, _ in by_name[s.MEMORY]["mrr_by_tail_degree"].values()) == counted


def test_a_scorer_without_every_task_is_left_out_of_a_seed(
    parts: dict[str, ModuleType], results: list[TaskResult]
) -> None:
    f, s = parts["figures"], parts["scorers"]
    without = [replace(r, metrics={n: m for n, m in r.metrics.items() if n != "TransE, tuned"}) for r in results]
    table = f.Table("transductive", "frozen", "all", {0: results, 1: without})
    assert table.seeds(s.MEMORY) == [0, 1]
    assert table.seeds(s.MEMORY, "TransE, tuned") == [0]
    assert {row["scorer"]: row["seeds"] for row in f.rows_of(table, f.means_of(table))}["TransE, tuned"] == [0]


def test_code_counts_and_comments_do_not(
    parts: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s = parts["scorers"]
    monkeypatch.setattr(s, "ROOT", tmp_path)
    digests = []
    for i, text in enumerate(('"""A."""\nx = 1\n', '"""B."""\n\n# why\nx = 1\n', '"""A."""\nx = 2\n')):
        (tmp_path / f"{i}.py").write_text(text, encoding="utf-8")
        digests.append(s.code_of(f"{i}.py"))
    assert digests[0] == digests[1] != digests[2]


def test_scorers_that_share_a_memory_answer_as_alone(toy: Toy, split: Split, tasks: list[Task]) -> None:
    shared = SharedMemory(toy.graph, toy.content, split.training.train)
    votes: list[Scorer] = [
        MemoryVote(toy.graph, split.training, shared, term) for term in ("profile", "pieces", "content")
    ]
    for task in tasks:
        together = answer_together(task, votes)
        for vote, mine in zip(votes, together, strict=True):
            fresh = SharedMemory(toy.graph, toy.content, split.training.train)
            alone = MemoryVote(
                toy.graph,
                split.training,
                fresh,
                {"vote by graph profile": "profile", "vote by shared pieces": "pieces"}.get(vote.name, "content"),
            )
            assert (answer([task], alone)[0].ranks == mine.ranks).all()


def test_the_document_shows_every_measured_mean(parts: dict[str, ModuleType], results: list[TaskResult]) -> None:
    f = parts["figures"]
    table = f.Table("transductive", "frozen", "all", {0: results})
    rows = f.rows_of(table, f.means_of(table)) + f.task_rows(table)
    text = parts["docs"].document({"rows": rows, "headline": f.headline_of([table]), "notes": ["a note"], "seeds": [0]})
    for row in rows:
        if row["kind"] == "mean":
            assert f"| {row['scorer']} | {row['mrr']:.3f}" in text
    assert "a note" in text


def test_signs_of_failure_are_told(parts: dict[str, ModuleType], toy: Toy, split: Split, tmp_path: Path) -> None:
    signs = importlib.import_module("retrieval.signs").signs
    options = TrainOptions(width=16, layers=1, heads=2, steps=30, batch=64, validate_every=30, validation_sample=5)
    bridge, _ = fit(toy.graph, toy.content, split.training, options, work=tmp_path / "work")
    told = signs(toy.graph, toy.content, split.training, bridge, sample=20)
    assert -1 <= told["mean_pairwise_cosine_of_queries"] < 0.9
    assert told["training_mrr"] > 0.05
    for parameter in bridge.parameters():
        torch.nn.init.zeros_(parameter)
    bridge.embed = lambda vectors, *rest: torch.ones(len(vectors), 16)  # type: ignore[method-assign]
    fallen = signs(toy.graph, toy.content, split.training, bridge, sample=20)
    assert fallen["mean_pairwise_cosine_of_queries"] == pytest.approx(1, abs=1e-3)


def test_a_kept_bridge_is_found_whatever_the_shipped_one_holds_out(
    toy: Toy, split: Split, parts: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s = parts["scorers"]
    options = TrainOptions(width=16, layers=1, heads=2, steps=2, batch=16, validate_every=2, validation_sample=5)
    monkeypatch.setitem(s.BRIDGES, s.CONTENT, options)
    field = s.Field(opened_of(toy, split, tmp_path), train=False)
    with pytest.raises(s.MissingError, match="not trained"):
        field.entry(s.CONTENT)
    trained_bridge(toy.graph, toy.content, split.training, replace(options, held_out=0.2), tmp_path, data="toy")
    again = s.Field(opened_of(toy, split, tmp_path), train=False)
    entry = again.entry(s.CONTENT)
    assert entry.make().name == s.CONTENT
    assert entry.facts()["steps"] == 2
    # another number of steps is another bridge
    monkeypatch.setitem(s.BRIDGES, s.CONTENT, replace(options, steps=3))
    with pytest.raises(s.MissingError):
        s.Field(opened_of(toy, split, tmp_path), train=False).entry(s.CONTENT)


def opened_of(toy: Toy, split: Split, folder: Path) -> SimpleNamespace:
    """What `Field` reads of an opened case, for a toy."""
    case = importlib.import_module("retrieval.cases").Case("transductive", 0)
    return SimpleNamespace(
        case=case, graph=toy.graph, view=split.training, content=toy.content, data="toy", inputs=None, studies=folder
    )
