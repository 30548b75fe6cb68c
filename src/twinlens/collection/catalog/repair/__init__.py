"""The SQL of a repair: read what can be read, make it consistent, put it in the place of what was damaged."""
