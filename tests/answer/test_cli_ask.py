"""``biobridge ask`` in this process, on the bundle as it is opened once."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from opened import real_service

from biobridge_core import cli
from biobridge_core.cli_ask import REFUSED
from biobridge_core.service import BridgeService

Ran = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ran:
    """Exit status, output, errors."""
    service = real_service()

    def ran(*arguments: str, given: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(BridgeService, "open", lambda *_, **__: service)
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        with pytest.raises(SystemExit) as ended:
            cli.main(["ask", *arguments])
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return ran


def test_text_has_sentences_with_numbers_and_the_facts_behind_them(ask: Ran) -> None:
    status, out, _ = ask("Which drugs inhibit EGFR?")
    assert status == 0
    assert "EGFR is inhibited by" in out
    assert "[1, 2, 3]" in out
    assert "  [1] ● EGFR is inhibited by" in out
    assert "gtopdb" in out
    assert "○ EGFR is inhibited by" in out
    assert "chance" in out
    assert "Research use, not medical advice." in out
    assert "more facts: --all lists them." in out
    assert "--all lists them" not in ask("Which drugs inhibit EGFR?", "--all")[1]


def test_everyday_words(ask: Ran) -> None:
    status, out, _ = ask("Which drugs inhibit EGFR?", "--lay")
    assert status == 0
    assert "EGFR, a protein, is slowed down by" in out


def test_json_and_standard_input(ask: Ran) -> None:
    status, out, _ = ask("-", "--json", given="Which drugs inhibit EGFR?\n")
    assert status == 0
    assert json.loads(out)["n_known"] > 50


def test_a_refusal_has_its_own_status(ask: Ran) -> None:
    status, out, _ = ask("What should I take for my headache?")
    assert status == REFUSED == 3
    assert "Not answered (advice)" in out
    assert "You could ask:" in out


def test_an_attached_file(ask: Ran, tmp_path: Path) -> None:
    graph = real_service().graph
    file = tmp_path / "mine.fasta"
    file.write_text(f">x\n{graph.inputs([graph.row('UniProtKB:P68871')])[0]}\n")
    status, out, _ = ask("Which processes does this protein take part in?", "--attach", str(file))
    assert status == 0
    assert "mine.fasta is the sequence of HBB" in out
    missing, _, errors = ask("Which drugs inhibit EGFR?", "--attach", str(tmp_path / "none.fasta"))
    assert missing == 1
    assert "none.fasta cannot be read" in errors


def test_rewording_needs_a_model(ask: Ran) -> None:
    status, _, errors = ask("Which drugs inhibit EGFR?", "--reword")
    assert status == 1
    assert "No language model is set." in errors
