"""Collections: photo folders, their catalog and vectors, and search over them."""
