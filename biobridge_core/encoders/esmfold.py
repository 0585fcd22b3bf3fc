"""Structures predicted from a sequence by ESMFold, where there is a GPU and its weights are on the machine.

Lin et al., Science 2023 (doi:10.1126/science.ade2574). Weights: 8 GB, ``facebook/esmfold_v1``, MIT licence; they are
never fetched without being asked for.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

from biobridge_core.encoders import weights
from biobridge_core.encoders.device import is_out_of_memory
from biobridge_core.errors import BioBridgeError, InputError
from biobridge_core.protein import STANDARD

NAME = "facebook/esmfold_v1"
MAX_RESIDUES = 1000  #: memory grows with the square and more
_LOCK = threading.Lock()


def missing(models: Path, device: torch.device, name: str = NAME) -> str:
    """Why ESMFold cannot be used here, in words for people; empty where it can.

    Parameters
    ----------
    models
        Folder of local weights.
    device
        Where it would run.
    """
    lacks = []
    if device.type != "cuda":
        lacks.append("it needs a GPU, and there is none here")
    if weights.local_checkpoint(models, name) is None:
        lacks.append(f"its weights (8 GB) are not on this machine: put {name} into the folder of models")
    return "; ".join(lacks)


def fold(sequence: str, models: Path, device: torch.device, name: str = NAME) -> str:
    """Predict the structure of one sequence.

    Parameters
    ----------
    sequence
        1 to 1,000 residues; one beyond the twenty is read as unknown and gets no atoms.
    models, device
        As in `missing`. A CPU is not refused here; it takes minutes for a hundred residues.

    Returns
    -------
    str
        A PDB file whose B-factors are pLDDT, 0..1.

    Raises
    ------
    InputError
        If the sequence is empty or longer than 1,000 residues, or the GPU's memory is too small for it.
    WeightsError
        If the weights are missing or damaged.
    """
    if not 0 < len(sequence) <= MAX_RESIDUES:
        raise InputError(
            f"The sequence has {len(sequence):,} residues; ESMFold reads 1 to {MAX_RESIDUES:,} here.",
            "Fold the domain that you are interested in.",
        )
    folder = weights.checkpoint_folder(name, models)
    cleaned = "".join(letter if letter in STANDARD else "X" for letter in sequence)
    with _LOCK:
        try:
            return str(_model(folder, str(device)).infer_pdb(cleaned))
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            raise BioBridgeError(
                f"The memory of {device} is too small to fold {len(sequence):,} residues.",
                "Fold a shorter part of it.",
            ) from error


@lru_cache(maxsize=1)
def _model(folder: Path, device: str) -> Any:
    from transformers import EsmForProteinFolding

    return weights.pretrained(EsmForProteinFolding.from_pretrained, folder).to(device)
