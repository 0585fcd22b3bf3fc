from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from biobridge_core.artifacts import machine, read_manifest, sha256_file, verify_folder, write_folder
from biobridge_core.errors import ArtifactError

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # sha256("abc"), FIPS 180-2 example


def write(target: Path, text: str = "abc", **options: object) -> None:
    with write_folder(target, "test", **options) as folder:  # type: ignore[arg-type]
        (folder / "a.txt").write_text(text)
        (folder / "sub").mkdir()
        (folder / "sub" / "b.txt").write_text("b")


def fail_half_way(target: Path) -> None:
    with write_folder(target, "test") as folder:
        (folder / "a.txt").write_text("half")
        raise RuntimeError


def left_over(target: Path) -> list[str]:
    return [path.name for path in target.parent.iterdir() if path.name != target.name]


def test_sha256_of_a_known_text(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    assert sha256_file(tmp_path / "f") == ABC


def test_the_manifest_names_every_file_and_the_facts(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "out"
    meta: dict[str, object] = {}
    with write_folder(target, "test", inputs={"graph": "g"}, meta=meta) as folder:
        (folder / "a.txt").write_text("abc")
        meta["seconds"] = 1.5
    manifest = verify_folder(target, "test")
    assert manifest.files == {"a.txt": {"sha256": ABC, "bytes": 3}}
    assert manifest.inputs == {"graph": "g"}
    assert manifest.meta == {"seconds": 1.5}
    assert left_over(target) == []


def test_files_in_folders_are_covered(tmp_path: Path) -> None:
    write(tmp_path / "out")
    (tmp_path / "out" / "sub" / "b.txt").write_text("c")
    with pytest.raises(ArtifactError, match=r"sub/b.txt is damaged"):
        verify_folder(tmp_path / "out")


def test_the_digest_follows_content_and_inputs_but_not_the_date_or_the_facts(tmp_path: Path) -> None:
    write(tmp_path / "one", meta={"seconds": 1})
    write(tmp_path / "two", meta={"seconds": 2})
    write(tmp_path / "other text", text="abd")
    write(tmp_path / "other input", inputs={"graph": "h"})
    digests = [read_manifest(tmp_path / name).digest for name in ("one", "two", "other text", "other input")]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_an_error_leaves_the_old_folder_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "out"
    write(target)
    with pytest.raises(RuntimeError):
        fail_half_way(target)
    assert (target / "a.txt").read_text() == "abc"
    verify_folder(target)
    assert left_over(target) == []


def test_writing_again_replaces_everything(tmp_path: Path) -> None:
    target = tmp_path / "out"
    write(target)
    (target / "stray").write_text("x")
    write(target, text="new")
    assert (target / "a.txt").read_text() == "new"
    assert not (target / "stray").exists()
    assert left_over(target) == []


def test_a_full_disk_is_said_in_words(tmp_path: Path) -> None:
    with (
        pytest.raises(ArtifactError, match=r"out: No space left on device") as caught,
        write_folder(tmp_path / "out", "test"),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert "Free disk space" in caught.value.hint
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("how", ["cut", "changed", "missing"])
def test_damage_is_found_and_named(tmp_path: Path, how: str) -> None:
    write(tmp_path / "out")
    path = tmp_path / "out" / "a.txt"
    path.unlink() if how == "missing" else path.write_text({"cut": "ab", "changed": "abd"}[how])
    with pytest.raises(ArtifactError, match=r"a\.txt is (missing|damaged)") as caught:
        verify_folder(tmp_path / "out")
    assert caught.value.hint


def test_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"manifest\.json is missing") as caught:
        read_manifest(tmp_path / "nowhere")
    assert "biobridge build" in caught.value.hint


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"stage": "x"}', json.dumps({"stage": "x", "unknown": 1})])
def test_an_unreadable_manifest(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ArtifactError, match=r"manifest\.json is damaged"):
        read_manifest(tmp_path)


def test_another_stage_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "out")
    with pytest.raises(ArtifactError, match="written by stage 'test', but 'kg' is needed"):
        verify_folder(tmp_path / "out", "kg")


def test_the_machine_is_told_without_names() -> None:
    facts = machine()
    assert set(facts) == {"cpu", "cores", "memory_gb", "gpus", "python", "torch"}
    assert facts["cores"] >= 1  # type: ignore[operator]
    assert facts["memory_gb"] > 0.1  # type: ignore[operator]
