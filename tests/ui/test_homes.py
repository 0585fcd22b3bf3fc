"""One foreign library, one home; and a page knows nothing but the screen."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = [
    *(ROOT / "biobridge_core").rglob("*.py"),
    *(ROOT / "ui").rglob("*.py"),
    *(ROOT / "pages").glob("*.py"),
    ROOT / "app.py",
]

HOMES = {
    "faiss": ("biobridge_core/index.py",),
    "rdkit": ("biobridge_core/chem/",),
    "streamlit": ("ui/", "pages/", "app.py"),
    "plotly": ("ui/",),
    "py3Dmol": ("ui/",),
    "unimol_tools": ("biobridge_core/encoders/",),
    "esm": ("biobridge_core/encoders/",),
    "transformers": ("biobridge_core/encoders/", "biobridge_core/local_language_model.py"),
    "rapidfuzz": ("biobridge_core/names.py", "biobridge_core/alignment.py"),  # names, and sequences too long to align
    "typer": ("biobridge_core/cli",),
    "pykeen": ("biobridge_core/evaluate/",),
}


def imported(path: Path) -> Iterator[str]:
    """Dotted names of everything a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} has a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("library", HOMES)
def test_a_foreign_library_has_one_home(library):
    users = {
        path.relative_to(ROOT).as_posix()
        for path in CODE
        if any(name.split(".")[0] == library for name in imported(path))
    }
    assert {user for user in users if not user.startswith(HOMES[library])} == set()


def test_the_walk_sees_imports():
    assert "streamlit" in set(imported(ROOT / "ui" / "nav.py"))
    assert "biobridge_core.errors.BioBridgeError" in set(imported(ROOT / "ui" / "service.py"))


@pytest.mark.parametrize("path", [*(ROOT / "pages").glob("*.py"), ROOT / "app.py"], ids=lambda path: path.name)
def test_a_page_imports_the_screen_alone(path):
    allowed = ("streamlit", "ui", "biobridge_core.types", "biobridge_core.errors", "__future__")
    strange = [name for name in imported(path) if not any(f"{name}.".startswith(f"{home}.") for home in allowed)]
    assert strange == []


def test_nothing_that_runs_code_is_loaded():
    """No pickle but the one read by an unpickler that allows no class, no torch.load without weights_only."""
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            keywords = {keyword.arg: keyword.value for keyword in node.keywords}
            assert called not in {"pickle.load", "pickle.loads", "joblib.load"}, path
            if called == "torch.load":
                assert ast.unparse(keywords["weights_only"]) == "True", path
            if "allow_pickle" in keywords:
                assert ast.unparse(keywords["allow_pickle"]) == "False", path
