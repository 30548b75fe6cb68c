"""The files of a catalog: all that were ever seen, and what many of them say at once."""
