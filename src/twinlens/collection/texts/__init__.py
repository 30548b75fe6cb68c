"""What is written about photos, found by its words."""
