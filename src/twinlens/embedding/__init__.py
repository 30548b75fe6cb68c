"""Batch embedding of photos."""
