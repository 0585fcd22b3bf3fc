from __future__ import annotations

import ast
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from opened import real_service

from biobridge_core import cli
from biobridge_core.config import ROOT
from biobridge_core.service import BridgeService

SICKLE_HBB = (
    "MVHLTPVEKSAVTALWGKVNVDEVGGEALGRLLVVYPWTQRFFESFGDLSTPDAVMGNPKVKAHGKKVLGAFSDGLAHLDNLKGTFATLSELHCDKLHVDPENFRLLGNVLVCV"
    "LAHHFGKEFTPPVQAAYQKVVAGVANALAHKYH"
)


def _run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [sys.executable, "-m", "biobridge_core.cli", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=180, check=False, env={**os.environ, **environment},
    )  # fmt: skip


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """The command line in this process, on the bundle as it is opened once: exit code, output, errors."""
    service = real_service()

    def ran(*arguments: str, given: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(BridgeService, "open", lambda *_, **__: service)
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        with pytest.raises(SystemExit) as ended:
            cli.main(list(arguments))
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return ran


def test_help_loads_no_heavy_library() -> None:
    code = (
        "import sys, biobridge_core.cli; print([m for m in ('torch', 'pandas', 'rdkit', 'faiss') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.bundle
def test_query_prints_hits_and_json_holds_the_same(
    bundle_folder: Path, say: Callable[..., tuple[int, str, str]]
) -> None:
    code, shown, errors = say("query", "TP53", "--to", "disease", "--k", "5")
    assert code == 0, errors
    alone = _run("query", "TP53", "--to", "disease", "--k", "5", "--json")
    assert alone.stderr == "", "a script is not told how far it is"
    result = json.loads(alone.stdout)
    here = json.loads(say("query", "TP53", "--to", "disease", "--k", "5", "--json")[1])
    assert result | {"seconds": 0} == here | {"seconds": 0}
    first = result["lists"][0]["hits"][0]
    assert result["query"]["value"] == "UniProtKB:P04637"
    assert first["entity"]["name"] in shown
    assert result["provenance"]["graph"]


@pytest.mark.bundle
def test_known_links_beyond_k_are_counted_and_not_all_listed(
    bundle_folder: Path, say: Callable[..., tuple[int, str, str]]
) -> None:
    lines = say("query", "GO:0006915", "--to", "protein", "--k", "5")[1].splitlines()
    listed = [line for line in lines if "[UniProtKB:" in line]
    known = sum("●" in line for line in listed)
    assert 5 < len(listed) <= 10
    more = next(line for line in lines if "more known links" in line)
    total = next(line for line in lines if line.startswith("protein ("))
    assert int(more.split()[0].replace(",", "")) + known == int(total.split("(")[1].split()[0].replace(",", ""))


@pytest.mark.bundle
def test_a_new_sequence_says_what_it_is_nearest_to_and_standard_input_is_read(
    bundle_folder: Path, say: Callable[..., tuple[int, str, str]]
) -> None:
    code, shown, errors = say("query", "-", "--to", "disease", "--k", "3", given=f">mutant\n{SICKLE_HBB}\n")
    assert (code, errors) == (0, "")
    assert "nearest there (cosine in the encoder's space): HBB" in shown
    assert "mutant · asked as protein" in shown


def test_the_command_line_asks_through_the_service_and_makes_through_the_stages() -> None:
    tree = ast.parse((ROOT / "biobridge_core" / "cli.py").read_text(encoding="utf-8"))
    names = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("biobridge_core")
        for alias in node.names
    }
    asking = (
        "config",
        "errors",
        "types",
        "service",
        "cli_files",
        "cli_ask",
        "cli_design",
        "kg.check",
        "kg.graph",
        "evaluate.report",
    )
    making = ("stages", "bundle.assemble", "bridge.calibration_stage", "evaluate.embedding_stage")
    allowed = (*asking, *making)
    assert [name for name in names if not name.startswith(tuple(f"biobridge_core.{part}" for part in allowed))] == []


def test_training_is_a_command_of_its_own(say: Callable[..., tuple[int, str, str]]) -> None:
    assert "Train the bridge" in say("train", "--help")[1]


@pytest.mark.bundle
def test_bad_input_prints_the_way_out_and_no_traceback(
    bundle_folder: Path, say: Callable[..., tuple[int, str, str]]
) -> None:
    code, _, errors = say("query", "CC(=O")
    assert code == 1
    assert errors.count("Error:") == 1
    assert "Traceback" not in errors


def test_a_missing_bundle_is_an_error_and_no_traceback(tmp_path: Path) -> None:
    done = _run("query", "TP53", BIOBRIDGE_BUNDLE=str(tmp_path / "nothing"))
    assert done.returncode == 1
    assert "missing" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.bundle
def test_the_shipped_graph_passes_its_check_and_has_the_promised_size(
    bundle_folder: Path, say: Callable[..., tuple[int, str, str]]
) -> None:
    code, shown, _ = say("kg", "check")
    assert code == 0, shown
    code, shown, _ = say("kg", "stats")
    assert code == 0
    assert "protein" in shown
