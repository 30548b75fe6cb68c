"""The views for research: evaluations, comparisons and training runs."""
