"""Molecules: the only home of RDKit."""
