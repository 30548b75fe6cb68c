"""What would make a claim of retrieval false, and what each wrong protocol would have reported."""
