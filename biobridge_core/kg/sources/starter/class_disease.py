"""Which therapeutic class is used for which disease: a small table curated for this graph.

The rows were written from ATC's own class names and the sections of the WHO list of essential medicines, and closed
before any set of indications was opened. They are never edited to fit such a set: that is what makes the figures of
``benchmarks/composition.py`` honest.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from biobridge_core.errors import GraphError
from biobridge_core.kg.schema import ENTITY_COLUMNS, TRIPLE_COLUMNS, Context, Tables

if TYPE_CHECKING:
    from biobridge_core.kg.packages import Packages

SOURCE = "curated_class_disease"
RELATION = "therapeutic_class_used_for_disease"
TABLE = Path(__file__).with_name("class_disease.csv")

_COLUMNS = ("atc", "disease", "disease_name", "who_section", "reason")
_ATC = re.compile(r"[A-Z]\d\d(?:[A-Z][A-Z]?)?")  # levels 2, 3 and 4
_MONDO = re.compile(r"MONDO:\d{7}")
_SECTION = re.compile(r"(?:\d+(?:\.\d+)* \S.*)?")


@dataclass(frozen=True, slots=True)
class Row:
    """One curated row with its line in the file (the header is line 1)."""

    line: int
    atc: str
    disease: str
    disease_name: str
    who_section: str
    reason: str

    @property
    def evidence(self) -> str:
        """The reason, and the section of the WHO list where one supports it."""
        section = f" WHO essential medicines, section {self.who_section}." if self.who_section else ""
        return self.reason + section


def rows(path: Path = TABLE) -> list[Row]:
    """Read and check the table.

    Raises
    ------
    GraphError
        Naming the file and line of the first row that is incomplete, malformed or given twice.
    """
    with path.open(encoding="utf-8", newline="") as handle:
        reader = csv.reader(handle)
        header = tuple(next(reader, ()))
        if header != _COLUMNS:
            raise GraphError(f"{path.name} has the columns {', '.join(header)}.", f"Needed: {', '.join(_COLUMNS)}.")
        found: list[Row] = []
        seen: set[tuple[str, str]] = set()
        for cells in reader:
            problem = _problem(cells)
            if not problem and (cells[0], cells[1]) in seen:
                problem = f"{cells[0]} and {cells[1]} stand there twice"
            if problem:
                raise GraphError(f"{path.name}, line {reader.line_num}: {problem}.", "Correct the row.")
            seen.add((cells[0], cells[1]))
            found.append(Row(reader.line_num, *cells))
    return found


def _problem(cells: list[str]) -> str:
    """What is wrong with a row, or an empty string."""
    if len(cells) != len(_COLUMNS):
        return f"{len(cells)} cells instead of {len(_COLUMNS)}"
    atc, disease, name, section, reason = cells
    checks = (
        (_ATC.fullmatch(atc), f"{atc!r} is no ATC code of level 2, 3 or 4"),
        (_MONDO.fullmatch(disease), f"{disease!r} is no MONDO id"),
        (name.strip(), "the disease has no name"),
        (_SECTION.fullmatch(section), f"{section!r} is no section of the WHO list"),
        (reason.strip(), "there is no reason"),
    )
    return next((problem for good, problem in checks if not good), "")


def read(packages: Packages, context: Context) -> Tables:
    """Links from therapeutic class to disease, with the reason as evidence.

    Parameters
    ----------
    packages
        Not read: the table is part of this project.
    context
        Gives the classes and diseases that are in the graph. A row whose class or disease is not among them is
        counted in ``dropped`` with its line.

    Raises
    ------
    GraphError
        If the table itself is damaged.
    """
    triples: list[tuple[str, str, str, str, str, str]] = []
    dropped: dict[str, int] = {}
    for row in rows():
        head = f"ATC:{row.atc}"
        tail = context.disease_by_xref.get(row.disease)
        missing = [name for name, there in ((head, head in context.class_ids), (row.disease, tail)) if not there]
        if tail is None or missing:
            dropped[f"class_disease.csv line {row.line}: {' and '.join(missing)} not in the graph"] = 1
            continue
        triples.append((head, RELATION, tail, SOURCE, row.evidence, ""))
    return Tables(
        entities=pd.DataFrame(columns=list(ENTITY_COLUMNS)),
        triples=pd.DataFrame(triples, columns=list(TRIPLE_COLUMNS)),
        dropped=dropped,
    )
