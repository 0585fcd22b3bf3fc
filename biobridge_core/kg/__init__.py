"""The knowledge graph: its tables, its sources, its checks."""
