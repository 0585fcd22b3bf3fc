"""ADMET-AI's networks read without its code give the figures that the package itself gave."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from biobridge_core.admet.network import Ensembles
from biobridge_core.admet.predict import LEAST, Admet, percentile
from biobridge_core.errors import InputError, WeightsError

#: Written by the package admet-ai 2.0.1 itself, with chemprop 2.3.1: values and percentiles of all endpoints.
REFERENCE = json.loads(Path(__file__).with_name("reference.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def admet() -> Admet:
    return Admet()


@pytest.mark.parametrize("place", range(len(REFERENCE["smiles"])), ids=REFERENCE["smiles"])
def test_values_and_percentiles_are_those_of_the_package(admet: Admet, place: int) -> None:
    report = admet.report(REFERENCE["smiles"][place])
    wanted = dict(zip(REFERENCE["tasks"], REFERENCE["values"][place], strict=True))
    ranks = dict(zip(REFERENCE["tasks"], REFERENCE["percentile"][place], strict=True))
    assert {p.endpoint.key for p in report.predictions} == set(REFERENCE["tasks"])
    for p in report.predictions:
        assert p.value == pytest.approx(wanted[p.endpoint.key], rel=1e-4, abs=1e-4)
        assert p.percentile == pytest.approx(ranks[p.endpoint.key], abs=0.2)
    assert report.n_drugs == 2845


def test_another_class_of_drugs_changes_percentiles_and_not_values(admet: Admet) -> None:
    smiles = REFERENCE["smiles"][0]
    groups = admet.groups()
    assert groups["Nervous system"] > 300
    assert min(groups.values()) >= LEAST
    whole, own = admet.report(smiles), admet.report(smiles, "Nervous system")
    assert own.n_drugs == groups["Nervous system"]
    assert [p.value for p in whole.predictions] == [p.value for p in own.predictions]
    assert [p.percentile for p in whole.predictions] != [p.percentile for p in own.predictions]
    assert all(low <= high for p in own.predictions for low, high in (p.usual,))


@pytest.mark.parametrize(("smiles", "group"), [("C1CC", ""), ("", ""), ("C" * 3000, ""), ("CCO", "no such class")])
def test_bad_input_is_refused_in_words(admet: Admet, smiles: str, group: str) -> None:
    with pytest.raises(InputError) as caught:
        admet.report(smiles, group)
    assert caught.value.hint


def test_percentile_counts_equal_values_half() -> None:
    among = np.array([1.0, 2.0, 2.0, 3.0])
    assert [percentile(among, v) for v in (0.0, 2.0, 2.5, 9.0)] == [0.0, 50.0, 75.0, 100.0]


class _Evil:
    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        return (exec, ("raise SystemExit('code of a checkpoint ran')",))


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path: Path) -> None:
    for name in ("admet_classification", "admet_regression"):
        (tmp_path / name).mkdir()
        torch.save(
            {"state_dict": {}, "hyper_parameters": _Evil()}, tmp_path / name / "model_0.pt", pickle_module=pickle
        )
    with pytest.raises(WeightsError, match="cannot be read safely"):
        Ensembles(tmp_path)


def test_a_missing_or_other_network_is_named(tmp_path: Path) -> None:
    (tmp_path / "admet_classification").mkdir()
    with pytest.raises(WeightsError, match="holds no networks"):
        Ensembles(tmp_path)
    torch.save({"state_dict": {}, "hyper_parameters": {}}, tmp_path / "admet_classification" / "model_0.pt")
    with pytest.raises(WeightsError, match="lacks"):
        Ensembles(tmp_path)
