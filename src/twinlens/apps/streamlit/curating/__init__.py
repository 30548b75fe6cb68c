"""The views of what people give to a library and teach it: albums, captions, words of their own; and duplicates."""
