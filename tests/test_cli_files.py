"""The command line's files and comparisons: the real service, asked in this process, with good and bad words."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from opened import real_service

from biobridge_core import cli
from biobridge_core.service import BridgeService

pytestmark = pytest.mark.bundle

IMATINIB = "CC1=C(C=C(C=C1)NC(=O)C2=CC=C(C=C2)CN3CCN(CC3)C)NC4=NC=CC(=N4)C5=CN=CC=C5"
DRUGS = f"name,smiles,note\nimatinib,{IMATINIB},known\nbroken,CC(=O,\nlate,CCO\n=cmd(),CCCCCCO,odd\n"


@dataclass(frozen=True)
class Said:
    """What one command printed, and how it ended."""

    out: str
    error: str
    code: int


Say = Callable[..., Said]


@pytest.fixture(scope="module", autouse=True)
def opened(bundle_folder: Path) -> Iterator[None]:
    """Every command opens its service; here all of them get one."""
    assert bundle_folder
    service = real_service()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(BridgeService, "open", classmethod(lambda *_, **__: service))
        yield


@pytest.fixture
def say(capsysbinary: pytest.CaptureFixture[bytes]) -> Say:
    def said(*words: object) -> Said:
        try:
            cli.main([str(word) for word in words])
            code: object = 0
        except SystemExit as ended:
            code = ended.code or 0
        printed = capsysbinary.readouterr()
        out, error = printed.out.decode(), printed.err.decode()
        assert "Traceback" not in error
        assert isinstance(code, int)
        return Said(out, error, code)

    return said


@pytest.fixture
def drugs(tmp_path: Path) -> Path:
    file = tmp_path / "drugs.csv"
    file.write_text(DRUGS, encoding="utf-8")
    return file


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_file_is_asked_row_by_row_and_bad_rows_are_named_with_their_line(say: Say, drugs: Path) -> None:
    said = say("batch", drugs, "--to", "protein", "--k", 3)
    assert said.code == 0
    rows = rows_of(said.out)
    assert [row["name"] for row in rows if row["hit_rank"] == "1"] == ["imatinib", "'=cmd()"]
    assert sum(row["name"] == "imatinib" for row in rows) == 3
    assert {row["status"] for row in rows} == {"done", "failed"}
    assert "! line 3, broken: " in said.error
    assert "! line 4, late: The line has 2 cells, but there are 3 columns." in said.error


def test_json_is_written_beside_nothing_on_standard_output(say: Say, drugs: Path, tmp_path: Path) -> None:
    out = tmp_path / "found.json"
    said = say("batch", drugs, "--to", "protein", "--k", 2, "--out", out)
    assert (said.code, said.out) == (0, "")
    whole = json.loads(out.read_text(encoding="utf-8"))
    assert whole["counts"]["done"] == 2
    assert [sum(hit["hit_rank"] <= 2 for hit in row["hits"]) for row in whole["rows"]] == [2, 0, 0, 2]
    assert whole["bridge"]
    sheet = tmp_path / "found.csv"
    assert say("batch", drugs, "--to", "protein", "--k", 2, "--out", sheet).code == 0
    assert len(rows_of(sheet.read_text(encoding="utf-8-sig"))) == 2 + 1 + 1 + 2


def test_column_reading_and_relation_can_be_given(say: Say, tmp_path: Path) -> None:
    file = tmp_path / "genes.tsv"
    file.write_text("who\tgene\n7\tSCN1A\n8\tTP53\n9\tNOSUCHGENE1\n", encoding="utf-8")
    relation = "protein_associated_with_disease"
    words = ("--column", "gene", "--read-as", "name", "--relation", relation, "--k", 1)
    said = say("batch", file, "--to", "disease", *words)
    assert said.code == 0
    assert "! The columns are separated by tabs." in said.error
    assert "line 4" in said.error
    rows = rows_of(said.out)
    assert [row["entity"] for row in rows][:2] == ["UniProtKB:P35498", "UniProtKB:P04637"]
    assert {row["relation"] for row in rows[:2]} == {relation}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("--to", "protein", "--column", "nothing"),
            "There is no column 'nothing'. | The file has: name, smiles, note.",
        ),
        (("--to", "protein", "--read-as", "poem"), "cannot be read as 'poem' | smiles, sequence, name"),
        (("--to", "nonsense"), "nonsense"),
        (("--to", "protein", "--k", 0), "0"),
        (("--to", "protein", "--k", 100_000), "100,000|100000"),
        (("--to", "protein", "--relation", "drug_in_therapeutic_class"), "does not lead to protein"),
        (("--to", "protein", "--out", "nowhere/at/all.csv"), "cannot be written"),
        (("--to", "protein", "--out", "."), "cannot be written"),
    ],
)
def test_a_batch_that_makes_no_sense_says_the_way_out(say: Say, drugs: Path, words: tuple[object, ...], message: str) -> None:  # fmt: skip
    said = say("batch", drugs, *words)
    assert (said.code, said.out) == (1, "")
    assert said.error.startswith("Error: ")
    for part in message.split(" | "):
        assert any(one in said.error for one in part.split("|")), part


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "cannot be read: No such file"),
        (b"", "The file is empty."),
        (b"%PDF-1.7 and so on", "is a PDF"),
        (b"PK\x03\x04 and so on", "spreadsheet"),
        (b"a\x00b", "not text"),
        (b"name,smiles\n", "no record"),
    ],
)
def test_a_file_that_holds_nothing_to_ask_is_refused(say: Say, tmp_path: Path, data: bytes | None, message: str) -> None:  # fmt: skip
    file = tmp_path / "given.csv"
    if data is not None:
        file.write_bytes(data)
    said = say("batch", file, "--to", "protein")
    assert (said.code, said.out) == (1, "")
    assert message in said.error


def test_a_folder_is_no_file_and_a_target_has_to_be_named(say: Say, drugs: Path, tmp_path: Path) -> None:
    assert "Is a directory" in say("batch", tmp_path, "--to", "protein").error
    missing = say("batch", drugs)
    assert missing.code == 2
    assert "--to" in missing.error


def test_a_known_pair_both_ways_round(say: Say) -> None:
    said = say("compare", "SCN1A", "Dravet syndrome")
    assert said.code == 0
    assert "The graph holds this link: SCN1A is associated with Dravet syndrome." in said.out
    assert "asked from SCN1A: Dravet syndrome is known" in said.out
    assert "asked from Dravet syndrome: SCN1A is known" in said.out
    assert said.out.rstrip().endswith("Research use, not medical advice.")


def test_a_pair_as_json_and_as_a_report_says_what_made_it(say: Say) -> None:
    whole = json.loads(say("compare", "SCN1A", "MONDO:0100135", "--json").out)
    assert whole["compared"] == "pair"
    assert whole["found"]["known"]
    assert whole["provenance"]["bridge"] == real_service().status().bridge
    again = json.loads(say("compare", "SCN1A", "MONDO:0100135", "--format", "json").out)
    assert (again["found"]["answer"], again["provenance"]) == (whole["found"]["answer"], whole["provenance"])
    page = say("compare", "SCN1A", "MONDO:0100135", "--format", "html").out
    assert page.startswith("<!DOCTYPE html>")
    assert "<h2>Is A linked to B?</h2>" in page


def test_a_raw_molecule_against_a_protein(say: Say) -> None:
    said = say("compare", "CCOC(=O)c1ccccc1O", "UniProtKB:P23219")
    assert said.code == 0
    assert said.out.count("asked from") == 1


def test_several_by_name_and_a_sentence_give_the_same(say: Say) -> None:
    named = say("compare", "HP:0001250,HP:0000252", "--set", "--k", 5)
    assert named.code == 0
    assert named.out.startswith("Asked together: Seizure, Microcephaly")
    assert named.out.count("[MONDO:") == 5
    told = say("compare", "My patient has seizures and a small head", "--set", "--k", 5)
    assert told.out == named.out
    assert "“a small head” is read as Microcephaly (HP:0000252)" in told.error
    denied = say("compare", "My patient has seizures and a small head, but no fever", "--set", "--k", 5)
    assert "Said to be absent: Fever." in denied.out
    assert denied.out.startswith("Asked together: Seizure, Microcephaly\n")


def test_a_change_and_the_whole_mutant_sequence_give_the_same(say: Say) -> None:
    by_change = say("compare", "HBB", "--change", "E7V", "--k", 5)
    assert by_change.code == 0
    assert "changes: E7V" in by_change.out
    wild = real_service().entity("UniProtKB:P68871").input
    mutant = wild[:6] + "V" + wild[7:]
    whole = json.loads(say("compare", "HBB", "--change", f">mutant 7\n{mutant}", "--k", 5, "--json").out)
    assert whole["asked"]["mutant"] == mutant
    listed = [f"{hit['entity']['name']}  [{hit['entity']['id']}]" for hit in whole["found"]["hits"]]
    assert [line.split(maxsplit=3)[3] for line in by_change.out.splitlines() if "→" in line] == listed


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("SCN1A",), "There is nothing to compare with."),
        (("SCN1A", "UniProtKB:P35498"), "Both are the same entity."),
        (("SCN1A", "MONDO:9999999"), "The graph has no entity MONDO:9999999"),
        (("CCOC(=O)c1ccccc1O", "CCOC(=O)c1ccccc1OC"), "Neither of the two is in the graph."),
        (("CC(=O", "TP53"), "Error: "),
        (("xyzzy qwert", "--set"), "Nothing in this was recognised."),
        (("HP:0001250", "--set", "--to", "nonsense"), "nonsense"),
        (("HP:0001250", "--set", "--k", "0"), "0 hits of kind 'disease'"),
        (("HP:0001250", "--set", "--k", "201"), "201 hits of kind 'disease'"),
        (("HBB", "--change", "E999K"), "no position 999"),
        (("HBB", "--change", "K7V"), "has E at position 7, not K"),
        (("HBB", "--change", "E7V", "--to", "nonsense"), "nonsense"),
        (("HBB", "--change", "E7V", "--k", "0"), "0 hits of kind 'disease'"),
        (("HBB", "--change", "?!"), "Error: "),
        ((IMATINIB, "--change", "E7V"), "is no protein."),
        (("MONDO:0100135", "--change", "E7V"), "is no protein."),
    ],
)
def test_a_comparison_that_makes_no_sense_says_the_way_out(say: Say, words: tuple[str, ...], message: str) -> None:
    said = say("compare", *words)
    assert (said.code, said.out) == (1, "")
    assert message in said.error
    assert said.error.count("Error: ") == 1


def test_a_format_that_there_is_not_is_a_wrong_use(say: Say) -> None:
    said = say("compare", "SCN1A", "TP53", "--format", "poem")
    assert said.code == 2
    assert "poem" in said.error
