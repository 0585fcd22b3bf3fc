"""Votes of the memory on graphs that are small enough to vote by hand."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log, sqrt
from typing import Any

import numpy as np
import pytest
from memories import links_of, on_a_circle, tiny_graph

from biobridge_core.bridge.data import Content
from biobridge_core.bridge.memory import TERMS, Memory, Readout
from biobridge_core.errors import InputError, TrainingError
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.types import InputKind

# Four genes on a circle at 0, 60, 180 and 240 degrees, four traits at right angles.
TEXTS = {"gene": ["red fox", "red dog", "blue dog", "blue fox"], "trait": ["w", "x", "y", "z"]}
ANGLES = {"gene": [0.0, 60, 180, 240], "trait": [0.0, 90, 180, 270]}
HAS = [(0, 0), (1, 0), (1, 1), (2, 2), (3, 1), (3, 2)]
READOUT = Readout(k=2, content_scale=3.0, pieces_scale=5.0, profile_scale=4.0, tail_k=3, tail_scale=2.0, whiten=0.0)
NEAR, FAR = 1 / (1 + exp(-3)), 1 / (1 + exp(3))  # weights of gene 1 (cosine 1/2) and gene 3 (-1/2) for gene 0


def _memory(links: dict[str, Any] | None = None, **changed: Any) -> Memory:
    graph = tiny_graph(TEXTS, links or {"has": HAS})
    return Memory(graph, on_a_circle(graph, ANGLES), links_of(graph), **({"readout": READOUT} | changed))


def _votes(memory: Memory, gene: int, *, own: bool = True, relation: str = "has") -> dict[str, np.ndarray]:
    votes = memory.votes(memory.ask(memory.graph.rows("gene")[[gene]], own=own), relation)
    return dict(zip(TERMS, votes.dense()[:, 0], strict=True))


def test_votes_for_a_known_gene_by_hand() -> None:
    votes = _votes(_memory(), 0)
    assert votes["popularity"] == pytest.approx([0.5, 0.5, 0.5, 0])
    assert votes["content"] == pytest.approx([NEAR, 1, FAR, 0], abs=1e-6)
    assert votes["pieces"] == pytest.approx([0.5, 1, 0.5, 0], abs=1e-6)  # "red" and "fox" weigh alike
    assert votes["profile"] == pytest.approx([1, 1, 0, 0], abs=1e-6)  # gene 1 alone shares a trait with it
    right_angle = exp(-2)  # of trait 0 with 1 and 3; the opposite one says nothing, nor does a trait of itself
    assert votes["tail_content"] == pytest.approx([0, right_angle, 0, right_angle], rel=1e-3)
    a, b = log(3), log(3 / 2)  # rarities, among the three traits that have genes, of genes with one trait and with two
    assert votes["tail_profile"] == pytest.approx([1, b / sqrt(2 * (a**2 + b**2)), 0, 0], abs=1e-6)


def test_a_gene_read_as_if_unseen_borrows_links_and_profile() -> None:
    votes = _votes(_memory(), 0, own=False)
    first, third = NEAR, FAR  # what gene 1 and gene 3 lend: by content, since they share as much of its words
    assert votes["content"] == pytest.approx([NEAR, 1, FAR, 0], abs=1e-6)
    assert votes["pieces"] == pytest.approx([0.5, 1, 0.5, 0], abs=1e-6)
    profiles = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1]]) / np.sqrt([[1], [2], [1], [2]])
    borrowed = first * profiles[1] + third * profiles[3]
    cosines = profiles[1:] @ borrowed / np.linalg.norm(borrowed)
    best = np.argsort(-cosines)[:2]
    weights = np.exp(4 * cosines[best]) / np.exp(4 * cosines[best]).sum()
    has = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 1, 1, 0]])
    assert votes["profile"] == pytest.approx(weights @ has[best + 1], abs=1e-5)
    links = first * has[1] + third * has[3]  # (4,), of which the second is 1
    near = exp(-2) * np.array([[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]])
    assert votes["tail_content"] == pytest.approx(links @ near, rel=1e-3)


def test_a_raw_input_is_nearest_to_the_gene_that_it_equals() -> None:
    memory = _memory()
    query = memory.ask_input("blue dog", np.array([-1, 0], np.float32), "gene", InputKind.TEXT)
    assert query.places is None
    assert query.content[0].argmax() == query.pieces[0].argmax() == 2
    assert query.content[0, 2] == pytest.approx(1, abs=1e-6)
    assert query.pieces[0, 2] == pytest.approx(1, abs=1e-6)
    (row, share), (_, less) = memory.read_from(query, 2)
    assert row == memory.graph.rows("gene")[2]
    assert 1 >= share > less > 0
    assert sum(share for _, share in memory.read_from(query, 4)) == pytest.approx(1, abs=1e-5)
    votes = dict(zip(TERMS, memory.votes(query, "has").dense()[:, 0], strict=True))
    assert votes["content"].argmax() == votes["pieces"].argmax() == 2


@pytest.mark.parametrize("own", [True, False])
def test_nothing_votes_for_itself(toy: Any, own: bool) -> None:
    memory = Memory(toy.graph, toy.content, links_of(toy.graph))
    for modality in toy.graph.modalities:
        rows = toy.graph.rows(modality)
        query = memory.ask(rows, own=own)
        for likeness in (query.content, query.pieces, query.profile):
            assert np.isneginf(np.diag(likeness)).all()
        for relation in toy.graph.relations.values():
            if relation.head == modality and not relation.hierarchical:
                assert not memory.votes(query, relation.name).heads.diagonal().any()
        near = memory.near_tails(modality)
        assert not ((near.places == np.arange(len(rows))[:, None]) & (near.cosines > -1)).any()


def test_without_its_own_links_a_gene_is_read_as_if_it_had_others(toy: Any) -> None:
    """Content, pieces and what is borrowed over them; the rarities and popularities of the whole graph may move."""
    row = int(toy.graph.rows("protein")[7])
    links = links_of(toy.graph)
    rng = np.random.default_rng(0)
    other = dict(links)
    for name in ("protein_in_process", "drug_inhibits_protein", "drug_blocks_protein"):
        inverse = toy.graph.relations[name].inverse
        forward = links[name].copy()
        end = 1 - int(toy.graph.relations[name].head == "protein")
        mine = forward[:, end] == row
        there = toy.graph.rows("process" if end == 0 else "drug")
        forward[mine, 1 - end] = rng.choice(there, mine.sum(), replace=False)
        assert (forward != links[name]).any()
        other[name], other[inverse] = forward, forward[:, ::-1]
    memories = [Memory(toy.graph, toy.content, given) for given in (links, other)]
    for relation in ("protein_in_process", "drug_inhibits_protein_inverse"):
        before, after = (memory.votes(memory.ask(np.array([row]), own=False), relation) for memory in memories)
        assert (before.heads != after.heads).nnz == 0
        for term, one, two in zip(TERMS[1:], before.matrices, after.matrices, strict=True):
            if term in ("content", "pieces", "tail_content"):
                assert (one != two).nnz == 0, term
        known, changed = (memory.votes(memory.ask(np.array([row])), relation) for memory in memories)
        assert (known.matrices[3] != changed.matrices[3]).nnz  # with them, it is not so


def test_without_its_own_links_none_of_them_is_read_from_the_other_end() -> None:
    """Only gene 0 has both trait 0 and trait 1. That likens the two to each other, but not for gene 0 as if unseen."""
    memory = _memory({"has": [(0, 0), (0, 1), (1, 0), (2, 1), (3, 2)]})
    assert _votes(memory, 1)["tail_profile"][1] > 0
    assert _votes(memory, 0, own=False)["content"][0] > 0  # it borrows trait 0
    borrowed = memory.ask(memory.graph.rows("gene")[[0]], own=False)
    links = memory.votes(borrowed, "has").heads @ memory.adjacent("has")
    profile = memory.profiles("trait")[0].toarray()
    profile[:, memory.graph.rows("gene")[0]] = 0
    expected = links.toarray()[0] @ profile @ memory.profiles("trait")[0].toarray().T / links.sum()
    assert _votes(memory, 0, own=False)["tail_profile"] == pytest.approx(expected, abs=1e-6)


def test_profiles_take_ancestors_in_from_the_training_links_alone() -> None:
    graph = tiny_graph(TEXTS, {"has": HAS, "trait_is_a": [(0, 3)]})
    links, content = links_of(graph), on_a_circle(graph, ANGLES)
    top = int(graph.rows("trait")[3])

    def above(given: dict[str, np.ndarray]) -> list[bool]:
        return (Memory(graph, content, given, READOUT).profiles("gene")[0][:, [top]].toarray()[:, 0] > 0).tolist()

    assert above(links) == [True, True, False, False]
    held_out = {name: pairs[:0] if "is_a" in name else pairs for name, pairs in links.items()}
    assert above(held_out) == [False] * 4
    assert above({name: pairs for name, pairs in links.items() if "is_a" not in name}) == [False] * 4


def test_what_most_have_says_nothing_of_likeness() -> None:
    links = {"has": [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (3, 2)]}
    profiles = _memory(links).profiles("gene")[0]
    trait = _memory(links).graph.rows("trait")
    assert profiles[:, [int(trait[0])]].nnz == 0  # three of four genes
    assert profiles[:, [int(trait[1])]].nnz == 2


def test_only_heads_with_a_link_of_the_relation_are_read() -> None:
    memory = _memory({"has": HAS, "marks": [(2, 3)]})
    votes = _votes(memory, 0, relation="marks")
    assert votes["content"] == pytest.approx([0, 0, 0, 1])  # gene 2 is the farthest, and has the only link
    assert votes["pieces"] == pytest.approx([0, 0, 0, 0])  # it shares no word with gene 0


def test_an_input_can_be_put_in_the_place_of_the_graphs() -> None:
    row = int(_memory().graph.rows("gene")[2])
    changed = _memory(inputs={row: "red fox"})
    query = changed.ask(changed.graph.rows("gene")[:1])
    assert query.pieces[0].argmax() == 2


def test_an_isolated_gene_gets_votes_that_are_numbers() -> None:
    memory = _memory({"has": [(0, 0), (1, 0), (2, 2)]})
    assert memory.linked[memory.graph.rows("gene")].tolist() == [True, True, True, False]
    for own in (True, False):
        assert all(np.isfinite(vote).all() for vote in _votes(memory, 3, own=own).values())
    assert _votes(memory, 3, own=False)["content"].sum() > 0
    assert not _votes(memory, 3, own=True)["tail_content"].any()


def test_no_link_at_all_gives_empty_votes() -> None:
    graph = tiny_graph(TEXTS, {"has": HAS})
    memory = Memory(graph, on_a_circle(graph, ANGLES), {}, READOUT)
    for own in (True, False):
        assert not any(vote.any() for vote in _votes(memory, 0, own=own).values())
    assert memory.read_from(memory.ask(graph.rows("gene")[:1], own=False), 3) == []


def test_a_graph_with_one_relation_and_an_empty_modality() -> None:
    graph = tiny_graph(TEXTS, {"has": HAS}, relations=("has",))
    memory = Memory(graph, on_a_circle(graph, ANGLES), links_of(graph), READOUT)
    assert _votes(memory, 0)["content"] == pytest.approx([NEAR, 1, FAR, 0], abs=1e-6)
    assert len(graph.rows("place")) == 0
    assert memory.near_tails("place").places.shape == (0, 3)
    with pytest.raises(InputError, match="place"):
        memory.ask_input("here", np.zeros(2, np.float32), "place", InputKind.TEXT)
    with pytest.raises(InputError, match=r"gene.*smiles"):
        memory.ask_input("CCO", np.zeros(2, np.float32), "gene", InputKind.SMILES)


def test_vectors_that_are_not_finite_are_refused() -> None:
    memory = _memory()
    with pytest.raises(InputError, match="not finite"):
        memory.ask_input("red fox", np.array([np.nan, 0], np.float32), "gene", InputKind.TEXT)
    graph: KnowledgeGraph = memory.graph
    rows = np.arange(graph.n_entities, dtype=np.int32)
    with pytest.raises(TrainingError, match="not finite"):
        Content(graph, {InputKind.TEXT: np.full((len(rows), 2), np.nan, np.float32)}, {InputKind.TEXT: rows})


def test_several_kinds_of_input_in_one_modality_are_compared_apart(toy: Any) -> None:
    memory = Memory(toy.graph, toy.content, links_of(toy.graph))
    drugs = toy.graph.rows("drug")
    text = toy.graph.kind_of_row[drugs] == list(InputKind).index(InputKind.TEXT)
    query = memory.ask(drugs)
    assert np.isneginf(query.content[np.ix_(text, ~text)]).all()
    assert np.isneginf(query.pieces[np.ix_(~text, text)]).all()
    alone = [memory.ask(drugs[[i]]) for i in (0, 1, 8)]
    for i, one in zip((0, 1, 8), alone, strict=True):
        np.testing.assert_allclose(one.content[0], query.content[i], atol=1e-6)
        np.testing.assert_allclose(one.pieces[0], query.pieces[i], atol=1e-6)
        np.testing.assert_allclose(one.profile[0], query.profile[i], atol=1e-6)


def test_links_are_borrowed_from_who_is_alike_in_content_and_in_pieces_both() -> None:
    """Gene 2 is nearer by its vector, gene 1 by its words; a scale decides who lends, and nobody lends to the known."""
    texts = TEXTS | {"gene": ["red fox", "red fox jumps", "blue dog", "blue cow"]}
    graph = tiny_graph(texts, {"has": [(1, 0), (2, 2)]})
    content = on_a_circle(graph, ANGLES | {"gene": [0.0, 240, 60, 180]})
    rows = graph.rows("gene")[[0]]

    def lent(pieces_scale: float) -> list[float]:
        readout = Readout(k=2, content_scale=3.0, pieces_scale=pieces_scale, whiten=0.0)
        memory = Memory(graph, content, links_of(graph), readout)
        query = memory.ask(rows, own=False)
        by_words = float(query.pieces[0, 1])
        shares = dict(memory.read_from(query, 2))
        words, vector = exp(pieces_scale * by_words - 3 / 2), exp(3 / 2)
        expected = words / (words + vector)
        assert shares[int(graph.rows("gene")[1])] == pytest.approx(expected, abs=1e-5)
        assert not memory.votes(memory.ask(graph.rows("gene")[[1]]), "has").heads.nnz
        return [shares[int(graph.rows("gene")[i])] for i in (1, 2)]

    first, second = lent(1.0)
    assert first < second
    first, second = lent(20.0)
    assert first > second


def test_reading_with_other_settings_is_as_a_new_memory_with_them(toy: Any) -> None:
    old = Memory(toy.graph, toy.content, links_of(toy.graph), READOUT)
    rows = toy.graph.rows("protein")[:5]
    old.votes(old.ask(rows), "protein_in_process")
    for changed in ({"tail_k": 5}, {"whiten": 1.0}, {"common": 0.02}, {"tail_scale": 1.0, "k": 7}):
        readout = replace(READOUT, **changed)
        fresh = Memory(toy.graph, toy.content, links_of(toy.graph), readout)
        for own in (True, False):
            one, two = (
                m.votes(m.ask(rows, own=own), "protein_in_process").dense() for m in (fresh, old.reread(readout))
            )
            np.testing.assert_allclose(one, two, atol=1e-6)
            before = old.votes(old.ask(rows, own=own), "protein_in_process").dense()
            assert np.abs(one - before).max() > 1e-4, changed
    assert old.readout == READOUT
