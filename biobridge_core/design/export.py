"""Candidates as files: SDF, CSV and SMI, every field with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from biobridge_core import spreadsheet
from biobridge_core.chem.sdf import sdf
from biobridge_core.design.results import Result, as_row
from biobridge_core.design.run import Run
from biobridge_core.errors import InputError


def to_sdf(run: Run, result: Result) -> bytes:
    """One record a candidate: its title is the id, and every column of the table is a data field."""
    rows = [as_row(run, candidate) for candidate in result.candidates]
    return sdf([(row["id"], row["smiles"], row) for row in rows]).encode()


def to_csv(run: Run, result: Result) -> bytes:
    """One line a candidate; text that a spreadsheet would run gets an apostrophe."""
    return spreadsheet.write(as_row(run, candidate) for candidate in result.candidates)


def to_smi(run: Run, result: Result) -> bytes:
    """One line a candidate: SMILES, a tab, its id."""
    del run
    return "".join(f"{candidate.smiles}\t{candidate.id}\n" for candidate in result.candidates).encode()


FORMATS: Mapping[str, Callable[[Run, Result], bytes]] = {"sdf": to_sdf, "csv": to_csv, "smi": to_smi}


def export(run: Run, result: Result, form: str) -> bytes:
    """Candidates in one of the `FORMATS`.

    Raises
    ------
    InputError
        If there is no such format.
    """
    if form not in FORMATS:
        raise InputError(f"Candidates cannot be written as {form!r}.", f"Choose from: {', '.join(FORMATS)}.")
    return FORMATS[form](run, result)
