"""Where a collection and its photo folders are on disk."""
