"""A graph small enough to read: every modality once or twice, every kind of input."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from biobridge_core.kg.graph import KnowledgeGraph, Source
from biobridge_core.kg.schema import ENTITY_COLUMNS, TRIPLE_COLUMNS
from biobridge_core.kg.sources.starter.vocabulary import MODALITIES, RELATIONS

_TEXT = {
    "MONDO:2": ("disease", "lung carcinoma", "A cancer of the lung."),
    "MONDO:1": ("disease", "carcinoma", "A cancer of epithelia."),
    "HP:1": ("phenotype", "Cough", "A sudden noisy expulsion of air."),
    "GO:2": ("biological_process", "apoptotic process", "A programmed cell death process."),
    "GO:1": ("biological_process", "cell death", ""),
    "ATC:L01EB": ("therapeutic_class", "EGFR tyrosine kinase inhibitors", ""),
    "ATC:L01E": ("therapeutic_class", "Protein kinase inhibitors", ""),
}


@pytest.fixture
def entity_table() -> pd.DataFrame:
    rows = [
        (id_, modality, name, "", [f"syn of {name}"], text, [], "text", f"{name}. {text}".strip(), "a", [])
        for id_, (modality, name, text) in _TEXT.items()
    ]
    rows += [
        ("UniProtKB:P2", "protein", "EGFR", "epidermal growth factor receptor", ["ERBB1"], "", ["HGNC:3236"],
         "sequence", "MRPSGTAGAALLALLAALCPASRA", "a", []),
        ("UniProtKB:P1", "protein", "TP53", "tumor protein p53", ["p53"], "", [], "sequence",
         "MEEPQSDPSVEPPLSQETFS", "a", []),
        ("GtoPdb:1", "drug", "erlotinib", "", ["Tarceva"], "", [], "smiles",
         "C#Cc1cccc(Nc2ncnc3cc(OCCOC)c(OCCOC)cc23)c1", "b", ["approved"]),
        ("GtoPdb:2", "drug", "a peptide", "", [], "", [], "sequence", "YGGFLRRIRPK", "b", ["peptide"]),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(ENTITY_COLUMNS))


@pytest.fixture
def triple_table() -> pd.DataFrame:
    rows = [
        ("UniProtKB:P1", "protein_participates_in_biological_process", "GO:2", "a", "IDA|IEA", ""),
        ("UniProtKB:P2", "protein_participates_in_biological_process", "GO:2", "a", "IEA", "electronic"),
        ("GO:2", "biological_process_is_a", "GO:1", "a", "", ""),
        ("UniProtKB:P2", "protein_associated_with_disease", "MONDO:2", "a", "OMIM:1", ""),
        ("UniProtKB:P2", "protein_associated_with_disease", "MONDO:2", "b", "DI-1", ""),
        ("MONDO:2", "disease_is_a", "MONDO:1", "a", "", ""),
        ("MONDO:2", "disease_has_phenotype", "HP:1", "a", "TAS", "frequent"),
        ("GtoPdb:1", "drug_inhibits_protein", "UniProtKB:P2", "b", "Inhibitor", "pIC50 8.7"),
        ("GtoPdb:1", "drug_binds_protein", "UniProtKB:P2", "b", "", ""),
        ("GtoPdb:2", "drug_binds_protein", "UniProtKB:P1", "b", "", ""),
        ("GtoPdb:1", "drug_in_therapeutic_class", "ATC:L01EB", "b", "", ""),
        ("ATC:L01EB", "therapeutic_class_is_a", "ATC:L01E", "b", "", ""),
        ("ATC:L01E", "therapeutic_class_used_for_disease", "MONDO:1", "b", "a reason", ""),
    ]
    return pd.DataFrame(rows, columns=list(TRIPLE_COLUMNS))


@pytest.fixture
def sources() -> dict[str, Source]:
    return {key: Source(key, key.upper(), "1", "2026-01-01", "CC0", "https://example.org", "none") for key in "ab"}


@pytest.fixture
def make_graph(sources: dict[str, Source]) -> Callable[[pd.DataFrame, pd.DataFrame], KnowledgeGraph]:
    def make(entities: pd.DataFrame, triples: pd.DataFrame) -> KnowledgeGraph:
        return KnowledgeGraph.from_tables(entities, triples, MODALITIES, RELATIONS, sources)

    return make


@pytest.fixture
def graph(
    make_graph: Callable[[pd.DataFrame, pd.DataFrame], KnowledgeGraph],
    entity_table: pd.DataFrame,
    triple_table: pd.DataFrame,
) -> KnowledgeGraph:
    return make_graph(entity_table, triple_table)
