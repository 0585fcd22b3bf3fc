"""The real graph whose entities the encoders are checked on."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from biobridge_core.kg.graph import KnowledgeGraph


@pytest.fixture(autouse=True, scope="session")
def _few_threads() -> None:
    """Tests run beside others; more threads than cores make small products slower."""
    torch.set_num_threads(min(2, torch.get_num_threads()))


@pytest.fixture(scope="session")
def starter_graph(bundle_folder: Path) -> KnowledgeGraph:
    return KnowledgeGraph.load(bundle_folder / "kg", verify=False)
