"""Controlled drugs and chemical weapons are withheld; ordinary drugs are not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from design.inhibitors import INHIBITORS, OTHERS, background, made_evidence

from biobridge_core.chem import guard
from biobridge_core.chem.fragments import cut
from biobridge_core.chem.guard import classes, guarded_smiles
from biobridge_core.chem.workshop import Limits, Workshop
from biobridge_core.design.library import library
from biobridge_core.errors import ArtifactError, InputError

WITHHELD = {
    "CC(C)OP(C)(=O)F": "nerve agents",
    "CCOP(=O)(C#N)N(C)C": "nerve agents",
    "CCOP(C)(=O)SCCN(C(C)C)C(C)C": "V agents",
    "CC(=NP(C)(=O)F)N(CC)CC": "nerve agents",
    "ClCCSCCCl": "sulfur mustards",
    "CN(CCCl)CCCl": "nitrogen mustards",
    "ClC=C[As](Cl)Cl": "lewisites",
    "O=C(OC1CN2CCC1CC2)C(O)(c1ccccc1)c1ccccc1": "BZ",
    "ClC(Cl)=O": "phosgene",
    "CCC(=O)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1": "fentanyls",
    "CCOc1ccc(Cc2nc3cc([N+](=O)[O-])ccc3n2CCN(CC)CC)cc1": "nitazenes",
    "CN1CC[C@]23c4c5ccc(O)c4O[C@H]2[C@@H](O)C=C[C@H]3[C@H]1C5": "morphine",
    "CC1(C)C2CCN(CC3CC3)C1Cc1ccc(O)cc12": "benzomorphans",
    "COC(=O)[C@H]1[C@@H](OC(=O)c2ccccc2)C[C@@H]2CC[C@H]1N2C": "cocaine",
    "CNC(C)Cc1ccccc1": "amphetamines",
    "CNC(C)Cc1ccc2OCOc2c1": "amphetamines",
    "COc1cc(Br)c(OC)cc1CCN": "phenethylamines",
    "CNC(C)C(=O)c1ccc(C)cc1": "cathinones",
    "CN(C)CCc1c[nH]c2ccccc12": "tryptamines",
    "CCN(CC)C(=O)[C@H]1CN(C)[C@@H]2Cc3c[nH]c4cccc(C2=C1)c34": "lysergamides",
    "C1CCC(CC1)(c1ccccc1)N1CCCCC1": "arylcyclohexylamines",
    "CCCCCc1cc(O)c2c(c1)OC(C)(C)C1CCC(C)=CC21": "tetrahydrocannabinols",
    "CCCCCn1cc(C(=O)c2cccc3ccccc23)c2ccccc12": "synthetic cannabinoids",
    "CCC1(c2ccccc2)C(=O)NC(=O)NC1=O": "barbiturates",
    "CN1C(=O)CN=C(c2ccccc2)c2cc(Cl)ccc12": "benzodiazepines",
    "Clc1cc2Oc3cc(Cl)c(Cl)cc3Oc2cc1Cl": "dioxins",
    "Cc1c([N+](=O)[O-])cc([N+](=O)[O-])cc1[N+](=O)[O-]": "explosives",
}


@pytest.mark.parametrize(("smiles", "name"), WITHHELD.items())
def test_a_member_of_a_class_is_withheld_with_its_reason(smiles: str, name: str) -> None:
    group = guarded_smiles(smiles)
    assert group is not None
    assert name in group.name
    assert group.source.count("https://") >= 1


@pytest.mark.parametrize("smiles", [*INHIBITORS.values(), *OTHERS.values(), "CCO", "c1ccccc1", "OCCN", "NCCc1ccccc1"])
def test_ordinary_molecules_are_not(smiles: str) -> None:
    assert guarded_smiles(smiles) is None


def test_every_class_says_where_it_is_written_down() -> None:
    assert len(classes()) >= 25
    for group in classes():
        assert group.name
        assert "https://" in group.source
        assert group.kind in {"chemical weapon", "controlled", "persistent poison", "explosive"}


def test_a_withheld_molecule_does_not_come_out_of_the_workshop() -> None:
    shop = Workshop(library(made_evidence(), background()), Limits(min_heavy=3))
    made = shop.start(cut("CNC(C)Cc1ccccc1", "x"))
    assert made.withheld == "amphetamines"
    assert not made.smiles


def test_without_its_list_nothing_is_designed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("", "{}", json.dumps({"classes": []}), json.dumps({"classes": [{"name": "x"}]})):
        path = tmp_path / "guard.json"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setattr(guard, "PATH", path)
        with pytest.raises(ArtifactError):
            classes.__wrapped__()
    with pytest.raises(InputError):
        guarded_smiles("C1CC(")
