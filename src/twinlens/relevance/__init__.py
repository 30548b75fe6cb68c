"""Calibration: probabilities of relevance from scores."""
