"""Candidates as files: SDF, CSV and SMI, every field with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from biobridge_core import spreadsheet
from biobridge_core.chem.sdf import sdf
from biobridge_core.design.results import Result, as_row
from biobridge_core.design.run import Run
from biobridge_core.errors import InputError

Rows = Sequence[Mapping[str, Any]]  #: as `results.as_row` makes them


def to_sdf(rows: Rows) -> bytes:
    """One record a candidate: its title is the id, and every column of the table is a data field."""
    return sdf([(row["id"], row["smiles"], row) for row in rows]).encode()


def to_csv(rows: Rows) -> bytes:
    """One line a candidate; text that a spreadsheet would run gets an apostrophe."""
    return spreadsheet.write(rows)


def to_smi(rows: Rows) -> bytes:
    """One line a candidate: SMILES, a tab, its id."""
    return "".join(f"{row['smiles']}\t{row['id']}\n" for row in rows).encode()


FORMATS: Mapping[str, Callable[[Rows], bytes]] = {"sdf": to_sdf, "csv": to_csv, "smi": to_smi}


def export(run: Run, result: Result, form: str) -> bytes:
    """Candidates in one of the `FORMATS`.

    Raises
    ------
    InputError
        If there is no such format.
    """
    return export_rows([as_row(run, candidate) for candidate in result.candidates], form)


def export_rows(rows: Rows, form: str) -> bytes:
    """Rows of the table in one of the `FORMATS`.

    Raises
    ------
    InputError
        If there is no such format.
    """
    if form not in FORMATS:
        raise InputError(f"Candidates cannot be written as {form!r}.", f"Choose from: {', '.join(FORMATS)}.")
    return FORMATS[form](rows)
