"""A library that is a collection on this machine."""
