"""The command: what it writes, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from design.inhibitors import quiet
from opened import real_service
from rdkit import Chem

from biobridge_core import cli
from biobridge_core.design.background import Background
from biobridge_core.service import BridgeService


@pytest.fixture
def _opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bundle that is open already, and a background of few drugs."""
    service = real_service()
    graph = service.graph
    rows = [int(row) for row in graph.rows("drug")[::80] if graph.input_kind(int(row)).value == "smiles"]
    few = Background.of([(graph.ids[row], graph.names[row], graph.inputs([row])[0]) for row in rows], quiet)
    monkeypatch.setattr(BridgeService, "open", lambda *_, **__: service)
    monkeypatch.setattr(service.designer, "_background", few)


@pytest.mark.usefixtures("_opened")
def test_candidates_are_written_and_read_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.sdf"
    words = ["design", "--target", "ERBB4", "--avoid", "KCNH2", "--n", "5", "--seconds", "4", "--out", str(out)]
    with pytest.raises(SystemExit) as ended:
        cli.main([*words, "--strike", "GtoPdb:5692"])
    assert ended.value.code == 0
    said = capsys.readouterr().err
    assert "known drugs" in said
    assert "Research use" in said
    read = [mol for mol in Chem.SDMolSupplier(str(out)) if mol is not None]
    assert len(read) == 5
    assert all(mol.HasProp("fragments") and "GtoPdb:5692" not in mol.GetProp("fragments") for mol in read)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "nothing that is wanted"),
        (["--target", "EGFR", "--window", "weight=500:100"], "molecular weight"),
        (["--target", "EGFR", "--window", "heavy"], "no window"),
        (["--target", "EGFR", "--keep", "c1("], "no substructure"),
        (["--target", "EGFR", "--seconds", "0"], "time budget"),
        (["--target", "EGFR", "--out", "x.docx"], "docx"),
        (["--target", "EGFR", "--out", "/no/such/folder/x.sdf"], "cannot be written"),
    ],
)
def test_a_wrong_request_says_the_way_out(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["design", *words])
    assert ended.value.code == 1
    assert said in capsys.readouterr().err
