"""The questions of the Ask benchmark: two halves that differ, nothing changed since, answers that the graph holds."""

from __future__ import annotations

import importlib
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.kg.sources.starter.vocabulary import RELATIONS
from biobridge_core.kg.split import KNOWN, TEST_COLD

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
#: Words that carry no meaning of their own: two wordings that differ in these alone are one wording.
SMALL = set(
    "a all an and any are as at be by can could do does for from give had has have how i in into is it its like list me "  # noqa: SIM905
    "my name of on or please s show so tell than that the their them there these they this to us was what which who "
    "whom whose with would you your".split()
)


@pytest.fixture(scope="module")
def parts() -> Iterator[dict[str, ModuleType]]:
    sys.path.insert(0, str(BENCHMARKS))
    yield {name: importlib.import_module(f"ask.{name}") for name in ("wordings", "names", "facts", "questions")}
    sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def words(parts: dict[str, ModuleType]) -> ModuleType:
    return parts["wordings"]


@pytest.fixture(scope="module")
def graph(bundle_folder: Path) -> KnowledgeGraph:
    """The shipped graph with a sixteenth of the links of its large relations: quick, and every relation has enough."""
    whole = KnowledgeGraph.load(bundle_folder / "kg", verify=False)
    counts = np.bincount(whole.relation_of_triple)[whole.relation_of_triple]
    hierarchical = np.array([whole.relations[name].hierarchical for name in whole.forward_names])
    keep = np.random.default_rng(4).random(whole.n_triples) < 0.0625
    keep |= (counts < 6000) | hierarchical[whole.relation_of_triple]
    columns = replace(whole.columns, triples=whole.columns.triples.filter(pa.array(keep)))
    return KnowledgeGraph(columns, whole.modalities, whole.relations, whole.sources, digest="")


@pytest.fixture(scope="module")
def tails(graph: KnowledgeGraph) -> dict[str, dict[str, set[str]]]:
    """Relation -> head id -> tail ids, from the stored links alone."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    stored = zip(graph.heads.tolist(), graph.relation_of_triple.tolist(), graph.tails.tolist(), strict=True)
    for head, code, tail in stored:
        name = graph.forward_names[code]
        found[name][graph.ids[head]].add(graph.ids[tail])
        found[graph.relations[name].inverse][graph.ids[tail]].add(graph.ids[head])
    return found


@pytest.fixture(scope="module")
def facts(parts: dict[str, ModuleType], graph: KnowledgeGraph) -> Any:
    """A tenth of the links and of the entities held out, drawn plainly: the real splits take too long for a test."""
    rng = np.random.default_rng(3)
    links = {}
    cold = np.where(rng.random(graph.n_entities) < 0.1, TEST_COLD, KNOWN).astype(np.int8)
    cold_links = {}
    for relation in graph.relations.values():
        if relation.forward and not relation.hierarchical:
            edges = graph.edges(relation.name)
            links[relation.name] = edges[rng.random(len(edges)) < 0.1]
            cold_links[relation.name] = edges[(cold[edges] == TEST_COLD).any(axis=1)]
            for held in (links, cold_links):
                held[relation.inverse] = held[relation.name][:, ::-1]
    held = parts["facts"].Held(links, cold, np.arange(graph.n_entities), cold_links)
    return parts["facts"].Facts(graph, held)


@pytest.fixture(scope="module")
def rows(parts: dict[str, ModuleType], facts: Any) -> list[dict[str, Any]]:
    return list(parts["questions"].Writer(facts, seed=5).all())


def test_frozen_files_are_as_recorded(words: ModuleType) -> None:
    recorded = words.recorded()
    assert words.digests() == {name: recorded[name] for name in words.FROZEN}


@pytest.mark.parametrize("half", ["seen", "unseen"])
def test_every_relation_has_six_wordings_in_each_direction(words: ModuleType, half: str) -> None:
    counts = Counter((one.kind, one.group) for one in words.wordings(half))
    assert {group for kind, group in counts if kind == "single"} == set(RELATIONS)
    assert set(counts.values()) == {6}
    assert len([1 for kind, _ in counts if kind == "two_hop"]) >= 8


def test_halves_have_the_same_groups(words: ModuleType) -> None:
    seen, unseen = ([(one.kind, one.group, one.number) for one in words.wordings(half)] for half in words.HALVES)
    assert seen == unseen


@pytest.mark.parametrize("half", ["seen", "unseen"])
def test_placeholders(words: ModuleType, half: str) -> None:
    for one in words.wordings(half):
        assert sorted(part[1] for part in _fields(one.text)) == sorted(one.placeholders), one


def test_no_unseen_wording_stands_in_the_seen_half(words: ModuleType) -> None:
    seen = {words.normalised(one.text) for one in words.wordings("seen")}
    repeated = [one.text for one in words.wordings("unseen") if words.normalised(one.text) in seen]
    assert not repeated


def test_unseen_wordings_are_no_permutations_of_seen_ones(words: ModuleType) -> None:
    def content(text: str) -> frozenset[str]:
        kept = {word.removesuffix("s") for word in words.normalised(text).split()}
        return frozenset(word for word in kept if word not in SMALL and not word.startswith("{"))

    groups: dict[tuple[str, str], dict[str, list[frozenset[str]]]] = defaultdict(lambda: defaultdict(list))
    for half in words.HALVES:
        for one in words.wordings(half):
            groups[one.kind, one.group][half].append(content(one.text))
    alike = [
        (key, first, second)
        for key, halves in groups.items()
        for first, second in product(halves["seen"], halves["unseen"])
        if first and second and len(first & second) > 0.5 * len(first | second)
    ]
    assert not alike


@pytest.mark.parametrize("half", ["seen", "unseen"])
def test_no_wording_means_two_things(words: ModuleType, half: str) -> None:
    """The same words about the same kind of entity ask one thing."""
    groups: dict[tuple[str, str], set[Any]] = defaultdict(set)
    for one in words.wordings(half):
        if one.kind not in {"attached_sequence", "attached_smiles", "follow_up", "shared"}:
            plan = words.plan_of(one.group)
            groups[RELATIONS[plan[0][0]].head, words.normalised(one.text)].add((plan, one.kind == "count"))
    assert not {key: found for key, found in groups.items() if len(found) > 1}


def test_plans_go_from_modality_to_modality(words: ModuleType) -> None:
    for name, plan in words.PLANS.items():
        for step in plan:
            assert len({(RELATIONS[r].head, RELATIONS[r].tail) for r in step}) == 1, name
        assert all(RELATIONS[a[0]].tail == RELATIONS[b[0]].head for a, b in pairwise(plan)), name
    for group, (before, after) in words.FOLLOW_UPS.items():
        heads = {RELATIONS[words.plan_of(name)[0][0]].head for name in (before, after)}
        assert len(heads) == 1, group


def test_refusals(words: ModuleType, facts: Any, graph: KnowledgeGraph) -> None:
    found = [(half, kind, item) for half in words.HALVES for kind, item in words.refusals(half)]
    assert len({item["question"].casefold() for *_, item in found}) == len(found) >= 300
    assert set(Counter(half for half, *_ in found).values()) == {len(found) // 2}
    for _, kind, item in found:
        if kind == "unknown_entity":
            assert item["name"] in item["question"]
            assert not facts.names.known(item["name"]), item
            assert item["name"] not in graph, item


def test_generator_repeats_itself(parts: dict[str, ModuleType], facts: Any, rows: list[dict[str, Any]]) -> None:
    again = list(parts["questions"].Writer(facts, seed=5).follow_ups("seen"))
    assert [question.question for question in again] == _asked(rows, "seen-follow_ups")
    renamed = list(parts["questions"].Writer(facts, seed=5).renamed("unseen"))
    assert [question.question for question in renamed] == _asked(rows, "unseen-renamed")
    other = list(parts["questions"].Writer(facts, seed=6).renamed("unseen"))
    assert [question.question for question in other] != _asked(rows, "unseen-renamed")


def test_there_are_enough_questions(rows: list[dict[str, Any]]) -> None:
    answered = [row for row in rows if row["expect"] != "refuse"]
    assert len(answered) >= 1500
    assert len(rows) - len(answered) >= 300
    assert len({row["id"] for row in rows}) == len(rows)
    used = {(row["half"], row["group"], row["wording"]) for row in rows if row["kind"] == "single"}
    assert len(used) == 2 * 6 * len(RELATIONS)
    assert json.loads(json.dumps(rows)) == rows


def test_answers_are_links_of_the_graph(tails: dict[str, dict[str, set[str]]], rows: list[dict[str, Any]]) -> None:
    checked: Counter[str] = Counter()
    for row in rows:
        if len(row["entities"]) == 1 and len(row["accepted"][0]) == 1:
            (entity,), (step,) = row["entities"], row["accepted"][0]
            linked = set().union(*(tails[name].get(entity, set()) for name in step))
            given = set(row["answers"]) | set(row["wrong"])
            assert given, row["question"]
            # an attachment asks for the known tails alone, a count for the training links
            assert given <= linked if row["expect"] == "count" or row["attach"] else given == linked, row["question"]
            assert set(row["held_out"]) <= set(row["answers"])
            assert not set(row["also_right"]) & set(row["answers"])
            checked[row["kind"]] += 1
    assert checked.keys() >= {"single", "any_action", "count", "negation", "follow_up", "attached_smiles", "typo", "id"}


def test_answers_of_two_steps_and_of_several(tails: dict[str, dict[str, set[str]]], rows: list[dict[str, Any]]) -> None:
    for row in rows:
        if row["kind"] == "two_hop":
            reached = set(row["entities"])
            for step in row["accepted"][0]:
                reached = {tail for head in reached for name in step for tail in tails[name].get(head, ())}
            assert reached - set(row["entities"]) == set(row["answers"]), row["question"]
        if row["kind"] == "shared":
            step = row["accepted"][0][0]
            each = [set().union(*(tails[name].get(entity, set()) for name in step)) for entity in row["entities"]]
            assert set.intersection(*each) == set(row["answers"]), row["question"]
        if row["kind"] == "verify":
            head, tail = row["entities"]
            assert (tail in tails[row["group"]][head]) == (row["expect"] == "yes")


def test_held_out_answers_are_held_out(facts: Any, graph: KnowledgeGraph, rows: list[dict[str, Any]]) -> None:
    singles = [row for row in rows if row["kind"] == "single" and not graph.relations[row["group"]].hierarchical]
    for row in singles:
        held = facts.held_tails(row["group"]).get(graph.row(row["entities"][0]), set())
        assert {graph.row(answer) for answer in row["held_out"]} == held & set(map(graph.row, row["answers"]))
    many = [row for row in singles if len(facts.held_tails(row["group"])) >= 40]
    assert len(many) > len(singles) / 2
    assert all(row["held_out"] for row in many)
    counts = [row for row in rows if row["kind"] == "count"]
    assert all(row["count"] == len(row["answers"]) > 0 and not row["held_out"] for row in counts)


def test_attachments_are_the_cold_entity_itself(facts: Any, graph: KnowledgeGraph, rows: list[dict[str, Any]]) -> None:
    attached = [row for row in rows if row["kind"].startswith("attached")]
    assert Counter(row["kind"] for row in attached).keys() == {
        "attached_sequence",
        "attached_smiles",
        "attached_hostile",
    }
    for row in attached:
        (entity,), (file,) = row["entities"], row["attach"]
        text = "".join(line for line in file["text"].splitlines() if not line.startswith(">"))
        assert text == graph.entity(entity).input
        assert facts.held.cold[graph.row(entity)] == TEST_COLD
        assert entity in row["removed"]
        assert all(facts.held.cold[graph.row(answer)] == KNOWN for answer in row["answers"])
        assert graph.names[graph.row(entity)] not in row["question"].split()


def test_other_names(facts: Any, graph: KnowledgeGraph, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        if row["kind"] == "typo":
            assert not facts.names.known(row["written"][0])
        if row["kind"] in {"brand", "synonym"}:
            entity = graph.entity(row["entities"][0])
            assert row["written"][0] in (*entity.synonyms, entity.full_name)
        if row["kind"] == "brand":
            assert "approved" in entity.flags
        if row["kind"] in {"typo", "brand", "synonym", "id"}:
            assert row["written"][0] in row["question"]


def _asked(rows: list[dict[str, Any]], prefix: str) -> list[str]:
    return [row["question"] for row in rows if row["id"].startswith(prefix)]


def _fields(text: str) -> list[tuple[str, str]]:
    import string

    return [(before, field) for before, field, *_ in string.Formatter().parse(text) if field is not None]
