"""Columns of the catalog in memory, for filters and orders."""
