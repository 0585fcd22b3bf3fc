"""What every encoder must keep. A test class inherits from `EncoderContract`, gives ``make`` and its inputs, and is checked.

The meta-test in test_contract.py fails when an encoder module has no such class.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from biobridge_core.encoders import Encoder, Note
from biobridge_core.errors import InputError


def cosine(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    """Cosine of each row of a with the same row of b."""
    left, right = a.astype(np.float64), b.astype(np.float64)
    product: NDArray[np.float64] = (left * right).sum(axis=1)
    return product / (np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1))


class EncoderContract(ABC):
    module: ClassVar[str]  #: name of the module in biobridge_core.encoders
    good: ClassVar[Sequence[str]]  #: at least four inputs of different length, all with different vectors
    bad: ClassVar[dict[str, str]]  #: input -> words of the reason that must be said
    least_cosine: ClassVar[float] = 0.999999  #: between the same input in other company

    @classmethod
    @abstractmethod
    def make(cls, folder: Path) -> Encoder:
        """A freshly loaded encoder; whatever checkpoint it needs is written into ``folder``, the same every time."""

    @classmethod
    @abstractmethod
    def make_changed(cls, folder: Path) -> Encoder:
        """The same encoder with one weight changed."""

    @pytest.fixture(scope="class")
    def encoder(self, tmp_path_factory: pytest.TempPathFactory) -> Encoder:
        return type(self).make(tmp_path_factory.mktemp("first"))

    @pytest.fixture(scope="class")
    def alone(self, encoder: Encoder) -> NDArray[np.float32]:
        """Each good input encoded in a call of its own."""
        return np.concatenate([encoder.encode([text]).vectors for text in self.good])

    def test_it_says_exactly_what_it_is(self, encoder: Encoder) -> None:
        identity = encoder.identity
        assert re.fullmatch(r"[a-z0-9_-]+-[0-9a-f]{8}", identity.id)
        assert re.fullmatch(r"[0-9a-f]{64}", identity.weights_sha256)
        assert identity.name
        assert identity.package
        assert identity.policy
        assert identity.input_kind is encoder.input_kind
        assert identity.dim == encoder.dim > 0

    def test_vectors_have_the_declared_shape_and_are_finite_and_not_zero(
        self, encoder: Encoder, alone: NDArray[np.float32]
    ) -> None:
        vectors = encoder.encode(self.good).vectors
        assert vectors.dtype == np.float32
        assert vectors.shape == alone.shape == (len(self.good), encoder.dim)
        assert np.isfinite(vectors).all()
        assert (np.linalg.norm(vectors, axis=1) > 0).all()
        distances = np.linalg.norm(vectors[:, None] - vectors[None], axis=2) + np.eye(len(vectors))
        assert distances.min() > 1e-4  # different inputs, different vectors

    def test_order_is_kept(self, encoder: Encoder, alone: NDArray[np.float32]) -> None:
        for order in (range(len(self.good)), range(len(self.good))[::-1], np.random.default_rng(0).permutation(4)):
            vectors = encoder.encode([self.good[i] for i in order]).vectors
            assert cosine(vectors, alone[list(order)]).min() >= self.least_cosine

    @pytest.mark.parametrize("batch_size", [1, 2, 3, None])
    def test_batch_size_and_neighbours_do_not_matter(
        self, encoder: Encoder, alone: NDArray[np.float32], batch_size: int | None
    ) -> None:
        vectors = encoder.encode(self.good, batch_size=batch_size).vectors
        assert cosine(vectors, alone).min() >= self.least_cosine
        scale = np.abs(alone).max()
        assert np.abs(vectors - alone).max() <= scale * np.sqrt(2 * (1 - self.least_cosine)) * 4

    def test_the_same_call_gives_the_same_bits(self, encoder: Encoder) -> None:
        twice = [encoder.encode(self.good).vectors for _ in range(2)]
        np.testing.assert_array_equal(twice[0], twice[1])

    def test_a_repeated_input_gets_the_same_vector(self, encoder: Encoder) -> None:
        vectors = encoder.encode([self.good[1], self.good[0], self.good[1]]).vectors
        assert cosine(vectors[:1], vectors[2:]).min() >= self.least_cosine

    def test_nothing_in_gives_nothing_out(self, encoder: Encoder) -> None:
        encoded = encoder.encode([])
        assert encoded.vectors.shape == (0, encoder.dim)
        assert encoded.vectors.dtype == np.float32
        assert encoded.notes == ()

    def test_one_string_is_no_list(self, encoder: Encoder) -> None:
        with pytest.raises(TypeError, match="list"):
            encoder.encode(self.good[0])

    def test_a_batch_size_below_one_is_refused(self, encoder: Encoder) -> None:
        with pytest.raises(ValueError, match="batch_size"):
            encoder.encode(self.good, batch_size=0)

    def test_a_bad_input_is_named_and_nothing_is_dropped(self, encoder: Encoder) -> None:
        for text, reason in self.bad.items():
            with pytest.raises(InputError) as caught:
                encoder.encode([self.good[0], text, self.good[1]])
            assert "Input 1:" in caught.value.message, text
            assert reason in caught.value.message, text
            assert caught.value.hint, text
            refusal = encoder.refusal(text)
            assert refusal is not None
            assert reason in refusal.message
            with pytest.raises(InputError, match=re.escape(reason)):
                encoder.encode([text])

    def test_every_bad_input_is_named(self, encoder: Encoder) -> None:
        first = next(iter(self.bad))
        with pytest.raises(InputError) as caught:
            encoder.encode([first, self.good[0], first])
        assert "Input 0:" in caught.value.message
        assert "Input 2:" in caught.value.message
        assert "Input 1:" not in caught.value.message
        with pytest.raises(InputError, match="And 4 more"):
            encoder.encode([first] * 9)

    def test_a_good_input_is_not_refused(self, encoder: Encoder) -> None:
        assert [encoder.refusal(text) for text in self.good] == [None] * len(self.good)

    def test_progress_rises_to_the_end(self, encoder: Encoder) -> None:
        seen: list[tuple[int, int]] = []
        encoder.encode(self.good, batch_size=1, progress=lambda done, total: seen.append((done, total)))
        assert len(seen) >= len(self.good)
        assert seen == sorted(seen)
        assert seen[-1] == (len(self.good), len(self.good))

    def test_a_failed_allocation_halves_the_batch_and_says_so(
        self, encoder: Any, alone: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real, tried = encoder._forward, []

        def small_memory(pieces: list[Any]) -> torch.Tensor:
            tried.append(len(pieces))
            if len(pieces) > 1:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
            result: torch.Tensor = real(pieces)
            return result

        monkeypatch.setattr(encoder, "_forward", small_memory)
        encoded = encoder.encode(self.good)
        assert max(tried) > 1
        assert cosine(encoded.vectors, alone).min() >= self.least_cosine
        said = [note for note in encoded.notes if note.index is None]
        assert said
        assert all(isinstance(note, Note) and "Memory ran out" in note.message for note in said)

    def test_a_single_input_that_does_not_fit_fails_loudly(self, encoder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        def no_memory(pieces: list[Any]) -> torch.Tensor:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")

        monkeypatch.setattr(encoder, "_forward", no_memory)
        with pytest.raises(RuntimeError, match="can't allocate memory"):
            encoder.encode(self.good)

    def test_moving_to_a_device_changes_nothing(self, encoder: Encoder, alone: NDArray[np.float32]) -> None:
        devices = ["cpu"]
        if torch.cuda.is_available():
            devices = ["cuda", "cpu"]
        for device in devices:
            assert encoder.to(device) is encoder
            assert cosine(encoder.encode(self.good).vectors, alone).min() >= (
                0.999 if device == "cuda" else self.least_cosine
            )

    def test_identity_stays_when_loaded_again_and_changes_with_the_weights(
        self, encoder: Encoder, tmp_path: Path
    ) -> None:
        for name in ("again", "changed"):
            (tmp_path / name).mkdir()
        assert type(self).make(tmp_path / "again").identity == encoder.identity
        changed = type(self).make_changed(tmp_path / "changed").identity
        assert changed.weights_sha256 != encoder.identity.weights_sha256
        assert changed.id != encoder.identity.id
