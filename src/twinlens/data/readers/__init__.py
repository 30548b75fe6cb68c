"""Readers of captioned data sets, a file a format."""
