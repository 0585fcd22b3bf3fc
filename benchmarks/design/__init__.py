"""Design against hidden ligands: which proteins and goals, what is hidden, who competes, and what came out."""
