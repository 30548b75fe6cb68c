"""Parts of a dual encoder: towers, heads, losses."""
