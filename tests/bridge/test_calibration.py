"""The calibration of a bridge: what it is fitted on, that it comes back from its file, and that damage is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from memories import READING

from biobridge_core.artifacts import read_manifest, verify_folder, write_folder
from biobridge_core.bridge import calibrating
from biobridge_core.bridge.calibrating import answers, distances_of, entry_of, fit_calibration, hubs_of
from biobridge_core.bridge.calibration import CALIBRATION, Calibration, Entry, believed
from biobridge_core.bridge.calibration_stage import add_calibration, open_trained
from biobridge_core.bridge.data import Content
from biobridge_core.bridge.memory import Memory
from biobridge_core.bridge.memory_files import save_memory
from biobridge_core.bridge.model import Bridge, BridgeConfig
from biobridge_core.bridge.reader import Reader
from biobridge_core.bridge.reading import Reading
from biobridge_core.calibrate import Curve
from biobridge_core.catalogue import Catalogue, Space
from biobridge_core.config import Settings
from biobridge_core.errors import ArtifactError
from biobridge_core.kg.shipped_split import shipped
from biobridge_core.kg.splits import TrainingView
from biobridge_core.types import InputKind

#: the bridge of these tests was never trained: the memory speaks alone
ALONE = replace(READING.known["*"], bridge=0.0)
BY_MEMORY = Reading({"*": ALONE}, {"*": ALONE})
DRUGS = ("drug_inhibits_protein", "drug_blocks_protein")


@pytest.fixture(scope="module")
def view(toy: Any) -> TrainingView:
    return shipped(toy.graph, links=0.2, entities=0.2).training


def _bridge(content: Content) -> Bridge:
    torch.manual_seed(0)
    relations = {name: (r.head, r.tail) for name, r in content.graph.relations.items()}
    return Bridge(BridgeConfig(content.slots(), relations, width=16, layers=1, heads=2)).eval()


@pytest.fixture(scope="module")
def reader(toy: Any, view: TrainingView) -> Reader:
    return Reader(_bridge(toy.content), toy.content, Memory(toy.graph, toy.content, view.train), BY_MEMORY)


@pytest.mark.parametrize("known", [True, False])
def test_hits_are_the_best_that_no_training_link_joins_and_their_labels_are_the_links_held_out(
    toy: Any, reader: Reader, view: TrainingView, known: bool
) -> None:
    found = answers(reader, view, "drug_blocks_protein", known=known, depth=100)
    assert found is not None
    assert (reader.memory.linked[found.heads] == known).all()
    first = int(toy.graph.rows("protein")[0])
    held = {tuple(pair) for pair in view.valid["drug_blocks_protein"].tolist()}
    trained = {tuple(pair) for name in DRUGS for pair in view.train[name].tolist()}
    assert found.n_links == sum(bool(reader.memory.linked[head]) == known for head, _ in held)
    for i, head in enumerate(found.heads.tolist()):
        given = reader.scores(np.array([head]), "drug_blocks_protein")[0]
        open_ = [t for t in range(len(given)) if (head, first + t) not in trained]
        there = np.isfinite(found.scores[i])
        assert there.sum() == len(open_)
        belief = np.exp(np.stack([reader.scores(np.array([head]), name)[0] for name in DRUGS]).max(axis=0))
        left = belief[open_].sum() / belief.sum() if known else 1.0
        assert found.scores[i][there] == pytest.approx(np.sort(given[open_])[::-1] - np.log(left), abs=1e-3)
        assert found.labels[i].sum() == sum((head, first + t) in held for t in open_)
        best = first + open_[int(np.argmax(given[open_]))]
        assert found.labels[i][0] == ((head, best) in held)


def test_queries_are_sampled_and_ranks_counted_from_one(reader: Reader, view: TrainingView) -> None:
    found = answers(reader, view, "protein_in_process", known=True, sample=7, depth=30)
    assert found is not None
    assert len(found.heads) == 7
    scores, labels, queries, ranks = found.flat()
    assert len(scores) == len(labels) == 7 * 30
    assert ranks[:30].tolist() == list(range(1, 31))
    assert np.bincount(queries).tolist() == [30] * 7


def test_what_is_known_takes_no_chance_from_the_rest() -> None:
    scores, known = np.array([[0.6, 0.3, 0.1], [1.0, 0.0, 0.0]]), np.array([[True, False, False]] * 2)
    assert believed(scores, known) == pytest.approx([0.6, 0.9999])


def test_too_few_links_give_no_curve_and_say_so(reader: Reader, view: TrainingView) -> None:
    found = answers(reader, view, "drug_blocks_protein", known=True)
    assert found is not None
    entry, measured = entry_of(found)
    assert (entry.curve, measured) == (None, None)
    assert entry.reason == f"{found.n_links} links were held out, 100 are needed"


def test_a_relation_that_misses_the_target_gets_no_curve(
    reader: Reader, view: TrainingView, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = answers(reader, view, "protein_in_process", known=False)
    assert found is not None
    monkeypatch.setattr(calibrating, "MIN_LINKS", 1)
    monkeypatch.setattr(calibrating, "MAX_ECE", 1.0)
    entry, measured = entry_of(found)
    assert measured is not None
    assert (entry.curve is not None) == (measured.skill > 0)
    monkeypatch.setattr(calibrating, "MAX_ECE", measured.ece - 1e-6)
    entry, _ = entry_of(found)
    assert entry.curve is None
    assert "points off on average" in entry.reason
    monkeypatch.setattr(calibrating, "MAX_ECE", 1.0)
    by_chance = replace(found, labels=np.random.default_rng(0).random(found.labels.shape) < 0.1)
    entry, _ = entry_of(by_chance)
    assert entry.curve is None
    assert "no more than the share" in entry.reason


def test_hubs_are_the_tails_of_most_queries(toy: Any, reader: Reader) -> None:
    relation = "protein_in_process"
    heads = toy.graph.rows("protein")[np.diff(reader.memory.adjacent(relation).indptr) > 0]
    best = np.argsort(-reader.scores(heads, relation), axis=1)[:, :10]
    share = np.bincount(best.ravel(), minlength=100) / len(heads)
    assert hubs_of(reader, relation, known=True) == set(np.flatnonzero(share > 0.5).tolist())
    weights = replace(ALONE, votes=(9.0, *(0.0,) * 5))  # popularity alone
    popular = Reader(reader.bridge, reader.content, reader.memory, replace(BY_MEMORY, known={"*": weights}))
    assert len(hubs_of(popular, relation, known=True)) == 10  # whatever is asked


def test_distances_are_those_of_unseen_entities_to_the_nearest_with_training_links(
    toy: Any, reader: Reader, view: TrainingView
) -> None:
    found = distances_of(reader.memory, view)
    assert ("protein", InputKind.SEQUENCE) in found or ("process", InputKind.TEXT) in found
    linked, vectors = reader.memory.linked, {}
    for (modality, kind), usual in found.items():
        rows = toy.graph.rows(modality)
        vectors = {int(r): v for r, v in zip(toy.rows[kind], toy.vectors[kind], strict=True)}
        unit = {r: vectors[r] / np.linalg.norm(vectors[r]) for r in rows.tolist() if r in vectors}
        held = {int(head) for pairs in view.valid.values() for head in pairs[:, 0]}
        near = [
            max(float(unit[r] @ unit[o]) for o in unit if linked[o]) for r in unit if r in held and not linked[r]
        ]  # fmt: skip
        assert len(near) >= 20
        assert usual == pytest.approx(np.quantile(near, np.linspace(0, 1, len(usual))), abs=1e-5)


def test_a_distance_is_told_as_a_share() -> None:
    usual = Calibration(distances={("protein", InputKind.SEQUENCE): np.array([0.2, 0.4, 0.6, 0.8])})
    assert usual.distance_percentile("protein", InputKind.SEQUENCE, 0.9) == 0
    assert usual.distance_percentile("protein", InputKind.SEQUENCE, 0.5) == 50
    assert usual.distance_percentile("protein", InputKind.SEQUENCE, 0.1) == 100
    assert usual.distance_percentile("disease", InputKind.TEXT, 0.5) is None


FULL = Calibration(
    {
        True: {"has": Entry(Curve(np.array([-3.0, -1.0]), np.array([0.1, 0.9])), 512, 0.011, 0.2)},
        False: {"has": Entry(None, 12, 0.0, 0.0, "12 links were held out, 100 are needed")},
    },
    depth=50,
    distances={("gene", InputKind.TEXT): np.array([-0.5, 0.25, 1.0])},
    hubs={True: {"has": frozenset({3, 14})}, False: {"has": frozenset()}},
)


def test_it_comes_back_as_it_was(tmp_path: Path) -> None:
    FULL.save(tmp_path)
    back = Calibration.load(tmp_path)
    assert back.depth == 50
    assert back.chances("has", np.array([-2.0]), known=True) == pytest.approx([0.5])
    assert back.chances("has", np.array([-2.0]), known=False) is None
    assert back.chances("lacks", np.array([-2.0]), known=True) is None
    assert back.entries[False]["has"] == FULL.entries[False]["has"]
    assert (back.entries[True]["has"].n_links, back.entries[True]["has"].ece) == (512, 0.011)
    assert [back.is_hub("has", place, known=True) for place in (3, 4, 14)] == [True, False, True]
    assert not back.is_hub("has", 3, known=False)
    assert back.distance_percentile("gene", InputKind.TEXT, 0.0) == pytest.approx(200 / 3)


def test_without_the_file_there_are_no_chances_and_it_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    none = Calibration.load(tmp_path)
    assert none.chances("has", np.array([-2.0]), known=True) is None
    assert not none.is_hub("has", 3, known=True)
    assert "biobridge build calibration" in caplog.text


def _set(raw: dict[str, Any], *path: str, to: object) -> None:
    for name in path[:-1]:
        raw = raw[name]
    raw[path[-1]] = to


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: _set(raw, "format", to=9),
        lambda raw: raw.pop("hubs"),
        lambda raw: raw["entries"].pop("unseen"),
        lambda raw: _set(raw, "entries", "known", "has", "chances", to=[0.1]),
        lambda raw: _set(raw, "entries", "known", "has", "chances", to=[0.9, 0.1]),
        lambda raw: _set(raw, "entries", "known", "has", "chances", to=[0.1, 1.1]),
        lambda raw: _set(raw, "entries", "known", "has", "scores", to=[float("nan"), 0.0]),
        lambda raw: _set(raw, "entries", "known", "has", "scores", to=["a", "b"]),
        lambda raw: _set(raw, "distances", to={"gene": [0.1]}),
        lambda raw: _set(raw, "hubs", "known", "has", to=[-1]),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, damage: Callable[[dict[str, Any]], object]) -> None:
    FULL.save(tmp_path)
    raw = json.loads((tmp_path / CALIBRATION).read_text())
    damage(raw)
    (tmp_path / CALIBRATION).write_text(json.dumps(raw))
    with pytest.raises(ArtifactError, match=r"calibration\.json cannot be read"):
        Calibration.load(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "null"])
def test_what_is_no_calibration_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / CALIBRATION).write_text(text)
    with pytest.raises(ArtifactError, match=r"calibration\.json cannot be read"):
        Calibration.load(tmp_path)


@pytest.fixture
def built(toy: Any, tmp_path: Path) -> Settings:
    """A build folder with a bridge that was never calibrated."""
    spaces = {
        kind: Space.fit(kind, f"toy-{kind}", toy.graph.digest, toy.rows[kind], toy.vectors[kind])
        for kind in toy.vectors
    }
    settings = Settings(build=tmp_path / "build", device="cpu", threads=1)
    toy.graph.save(settings.build / "kg")
    catalogue = Catalogue(spaces)
    catalogue.save(settings.build / "catalogue")
    content = Content.from_catalogue(toy.graph, catalogue)
    split = shipped(toy.graph, links=0.2, entities=0.2)
    options = {"seed": 0, "held_out": 0.2, "held_out_entities": 0.2}
    inputs = {"split": split.training.digest}
    with write_folder(settings.build / "bridge", "bridge", inputs=inputs, meta={"options": options}) as new:
        _bridge(content).save(new)
        BY_MEMORY.save(new)
        save_memory(new, Memory(toy.graph, content, split.training.train), split.training.train)
    return settings


def test_a_calibration_is_added_beside_a_bridge_that_stays_as_it_is(
    built: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibrating, "MIN_LINKS", 10)
    monkeypatch.setattr(calibrating, "MAX_ECE", 1.0)
    before = read_manifest(built.build / "bridge", "bridge")
    said: list[float] = []
    folder = add_calibration(built, progress=lambda _, share: said.append(share))
    after = verify_folder(folder, "bridge")
    assert set(after.files) - set(before.files) == {CALIBRATION}
    assert {name: after.files[name] for name in before.files} == dict(before.files)
    assert (after.inputs, after.meta) == (before.inputs, before.meta)
    assert said == sorted(said)
    trained = open_trained(built.build)
    fitted, loaded = fit_calibration(trained.reader, trained.view), Calibration.load(folder)
    assert any(entry.curve is not None for table in loaded.entries.values() for entry in table.values())
    for known in (True, False):
        assert fitted.entries[known].keys() == loaded.entries[known].keys()
        for relation, entry in fitted.entries[known].items():
            back = loaded.entries[known][relation]
            assert (back.curve is None) == (entry.curve is None)
            if entry.curve is not None and back.curve is not None:
                assert back.curve(entry.curve.scores) == pytest.approx(entry.curve.chances, abs=1e-3)
    digest = after.digest
    add_calibration(built)
    assert read_manifest(folder, "bridge").digest == digest  # the same again


def test_a_bridge_of_other_links_is_refused(built: Settings) -> None:
    path = built.build / "bridge" / "manifest.json"
    raw = json.loads(path.read_text())
    raw["meta"]["options"]["held_out"] = 0.1
    path.write_text(json.dumps(raw))
    with pytest.raises(ArtifactError, match="trained on other links"):
        add_calibration(built)
    del raw["meta"]["options"]["held_out"]
    path.write_text(json.dumps(raw))
    with pytest.raises(ArtifactError, match="does not say which links were held out"):
        add_calibration(built)
