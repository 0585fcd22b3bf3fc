"""Where a model runs and at which precision, with a reason that can be shown; the matrix product that loops lean on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import torch

from biobridge_core.errors import ArtifactError

Part = TypeVar("Part")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Placement:
    """A device and why it was taken, in words for the screen."""

    device: torch.device
    reason: str


def pick_device(setting: str = "auto") -> Placement:
    """Choose the device for a setting of ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.

    Raises
    ------
    ArtifactError
        If a GPU is asked for by name and there is none, or the setting is no device.
    """
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if setting == "auto":
        if count:
            return Placement(torch.device("cuda", 0), f"GPU {torch.cuda.get_device_name(0)} found, so it is used.")
        return Placement(torch.device("cpu"), "No GPU was found, so the CPU is used.")
    if setting == "cpu":
        return Placement(torch.device("cpu"), "The CPU was asked for.")
    kind, _, number = setting.partition(":")
    if kind != "cuda" or (number and not number.isdecimal()):
        raise ArtifactError(f"There is no device called {setting!r}.", "Use auto, cpu, cuda or cuda:N.")
    index = int(number) if number else 0
    if index >= count:
        raise ArtifactError(
            f"The device {setting!r} was asked for, but this machine has {count} usable GPUs.",
            "Set BIOBRIDGE_DEVICE=auto or cpu, or install a torch build for your GPU.",
        )
    return Placement(torch.device("cuda", index), f"GPU {torch.cuda.get_device_name(index)} was asked for.")


def has_fast_bfloat16(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 matrices in hardware (AVX512-BF16, AMX, or a GPU since Ampere)."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device)[0] >= 8
    if device.type != "cpu":
        return False
    probes = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(bool(getattr(torch.cpu, probe, bool)()) for probe in probes)


def pick_dtype(setting: str, device: torch.device) -> torch.dtype:
    """Choose float32 or bfloat16 for a setting of ``auto``, ``float32`` or ``bfloat16``.

    Raises
    ------
    ArtifactError
        If the setting is none of the three.
    """
    if setting == "auto":
        return torch.bfloat16 if has_fast_bfloat16(device) else torch.float32
    if setting == "float32":
        return torch.float32
    if setting == "bfloat16":
        return torch.bfloat16
    raise ArtifactError(f"There is no precision called {setting!r}.", "Use auto, float32 or bfloat16.")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that an allocation failed, on a GPU or in main memory."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and ("can't allocate memory" in text or "out of memory" in text)


def each_on_one_core(work: Callable[[Part], Result], parts: Sequence[Part]) -> list[Result]:
    """Results of pieces of torch work in their order, side by side on the CPU, each on a core of its own.

    A loop of many small operations loses a tenth of the time and more where the cores share out, and wait for, each
    operation. One part alone is worked on here, with all cores.
    """
    if len(parts) <= 1:
        return [work(part) for part in parts]
    inference = torch.is_inference_mode_enabled()  # a mode of the thread

    def run(part: Part) -> Result:
        with torch.inference_mode(inference):
            return work(part)

    return list(_single_core_threads(len(parts)).map(run, parts))


@cache
def _single_core_threads(workers: int) -> ThreadPoolExecutor:
    """Threads in which torch uses one core; the other threads keep what they have."""
    threads, started = torch.get_num_threads(), threading.Barrier(workers + 1)

    def start() -> None:
        torch.get_num_threads()  # takes torch's setting for new threads, which would otherwise come after ours
        torch.set_num_threads(1)
        started.wait()

    pool = ThreadPoolExecutor(workers, thread_name_prefix="one-core", initializer=start)
    for _ in range(workers):
        pool.submit(int)
    started.wait()
    torch.set_num_threads(threads)  # the setting for new threads again
    return pool


class Projection:
    """x @ matrix for inference, with the weights laid out once for the CPU's matrix kernels where torch has them.

    Parameters
    ----------
    matrix
        (k, m), any float dtype.
    device, dtype
        Where and in which precision the product runs.
    """

    def __init__(self, matrix: torch.Tensor, device: torch.device, dtype: torch.dtype) -> None:
        self._weight = matrix.t().contiguous().to(device=device, dtype=dtype)
        self._packed: torch.Tensor | None = None
        # 1.1 to 3 times faster than a plain product, most so for few rows.
        if device.type == "cpu" and torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
            self._packed = torch.ops.mkldnn._reorder_linear_weight(self._weight, 64)
            self._weight = torch.empty(0)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Product of x (n, k), in the projection's precision, shape (n, m)."""
        if self._packed is None:
            return torch.nn.functional.linear(x, self._weight)
        product: torch.Tensor = torch.ops.mkldnn._linear_pointwise(x, self._packed, None, "none", [], "")
        return product

    def sigmoid(self, x: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """Logistic function of the product plus ``bias`` (m,), float32; one pass, in x's precision, where packed."""
        if self._packed is None:
            return (torch.nn.functional.linear(x, self._weight) + bias).sigmoid_()
        product: torch.Tensor = torch.ops.mkldnn._linear_pointwise(x, self._packed, bias, "sigmoid", [], "")
        return product
