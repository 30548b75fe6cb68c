"""What is left out of an index: by its name, and by the patterns of people."""
