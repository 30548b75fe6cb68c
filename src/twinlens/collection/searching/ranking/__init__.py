"""Rank the candidates of a search and decide which of them match."""
