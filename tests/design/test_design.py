"""The whole way with the trained bundle: goal, evidence, run, lineage, files; and what goes wrong on it."""

from __future__ import annotations

import csv
import io
import json
from functools import cache
from pathlib import Path

import pytest
from design.inhibitors import quiet
from opened import real_service
from rdkit import Chem

from biobridge_core.chem.fragments import flat_smiles
from biobridge_core.design.background import Background
from biobridge_core.design.candidate import Found
from biobridge_core.design.designer import Designer
from biobridge_core.design.evidence import Evidence, Role
from biobridge_core.design.goal import Goal, Window
from biobridge_core.design.results import Result
from biobridge_core.design.run import Ended, Run
from biobridge_core.design.scoring import Weights
from biobridge_core.errors import InputError, UnknownEntityError
from biobridge_core.types import HitStatus

GOAL = Goal(targets=("EGFR",), avoid=("KCNH2",), windows=(Window("weight", 250, 550),), n=20, seconds=300)


@cache
def designer() -> Designer:
    """With a background of some hundred drugs, since taking all of them apart takes long."""
    service = real_service()
    graph = service.graph
    evidence = service.designer.evidence(GOAL)
    rows = [graph.row(item.entity.id) for item in evidence.molecules()]
    rows += [int(row) for row in graph.rows("drug")[::60] if graph.input_kind(int(row)).value == "smiles"]
    rows = sorted(set(rows))
    taken = Background.of([(graph.ids[r], graph.names[r], graph.inputs([r])[0]) for r in rows], quiet)
    return Designer(
        service._bundle, service._retriever, service._encoders, service.find, service._heads.of, Path("unused"), taken
    )


@cache
def evidence() -> Evidence:
    return designer().evidence(GOAL)


@cache
def done() -> tuple[Run, Result]:
    run = designer().run(evidence(), rounds=4)
    run.batch = 48
    run.run(quiet)
    return run, designer().result(run)


def test_evidence_tells_known_from_predicted_and_what_was_found_over_what() -> None:
    found = evidence()
    assert [part.role for part in found.parts] == [Role.TARGET, Role.AVOID]
    names = {item.entity.name for item in found.items if item.status is HitStatus.KNOWN and item.direct}
    assert {"gefitinib", "erlotinib", "lapatinib"} <= names
    assert any(item.status is HitStatus.PREDICTED for item in found.items)
    assert all(
        item.sources for item in found.items if item.status is HitStatus.KNOWN and item.entity.modality == "drug"
    )
    over = [item for item in found.items if not item.direct]
    assert over
    related = over[0].over[0]
    struck = found.strike([related])
    assert not struck.is_live(over[0]), "what was found over a struck protein alone goes with it"
    assert struck.restore([related]).live() == found.live()
    assert all(item.part.startswith("target") for item in found.items), "no drug of what is to be avoided is evidence"


def test_candidates_keep_to_the_goal_and_are_new() -> None:
    run, result = done()
    assert run.ended is Ended.FINISHED
    assert len(result.candidates) == GOAL.n
    assert len({candidate.smiles for candidate in result.candidates}) == GOAL.n
    known = {flat_smiles(molecule.smiles) for molecule in run.background.molecules}
    for candidate in result.candidates:
        assert 250 <= candidate.traits.weight <= 550
        assert candidate.smiles not in known
        assert set(candidate.bridge) == {part.key for part in evidence().parts}
        assert 0 <= candidate.score <= 1
    scores = [candidate.score for candidate in result.candidates]
    assert scores == sorted(scores, reverse=True)
    assert any(candidate.pareto for candidate in result.candidates)


def test_the_search_finds_better_molecules_than_its_first_round() -> None:
    run, _ = done()
    first = [run.score_of(found) for found in run.new if found.round == 0]
    later = [run.score_of(found) for found in run.new if found.round > 0]
    assert sorted(later)[-10] > sorted(first)[-10]


def test_the_bridge_tells_inhibitors_from_others() -> None:
    run, _ = done()
    smiles = [known.smiles for known in run.background.molecules if known.id in {i.entity.id for i in evidence().items}]
    others = [known.smiles for known in run.background.molecules if known.smiles not in smiles]
    key = evidence().parts[0].key
    inside = [said[key].score for said in run.scorer.score(smiles[:20], quiet)]
    outside = [said[key].score for said in run.scorer.score(others[:20], quiet)]
    assert sum(a > b for a in inside for b in outside) > 0.9 * len(inside) * len(outside)


def test_lineage_leads_back_to_the_evidence() -> None:
    _, result = done()
    live = {item.id for item in evidence().molecules()}
    for candidate in result.candidates:
        lineage = candidate.lineage
        assert lineage.steps[0].smiles == candidate.smiles
        reached = {step.smiles for step in lineage.steps}
        assert all(parent in reached for step in lineage.steps for parent in step.parents)
        roots = [step for step in lineage.steps if not step.parents]
        assert roots
        assert all(root.item in live for root in roots)
        assert sorted(atom for f in lineage.fragments for atom in f.atoms) == list(range(candidate.traits.heavy))
        assert all((f.item in live) != bool(f.known_drug) for f in lineage.fragments)
        mol = Chem.MolFromSmiles(candidate.smiles)
        assert all(mol.GetBondBetweenAtoms(one, other) for _, one, _, other in lineage.joints)


def test_striking_an_item_out_changes_the_lineage() -> None:
    _, result = done()
    given = [item for candidate in result.candidates for item in candidate.lineage.items]
    most = max(set(given), key=lambda item: (given.count(item), item))
    run = designer().run(evidence().strike([most]), rounds=1)
    run.batch = 48
    run.run(quiet)
    again = designer().result(run)
    assert again.candidates
    for candidate in again.candidates:
        assert most not in candidate.lineage.items
        assert most not in {step.item for step in candidate.lineage.steps}
        assert all(most not in fragment.shared for fragment in candidate.lineage.fragments)


def test_the_same_seed_gives_the_same_file() -> None:
    run, result = done()
    again = designer().run(evidence(), rounds=4)
    again.batch = 48
    again.run(quiet)
    assert designer().export(run, result, "sdf") == designer().export(again, designer().result(again), "sdf")


def test_the_sdf_is_read_back_with_all_fields() -> None:
    run, result = done()
    supplier = Chem.SDMolSupplier()
    supplier.SetData(designer().export(run, result, "sdf").decode())
    read = list(supplier)
    assert len(read) == GOAL.n
    table = list(csv.DictReader(io.StringIO(designer().export(run, result, "csv").decode("utf-8-sig"))))
    for mol, candidate, line in zip(read, result.candidates, table, strict=True):
        assert mol.GetProp("_Name") == candidate.id
        assert Chem.MolToSmiles(mol) == candidate.smiles
        assert set(mol.GetPropNames()) == set(line)
        assert mol.GetProp("inchikey") == line["inchikey"] == candidate.inchikey
        assert float(mol.GetProp("target_EGFR_score")) == candidate.bridge[evidence().parts[0].key].score
        fragments = json.loads(mol.GetProp("fragments"))
        assert [tuple(atoms) for _, _, atoms in fragments] == [f.atoms for f in candidate.lineage.fragments]
    lines = designer().export(run, result, "smi").decode().splitlines()
    assert lines[0] == f"{result.candidates[0].smiles}\tBB-0001"
    with pytest.raises(InputError, match="docx"):
        designer().export(run, result, "docx")


def test_other_weights_choose_others_without_another_run() -> None:
    run, plain = done()
    easy = designer().result(run, Weights(0, 0, 0, 1, 0, 0, 0, 0))
    mean = [sum(candidate.traits.sa for candidate in r.candidates) / GOAL.n for r in (plain, easy)]
    assert mean[1] < mean[0]


def test_cancelling_keeps_what_was_found() -> None:
    run = designer().run(evidence(), rounds=50)
    run.batch = 48
    run.step(quiet)
    run.cancel()
    run.run(quiet)
    assert run.ended is Ended.CANCELLED
    result = designer().result(run)
    assert result.candidates
    assert result.ended == "it was cancelled"
    assert result.rounds == 1


def test_the_time_budget_ends_a_run_with_what_was_found() -> None:
    short = designer().evidence(Goal(targets=("EGFR",), n=20, seconds=0.001))
    run = designer().run(short, rounds=50)
    run.batch = 48
    run.run(quiet)
    assert run.ended is Ended.TIME
    assert run.round == 0
    assert designer().result(run).notes


@pytest.mark.parametrize(
    ("goal", "said"),
    [
        (Goal(targets=("NOSUCHGENE1",)), "no protein"),
        (Goal(targets=("gefitinib",)), "no protein"),
        (Goal(diseases=("EGFR",)), "no disease"),
        (Goal(targets=("EGFR",), avoid=("P00533",)), "both wanted and unwanted"),
    ],
)
def test_a_part_that_means_nothing_is_named(goal: Goal, said: str) -> None:
    with pytest.raises((InputError, UnknownEntityError), match=said) as caught:
        designer().evidence(goal)
    assert caught.value.hint


def test_a_starting_molecule_gives_fragments() -> None:
    start = Goal(start="CC(=O)Oc1ccccc1C(=O)O", n=5)
    found = designer().evidence(start)
    run = designer().run(found, rounds=1)
    run.batch = 48
    run.run(quiet)
    assert all("start" in candidate.lineage.items for candidate in designer().result(run).candidates)


def test_a_disease_is_designed_for_over_its_proteins() -> None:
    found = designer().evidence(Goal(diseases=("lung cancer",), n=5))
    assert any(item.entity.modality == "protein" for item in found.items)
    run = designer().run(found, rounds=1)
    run.batch = 48
    run.run(quiet)
    assert found.parts[0].key in designer().result(run).candidates[0].bridge


def test_a_goal_without_any_drug_offers_what_is_near(monkeypatch: pytest.MonkeyPatch) -> None:
    gatherer = designer()._gatherer
    monkeypatch.setattr(type(gatherer), "_drugs", lambda *_: [])
    monkeypatch.setattr(type(gatherer), "_known_drugs", lambda *_: [])
    with pytest.raises(InputError, match="No drug with a usable structure") as caught:
        designer().evidence(Goal(diseases=("lung cancer",)))
    assert "near it" in caught.value.hint
    assert "KRAS" in caught.value.hint


def test_bounds_change_under_the_same_evidence() -> None:
    other = Goal(targets=GOAL.targets, avoid=GOAL.avoid, n=5, seed=9)
    assert evidence().bounded(other).goal == other
    assert evidence().bounded(other).items == evidence().items
    with pytest.raises(InputError, match="names other things"):
        evidence().bounded(Goal(targets=("BRAF",)))


def test_a_run_that_the_clock_ends_early_has_whole_lineages(monkeypatch: pytest.MonkeyPatch) -> None:
    run = designer().run(evidence(), rounds=50)
    run.batch = 48
    judged = run._mark

    def mark_and_stop(before: float, found: list[Found]) -> None:
        judged(before, found)
        run.cancel()  # after the first few molecules, as if the time was up

    monkeypatch.setattr(run, "_mark", mark_and_stop)
    run.run(quiet)
    result = designer().result(run)
    assert run.round == 0
    assert result.candidates
    for candidate in result.candidates:
        reached = {step.smiles for step in candidate.lineage.steps}
        assert all(parent in reached for step in candidate.lineage.steps for parent in step.parents)
