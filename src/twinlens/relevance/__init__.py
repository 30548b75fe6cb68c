"""How probable it is that a hit is relevant to its query, judged from scores alone."""
