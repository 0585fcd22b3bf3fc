"""Where the weights of a large encoder lie: a local folder first, then the hub, else an error that says what to do."""

from __future__ import annotations

import hashlib
import logging
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from biobridge_core.artifacts import sha256_file
from biobridge_core.errors import WeightsError

logger = logging.getLogger(__name__)

#: Files of a transformers checkpoint that are read beside the weights.
SMALL_FILES = ("*.json", "*.txt", "*.model", "1_Pooling/*.json")


def local_names(name: str) -> tuple[str, ...]:
    """Names under which a model may lie in the models folder: ``owner/model``, ``model`` or ``owner--model``."""
    return tuple(dict.fromkeys((name, name.rsplit("/", maxsplit=1)[-1], name.replace("/", "--"))))


def local_checkpoint(models: Path, name: str) -> Path | None:
    """Folder of a transformers checkpoint under the models folder, or None."""
    folders = (models / each for each in local_names(name))
    return next((folder for folder in folders if (folder / "config.json").is_file()), None)


def checkpoint_folder(name: str, models: Path) -> Path:
    """Folder of a transformers checkpoint: under ``models``, else fetched from the hub into its cache.

    Raises
    ------
    WeightsError
        If it is in neither place. The message names the files and the folder to put them into.
    """
    folder = local_checkpoint(models, name)
    if folder is not None:
        return folder
    hint = (
        f"Put config.json, the vocabulary and model.safetensors (or pytorch_model.bin) of {name} into "
        f"{models / name}, or go online once: huggingface-cli download {name} --local-dir {models / name}"
    )
    folder = _from_hub(name, [*SMALL_FILES, "*.safetensors"], hint)
    if not weight_files(folder):
        folder = _from_hub(name, [*SMALL_FILES, "pytorch_model*.bin"], hint)
    return folder


def weight_files(folder: Path) -> list[Path]:
    """Weight files of a transformers checkpoint, safetensors before pytorch_model.bin; empty if there are none."""
    return sorted(folder.glob("*.safetensors")) or sorted(folder.glob("pytorch_model*.bin"))


def hub_file(repo: str, filename: str, hint: str) -> Path:
    """One file of a hub repository, from its cache or fetched.

    Raises
    ------
    WeightsError
        If it cannot be had, with ``hint`` as the way out.
    """
    return _from_hub(repo, [filename], hint, needed=filename) / filename


def _from_hub(repo: str, patterns: list[str], hint: str, needed: str = "config.json") -> Path:
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    network_error: type[Exception] = HfHubHTTPError.__bases__[
        0
    ]  # of whichever HTTP client this version of the hub uses
    if not constants.HF_HUB_OFFLINE:
        logger.info("Looking for %s on the hub.", repo)
    try:
        folder = Path(snapshot_download(repo, allow_patterns=patterns))
    except (OSError, ValueError, network_error) as error:
        reason = "the hub is switched off (HF_HUB_OFFLINE)" if constants.HF_HUB_OFFLINE else _first_line(error)
        raise WeightsError(
            f"The weights of {repo} are not on this machine and could not be fetched: {reason}.", hint
        ) from error
    if not (folder / needed).is_file():
        raise WeightsError(f"The hub repository {repo} has no file {needed}.", hint)
    return folder


def pretrained(make: Callable[..., Any], folder: Path, *, unused: Sequence[str] = (), **options: Any) -> Any:
    """Load a transformers model from a folder without running code from it, and without weights made up at random.

    Parameters
    ----------
    make
        ``from_pretrained`` of the model class.
    unused
        Prefixes of parameters that the encoder never uses, so that they may be missing.

    Raises
    ------
    WeightsError
        If a file is missing or damaged, would run code, or lacks parameters of the model.
    """
    files = weight_files(folder)
    if not files:
        raise WeightsError(
            f"The folder {folder} holds no weights.", "Put model.safetensors or pytorch_model.bin into it."
        )
    hint = "Fetch the files again; a checkpoint must be safetensors, or a torch file of tensors alone."
    try:
        model, report = make(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=files[0].suffix == ".safetensors",
            weights_only=True,
            output_loading_info=True,
            **options,
        )
    except _unreadable() as error:
        raise WeightsError(f"The weights in {folder} cannot be read: {_first_line(error)}.", hint) from error
    missing = sorted(key for key in report["missing_keys"] if not key.startswith(tuple(unused)))
    if missing:
        raise WeightsError(
            f"The weights in {folder} lack {len(missing)} parameters of the model, e.g. {missing[0]}.", hint
        )
    return model.eval().requires_grad_(False)


def read_checkpoint(path: Path, classes: Sequence[type | tuple[type, str]] = ()) -> dict[str, Any]:
    """Read a torch checkpoint that holds tensors and plain values, and none but the given classes.

    The packages and hubs that publish such weights have no other form of them. With ``weights_only``, a name in the
    file that is neither on torch's own list of plain types nor in ``classes`` is refused, not imported.

    Parameters
    ----------
    classes
        What else may be made; a pair is a class and the name in the file that it stands for.

    Raises
    ------
    WeightsError
        If the file is damaged, or holds an object of another class, whose unpickling could run code.
    """
    try:
        with torch.serialization.safe_globals(list(classes)):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except _unreadable() as error:
        raise WeightsError(
            f"The checkpoint {path} cannot be read safely: {_first_line(error)}.",
            "Fetch the original file again; checkpoints with other content are refused, since reading them runs code.",
        ) from error
    if not isinstance(content, dict):
        raise WeightsError(f"The checkpoint {path} holds no parameters.", "Fetch the original file again.")
    return content


def files_version(paths: Sequence[Path]) -> str:
    """Short digest over the files that decide tokens and shape, so that a changed vocabulary changes the identity."""
    joined = "".join(sha256_file(path) for path in sorted(paths) if path.is_file())
    return hashlib.sha256(joined.encode()).hexdigest()[:12]


def _unreadable() -> tuple[type[Exception], ...]:
    from safetensors import SafetensorError

    return (OSError, ValueError, RuntimeError, EOFError, KeyError, pickle.UnpicklingError, SafetensorError)


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__).rstrip(".")[:300]
