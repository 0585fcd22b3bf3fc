from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from biobridge_core.config import ROOT

SICKLE_HBB = (
    "MVHLTPVEKSAVTALWGKVNVDEVGGEALGRLLVVYPWTQRFFESFGDLSTPDAVMGNPKVKAHGKKVLGAFSDGLAHLDNLKGTFATLSELHCDKLHVDPENFRLLGNVLVCV"
    "LAHHFGKEFTPPVQAAYQKVVAGVANALAHKYH"
)


def _run(*arguments: str, given: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [sys.executable, "-m", "biobridge_core.cli", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=180, check=False, input=given, env={**os.environ, **environment},
    )  # fmt: skip


def test_help_loads_no_heavy_library() -> None:
    code = (
        "import sys, biobridge_core.cli; print([m for m in ('torch', 'pandas', 'rdkit', 'faiss') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.bundle
def test_query_prints_hits_and_json_holds_the_same(bundle_folder: Path) -> None:
    shown = _run("query", "TP53", "--to", "disease", "--k", "5")
    assert shown.returncode == 0, shown.stderr
    raw = _run("query", "TP53", "--to", "disease", "--k", "5", "--json")
    result = json.loads(raw.stdout)
    first = result["lists"][0]["hits"][0]
    assert result["query"]["value"] == "UniProtKB:P04637"
    assert first["entity"]["name"] in shown.stdout
    assert result["provenance"]["graph"]


@pytest.mark.bundle
def test_known_links_beyond_k_are_counted_and_not_all_listed(bundle_folder: Path) -> None:
    lines = _run("query", "GO:0006915", "--to", "protein", "--k", "5").stdout.splitlines()
    listed = [line for line in lines if "[UniProtKB:" in line]
    known = sum("●" in line for line in listed)
    assert 5 < len(listed) <= 10
    more = next(line for line in lines if "more known links" in line)
    total = next(line for line in lines if line.startswith("protein ("))
    assert int(more.split()[0].replace(",", "")) + known == int(total.split("(")[1].split()[0].replace(",", ""))


@pytest.mark.bundle
def test_a_new_sequence_says_what_it_is_nearest_to_and_standard_input_is_read(bundle_folder: Path) -> None:
    fasta = f">mutant\n{SICKLE_HBB}\n"
    done = _run("query", "-", "--to", "disease", "--k", "3", given=fasta)
    assert "nearest there (cosine in the encoder's space): HBB" in done.stdout
    assert "mutant · asked as protein" in done.stdout
    assert done.stderr == "", "a script is not told how far it is"


def test_the_command_line_asks_through_the_service_and_makes_through_the_stages() -> None:
    tree = ast.parse((ROOT / "biobridge_core" / "cli.py").read_text(encoding="utf-8"))
    names = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("biobridge_core")
        for alias in node.names
    }
    asking = ("config", "errors", "types", "service", "cli_files", "kg.check", "kg.graph", "evaluate.report")
    making = ("stages", "bundle.assemble", "bridge.calibration_stage", "evaluate.embedding_stage")
    allowed = (*asking, *making)
    assert [name for name in names if not name.startswith(tuple(f"biobridge_core.{part}" for part in allowed))] == []


def test_training_is_a_command_of_its_own() -> None:
    assert "Train the bridge" in _run("train", "--help").stdout


@pytest.mark.bundle
def test_bad_input_prints_the_way_out_and_no_traceback(bundle_folder: Path) -> None:
    done = _run("query", "CC(=O")
    assert done.returncode == 1
    assert done.stderr.count("Error:") == 1
    assert "Traceback" not in done.stderr


def test_a_missing_bundle_is_an_error_and_no_traceback(tmp_path: Path) -> None:
    done = _run("query", "TP53", BIOBRIDGE_BUNDLE=str(tmp_path / "nothing"))
    assert done.returncode == 1
    assert "missing" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.bundle
def test_the_shipped_graph_passes_its_check_and_has_the_promised_size(bundle_folder: Path) -> None:
    check = _run("kg", "check")
    assert check.returncode == 0, check.stdout
    stats = _run("kg", "stats")
    assert stats.returncode == 0
    assert "protein" in stats.stdout
