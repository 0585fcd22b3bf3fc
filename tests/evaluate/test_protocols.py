"""The protocols on graphs small enough to rank by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from biobridge_core.errors import ArtifactError, BioBridgeError
from biobridge_core.evaluate.protocols import (
    Task,
    TaskResult,
    answer,
    evaluate,
    load_answers,
    make_tasks,
    results_of,
    save_answers,
)
from biobridge_core.evaluate.results import Hubs, difference_over, headline, mean_over, ratio_over
from biobridge_core.evaluate.scorer import Scorer
from biobridge_core.kg.graph import KnowledgeGraph, Source
from biobridge_core.kg.schema import ENTITY_COLUMNS, TRIPLE_COLUMNS
from biobridge_core.kg.splits import TEST_COLD, Split, ancestor_matrix, cold_entity, transductive
from biobridge_core.metrics import QueryMetrics
from biobridge_core.types import InputKind, Modality, Relation

MODALITIES = {
    "drug": Modality("drug", "drug", "drugs", InputKind.SMILES),
    "protein": Modality("protein", "protein", "proteins", InputKind.SEQUENCE),
}
RELATIONS: dict[str, Relation] = {}
for _name, _head, _tail in (
    ("inhibits", "drug", "protein"), ("blocks", "drug", "protein"), ("protein_is_a", "protein", "protein")
):  # fmt: skip
    _isa = _head == _tail
    RELATIONS[_name] = Relation(_name, _head, _tail, _name + "_inverse", _name, _isa, forward=True)
    RELATIONS[_name + "_inverse"] = Relation(_name + "_inverse", _tail, _head, _name, _name, _isa, forward=False)


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    rows = []
    for modality, kind, n in (("drug", "smiles", 3), ("protein", "sequence", 5)):
        for i in range(n):
            row: dict[str, object] = dict.fromkeys(ENTITY_COLUMNS, "")
            row |= {"id": f"{modality}:{i}", "modality": modality, "name": f"{modality}{i}", "input": f"{modality}{i}"}
            rows.append(row | {"input_kind": kind, "source": "toy", "synonyms": [], "xrefs": [], "flags": []})
    triples = [
        ("drug:0", "inhibits", "protein:0", "IEA"),
        ("drug:1", "inhibits", "protein:0", "IEA"),
        ("drug:1", "blocks", "protein:0", "IEA"),
        ("drug:1", "blocks", "protein:1", "IEA"),
        ("drug:0", "inhibits", "protein:2", "ISS|IDA"),
        ("drug:0", "blocks", "protein:3", "IEA"),
        ("protein:2", "protein_is_a", "protein:4", ""),
    ]
    links = pd.DataFrame(triples, columns=["head", "relation", "tail", "evidence"]).assign(source="toy", value="")
    source = Source("toy", "toy", "1", "2026-01-01", "CC0", "", "")
    return KnowledgeGraph.from_tables(
        pd.DataFrame(rows)[list(ENTITY_COLUMNS)], links[list(TRIPLE_COLUMNS)], MODALITIES, RELATIONS, {"toy": source}
    )


TOY_MODALITIES = {
    "protein": Modality("protein", "protein", "proteins", InputKind.SEQUENCE),
    "molecular_function": Modality("molecular_function", "function", "functions", InputKind.TEXT),
}
TOY_RELATIONS: dict[str, Relation] = {}
for _name, _head, _tail in (
    ("enables", "protein", "molecular_function"), ("function_is_a", "molecular_function", "molecular_function")
):  # fmt: skip
    _isa = _head == _tail
    TOY_RELATIONS[_name] = Relation(_name, _head, _tail, _name + "_inverse", _name, _isa, forward=True)
    TOY_RELATIONS[_name + "_inverse"] = Relation(_name + "_inverse", _tail, _head, _name, _name, _isa, forward=False)


@pytest.fixture(scope="module")
def toy() -> KnowledgeGraph:
    """Forty proteins and forty functions in a tree, with links of three kinds of evidence."""
    rng = np.random.default_rng(0)
    rows = []
    for modality in ("protein", "molecular_function"):
        for i in range(40):
            row: dict[str, object] = dict.fromkeys(ENTITY_COLUMNS, "")
            row |= {"id": f"{modality}:{i:02d}", "modality": modality, "name": f"{modality} {i}"}
            row |= {"input": f"{modality} {i}", "input_kind": TOY_MODALITIES[modality].input_kind.value}
            rows.append(row | {"source": "toy", "synonyms": [], "xrefs": [], "flags": []})
    triples = [
        (f"molecular_function:{i:02d}", "function_is_a", f"molecular_function:{i // 2:02d}", "") for i in range(1, 40)
    ]
    for i in range(40):
        for j in rng.choice(40, 10, replace=False):
            code = ("IEA", "IDA", "ISS|IMP")[int(rng.integers(3))]
            triples.append((f"protein:{i:02d}", "enables", f"molecular_function:{j:02d}", code))
    links = pd.DataFrame(triples, columns=["head", "relation", "tail", "evidence"]).assign(source="toy", value="")
    return KnowledgeGraph.from_tables(
        pd.DataFrame(rows)[list(ENTITY_COLUMNS)], links[list(TRIPLE_COLUMNS)], TOY_MODALITIES, TOY_RELATIONS,
        {"toy": Source("toy", "toy", "1", "2026-01-01", "CC0", "", "")},
    )  # fmt: skip


@pytest.fixture(scope="module")
def split(graph: KnowledgeGraph) -> Split:
    """drug:0 inhibits protein:2 and drug:0 blocks protein:3 are the test."""
    train, test = {}, {}
    for name in ("inhibits", "blocks"):
        edges = graph.edges(name)
        held = (edges[:, 0] == graph.row("drug:0")) & np.isin(
            edges[:, 1], [graph.row("protein:2"), graph.row("protein:3")]
        )
        for suffix, step in (("", 1), ("_inverse", -1)):
            train[name + suffix], test[name + suffix] = edges[~held][:, ::step], edges[held][:, ::step]
    train["protein_is_a"] = graph.edges("protein_is_a")
    return Split(graph, train, {}, test, groups=np.arange(graph.n_entities), seed=0)


COSINES = [0.9, 0.8, 0.2, 0.5, 0.6]  # of drug:0 with protein:0..4


class Fixed:
    """Scores written down: the same list for every head, or one for each relation."""

    def __init__(self, name: str, lists: dict[str, list[float]] | list[float]) -> None:
        self.name, self.lists = name, lists

    def scores(self, heads: np.ndarray, relation: str) -> np.ndarray:
        found = self.lists[relation] if isinstance(self.lists, dict) else self.lists
        return np.tile(np.array(found, np.float32), (len(heads), 1))


def by_name(results: list[TaskResult], name: str, evidence: str = "all") -> TaskResult:
    return next(result for result in results if result.name == name and result.evidence == evidence)


def forward_only(graph: KnowledgeGraph, split: Split, **options: object) -> list[Task]:
    return [task for task in make_tasks(graph, split, **options) if task.head == "drug"]  # type: ignore[arg-type]


def run(tasks: list[Task], *scorers: Fixed, **ends: object) -> list[TaskResult]:
    return results_of(tasks, {s.name: answer(tasks, s) for s in scorers}, **ends)  # type: ignore[arg-type]


def test_a_fixed_list_is_a_scorer() -> None:
    assert isinstance(Fixed("fixed", COSINES), Scorer)


def test_one_relation_by_hand(graph: KnowledgeGraph, split: Split) -> None:
    results = run(forward_only(graph, split, merged=False), Fixed("fixed", COSINES), Fixed("constant", [0.0] * 5))
    result = by_name(results, "inhibits")
    # protein:2 against 1 and 3: 0 is a training tail, 4 an ancestor of 2
    assert result.values("fixed").tolist() == pytest.approx([1 / 3])
    # equal scores: the middle of 1..3
    assert result.values("constant").tolist() == pytest.approx([1 / 2])
    assert result.tail_degrees.tolist() == [0]


def test_without_the_ancestor_filter_the_ancestor_competes(graph: KnowledgeGraph, split: Split) -> None:
    results = run(forward_only(graph, split, merged=False, filter_ancestors=False), Fixed("fixed", COSINES))
    assert by_name(results, "inhibits").values("fixed").tolist() == pytest.approx([1 / 4])


def test_merged_relations_filter_and_count_together(graph: KnowledgeGraph, split: Split) -> None:
    (result,) = run(forward_only(graph, split), Fixed("fixed", COSINES))
    assert result.name == "drug → protein"
    assert result.n_links == 2
    # protein:2 against 1 alone (3 is true too, 4 an ancestor): rank 2; protein:3 likewise: rank 2
    assert result.values("fixed").tolist() == pytest.approx([1 / 2])
    # in one list 3 stands before 2: places 2 and 3, so one ranks 2 and the other 3 of [1, 3, 2]
    dcg, ideal = 1 / np.log2(3) + 1 / np.log2(4), 1 + 1 / np.log2(3)
    assert result.values("fixed", "ndcg_at_10").tolist() == pytest.approx([dcg / ideal])


def test_a_pair_counts_with_the_best_of_its_relations(graph: KnowledgeGraph, split: Split) -> None:
    lists = {"inhibits": [0, 0.5, 0.9, 0, 0], "blocks": [0, 0.2, 0, 0.4, 0]}
    (result,) = run(forward_only(graph, split), Fixed("fixed", lists))
    assert result.ranks["fixed"].tolist() == [1.0, 2.0]  # the best are 0.9 and 0.4; protein:1 has 0.5


def test_both_directions_are_tasks(graph: KnowledgeGraph, split: Split) -> None:
    assert [task.name for task in make_tasks(graph, split)] == ["drug → protein", "protein → drug"]
    assert len(make_tasks(graph, split, merged=False)) == 4


def test_a_sample_of_heads_is_drawn_by_seed(toy: KnowledgeGraph) -> None:
    split = transductive(toy)
    whole, part = make_tasks(toy, split), make_tasks(toy, split, sample=0.3, seed=1)
    again, other = make_tasks(toy, split, sample=0.3, seed=1), make_tasks(toy, split, sample=0.3, seed=2)
    assert [task.digest for task in part] == [task.digest for task in again]
    assert [task.digest for task in part] != [task.digest for task in other]
    for few, all_ in zip(part, whole, strict=True):
        assert len(few.heads) == round(0.3 * len(all_.heads))
        assert np.isin(few.heads, all_.heads).all()


def test_experimental_links_are_told_by_their_evidence(toy: KnowledgeGraph) -> None:
    results = evaluate(toy, transductive(toy), [Fixed("zero", [0.0] * 40)])
    assert {(r.name, r.evidence) for r in results} == {
        ("protein → molecular_function", "all"), ("protein → molecular_function", "experimental"),
        ("molecular_function → protein", "all"), ("molecular_function → protein", "experimental"),
    }  # fmt: skip
    every, some = (by_name(results, "protein → molecular_function", e) for e in ("all", "experimental"))
    triples = toy.triples
    good = triples[triples["evidence"].isin(["IDA", "ISS|IMP"])]
    known = set(zip(good["head"], good["tail"], strict=True))
    first = int(toy.rows("molecular_function")[0])
    task = next(t for t in make_tasks(toy, transductive(toy)) if t.name == every.name)
    expected = [(int(task.heads[q]), int(t) + first) in known for q, t in zip(task.queries, task.targets, strict=True)]
    assert some.n_links == sum(expected)
    assert 0 < some.n_links < every.n_links


def test_the_ends_of_a_cold_split_are_told_apart(toy: KnowledgeGraph) -> None:
    split = cold_entity(toy, seed=0, test=0.3, valid=0.1)
    tasks = make_tasks(toy, split)
    answers = {"zero": answer(tasks, Fixed("zero", [0.0] * 40))}
    sizes = {
        ends: sum(r.n_links for r in results_of(tasks, answers, heads=ends[0], tails=ends[1]) if r.evidence == "all")
        for ends in [("all", "all"), ("cold", "known"), ("known", "cold"), ("cold", "cold"), ("known", "known")]
    }
    assert sizes["known", "known"] == 0
    assert sizes["cold", "known"] == sizes["known", "cold"] > 0  # every link is asked from both its ends
    assert sizes["cold", "cold"] > 0
    assert sizes["all", "all"] == sizes["cold", "known"] + sizes["known", "cold"] + sizes["cold", "cold"]
    for result in results_of(tasks, answers, heads="cold", tails="known"):
        assert (split.cold[result.heads] == TEST_COLD).all()


def test_links_that_are_in_no_part_do_not_compete(toy: KnowledgeGraph) -> None:
    split = cold_entity(toy, seed=0, test=0.3, valid=0.1)
    for task in make_tasks(toy, split, filter_ancestors=False):
        first = int(toy.rows(task.tail)[0])
        pairs = toy.edges(task.relations[0])
        for place, head in enumerate(task.heads):
            assert set(task.filtered[[place]].indices + first) == set(pairs[pairs[:, 0] == head, 1])


class Random:
    """Scores that depend on the head and the relation alone, in whatever blocks they are asked for."""

    name = "random"

    def __init__(self, graph: KnowledgeGraph) -> None:
        self.graph = graph

    def scores(self, heads: np.ndarray, relation: str) -> np.ndarray:
        n = len(self.graph.rows(self.graph.relations[relation].tail))
        return np.stack([np.random.default_rng([int(h), len(relation)]).random(n, np.float32) for h in heads])


def test_blocks_and_links_agree_with_the_definition(toy: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    split, scorer = transductive(toy), Random(toy)
    whole = evaluate(toy, split, [scorer])
    monkeypatch.setattr("biobridge_core.evaluate.protocols._BLOCK", 7)
    for one, other in zip(whole, evaluate(toy, split, [scorer]), strict=True):
        assert np.array_equal(one.ranks["random"], other.ranks["random"])
        assert one.metrics["random"].means() == other.metrics["random"].means()
    ancestors = ancestor_matrix(toy).toarray()
    for result in whole:
        relation, rows = result.relations[0], toy.rows(result.tail)
        tails = toy.edges(relation)
        for place, head in enumerate(result.heads[:10]):
            scores = scorer.scores(np.array([head]), relation)[0]
            true = tails[tails[:, 0] == head, 1]
            silent = set(true) | set(np.flatnonzero(ancestors[true].any(axis=0)))
            held = split.open_for_evaluation()[relation]
            reciprocal = []
            for tail in held[held[:, 0] == head, 1]:
                own = scores[tail - rows[0]]
                reciprocal.append(1 / (1 + sum(scores[r - rows[0]] > own for r in rows if r not in silent)))
            if result.evidence == "all":
                assert result.values("random")[place] == pytest.approx(np.mean(reciprocal))


def test_answers_are_kept_and_belong_to_their_tasks(toy: KnowledgeGraph, tmp_path: Path) -> None:
    tasks = make_tasks(toy, transductive(toy))
    answers = answer(tasks, Random(toy))
    save_answers(tmp_path / "random.npz", tasks, answers)
    loaded = load_answers(tmp_path / "random.npz", tasks)
    for one, other in zip(answers, loaded, strict=True):
        assert np.array_equal(one.ranks, other.ranks)
        assert np.array_equal(one.in_top_10, other.in_top_10)
    assert list(tmp_path.iterdir()) == [tmp_path / "random.npz"]
    with pytest.raises(ArtifactError, match="other tasks"):
        load_answers(tmp_path / "random.npz", make_tasks(toy, transductive(toy, seed=1)))
    (tmp_path / "random.npz").write_bytes(b"no zip")
    with pytest.raises(ArtifactError, match="cannot be read"):
        load_answers(tmp_path / "random.npz", tasks)


def test_two_scorers_of_one_name_are_refused(toy: KnowledgeGraph) -> None:
    with pytest.raises(BioBridgeError, match="same name"):
        evaluate(toy, transductive(toy), [Fixed("a", [0.0] * 40), Fixed("a", [0.0] * 40)])


def test_a_score_that_is_not_finite_is_refused(toy: KnowledgeGraph) -> None:
    with pytest.raises(BioBridgeError, match="not finite"):
        evaluate(toy, transductive(toy), [Fixed("a", [float("nan")] * 40)])


def test_a_hub_is_seen() -> None:
    even, hub = np.full(50, 4), np.zeros(50, dtype=int)
    hub[:10] = 20
    hub[0] = 200
    assert Hubs.of(even, 20) == Hubs(1.0, 0.0)
    assert Hubs.of(hub, 20).share == 0.2
    assert Hubs.of(hub, 20).skewness > 4


def test_hubness_of_a_list_that_never_changes(graph: KnowledgeGraph, split: Split) -> None:
    (result,) = run(forward_only(graph, split), Fixed("fixed", COSINES))
    assert result.hubs["fixed"].share == 1.0  # five proteins, all among the ten best


def _result(name: str, n: int, first: float, evidence: str = "all") -> TaskResult:
    rng = np.random.default_rng(n)
    base = np.clip(rng.random(n) * 0.5, 0.05, None)
    links, flat = np.arange(n), np.ones(n)

    def metrics(mrr: np.ndarray) -> QueryMetrics:
        return QueryMetrics(mrr, *(flat for _ in range(6)))

    values = {"first": metrics(base + first), "second": metrics(base)}
    degrees = links % 40
    ranks = {"first": 1 / (base + first), "second": 1 / base}
    hubs = dict.fromkeys(ranks, Hubs(1.0, 0.0))
    return TaskResult(name, "a", "b", ("r",), evidence, links, links, degrees, values, ranks, hubs)


def test_the_headline_takes_one_result_a_task() -> None:
    many, few, best = _result("x", 300, 0.1), _result("y", 20, 0.1), _result("x", 250, 0.1, "experimental")
    assert headline([many, few, best]) == [best]
    assert headline([many, few]) == [many]
    # a task whose experimental links are too few does not come in through the back door with all evidence
    assert headline([many, _result("x", 20, 0.1, "experimental")]) == []


def test_intervals_hold_what_is_true_and_pair_the_queries() -> None:
    tasks = [_result("x", 300, 0.1), _result("y", 400, 0.3)]
    gap = difference_over(tasks, "first", "second")
    assert gap.mean == pytest.approx(0.2)
    assert gap.low == pytest.approx(0.2)  # the same gap on every query of a task: nothing left to chance
    assert gap.high == pytest.approx(0.2)
    mean = mean_over(tasks, "second")
    assert mean.low < mean.mean < mean.high
    assert mean.mean == pytest.approx(np.mean([task.values("second").mean() for task in tasks]))
    ratio = ratio_over(tasks, "first", "second")
    assert ratio.mean == pytest.approx((mean.mean + 0.2) / mean.mean)
    assert ratio.low < ratio.mean < ratio.high
    with pytest.raises(BioBridgeError, match="no task"):
        mean_over([], "first")


def test_tail_degrees_are_binned() -> None:
    result = _result("x", 80, 0.1)
    bins = result.by_tail_degree("second")
    assert sum(number for number, _ in bins.values()) == 80
    assert list(bins) == ["0", "1–2", "3–10", "11–30", "31–100"]
    mine = (result.tail_degrees >= 3) & (result.tail_degrees <= 10)
    assert bins["3–10"] == (int(mine.sum()), pytest.approx(float((1 / result.ranks["second"][mine]).mean())))


def test_a_row_is_flat_and_says_how_sure_it_is(graph: KnowledgeGraph, split: Split) -> None:
    (result,) = run(forward_only(graph, split), Fixed("fixed", COSINES), Fixed("constant", [0.0] * 5))
    row = json.loads(json.dumps(result.row(against="constant")))
    assert row["fixed_mrr"] == pytest.approx(1 / 2)
    assert row["fixed_minus_constant_low"] == pytest.approx(result.difference("fixed", "constant").low, abs=1e-5)
    assert row["counts"] is False
