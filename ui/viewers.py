"""Sequence and structure in the browser: 3Dmol.js, served from assets/vendor, nothing from elsewhere.

3Dmol.js: Rego and Koes, Bioinformatics 2015 (doi:10.1093/bioinformatics/btu829). One frame holds sequence and
structure, so that a selection shows in both at once, without a round to the server.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit.components.v1 as components

if TYPE_CHECKING:
    from biobridge_core.structures import Placement, Structure

FOLDER = Path(__file__).resolve().parent.parent / "assets" / "vendor"


@cache
def _component() -> Any:
    return components.declare_component("biobridge_viewer", path=str(FOLDER))


def molecule_3d(molblock: str, key: str, label: str = "Shape of the molecule in space", height: int = 300) -> None:
    """Show a molecule (MDL molfile, coordinates in ångström) that can be turned with mouse or finger."""
    _component()(kind="molecule", model=molblock, format="sdf", label=label, height=height, key=key, default=None)


def structure_3d(structure: Structure, key: str, label: str = "", height: int = 400) -> None:
    """Show a protein structure without a sequence beside it."""
    protein("", key, structure=structure, label=label, height=height)


def protein(
    sequence: str,
    key: str,
    structure: Structure | None = None,
    places: Sequence[Placement] = (),
    values: Sequence[float] | None = None,
    values_label: str = "",
    label: str = "",
    height: int = 400,
) -> None:
    """Show a sequence, 60 letters a line in blocks of 10, and its structure beside it.

    Parameters
    ----------
    sequence
        Capital one-letter code.
    structure
        What to draw; its confidence colours it where it is a predicted model.
    places
        Which chains of the structure lie where on the sequence; a selection is shared with these.
    values
        One signed number a residue: how much it raises (positive) or lowers a score.
    values_label
        What ``values`` are, for the button.
    """
    extent = sorted(abs(value) for value in values) if values is not None else []
    _component()(
        kind="protein",
        sequence=sequence,
        model=structure.pdb if structure else "",
        format="pdb",
        chains=[chain.id for chain in structure.chains] if structure else [],
        confidence=bool(structure and structure.predicted),
        places=[{"chain": place.chain, "shift": place.shift} for place in places],
        values=[round(float(value), 6) for value in values] if values is not None else None,
        most=extent[int(0.99 * (len(extent) - 1))] if extent else 0.0,  # a single outlier would pale the others
        values_label=values_label,
        label=label or (f"Structure: {structure.name}" if structure and structure.name else ""),
        height=height,
        key=key,
        default=None,
    )
