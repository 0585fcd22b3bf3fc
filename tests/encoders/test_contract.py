"""Every registered encoder has a contract test, and the registry leads to the right module."""

from __future__ import annotations

import importlib

import pytest
from encoder_contract import EncoderContract

from biobridge_core.config import Settings
from biobridge_core.encoders import create
from biobridge_core.encoders.registry import PATTERNS, module_of
from biobridge_core.errors import WeightsError


@pytest.mark.parametrize("module", sorted(set(PATTERNS.values())))
def test_every_registered_encoder_is_under_the_contract(module: str) -> None:
    tests = vars(importlib.import_module(f"encoders.test_{module}")).items()
    classes = [each for name, each in tests if name.startswith("Test") and issubclass(each, EncoderContract)]
    assert any(each.module == module for each in classes), f"tests/encoders/test_{module}.py has no contract test"


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("unirep", "unirep"), ("chemnet", "chemnet"), ("minilm", "minilm"), ("esm2_t36_3B_UR50D", "esm2"),
        ("facebook/esm2_t6_8M_UR50D", "esm2"), ("unimol", "unimol"), ("someone/some-bert.v1", "bert"),
        ("microsoft/BiomedNLP-BiomedBERT-base-uncased-abstract-fulltext", "bert"),
    ],
)  # fmt: skip
def test_a_name_leads_to_its_module(name: str, module: str) -> None:
    assert module_of(name) == module


@pytest.mark.parametrize("name", ["", "unirep2", "../../etc/passwd", "os", "a/b/c"])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(WeightsError, match="no encoder called"):
        create(name, Settings())
