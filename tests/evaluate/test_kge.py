"""Each embedding scores as PyKEEN's does with the same weights, and says so when it cannot be made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from biobridge_core.bridge.checkpoint import write_tensors
from biobridge_core.errors import ArtifactError, TrainingError
from biobridge_core.evaluate.kge import MODELS, KGEConfig, KGEScorer, load_model, new_model, save_model
from biobridge_core.evaluate.pykeen_models import from_pykeen, new_pykeen_model, training_triples
from biobridge_core.evaluate.shared_negatives import group_counts, scores, shared_loss, shared_scores
from biobridge_core.kg.graph import KnowledgeGraph
from biobridge_core.kg.splits import TrainingView

WIDTH = 8
DISTANCES = {"TransE", "TransH", "TransR", "RotatE"}  # PyKEEN takes the root


@pytest.fixture(scope="module")
def view(small_graph: KnowledgeGraph) -> TrainingView:
    train = {name: small_graph.edges(name) for name in small_graph.relations}
    return TrainingView(train, {}, "planted")


@pytest.mark.parametrize("name", MODELS)
def test_scores_equal_pykeen(small_graph: KnowledgeGraph, view: TrainingView, name: str) -> None:
    triples = training_triples(small_graph, view)
    theirs = new_pykeen_model(name, triples, width=WIDTH, loss="margin", seed=1)
    with torch.no_grad():  # far from the start, so that clamping to length 1 is met
        for parameter in theirs.parameters():
            parameter.mul_(1.7)
        theirs.post_parameter_update()
        theirs.eval()
    ours = from_pykeen(name, theirs, small_graph, triples)
    compared = 0
    for number, relation in enumerate(triples.relations):
        definition = small_graph.relations[relation]
        heads, tails = small_graph.rows(definition.head), small_graph.rows(definition.tail)
        batch = torch.tensor([[int(head), number] for head in heads])
        with torch.no_grad():
            expected = theirs.score_t(batch)[:, int(tails[0]) : int(tails[-1]) + 1]
            found = ours.scores_all_tails(torch.arange(len(heads)), relation)
            single = theirs.score_hrt(torch.tensor([[int(heads[0]), number, int(tails[-1])]]))
        if name in DISTANCES:
            expected, single = -expected.square(), -single.square()
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(found[:1, -1:], single, atol=1e-4, rtol=1e-4)
        compared += found.numel()
        assert found.std() > 0 or found.numel() == 1
    assert compared >= 70


@pytest.mark.parametrize("name", MODELS)
def test_shared_negatives_score_as_pykeen_does(small_graph: KnowledgeGraph, view: TrainingView, name: str) -> None:
    triples = training_triples(small_graph, view)
    theirs = new_pykeen_model(name, triples, width=WIDTH, loss="margin", seed=1)
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.mul_(1.7)
        theirs.post_parameter_update()
        theirs.eval()
        heads = torch.tensor([0, 3, 5])
        for number in range(len(triples.relations)):
            relation = [each(torch.tensor([number]))[0] for each in theirs.relation_representations]
            found = scores(
                name,
                [each(heads) for each in theirs.entity_representations],
                relation,
                [each(indices=None) for each in theirs.entity_representations],
            )
            expected = theirs.score_t(torch.tensor([[int(head), number] for head in heads]))
            torch.testing.assert_close(found, expected, atol=2e-3, rtol=1e-3)  # the root magnifies what lies near 0


@pytest.mark.parametrize("name", MODELS)
def test_triples_that_share_negatives_score_as_if_each_had_its_own(
    small_graph: KnowledgeGraph, view: TrainingView, name: str
) -> None:
    triples = training_triples(small_graph, view)
    theirs = new_pykeen_model(name, triples, width=WIDTH, loss="nssa", seed=1)
    generator = torch.Generator().manual_seed(0)
    limits = (triples.n_entities, 3, triples.n_entities)
    positive = torch.stack([torch.randint(n, (20,), generator=generator) for n in limits], dim=1)
    positive = positive[positive[:, 1].argsort(stable=True)]
    counts = group_counts(positive, 3)
    drawn = torch.randint(triples.n_entities, (sum(counts), 5), generator=generator)
    true, false = shared_scores(name, theirs, positive, drawn, 3)
    assert min(counts) > 1
    group = 0
    for number, n_groups in zip(positive[:, 1].unique(), counts, strict=True):
        for place, at in enumerate((positive[:, 1] == number).nonzero().flatten()):
            wrong = positive[at].repeat(5, 1)
            wrong[:, 2] = drawn[group + place // 3]
            torch.testing.assert_close(false[at], theirs.score_hrt(wrong)[:, 0], atol=2e-3, rtol=1e-3)
        group += n_groups
    torch.testing.assert_close(true, theirs.score_hrt(positive), atol=1e-4, rtol=1e-4)
    shared_loss(name, theirs, positive, 5, triples.n_entities, group=3).backward()  # type: ignore[no-untyped-call]
    assert all(parameter.grad is not None for parameter in theirs.parameters())


@pytest.mark.parametrize("name", MODELS)
def test_an_inverse_without_triples_ranks_heads_as_pykeen_does(
    small_graph: KnowledgeGraph, view: TrainingView, name: str
) -> None:
    triples = training_triples(small_graph, view, inverses=False)
    assert all(small_graph.relations[relation].forward for relation in triples.relations)
    theirs = new_pykeen_model(name, triples, width=WIDTH, loss="margin", seed=1).eval()
    ours = from_pykeen(name, theirs, small_graph, triples)
    assert set(ours.config.relations) > set(triples.relations)
    for number, relation in enumerate(triples.relations):
        definition = small_graph.relations[relation]
        heads, tails = small_graph.rows(definition.head), small_graph.rows(definition.tail)
        with torch.no_grad():
            expected = theirs.score_h(torch.tensor([[number, int(tail)] for tail in tails]))
            found = ours.scores_all_tails(torch.arange(len(tails)), definition.inverse)
        expected = expected[:, int(heads[0]) : int(heads[-1]) + 1]
        torch.testing.assert_close(found, -expected.square() if name in DISTANCES else expected, atol=1e-4, rtol=1e-4)


def test_transh_projects_on_a_hyperplane_with_a_unit_normal(small_graph: KnowledgeGraph, view: TrainingView) -> None:
    triples = training_triples(small_graph, view)
    theirs = new_pykeen_model("TransH", triples, width=WIDTH, loss="margin", seed=1)
    theirs.post_parameter_update()
    normal, translation = (each(indices=None) for each in theirs.relation_representations)
    torch.testing.assert_close(normal.norm(dim=1), torch.ones(len(normal)))
    assert (translation.norm(dim=1) - 1).abs().max() > 0.05


def _model(graph: KnowledgeGraph, name: str, **more: object) -> torch.nn.Module:
    relations = {n: (r.head, r.tail) for n, r in graph.relations.items()}
    sizes = {m: len(graph.rows(m)) for m in graph.modality_names}
    torch.manual_seed(0)
    return new_model(KGEConfig(name, sizes, relations, width=WIDTH, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", MODELS)
def test_logits_are_scaled_scores_up_to_a_constant_of_the_head(small_graph: KnowledgeGraph, name: str) -> None:
    model = _model(small_graph, name, scale=3.0).eval()
    relation = next(iter(model.config.relations))
    heads = torch.arange(2)
    difference = model.logits(heads, relation) - 3 * model.scores_all_tails(heads, relation)
    torch.testing.assert_close(difference, difference[:, :1].expand_as(difference), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_every_parameter_of_the_relation_learns(small_graph: KnowledgeGraph, name: str) -> None:
    model = _model(small_graph, name)
    large = {m for m, n in model.config.sizes.items() if n > 1}
    relation = next(r for r, ends in model.config.relations.items() if set(ends) <= large)
    (
        model.logits(torch.arange(2), relation).log_softmax(1)[:, 0].sum() + model.cubes(torch.arange(2), relation)
    ).backward()
    for part in model.shapes:
        assert model.part(part, relation).grad.abs().sum() > 0, part
    assert model.log_scale[relation].grad.abs() > 0
    others = [p for r, p in model.log_scale.items() if r != relation]
    assert others
    assert all(p.grad is None for p in others)


def test_a_scorer_gives_log_probabilities_over_all_tails(small_graph: KnowledgeGraph) -> None:
    model = _model(small_graph, "ComplEx")
    relation = next(r for r, (head, tail) in model.config.relations.items() if head != tail)
    definition = small_graph.relations[relation]
    heads = small_graph.rows(definition.head)
    found = KGEScorer(small_graph, model).scores(heads[-1:], relation)
    assert found.shape == (1, len(small_graph.rows(definition.tail)))
    assert np.exp(found).sum() == pytest.approx(1, abs=1e-5)
    raw = KGEScorer(small_graph, model, probabilities=False).scores(heads[-1:], relation)
    np.testing.assert_array_equal(np.argsort(raw), np.argsort(found))


def test_what_cannot_be_made_is_refused(small_graph: KnowledgeGraph, view: TrainingView) -> None:
    with pytest.raises(TrainingError, match="no embedding model 'TransX'"):
        new_model(KGEConfig("TransX", {"drug": 2}))
    with pytest.raises(TrainingError, match="width of 7"):
        new_model(KGEConfig("TransE", {"drug": 2}, width=7))
    with pytest.raises(TrainingError, match="no link"):
        training_triples(small_graph, TrainingView({}, {}, ""))
    with pytest.raises(TrainingError, match="PyKEEN has no model"):
        new_pykeen_model("TransX", training_triples(small_graph, view), width=4, loss="nssa", seed=0)


@pytest.mark.parametrize("name", MODELS)
def test_a_saved_model_is_the_same_model(small_graph: KnowledgeGraph, name: str, tmp_path: Path) -> None:
    model = _model(small_graph, name, scale=2.0, bound=True).eval()
    save_model(model, tmp_path / "model.safetensors")
    again = load_model(tmp_path / "model.safetensors")
    assert again.config == model.config
    relation = next(iter(model.config.relations))
    heads = small_graph.rows(small_graph.relations[relation].head)
    for probabilities in (True, False):
        first, second = (KGEScorer(small_graph, m, probabilities=probabilities) for m in (model, again))
        np.testing.assert_array_equal(first.scores(heads, relation), second.scores(heads, relation))


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    with pytest.raises(ArtifactError, match="cannot be read"):
        load_model(path)
    write_tensors(path, {"x": torch.ones(2)})
    with pytest.raises(ArtifactError, match="no embedding model"):
        load_model(path)
    write_tensors(path, {"x": torch.ones(2)}, {"config": {"model": "TransE", "sizes": {"drug": 2}, "relations": {}}})
    with pytest.raises(ArtifactError, match="no embedding model"):
        load_model(path)
