"""Questions with known answers, and questions that must be refused; ``python benchmarks/ask/generate.py``."""
