"""The page of an entity: its heading, then the sections that fit what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biobridge_core.types import InputKind, Query, QueryKind
from ui import state
from ui.entity import common, disease, molecule, protein, term

if TYPE_CHECKING:
    from biobridge_core.service import BridgeService


def show(bridge: BridgeService, query: Query) -> None:
    """Everything about one query."""
    about = common.subject(bridge, query)
    now = state.current()
    state.write(state.to_address(state.Ask(q=now.q, sense=now.sense), query))
    common.heading(bridge, about)
    kind = bridge.modalities[about.modality].input_kind
    if query.kind is QueryKind.SEQUENCE or kind is InputKind.SEQUENCE:
        protein.show(bridge, about)
    elif query.kind is QueryKind.SMILES or kind is InputKind.SMILES:
        molecule.show(bridge, about)
    elif about.modality in ("disease", "phenotype"):
        disease.show(bridge, about)
    else:
        term.show(bridge, about)
