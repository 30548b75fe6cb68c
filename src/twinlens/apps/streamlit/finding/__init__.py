"""The views that find photos: a search with its results, one photo, albums."""
