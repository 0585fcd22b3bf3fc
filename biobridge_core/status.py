"""What is loaded, on which device, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


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
