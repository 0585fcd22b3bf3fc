"""Real inputs that the encoder tests share, and one loaded copy of each starter encoder."""

from __future__ import annotations

import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def few_threads() -> None:
    """Tests run beside others; more threads than cores make small products slower."""
    torch.set_num_threads(min(2, torch.get_num_threads()))
