"""Indexing: scan folders, embed photos and captions, switch to another model."""
