"""Repair: save what can be read of a damaged collection, and rebuild what is derived from it."""
