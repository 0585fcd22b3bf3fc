"""Ways in which a drug acts on a protein: which of them a verb means, and which are told where it is another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from biobridge_core.answer.relations import ACTIONS
from biobridge_core.answer.types import Step

_BINDS = "drug_binds_protein"
_BACK = "_inverse"
#: Action that is asked for -> others that are it as well: whatever acts on a protein binds it, what blocks it inhibits
#: it.
_COUNTS: Mapping[str, tuple[str, ...]] = {
    _BINDS: tuple(name for name in ACTIONS if name != _BINDS),
    "drug_blocks_protein": ("drug_antagonist_of_protein", "drug_inhibits_protein"),
    "drug_inhibits_protein": ("drug_blocks_protein",),
}


def action_of(steps: Sequence[Step]) -> str:
    """The one way of acting that a plan of one step asks for, as from drug to protein; empty where it is no such."""
    if len(steps) != 1 or len(steps[0].relations) != 1:
        return ""
    name = steps[0].relations[0].removesuffix(_BACK)
    return name if name in ACTIONS else ""


def counted_as(steps: Sequence[Step]) -> Step | None:
    """The further relations that mean what a plan of one step asks for; None where there are none."""
    return _like(steps, _COUNTS.get(action_of(steps), ()))


def others(steps: Sequence[Step]) -> Step | None:
    """All further ways of acting; None where a plan does not ask for one."""
    action = action_of(steps)
    return _like(steps, tuple(name for name in ACTIONS if name != action) if action else ())


def _like(steps: Sequence[Step], names: Sequence[str]) -> Step | None:
    if not names:
        return None
    ending = _BACK if steps[0].relations[0].endswith(_BACK) else ""
    return Step(tuple(name + ending for name in names))
