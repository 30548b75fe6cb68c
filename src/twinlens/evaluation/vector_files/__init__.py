"""Vectors that other programs wrote: arrays with lists of names, and folders of clip-retrieval."""
