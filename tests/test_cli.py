from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from biobridge_core.config import ROOT


def _run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [sys.executable, "-m", "biobridge_core.cli", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=180, check=False, env={**os.environ, **environment},
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
