"""What is in the folders, and what of it has changed."""
