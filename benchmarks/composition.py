"""Drug–disease by composition, measured once against sets of indications that nothing here was made from.

    BIOBRIDGE_OUTSIDE_DATA=FOLDER python benchmarks/composition.py

A drug leads to a disease through its therapeutic class or through its target (``biobridge_core.kg.compose``). Both
ends of an indication must be in the graph. A match is the very same disease; figures with diseases above and below
counted too stand apart. No set is complete, so a composed pair that it lacks counts as wrong although it may be right:
precision is a lower bound.
"""

from __future__ import annotations

import csv
import gzip
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from common import write_result

from biobridge_core.artifacts import read_manifest
from biobridge_core.config import Settings
from biobridge_core.kg.compose import CLASS_ROUTE, TARGET_ROUTE, compose
from biobridge_core.kg.graph import KnowledgeGraph

ROUTES = {"class": CLASS_ROUTE, "target": TARGET_ROUTE}

Row = Mapping[str, str]
Pair = tuple[int, int]  #: rows of drug and disease in the graph


@dataclass(frozen=True)
class IndicationSet:
    """A table of the outside data and which of its rows are indications."""

    name: str
    file: str
    keep: Callable[[Row], bool] = lambda row: True
    refuted: Callable[[Row], bool] = lambda row: False  #: rows that say that the drug is no treatment


SETS = (
    IndicationSet(
        "pharmacotherapydb",
        "pharmacotherapydb/indications.tsv",
        keep=lambda row: row["category"] in {"DM", "SYM"},
        refuted=lambda row: row["category"] == "NOT",
    ),
    IndicationSet("labeledin", "labeledin/indications.tsv.gz"),
    IndicationSet("drugmechdb", "drugmechdb/indications.tsv.gz"),
    IndicationSet(
        "chembl_phase4",
        "chembl_indications/indications.tsv.gz",
        keep=lambda row: float(row["max_phase_for_ind"] or 0) == 4,
    ),
    IndicationSet("predict_omim", "predict_omim/indications.tsv.gz"),
)


@dataclass
class Mapped:
    """The indications of a set as rows of the graph, and what could not be mapped."""

    indicated: set[Pair] = field(default_factory=set)
    refuted: set[Pair] = field(default_factory=set)
    lost: Counter[str] = field(default_factory=Counter)


class Mapper:
    """Finds the drugs and diseases of the outside tables in the graph."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self.graph = graph
        self._drugs = self._names("drug")
        self._diseases = self._names("disease")

    def _names(self, modality: str) -> dict[str, int]:
        """Id or cross reference -> row; a cross reference that two entities carry is left out."""
        owners: dict[str, set[int]] = {}
        own: dict[str, int] = {}
        for row in self.graph.rows(modality).tolist():
            entity = self.graph.entity(row)
            own[entity.id] = row
            for xref in entity.xrefs:
                key = xref.split("-")[0] if xref.startswith("InChIKey:") else xref
                owners.setdefault(key, set()).add(row)
        return {xref: next(iter(rows)) for xref, rows in owners.items() if len(rows) == 1} | own

    def drug(self, row: Row) -> int | None:
        """Row of the drug: by Guide to PHARMACOLOGY id, then DrugBank id, then InChIKey skeleton."""
        for prefix, column in (("GtoPdb", "gtopdb_ligand_id"), ("DrugBank", "drugbank_id"), ("InChIKey", "inchikey14")):
            found = self._drugs.get(f"{prefix}:{row[column]}") if row.get(column) else None
            if found is not None:
                return found
        return None

    def disease(self, row: Row) -> int | None:
        """Row of the disease: by the OMIM id where the table has one, then by its MONDO term."""
        for column in ("omim_id", "disease_node"):
            found = self._diseases.get(row[column]) if row.get(column) else None
            if found is not None:
                return found
        return None

    def map(self, source: IndicationSet, folder: Path) -> Mapped:
        """Map a whole table."""
        mapped = Mapped()
        for row in read_rows(folder / source.file):
            kept, refuted = source.keep(row), source.refuted(row)
            if not kept and not refuted:
                mapped.lost["not an indication by the set's own word"] += 1
                continue
            drug, disease = self.drug(row), self.disease(row)
            if drug is None or disease is None:
                missing = "drug" if drug is None else "disease"
                mapped.lost[f"{missing} not in the graph"] += 1
                continue
            (mapped.indicated if kept else mapped.refuted).add((drug, disease))
        mapped.refuted -= mapped.indicated
        return mapped


def main() -> int:
    """Measure and write ``benchmarks/results/composition.json``."""
    named = os.environ.get("BIOBRIDGE_OUTSIDE_DATA", "")
    if not named or not Path(named).is_dir():
        print("BIOBRIDGE_OUTSIDE_DATA names no folder with the outside indication sets: nothing was measured.")
        return 0
    settings = Settings.from_env()
    folder = settings.build / "kg" if (settings.build / "kg").is_dir() else settings.bundle / "kg"
    graph = KnowledgeGraph.load(folder)
    mapper = Mapper(graph)
    mapped = {source.name: mapper.map(source, Path(named)) for source in SETS}
    drugs = sorted({drug for one in mapped.values() for drug, _ in one.indicated | one.refuted})
    routes = compose_all(graph, drugs)
    below = disease_closure(graph)
    rows: list[dict[str, object]] = []
    headline: dict[str, float] = {}
    for name, one in mapped.items():
        for route, composed in routes.items():
            row = measure(one, composed, below, coverable(graph, route))
            rows.append({"set": name, "route": route, **row, "rows_left_out": dict(one.lost)})
            for key in ("precision", "recall"):
                headline[f"{name}_{route}_{key}"] = float(str(row[key]))
            print(rows[-1])
    write_result(
        "composition",
        headline=headline,
        rows=rows,
        manifest={"kg": read_manifest(folder).digest},
        notes=[
            "precision: share of the composed pairs of the set's drugs that are indications of the set, same disease. "
            "A lower bound: no set holds every indication.",
            "recall: share of the set's indications (both ends in the graph) that are composed, same disease.",
            "recall_coverable: the same among indications whose disease the route can lead to at all.",
            "_with_above: a composed disease above an indicated one counts as well (hypertensive disorder for "
            "essential hypertension); _with_below: one below it; _with_both: either.",
            "refuted: pairs that physicians of PharmacotherapyDB judged to be no indication; refuted_composed of them "
            "are composed.",
            "The class–disease table was closed before any of these sets was opened and was not edited after.",
        ],
    )
    return 0


def compose_all(graph: KnowledgeGraph, drugs: list[int]) -> dict[str, set[Pair]]:
    """Route -> composed pairs of the given drugs; ``either`` is the union."""
    found: dict[str, set[Pair]] = {name: set() for name in ROUTES}
    by_route = {route: name for name, route in ROUTES.items()}
    for drug in drugs:
        for one in compose(graph, drug):
            found[by_route[one.route]].add((drug, one.disease_row))
    return found | {"either": set().union(*found.values())}


def coverable(graph: KnowledgeGraph, route: str) -> set[int]:
    """Diseases that a route can end in."""
    ends = {"class": ("therapeutic_class_used_for_disease",), "target": ("protein_associated_with_disease",)}
    relations = ends.get(route, ends["class"] + ends["target"])
    return {int(disease) for relation in relations for disease in graph.edges(relation)[:, 1]}


def disease_closure(graph: KnowledgeGraph) -> dict[int, set[int]]:
    """Disease -> all diseases above it."""
    parents: dict[int, list[int]] = {}
    for child, parent in graph.edges("disease_is_a").tolist():
        parents.setdefault(child, []).append(parent)
    above: dict[int, set[int]] = {}

    def climb(row: int) -> set[int]:
        if row not in above:
            above[row] = set()  # set first: a cycle ends here
            above[row] = {up for parent in parents.get(row, ()) for up in (parent, *climb(parent))}
        return above[row]

    for row in parents:
        climb(row)
    return above


def measure(one: Mapped, composed: set[Pair], above: Mapping[int, set[int]], covered: set[int]) -> dict[str, object]:
    """Precision and recall of composed pairs, exact and with diseases above and below counted too."""
    drugs = {drug for drug, _ in one.indicated}
    mine = {pair for pair in composed if pair[0] in drugs}
    result: dict[str, object] = {
        "indications": len(one.indicated),
        "drugs": len(drugs),
        "composed": len(mine),
        "both": len(mine & one.indicated),
        "precision": share(len(mine & one.indicated), len(mine)),
        "recall": share(len(mine & one.indicated), len(one.indicated)),
    }
    reachable = {pair for pair in one.indicated if pair[1] in covered}
    result["indications_coverable"] = len(reachable)
    result["recall_coverable"] = share(len(mine & reachable), len(reachable))
    for name, up, down in (("above", True, False), ("below", False, True), ("both", True, True)):
        right, found = loose(mine, one.indicated, above, up=up, down=down)
        result[f"precision_with_{name}"] = share(right, len(mine))
        result[f"recall_with_{name}"] = share(found, len(one.indicated))
    result["refuted"] = len(one.refuted)
    result["refuted_composed"] = len(one.refuted & composed)
    return result


def loose(
    composed: set[Pair], indicated: set[Pair], above: Mapping[int, set[int]], *, up: bool, down: bool
) -> tuple[int, int]:
    """How many composed pairs fit an indication, and how many indications are fitted.

    ``up`` lets the composed disease lie above the indicated one, ``down`` below it.
    """
    wanted: dict[int, list[int]] = {}
    for drug, disease in indicated:
        wanted.setdefault(drug, []).append(disease)
    fitted: set[Pair] = set()
    right = 0
    for drug, disease in composed:
        fits = [
            target
            for target in wanted.get(drug, ())
            if target == disease
            or (up and disease in above.get(target, ()))
            or (down and target in above.get(disease, ()))
        ]
        fitted |= {(drug, target) for target in fits}
        right += bool(fits)
    return right, len(fitted)


def share(part: int, whole: int) -> float:
    """Part of a whole, four digits; 0 where the whole is empty."""
    return round(part / whole, 4) if whole else 0.0


def read_rows(path: Path) -> Iterator[Row]:
    """Rows of a tab-separated table, gzipped or not."""
    with (
        gzip.open(path, "rt", encoding="utf-8", newline="")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8", newline="") as handle
    ):
        yield from csv.DictReader(handle, delimiter="\t")


if __name__ == "__main__":
    sys.exit(main())
