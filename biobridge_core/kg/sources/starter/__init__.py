"""The starter graph: human proteins, diseases, drugs and ontologies out of tables that ship inside public packages."""
