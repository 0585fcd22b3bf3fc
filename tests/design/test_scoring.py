"""From scores to one number, a front and a diverse choice."""

from __future__ import annotations

import numpy as np
import pytest
from design.inhibitors import INHIBITORS, OTHERS
from rdkit import Chem

from biobridge_core.chem.traits import bits, packed
from biobridge_core.design.scoring import Weights, around, pareto, tanimoto, unpack, weighted
from biobridge_core.errors import InputError


def test_the_weighted_score_is_the_mean_that_the_weights_say() -> None:
    made = {"wanted": 0.8, "qed": 0.4}
    assert weighted(made, Weights(wanted=1, qed=1)) == pytest.approx(0.6)
    assert weighted(made, Weights(wanted=3, qed=1)) == pytest.approx(0.7)
    assert weighted(made, Weights(wanted=1, qed=0, sa=5)) == pytest.approx(0.8), "what there is nothing of counts not"


@pytest.mark.parametrize("weights", [Weights(qed=-1), Weights(sa=float("nan")), Weights(0, 0, 0, 0, 0, 0, 0, 0)])
def test_weights_that_make_no_sense_are_refused(weights: Weights) -> None:
    with pytest.raises(InputError):
        weights.check()


def test_the_front_has_what_nothing_else_beats() -> None:
    rows = [
        {"a": 1.0, "b": 0.0},
        {"a": 0.0, "b": 1.0},
        {"a": 0.5, "b": 0.5},
        {"a": 0.4, "b": 0.5},
        {"a": 0.5, "b": 0.5},
    ]
    assert pareto(rows) == [True, True, True, False, True]
    assert pareto([]) == []


def test_alike_molecules_wait() -> None:
    smiles = ["CCCCOc1ccccc1", "CCCCCOc1ccccc1", *list(OTHERS.values())[:4]]
    packed, likeness = [bits(Chem.MolFromSmiles(text)) for text in smiles], np.zeros((6, 1), np.float32)
    families = ["a", "b", "c", "d", "e", "f"]
    assert tanimoto(unpack(packed[:1]), unpack(packed[1:2]))[0, 0] >= 0.65
    assert around(likeness, [1.0], packed, families, 4) == [0, 2, 3, 4]
    assert around(likeness, [1.0], packed, families, 6) == [0, 1, 2, 3, 4, 5], "they come when there is nothing else"
    assert around(likeness, [1.0], packed, families, 9) == [0, 1, 2, 3, 4, 5]


def test_tanimoto_is_that_of_rdkit() -> None:
    mols = [Chem.MolFromSmiles(text) for text in [*INHIBITORS.values(), *OTHERS.values()]]
    generator = Chem.rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    prints = [generator.GetFingerprint(mol) for mol in mols]
    expected = np.array([Chem.DataStructs.BulkTanimotoSimilarity(one, prints) for one in prints])
    packed = unpack([bits(mol) for mol in mols])
    assert tanimoto(packed, packed) == pytest.approx(expected, abs=1e-6)


def test_the_choice_goes_round_the_evidence_by_its_weight() -> None:
    prints = [packed(s) for s in ("CCCCCCCC", "c1ccccc1O", "C1CCNCC1", "CC(=O)NC", "n1ccccc1Cl", "OCCO")]
    likeness = np.array([[0.9, 0.1], [0.8, 0.0], [0.7, 0.2], [0.1, 0.6], [0.0, 0.5], [0.0, 0.0]], dtype=np.float32)
    scaffolds = list("abcdef")
    assert around(likeness, [1.0, 1.0], prints, scaffolds, 2) == [0, 3], "each takes the likest to it"
    assert around(likeness, [3.0, 1.0], prints, scaffolds, 4) == [0, 1, 2, 3], (
        "three times the weight, three times as many"
    )
    assert around(likeness, [1.0, 1.0], [prints[0], *prints[:5]], scaffolds, 3) != [0, 1, 2], "the same again waits"
    assert around(np.zeros((6, 1), np.float32), [1.0], prints, scaffolds, 3) == [0, 1, 2], (
        "the best where nothing else tells"
    )
    assert len(around(likeness, [1.0, 1.0], [prints[0]] * 6, scaffolds, 6)) == 6, "rather alike ones than none"
    assert around(np.empty((0, 2), np.float32), [1.0, 1.0], [], [], 5) == []
