from __future__ import annotations

import multiprocessing
import os
import signal
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from biobridge_core.artifacts import MANIFEST, verify_folder
from biobridge_core.errors import ArtifactError, InputError
from biobridge_core.store import EmbeddingStore

DIM = 6


@dataclass(frozen=True)
class _Identity:
    id: str = "count-11111111"


@dataclass(frozen=True)
class _Note:
    index: int
    message: str


@dataclass(frozen=True)
class _Encoded:
    vectors: NDArray[np.float32]
    notes: tuple[_Note, ...] = ()


class CountingEncoder:
    """Vector = letter counts and length, so that a wrong row shows; remembers what it was asked."""

    identity = _Identity()
    dim = DIM

    def __init__(self, die_after: int | None = None) -> None:
        self.seen: list[str] = []
        self.calls: list[list[str]] = []
        self.die_after = die_after

    def refusal(self, text: str) -> InputError | None:
        return InputError("It has a '!'.", "Take it out.") if "!" in text else None

    def encode(self, inputs: list[str], **_: object) -> _Encoded:
        assert not any(self.refusal(text) for text in inputs)
        self.calls.append(list(inputs))
        self.seen += inputs
        if self.die_after is not None and len(self.seen) > self.die_after:
            os.kill(os.getpid(), signal.SIGKILL)
        notes = tuple(_Note(i, "long") for i, text in enumerate(inputs) if len(text) > 50)
        return _Encoded(np.stack([vector(text) for text in inputs]), notes)


def vector(text: str) -> NDArray[np.float32]:
    return np.array([text.count(c) for c in "ACDE"] + [len(text) % 97, 1], dtype=np.float32)


def catalogue(n: int) -> tuple[list[str], list[str]]:
    rng = np.random.default_rng(1)
    texts = ["".join(rng.choice(list("ACDE"), size=int(rng.integers(1, 60)))) for _ in range(n)]
    return [f"X:{i}" for i in range(n)], texts


def store(folder: Path, encoder_id: str = "count-11111111", dim: int = DIM) -> EmbeddingStore:
    return EmbeddingStore(folder, encoder_id, dim)


def test_put_then_get_in_any_order_after_reopening(tmp_path: Path) -> None:
    ids, texts = catalogue(10)
    with store(tmp_path / "s") as first:
        first.put(ids[:7], np.stack([vector(t) for t in texts[:7]]), texts[:7])
        first.put(ids[7:], np.stack([vector(t) for t in texts[7:]]), texts[7:])
    again = store(tmp_path / "s")
    assert len(again) == 10
    assert "X:3" in again
    assert "X:99" not in again
    got = again.get(ids[::-1])
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, np.stack([vector(t) for t in texts[::-1]]))
    assert np.load(tmp_path / "s" / "vectors.npy").dtype == np.float16


def test_another_encoder_is_refused_and_both_are_named(tmp_path: Path) -> None:
    store(tmp_path / "s").close()
    with pytest.raises(ArtifactError, match=r"count-11111111.*other-22222222"):
        store(tmp_path / "s", "other-22222222")
    with pytest.raises(ArtifactError, match="length 6"):
        store(tmp_path / "s", dim=7)
    encoder = CountingEncoder()
    with store(tmp_path / "t", "other-22222222") as other, pytest.raises(ArtifactError, match="count-11111111"):
        other.fill(encoder, ["a"], ["A"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "message"),
    [(np.nan, "is not finite"), (np.inf, "is not finite"), (70000.0, "exceeds 65504"), (-70000.0, "exceeds 65504")],
)
def test_a_bad_number_is_refused_by_entity(tmp_path: Path, value: float, message: str) -> None:
    rows = np.ones((3, DIM), np.float32)
    rows[1, 2] = value
    with store(tmp_path / "s") as s:
        with pytest.raises(ArtifactError, match=f"of b {message}"):
            s.put(["a", "b", "c"], rows, ["A", "B", "C"])
        assert s.missing(["a", "b", "c"]) == [0, 1, 2]


@pytest.mark.parametrize("tiny", [0.0, 1e-12])
def test_a_row_that_is_zero_in_float16_is_refused(tmp_path: Path, tiny: float) -> None:
    with store(tmp_path / "s") as s, pytest.raises(ArtifactError, match="of a is zero"):
        s.put(["a"], np.full((1, DIM), tiny, np.float32), ["A"])


def test_wrong_shape_and_double_id_are_refused(tmp_path: Path) -> None:
    with store(tmp_path / "s") as s:
        with pytest.raises(ArtifactError, match=r"\(1, 6\)"):
            s.put(["a"], np.ones((1, DIM + 1), np.float32), ["A"])
        with pytest.raises(ArtifactError, match="twice"):
            s.put(["a", "a"], np.ones((2, DIM), np.float32), ["A", "A"])


def test_get_names_what_is_missing(tmp_path: Path) -> None:
    with store(tmp_path / "s") as s:
        s.put(["a"], np.ones((1, DIM), np.float32), ["A"])
        with pytest.raises(ArtifactError, match=r"no vector for b \(1 of 2"):
            s.get(["a", "b"])


def test_fill_encodes_each_once_and_reports_progress(tmp_path: Path) -> None:
    ids, texts = catalogue(50)
    encoder, seen = CountingEncoder(), []
    with store(tmp_path / "s") as s:
        s.fill(encoder, ids, texts, chunk=8, progress=lambda done, total: seen.append((done, total)))  # type: ignore[arg-type]
        np.testing.assert_array_equal(s.get(ids), np.stack([vector(t) for t in texts]))
        assert s.notes == {i: "long" for i, t in zip(ids, texts, strict=True) if len(t) > 50}
        s.fill(encoder, ids, texts)  # type: ignore[arg-type]
    assert sorted(encoder.seen) == sorted(texts)
    assert all(len(call) <= 8 for call in encoder.calls)
    assert [len(t) for t in encoder.seen] == sorted((len(t) for t in texts), reverse=True)
    assert seen[-1] == (50, 50)
    assert seen == sorted(seen)


def test_long_inputs_make_smaller_chunks(tmp_path: Path) -> None:
    encoder = CountingEncoder()
    texts = ["F" * 150_000] * 6
    with store(tmp_path / "s") as s:
        s.fill(encoder, list("abcdef"), texts, chunk=512)  # type: ignore[arg-type]
    assert [len(call) for call in encoder.calls] == [2, 2, 2]


def test_a_changed_input_is_encoded_again(tmp_path: Path) -> None:
    ids, texts = catalogue(12)
    with store(tmp_path / "s") as s:
        s.fill(CountingEncoder(), ids, texts)  # type: ignore[arg-type]
    texts[4] = "ACCCCCD"
    encoder = CountingEncoder()
    with store(tmp_path / "s") as s:
        assert s.missing(ids, texts) == [4]
        s.fill(encoder, ids, texts)  # type: ignore[arg-type]
        np.testing.assert_array_equal(s.get(["X:4"])[0], vector("ACCCCCD"))
    assert encoder.seen == ["ACCCCCD"]


def test_refused_inputs_are_all_named_and_the_rest_is_stored(tmp_path: Path) -> None:
    ids, texts = catalogue(30)
    texts[3], texts[20] = "A!", "CC!"
    with store(tmp_path / "s") as s:
        with pytest.raises(ArtifactError, match=r"refused 2 of 30") as caught:
            s.fill(CountingEncoder(), ids, texts, chunk=7)  # type: ignore[arg-type]
        assert "X:3" in str(caught.value)
        assert "X:20" in str(caught.value)
        assert s.missing(ids) == [3, 20]
        with pytest.raises(ArtifactError, match="not complete: 2 of 30"):
            s.complete(ids)


def _fill_and_die(folder: Path, n: int, die_after: int) -> None:
    ids, texts = catalogue(n)
    store(folder).fill(CountingEncoder(die_after), ids, texts, chunk=5)  # type: ignore[arg-type]


def test_a_killed_fill_goes_on_where_it_stopped(tmp_path: Path) -> None:
    n, folder = 40, tmp_path / "s"
    process = multiprocessing.get_context("fork").Process(target=_fill_and_die, args=(folder, n, 22))
    process.start()
    process.join(30)
    assert process.exitcode == -signal.SIGKILL
    ids, texts = catalogue(n)
    encoder = CountingEncoder()
    with store(folder) as s:
        assert len(s) == 20
        s.fill(encoder, ids, texts, chunk=5)  # type: ignore[arg-type]
        np.testing.assert_array_equal(s.get(ids), np.stack([vector(t) for t in texts]))
    assert len(encoder.seen) == 20


def test_a_row_written_but_not_marked_is_missing(tmp_path: Path) -> None:
    with store(tmp_path / "s") as s:
        s.put(["a", "b"], np.ones((2, DIM), np.float32), ["A", "B"])
    done = np.load(tmp_path / "s" / "done.npy", mmap_mode="r+")
    done[1] = False
    done.flush()
    assert store(tmp_path / "s").missing(["a", "b"]) == [1]


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    first, second = store(tmp_path / "s"), store(tmp_path / "s")
    first.put(["a"], np.ones((1, DIM), np.float32), ["A"])
    with pytest.raises(ArtifactError, match="Another process"):
        second.put(["b"], np.ones((1, DIM), np.float32), ["B"])
    first.close()
    second.put(["b"], np.full((1, DIM), 2, np.float32), ["B"])
    np.testing.assert_array_equal(second.get(["a", "b"])[:, 0], [1, 2])


def test_the_manifest_stands_only_while_the_store_is_complete(tmp_path: Path) -> None:
    ids, texts = catalogue(9)
    with store(tmp_path / "s") as s:
        s.fill(CountingEncoder(), ids, texts)  # type: ignore[arg-type]
        s.complete(ids, graph_digest="g")
    manifest = verify_folder(tmp_path / "s", "vectors")
    assert manifest.inputs == {"encoder": "count-11111111", "graph": "g"}
    assert manifest.meta["n"] == 9
    with store(tmp_path / "s") as s:
        s.put(["new"], np.ones((1, DIM), np.float32), ["A"])
    assert not (tmp_path / "s" / MANIFEST).exists()


@pytest.mark.parametrize("name", ["store.json", "ids.json", "vectors.npy", "digests.npy", "done.npy"])
def test_a_damaged_file_is_said_to_be_damaged(tmp_path: Path, name: str) -> None:
    with store(tmp_path / "s") as s:
        s.put(["a", "b"], np.ones((2, DIM), np.float32), ["A", "B"])
    path = tmp_path / "s" / name
    path.write_bytes(path.read_bytes()[:-2] if name.endswith("npy") else b'["a"')
    for _ in range(2):  # looking at it must not mend it with zeros
        with pytest.raises(ArtifactError, match="is damaged"):
            store(tmp_path / "s")
