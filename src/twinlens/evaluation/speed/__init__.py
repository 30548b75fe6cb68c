"""How fast models are on this machine, and which one fits it."""
