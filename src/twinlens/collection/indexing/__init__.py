"""Bring a collection up to date: walk, embed, commit, and change to another model."""
