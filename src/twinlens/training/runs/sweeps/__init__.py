"""Several runs of one recipe, and what they measure on average."""
