"""Devices and precisions: what is picked and why, and work side by side on the CPU."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import torch

from biobridge_core.encoders.device import Projection, each_on_one_core, pick_device, pick_dtype
from biobridge_core.errors import ArtifactError


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
def test_each_part_has_one_core_and_the_rest_of_the_program_keeps_its_own() -> None:
    seen: list[int] = []

    def work(part: int) -> tuple[int, int, str]:
        return 2 * part, torch.get_num_threads(), threading.current_thread().name

    results = each_on_one_core(work, [1, 2, 3])
    assert [doubled for doubled, _, _ in results] == [2, 4, 6]
    assert {threads for _, threads, _ in results} == {1}
    assert threading.current_thread().name not in {name for _, _, name in results}
    later = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
    later.start()
    later.join()
    assert (torch.get_num_threads(), seen) == (2, [2])


@pytest.mark.usefixtures("two_threads")
def test_one_part_alone_is_worked_on_with_all_cores() -> None:
    assert each_on_one_core(lambda _: torch.get_num_threads(), ["one"]) == [2]
    assert each_on_one_core(lambda _: 0, []) == []


@pytest.mark.parametrize("inference", [True, False])
def test_inference_mode_holds_in_the_parts_as_outside(inference: bool) -> None:
    with torch.inference_mode(inference):
        assert each_on_one_core(lambda _: torch.is_inference_mode_enabled(), [1, 2]) == [inference] * 2


def test_a_failure_in_a_part_reaches_the_caller_and_the_next_call_works() -> None:
    def fail(part: int) -> int:
        return 1 // part

    with pytest.raises(ZeroDivisionError):
        each_on_one_core(fail, [1, 0])
    assert each_on_one_core(fail, [1, 1]) == [1, 1]


def test_what_is_no_device_or_precision_is_refused() -> None:
    assert pick_device("cpu").device == torch.device("cpu")
    with pytest.raises(ArtifactError, match="no device called 'tpu'"):
        pick_device("tpu")
    with pytest.raises(ArtifactError, match="no precision called 'float8'"):
        pick_dtype("float8", torch.device("cpu"))


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 1e-2)])
def test_a_projection_is_the_same_without_packed_weights(
    dtype: torch.dtype, tolerance: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    matrix, bias, x = torch.randn(24, 40) / 5, torch.randn(40), torch.randn(7, 24).to(dtype)
    expected = x.float() @ matrix.to(dtype).float()
    projections = [Projection(matrix, torch.device("cpu"), dtype)]
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    projections.append(Projection(matrix, torch.device("cpu"), dtype))  # as on a GPU
    for projection in projections:
        torch.testing.assert_close(projection(x).float(), expected, atol=2 * tolerance, rtol=tolerance)
        found = projection.sigmoid(x, bias).float()
        torch.testing.assert_close(found, (expected + bias).sigmoid(), atol=tolerance, rtol=0)
