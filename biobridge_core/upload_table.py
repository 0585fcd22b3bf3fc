"""Tables as people save them: commas, semicolons or tabs, with or without a header, some rows broken."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

from biobridge_core.chem.standardise import looks_like_smiles
from biobridge_core.errors import InputError
from biobridge_core.protein import looks_like_sequence
from biobridge_core.uploads import Record, shown

_SEPARATORS = ",;\t|"
_WORDS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_LINES_JOINED = 20  #: a quoted cell may hold so many line breaks
_MAX_COLUMNS = 200
_COLUMN = re.compile(
    r"(?i)([a-z]+[ _-]?)?(smiles|structure|seq(uence)?s?|names?|ids?|genes?|symbols?|drugs?|compounds?|"
    r"proteins?|diseases?|input|query|labels?|notes?|comments?|inchi(key)?)"
)


def read_table(text: str) -> tuple[tuple[str, ...], Iterator[Record], list[str]]:
    """Columns, records and notes of a table.

    Raises
    ------
    InputError
        If the first line has more than 200 columns, or the lines have different numbers of cells and none names them.
    """
    lines = text.split("\n")
    separator = _separator([line for line in lines if line.strip()][:30])
    notes = [] if separator in {",", ""} else [f"The columns are separated by {_WORDS[separator]}."]
    found = _records(lines, separator)
    first = next(found, None)
    if first is None:
        return (), iter(()), notes
    if len(first.cells) > _MAX_COLUMNS:
        raise InputError(
            f"The table has {len(first.cells):,} columns; at most {_MAX_COLUMNS} are read.", "Leave columns out."
        )
    second = next(found, None)
    rest = _chain(second, found)
    if _is_header(first, second):
        columns = _distinct(first.cells)
    else:
        columns = tuple(f"column {i}" for i in range(1, len(first.cells) + 1))
        notes.append("The first line holds data, so the columns are numbered.")
        rest = _chain(first, rest)
    return columns, (_checked(record, len(columns)) for record in rest), notes


def _chain(first: Record | None, rest: Iterator[Record]) -> Iterator[Record]:
    if first is not None:
        yield first
    yield from rest


def _separator(lines: list[str]) -> str:
    """The character that cuts most lines into the same number of cells, at least two; empty for one column.

    Where no number of cells is that of most lines, the header decides, and lines with another number are bad rows.

    Raises
    ------
    InputError
        If the lines have different numbers of cells and no header says how many there should be.
    """
    best, chosen = (0.0, 0), ""
    for separator in _SEPARATORS:
        counts = Counter(len(cells) for cells in _cut(lines, separator))
        width, n = counts.most_common(1)[0] if counts else (1, 0)
        if width > 1 and (n / len(lines), width) > best:
            best, chosen = (n / len(lines), width), separator
    if best[0] > 0.5:
        return chosen
    headed = [separator for separator in _SEPARATORS if _heads_a_table(_cut(lines, separator))]
    if headed:
        return max(headed, key=lines[0].count)
    _refuse_ragged(lines)
    return ""


def _cut(lines: list[str], separator: str) -> list[list[str]]:
    found = []
    for line in lines:
        try:
            found.append(next(csv.reader([line], delimiter=separator), []))
        except csv.Error:  # a cell that is too long; it is a bad row later on
            found.append(line.split(separator))
    return found


def _heads_a_table(lines: list[list[str]]) -> bool:
    """Whether the first line names columns: all of its cells do, or some do and another line has as many cells."""
    first, rest = lines[0] if lines else [], lines[1:]
    if len(first) < 2 or any(_is_data(cell) for cell in first):
        return False
    named = [bool(_COLUMN.fullmatch(cell.strip())) for cell in first]
    return all(named) or (any(named) and any(len(cells) == len(first) for cells in rest))


def _refuse_ragged(lines: list[str]) -> None:
    """Stop where half of the lines are cut by something, each as it likes; a comma before a space is prose."""
    for separator in _SEPARATORS:
        cut = [len(cells) for cells in _cut(lines, separator)]
        tight = sum(bool(re.search(re.escape(separator) + r"[^ ]", line)) for line in lines)
        if tight >= max(len(lines) / 2, 1) and max(cut) > 1:
            raise InputError(
                f"The lines have {min(cut)} to {max(cut)} cells, separated by {_WORDS[separator]}, and no header says "
                "how many there should be.",
                "Name the columns in the first line (for example: name,smiles), and put cells that hold a separator in "
                "quotation marks. Lines with too many or too few cells are then listed one by one.",
            )


def _records(lines: list[str], separator: str) -> Iterator[Record]:
    """Cut lines into cells. A quotation mark that is never closed spoils its own line alone."""
    at = 0
    width = next((line.count(separator) for line in lines if line.strip()), 0) if separator else 0
    while at < len(lines):
        number, content = at + 1, lines[at]
        at += 1
        if not content.strip():
            continue
        if not separator:
            yield Record(number, (content.strip().strip('"'),))
            continue
        joined, used = content, 0
        while joined.count('"') % 2 and used < _LINES_JOINED and at + used < len(lines):
            following = lines[at + used]
            if '"' not in following.replace('""', "") and following.count(separator) == width:
                break  # a line of its own
            joined += "\n" + following
            used += 1
        if joined.count('"') % 2:
            cells = tuple(content.replace('"', "").split(separator))
            yield Record(number, cells, "A quotation mark is opened here and never closed.")
            continue
        at += used
        try:
            cells = tuple(next(csv.reader(io.StringIO(joined, newline=""), delimiter=separator)))
        except csv.Error as error:
            yield Record(number, (), f"The line cannot be read: {error}.")
            continue
        yield Record(number, cells)


def _checked(record: Record, n_columns: int) -> Record:
    if record.problem or len(record.cells) == n_columns:
        return record
    if len(record.cells) > n_columns and not any(cell.strip() for cell in record.cells[n_columns:]):
        return record  # separators too many at the end
    what = f"The line has {len(record.cells)} cells, but there are {n_columns} columns."
    return Record(record.line, record.cells, what)


def _is_header(first: Record, second: Record | None) -> bool:
    """Whether the first line names the columns: short words of which none is an input or a number."""
    if any(_is_data(cell) for cell in first.cells):
        return False
    if second is None:
        return bool(re.search(r"(?i)smiles|sequence|name|\bid\b|gene|drug", " ".join(first.cells)))
    if len(first.cells) == 1:  # a bare list of names has no header unless it says so
        said = r"(?i)\s*(canonical_|isomeric_)?smiles|structure|seq(uence)?s?|names?|ids?|genes?|symbols?|drugs?|"
        return bool(re.fullmatch(said + r"compounds?|proteins?|diseases?|input|query", first.cells[0].strip()))
    return True


def _is_data(cell: str) -> bool:
    word = cell.strip()
    if not word:
        return False
    return bool(re.fullmatch(r"[-+]?\d+([.,]\d+)?", word)) or looks_like_smiles(word) or looks_like_sequence(word)


def _distinct(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Column names: cleaned, none empty, none twice."""
    names: list[str] = []
    for place, cell in enumerate(cells, start=1):
        name = shown(cell, 60) or f"column {place}"
        names.append(name if name not in names else f"{name} ({place})")
    return tuple(names)
