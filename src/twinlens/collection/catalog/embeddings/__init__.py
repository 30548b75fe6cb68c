"""Vectors and features of photos, and of the moments of videos."""
