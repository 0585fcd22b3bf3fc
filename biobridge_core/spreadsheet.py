"""Rows as CSV for a spreadsheet: nothing in a cell is run, and letters of all scripts are read as they are."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

_FORMULA = ("=", "+", "@", "-", "\t", "\r")


def write(rows: Iterable[Mapping[str, object]]) -> bytes:
    """CSV in UTF-8 with a byte order mark; the first row says the columns. No rows, no bytes but the mark.

    Text that a spreadsheet would run as a formula gets a leading apostrophe; a number stays one.
    """
    out = io.StringIO()
    writer: csv.DictWriter[str] | None = None
    for row in rows:
        line = {name: _inert(cell) for name, cell in row.items()}
        if writer is None:
            writer = csv.DictWriter(out, list(line), lineterminator="\n")
            writer.writeheader()
        writer.writerow(line)
    return out.getvalue().encode("utf-8-sig")


def _inert(cell: object) -> object:
    if not isinstance(cell, str) or not cell.startswith(_FORMULA):
        return cell
    try:
        float(cell)
    except ValueError:
        return "'" + cell
    return cell
