"""The ATC classes: names worked out from unordered cells, on planted rows and on the real table."""

import pandas as pd
import pytest

from biobridge_core.config import default_cache
from biobridge_core.errors import GraphError
from biobridge_core.kg.packages import PINS, Packages
from biobridge_core.kg.schema import ENTITY_COLUMNS, TRIPLE_COLUMNS, Context
from biobridge_core.kg.sources.starter import atc


@pytest.fixture(scope="module")
def packages() -> Packages:
    if not (default_cache() / "downloads" / PINS["admet-ai"].file).is_file():
        pytest.skip("the package admet-ai has not been downloaded")
    return Packages(default_cache())


def row(codes: str, *names: str) -> dict[str, str]:
    return {"atc": codes} | {f"atc_name_{level}": name for level, name in enumerate(names, 1)}


PLANTED = pd.DataFrame(
    [
        row("N02AA", "NERVOUS", "ANALGESICS", "OPIOIDS", "Natural opium alkaloids"),
        # names sorted by alphabet: the first name is not the first code's
        row("N02AA;R05DA", "NERVOUS;RESPIRATORY", "ANALGESICS;COUGH", "COUGH SUPPRESSANTS;OPIOIDS",
            "Alkaloids of cough;Natural opium alkaloids"),
        row("", "", "", "", ""),
    ]
)  # fmt: skip


def test_names_are_matched_to_codes_not_to_places() -> None:
    rows, dropped = atc.atc_rows(PLANTED)
    names = atc.names_of_codes(rows)
    assert dropped == {}
    assert names["R05DA"] == "Alkaloids of cough"
    assert names["N02AA"] == "Natural opium alkaloids"
    assert names["R"] == "RESPIRATORY"


def test_name_that_cannot_be_told_stops_the_build() -> None:
    rows, _ = atc.atc_rows(pd.DataFrame([row("A01AA;B01AA", "A;B", "A;B", "A;B", "One;Two")]))
    with pytest.raises(GraphError, match="name of ATC code A is one of"):
        atc.names_of_codes(rows)


def test_rows_that_contradict_one_another_stop_the_build() -> None:
    rows, _ = atc.atc_rows(pd.DataFrame([row("A01AA", "A", "B", "C", "One"), row("A01AA", "A", "B", "C", "Two")]))
    with pytest.raises(GraphError, match="A01AA"):
        atc.names_of_codes(rows)


def test_malformed_codes_are_counted() -> None:
    rows, dropped = atc.atc_rows(pd.DataFrame([row("A01AA;xyz", "A", "B", "C", "One")]))
    assert rows[0].codes == ("A01AA",)
    assert dropped == {"ATC code that is not of level 4": 1}


def test_tables_hold_every_level_once_and_the_parents() -> None:
    rows, _ = atc.atc_rows(PLANTED)
    tables = atc.tables(atc.names_of_codes(rows), {})
    assert list(tables.entities.columns) == list(ENTITY_COLUMNS)
    assert list(tables.triples.columns) == list(TRIPLE_COLUMNS)
    assert sorted(tables.entities["id"]) == sorted(
        f"ATC:{code}" for code in ("N", "N02", "N02A", "N02AA", "R", "R05", "R05D", "R05DA")
    )
    links = set(zip(tables.triples["head"], tables.triples["tail"], strict=True))
    assert ("ATC:N02AA", "ATC:N02A") in links
    assert ("ATC:N02", "ATC:N") in links
    assert len(links) == 6


@pytest.mark.parametrize(
    ("shouted", "said"),
    [
        ("ACE INHIBITORS, PLAIN", "ACE inhibitors, plain"),
        ("VITAMIN B12 AND FOLIC ACID", "Vitamin B12 and folic acid"),
        ("PROTECTIVES AGAINST UV-RADIATION", "Protectives against UV-radiation"),
        ("X-RAY CONTRAST MEDIA, IODINATED", "X-ray contrast media, iodinated"),
        ("DRUGS FOR PEPTIC ULCER AND GASTRO-OESOPHAGEAL REFLUX DISEASE (GORD)",
         "Drugs for peptic ulcer and gastro-oesophageal reflux disease (GORD)"),
        ("Epidermal growth factor receptor (EGFR) tyrosine kinase inhibitors",
         "Epidermal growth factor receptor (EGFR) tyrosine kinase inhibitors"),
    ],
)  # fmt: skip
def test_names_are_sentences(shouted: str, said: str) -> None:
    assert atc.readable(shouted) == said


def test_real_classes(packages: Packages) -> None:
    tables = atc.read(packages, Context())
    name = dict(zip(tables.entities["id"], tables.entities["name"], strict=True))
    assert name["ATC:L01EB"] == "Epidermal growth factor receptor (EGFR) tyrosine kinase inhibitors"
    assert name["ATC:C09CA"] == "Angiotensin II receptor blockers (ARBs), plain"
    assert name["ATC:N03A"] == "Antiepileptics"
    levels = tables.entities["id"].str.len().value_counts()
    assert {length - 4: count for length, count in levels.items()} == {1: 14, 3: 86, 4: 229, 5: 697}
    assert tables.entities["id"].is_unique
    assert len(tables.triples) == len(tables.entities) - 14
    assert set(tables.triples["tail"]) <= set(tables.entities["id"])
    assert (tables.entities["input"].str.len() > 0).all()


def test_every_settled_name_is_still_needed_and_stands_in_its_rows(packages: Packages) -> None:
    rows, _ = atc.atc_rows(atc.approved_table(packages))
    named = atc.names_of_codes(rows)
    for code, name in atc._SETTLED.items():
        assert named[code] == name
