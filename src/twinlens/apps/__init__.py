"""Apps on top of twinlens."""
