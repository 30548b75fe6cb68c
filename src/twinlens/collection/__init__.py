"""What a user opens: photo folders, a catalog, vectors, and search over them."""
