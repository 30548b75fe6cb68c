"""Data sets that have captions in several languages."""
