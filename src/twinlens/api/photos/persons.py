"""Whose favourites are meant: a person's own, or those that all who use a library have in common."""

from twinlens.collection.catalog.curated.person import SHARED, asked_by
