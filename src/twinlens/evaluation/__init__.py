"""Measures of retrieval, and the protocols under which they are honest."""
