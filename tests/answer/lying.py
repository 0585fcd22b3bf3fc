"""The local server that speaks the OpenAI protocol, and the cases in which it lies, as the benchmark has them."""

from __future__ import annotations

import sys
from pathlib import Path

_before = list(sys.path)
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
try:
    from ask.lying import Case, Line, cases, lie, measure
    from ask.speaking import Lying, Reply, completion, lying_server
finally:
    sys.path[:] = _before  # its encoders.py would stand in for the tests' folder of that name

__all__ = ["Case", "Line", "Lying", "Reply", "cases", "completion", "lie", "lying_server", "measure"]
