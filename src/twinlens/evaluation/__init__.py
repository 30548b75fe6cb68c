"""Retrieval metrics, evaluation protocols, audits, baselines and plots."""
