"""What a new sequence is to the known one that it is nearest to."""

from __future__ import annotations

from biobridge_core.alignment import align
from biobridge_core.types import Entity, Relative

_FEW = 5  #: changes that are named one by one


def relative(sequence: str, entity: Entity) -> Relative:
    """Align a sequence with a protein's; see `align` for the method."""
    found = align(entity.input, sequence)
    few = found.n_changes <= _FEW
    exchanges = all(len(change.before) == len(change.after) == 1 for change in found.changes)
    changes = tuple(str(change) for change in found.changes) if few else ()
    return Relative(entity, found.identity, changes, found.n_changes, exchanges)
