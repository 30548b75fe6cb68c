"""The SQL of collections on the move: read all that is known of photos, put it into another catalog, part with some."""
