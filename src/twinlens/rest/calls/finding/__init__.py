"""Calls that search, suggest and explain."""
