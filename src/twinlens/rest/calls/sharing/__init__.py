"""Calls for shares: making and revoking them, and what those see who have a link."""
