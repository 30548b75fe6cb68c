"""Fitting probabilities of relevance on captioned photos, and measuring what they are worth."""
