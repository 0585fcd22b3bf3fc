"""A result as one HTML file that opens anywhere, with nothing to load and nothing that runs."""

from biobridge_core.report.document import Context, render, to_explain

__all__ = ["Context", "render", "to_explain"]
