"""Looking after a collection and what it needs."""
