from __future__ import annotations

import pytest
from rdkit import Chem
from samples import ASPIRIN, TP53

from biobridge_core.errors import InputError
from biobridge_core.uploads import MAX_BYTES, MAX_ROWS, ReadAs, read, repeated, rows

TABLE = f"name;smiles\nAspirin;{ASPIRIN}\nCafé;CCO\n"


def _mol(smiles: str, name: str = "") -> str:
    mol = Chem.MolFromSmiles(smiles)
    mol.SetProp("_Name", name)
    return str(Chem.MolToMolBlock(mol))


def test_latin_1_is_read_and_said() -> None:
    found = read("drugs.csv", TABLE.encode("latin-1"))
    assert [row.name for row in rows(found, label=0)] == ["Aspirin", "Café"]
    assert any("Latin-1" in note for note in found.notes)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_part_of_the_first_column(encoding: str) -> None:
    found = read("drugs.csv", TABLE.encode(encoding))
    assert found.columns == ("name", "smiles")
    assert rows(found, label=0)[1].name == "Café"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends(separator: str, end: str) -> None:
    found = read("x.csv", TABLE.replace(";", separator).replace("\n", end).encode())
    assert (found.columns[found.column], found.label, found.read_as) == ("smiles", 0, ReadAs.SMILES)
    assert [(row.line, row.value) for row in rows(found)] == [(2, ASPIRIN), (3, "CCO")]


def test_without_a_header_the_columns_are_numbered() -> None:
    found = read("x.csv", f"{ASPIRIN},aspirin\nCCO,ethanol\n".encode())
    assert found.columns == ("column 1", "column 2")
    assert [row.name for row in rows(found, label=found.label)] == ["aspirin", "ethanol"]
    assert read("x.csv", b"SCN1A\nTP53\n").read_as is ReadAs.NAME
    assert len(read("x.csv", b"SCN1A\nTP53\n").records) == 2


def test_what_a_column_holds_is_guessed_from_header_and_cells() -> None:
    found = read("x.csv", f"id,note,protein_seq\n1,a,{TP53}\n2,b,{TP53[:40]}\n".encode())
    assert (found.column, found.label, found.read_as) == (2, 0, ReadAs.SEQUENCE)
    found = read("x.csv", b"gene,count\nSCN1A,3\nTP53,4\n")
    assert (found.column, found.read_as) == (0, ReadAs.NAME)


def test_broken_lines_keep_their_line_and_reason_and_the_good_ones_are_kept() -> None:
    text = 'id,smiles\n1,CCO\n2,CC,CC\n3,"CCN\n4,CCC\n5,\n6,"C\n7,"C ""x"" C"\n'
    found = rows(read("x.csv", text.encode()))
    problems = {row.line: row.problem for row in found}
    assert problems[2] == problems[5] == ""
    assert "3 cells, but there are 2 columns" in problems[3]
    assert "never closed" in problems[4] or "cells" in problems[4]
    assert "is empty here" in problems[6]
    assert [row.value for row in found if row.line in {2, 5}] == ["CCO", "CCC"]


RAGGED = {
    "half of the rows": f"name,smiles\naspirin,{ASPIRIN}\nethanol,CCO,x\nwater\n",
    "all but one row": f"id,note,smiles\n1,a,{ASPIRIN}\n2,CCO\n3,b,CCN,x,y\n4\n5,CCC\n6,a,b,c,d,e\n",
    "semicolons": f"drug_name;canonical smiles\naspirin;{ASPIRIN}\na;b;c\nd\n",
    "tabs": f"compound\tSMILES\naspirin\t{ASPIRIN}\na\tb\tc\nd\n",
    "no row fits": "name,smiles\nethanol\nwater\nmethane,C,x\n",
}


@pytest.mark.parametrize("kind", list(RAGGED))
def test_ragged_rows_are_bad_rows_with_their_line_and_none_is_lost(kind: str) -> None:
    text = RAGGED[kind]
    found = read("x.csv", text.encode())
    lines = text.splitlines()
    width = max(len(lines[0].split(separator)) for separator in ",;\t")
    assert len(found.columns) == width
    made = rows(found)
    assert [row.line for row in made] == list(range(2, len(lines) + 1))
    cells = [max(len(line.split(separator)) for separator in ",;\t") for line in lines[1:]]
    for row, n in zip(made, cells, strict=True):
        assert row.problem == ("" if n == width else f"The line has {n} cells, but there are {width} columns.")
    assert [row.value for row in made if not row.problem] == ([] if kind == "no row fits" else [ASPIRIN])


@pytest.mark.parametrize(
    "text",
    [
        f"{ASPIRIN},aspirin\nCCO\n",
        f"{ASPIRIN},aspirin\nCCO\nCCN,a,b\nCCC,a,b,c\n",
        "SCN1A;1\nTP53\nBRCA1;2;3\nBRCA2;5;6;7\n",
        "a\tb\nc\nd\te\tf\n",
    ],
)
def test_ragged_lines_without_a_header_are_refused_with_the_way_out(text: str) -> None:
    with pytest.raises(InputError, match="no header says how many") as caught:
        read("x.csv", text.encode())
    assert "quotation marks" in caught.value.hint
    assert "Name the columns in the first line" in caught.value.hint


@pytest.mark.parametrize(
    "names", ["SCN1A\nEhlers-Danlos syndrome, classic type\nTP53\n", "epilepsy, early\nx, y, and z\nTP53\nBRCA1\n"]
)
def test_names_with_a_comma_in_them_are_no_ragged_table(names: str) -> None:
    found = read("x.csv", names.encode())
    assert len(found.columns) == 1
    assert [row.value for row in rows(found)] == names.splitlines()
    assert not any(row.problem for row in rows(found))


def test_a_quoted_cell_may_hold_a_line_break() -> None:
    found = read("x.csv", b'name,smiles\n"a\nb",CCO\nc,CCN\n')
    assert [(record.line, record.cells) for record in found.records] == [(2, ("a\nb", "CCO")), (4, ("c", "CCN"))]


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"PK\x03\x04rest", "XLSX"),
        (b"\x1f\x8brest", "gzip"),
        (b"%PDF-1.7", "PDF"),
        (b"a\x00b", "not text"),
        (b"name,smiles\n", "no record"),
        (b"C" * (MAX_BYTES + 1), "MB"),
    ],
)
def test_what_cannot_be_a_table_is_refused_with_the_way_out(data: bytes, word: str) -> None:
    with pytest.raises(InputError, match=word) as caught:
        read("x.csv", data)
    assert caught.value.hint


def test_fifty_megabytes_are_refused_without_being_read() -> None:
    with pytest.raises(InputError, match="50 MB; at most 20 MB"):
        read("x.csv", b"x" * 50_000_000)


def test_of_5001_rows_5000_are_kept_and_it_is_said_from_which_line_on_they_are_not() -> None:
    found = read("x.csv", ("smiles\n" + "CCO\n" * (MAX_ROWS + 1)).encode())
    assert len(found.records) == MAX_ROWS
    assert any("from line 5,002 on" in note for note in found.notes)
    exactly = read("x.csv", ("smiles\n" + "CCO\n" * MAX_ROWS).encode())
    assert len(exactly.records) == MAX_ROWS
    assert not exactly.notes


def test_fasta() -> None:
    text = f"junk\n>a first\n{TP53[:40]}\n{TP53[40:]}\n>b\n>a\nMKTAYIAKQR\n"
    found = read("p.fa", text.encode())
    made = rows(found, label=1)
    assert [(row.line, row.name) for row in made] == [(1, "row 1"), (2, "a"), (5, "b"), (6, "a")]
    assert made[1].value == TP53
    assert "before the first header" in made[0].problem
    assert "without a sequence" in made[2].problem
    assert repeated(made) == {4: 2}


def test_an_sdf_with_broken_records_in_the_middle() -> None:
    good, other = _mol("CCO", "ethanol"), _mol("c1ccccc1")
    far_bond = _mol("CCO").replace("\n  1  2  1  0\n", "\n  1  7  1  0\n")
    parts = [good, good[: len(good) // 3], far_bond, "x\n\n\nnonsense\nM  END\n", f"{other}> <ID>\nB1\n"]
    found = read("m.sdf", ("\n$$$$\n".join(parts) + "\n$$$$\n").encode())
    made = rows(found, label=1)
    assert [bool(row.problem) for row in made] == [False, True, True, True, False]
    assert [row.value for row in made if not row.problem] == ["CCO", "c1ccccc1"]
    assert (made[0].name, made[4].name) == ("ethanol", "B1")
    assert made[4].line > made[3].line > made[2].line > made[1].line > 1
    assert "M  END" in made[1].problem
    assert "fourth line" in made[3].problem


def test_a_list_of_smiles() -> None:
    found = read("x.smi", b"smiles name\nCCO ethanol\n# a note\nCCN\tethylamine two\n")
    assert [(row.line, row.value, row.name) for row in rows(found, label=1)] == [
        (2, "CCO", "ethanol"),
        (4, "CCN", "ethylamine two"),
    ]


@pytest.mark.parametrize(
    ("text", "kind"), [(">a\nMKT", "fasta"), ("CC(=O)O a\nCCN b", "smi"), ("a,b\n1,2", "csv"), (_mol("CCO"), "sdf")]
)
def test_the_content_decides_where_the_ending_says_nothing(text: str, kind: str) -> None:
    assert read("file.txt", text.encode()).format == kind


def test_odd_names_are_one_printable_line() -> None:
    found = read("x.csv", "name,smiles\n<script>\u202ealert(1)\x07,CCO\n".encode())
    name = rows(found, label=0)[0].name
    assert name.isprintable()
    assert len(name) <= 80


def test_a_cell_that_is_far_too_long_is_a_bad_row() -> None:
    found = rows(read("x.csv", ("name,sequence\na," + "A" * 50_000 + "\nb," + TP53 + "\n").encode()))
    assert "50,000 characters" in found[0].problem
    assert not found[1].problem


def test_a_cell_longer_than_a_table_may_have_is_a_bad_row_and_the_others_are_read() -> None:
    found = rows(read("x.csv", ("name,sequence\na," + "A" * 200_000 + "\nb," + TP53 + "\n").encode()))
    assert [bool(row.problem) for row in found] == [True, False]
    assert "cannot be read" in found[0].problem
    assert found[1].value == TP53
