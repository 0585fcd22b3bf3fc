"""One file that holds all a killed training run needs to go on: weights, optimizer moments, and where the loop
stood."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from biobridge_core.errors import ArtifactError

_LOG = logging.getLogger(__name__)
_MOMENTS = ("exp_avg", "exp_avg_sq", "step")


def write_tensors(path: Path, tensors: dict[str, Tensor], state: dict[str, object] | None = None) -> None:
    """Write tensors and a JSON state into one safetensors file, whole or not at all.

    Raises
    ------
    ArtifactError
        If the disk is full or the folder cannot be written.
    """
    temporary = path.with_name(f".{path.name}")
    try:
        save_file(
            {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()},
            temporary,
            metadata={"state": json.dumps(state or {})},
        )
        os.replace(temporary, path)
    except (OSError, SafetensorError) as error:
        raise ArtifactError(
            f"Could not write {path}: {error}.", "Free disk space; training goes on from the last checkpoint."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, object]]:
    """Read what `write_tensors` wrote.

    Raises
    ------
    ArtifactError
        If the file is missing or damaged.
    """
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            state = json.loads((file.metadata() or {}).get("state", "{}"))
            return {name: file.get_tensor(name) for name in file.keys()}, state  # noqa: SIM118
    except (OSError, SafetensorError, ValueError) as error:
        raise ArtifactError(f"{path} cannot be read: {error}.", "Delete it; training starts anew.") from error


def save_checkpoint(path: Path, bridge: nn.Module, optimizer: torch.optim.Optimizer, state: dict[str, object]) -> None:
    """Write the weights, AdamW's moments and the loop's state."""
    tensors = {f"model.{name}": tensor for name, tensor in bridge.state_dict().items()}
    for name, parameter in bridge.named_parameters():
        moments = optimizer.state.get(parameter, {})
        tensors.update({f"{moment}.{name}": moments[moment] for moment in _MOMENTS if moment in moments})
    write_tensors(path, tensors, state)


def load_checkpoint(
    path: Path, bridge: nn.Module, optimizer: torch.optim.Optimizer, identity: str
) -> dict[str, object]:
    """Set weights and moments from a checkpoint of the same run; return the loop's state.

    A checkpoint of another run (other options, split, vectors or width) or a damaged one is left alone, said in the
    log, and the result is empty: training starts anew.
    """
    if not path.is_file():
        return {}
    try:
        tensors, state = read_tensors(path)
    except ArtifactError as error:
        _LOG.warning("%s", error)
        return {}
    if state.get("identity") != identity:
        _LOG.warning("The checkpoint %s belongs to other options or data; training starts anew.", path.name)
        return {}
    weights = {name.removeprefix("model."): t for name, t in tensors.items() if name.startswith("model.")}
    bridge.load_state_dict(weights)
    for name, parameter in bridge.named_parameters():
        if f"step.{name}" in tensors:
            optimizer.state[parameter] = {
                moment: tensors[f"{moment}.{name}"].to("cpu" if moment == "step" else parameter.device)
                for moment in _MOMENTS
            }
    return state
