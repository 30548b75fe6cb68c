"""Fitting probabilities of relevance on captioned photos, and measuring how good they are."""
