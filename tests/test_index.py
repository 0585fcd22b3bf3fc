from __future__ import annotations

import faiss
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from biobridge_core import index
from biobridge_core.errors import ArtifactError
from biobridge_core.index import Engine, FaissCpu, FaissGpu, TorchTopK, VectorIndex, faiss_gpu_works, make_engine


def unit(n: int, d: int = 16, seed: int = 0) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def engine(name: str, vectors: NDArray[np.float32]) -> Engine:
    if name == "faiss-cpu":
        return FaissCpu(vectors)
    if name == "torch-cpu":
        return TorchTopK(vectors, torch.device("cpu"))
    if not torch.cuda.is_available():
        pytest.skip("no GPU here")
    if name == "torch-cuda":
        return TorchTopK(vectors, torch.device("cuda"))
    if not faiss_gpu_works():
        pytest.skip("faiss-gpu is not installed or has no kernels for this card")
    return FaissGpu(vectors)


ENGINES = ["faiss-cpu", "torch-cpu", "torch-cuda", "faiss-gpu"]


@pytest.mark.parametrize("name", ENGINES)
def test_every_engine_agrees_with_a_plain_sort(name: str) -> None:
    vectors, queries = unit(500), unit(7, seed=1)
    exact = queries.astype(np.float64) @ vectors.T.astype(np.float64)
    order = np.argsort(-exact, axis=1)[:, :20]
    made = engine(name, vectors)
    scores, found = made.top(queries, 20)
    assert made.name == name
    np.testing.assert_array_equal(found, order)
    np.testing.assert_allclose(scores, np.take_along_axis(exact, order, axis=1), atol=1e-5)
    np.testing.assert_allclose(made.scores(queries), exact, atol=1e-5)


def test_hits_are_graph_rows_best_first() -> None:
    vectors = unit(50)
    rows = np.arange(1000, 1050, dtype=np.int32)
    scores, found = VectorIndex(vectors, rows, "cpu").search(vectors[[3, 40]], 5)
    assert scores.shape == found.shape == (2, 5)
    assert found[:, 0].tolist() == [1003, 1040]
    np.testing.assert_allclose(scores[:, 0], 1, atol=1e-5)
    assert (np.diff(scores, axis=1) <= 0).all()


def test_one_query_may_come_as_a_vector() -> None:
    vectors = unit(9)
    made = VectorIndex(vectors, np.arange(9), "cpu")
    assert made.search(vectors[2], 1)[1].tolist() == [[2]]
    assert made.scores(vectors[2]).shape == (9,)
    assert made.scores(vectors[:2]).shape == (2, 9)


def test_k_beyond_the_end_gives_everything_once() -> None:
    scores, found = VectorIndex(unit(6), np.arange(6), "cpu").search(unit(1, seed=2), 100)
    assert sorted(found[0].tolist()) == list(range(6))
    assert scores.shape == (1, 6)


@pytest.mark.parametrize("k", [1, 3, 5, 12, 29, 30])
def test_equal_scores_come_by_row_and_the_cut_is_the_same_every_time(k: int) -> None:
    base = np.eye(3, dtype=np.float32)
    vectors = np.repeat(base, 10, axis=0)
    rows = np.random.default_rng(0).permutation(30)
    query = np.array([[0.8, 0.6, 0.0]], np.float32)
    _, found = VectorIndex(vectors, rows, "cpu").search(query, k)
    expected = [*sorted(rows[:10]), *sorted(rows[10:20]), *sorted(rows[20:])]
    assert found[0].tolist() == expected[:k]


def test_wrong_queries_are_refused() -> None:
    made = VectorIndex(unit(5), np.arange(5), "cpu")
    with pytest.raises(ValueError, match="at least 1"):
        made.search(unit(1), 0)
    with pytest.raises(ValueError, match=r"\(m, 16\)"):
        made.search(unit(1, d=15), 2)


@pytest.mark.parametrize("bad", [0.0, 2.0, np.nan])
def test_vectors_that_are_not_unit_are_refused_by_row(bad: float) -> None:
    vectors = unit(5)
    vectors[2] *= bad
    with pytest.raises(ArtifactError, match="row 12 has length"):
        VectorIndex(vectors, np.arange(10, 15), "cpu")


def test_shapes_must_fit() -> None:
    for vectors, rows in ((unit(5), np.arange(4)), (unit(1)[:0], np.arange(0))):
        with pytest.raises(ArtifactError, match="n > 0"):
            VectorIndex(vectors, rows, "cpu")


def test_the_cpu_is_served_by_faiss() -> None:
    assert VectorIndex(unit(5), np.arange(5), "cpu").engine == "faiss-cpu"


@pytest.mark.parametrize(
    ("probe", "works"),
    [("pass", True), ("import os; os.abort()", False), ("raise RuntimeError('no kernel image')", False)],
)
def test_a_faiss_that_ends_the_process_is_not_trusted(
    probe: str, works: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(faiss, "StandardGpuResources", object, raising=False)
    assert faiss_gpu_works.__wrapped__(probe) is works
    assert ("torch searches instead" in caplog.text) is not works


def test_without_faiss_on_the_gpu_torch_searches_there(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[torch.device] = []

    class Recorded(TorchTopK):
        def __init__(self, vectors: NDArray[np.float32], device: torch.device) -> None:
            made.append(device)
            super().__init__(vectors, torch.device("cpu"))

    def fails(*_: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(index, "TorchTopK", Recorded)
    monkeypatch.setattr(index, "faiss_gpu_works", lambda: False)
    make_engine(unit(5), "cuda:1")
    monkeypatch.setattr(index, "faiss_gpu_works", lambda: True)
    monkeypatch.setattr(index, "FaissGpu", fails)
    make_engine(unit(5), "cuda:0")
    assert made == [torch.device("cuda:1"), torch.device("cuda:0")]
