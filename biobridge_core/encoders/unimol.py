"""Uni-Mol: a molecule as the vector of the first token of a transformer over its atoms and their distances.

Zhou et al., Uni-Mol: a universal 3D molecular representation learning framework, ICLR 2023
(https://openreview.net/forum?id=6K2RM6wVqKu). The network is the one of the package ``unimol-tools``; its weights are
read here, since the package itself would fetch and open them unasked.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
import types
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from biobridge_core.chem.conformers import conformer, logs_kept
from biobridge_core.config import Settings
from biobridge_core.encoders import weights
from biobridge_core.encoders.base import (
    BatchedEncoder,
    EncoderIdentity,
    Prepared,
    package_file,
    package_version,
    weights_digest,
)
from biobridge_core.encoders.device import pick_device
from biobridge_core.errors import InputError, WeightsError
from biobridge_core.types import InputKind

HUB = "dptech/Uni-Mol-Models"
#: Name of an encoder -> its weights, and whether they were trained on atoms without hydrogens.
MODELS = {"unimol": ("mol_pre_all_h_220816.pt", False), "unimol_no_h": ("mol_pre_no_h_220816.pt", True)}
DICTIONARY = "mol.dict.txt"
MAX_ATOMS = 256  #: with hydrogens, as in unimol-tools, which would leave out atoms at random beyond it


@dataclass(frozen=True, slots=True)
class Atoms:
    """One molecule as the network reads it."""

    tokens: NDArray[np.int64]  #: (atoms + 2,), with the start and end tokens
    distances: NDArray[np.float32]  #: (atoms + 2, atoms + 2)


class UniMol(BatchedEncoder[Atoms]):
    """A frozen Uni-Mol.

    Parameters
    ----------
    model
        ``UniMolModel`` of unimol-tools with its weights.
    identity
        What its vectors are filed under.
    remove_hydrogens
        Whether the weights were trained without hydrogens.
    """

    default_batch_size = 32
    token_budget = 1 << 12

    def __init__(
        self,
        model: Any,
        identity: EncoderIdentity,
        *,
        remove_hydrogens: bool = False,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__(identity, device)
        self._model = model
        self._dictionary = model.dictionary
        self._remove_hydrogens = remove_hydrogens
        self.to(device)

    def to(self, device: torch.device | str) -> Self:
        """Move the model to a device and return itself."""
        self.device = torch.device(device)
        self._model.to(self.device)
        return self

    def _prepare(self, text: str) -> Prepared[Atoms]:
        shape = conformer(text, max_atoms=MAX_ATOMS)
        kept = [at for at, symbol in enumerate(shape.symbols) if symbol != "H" or not self._remove_hydrogens]
        symbols = [shape.symbols[at] for at in kept]
        unknown = sorted({symbol for symbol in symbols if symbol not in self._dictionary})
        if unknown:
            raise InputError(
                f"Uni-Mol does not know the atoms {', '.join(unknown)}.", "Ask by the drug's name or as text instead."
            )
        inner = [self._dictionary.index(symbol) for symbol in symbols]
        tokens = np.array([self._dictionary.bos(), *inner, self._dictionary.eos()], dtype=np.int64)
        places = np.zeros((len(tokens), 3), dtype=np.float64)  # the two end tokens lie at the centre
        places[1:-1] = shape.coordinates[kept] - shape.coordinates[kept].mean(axis=0)
        distances = np.linalg.norm(places[:, None] - places[None], axis=-1).astype(np.float32)
        return Prepared((Atoms(tokens, distances),), note=shape.note)

    def _length(self, piece: Atoms) -> int:
        return len(piece.tokens)

    def _forward(self, pieces: list[Atoms]) -> torch.Tensor:
        size = max(len(piece.tokens) for piece in pieces)
        pad = self._dictionary.pad()
        tokens = np.full((len(pieces), size), pad, dtype=np.int64)
        edges = np.full((len(pieces), size, size), pad, dtype=np.int64)
        distances = np.zeros((len(pieces), size, size), dtype=np.float32)
        for row, piece in enumerate(pieces):
            n = len(piece.tokens)
            tokens[row, :n] = piece.tokens
            edges[row, :n, :n] = piece.tokens[:, None] * len(self._dictionary) + piece.tokens[None]
            distances[row, :n, :n] = piece.distances
        inputs = [torch.from_numpy(array).to(self.device) for array in (tokens, distances, edges)]
        vectors: torch.Tensor = self._model(
            src_tokens=inputs[0],
            src_distance=inputs[1],
            src_coord=None,  # read only when vectors of single atoms are asked for
            src_edge_type=inputs[2],
            return_repr=True,
        )
        return vectors


def load(name: str, settings: Settings) -> UniMol:
    """Make the encoder from a local file or the hub.

    Parameters
    ----------
    name
        ``unimol`` (all atoms) or ``unimol_no_h`` (without hydrogens).

    Raises
    ------
    WeightsError
        If unimol-tools is not installed, the name is unknown, or the weights cannot be found or read.
    """
    if name not in MODELS:
        raise WeightsError(f"There is no Uni-Mol called {name!r}.", f"Use one of: {', '.join(MODELS)}.")
    filename, remove_hydrogens = MODELS[name]
    path = _find(filename, settings.models)
    dictionary = _dictionary_beside(path)
    model = _model(path, dictionary, remove_hydrogens)
    hydrogens = "heavy atoms" if remove_hydrogens else "all atoms"
    identity = EncoderIdentity(
        name=name,
        package="unimol-tools",
        version=package_version("unimol-tools"),
        weights_sha256=weights_digest([path, dictionary]),
        dim=int(model.args.encoder_embed_dim),
        input_kind=InputKind.SMILES,
        policy=f"{hydrogens} of one ETKDG conformer with a fixed seed, relaxed with MMFF94; vector of the first token",
    )
    return UniMol(model, identity, remove_hydrogens=remove_hydrogens, device=pick_device(settings.device).device)


def _find(filename: str, models: Path) -> Path:
    """Weights in the models folder, where unimol-tools itself looks, or on the hub."""
    folders = [models / "unimol", models]
    if os.environ.get("UNIMOL_WEIGHT_DIR"):
        folders.append(Path(os.environ["UNIMOL_WEIGHT_DIR"]))
    folders.append(package_file("unimol_tools", "unimol-tools", "weights"))
    for folder in folders:
        if (folder / filename).is_file():
            return folder / filename
    hint = (
        f"Put {filename} into {models / 'unimol'}, or go online once: "
        f"huggingface-cli download {HUB} {filename} --local-dir {models / 'unimol'}"
    )
    return weights.hub_file(HUB, filename, hint)


def _dictionary_beside(path: Path) -> Path:
    """The list of elements: beside the weights, else the copy inside unimol-tools."""
    beside = path.with_name(DICTIONARY)
    if beside.is_file():
        return beside
    return package_file("unimol_hf", "unimol-tools", "pretrained", "unimol-v1-allh", DICTIONARY)


def _model(path: Path, dictionary: Path, remove_hydrogens: bool) -> Any:
    """The network of unimol-tools with the weights of a file that was opened safely."""
    base = _network_class()

    class Unloaded(base):  # type: ignore[misc, valid-type]
        """The same network, which leaves opening the file to us."""

        def load_pretrained_weights(self, path: str, strict: bool = False) -> None:
            """Do nothing."""

    content = weights.read_checkpoint(path, [argparse.Namespace])
    stored = content.get("model", content.get("model_state_dict", content))
    try:
        model = Unloaded(
            output_dim=1,
            data_type="molecule",
            remove_hs=remove_hydrogens,
            pretrained_model_path=str(path),
            pretrained_dict_path=str(dictionary),
        )
        missing, _ = model.load_state_dict(stored, strict=False)  # its heads for pre-training are not needed
    except (RuntimeError, TypeError, AttributeError, ValueError) as error:
        raise WeightsError(f"{path} is no checkpoint of Uni-Mol: {error}.", "Fetch the file again.") from error
    lacking = [key for key in missing if not key.startswith("classification_head.")]
    if lacking:
        raise WeightsError(
            f"{path} lacks {len(lacking)} parameters of Uni-Mol, e.g. {lacking[0]}.", "Fetch the file again."
        )
    return model.eval().requires_grad_(False)


def _network_class() -> Any:
    """``UniMolModel``, imported without what the package does to a process.

    Its logger would make a folder ``logs`` where one stands, write to it and open the root logger for everything; its
    conformer module silences every Python warning and RDKit.
    """
    module = "unimol_tools.utils.base_logger"
    if module not in sys.modules:
        quiet = types.ModuleType(module)
        quiet.logger = logging.getLogger("unimol_tools")  # type: ignore[attr-defined]
        sys.modules[module] = quiet
    with warnings.catch_warnings(), logs_kept():
        try:
            return importlib.import_module("unimol_tools.models.unimol").UniMolModel
        except ImportError as error:
            raise WeightsError(
                f"The package unimol-tools cannot be used: {error}.", "Run `pip install unimol-tools`."
            ) from error
