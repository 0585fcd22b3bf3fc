"""Files that people upload: FASTA, CSV, SDF and SMILES lists, read within bounds and tolerant of how they were saved.

A record that cannot be read keeps its place, its line and the reason; the good ones beside it are kept. Nothing is
written to disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from biobridge_core.chem.standardise import looks_like_smiles
from biobridge_core.errors import InputError
from biobridge_core.protein import looks_like_sequence

MAX_BYTES = 20_000_000
MAX_ROWS = 5_000
_LOOKED_AT = 50  #: records that decide what a column holds
_LONG_CELL = 40_000  #: characters; the longest sequence that is read has 35,000
_LONG_RECORD = 500_000  #: characters of one record of an SDF file
_BINARY = (
    (b"PK\x03\x04", "a spreadsheet (XLSX) or a ZIP archive", "Save it as CSV, or unpack it first."),
    (b"\x1f\x8b", "packed with gzip", "Unpack it first."),
    (b"%PDF", "a PDF", "Save the table as CSV."),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (XLS)", "Save it as CSV."),
)
_ENDINGS = {
    "fasta": "fasta", "fa": "fasta", "faa": "fasta", "fas": "fasta", "sdf": "sdf", "sd": "sdf", "mol": "sdf",
    "smi": "smi", "smiles": "smi", "csv": "csv", "tsv": "csv", "tab": "csv", "txt": "",
}  # fmt: skip


class ReadAs(StrEnum):
    """What the cells of the chosen column are."""

    SMILES = "smiles"
    SEQUENCE = "sequence"
    NAME = "name"  #: a name or an id that the graph has


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a file."""

    line: int  #: where it begins, from 1
    cells: tuple[str, ...]
    problem: str = ""  #: why it cannot be read


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was read."""

    name: str  #: its file name
    format: str  #: ``fasta``, ``csv``, ``sdf`` or ``smi``
    columns: tuple[str, ...]
    records: tuple[Record, ...]
    notes: tuple[str, ...]  #: what was assumed or left out, in plain words
    column: int  #: which column most likely holds the inputs
    label: int | None  #: which most likely names them
    read_as: ReadAs  #: and what the inputs most likely are


@dataclass(frozen=True, slots=True)
class Row:
    """One thing to ask about."""

    number: int  #: from 1, in the order of the file
    line: int
    name: str
    value: str
    problem: str = ""


def read(name: str, data: bytes) -> Upload:
    """Read an uploaded file.

    Parameters
    ----------
    name
        Its file name; the ending decides the format, the content where the ending says nothing.
    data
        Its bytes.

    Raises
    ------
    InputError
        If it is empty, larger than 20 MB, no text, or holds no record at all.
    """
    from biobridge_core.upload_table import read_table

    text, notes = decode(data)
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    kind = _ENDINGS.get(ending, "") or _sniffed(text)
    if kind == "csv":
        columns, found, said = read_table(text)
        notes += said
    else:
        columns = ("sequence", "name") if kind == "fasta" else ("smiles", "name")
        found = {"fasta": _fasta, "sdf": _sdf, "smi": _smi}[kind](text)
    records = tuple(islice(found, MAX_ROWS + 1))
    if len(records) > MAX_ROWS:
        notes.append(
            f"The file has more than {MAX_ROWS:,} rows; the first {MAX_ROWS:,} are read, and everything from line "
            f"{records[-1].line:,} on is left out. Upload the rest as a file of its own."
        )
        records = records[:MAX_ROWS]
    if not records:
        raise InputError(
            f"There is no record in {shown(name)}.", "Upload FASTA, CSV, SDF, or a list of SMILES, with at least one."
        )
    column, label, read_as = (0, 1, _KIND[kind]) if kind != "csv" else guess(columns, records)
    return Upload(name, kind, tuple(columns), records, tuple(notes), column, label, read_as)


def rows(upload: Upload, column: int | None = None, label: int | None = None) -> list[Row]:
    """What is asked about: the cells of one column, named by another or by their place.

    A name that occurs twice is kept; each row has its own number and line.
    """
    column = upload.column if column is None else column
    made = []
    for number, record in enumerate(upload.records, start=1):
        cells = record.cells
        value = cells[column].strip() if column < len(cells) else ""
        given = cells[label].strip() if label is not None and label < len(cells) else ""
        problem = record.problem
        if not problem and not value:
            problem = f"The column “{shown(upload.columns[column])}” is empty here."
        if not problem and len(value) > _LONG_CELL:
            problem = f"The cell has {len(value):,} characters; at most {_LONG_CELL:,} are read."
        made.append(Row(number, record.line, shown(given) or f"row {number}", "" if problem else value, problem))
    return made


def repeated(found: Sequence[Row]) -> dict[int, int]:
    """Rows whose name an earlier row has too: number -> line of the first."""
    first: dict[str, int] = {}
    again = {}
    for row in found:
        if row.name in first:
            again[row.number] = first[row.name]
        first.setdefault(row.name, row.line)
    return again


def decode(data: bytes) -> tuple[str, list[str]]:
    """Text of a file in UTF-8 (with or without a byte order mark), UTF-16, or else Windows-1252; and notes.

    Raises
    ------
    InputError
        If there is nothing in it, too much, or something else than text.
    """
    if len(data) > MAX_BYTES:
        raise InputError(
            f"The file has {len(data) / 1e6:.3g} MB; at most {MAX_BYTES / 1e6:.0f} MB are read.", "Split it."
        )
    if not data.strip():
        raise InputError("The file is empty.", "Upload FASTA, CSV, SDF, or a list of SMILES.")
    for start, what, hint in _BINARY:
        if data.startswith(start):
            raise InputError(f"The file is {what}, not text.", hint)
    notes: list[str] = []
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
        notes.append("The file was read as UTF-16.")
    else:
        if b"\x00" in data:
            raise InputError("The file is not text.", "Upload FASTA, CSV, SDF, or a list of SMILES, as plain text.")
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
            notes.append("The file is not in UTF-8; it was read as Latin-1 (Windows-1252). Check letters with accents.")
    return text.replace("\r\n", "\n").replace("\r", "\n"), notes


def shown(text: str, limit: int = 80) -> str:
    """One printable line of foreign text, cut."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * limit]).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def guess(columns: Sequence[str], records: Sequence[Record]) -> tuple[int, int | None, ReadAs]:
    """Which column holds the inputs, which names them, and what the inputs are: by the header, then by the cells."""
    sample = [record for record in records if not record.problem][:_LOOKED_AT]
    best: tuple[float, int, ReadAs] = (-1.0, 0, ReadAs.NAME)
    for place, column in enumerate(columns):
        cells = [c.cells[place].strip() for c in sample if place < len(c.cells) and c.cells[place].strip()]
        for read_as, score in _fits(column, cells).items():
            if score > best[0]:
                best = (score, place, read_as)
    _, column_at, read_as = best
    named = [p for p, c in enumerate(columns) if p != column_at and re.search(r"name|\bids?\b|_id$|^id", c.casefold())]
    others = [place for place in range(len(columns)) if place != column_at]
    return column_at, next(iter([*named, *others]), None), read_as


def _fits(column: str, cells: Sequence[str]) -> dict[ReadAs, float]:
    """How well each reading fits a column: the share of cells that look like it, and what the header says."""
    said = re.sub(r"[\W_]+", " ", column.casefold())
    n = max(len(cells), 1)
    smiles = sum(looks_like_smiles(cell) for cell in cells) / n
    sequence = sum(looks_like_sequence(cell) for cell in cells) / n
    named = 0.2 if cells and sum(bool(re.search("[A-Za-z]{2}", cell)) for cell in cells) > n / 2 else 0.0
    return {
        ReadAs.SMILES: 2 * smiles + (2.0 if "smiles" in said else 0.0),
        ReadAs.SEQUENCE: 2 * sequence + (2.0 if re.search(r"\bseq|sequence|residues", said) else 0.0),
        ReadAs.NAME: named
        + (0.5 if re.search(r"gene|name|symbol|drug|compound|disease|\bid\b|protein", said) else 0.0),
    }


_KIND = {"fasta": ReadAs.SEQUENCE, "sdf": ReadAs.SMILES, "smi": ReadAs.SMILES}


def _sniffed(text: str) -> str:
    start = text.lstrip()
    if start.startswith(">"):
        return "fasta"
    if re.search(r"(?m)^M {2}END|^\$\$\$\$", text):
        return "sdf"
    first = start.partition("\n")[0]
    words = first.split()
    return "smi" if words and looks_like_smiles(words[0]) and not re.search("[,;]", first) else "csv"


def _fasta(text: str) -> Iterator[Record]:
    line, header, parts = 1, None, list[str]()
    for number, content in enumerate([*text.split("\n"), ">"], start=1):
        if not content.startswith(">"):
            if header is None and content.strip():
                header, line = "", number  # letters before the first header
            parts.append(content)
            continue
        if header is not None:
            body = "".join("".join(parts).split())
            name = header.split()[0] if header.split() else ""
            problem = "" if body else "There is a header without a sequence."
            if not header and line:
                problem = "These lines stand before the first header (a line that begins with >)."
            yield Record(line, (body, name), problem)
        header, line, parts = content[1:].strip(), number, []


def _smi(text: str) -> Iterator[Record]:
    for number, content in enumerate(text.split("\n"), start=1):
        if content.strip() and not content.lstrip().startswith("#"):
            first, _, rest = content.strip().replace("\t", " ").partition(" ")
            if number == 1 and first.casefold() in {"smiles", "structure", "canonical_smiles"}:
                continue
            yield Record(number, (first, rest.strip()))


def _sdf(text: str) -> Iterator[Record]:
    from biobridge_core.chem.records import read_record

    start, block = 1, list[str]()
    for number, content in enumerate([*text.split("\n"), "$$$$"], start=1):
        if not content.startswith("$$$$"):
            block.append(content)
            continue
        if any(part.strip() for part in block):
            whole = "\n".join(block)
            if len(whole) > _LONG_RECORD:
                yield Record(start, ("", ""), f"The record has {len(whole):,} characters; that is too large.")
            else:
                try:
                    smiles, name = read_record(whole)
                    yield Record(start, (smiles, name))
                except InputError as error:
                    yield Record(start, ("", shown(block[0])), str(error))
        start, block = number + 1, []
