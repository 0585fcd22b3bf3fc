import hashlib
import io
import shutil
import subprocess
import tarfile
import zipfile

import pytest

from biobridge_core.errors import ArtifactError
from biobridge_core.kg.packages import PINS, Packages, Pin


def _pin(path, version="1.0"):
    return Pin(version, path.name, hashlib.sha256(path.read_bytes()).hexdigest())


@pytest.fixture
def wheel(tmp_path):
    path = tmp_path / "downloads" / "thing-1.0-py3-none-any.whl"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("thing/table.csv", "a,b\n1,2\n")
        archive.writestr("thing/__init__.py", "raise SystemExit('was run')\n")
    return path


@pytest.fixture
def sdist(tmp_path):
    path = tmp_path / "downloads" / "thing-1.0.tar.gz"
    path.parent.mkdir(exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, text in (("thing-1.0/data/table.csv", b"x\n"), ("thing-1.0/setup.py", b"raise SystemExit\n")):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
        link = tarfile.TarInfo("thing-1.0/data/link.csv")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return path


def test_member_of_a_wheel(tmp_path, wheel):
    packages = Packages(tmp_path, {"thing": _pin(wheel)})
    path = packages.open("thing", "thing/table.csv")
    assert path.read_text() == "a,b\n1,2\n"
    assert packages.used == {"thing"}
    assert path.is_relative_to(tmp_path / "unpacked")
    assert [p.name for p in path.parent.iterdir()] == ["table.csv"]  # nothing else was unpacked


def test_member_of_a_source_distribution_without_its_top_folder(tmp_path, sdist):
    packages = Packages(tmp_path, {"thing": _pin(sdist)})
    assert packages.open("thing", "data/table.csv").read_text() == "x\n"
    with pytest.raises(ArtifactError, match=r"link\.csv"):  # a link is no file
        packages.open("thing", "data/link.csv")


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is not on this machine")
def test_members_of_a_debian_package(tmp_path):
    root = tmp_path / "root"
    (root / "DEBIAN").mkdir(parents=True)
    (root / "DEBIAN" / "control").write_text(
        "Package: thing\nVersion: 1.0\nArchitecture: all\nMaintainer: none <none@example.org>\nDescription: none\n"
    )
    for name in "ab":
        (root / "usr" / "share").mkdir(parents=True, exist_ok=True)
        (root / "usr" / "share" / name).write_text(name * 3)
    path = tmp_path / "downloads" / "thing_1.0_all.deb"
    path.parent.mkdir()
    subprocess.run(["dpkg-deb", "--build", "-Zxz", str(root), str(path)], check=True, capture_output=True)
    packages = Packages(tmp_path, {"thing": _pin(path)})
    found = packages.open_all("thing", ["usr/share/b", "usr/share/a"])
    assert [p.read_text() for p in found] == ["bbb", "aaa"]
    with pytest.raises(ArtifactError, match="usr/share/c"):
        packages.open("thing", "usr/share/c")


def test_damaged_download_is_named(tmp_path, wheel):
    pin = _pin(wheel)
    wheel.write_bytes(wheel.read_bytes()[:-10])
    with pytest.raises(ArtifactError, match=r"thing-1\.0.*damaged"):
        Packages(tmp_path, {"thing": pin}).open("thing", "thing/table.csv")


def test_unknown_package_and_member(tmp_path, wheel):
    packages = Packages(tmp_path, {"thing": _pin(wheel)})
    with pytest.raises(ArtifactError, match="other"):
        packages.open("other", "x")
    with pytest.raises(ArtifactError, match=r"thing/none\.csv"):
        packages.open("thing", "thing/none.csv")


def test_missing_client_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    pins = {"thing": Pin("1.0", "thing_1.0_all.deb", "0" * 64)}
    with pytest.raises(ArtifactError, match="apt-get is needed") as caught:
        Packages(tmp_path, pins).open("thing", "usr/x")
    assert "thing_1.0_all.deb" in caught.value.hint


def test_failing_client_leaves_nothing_behind(tmp_path, monkeypatch):
    client = tmp_path / "bin" / "apt-get"
    client.parent.mkdir()
    client.write_text("#!/bin/sh\necho half > thing_1.0_all.deb\necho 'E: no such version' >&2\nexit 100\n")
    client.chmod(0o755)
    monkeypatch.setenv("PATH", str(client.parent), prepend=":")
    pins = {"thing": Pin("1.0", "thing_1.0_all.deb", "0" * 64)}
    with pytest.raises(ArtifactError, match="E: no such version"):
        Packages(tmp_path, pins).open("thing", "usr/x")
    assert list((tmp_path / "downloads").iterdir()) == []


def test_every_pin_names_its_version():
    for name, pin in PINS.items():
        assert f"{pin.version}" in pin.file
        assert len(pin.sha256) == 64
        assert pin.file.lower().replace("_", "-").startswith(name.lower())
