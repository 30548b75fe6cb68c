"""Reading the text in pictures of a collection."""
