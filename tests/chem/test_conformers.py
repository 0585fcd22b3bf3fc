"""Shapes of molecules: the same every time, relaxed, refused where they cannot be made."""

from __future__ import annotations

import numpy as np
import pytest
from rdkit import RDLogger, rdBase

from biobridge_core.chem import conformers
from biobridge_core.chem.conformers import conformer, logs_kept
from biobridge_core.errors import InputError

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"


def test_a_shape_has_all_hydrogens_and_true_bond_lengths_and_is_the_same_every_time() -> None:
    shape = conformer(ASPIRIN, max_atoms=256)
    assert shape.coordinates.dtype == np.float32
    assert shape.coordinates.shape == (21, 3)
    assert shape.symbols.count("H") == 8
    assert shape.symbols[:4] == ("C", "C", "O", "O")
    carbonyl = float(np.linalg.norm(shape.coordinates[1] - shape.coordinates[2]))
    assert 1.18 < carbonyl < 1.25  # C=O in ångström
    assert not shape.note
    np.testing.assert_array_equal(conformer(ASPIRIN, max_atoms=256).coordinates, shape.coordinates)
    assert np.abs(conformer(ASPIRIN, max_atoms=256, seed=7).coordinates - shape.coordinates).max() > 0.01


def test_where_no_shape_is_found_flat_coordinates_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conformers.rdDistGeom, "EmbedMolecule", lambda *_: -1)
    shape = conformer(ASPIRIN, max_atoms=256)
    assert "flat" in shape.note
    assert not shape.coordinates[:, 2].any()
    assert shape.coordinates[:, :2].any()


@pytest.mark.parametrize(
    ("smiles", "said"),
    [
        ("", "not a SMILES"),
        ("  ", "not a SMILES"),
        ("C1CC", "not a SMILES"),
        ("CCO.CCO", "more than one"),
        ("C" * 10, "32 atoms; at most 20"),
        ("C" * 1000, "1000 atoms; at most 20"),
    ],
)
def test_bad_input_is_named(smiles: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        conformer(smiles, max_atoms=20)
    assert caught.value.hint


def test_log_settings_survive_what_switches_them_off() -> None:
    before = rdBase.LogStatus()
    assert "rdApp.error:enabled" in before
    with logs_kept():
        RDLogger.DisableLog("rdApp.*")
        assert "rdApp.error:disabled" in rdBase.LogStatus()
    assert rdBase.LogStatus() == before
