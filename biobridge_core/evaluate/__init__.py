"""How good a bridge is on links that it never saw, beside the simplest rivals."""
