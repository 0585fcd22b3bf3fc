"""Settings: which profile, where its files lie, which encoder reads which input.

Everything can be set through the environment (``BIOBRIDGE_*``) or a TOML file named as the profile.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from biobridge_core.errors import ArtifactError
from biobridge_core.types import InputKind

ROOT = Path(__file__).resolve().parent.parent


def default_cache() -> Path:
    """Folder for downloads, following the XDG convention."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "biobridge"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that decides which models and data are used.

    ``encoders`` maps each input kind to a name in the encoder registry, e.g. ``{"sequence": "unirep"}``.
    """

    profile: str = "starter"
    bundle: Path = ROOT / "assets" / "starter"  #: trained bundle the app opens
    build: Path = ROOT / "build" / "starter"  #: where build stages write
    cache: Path = field(default_factory=default_cache)  #: downloaded packages, per user
    models: Path = field(default_factory=lambda: default_cache() / "models")  #: local weights of the paper profile
    device: str = "auto"  #: auto | cpu | cuda | cuda:N
    threads: int = 0  #: torch threads, 0 = torch's own choice
    #: language model, off unless named: address of an OpenAI-compatible endpoint with its model and key, or a folder
    llm_url: str = ""
    llm_model: str = ""
    llm_key: str = field(default="", repr=False)
    llm_folder: Path | None = None
    encoders: Mapping[InputKind, str] = field(
        default_factory=lambda: {
            InputKind.SEQUENCE: "unirep",
            InputKind.SMILES: "chemnet",
            InputKind.TEXT: "minilm",
        }
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read ``BIOBRIDGE_PROFILE`` (starter, paper or a path to a TOML file) and its overrides.

        Raises
        ------
        ArtifactError
            If the profile is neither a known name nor a readable TOML file.
        """
        env = os.environ if environ is None else environ
        settings = _profile(env.get("BIOBRIDGE_PROFILE", "starter"))
        changes: dict[str, object] = {}
        for name in ("bundle", "build", "cache", "models"):
            value = env.get(f"BIOBRIDGE_{name.upper()}")
            if value:
                changes[name] = Path(value).expanduser()
        for name in ("llm_url", "llm_model", "llm_key"):
            if env.get(f"BIOBRIDGE_{name.upper()}"):
                changes[name] = env[f"BIOBRIDGE_{name.upper()}"].strip()
        if env.get("BIOBRIDGE_LLM_FOLDER"):
            changes["llm_folder"] = Path(env["BIOBRIDGE_LLM_FOLDER"]).expanduser()
        if env.get("BIOBRIDGE_DEVICE"):
            changes["device"] = env["BIOBRIDGE_DEVICE"]
        if env.get("BIOBRIDGE_THREADS"):
            try:
                changes["threads"] = int(env["BIOBRIDGE_THREADS"])
            except ValueError as error:
                raise ArtifactError(
                    f"BIOBRIDGE_THREADS is {env['BIOBRIDGE_THREADS']!r}, not a whole number.",
                    "Set it to the number of CPU threads to use, or leave it out.",
                ) from error
        return replace(settings, **changes)  # type: ignore[arg-type]


_PAPER_ENCODERS = {
    InputKind.SEQUENCE: "esm2_t36_3B_UR50D",
    InputKind.SMILES: "unimol",
    InputKind.TEXT: "microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract-fulltext",
}


def _profile(name: str) -> Settings:
    if name == "starter":
        return Settings()
    if name == "paper":
        return Settings(
            profile="paper",
            bundle=default_cache() / "paper" / "bundle",
            build=ROOT / "build" / "paper",
            encoders=_PAPER_ENCODERS,
        )
    path = Path(name).expanduser()
    if path.suffix != ".toml" or not path.is_file():
        raise ArtifactError(
            f"There is no profile called {name!r}.",
            "Use BIOBRIDGE_PROFILE=starter, paper, or the path of a TOML file.",
        )
    return _from_toml(path)


def _from_toml(path: Path) -> Settings:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ArtifactError(f"The profile {path} is not valid TOML: {error}.", "Correct the file.") from error
    known = {"profile", "bundle", "build", "cache", "models", "device", "threads", "encoders"}
    known |= {"llm_url", "llm_model", "llm_folder"}  # the key is no part of a profile that people share
    unknown = sorted(set(table) - known)
    if unknown:
        raise ArtifactError(
            f"The profile {path} has unknown settings: {', '.join(unknown)}.",
            f"Known settings: {', '.join(sorted(known))}.",
        )
    changes: dict[str, object] = {"profile": table.get("profile", path.stem)}
    for key in ("bundle", "build", "cache", "models", "llm_folder"):
        if key in table:
            changes[key] = (path.parent / Path(table[key]).expanduser()).resolve()
    for key in ("device", "threads", "llm_url", "llm_model"):
        if key in table:
            changes[key] = table[key]
    if "encoders" in table:
        try:
            chosen = {InputKind(kind): str(name) for kind, name in table["encoders"].items()}
        except ValueError as error:
            raise ArtifactError(
                f"The profile {path} maps an unknown input kind: {error}.",
                f"Input kinds: {', '.join(kind.value for kind in InputKind)}.",
            ) from error
        changes["encoders"] = {**Settings().encoders, **chosen}
    return replace(Settings(), **changes)  # type: ignore[arg-type]
