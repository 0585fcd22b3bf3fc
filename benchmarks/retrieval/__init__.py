"""Every way of retrieval on every split, in one table; run it with ``make bench-retrieval``."""
