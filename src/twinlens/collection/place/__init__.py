"""Locations of a collection and its photo folders on disk."""
