"""The molecule editor: Ketcher from the package streamlit-ketcher, with a page of ours around it.

The package's own component tells its molecule only when a button is pressed and cannot be given another one later;
``assets/sketch/index.html`` adds both. Everything comes from this machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
import streamlit.components.v1 as components

FOLDER = Path(__file__).resolve().parent.parent / "assets" / "sketch"


@dataclass(frozen=True, slots=True)
class Edit:
    """What a person drew."""

    smiles: str  #: as the editor writes it; may be empty
    version: int  #: of the molecule that was loaded before


@cache
def _component() -> Any:
    import streamlit_ketcher  # its files are served once it is imported

    assert streamlit_ketcher.st_ketcher
    return components.declare_component("biobridge_sketch", path=str(FOLDER))


def editor(smiles: str, version: int, key: str, on_change: Callable[[], None], height: int = 430) -> None:
    """Show the editor.

    Parameters
    ----------
    smiles
        What to load when ``version`` differs from what is loaded.
    version
        Raised to load another molecule; edits leave it alone.
    on_change
        Called before the next run when something was drawn; see :func:`edit`.
    """
    _component()(smiles=smiles, version=version, height=height, key=key, default=None, on_change=on_change)


def edit(key: str) -> Edit | None:
    """What was drawn last in the editor of that key; None where nothing was, or it makes no sense."""
    value = st.session_state.get(key)
    if not isinstance(value, dict):
        return None
    smiles, version = value.get("smiles"), value.get("version")
    if not isinstance(smiles, str) or not isinstance(version, int):
        return None
    return Edit(smiles.strip(), version)
