"""Cold splits, and the leaks that they must catch, each planted in both families of splits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from biobridge_core.chem.scaffolds import murcko_scaffold
from biobridge_core.errors import GraphError, LeakageError
from biobridge_core.kg.graph import KnowledgeGraph, Source
from biobridge_core.kg.schema import ENTITY_COLUMNS, TRIPLE_COLUMNS
from biobridge_core.kg.sources.starter.vocabulary import MODALITIES, RELATIONS
from biobridge_core.kg.splits import (
    KNOWN,
    TEST_COLD,
    VALID_COLD,
    Split,
    ancestor_matrix,
    cold_branch,
    cold_cluster,
    cold_entity,
    cold_scaffold,
    implied_links,
    synonym_groups,
    transductive,
)

N = 40
INHIBITS, HAS, SHOWS, IS_A = (
    "drug_inhibits_protein",
    "protein_associated_with_disease",
    "disease_has_phenotype",
    "disease_is_a",
)
RESIDUES = list("ACDEFGHIKLMNPQRSTVWY")
RINGS = ["c1ccccc1", "c1ccncc1", "C1CCNCC1", "c1ccoc1"]


def _drug(i: int) -> str:
    """Ten for each ring; the last ten have none."""
    tail = "C" * (i % 10 + 1)
    return f"{tail}O" if i >= 30 else f"{tail}{RINGS[i // 10]}"


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    """Forty of each, with three twins: stereoisomers, near-identical proteins, an OMIM and an ORPHA entry."""
    rng = np.random.default_rng(0)
    sequences = ["".join(rng.choice(RESIDUES, 120)) for _ in range(N)]
    sequences[1] = "W" + sequences[0][1:-1] + "W"
    inputs = {
        "drug": [_drug(i) for i in range(N)],
        "protein": sequences,
        "disease": [f"disease text {i}" for i in range(N)],
        "phenotype": [f"phenotype text {i}" for i in range(N)],
    }
    inputs["drug"][:2] = "C[C@H](N)c1ccccc1", "C[C@@H](N)c1ccccc1"
    rows = []
    for modality, texts in inputs.items():
        for i, text in enumerate(texts):
            row: dict[str, object] = dict.fromkeys(ENTITY_COLUMNS, "")
            row |= {"id": f"{modality}:{i:02d}", "modality": modality, "name": f"{modality} {i}", "input": text}
            row |= {"input_kind": MODALITIES[modality].input_kind.value, "source": "toy"}
            xrefs = ["ORPHA:77"] if modality == "disease" and i < 2 else []
            rows.append(row | {"synonyms": [], "xrefs": xrefs, "flags": []})
    triples = []
    for i in range(N):
        for name, head, tail in (
            (INHIBITS, "drug", "protein"),
            (HAS, "protein", "disease"),
            (SHOWS, "disease", "phenotype"),
        ):
            triples += [(f"{head}:{i:02d}", name, f"{tail}:{j:02d}") for j in rng.choice(N, 6, replace=False)]
        if i >= 2:
            triples.append((f"disease:{i:02d}", IS_A, f"disease:{(i - 2) // 3:02d}"))
    links = pd.DataFrame(triples, columns=["head", "relation", "tail"]).assign(source="toy", evidence="", value="")
    table = pd.DataFrame(rows)[list(ENTITY_COLUMNS)]
    source = Source("toy", "toy", "1", "2026-01-01", "CC0", "", "")
    return KnowledgeGraph.from_tables(table, links[list(TRIPLE_COLUMNS)], MODALITIES, RELATIONS, {"toy": source})


@pytest.fixture(scope="module")
def split(graph: KnowledgeGraph) -> Split:
    return cold_entity(graph, seed=0, test=0.2, valid=0.1)


def _pairs(links: np.ndarray) -> set[tuple[int, int]]:
    return {(int(a), int(b)) for a, b in links}


def test_shares_are_as_asked_in_every_modality(graph: KnowledgeGraph, split: Split) -> None:
    for modality in ("drug", "protein", "disease", "phenotype"):
        states = split.cold[graph.rows(modality)]
        assert (states == TEST_COLD).sum() == 8
        assert (states == VALID_COLD).sum() == 4


def test_a_cold_entity_has_no_training_link_not_even_is_a(graph: KnowledgeGraph, split: Split) -> None:
    for links in split.training.train.values():
        assert (split.cold[links] == KNOWN).all()
    assert len(split.training.train[IS_A]) < len(graph.edges(IS_A))
    for links in split.training.valid.values():
        assert (split.cold[links].max(axis=1) == VALID_COLD).all()
    for links in split.open_for_evaluation().values():
        assert (split.cold[links].max(axis=1) == TEST_COLD).all()


def test_every_link_is_in_one_part_or_follows_from_training(graph: KnowledgeGraph, split: Split) -> None:
    ancestors = ancestor_matrix(graph)
    for name in (INHIBITS, HAS, SHOWS, SHOWS + "_inverse"):
        parts = [part[name] for part in (split.training.train, split.training.valid, split.open_for_evaluation())]
        there = set().union(*map(_pairs, parts))
        assert sum(map(len, parts)) == len(there)
        missing = np.array(sorted(_pairs(graph.edges(name)) - there), np.int32).reshape(-1, 2)
        assert implied_links(missing, split.training.train[name], ancestors).all()
        assert (split.cold[missing].max(axis=1, initial=TEST_COLD) > KNOWN).all()


def test_both_directions_of_a_link_are_in_the_same_part(split: Split) -> None:
    for part in (split.training.train, split.training.valid, split.open_for_evaluation()):
        for name in (INHIBITS, HAS, SHOWS):
            assert _pairs(part[name]) == _pairs(part[name + "_inverse"][:, ::-1])


def test_synonyms_are_equally_cold(graph: KnowledgeGraph) -> None:
    groups = synonym_groups(graph)
    states = set()
    for seed in range(12):
        cold = cold_entity(graph, seed=seed, test=0.3, valid=0.1).cold
        assert (cold == cold[groups]).all()
        states.add(int(cold[graph.row("protein:00")]))
    assert states >= {KNOWN, TEST_COLD}  # the twins are drawn too


def test_the_same_seed_draws_the_same_split_and_another_one_another(graph: KnowledgeGraph) -> None:
    first, again, other = (cold_entity(graph, seed=seed) for seed in (3, 3, 4))
    assert first.training.digest == again.training.digest != other.training.digest
    assert np.array_equal(first.cold, again.cold)


def test_nothing_to_hold_out_is_an_error(graph: KnowledgeGraph) -> None:
    with pytest.raises(GraphError, match="can be held out"):
        cold_entity(graph, seed=0, test=0.001)


def test_a_transductive_split_has_no_cold_entity(graph: KnowledgeGraph) -> None:
    assert not transductive(graph).cold.any()


# ------------------------------------------------------------------ planted leaks, cold

Parts = tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, np.ndarray], np.ndarray]


def _parts(split: Split) -> Parts:
    view = split.training
    return dict(view.train), dict(view.valid), dict(split.open_for_evaluation()), split.cold.copy()


def _test_link(parts: Parts, name: str) -> np.ndarray:
    """A test link between a cold head and a known tail."""
    links, cold = parts[2][name], parts[3]
    return links[(cold[links[:, 0]] == TEST_COLD) & (cold[links[:, 1]] == KNOWN)][:1]


def _append(part: dict[str, np.ndarray], name: str, link: np.ndarray) -> None:
    part[name] = np.concatenate([part[name], link])


def _itself(graph: KnowledgeGraph, parts: Parts) -> None:
    _append(parts[0], HAS, _test_link(parts, HAS))


def _reverse(graph: KnowledgeGraph, parts: Parts) -> None:
    _append(parts[0], HAS + "_inverse", _test_link(parts, HAS)[:, ::-1])


def _parent(graph: KnowledgeGraph, parts: Parts) -> None:
    edges = graph.edges(IS_A)
    _append(parts[0], IS_A, edges[(parts[3][edges] == TEST_COLD).any(axis=1)][:1])


def _in_validation(graph: KnowledgeGraph, parts: Parts) -> None:
    _append(parts[1], HAS, _test_link(parts, HAS))


def _validation_cold_in_training(graph: KnowledgeGraph, parts: Parts) -> None:
    _append(parts[0], HAS, parts[1][HAS][:1])


@pytest.mark.parametrize("plant", [_itself, _reverse, _parent, _in_validation, _validation_cold_in_training])
def test_a_link_of_a_cold_entity_is_caught(
    graph: KnowledgeGraph, split: Split, plant: Callable[[KnowledgeGraph, Parts], None]
) -> None:
    parts = _parts(split)
    groups = synonym_groups(graph)
    Split(graph, *parts[:3], groups=groups, seed=0, cold=parts[3])  # clean as it is
    plant(graph, parts)
    with pytest.raises(LeakageError, match="cold"):
        Split(graph, *parts[:3], groups=groups, seed=0, cold=parts[3])


TWINS = [("drug:00", "drug:01", INHIBITS), ("protein:00", "protein:01", HAS), ("disease:00", "disease:01", SHOWS)]


@pytest.mark.parametrize(("one", "other", "relation"), TWINS)
def test_a_known_twin_of_a_cold_entity_is_caught(graph: KnowledgeGraph, one: str, other: str, relation: str) -> None:
    """Stereoisomer, 95 % identical sequence, OMIM/ORPHA twin."""
    cold = np.zeros(graph.n_entities, np.int8)
    cold[[graph.row(one), graph.row(other)]] = TEST_COLD

    def parts() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        train = {n: e[(cold[e] == KNOWN).all(axis=1)] for n in graph.relations if len(e := graph.edges(n))}
        mine = graph.edges(relation)[graph.edges(relation)[:, 0] == graph.row(one)]
        follows = implied_links(mine, train[relation], ancestor_matrix(graph))
        return train, {relation: mine[~follows][:1]}

    groups = synonym_groups(graph)
    train, test = parts()
    Split(graph, train, {}, test, groups=groups, seed=0, cold=cold)  # clean with both cold
    cold[graph.row(other)] = KNOWN
    train, test = parts()
    with pytest.raises(LeakageError, match=f"{one} is cold, but {other}"):
        Split(graph, train, {}, test, groups=groups, seed=0, cold=cold)


def test_groups_that_part_synonyms_are_caught(graph: KnowledgeGraph) -> None:
    with pytest.raises(LeakageError, match="same thing"):
        _ = [cold_entity(graph, seed=seed, test=0.4, groups=np.arange(graph.n_entities)) for seed in range(20)]


def test_a_test_link_to_an_ancestor_is_caught_when_the_head_is_cold() -> None:
    """protein – child is known; protein – parent follows from it, though the parent is cold."""
    rows = []
    for modality, n in (("protein", 3), ("disease", 3)):
        for i in range(n):
            row: dict[str, object] = dict.fromkeys(ENTITY_COLUMNS, "")
            row |= {
                "id": f"{modality}:{i}",
                "modality": modality,
                "name": f"{modality} {i}",
                "input": f"{modality} {i}",
            }
            row |= {"input_kind": MODALITIES[modality].input_kind.value, "source": "toy"}
            rows.append(row | {"synonyms": [], "xrefs": [], "flags": []})
    triples = [("protein:0", HAS, "disease:1"), ("protein:0", HAS, "disease:0"), ("disease:1", IS_A, "disease:0")]
    triples += [("protein:1", HAS, "disease:0")]
    links = pd.DataFrame(triples, columns=["head", "relation", "tail"]).assign(source="toy", evidence="", value="")
    source = Source("toy", "toy", "1", "2026-01-01", "CC0", "", "")
    graph = KnowledgeGraph.from_tables(
        pd.DataFrame(rows)[list(ENTITY_COLUMNS)], links[list(TRIPLE_COLUMNS)], MODALITIES, RELATIONS, {"toy": source}
    )
    cold = np.zeros(6, np.int8)
    cold[graph.row("disease:0")] = TEST_COLD
    back = HAS + "_inverse"
    known, held = (
        graph.edges(back)[cold[graph.edges(back)[:, 0]] == 0],
        graph.edges(back)[cold[graph.edges(back)[:, 0]] > 0],
    )
    fair = held[held[:, 1] == graph.row("protein:1")]
    Split(graph, {back: known}, {}, {back: fair}, groups=np.arange(6), seed=0, cold=cold)
    with pytest.raises(LeakageError, match="hierarchy"):
        Split(graph, {back: known}, {}, {back: held}, groups=np.arange(6), seed=0, cold=cold)


# ------------------------------------------------------------------ planted twins, transductive


@pytest.mark.parametrize(("one", "other", "relation"), TWINS)
def test_the_same_link_through_a_twin_is_caught(graph: KnowledgeGraph, one: str, other: str, relation: str) -> None:
    train = {name: graph.edges(name)[:0] for name in graph.relations}
    tail = int(graph.edges(relation)[0, 1])
    test = {relation: np.array([[graph.row(one), tail]], np.int32)}
    groups = synonym_groups(graph)
    Split(graph, train, {}, test, groups=groups, seed=0)
    train[relation + "_inverse"] = np.array([[tail, graph.row(other)]], np.int32)
    with pytest.raises(LeakageError, match=one):
        Split(graph, train, {}, test, groups=groups, seed=0)


def test_a_pair_and_its_twins_move_together(graph: KnowledgeGraph) -> None:
    groups = synonym_groups(graph)
    for seed in range(5):
        split = transductive(graph, seed=seed, valid=0.2, test=0.2)
        where: dict[tuple[int, int], set[int]] = {}
        for part, table in enumerate((split.training.train, split.training.valid, split.open_for_evaluation())):
            for name in (INHIBITS, HAS, SHOWS):
                for head, tail in groups[table.get(name, np.empty((0, 2), int))]:
                    where.setdefault((int(head), int(tail)), set()).add(part)
        assert all(len(parts) == 1 for parts in where.values())


# ------------------------------------------------------------------ clusters, scaffolds, branches


def test_clusters_of_proteins_are_held_out_whole(graph: KnowledgeGraph) -> None:
    clusters = {f"protein:{i:02d}": f"protein:{i // 4 * 4:02d}" for i in range(N)}
    split = cold_cluster(graph, clusters, seed=0, test=0.2, valid=0.1, largest=0.1)
    states = split.cold[graph.rows("protein")].reshape(-1, 4)
    assert (states == states[:, :1]).all()
    assert (states == TEST_COLD).sum() == 8
    others = np.setdiff1d(np.arange(graph.n_entities), graph.rows("protein"))
    assert not split.cold[others].any()
    with pytest.raises(GraphError, match="can be held out"):
        cold_cluster(graph, clusters, seed=0, test=0.2, valid=0.1, largest=0.05)  # every cluster is larger


def test_scaffolds_are_held_out_whole_and_chains_one_by_one(graph: KnowledgeGraph) -> None:
    split = cold_scaffold(graph, seed=1, test=0.3, valid=0.1)
    rows = graph.rows("drug")
    states: dict[str, set[int]] = {}
    for row, smiles in zip(rows, graph.inputs(rows), strict=True):
        states.setdefault(murcko_scaffold(smiles), set()).add(int(split.cold[row]))
    assert all(len(found) == 1 for scaffold, found in states.items() if scaffold)
    assert len(states[""]) > 1
    assert (split.cold[rows] == TEST_COLD).sum() == 12
    assert not split.cold[graph.rows("protein")].any()


def test_branches_are_held_out_with_all_that_lies_under_them(graph: KnowledgeGraph) -> None:
    split = cold_branch(graph, seed=0, test=0.25, valid=0.1, smallest=1, largest=0.2)
    descendants = ancestor_matrix(graph).T.tocsr()
    rows = graph.rows("disease")
    cold = rows[split.cold[rows] == TEST_COLD]
    assert 3 <= len(cold) <= 10
    roots = [
        row
        for row in cold
        if not ancestor_matrix(graph)[[row]].indices.size
        or not np.isin(ancestor_matrix(graph)[[row]].indices, cold).any()
    ]
    for root in roots:
        assert (split.cold[descendants[[root]].indices] == TEST_COLD).all()
        assert len(descendants[[root]].indices) >= 1 or root in (graph.row("disease:00"), graph.row("disease:01"))
    assert not split.cold[graph.rows("protein")].any()


def test_a_graph_without_molecules_or_hierarchies_is_refused() -> None:
    row: dict[str, object] = dict.fromkeys(ENTITY_COLUMNS, "")
    rows = [row | {"id": f"protein:{i}", "modality": "protein", "name": str(i), "input": "MKV", "input_kind": "sequence",
                   "source": "toy", "synonyms": [], "xrefs": [], "flags": []} for i in range(3)]  # fmt: skip
    source = Source("toy", "toy", "1", "2026-01-01", "CC0", "", "")
    table, links = pd.DataFrame(rows)[list(ENTITY_COLUMNS)], pd.DataFrame(columns=list(TRIPLE_COLUMNS))
    lonely = KnowledgeGraph.from_tables(table, links, MODALITIES, RELATIONS, {"toy": source})
    with pytest.raises(GraphError, match="no molecule"):
        cold_scaffold(lonely, seed=0)
    with pytest.raises(GraphError, match="branch"):
        cold_branch(lonely, seed=0)


# ------------------------------------------------------------------ the real graph


@pytest.fixture(scope="module")
def starter(bundle_folder: Path) -> KnowledgeGraph:
    return KnowledgeGraph.load(bundle_folder / "kg")


@pytest.mark.bundle
def test_no_phenotypic_series_is_known_in_part(starter: KnowledgeGraph) -> None:
    split = cold_branch(starter, seed=0)
    xrefs = starter.text_columns()["xrefs"].to_pylist()
    is_series = np.array([any(code.startswith("OMIMPS:") for code in codes) for codes in xrefs])
    is_a = starter.edges(IS_A)
    inside = is_a[is_series[is_a[:, 1]]]
    assert len(inside) > 3000
    assert (split.cold[inside[:, 0]] == split.cold[inside[:, 1]]).all()
    for modality in ("disease", "phenotype", "biological_process", "molecular_function", "cellular_component"):
        states = split.cold[starter.rows(modality)]
        assert (states == TEST_COLD).mean() == pytest.approx(0.1, abs=0.005)
        assert (states == VALID_COLD).mean() == pytest.approx(0.05, abs=0.005)
    assert not split.cold[starter.rows("protein")].any()


@pytest.mark.bundle
def test_the_starter_graph_splits_as_stated(starter: KnowledgeGraph) -> None:
    split = cold_entity(starter, seed=0)
    groups = synonym_groups(starter)
    assert (split.cold == split.cold[groups]).all()
    for modality in starter.modalities:
        states = split.cold[starter.rows(modality)]
        assert (states == TEST_COLD).mean() == pytest.approx(0.10, abs=0.001)
        assert (states == VALID_COLD).mean() == pytest.approx(0.05, abs=0.001)
    assert sum(map(len, split.open_for_evaluation().values())) > 150_000
