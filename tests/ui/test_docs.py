"""What the documents say is so: numbers are those of the result files, messages those of the service, files exist."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from biobridge_core.errors import BioBridgeError
from biobridge_core.lookup import Lookup

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
#: | what | number unit | `file.json` | `key` |
ROW = re.compile(r"^\| [^|]+ \| ([−\-\d.,\u2009]+)[^|]* \| `(\w+)\.json` \| `(\w+)` \|$", re.MULTILINE)

#: name of the case -> the input
BAD_INPUT = {
    "sequence with letters that are no residues": "MEEPQSDPSVEPPLSQETFSDLWKLJPENN",
    "empty box": "   ",
    "empty FASTA record": ">sp|P04637|P53_HUMAN\n",
    "sequence under 10 residues": ">short\nMEEPQSD",
    "sequence over 35,000 residues": "M" * 35_001,
    "DNA instead of protein": "ATGGAGGAGCCGCAGTCAGATCCTAGC",
    "two FASTA records": ">a\nMEEPQSDPSVEPPL\n>b\nMRPSGTAGAALLAL",
    "SMILES that does not parse": "CC(=O)Oc1ccccc1C(=O",
    "ring that is not closed": "C1CCCC(=O)",
    "two molecules at once": "CC(=O)Oc1ccccc1C(=O)O.CC(C)Cc1ccc(cc1)C(C)C(=O)O",
    "molecule of 1,000 atoms": "C" * 1000,
    "text of one character": "x",
    "emoji or signs, no letter": "🧬🧬",
    "protein change without a gene": "p.R1648H",
    "change of the DNA without a gene": "NM_001165963.1:c.4943G>A",
    "rs number": "rs121918817",
    "InChIKey that the graph does not have": "RYYVLZVUVIJVGH-UHFFFAOYSA-N",
    "ChEMBL id": "CHEMBL25",
    "CAS number": "50-78-2",
    "PubChem CID that the graph does not have": "CID 999999999",
    "ATC code of a substance": "N02BA01",
    "number alone": "2244",
    "text of 100,000 characters": "word " * 20_000,
    "nothing but control characters": "\x00\x07\x1b",
    "nothing but HTML tags": "<b><i></i></b>",
    "unknown id": "UniProtKB:Q00000",
    "id of a kind that the graph does not have": "zzz:123",
    "six to nine residues without a name": "MKTAYIAKQ",
    "several molecules, a space or a line apart": "CCO\nCCN",
}
#: name of the case -> the input; these are answered, with a note
NOTED_INPUT = {
    "control characters in a text": "seizures\x07 and ataxia",
    "HTML in a text": "seizures <script>alert(1)</script> and ataxia in childhood",
    "name that several entities have": "PS1",
    "the beginning of a name": "Li-Fraumeni",
    "misspelt name": "epilepsi",
    "gene and protein change": "TP53 p.Arg65His",
    "protein change that does not fit the sequence": "TP53 R66H",
    "protein change counted without the first methionine": "TP53 R64H",
    "gene and change of the DNA": "TP53 c.524G>A",
    "first block of an InChIKey that the graph has": "BSYNRYMUTXBXSQ-ZZZZZZZZSA-N",
    "InChI": "InChI=1S/C9H8O4/c1-6(10)13-8-5-3-2-4-7(8)9(11)12/h2-5H,1H3,(H,11,12)",
    "mixture of two molecules": "CCO.c1ccccc1CC",
    "several names": "TP53, EGFR",
    "question about a name": "what treats epilepsy?",
}


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def message_of(lookup: Lookup, text: str) -> str:
    with pytest.raises(BioBridgeError) as caught:
        lookup.find(text)
    return f"{caught.value.message} {caught.value.hint}"


@pytest.fixture(scope="module")
def lookup(small_graph) -> Lookup:
    return Lookup(small_graph)


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_gets_what_the_document_says(lookup, case):
    written = (ROOT / "docs" / "bad-input.md").read_text(encoding="utf-8")
    assert f"| {case} | {cell(message_of(lookup, BAD_INPUT[case]))} |" in written


@pytest.mark.parametrize("case", NOTED_INPUT)
def test_noted_input_gets_what_the_document_says(lookup, case):
    written = (ROOT / "docs" / "bad-input.md").read_text(encoding="utf-8")
    notes = lookup.find(NOTED_INPUT[case]).notes
    assert notes
    assert f"| {case} | {cell(' '.join(notes))} |" in written


def test_every_number_in_the_readme_is_that_of_a_result_file():
    rows = ROW.findall(README)
    assert len(rows) >= 15
    for shown, name, key in rows:
        result = json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text(encoding="utf-8"))
        number = shown.strip().replace("\u2009", "").replace(",", "").replace("−", "-")
        decimals = len(number.partition(".")[2])
        assert f"{result['headline'][key]:.{decimals}f}" == number, f"{name}.json {key}"


def test_the_readme_has_every_headline_number_that_matters():
    quoted = {(name, key) for _, name, key in ROW.findall(README)}
    for name in ("encoders", "build", "latency", "first_bridge"):
        result = json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text(encoding="utf-8"))
        wanted = {(name, key) for key in result["headline"]}
        assert len(wanted & quoted) >= 3 if name == "first_bridge" else wanted <= quoted


@pytest.mark.parametrize("document", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_inside_the_repository_lead_somewhere(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)\)", text):
        if not target.startswith(("http://", "https://")):
            assert (ROOT / target).exists(), target
