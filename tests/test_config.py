from __future__ import annotations

import re
from pathlib import Path

import pytest

from biobridge_core.config import ROOT, Settings
from biobridge_core.encoders.registry import module_of
from biobridge_core.errors import ArtifactError
from biobridge_core.types import InputKind


def pins(name: str) -> list[str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def test_the_default_is_the_starter_profile_in_the_checkout() -> None:
    settings = Settings.from_env({})
    assert settings.profile == "starter"
    assert settings.bundle == ROOT / "assets" / "starter"
    assert settings.encoders == {
        InputKind.SEQUENCE: "unirep", InputKind.SMILES: "chemnet", InputKind.TEXT: "minilm"
    }  # fmt: skip


@pytest.mark.parametrize("profile", ["starter", "paper"])
def test_every_encoder_of_a_profile_is_known_to_the_registry(profile: str) -> None:
    settings = Settings.from_env({"BIOBRIDGE_PROFILE": profile})
    assert set(settings.encoders) == set(InputKind)
    for name in settings.encoders.values():
        assert module_of(name)


def test_profiles_do_not_share_folders() -> None:
    starter, paper = (Settings.from_env({"BIOBRIDGE_PROFILE": name}) for name in ("starter", "paper"))
    assert len({starter.bundle, paper.bundle, starter.build, paper.build}) == 4


def test_the_environment_overrides() -> None:
    env = {
        "BIOBRIDGE_BUNDLE": "~/b",
        "BIOBRIDGE_BUILD": "/tmp/x",
        "BIOBRIDGE_DEVICE": "cuda:1",
        "BIOBRIDGE_THREADS": "3",
    }
    settings = Settings.from_env(env)
    assert settings.bundle == Path.home() / "b"
    assert settings.build == Path("/tmp/x")
    assert settings.device == "cuda:1"
    assert settings.threads == 3


def test_threads_must_be_a_number() -> None:
    with pytest.raises(ArtifactError, match="BIOBRIDGE_THREADS is 'many'"):
        Settings.from_env({"BIOBRIDGE_THREADS": "many"})


@pytest.mark.parametrize("name", ["nope", "/nowhere/x.toml", "README.md"])
def test_an_unknown_profile_is_named(name: str) -> None:
    with pytest.raises(ArtifactError, match=f"no profile called {name!r}"):
        Settings.from_env({"BIOBRIDGE_PROFILE": name})


def write(folder: Path, text: str) -> dict[str, str]:
    (folder / "mine.toml").write_text(text, encoding="utf-8")
    return {"BIOBRIDGE_PROFILE": str(folder / "mine.toml")}


def test_a_profile_of_ones_own(tmp_path: Path) -> None:
    env = write(
        tmp_path, 'bundle = "b"\nbuild = "/abs/build"\nthreads = 2\n[encoders]\nsequence = "esm2_t6_8M_UR50D"\n'
    )
    settings = Settings.from_env(env)
    assert settings.profile == "mine"
    assert settings.bundle == (tmp_path / "b").resolve()
    assert settings.build == Path("/abs/build")
    assert settings.threads == 2
    assert settings.encoders[InputKind.SEQUENCE] == "esm2_t6_8M_UR50D"
    assert settings.encoders[InputKind.TEXT] == "minilm"
    assert Settings.from_env(env | {"BIOBRIDGE_THREADS": "5"}).threads == 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bundle = ", "not valid TOML"),
        ('bundel = "x"', "unknown settings: bundel"),
        ('[encoders]\nstructure = "x"', "unknown input kind.*structure"),
    ],
)
def test_a_wrong_profile_says_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ArtifactError, match=message):
        Settings.from_env(write(tmp_path, text))


def test_the_gpu_requirements_differ_in_faiss_alone() -> None:
    expected = [line.replace("faiss-cpu==", "faiss-gpu==") for line in pins("requirements.txt")]
    assert expected != pins("requirements.txt")
    assert pins("requirements-gpu.txt") == expected


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-gpu.txt", "requirements-weights.txt"])
def test_every_requirement_is_pinned_exactly(name: str) -> None:
    assert pins(name)
    for line in pins(name):
        assert re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][0-9a-z.]*", line), line
