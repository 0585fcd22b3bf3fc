"""What several test modules share: a small graph of real entities, the trained bundle, the outside data."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest
from samples import ENTITIES, TRIPLES

from biobridge_core.config import Settings
from biobridge_core.kg.graph import KnowledgeGraph, Source
from biobridge_core.kg.schema import ENTITY_COLUMNS, TRIPLE_COLUMNS
from biobridge_core.kg.sources.starter.vocabulary import MODALITIES, RELATIONS


@pytest.fixture(scope="session")
def small_graph() -> KnowledgeGraph:
    entities = pd.DataFrame([(*row, "planted", []) for row in ENTITIES], columns=list(ENTITY_COLUMNS))
    triples = pd.DataFrame(TRIPLES, columns=list(TRIPLE_COLUMNS))
    keys = ("planted", "hpo", "go", "gtopdb", "atc", "curated")
    sources = {key: Source(key, key, "1", "2026-01-01", "CC0", "", "") for key in keys}
    return KnowledgeGraph.from_tables(entities, triples, MODALITIES, RELATIONS, sources)


@pytest.fixture(scope="session")
def bundle_folder() -> Path:
    """The shipped bundle; without it a checkout is broken, so its absence fails rather than skips."""
    folder = Settings.from_env().bundle
    assert (folder / "kg" / "manifest.json").is_file(), f"the trained bundle is missing at {folder}"
    return folder


@pytest.fixture(scope="session")
def outside_data() -> Path:
    where = os.environ.get("BIOBRIDGE_OUTSIDE_DATA")
    if not where or not Path(where).is_dir():
        pytest.skip("BIOBRIDGE_OUTSIDE_DATA names no folder, so the outside data is not there")
    return Path(where)
