"""Folders with a manifest: written atomically, verified before anything reads them.

Every build stage writes one folder. Its ``manifest.json`` holds the sha256 and size of every file in it, the
identity of whatever it was made from, and the seconds it took.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import biobridge_core
from biobridge_core.errors import ArtifactError

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a folder holds and what it was made from."""

    stage: str
    created: str
    version: str
    inputs: Mapping[str, str] = field(default_factory=dict)  #: name -> digest of what was read
    files: Mapping[str, Mapping[str, str | int]] = field(default_factory=dict)  #: path -> sha256, bytes
    meta: Mapping[str, object] = field(default_factory=dict)  #: stage-specific facts, e.g. seconds, counts

    @property
    def digest(self) -> str:
        """sha256 over stage, inputs and file hashes: the identity that a later stage records as its input."""
        identity = {
            "stage": self.stage,
            "inputs": dict(sorted(self.inputs.items())),
            "files": {name: entry["sha256"] for name, entry in sorted(self.files.items())},
        }
        return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def sha256_file(path: Path) -> str:
    """sha256 of a file, as a hex string."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@contextmanager
def write_folder(
    target: Path, stage: str, *, inputs: Mapping[str, str] | None = None, meta: dict[str, object] | None = None
) -> Iterator[Path]:
    """Write a stage's folder so that it appears whole or not at all.

    Yields a temporary folder beside ``target``; on leaving without an error, the manifest is written (``meta`` may be
    filled inside the block) and the folder takes the place of ``target``. An error leaves an older ``target`` as it
    was.

    Raises
    ------
    ArtifactError
        If the disk is full or the folder cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        yield folder
        write_manifest(folder, stage, inputs=inputs or {}, meta=meta or {})
        folder.chmod(0o755)
        if target.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent))
            os.replace(target, old / target.name)
            os.replace(folder, target)
            shutil.rmtree(old)
        else:
            os.replace(folder, target)
    except OSError as error:
        raise ArtifactError(
            f"Could not write {target}: {error.strerror or error}.", "Free disk space or check the permissions."
        ) from error
    finally:
        if folder.exists():
            shutil.rmtree(folder, ignore_errors=True)


def write_manifest(folder: Path, stage: str, *, inputs: Mapping[str, str], meta: Mapping[str, object]) -> Manifest:
    """Hash every file of ``folder`` and write its manifest."""
    files: dict[str, dict[str, str | int]] = {
        path.relative_to(folder).as_posix(): {"sha256": sha256_file(path), "bytes": path.stat().st_size}
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }
    manifest = Manifest(
        stage=stage,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        version=biobridge_core.__version__,
        inputs=dict(inputs),
        files=files,
        meta=dict(meta),
    )
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1, sort_keys=True), encoding="utf-8")
    return manifest


def read_manifest(folder: Path, stage: str | None = None) -> Manifest:
    """Read a folder's manifest without hashing its files.

    Raises
    ------
    ArtifactError
        If the folder or its manifest is missing or unreadable, or was written by another stage.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise ArtifactError(
            f"{path} is missing.", "Run `biobridge build` to make it, or restore the folder from the repository."
        )
    try:
        manifest = Manifest(**json.loads(path.read_text(encoding="utf-8")))
    except (json.JSONDecodeError, TypeError, UnicodeDecodeError) as error:
        raise ArtifactError(f"{path} is damaged: {error}.", "Restore it or build the folder again.") from error
    if stage is not None and manifest.stage != stage:
        raise ArtifactError(
            f"{folder} was written by stage {manifest.stage!r}, but {stage!r} is needed.", "Name the right folder."
        )
    return manifest


def verify_folder(folder: Path, stage: str | None = None) -> Manifest:
    """Read a folder's manifest and check the size and sha256 of every file it names.

    Raises
    ------
    ArtifactError
        Naming the first file that is missing or damaged.
    """
    manifest = read_manifest(folder, stage)
    for name, entry in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise ArtifactError(f"{path} is missing.", "Restore it from the repository or run `biobridge build`.")
        if path.stat().st_size != entry["bytes"] or sha256_file(path) != entry["sha256"]:
            raise ArtifactError(
                f"{path} is damaged: its content does not match the manifest.",
                "Restore it from the repository or run `biobridge build`.",
            )
    return manifest


def machine() -> dict[str, object]:
    """The machine that makes a result, without anything that names its owner."""
    import torch

    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return {
        "cpu": _cpu_name(),
        "cores": os.cpu_count() or 1,
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "gpus": gpus,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
    }


def _cpu_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
