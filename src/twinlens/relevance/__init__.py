"""How probable it is that a hit fits its query, from scores alone."""
