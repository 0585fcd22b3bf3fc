"""ECFP4 and scaffolds of molecules that can be checked by eye."""

from __future__ import annotations

import numpy as np
import pytest

from biobridge_core.chem.fingerprints import ecfp4
from biobridge_core.chem.scaffolds import murcko_scaffold
from biobridge_core.errors import InputError


def test_methane_has_one_environment_and_ethanol_the_ones_that_can_be_counted() -> None:
    bits = ecfp4(["C", "CCO"])
    assert bits.shape == (2, 2048)
    assert bits.dtype == np.uint8
    assert bits[0].sum() == 1
    # radius 0: CH3, CH2, OH; radius 1: one around each; radius 2 adds nothing that radius 1 does not cover
    assert bits[1].sum() == 6


def test_stereo_and_writing_order_do_not_matter() -> None:
    bits = ecfp4(["C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "OC(=O)C(C)N", "CCCC"])
    assert np.array_equal(bits[0], bits[1])
    assert np.array_equal(bits[0], bits[2])
    assert not np.array_equal(bits[0], bits[3])


def test_it_is_the_same_as_the_older_morgan_call() -> None:
    from rdkit.Chem import AllChem, MolFromSmiles

    smiles = "C#Cc1cccc(Nc2ncnc3cc(OCCOC)c(OCCOC)cc23)c1"
    older = AllChem.GetMorganFingerprintAsBitVect(MolFromSmiles(smiles), 2, nBits=2048)
    assert np.flatnonzero(ecfp4([smiles])[0]).tolist() == list(older.GetOnBits())


def test_what_cannot_be_read_is_named() -> None:
    with pytest.raises(InputError, match="C1CC"):
        ecfp4(["CC", "C1CC"])
    with pytest.raises(InputError, match="C1CC"):
        murcko_scaffold("C1CC")


def test_scaffolds_leave_side_chains_and_stereo_out() -> None:
    aspirin, salicylate = murcko_scaffold("CC(=O)Oc1ccccc1C(=O)O"), murcko_scaffold("OC(=O)c1ccccc1O")
    assert aspirin == salicylate == "c1ccccc1"
    assert murcko_scaffold("C[C@H]1CCCN1") == murcko_scaffold("C[C@@H]1CCCN1") == "C1CCNC1"
    assert murcko_scaffold("CCCC") == ""
