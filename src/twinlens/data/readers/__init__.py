"""Readers of captioned data sets, one file per format; the table is ``data.READERS``."""
