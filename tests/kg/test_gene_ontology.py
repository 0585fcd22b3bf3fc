import sqlite3

import pytest

from biobridge_core.kg.sources.starter import gene_ontology as go
from biobridge_core.kg.sources.starter.gene_ontology import Term

_TERMS = {
    term.id: term
    for term in (
        Term("GO:0008150", "biological_process", "BP", "Any process.", (), ()),
        Term("GO:1", "cell death", "BP", "A death.", (), ()),
        Term("GO:2", "apoptotic process", "BP", "A programmed death", ("apoptosis",), ("GO:22",)),
        Term("GO:3", "unused", "BP", "None.", (), ()),
        Term("GO:4", "kinase activity", "MF", "", (), ()),
    )
}
_PARENTS = {"GO:2": {"GO:1"}, "GO:1": {"GO:0008150"}, "GO:3": {"GO:1"}}
_PROTEINS = {"7157": "UniProtKB:P04637", "8359": "UniProtKB:P62805", "8366": "UniProtKB:P62805"}


@pytest.mark.parametrize(
    ("code", "kind"),
    [("EXP", "experimental"), ("IPI", "experimental"), ("HDA", "high_throughput"), ("TAS", "author"), ("NAS", "author"),
     ("IC", "curator"), ("IBA", "homology"), ("ISS", "homology"), ("ISA", "homology"), ("RCA", "computational"),
     ("IEA", "electronic"), ("ND", "no_data"), ("XYZ", "unknown")],
)  # fmt: skip
def test_evidence_kind(code, kind):
    assert go.evidence_kind(code) == kind


def test_experimental_means_one_good_code():
    assert go.is_experimental("IEA|IMP")
    assert go.is_experimental("TAS")
    assert not go.is_experimental("NAS|IBA")
    assert not go.is_experimental("")


def test_weak_links_are_marked():
    assert go.weakest({"IEA"}) == "electronic"
    assert go.weakest({"IEA", "RCA"}) == "computational"
    assert go.weakest({"IBA", "IEA"}) == "homology"
    assert go.weakest({"NAS", "IEA"}) == ""


def test_links_join_their_codes_and_everything_left_out_is_counted():
    annotations = [
        ("7157", "GO:2", "IDA"),
        ("7157", "GO:22", "IEA"),  # a former id of GO:2
        ("7157", "GO:2", "ND"),
        ("7157", "GO:0008150", "IEA"),
        ("7157", "GO:404", "IDA"),
        ("99", "GO:2", "IDA"),
        ("8359", "GO:4", "IBA"),
        ("8366", "GO:4", "IEA"),
    ]
    tables = go.tables(_TERMS, _PARENTS, annotations, _PROTEINS)
    links = tables.triples[tables.triples["source"] == go.ANNOTATION_SOURCE]
    assert links.to_dict("list") == {
        "head": ["UniProtKB:P04637", "UniProtKB:P62805"],
        "relation": ["protein_participates_in_biological_process", "protein_enables_molecular_function"],
        "tail": ["GO:2", "GO:4"],
        "source": ["goa_human", "goa_human"],
        "evidence": ["IDA|IEA", "IBA|IEA"],
        "value": ["", "homology"],
    }
    assert tables.dropped == {
        "annotation: evidence ND (no data)": 1,
        "annotation: to the root of an ontology": 1,
        "annotation: unknown or obsolete term": 1,
        "annotation: gene without a protein in the graph": 1,
    }


def test_terms_are_those_annotated_and_all_above_them():
    tables = go.tables(_TERMS, _PARENTS, [("7157", "GO:2", "IDA")], _PROTEINS)
    entities = tables.entities.set_index("id")
    assert sorted(entities.index) == ["GO:0008150", "GO:1", "GO:2"]
    assert entities.loc["GO:1", "flags"] == ["isa_only"]
    assert entities.loc["GO:2", "flags"] == []
    assert entities.loc["GO:2", "input"] == "apoptotic process. A programmed death."
    assert entities.loc["GO:2", "xrefs"] == ["GO:22"]
    is_a = tables.triples[tables.triples["relation"] == "biological_process_is_a"]
    assert set(zip(is_a["head"], is_a["tail"], strict=True)) == {("GO:2", "GO:1"), ("GO:1", "GO:0008150")}


def test_tables_are_read_from_sqlite(tmp_path):
    path = tmp_path / "GO.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE go_term (_id INTEGER, go_id TEXT, term TEXT, ontology TEXT, definition TEXT)")
        connection.executemany(
            "INSERT INTO go_term VALUES (?, ?, ?, ?, ?)",
            [(1, "GO:1", "a", "BP", "A."), (2, "GO:2", "b", "BP", None), (9, "all", "all", "universal", "All.")],
        )
        connection.execute("CREATE TABLE go_synonym (_id INTEGER, synonym TEXT, secondary TEXT, like_go_id INTEGER)")
        connection.executemany(
            "INSERT INTO go_synonym VALUES (?, ?, ?, ?)",
            [(2, "bee", None, 0), (2, "B", None, 0), (2, "GO:3", "GO:3", 1)],
        )
        for branch in ("bp", "mf", "cc"):
            connection.execute(
                f"CREATE TABLE go_{branch}_parents (_id INTEGER, _parent_id INTEGER, relationship_type TEXT)"
            )
        connection.executemany(
            "INSERT INTO go_bp_parents VALUES (?, ?, ?)", [(2, 1, "isa"), (1, 9, "isa"), (1, 2, "part of")]
        )
    terms, parents = go.read_terms(path)
    assert terms["GO:2"] == Term("GO:2", "b", "BP", "", ("bee",), ("GO:3",))
    assert set(terms) == {"GO:1", "GO:2"}
    assert parents == {"GO:2": {"GO:1"}}
