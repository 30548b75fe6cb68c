"""The commands of ``models``."""
