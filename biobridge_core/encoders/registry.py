"""Encoders by name. A model's module is imported only when that model is asked for."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, cast

from biobridge_core.errors import WeightsError

if TYPE_CHECKING:
    from biobridge_core.config import Settings
    from biobridge_core.encoders.base import Encoder

#: Pattern of a name -> module of this package whose ``load(name, settings)`` makes the encoder. The first match wins.
PATTERNS: Mapping[str, str] = {
    r"unirep": "unirep",
    r"chemnet": "chemnet",
    r"minilm": "minilm",
    r"(facebook/)?esm2_.+": "esm2",
    r"unimol.*": "unimol",
    r"(pubmedbert|[\w.-]+/[\w.-]+)": "bert",
}


class _Module(Protocol):
    def load(self, name: str, settings: Settings) -> Encoder: ...


def module_of(name: str) -> str:
    """Module that makes the encoder called ``name``.

    Raises
    ------
    WeightsError
        If no encoder goes by that name.
    """
    for pattern, module in PATTERNS.items():
        if re.fullmatch(pattern, name):
            return module
    raise WeightsError(
        f"There is no encoder called {name!r}.",
        "Use unirep, chemnet, minilm, esm2_<size>, unimol, or the hub name of a BERT, e.g. owner/model.",
    )


def create(name: str, settings: Settings) -> Encoder:
    """Load a frozen encoder onto the device of the settings.

    Raises
    ------
    WeightsError
        If the name is unknown or the weights are missing or unreadable.
    ArtifactError
        If the settings name a device that is not there.
    """
    module = cast("_Module", importlib.import_module(f"biobridge_core.encoders.{module_of(name)}"))
    if settings.threads:
        import torch

        torch.set_num_threads(settings.threads)
    return module.load(name, settings)
