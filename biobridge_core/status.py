"""What is loaded, on which device, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import biobridge_core

if TYPE_CHECKING:
    import torch

    from biobridge_core.bundle import Bundle
    from biobridge_core.config import Settings
    from biobridge_core.encoding import Encoders


@dataclass(frozen=True, slots=True)
class Status:
    """What is loaded, for the screen."""

    profile: str
    device: str
    device_note: str
    engine: str
    encoders: Mapping[str, str]  #: input kind -> encoder id
    missing_encoders: Mapping[str, str]  #: input kind -> why it cannot be used
    waiting_encoders: tuple[str, ...]  #: input kinds whose model is loaded when it is first needed
    counts: Mapping[str, int]  #: modality -> entities
    n_triples: int  #: links; one that several sources give counts once
    graph: str
    bridge: str
    version: str


def status_of(
    settings: Settings, device: torch.device, device_note: str, engine: str, encoders: Encoders, bundle: Bundle
) -> Status:
    """The status of an opened bundle; ``engine`` is what searches the catalogue."""
    graph, missing = bundle.graph, encoders.missing
    ids = bundle.catalogue.encoder_ids
    return Status(
        profile=settings.profile,
        device=str(device),
        device_note=device_note,
        engine=engine,
        encoders={kind.value: name for kind, name in ids.items() if kind not in missing},
        missing_encoders={kind.value: str(error) for kind, error in missing.items()},
        waiting_encoders=tuple(kind.value for kind in encoders.waiting()),
        counts={name: len(graph.rows(name)) for name in graph.modalities},
        n_triples=sum(len(graph.edges(r.name)) for r in graph.relations.values() if r.forward),
        graph=graph.digest[:12],
        bridge=bundle.bridge_digest[:12],
        version=biobridge_core.__version__,
    )
