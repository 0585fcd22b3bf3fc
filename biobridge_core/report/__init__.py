"""A result as one HTML file that opens anywhere, with nothing to load and nothing that runs."""

from biobridge_core.report.document import render, to_explain
from biobridge_core.report.page import Context

__all__ = ["Context", "render", "to_explain"]
