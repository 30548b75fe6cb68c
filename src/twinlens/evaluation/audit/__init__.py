"""Audit of retrieval results: leaks, ties, collapse, and what each wrong protocol would have reported."""
