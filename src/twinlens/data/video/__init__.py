"""Videos: their frames as photos, where the extra ``av`` is installed."""
