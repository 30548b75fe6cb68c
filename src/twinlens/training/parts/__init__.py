"""What a dual encoder is made of: towers, heads, losses."""
