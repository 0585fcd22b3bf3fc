"""Attribution as it is asked for: the right model in its turn, the relation that is asked about, what was measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from biobridge_core.errors import InputError
from biobridge_core.explain.attribution import Plan, attribute, check
from biobridge_core.explain.score import ContentScore
from biobridge_core.explain.units import Units, windows
from biobridge_core.results import read
from biobridge_core.types import Attribution, InputKind

if TYPE_CHECKING:
    from biobridge_core.bundle import Bundle
    from biobridge_core.encoding import Encoders
    from biobridge_core.retrieve import Head

_HEADLINE = {InputKind.SEQUENCE: "spearman_protein", InputKind.SMILES: "spearman_molecule"}


def attributed(
    bundle: Bundle,
    encoders: Encoders,
    head: Head,
    tail: int,
    relation: str | None,
    say: Callable[[str, float], None],
) -> Attribution:
    """Attribute the cosine of a query with the row ``tail``.

    Parameters
    ----------
    relation
        A direct relation between the two kinds; where None the one with the highest cosine.

    Raises
    ------
    InputError
        If no direct relation joins the two, the one named is not theirs, or the input is too short or too long.
    WeightsError, BusyError
        If the model cannot be used, or too many wait for it.
    """
    graph = bundle.graph
    text = head.text if head.row is None else graph.inputs([head.row])[0]
    units = Units.of(head.kind, text)
    check(units)
    names = _relations(bundle, head.modality, graph.modality(tail))
    if relation is not None and relation not in names:
        raise InputError(f"The relation {relation!r} does not join these two.", f"Use one of: {', '.join(names)}.")
    encoder, plan = encoders.get(head.kind, say), Plan.of(units)
    parts = windows(len(units), plan.width, plan.stride)
    with encoders.turn(head.kind, len(text) * len(parts) / 2, say):
        raw = encoder.encode([text]).vectors
        scores = {
            name: ContentScore(bundle, head.modality, head.kind, name, tail)
            for name in (names if relation is None else [relation])
        }
        best = max(scores, key=lambda name: float(scores[name].cosines(raw)[0]))
        found = attribute(encoder, scores[best], units, relation=best, plan=plan, say=say)
    return replace(found, agreement=_measured(head.kind))


def _relations(bundle: Bundle, modality: str, to: str) -> list[str]:
    if modality == to:
        return [""]  # the cosine in the foundation model's own space
    names = [relation.name for relation in bundle.graph.relations_between(modality, to)]
    names = [name for name in names if name in bundle.bridge.config.relations]
    if not names:
        raise InputError(
            "No relation joins these two kinds directly, so the bridge has no cosine of its own to explain.",
            "Choose a hit of a kind that a relation leads to.",
        )
    return names


def _measured(kind: InputKind) -> float | None:
    """How well what is shown agrees with full windowed occlusion, where that was measured."""
    result = read("attribution") if kind in _HEADLINE else None
    return None if result is None else result.headline.get(_HEADLINE[kind])
