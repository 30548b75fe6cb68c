"""Captions, what files say, what is read in pictures, and the index of all of it."""
