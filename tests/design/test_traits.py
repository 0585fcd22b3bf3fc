"""The synthetic accessibility score is the one that RDKit's own script gives, and its table is read without running it."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import pytest
from design.inhibitors import INHIBITORS, OTHERS
from rdkit import Chem
from rdkit.Chem import RDConfig

from biobridge_core.chem import accessibility as module
from biobridge_core.chem.accessibility import accessibility
from biobridge_core.chem.fingerprints import ecfp4
from biobridge_core.chem.traits import PROPERTIES, bits, traits
from biobridge_core.design.scoring import unpack
from biobridge_core.errors import ArtifactError


def test_accessibility_is_that_of_the_script_that_comes_with_rdkit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(Path(RDConfig.RDContribDir) / "SA_Score")])
    import sascorer  # type: ignore[import-not-found]

    for smiles in [*INHIBITORS.values(), *OTHERS.values(), "C", "C1CCCCCCCCCCC1", "C1CC12CC2", "C1C2CC3CC1CC(C2)C3"]:
        mol = Chem.MolFromSmiles(smiles)
        assert accessibility(mol) == pytest.approx(sascorer.calculateScore(mol), abs=1e-9)


@pytest.mark.parametrize(
    "content", [b"", b"cos\nsystem\n(S'ls'\ntR.", b"(lp0\n(lp1\nF-1.0\naI5\naca.", b"(lp0\nF1.0\naI5\na"]
)
def test_a_table_that_is_more_than_numbers_is_refused(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "SA_Score"
    folder.mkdir()
    (folder / "fpscores.pkl.gz").write_bytes(gzip.compress(content))
    monkeypatch.setattr(module.RDConfig, "RDContribDir", str(tmp_path))
    with pytest.raises(ArtifactError):
        module._contributions.__wrapped__()


def test_traits_have_every_property_that_a_window_can_be_set_on() -> None:
    mol = Chem.MolFromSmiles(INHIBITORS["gefitinib"])
    assert set(traits(mol).as_dict()) == set(PROPERTIES)
    assert traits(mol).weight == pytest.approx(446.9, abs=0.1)


def test_packed_fingerprints_are_those_of_the_house() -> None:
    smiles = list(INHIBITORS.values())
    packed = unpack([bits(Chem.MolFromSmiles(text)) for text in smiles])
    assert (packed == ecfp4(smiles)).all()
