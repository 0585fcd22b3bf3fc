"""A file that is odd or broken gets what docs/bad-input.md says; its good rows are kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rdkit import Chem

from biobridge_core import uploads
from biobridge_core.errors import InputError

DOCUMENT = (Path(__file__).resolve().parents[1] / "docs" / "bad-input.md").read_text(encoding="utf-8")
SAID = dict(
    re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", DOCUMENT.partition("## Files")[2].partition("## ")[0], re.MULTILINE)
)
ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
_MOL = Chem.MolToMolBlock(Chem.MolFromSmiles(ASPIRIN))
_PROTEIN = "MVHLTPVEKSAVTALW"

#: name in the document -> file name, bytes, how many rows are good
FILES = {
    "empty": ("a.csv", b"", 0),
    "CSV with a header and nothing else": ("a.csv", b"smiles,name\n", 0),
    "50 MB": ("a.smi", b"CCO\n" * (50 * 2**20 // 4), 0),
    "no text (a picture, a program)": ("a.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, 0),
    "CSV in Latin-1": ("a.csv", f"smiles,name\n{ASPIRIN},Acétyl\n".encode("latin-1"), 1),
    "CSV with a byte-order mark": ("a.csv", f"\ufeffsmiles,name\n{ASPIRIN},aspirin\n".encode(), 1),
    "CSV in UTF-16": ("a.csv", f"smiles,name\n{ASPIRIN},aspirin\n".encode("utf-16"), 1),
    "CSV without a header": ("a.csv", f"{ASPIRIN},aspirin\nCCO,ethanol\n".encode(), 2),
    "CSV with semicolons": ("a.csv", f"name;smiles\naspirin;{ASPIRIN}\nethanol;CCO\n".encode(), 2),
    "5,001 rows": ("a.smi", b"CCO\n" * 5001, 5000),
    "SDF with a broken record in the middle": (
        "a.sdf",
        f"{_MOL}\n$$$$\nbroken\n  x\n\n  3  2\nnonsense\nM  END\n$$$$\n{_MOL}\n$$$$\n".encode(),
        2,
    ),
    "FASTA with an empty record in the middle": ("a.fasta", f">a\n{_PROTEIN}\n>b\n\n>c\n{_PROTEIN}\n".encode(), 2),
    "CSV with a quotation mark that is never closed": ("a.csv", b'smiles,name\nCCO,ethanol\n"CCN,amine\nCCC,x\n', 1),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_gets_what_the_document_says(case: str) -> None:
    name, data, good = FILES[case]
    if not good:
        with pytest.raises(InputError) as caught:
            uploads.read(name, data)
        assert f"{caught.value.message} {caught.value.hint}" == SAID[case]
        return
    upload = uploads.read(name, data)
    rows = uploads.rows(upload)
    problems = [row.problem for row in rows if row.problem]
    assert len(rows) - len(problems) >= good
    said = [*upload.notes, *problems]
    assert said == ([] if SAID[case].startswith("(nothing") else [SAID[case]])


def test_every_row_of_the_table_is_tried() -> None:
    assert set(FILES) == set(SAID) - {"file"}
