"""The Anatomical Therapeutic Chemical classes, levels 1 to 4, as entities, with their hierarchy.

Codes and names come from the table of approved drugs that ADMET-AI ships (doi:10.1093/bioinformatics/btae416); the
classification is the WHO's. That table gives a drug's codes in one cell and the names of each level in another, *sorted
by name*, so which name belongs to which code has to be worked out over all rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from biobridge_core.errors import GraphError
from biobridge_core.kg.schema import ENTITY_COLUMNS, TRIPLE_COLUMNS, Context, Tables
from biobridge_core.kg.sources.starter.describe import encoder_text
from biobridge_core.types import InputKind

if TYPE_CHECKING:
    from biobridge_core.kg.packages import Packages

SOURCE = "atc"
RELATION = "therapeutic_class_is_a"
MEMBER = "admet_ai/resources/data/drugbank_approved.csv"

_LENGTHS = (1, 3, 4, 5)  #: characters of a code at levels 1 to 4
_CODE = re.compile(r"[A-Z]\d\d[A-Z][A-Z]")

#: Words that keep their capitals when an all-capitals name is written as a sentence.
_KEEP = frozenset(re.findall(r"\S+", "ACE ADHD GORD UV-RADIATION I.V. I II III A C D K B1 B6 B12 X-RAY"))

#: Codes whose name no combination of rows settles, from the WHO's index. Each is checked to stand in its rows.
_SETTLED = {
    "S03B": "CORTICOSTEROIDS",
    "A02BB": "Prostaglandins",
    "A07AC": "Imidazole derivatives",
    "A07AX": "Other intestinal antiinfectives",
    "A07EB": "Antiallergic agents, excl. corticosteroids",
    "B02BC": "Local hemostatics",
    "B05BB": "Solutions affecting the electrolyte balance",
    "B05XX": "Other i.v. solution additives",
    "C02DA": "Thiazide derivatives",
    "C02DB": "Hydrazinophthalazine derivatives",
    "C02DG": "Guanidine derivatives",
    "C02KC": "MAO inhibitors",
    "C02LG": "Hydrazinophthalazine derivatives and diuretics",
    "C02LL": "MAO inhibitors and diuretics",
    "C02LX": "Other antihypertensives and diuretics",
    "C07BG": "Alpha and beta blocking agents and thiazides",
    "C07CG": "Alpha and beta blocking agents and other diuretics",
    "C09CA": "Angiotensin II receptor blockers (ARBs), plain",
    "C09DA": "Angiotensin II receptor blockers (ARBs) and diuretics",
    "D05AD": "Psoralens for topical use",
    "D05BA": "Psoralens for systemic use",
    "D07AA": "Corticosteroids, weak (group I)",
    "D07BA": "Corticosteroids, weak, combinations with antiseptics",
    "D07CA": "Corticosteroids, weak, combinations with antibiotics",
    "D07CB": "Corticosteroids, moderately potent, combinations with antibiotics",
    "D07XA": "Corticosteroids, weak, other combinations",
    "D07XB": "Corticosteroids, moderately potent, other combinations",
    "D08AF": "Nitrofuran derivatives",
    "G01AB": "Arsenic compounds",
    "J01XD": "Imidazole derivatives",
    "J02AA": "Antibiotics",
    "J02AB": "Imidazole derivatives",
    "L02AB": "Progestogens",
    "M03BC": "Ethers, chemically close to antihistamines",
    "N01AF": "Barbiturates, plain",
    "N04AB": "Ethers chemically close to antihistamines",
    "P01CD": "Arsenic compounds",
    "R03AA": "Alpha- and beta-adrenoreceptor agonists",
    "R03BC": "Antiallergic agents, excl. corticosteroids",
    "S02BA": "Corticosteroids",
    "S03BA": "Corticosteroids",
    "V03AH": "Drugs for treatment of hypoglycemia",
}


@dataclass(frozen=True, slots=True)
class Row:
    """The ATC cells of one drug: its codes, and for each level the names of all of them, in no useful order."""

    codes: tuple[str, ...]
    names: tuple[frozenset[str], ...]


def read(packages: Packages, context: Context) -> Tables:
    """Read the classes and which is a kind of which.

    Returns
    -------
    Tables
        Entities ``ATC:L``, ``ATC:L01``, ``ATC:L01E``, ``ATC:L01EB`` of modality therapeutic_class, and
        ``therapeutic_class_is_a`` triples from child to parent.

    Raises
    ------
    GraphError
        If the name of a code cannot be told.
    """
    table = approved_table(packages)
    rows, dropped = atc_rows(table)
    return tables(names_of_codes(rows), dropped)


def approved_table(packages: Packages) -> pd.DataFrame:
    """Read ADMET-AI's table of approved drugs: one row a drug, every cell text, "" where absent."""
    return pd.read_csv(packages.open("admet-ai", MEMBER), dtype=str, keep_default_na=False)


def codes(cell: str) -> list[str]:
    """Return the level 4 codes of a cell such as ``J05AF;J05AR``, sorted, malformed ones left out."""
    return sorted({code.strip() for code in cell.split(";") if _CODE.fullmatch(code.strip())})


def atc_rows(table: pd.DataFrame) -> tuple[list[Row], dict[str, int]]:
    """Return the rows that carry codes, and how many were left out and why."""
    rows, malformed = [], 0
    for cells in table.to_dict("records"):
        good = codes(cells["atc"])
        malformed += len({code for code in cells["atc"].split(";") if code}) - len(good)
        if good:
            names = tuple(frozenset(cells[f"atc_name_{level}"].split(";")) for level in (1, 2, 3, 4))
            rows.append(Row(tuple(good), names))
    return rows, {"ATC code that is not of level 4": malformed} if malformed else {}


def names_of_codes(rows: Iterable[Row]) -> dict[str, str]:
    """Work out the name of every code of every level.

    A code's name is in the names of all rows that have the code; a name that only one code of a row can have is that
    code's. What this leaves open is settled by the WHO's index.

    Raises
    ------
    GraphError
        If a code is left with no name, or with several, or the names do not explain a row.
    """
    rows = list(rows)
    result: dict[str, str] = {}
    for level, length in enumerate(_LENGTHS):
        cells = [(sorted({code[:length] for code in row.codes}), row.names[level]) for row in rows]
        named = _solve(cells)
        for present, names in cells:
            if {named[code] for code in present} != set(names):
                raise GraphError(
                    f"The ATC codes {', '.join(present)} do not have the names {'; '.join(sorted(names))}.",
                    "Correct the settled names in the ATC module.",
                )
        result |= named
    return result


def _solve(cells: list[tuple[list[str], frozenset[str]]]) -> dict[str, str]:
    options: dict[str, set[str]] = {}
    for present, names in cells:
        for code in present:
            options[code] = options.get(code, set(names)) & names
    for code, name in _SETTLED.items():
        if len(options.get(code, ())) > 1 and name in options[code]:
            options[code] = {name}
    changed = True
    while changed:
        changed = False
        for present, names in cells:
            for name in names:
                able = [code for code in present if name in options[code]]
                if len(able) == 1 and len(options[able[0]]) > 1:
                    options[able[0]] = {name}
                    changed = True
    for code, names_left in options.items():
        if len(names_left) != 1:
            raise GraphError(
                f"The name of ATC code {code} is one of: {'; '.join(sorted(names_left)) or 'none'}.",
                "Add it to the settled names in the ATC module.",
            )
    return {code: next(iter(names_left)) for code, names_left in options.items()}


def readable(name: str) -> str:
    """Return a name in sentence case: ``ACE INHIBITORS, PLAIN`` becomes ``ACE inhibitors, plain``.

    >>> readable("ANGIOTENSIN II RECEPTOR BLOCKERS (ARBs), PLAIN")
    'Angiotensin II receptor blockers (ARBs), plain'
    >>> readable("VITAMIN A AND D, INCL. COMBINATIONS OF THE TWO")
    'Vitamin A and D, incl. combinations of the two'
    """
    name = " ".join(name.split())
    if sum(character.isupper() for character in name) * 2 < sum(character.isalpha() for character in name):
        return name
    text = " ".join(word if word.strip("(),") in _KEEP or not word.isupper() else word.lower() for word in name.split())
    text = (
        text.replace("UV-RADIATION", "UV-radiation")
        .replace("X-RAY", "X-ray")
        .replace("anti-parkinson", "anti-Parkinson")
    )
    return text[:1].upper() + text[1:]


def tables(names: dict[str, str], dropped: dict[str, int]) -> Tables:
    """Write the classes and their hierarchy as graph tables."""
    entities, triples = [], []
    for code in sorted(names):
        above = [code[:length] for length in _LENGTHS if length < len(code)]
        chain = " › ".join(readable(names[parent]) for parent in above)
        name = readable(names[code])
        definition = (
            f"Drug class within: {chain}." if chain else "Main anatomical group of drugs in the ATC classification."
        )
        entities.append(
            {
                "id": f"ATC:{code}",
                "modality": "therapeutic_class",
                "name": name,
                "full_name": "",
                "synonyms": [code],
                "definition": definition,
                "xrefs": [],
                "input_kind": InputKind.TEXT.value,
                "input": encoder_text(name, definition, ()),
                "source": SOURCE,
                "flags": [f"level_{_LENGTHS.index(len(code)) + 1}"],
            }
        )
        if above:
            triples.append((f"ATC:{code}", RELATION, f"ATC:{above[-1]}", SOURCE, "ATC code", ""))
    return Tables(
        pd.DataFrame(entities, columns=list(ENTITY_COLUMNS)),
        pd.DataFrame(triples, columns=list(TRIPLE_COLUMNS)),
        dropped,
    )
